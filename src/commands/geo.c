/* SPDX-License-Identifier: BSD-3-Clause */
/* Points in sorted sets: put in, and looked at one by one. */
#include "argument_telling.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "geo_args.h"
#include "zset_add.h"

/* ---- GEOADD ---- */

static bool parse_options(struct call *call, struct zset_addition *addition)
{
    int first = 2;
    for (;; first++) {
        if (call_arg_is(call, first, "nx"))
            addition->nx = true;
        else if (call_arg_is(call, first, "xx"))
            addition->xx = true;
        else if (call_arg_is(call, first, "ch"))
            addition->counts_changes = true;
        else
            break;
    }
    addition->stride = 3;
    addition->first_member = first + 2;
    addition->pair_count = (call->argc - first) / 3;
    bool are_points = addition->pair_count > 0 && (call->argc - first) % 3 == 0;
    if (are_points && !(addition->nx && addition->xx))
        return true;
    call_syntax_error(call);
    return false;
}

static bool score_of_point(struct call *call, int index, double *score)
{
    struct geo_point point;
    if (!call_geo_point(call, index - 2, &point))
        return false;
    *score = (double)geohash_of(point);
    return true;
}

static void cmd_geoadd(struct call *call)
{
    struct zset_addition addition = {.score = score_of_point};
    if (parse_options(call, &addition))
        zset_add(call, &addition);
}

/* ---- reading ---- */

static void cmd_geodist(struct call *call)
{
    struct geo_point from, to;
    struct collection zset;
    double unit = 1;
    if (call->argc > 5) {
        call_syntax_error(call);
        return;
    }
    if ((call->argc == 5 && !call_geo_unit(call, 4, &unit)) ||
        !call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    if (geo_find(&zset, call->argv[2], &from) && geo_find(&zset, call->argv[3], &to))
        reply_geo_distance(call->reply, geo_distance(from, to) / unit);
    else
        reply_null(call->reply);
}

static void tell_hash(struct call *call, const struct collection *zset, struct bytes member)
{
    char text[GEOHASH_TEXT_LEN];
    struct zset_slot slot;
    if (!zset_find(zset, member, &slot)) {
        reply_null(call->reply);
        return;
    }
    geohash_print(geo_hash_of_score(slot.score), text);
    reply_bulk(call->reply, bytes_make(text, sizeof text));
}

static void cmd_geohash(struct call *call)
{
    struct collection zset;
    if (call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        tell_of_arguments(call, &zset, 2, tell_hash);
}

static void tell_point(struct call *call, const struct collection *zset, struct bytes member)
{
    struct geo_point point;
    if (geo_find(zset, member, &point))
        reply_geo_point(call->reply, point);
    else
        reply_null_array(call->reply);
}

static void cmd_geopos(struct call *call)
{
    struct collection zset;
    if (call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        tell_of_arguments(call, &zset, 2, tell_point);
}

/* ---- rows ---- */

static const struct command_history geoadd_history[] = {
    {"6.2.0", "Added the `CH`, `NX` and `XX` options."},
    {NULL, NULL},
};

static const struct command geo_commands[] = {
    {
        .name = "geoadd",
        .run = cmd_geoadd,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        .summary = "Adds one or more members to a geospatial index. The key is created if it doesn't exist.",
        .synopsis = "key [condition<NX | XX>{since=6.2.0}] [change=CH{since=6.2.0}] data(longitude:double "
                    "latitude:double member)...",
        .history = geoadd_history,
    },
    {
        .name = "geodist",
        .run = cmd_geodist,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(1)",
        .summary = "Returns the distance between two members of a geospatial index.",
        .synopsis = "key member1 member2 [unit<M | KM | FT | MI>]",
    },
    {
        .name = "geohash",
        .run = cmd_geohash,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(1) for each member requested.",
        .summary = "Returns members from a geospatial index as geohash strings.",
        .synopsis = "key [member...]",
    },
    {
        .name = "geopos",
        .run = cmd_geopos,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(1) for each member requested.",
        .summary = "Returns the longitude and latitude of members from a geospatial index.",
        .synopsis = "key [member...]",
    },
    {0},
};

const struct command_family geo_family = {.name = "geo", .commands = geo_commands};
