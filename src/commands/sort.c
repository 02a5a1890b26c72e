/* SPDX-License-Identifier: BSD-3-Clause */
/* SORT and SORT_RO. Sorting alone goes in steps, with the collection held; when it is to be stored and the
 * key holds something else in the end, it is done again without a break. Other keys are looked at on the way:
 * if there are more than can be within a turn, each as it is then. One that stores what comes of that is done
 * at once, so that who repeats it comes to the same. */
#include "sort.h"
#include "base/alloc.h"
#include "base/list.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/key_spec.h"
#include "engine/server.h"
#include "sort_pattern.h"

/* ---- options ---- */

static bool parse_limit(struct call *call, int index, struct sort_options *options)
{
    return call_int(call, index + 1, &options->offset) && call_int(call, index + 2, &options->count_max);
}

/* Patterns may lead to any key. */
static bool may_look_at_keys(struct call *call, const char *option)
{
    if (acl_has_every_key(call, ACCESS_READ))
        return true;
    call_error_format(call, "ERR %s option of SORT denied due to insufficient ACL permissions.", option);
    return false;
}

static bool take_by(struct call *call, int index, struct sort_options *options)
{
    bool has_key = sort_pattern_has_key(call->argv[index]);
    options->by = has_key ? index : 0;
    options->is_unsorted |= !has_key;
    return !has_key || may_look_at_keys(call, "BY");
}

/* Returns how many arguments the option is; 0 for none, having replied. */
static int parse_option(struct call *call, int index, bool may_store, struct sort_options *options)
{
    int left = call->argc - index - 1;
    if (call_arg_is(call, index, "asc") || call_arg_is(call, index, "desc")) {
        options->is_descending = call_arg_is(call, index, "desc");
        return 1;
    }
    if (call_arg_is(call, index, "alpha")) {
        options->is_alphabetic = true;
        return 1;
    }
    if (left >= 2 && call_arg_is(call, index, "limit"))
        return parse_limit(call, index, options) ? 3 : 0;
    if (left >= 1 && may_store && call_arg_is(call, index, "store")) {
        options->store = index + 1;
        return 2;
    }
    if (left >= 1 && call_arg_is(call, index, "by"))
        return take_by(call, index + 1, options) ? 2 : 0;
    if (left >= 1 && call_arg_is(call, index, "get")) {
        if (!may_look_at_keys(call, "GET"))
            return 0;
        options->gets[options->get_count++] = index + 1;
        return 2;
    }
    call_syntax_error(call);
    return 0;
}

static bool parse_options(struct call *call, bool may_store, struct sort_options *options)
{
    int taken;
    *options = (struct sort_options){.count_max = -1};
    options->gets = mem_alloc((size_t)call->argc * sizeof *options->gets);
    for (int i = 2; i < call->argc; i += taken) {
        taken = parse_option(call, i, may_store, options);
        if (taken == 0) {
            mem_free(options->gets);
            return false;
        }
    }
    return true;
}

/* What has no order is stored, and given to scripts, in one that does not come by chance. */
static void settle_order(const struct call *call, struct sort_options *options, const struct entry *entry)
{
    bool is_kept = options->store || (call->client->flags & CLIENT_SCRIPT);
    if (!options->is_unsorted || !is_kept || !entry || entry_type(entry) != VALUE_SET)
        return;
    options->is_unsorted = false;
    options->is_alphabetic = true;
    options->by = 0;
}

/* ---- what other keys hold ---- */

static bool looks_at_keys(const struct call *call, const struct sort_options *options)
{
    for (int i = 0; i < options->get_count; i++) {
        if (sort_pattern_has_key(call->argv[options->gets[i]]))
            return true;
    }
    return options->by && !options->is_unsorted;
}

enum { LOOKED_UP_A_STEP = 32 };

static void weigh_some(struct call *call, struct sort *sort)
{
    struct sort_found found = {.blob = NULL};
    struct bytes pattern = call->argv[sort->options.by];
    for (int i = 0; i < LOOKED_UP_A_STEP && sort->weighed < sort->total; i++, sort->weighed++) {
        if (sort_pattern_find(call, pattern, sort->items[sort->weighed].element, &found))
            sort_weigh(sort, sort->weighed, found.bytes);
    }
    sort_found_clear(&found);
}

static void show_got(struct call *call, struct sort *sort, struct bytes element, struct sort_found *found)
{
    const struct sort_options *options = &sort->options;
    for (int i = 0; i < options->get_count; i++) {
        if (sort_pattern_find(call, call->argv[options->gets[i]], element, found))
            sort_show(sort, found->bytes, found->blob);
        else
            sort_show_nothing(sort);
    }
}

/* True when all is shown. */
static bool show_some_got(struct call *call, struct sort *sort)
{
    struct sort_found found = {.blob = NULL};
    for (int i = 0; i < LOOKED_UP_A_STEP && sort->first + sort->shown < sort->end; i++) {
        const struct sort_item *item = sort->merge.from[sort->first + sort->shown++];
        show_got(call, sort, item->element, &found);
    }
    sort_found_clear(&found);
    return sort->first + sort->shown >= sort->end;
}

static bool has_weights_to_find(const struct sort *sort)
{
    return sort->options.by && !sort->options.is_unsorted && sort->weighed < sort->total;
}

static bool step(struct long_work *work)
{
    struct sort *sort = LIST_ENTRY(work, struct sort, work);
    struct call *late = long_work_call(work), *call = late ? late : sort->call;
    if (sort->count == sort->total && has_weights_to_find(sort)) {
        weigh_some(call, sort);
        return false;
    }
    if (!sort_step(sort))
        return false;
    return sort->has_wrong_weight || sort->options.get_count == 0 || show_some_got(call, sort);
}

