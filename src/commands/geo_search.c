/* SPDX-License-Identifier: BSD-3-Clause */
/* Points in sorted sets: those within a circle or a rectangle. GEORADIUS and GEORADIUSBYMEMBER say where in
 * fixed places, GEOSEARCH and GEOSEARCHSTORE by options. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "geo_args.h"
#include "geo_found.h"

/* What a command's name says. */
struct geo_form {
    int source;       /* where the set's key is */
    int first_option; /* behind what has a fixed place */
    bool is_by_options, is_by_member;
    bool may_store; /* by the options STORE and STOREDIST */
};

struct geo_request {
    const struct geo_form *form;
    struct collection zset;
    bool has_member, has_point, has_circle, has_box;
    int store; /* where the destination's key is; 0: it is shown */
    struct geo_search search;
};

/* ---- where ---- */

/* Without a set it doesn't matter where. */
static bool center_at_member(struct call *call, int index, struct geo_request *request)
{
    request->has_member = true;
    if (zset_count(&request->zset) == 0 ||
        geo_find(&request->zset, call->argv[index], &request->search.shape.center))
        return true;
    call_error_format(call, "ERR could not decode requested zset member");
    return false;
}

static bool center_at_point(struct call *call, int index, struct geo_request *request)
{
    request->has_point = true;
    return call_geo_point(call, index, &request->search.shape.center);
}

static bool read_circle(struct call *call, int index, struct geo_request *request)
{
    struct geo_search *search = &request->search;
    double radius;
    if (!call_geo_length(call, index, "radius", &radius))
        return false;
    if (radius < 0) {
        call_error_format(call, "ERR radius cannot be negative");
        return false;
    }
    if (!call_geo_unit(call, index + 1, &search->unit))
        return false;
    request->has_circle = true;
    search->shape.is_box = false;
    search->shape.radius = radius * search->unit;
    return true;
}

static bool read_box(struct call *call, int index, struct geo_request *request)
{
    struct geo_search *search = &request->search;
    double width, height;
    if (!call_geo_length(call, index, "width", &width) ||
        !call_geo_length(call, index + 1, "height", &height))
        return false;
    if (width < 0 || height < 0) {
        call_error_format(call, "ERR height or width cannot be negative");
        return false;
    }
    if (!call_geo_unit(call, index + 2, &search->unit))
        return false;
    request->has_box = true;
    search->shape.is_box = true;
    search->shape.width = width * search->unit;
    search->shape.height = height * search->unit;
    return true;
}

/* Where and how far, of those that say it in fixed places; around a member of nothing that isn't looked
 * at. */
static bool read_places(struct call *call, struct geo_request *request)
{
    const struct geo_form *form = request->form;
    bool is_nowhere = form->is_by_member && zset_count(&request->zset) == 0;
    if (is_nowhere)
        request->has_member = request->has_circle = true;
    if (form->is_by_options || is_nowhere)
        return true;
    return (form->is_by_member ? center_at_member : center_at_point)(call, 2, request) &&
           read_circle(call, form->first_option - 2, request);
}

/* ---- options; each says how many arguments it takes: 0, having replied, when something is wrong ---- */

static bool take_word(const struct call *call, int index, struct geo_request *request)
{
    struct geo_search *search = &request->search;
    bool is_nearest_first = call_arg_is(call, index, "asc");
    const struct {
        const char *word;
        bool *flag;
    } words[] = {{"withdist", &search->with_distance},
                 {"withhash", &search->with_hash},
                 {"withcoord", &search->with_point},
                 {"any", &search->takes_any}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (call_arg_is(call, index, words[i].word))
            return *words[i].flag = true;
    }
    if (request->form->is_by_options && request->store && call_arg_is(call, index, "storedist"))
        return search->stores_distance = true;
    if (!is_nearest_first && !call_arg_is(call, index, "desc"))
        return false;
    search->sort = is_nearest_first ? GEO_NEAREST_FIRST : GEO_FARTHEST_FIRST;
    return true;
}

static int take_count(struct call *call, int index, struct geo_request *request)
{
    int64_t count;
    if (!call_int(call, index + 1, &count))
        return 0;
    if (count <= 0) {
        call_error_format(call, "ERR COUNT must be > 0");
        return 0;
    }
    request->search.count = (uint64_t)count;
    return 2;
}

