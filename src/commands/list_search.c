/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements of lists by what they are: found, removed, others put beside them. Long lists are gone through in
 * steps, while they are held. When the list of a command that changes it isn't the same any more in the end,
 * all is done again without a break: the result is always that of the moment when it takes effect. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "list_access.h"

/* ---- searching ---- */

/* What is looked for, from which end, and how far. */
struct request {
    int64_t rank, count, looked_max; /* a count of -1: one, and not as an array; 0: all */
};

static bool parse_not_negative(struct call *call, int index, const char *name, int64_t *number)
{
    if (parse_i64(call->argv[index], number) && *number >= 0)
        return true;
    call_error_format(call, "ERR %s can't be negative", name);
    return false;
}

static bool parse_rank(struct call *call, int index, int64_t *rank)
{
    if (!call_int_in(call, index, -INT64_MAX, INT64_MAX, rank))
        return false;
    if (*rank == 0)
        call_error_format(call, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                                "second ... or use negative to start from the end of the list");
    return *rank != 0;
}

static bool parse_request(struct call *call, struct request *request)
{
    for (int i = 3; i < call->argc; i += 2) {
        bool has_more = i + 1 < call->argc, is_ok;
        if (has_more && call_arg_is(call, i, "RANK")) {
            is_ok = parse_rank(call, i + 1, &request->rank);
        } else if (has_more && call_arg_is(call, i, "COUNT")) {
            is_ok = parse_not_negative(call, i + 1, "COUNT", &request->count);
        } else if (has_more && call_arg_is(call, i, "MAXLEN")) {
            is_ok = parse_not_negative(call, i + 1, "MAXLEN", &request->looked_max);
        } else {
            call_syntax_error(call);
            is_ok = false;
        }
        if (!is_ok)
            return false;
    }
    return true;
}

struct search {
    struct request request;
    struct bytes wanted;
    struct sequence_walk walk;
    uint64_t found, looked;
    uint64_t told;  /* of what was found: the rest comes before the rank */
    uint64_t place; /* the last one */
};

static void begin_search(struct search *search, const struct collection *list, struct bytes wanted,
                         const struct request *request)
{
    *search = (struct search){.request = *request, .wanted = wanted};
    if (request->rank < 0)
        sequence_walk_backwards(&search->walk, list);
    else
        sequence_walk_begin(&search->walk, list, 0);
}

static bool is_done(const struct search *search)
{
    const struct request *request = &search->request;
    uint64_t most = request->count < 0 ? 1 : (uint64_t)request->count;
    return (most > 0 && search->told == most) ||
           (request->looked_max > 0 && search->looked == (uint64_t)request->looked_max);
}

/* Looks at some elements, and tells `places` where those are that count; true when all is done. */
static bool go_on(struct search *search, uint64_t looks, struct reply *places)
{
    const struct request *request = &search->request;
    uint64_t rank = (uint64_t)(request->rank < 0 ? -request->rank : request->rank);
    struct sequence_element element;
    while (looks-- > 0) {
        if (is_done(search) || !sequence_walk_next(&search->walk, &element))
            return true;
        search->looked++;
        if (!bytes_equal(element.bytes, search->wanted) || ++search->found < rank)
            continue;
        search->told++;
        search->place = search->walk.index;
        reply_int(places, (int64_t)search->place);
    }
    return false;
}

/* ---- long lists ---- */

struct long_search {
    struct long_work work;
    struct store *store;
    struct held_collection held;
    struct buf wanted;
    struct search search;
    struct reply places;
    struct collection edited; /* LREM: what is held, without those that were removed */
    struct sequence_removal removal;
};

static bool step_search(struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    return go_on(&search->search, LIST_LOOKS_A_STEP, &search->places);
}

static bool step_removal(struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    return sequence_removal_step(&search->removal, LIST_LOOKS_A_STEP);
}

static void free_search(struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    release_collection(&search->held, search->store);
    if (search->edited.large)
        store_release_value(search->store, collection_value(&search->edited));
    reply_clear(&search->places);
    buf_clear(&search->wanted);
    mem_free(search);
}

/* Holds the list at argv[1], which is long. */
static struct long_search *hold_list(struct call *call, struct bytes wanted, bool (*step)(struct long_work *),
                                     void (*finish)(struct call *, struct long_work *), bool changes_data)
{
    struct long_search *search = mem_zalloc(sizeof *search);
    search->work =
        (struct long_work){.step = step, .finish = finish, .free = free_search, .changes_data = changes_data};
    search->store = call->server->store;
    hold_collection(&search->held, VALUE_LIST, keyspace_peek(call->keyspace, call_key(call, 1)));
    buf_append_bytes(&search->wanted, wanted);
    reply_init(&search->places, call->reply->pool);
    return search;
}

static bool is_current(struct call *call, const struct long_search *search)
{
    return is_held_collection(&search->held, keyspace_peek(call->keyspace, call_key(call, 1)));
}

/* ---- LPOS ---- */

static void reply_places(struct call *call, const struct search *search, struct reply *places)
{
    if (search->request.count >= 0)
        reply_array(call->reply, search->told);
    else if (search->told == 0)
        reply_null(call->reply);
    reply_take(call->reply, places);
}

static void finish_lpos(struct call *call, struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    reply_places(call, &search->search, &search->places);
}

static void search_long(struct call *call, const struct request *request)
{
    struct long_search *search = hold_list(call, call->argv[2], step_search, finish_lpos, false);
    begin_search(&search->search, &search->held.collection, buf_bytes(&search->wanted), request);
    long_work_run(call, &search->work);
}

static void search_short(struct call *call, const struct collection *list, const struct request *request)
{
    struct search search;
    struct reply places;
    reply_init(&places, call->reply->pool);
    begin_search(&search, list, call->argv[2], request);
    (void)go_on(&search, UINT64_MAX, &places);
    reply_places(call, &search, &places);
    reply_clear(&places);
}

