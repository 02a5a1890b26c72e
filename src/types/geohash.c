/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/geohash.h"
#include <math.h>

enum { STEP_MAX = 26 };

static const double LONGITUDE_MAX = 180, LATITUDE_MAX = 85.05112878, STANDARD_LATITUDE_MAX = 90;
static const double EARTH_RADIUS = 6372797.560856, MERCATOR_MAX = 20037726.37;
static const double DEGREE = M_PI / 180;

/* ---- squares: column and row among 2^step each ---- */

struct square {
    uint32_t x, y;
    int step;
};

/* Bits 0, 1, 2 ... to 0, 2, 4 ... */
static uint64_t spread(uint64_t bits)
{
    bits = (bits | bits << 16) & 0x0000ffff0000ffff;
    bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits << 2) & 0x3333333333333333;
    return (bits | bits << 1) & 0x5555555555555555;
}

static uint32_t gather(uint64_t bits)
{
    bits &= 0x5555555555555555;
    bits = (bits | bits >> 1) & 0x3333333333333333;
    bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
    bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(bits | bits >> 16);
}

static uint32_t part_of(double value, double max, int step)
{
    return (uint32_t)((value + max) / (2 * max) * (double)((uint32_t)1 << step));
}

static struct square square_at(struct geo_point point, double latitude_max, int step)
{
    return (struct square){part_of(point.longitude, LONGITUDE_MAX, step),
                           part_of(point.latitude, latitude_max, step), step};
}

static uint64_t number_of(struct square square)
{
    return spread(square.x) << 1 | spread(square.y);
}

/* Where part `index` begins. */
static double begin_of(uint32_t index, double max, int step)
{
    return -max + index * 1.0 / (double)((uint32_t)1 << step) * (2 * max);
}

static double west(struct square square)
{
    return begin_of(square.x, LONGITUDE_MAX, square.step);
}

static double east(struct square square)
{
    return begin_of(square.x + 1, LONGITUDE_MAX, square.step);
}

static double south(struct square square)
{
    return begin_of(square.y, LATITUDE_MAX, square.step);
}

static double north(struct square square)
{
    return begin_of(square.y + 1, LATITUDE_MAX, square.step);
}

static uint32_t moved(uint32_t index, int by, int step)
{
    return by ? (index + (uint32_t)by) & (((uint32_t)1 << step) - 1) : index;
}

/* The one beside it; behind the last comes the first. A point on the last edge of the map has a square of its
 * own behind that, which is nobody's neighbour. */
static struct square beside(struct square square, int right, int up)
{
    return (struct square){moved(square.x, right, square.step), moved(square.y, up, square.step),
                           square.step};
}

/* ---- numbers ---- */

bool geo_point_is_valid(struct geo_point point)
{
    return point.longitude >= -LONGITUDE_MAX && point.longitude <= LONGITUDE_MAX &&
           point.latitude >= -LATITUDE_MAX && point.latitude <= LATITUDE_MAX;
}

uint64_t geohash_of(struct geo_point point)
{
    return number_of(square_at(point, LATITUDE_MAX, STEP_MAX));
}

static double between(double low, double high, double max)
{
    double middle = (low + high) / 2;
    return middle > max ? max : middle < -max ? -max : middle;
}

struct geo_point geohash_point(uint64_t hash)
{
    struct square square = {gather(hash >> 1), gather(hash), STEP_MAX};
    return (struct geo_point){between(west(square), east(square), LONGITUDE_MAX),
                              between(south(square), north(square), LATITUDE_MAX)};
}

/* The standard has 55 bits for eleven letters, of which the last three are missing here. */
void geohash_print(uint64_t hash, char out[static GEOHASH_TEXT_LEN])
{
    static const char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t number = number_of(square_at(geohash_point(hash), STANDARD_LATITUDE_MAX, STEP_MAX));
    for (int i = 0; i < GEOHASH_TEXT_LEN - 1; i++)
        out[i] = letters[number >> (2 * STEP_MAX - 5 * (i + 1)) & 31];
    out[GEOHASH_TEXT_LEN - 1] = letters[0];
}

/* ---- distances ---- */

static double latitude_distance(double a, double b)
{
    return EARTH_RADIUS * fabs(b * DEGREE - a * DEGREE);
}

