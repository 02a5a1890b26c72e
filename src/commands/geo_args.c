/* SPDX-License-Identifier: BSD-3-Clause */
#include "geo_args.h"
#include "base/number.h"
#include <stdio.h>

/* ---- arguments ---- */

bool call_geo_point(struct call *call, int index, struct geo_point *point)
{
    if (!call_double(call, index, &point->longitude) || !call_double(call, index + 1, &point->latitude))
        return false;
    if (geo_point_is_valid(*point))
        return true;
    call_error_format(call, "ERR invalid longitude,latitude pair %f,%f", point->longitude, point->latitude);
    return false;
}

bool call_geo_unit(struct call *call, int index, double *metres)
{
    static const struct {
        const char *name;
        double metres;
    } units[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!call_arg_is(call, index, units[i].name))
            continue;
        *metres = units[i].metres;
        return true;
    }
    call_error_format(call, "ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
}

bool call_geo_length(struct call *call, int index, const char *what, double *length)
{
    if (parse_double(call->argv[index], length))
        return true;
    call_error_format(call, "ERR need numeric %s", what);
    return false;
}

/* ---- elements ---- */

uint64_t geo_hash_of_score(double score)
{
    return score >= 0 && score < 0x1p63 ? (uint64_t)score : 0;
}

bool geo_find(const struct collection *zset, struct bytes member, struct geo_point *point)
{
    struct zset_slot slot;
    if (!zset_find(zset, member, &slot))
        return false;
    *point = geohash_point(geo_hash_of_score(slot.score));
    return true;
}

/* ---- replies ---- */

/* In RESP3 a double with more digits than others have. */
static void reply_degrees(struct reply *reply, double degrees)
{
    char line[NUMBER_LONG_DOUBLE_SIZE];
    size_t len = print_long_double_human(line + 1, (long double)degrees);
    if (reply->protocol < 3) {
        reply_bulk(reply, bytes_make(line + 1, len));
        return;
    }
    line[0] = ',';
    memcpy(line + 1 + len, "\r\n", 2);
    reply_raw(reply, bytes_make(line, len + 3));
}

void reply_geo_point(struct reply *reply, struct geo_point point)
{
    reply_array(reply, 2);
    reply_degrees(reply, point.longitude);
    reply_degrees(reply, point.latitude);
}

void reply_geo_distance(struct reply *reply, double distance)
{
    char text[NUMBER_LONG_DOUBLE_SIZE];
    reply_bulk(reply, bytes_make(text, (size_t)snprintf(text, sizeof text, "%.4f", distance)));
}