static int take_place(struct call *call, int index, int behind, struct geo_request *request)
{
    if (behind >= 1 && !request->has_point && call_arg_is(call, index, "frommember"))
        return center_at_member(call, index + 1, request) ? 2 : 0;
    if (behind >= 2 && !request->has_member && call_arg_is(call, index, "fromlonlat"))
        return center_at_point(call, index + 1, request) ? 3 : 0;
    if (behind >= 2 && !request->has_box && call_arg_is(call, index, "byradius"))
        return read_circle(call, index + 1, request) ? 3 : 0;
    if (behind >= 3 && !request->has_circle && call_arg_is(call, index, "bybox"))
        return read_box(call, index + 1, request) ? 4 : 0;
    call_syntax_error(call);
    return 0;
}

static int take_option(struct call *call, int index, struct geo_request *request)
{
    int behind = call->argc - index - 1;
    bool stores_distance = call_arg_is(call, index, "storedist");
    if (take_word(call, index, request))
        return 1;
    if (behind >= 1 && call_arg_is(call, index, "count"))
        return take_count(call, index, request);
    if (behind >= 1 && request->form->may_store && (stores_distance || call_arg_is(call, index, "store"))) {
        request->store = index + 1;
        request->search.stores_distance = stores_distance;
        return 2;
    }
    if (request->form->is_by_options)
        return take_place(call, index, behind, request);
    call_syntax_error(call);
    return 0;
}

static bool parse_options(struct call *call, struct geo_request *request)
{
    int taken;
    for (int i = request->form->first_option; i < call->argc; i += taken) {
        taken = take_option(call, i, request);
        if (taken == 0)
            return false;
    }
    return true;
}