static void cmd_lpos(struct call *call)
{
    struct request request = {.rank = 1, .count = -1};
    struct collection list;
    if (!parse_request(call, &request) || !call_list(call, 1, &list))
        return;
    if (sequence_count(&list) > LIST_LOOKS_AT_ONCE)
        search_long(call, &request);
    else
        search_short(call, &list, &request);
}

/* ---- LINSERT ---- */

/* The first of them. */
static const struct request first_one = {.rank = 1, .count = -1};

static bool is_after(const struct call *call)
{
    return call_arg_is(call, 2, "AFTER");
}

static void insert_beside(struct call *call, struct edit *edit, uint64_t place)
{
    sequence_expect(&edit->value, &call->argv[4], 1);
    sequence_insert(&edit->value, place + is_after(call), call->argv[4]);
    reply_int(call->reply, (int64_t)sequence_count(&edit->value));
    call_edited(call, edit, "linsert");
}

static void insert_at_once(struct call *call)
{
    struct edit edit;
    struct search search;
    struct reply places;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    reply_init(&places, call->reply->pool);
    begin_search(&search, &edit.value, call->argv[3], &first_one);
    (void)go_on(&search, UINT64_MAX, &places);
    reply_clear(&places);
    if (search.told > 0)
        insert_beside(call, &edit, search.place);
    else
        reply_int(call->reply, edit.is_new ? 0 : -1);
}

static void finish_linsert(struct call *call, struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    struct edit edit;
    if (!is_current(call, search))
        insert_at_once(call);
    else if (search->search.told == 0)
        reply_int(call->reply, -1);
    else if (call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        insert_beside(call, &edit, search->search.place);
}

/* The list that the command is about to edit has many elements. */
static bool is_long(const struct call *call)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 1));
    if (!entry || entry_type(entry) != VALUE_LIST)
        return false;
    struct value value = entry_value(entry);
    return value.large && value_count(&value) > LIST_LOOKS_AT_ONCE;
}

static void cmd_linsert(struct call *call)
{
    if (!is_after(call) && !call_arg_is(call, 2, "BEFORE")) {
        call_syntax_error(call);
        return;
    }
    if (!is_long(call)) {
        insert_at_once(call);
        return;
    }
    struct long_search *search = hold_list(call, call->argv[3], step_search, finish_linsert, true);
    begin_search(&search->search, &search->held.collection, buf_bytes(&search->wanted), &first_one);
    long_work_run(call, &search->work);
}

/* ---- LREM ---- */

static void begin_removal(struct sequence_removal *removal, struct collection *list, struct bytes wanted,
                          int64_t count)
{
    uint64_t most = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    sequence_removal_begin(removal, list, wanted, count < 0 ? SEQUENCE_TAIL : SEQUENCE_HEAD, most);
}

static void removed(struct call *call, struct edit *edit, uint64_t count)
{
    if (count > 0) {
        sequence_shrunk(&edit->value);
        call_edited(call, edit, "lrem");
    }
    reply_int(call->reply, (int64_t)count);
}

static void remove_at_once(struct call *call, int64_t count)
{
    struct edit edit;
    struct sequence_removal removal;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    begin_removal(&removal, &edit.value, call->argv[3], count);
    (void)sequence_removal_step(&removal, UINT64_MAX);
    removed(call, &edit, removal.removed);
}

static void finish_lrem(struct call *call, struct long_work *work)
{
    struct long_search *search = LIST_ENTRY(work, struct long_search, work);
    struct edit edit;
    int64_t count;
    if (!call_int(call, 2, &count))
        return;
    if (!is_current(call, search)) {
        remove_at_once(call, count);
    } else if (search->removal.removed == 0) {
        reply_int(call->reply, 0);
    } else if (call_edit(call, call_key(call, 1), VALUE_LIST, &edit)) {
        sequence_exchange(&edit.value, &search->edited);
        removed(call, &edit, search->removal.removed);
    }
}

static void cmd_lrem(struct call *call)
{
    int64_t count;
    if (!call_int(call, 2, &count))
        return;
    if (!is_long(call)) {
        remove_at_once(call, count);
        return;
    }
    struct long_search *search = hold_list(call, call->argv[3], step_removal, finish_lrem, true);
    search->edited = search->held.collection;
    search->edited.large = large_hold(search->held.value.large);
    begin_removal(&search->removal, &search->edited, buf_bytes(&search->wanted), count);
    long_work_run(call, &search->work);
}

/* ---- rows ---- */

static const struct command list_search_commands[] = {
    {
        .name = "lpos",
        .run = cmd_lpos,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "list",
        .since = "6.0.6",
        .complexity = "O(N) where N is the number of elements in the list, for the average case. When "
                      "searching for elements near the head or the tail of the list, or when the MAXLEN "
                      "option is provided, the command may run in constant time.",
        .summary = "Returns the index of matching elements in a list.",
        .synopsis = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
    },
    {
        .name = "linsert",
        .run = cmd_linsert,
        .arity = 5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "2.2.0",
        .complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. "
                      "This means that inserting somewhere on the left end on the list (head) can be "
                      "considered O(1) and inserting somewhere on the right end (tail) is O(N).",
        .summary = "Inserts an element before or after another element in a list.",
        .synopsis = "key where<BEFORE | AFTER> pivot element",
    },
    {
        .name = "lrem",
        .run = cmd_lrem,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
        .summary = "Removes elements from a list. Deletes the list if the last element was removed.",
        .synopsis = "key count:integer element",
    },
    {0},
};

const struct command_family list_search_family = {.name = "list", .commands = list_search_commands};
