/* SPDX-License-Identifier: BSD-3-Clause */
/* Points on the earth as numbers: latitude and longitude are each cut in half 26 times, and the bits of both
 * in turn are one number of 52, which a sorted set has as a score. So what lies close together mostly has
 * numbers close together: a square of any size is a range of scores.
 *
 * Latitudes end at those of the map EPSG:900913. Distances are in metres, on a sphere. */
#ifndef TYPES_GEOHASH_H
#define TYPES_GEOHASH_H

#include <stdbool.h>
#include <stdint.h>

struct geo_point {
    double longitude, latitude; /* degrees */
};

/* Whether there is a number for it. */
bool geo_point_is_valid(struct geo_point point);
uint64_t geohash_of(struct geo_point point);
/* The middle of the smallest square, which is what the number says. */
struct geo_point geohash_point(uint64_t hash);

/* The standard text of the square that a number stands for. */
enum { GEOHASH_TEXT_LEN = 11 };
void geohash_print(uint64_t hash, char out[static GEOHASH_TEXT_LEN]);

double geo_distance(struct geo_point a, struct geo_point b);

/* A circle, or a rectangle along the parallels. */
struct geo_shape {
    struct geo_point center;
    bool is_box;
    double radius;        /* of a circle */
    double width, height; /* of a rectangle */
};

/* Whether the point lies in the shape, and how far from its center. */
bool geo_shape_has(const struct geo_shape *shape, struct geo_point point, double *distance);

/* Numbers from `first` up to, without, `end`. */
struct geo_range {
    uint64_t first, end;
};
enum { GEO_RANGES_MAX = 9 };
/* Ranges that hold all points of the shape, and others: the square that the center is in and those around it
 * which the shape reaches, in the order in which Redis searches them. Returns how many there are. */
int geo_shape_ranges(const struct geo_shape *shape, struct geo_range ranges[static GEO_RANGES_MAX]);

#endif