double geo_distance(struct geo_point a, struct geo_point b)
{
    double v = sin((b.longitude * DEGREE - a.longitude * DEGREE) / 2);
    if (v == 0)
        return latitude_distance(a.latitude, b.latitude);
    double a_latitude = a.latitude * DEGREE, b_latitude = b.latitude * DEGREE;
    double u = sin((b_latitude - a_latitude) / 2);
    return 2 * EARTH_RADIUS * asin(sqrt(u * u + cos(a_latitude) * cos(b_latitude) * v * v));
}

bool geo_shape_has(const struct geo_shape *shape, struct geo_point point, double *distance)
{
    struct geo_point center = shape->center;
    if (shape->is_box) {
        struct geo_point across = {center.longitude, point.latitude};
        if (latitude_distance(point.latitude, center.latitude) > shape->height / 2 ||
            geo_distance(point, across) > shape->width / 2)
            return false;
    }
    *distance = geo_distance(center, point);
    return shape->is_box || *distance <= shape->radius;
}

/* ---- searching ---- */

struct bounds {
    double west, south, east, north;
};

/* Degrees that hold the shape. Parallels are shortest on the side of the nearer pole. */
static struct bounds bounds_of(const struct geo_shape *shape)
{
    struct geo_point center = shape->center;
    double up = (shape->is_box ? shape->height / 2 : shape->radius) / EARTH_RADIUS / DEGREE;
    double side = (shape->is_box ? shape->width / 2 : shape->radius) / EARTH_RADIUS;
    double latitude = center.latitude < 0 ? center.latitude - up : center.latitude + up;
    double aside = side / cos(latitude * DEGREE) / DEGREE;
    return (struct bounds){center.longitude - aside, center.latitude - up, center.longitude + aside,
                           center.latitude + up};
}

/* How often to cut so that a square is about as large as the shape; towards the poles they are narrower. */
static int step_for(double radius, double latitude)
{
    int step = -1;
    if (radius == 0)
        return STEP_MAX;
    while (radius < MERCATOR_MAX) {
        radius *= 2;
        step++;
    }
    if (fabs(latitude) > 66)
        step--;
    if (fabs(latitude) > 80)
        step--;
    return step < 1 ? 1 : step > STEP_MAX ? STEP_MAX : step;
}

/* Whether the squares around it hold all within the bounds. */
static bool is_enough(struct square center, const struct bounds *bounds)
{
    return north(beside(center, 0, 1)) >= bounds->north && south(beside(center, 0, -1)) <= bounds->south &&
           east(beside(center, 1, 0)) >= bounds->east && west(beside(center, -1, 0)) <= bounds->west;
}

static bool is_reached(struct square center, int right, int up, const struct bounds *bounds)
{
    if (center.step < 2)
        return true;
    return !(up < 0 && south(center) < bounds->south) && !(up > 0 && north(center) > bounds->north) &&
           !(right < 0 && west(center) < bounds->west) && !(right > 0 && east(center) > bounds->east);
}

static struct geo_range range_of(struct square square)
{
    int shift = 2 * (STEP_MAX - square.step);
    uint64_t number = number_of(square);
    return (struct geo_range){number << shift, (number + 1) << shift};
}

int geo_shape_ranges(const struct geo_shape *shape, struct geo_range ranges[static GEO_RANGES_MAX])
{
    static const struct {
        int right, up;
    } order[GEO_RANGES_MAX] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    struct bounds bounds = bounds_of(shape);
    double radius = shape->is_box ? hypot(shape->width / 2, shape->height / 2) : shape->radius;
    int step = step_for(radius, shape->center.latitude), count = 0;
    struct square center = square_at(shape->center, LATITUDE_MAX, step);
    if (step > 1 && !is_enough(center, &bounds))
        center = square_at(shape->center, LATITUDE_MAX, step - 1);
    for (int i = 0; i < GEO_RANGES_MAX; i++) {
        if (!is_reached(center, order[i].right, order[i].up, &bounds))
            continue;
        /* Where there are few squares, several neighbours are the same one. */
        struct geo_range range = range_of(beside(center, order[i].right, order[i].up));
        if (count < 2 || range.first != ranges[count - 1].first)
            ranges[count++] = range;
    }
    return count;
}