static bool is_complete(struct call *call, const struct geo_request *request)
{
    const struct geo_search *search = &request->search;
    struct bytes name = call->argv[0];
    if (request->store && (search->with_distance || search->with_hash || search->with_point)) {
        call_error_format(call, "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                          request->form->is_by_options ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
        return false;
    }
    if (!request->has_member && !request->has_point) {
        call_error_format(call, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s",
                          (int)name.len, name.data);
        return false;
    }
    if (!request->has_circle && !request->has_box) {
        call_error_format(call, "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s",
                          (int)name.len, name.data);
        return false;
    }
    if (search->takes_any && search->count == 0) {
        call_error_format(call, "ERR the ANY argument requires COUNT argument");
        return false;
    }
    return true;
}

/* ---- the search ---- */

static void search(struct call *call, const struct geo_form *form, int store)
{
    struct geo_request request = {.form = form, .store = store};
    if (!call_collection(call, call_key(call, form->source), VALUE_ZSET, &request.zset) ||
        !read_places(call, &request) || !parse_options(call, &request) || !is_complete(call, &request))
        return;
    /* So many, and not just any, are the nearest. */
    if (request.search.count > 0 && !request.search.takes_any && request.search.sort == GEO_UNSORTED)
        request.search.sort = GEO_NEAREST_FIRST;
    geo_search_run(call, &request.search, form->source, request.store,
                   form->is_by_options ? "geosearchstore" : "georadiusstore");
}

static void cmd_georadius(struct call *call)
{
    search(call, &(struct geo_form){.source = 1, .first_option = 6, .may_store = true}, 0);
}

static void cmd_georadius_ro(struct call *call)
{
    search(call, &(struct geo_form){.source = 1, .first_option = 6}, 0);
}

static void cmd_georadiusbymember(struct call *call)
{
    search(call, &(struct geo_form){.source = 1, .first_option = 5, .is_by_member = true, .may_store = true},
           0);
}

static void cmd_georadiusbymember_ro(struct call *call)
{
    search(call, &(struct geo_form){.source = 1, .first_option = 5, .is_by_member = true}, 0);
}

static void cmd_geosearch(struct call *call)
{
    search(call, &(struct geo_form){.source = 1, .first_option = 2, .is_by_options = true}, 0);
}

static void cmd_geosearchstore(struct call *call)
{
    search(call, &(struct geo_form){.source = 2, .first_option = 3, .is_by_options = true}, 1);
}

/* ---- rows ---- */

static const struct command_history georadius_history[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};
static const struct command_history georadius_ro_history[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};
static const struct command_history georadiusbymember_history[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};
static const struct command_history georadiusbymember_ro_history[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};
static const struct command_history geosearch_history[] = {
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};
static const struct command_history geosearchstore_history[] = {
    {"7.0.0", "Added support for uppercase unit names."},
    {NULL, NULL},
};

static const struct command geo_search_commands[] = {
    {
        .name = "georadius",
        .run = cmd_georadius,
        .arity = -6,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS),
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STORE",
                  .first = 6,
                  .find = KEY_FIND_RANGE,
                  .last = 0,
                  .step = 1,
                  .limit = 0},
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STOREDIST",
                  .first = 6,
                  .find = KEY_FIND_RANGE,
                  .last = 0,
                  .step = 1,
                  .limit = 0}},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
                      "area delimited by center and radius and M is the number of items inside the index.",
        .summary = "Queries a geospatial index for members within a distance from a coordinate, optionally "
                   "stores the result.",
        .synopsis = "key longitude:double latitude:double radius:double unit<M | KM | FT | MI> [WITHCOORD] "
                    "[WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY{since=6.2.0}])] [order<ASC "
                    "| DESC>] [store<STORE storekey:key | STOREDIST storedistkey:key>]",
        .history = georadius_history,
    },
    {
        .name = "georadius_ro",
        .run = cmd_georadius_ro,
        .arity = -6,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "3.2.10",
        .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
                      "area delimited by center and radius and M is the number of items inside the index.",
        .summary = "Returns members from a geospatial index that are within a distance from a coordinate.",
        .synopsis =
            "key longitude:double latitude:double radius:double unit<M | KM | FT | MI> [WITHCOORD] "
            "[WITHDIST] [WITHHASH] [count-block(COUNT count:integer [ANY{since=6.2.0}])] [order<ASC | DESC>]",
        .history = georadius_ro_history,
    },
    {
        .name = "georadiusbymember",
        .run = cmd_georadiusbymember,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS),
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STORE",
                  .first = 5,
                  .find = KEY_FIND_RANGE,
                  .last = 0,
                  .step = 1,
                  .limit = 0},
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_KEYWORD,
                  .keyword = "STOREDIST",
                  .first = 5,
                  .find = KEY_FIND_RANGE,
                  .last = 0,
                  .step = 1,
                  .limit = 0}},
        .group = "geo",
        .since = "3.2.0",
        .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
                      "area delimited by center and radius and M is the number of items inside the index.",
        .summary = "Queries a geospatial index for members within a distance from a member, optionally "
                   "stores the result.",
        .synopsis = "key member radius:double unit<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
                    "[count-block(COUNT count:integer [ANY])] [order<ASC | DESC>] [store<STORE storekey:key "
                    "| STOREDIST storedistkey:key>]",
        .history = georadiusbymember_history,
    },
    {
        .name = "georadiusbymember_ro",
        .run = cmd_georadiusbymember_ro,
        .arity = -5,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "3.2.10",
        .complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
                      "area delimited by center and radius and M is the number of items inside the index.",
        .summary = "Returns members from a geospatial index that are within a distance from a member.",
        .synopsis = "key member radius:double unit<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
                    "[count-block(COUNT count:integer [ANY])] [order<ASC | DESC>]",
        .history = georadiusbymember_ro_history,
    },
    {
        .name = "geosearch",
        .run = cmd_geosearch,
        .arity = -7,
        .flags = COMMAND_READONLY,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "6.2.0",
        .complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area "
                      "around the shape provided as the filter and M is the number of items inside the shape",
        .summary = "Queries a geospatial index for members inside an area of a box or a circle.",
        .synopsis = "key from<FROMMEMBER member | FROMLONLAT fromlonlat(longitude:double latitude:double)> "
                    "by<circle(BYRADIUS radius:double unit<M | KM | FT | MI>) | box(BYBOX width:double "
                    "height:double unit<M | KM | FT | MI>)> [order<ASC | DESC>] [count-block(COUNT "
                    "count:integer [ANY])] [WITHCOORD] [WITHDIST] [WITHHASH]",
        .history = geosearch_history,
    },
    {
        .name = "geosearchstore",
        .run = cmd_geosearchstore,
        .arity = -8,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_GEO,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE), KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .group = "geo",
        .since = "6.2.0",
        .complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area "
                      "around the shape provided as the filter and M is the number of items inside the shape",
        .summary = "Queries a geospatial index for members inside an area of a box or a circle, optionally "
                   "stores the result.",
        .synopsis = "destination:key source:key from<FROMMEMBER member | FROMLONLAT "
                    "fromlonlat(longitude:double latitude:double)> by<circle(BYRADIUS radius:double unit<M | "
                    "KM | FT | MI>) | box(BYBOX width:double height:double unit<M | KM | FT | MI>)> "
                    "[order<ASC | DESC>] [count-block(COUNT count:integer [ANY])] [STOREDIST]",
        .history = geosearchstore_history,
    },
    {0},
};

const struct command_family geo_search_family = {.name = "geo_search", .commands = geo_search_commands};