/* ---- the end ---- */

static void store_result(struct call *call, struct sort *sort, size_t count)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    struct key key = call_key(call, sort->options.store);
    if (count == 0) {
        (void)call_remove(call, key);
    } else {
        sequence_settle(&sort->result);
        call_set(call, key, collection_value(&sort->result), never, EVENT_LIST, "sortstore");
        sort->result.large = NULL;
    }
    reply_int(call->reply, (int64_t)count);
}

static void answer(struct call *call, struct sort *sort)
{
    const struct sort_options *options = &sort->options;
    size_t count = sort->end - sort->first;
    if (sort->has_wrong_weight) {
        call_error_format(call, "ERR One or more scores can't be converted into double");
        return;
    }
    if (options->get_count > 0)
        count *= (size_t)options->get_count;
    if (sort->lacks_memory) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    if (options->store) {
        store_result(call, sort, count);
        return;
    }
    reply_array(call->reply, count);
    reply_take(call->reply, &sort->reply);
}

static void sort_at_once(struct call *call, struct sort *sort)
{
    sort->call = call;
    while (!step(&sort->work)) {
    }
    answer(call, sort);
    sort_free(&sort->work);
}

/* False, having replied, when it is nothing that has elements. */
static bool has_elements(struct call *call, const struct entry *entry)
{
    if (!entry || elements_are_of(entry_type(entry)))
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

static void sort_again(struct call *call, struct sort_options *options, const struct entry *entry)
{
    if (!has_elements(call, entry))
        return;
    struct sort *sort = sort_new(call, options, entry);
    options->gets = NULL;
    sort_at_once(call, sort);
}

static void finish(struct call *call, struct long_work *work)
{
    struct sort *sort = LIST_ENTRY(work, struct sort, work);
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 1));
    if (!sort->options.store || is_held_collection(&sort->held, entry))
        answer(call, sort);
    else
        sort_again(call, &sort->options, entry);
}

static void run(struct call *call, bool may_store)
{
    struct sort_options options;
    if (!parse_options(call, may_store, &options))
        return;
    const struct entry *entry = call_find(call, call_key(call, 1));
    if (!has_elements(call, entry)) {
        mem_free(options.gets);
        return;
    }
    settle_order(call, &options, entry);
    struct sort *sort = sort_new(call, &options, entry);
    bool looks = looks_at_keys(call, &options);
    sort->call = call;
    sort->work = (struct long_work){.step = step,
                                    .finish = finish,
                                    .free = sort_free,
                                    .changes_data = options.store,
                                    .works_on_keys = looks};
    if (looks && options.store)
        sort_at_once(call, sort);
    else
        long_work_run(call, &sort->work);
}

static void cmd_sort(struct call *call)
{
    run(call, true);
}

static void cmd_sort_ro(struct call *call)
{
    run(call, false);
}

/* ---- what clients are told ---- */

/* Arguments that belong to the option before them. */
static int arguments_of(struct bytes option)
{
    if (bytes_is_nocase(option, "limit"))
        return 2;
    return bytes_is_nocase(option, "get") || bytes_is_nocase(option, "by");
}

/* The last STORE counts. */
static bool find_keys_of_sort(const struct bytes *argv, int argc, struct key_positions *positions)
{
    int store = 0;
    key_positions_add(positions, 1, KEY_RO | KEY_ACCESS);
    for (int i = 2; i < argc; i += 1 + arguments_of(argv[i])) {
        if (bytes_is_nocase(argv[i], "store") && i + 1 < argc)
            store = i + 1;
    }
    if (store)
        key_positions_add(positions, store, KEY_OW | KEY_UPDATE);
    return true;
}

static bool find_key_of_sort_ro(const struct bytes *argv, int argc, struct key_positions *positions)
{
    (void)argv;
    (void)argc;
    key_positions_add(positions, 1, KEY_RO | KEY_ACCESS);
    return true;
}

#define COMPLEXITY                                                                                     \
    "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of " \
    "returned elements. When the elements are not sorted, complexity is O(N)."
#define OPTIONS                                                                       \
    "key [BY by-pattern:pattern{key=1}] [LIMIT limit(offset:integer count:integer)] " \
    "[GET get-pattern:pattern{key=1}]... [order<ASC | DESC>] [sorting=ALPHA]"
#define KEYS_OF_PATTERNS                                                                                 \
    {                                                                                                    \
        .flags = KEY_RO | KEY_ACCESS, .begin = KEY_BEGIN_UNKNOWN, .find = KEY_FIND_UNKNOWN,              \
        .notes = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive " \
                 "from the content of the key we sort",                                                  \
    }

static const struct command sort_commands[] = {
    {
        .name = "sort",
        .run = cmd_sort,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS),
                 KEYS_OF_PATTERNS,
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_UNKNOWN,
                  .find = KEY_FIND_UNKNOWN,
                  .notes = "For the optional STORE keyword. It is marked 'unknown' because the keyword can "
                           "appear anywhere in the argument array"}},
        .find_keys = find_keys_of_sort,
        .group = "generic",
        .since = "1.0.0",
        .complexity = COMPLEXITY,
        .summary = "Sorts the elements in a list, a set, or a sorted set, optionally storing the result.",
        .synopsis = OPTIONS " [STORE destination:key{key=2}]",
    },
    {
        .name = "sort_ro",
        .run = cmd_sort_ro,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS), KEYS_OF_PATTERNS},
        .find_keys = find_key_of_sort_ro,
        .group = "generic",
        .since = "7.0.0",
        .complexity = COMPLEXITY,
        .summary = "Returns the sorted elements of a list, a set, or a sorted set.",
        .synopsis = OPTIONS,
    },
    {0},
};

const struct command_family sort_family = {.name = "sort", .commands = sort_commands};
