/* SPDX-License-Identifier: BSD-3-Clause */
/* What a set is kept as: nothing yet, integers by value (set_integers.h), members in the order in which they
 * came, or a tree. It goes on from one of these to a later one, and only set_order_integers leads back. */
#include "types/set.h"
#include "base/panic.h"
#include "base/random.h"
#include "rows.h"
#include "set_integers.h"

/* The tag of members in order; that of an empty set that is nothing yet is 0. */
enum { IN_ORDER = 16 };

static bool is_integers(struct bytes packed)
{
    return integers_is_tag(packed_tag(packed));
}

/* ---- reading ---- */

uint64_t set_count(const struct collection *set)
{
    return set->large ? tree_count(&set->large->tree) : packed_count(set->packed);
}

bool set_is_by_value(const struct collection *set)
{
    return !set->large && is_integers(set->packed);
}

static bool has_integer(struct bytes packed, struct bytes member)
{
    int64_t number;
    size_t index;
    return parse_i64(member, &number) && integers_find(packed, number, &index);
}

bool set_has(const struct collection *set, struct bytes member)
{
    struct packed_element element;
    struct tree_cursor cursor;
    if (set->large)
        return tree_find(&set->large->tree, tree_hash_key(member), &cursor);
    if (is_integers(set->packed))
        return has_integer(set->packed, member);
    return packed_find(set->packed, member, 1, &element);
}

/* ---- walking ---- */

void set_walk_begin(struct set_walk *walk, const struct collection *set)
{
    set_walk_scan(walk, set, 0);
}

void set_walk_scan(struct set_walk *walk, const struct collection *set, uint64_t cursor)
{
    walk->set = set;
    walk->at = PACKED_HEAD;
    walk->rank = 0;
    if (!set->large)
        return;
    if (cursor <= UINT32_MAX)
        (void)tree_seek(&set->large->tree, (struct tree_key){.order = cursor}, &walk->cursor);
    else
        (void)tree_seek_rank(&set->large->tree, UINT64_MAX, &walk->cursor);
}

uint64_t set_walk_cursor(const struct set_walk *walk)
{
    if (!walk->set->large || tree_at_end(&walk->cursor))
        return 0;
    return tree_order_at(&walk->cursor);
}

static bool next_large(struct set_walk *walk, struct set_member *member)
{
    if (tree_at_end(&walk->cursor))
        return false;
    *member = (struct set_member){tree_bytes_at(&walk->cursor), tree_blob_at(&walk->cursor)};
    (void)tree_next(&walk->cursor);
    return true;
}

static bool next_integer(struct set_walk *walk, struct set_member *member)
{
    if (walk->rank >= packed_count(walk->set->packed))
        return false;
    int64_t number = integers_at(walk->set->packed, walk->rank++);
    *member = (struct set_member){bytes_make(walk->digits, print_i64(walk->digits, number)), NULL};
    return true;
}

static bool next_in_order(struct set_walk *walk, struct set_member *member)
{
    struct packed_element element;
    if (!packed_at(walk->set->packed, walk->at, &element))
        return false;
    walk->at = element.end;
    walk->rank++;
    *member = (struct set_member){element.bytes, NULL};
    return true;
}

bool set_walk_next(struct set_walk *walk, struct set_member *member)
{
    if (walk->set->large)
        return next_large(walk, member);
    return is_integers(walk->set->packed) ? next_integer(walk, member) : next_in_order(walk, member);
}

void set_walk_seek(struct set_walk *walk, uint64_t rank)
{
    struct set_member passed;
    if (walk->set->large) {
        (void)tree_seek_rank(&walk->set->large->tree, rank, &walk->cursor);
        return;
    }
    if (is_integers(walk->set->packed)) {
        walk->rank = rank;
        return;
    }
    if (rank < walk->rank)
        set_walk_begin(walk, walk->set);
    while (walk->rank < rank && next_in_order(walk, &passed)) {
    }
}

void set_draw(const struct collection *set, struct set_walk *walk, struct set_member *member)
{
    set_walk_begin(walk, set);
    set_walk_seek(walk, random_below(set_count(set)));
    ASSERT(set_walk_next(walk, member));
}

/* ---- from one form to a later one ---- */

static bool add_to_tree(struct tree *tree, struct bytes member)
{
    struct tree_key key = tree_hash_key(member);
    struct tree_item item = {.order = key.order, .parts = {member}};
    struct tree_cursor cursor;
    if (tree_find(tree, key, &cursor))
        return false;
    tree_insert(&cursor, &item);
    return true;
}

/* `is_named_small`: only the bytes became too many. */
static void enlarge(struct collection *set, bool is_named_small)
{
    struct collection packed = *set;
    struct set_walk walk;
    struct set_member member;
    collection_enlarge(set);
    set->large->is_named_small = is_named_small;
    set->large->is_of_integers = is_integers(packed.packed);
    set_walk_begin(&walk, &packed);
    while (set_walk_next(&walk, &member))
        (void)add_to_tree(&set->large->tree, member.bytes);
}

static void copy_in_order(struct buf *to, struct bytes integers)
{
    char digits[NUMBER_I64_SIZE];
    packed_begin(to, IN_ORDER);
    for (size_t i = 0, count = packed_count(integers); i < count; i++)
        packed_append(to, bytes_make(digits, print_i64(digits, integers_at(integers, i))));
}

/* Integers become members in order, by value so far. */
static void turn_to_order(struct collection *set)
{
    struct buf integers = {0};
    buf_append_bytes(&integers, set->packed);
    copy_in_order(collection_buffer(set), buf_bytes(&integers));
    collection_packed_changed(set);
    buf_clear(&integers);
}

/* ---- limits ---- */

static bool may_be_in_order(const struct collection *set, uint64_t count)
{
    return count <= (uint64_t)set->limits.count;
}

static bool may_be_integers(const struct collection *set, uint64_t count)
{
    return count <= (uint64_t)set->limits.int_count;
}

static bool is_short(const struct collection *set, size_t len)
{
    return len <= (uint64_t)set->limits.len;
}

/* The longest are the least and the greatest one. */
static bool are_short(const struct collection *set)
{
    char digits[NUMBER_I64_SIZE];
    size_t last = packed_count(set->packed) - 1;
    return is_short(set, print_i64(digits, integers_at(set->packed, 0))) &&
           is_short(set, print_i64(digits, integers_at(set->packed, last)));
}

static bool is_undecided(const struct collection *set)
{
    return !set->large && set_count(set) == 0;
}

void set_keep_order(struct collection *set)
{
    if (!is_undecided(set))
        return;
    packed_begin(collection_buffer(set), IN_ORDER);
    collection_packed_changed(set);
}

static void expect_of_new(struct collection *set, struct bytes first, uint64_t count)
{
    int64_t number;
    if (parse_i64(first, &number) && may_be_integers(set, count))
        return;
    if (may_be_in_order(set, count))
        set_keep_order(set);
    else
        enlarge(set, false);
}

void set_expect(struct collection *set, struct bytes first, uint64_t count)
{
    if (is_undecided(set)) {
        expect_of_new(set, first, count);
        return;
    }
    bool is_of_integers = set->large ? set->large->is_of_integers : is_integers(set->packed);
    if (is_of_integers ? may_be_integers(set, count) : may_be_in_order(set, count))
        return;
    if (set->large)
        set->large->is_named_small = false;
    else
        enlarge(set, false);
}

/* ---- adding ---- */

/* What a large one that is still named as a small one is to be called with one more member. */
static void name_large(struct large *large, const struct collection *set, struct bytes member)
{
    int64_t number;
    bool is_of_integers = large->is_of_integers && parse_i64(member, &number);
    uint64_t count = tree_count(&large->tree) + 1;
    large->is_named_small = is_of_integers ? may_be_integers(set, count)
                                           : may_be_in_order(set, count) && is_short(set, member.len);
    large->is_of_integers = is_of_integers;
}

static bool add_large(struct collection *set, struct bytes member)
{
    struct large *large = set->large;
    if (!large->is_named_small)
        return add_to_tree(&large->tree, member);
    if (set_has(set, member))
        return false;
    name_large(large, set, member);
    return add_to_tree(&large->tree, member);
}

static bool add_integer(struct collection *set, struct bytes member, int64_t number)
{
    size_t index;
    if (integers_find(set->packed, number, &index))
        return false;
    bool may_stay = may_be_integers(set, set_count(set) + 1);
    if (may_stay && integers_size_with(set->packed, number) <= COLLECTION_PACKED_MAX) {
        integers_insert(collection_buffer(set), index, number);
        collection_packed_changed(set);
        return true;
    }
    enlarge(set, may_stay);
    return add_to_tree(&set->large->tree, member);
}

static bool add_in_order(struct collection *set, struct bytes member)
{
    struct packed_element element;
    if (packed_find(set->packed, member, 1, &element))
        return false;
    bool may_stay = may_be_in_order(set, set_count(set) + 1) && is_short(set, member.len);
    if (may_stay && set->packed.len + packed_element_size(member.len) <= COLLECTION_PACKED_MAX) {
        packed_append(collection_buffer(set), member);
        collection_packed_changed(set);
        return true;
    }
    enlarge(set, may_stay);
    return add_to_tree(&set->large->tree, member);
}

/* Something else comes to integers, or to nothing. */
static void integers_end(struct collection *set, struct bytes member)
{
    if (set_count(set) == 0)
        set_keep_order(set);
    else if (may_be_in_order(set, set_count(set) + 1) && is_short(set, member.len) && are_short(set))
        turn_to_order(set);
    else
        enlarge(set, false);
}

bool set_add(struct collection *set, struct bytes member)
{
    int64_t number;
    if (set->large)
        return add_large(set, member);
    if (packed_tag(set->packed) == IN_ORDER)
        return add_in_order(set, member);
    if (parse_i64(member, &number)) {
        if (is_undecided(set)) {
            integers_begin(collection_buffer(set));
            collection_packed_changed(set);
        }
        return add_integer(set, member, number);
    }
    integers_end(set, member);
    return set->large ? add_large(set, member) : add_in_order(set, member);
}

/* ---- removing ---- */

static bool remove_integer(struct collection *set, struct bytes member)
{
    int64_t number;
    size_t index;
    if (!parse_i64(member, &number) || !integers_find(set->packed, number, &index))
        return false;
    integers_remove(collection_buffer(set), index);
    collection_packed_changed(set);
    return true;
}

static bool remove_in_order(struct collection *set, struct bytes member)
{
    struct packed_element element;
    if (!packed_find(set->packed, member, 1, &element))
        return false;
    packed_remove(collection_buffer(set), element.start, element.end, 1);
    collection_packed_changed(set);
    return true;
}

bool set_remove(struct collection *set, struct bytes member)
{
    struct tree_cursor cursor;
    if (!set->large)
        return is_integers(set->packed) ? remove_integer(set, member) : remove_in_order(set, member);
    if (!tree_find(&set->large->tree, tree_hash_key(member), &cursor))
        return false;
    tree_remove(&cursor);
    return true;
}

/* ---- integers again ---- */

static bool are_all_integers(const struct collection *set)
{
    struct set_walk walk;
    struct set_member member;
    int64_t number;
    set_walk_begin(&walk, set);
    while (set_walk_next(&walk, &member)) {
        if (!parse_i64(member.bytes, &number))
            return false;
    }
    return true;
}

static void reorder(struct collection *set, struct collection *from)
{
    struct set_walk walk;
    struct set_member member;
    packed_begin(collection_buffer(set), 0);
    set->large = NULL;
    collection_packed_changed(set);
    set_walk_begin(&walk, from);
    while (set_walk_next(&walk, &member))
        (void)set_add(set, member.bytes);
}

void set_order_integers(struct collection *set)
{
    if (set_count(set) == 0 || !may_be_integers(set, set_count(set)) || !are_all_integers(set))
        return;
    struct collection old = *set;
    struct buf packed = {0};
    buf_append_bytes(&packed, set->packed);
    old.packed = buf_bytes(&packed);
    reorder(set, &old);
    if (old.large)
        large_free(old.large);
    buf_clear(&packed);
}

/* ---- what all types have ---- */

static const char *encoding_name(const struct value *value)
{
    bool is_of_integers = value->large ? value->large->is_of_integers : is_integers(value->bytes);
    if (value->large && !value->large->is_named_small)
        return "hashtable";
    return is_of_integers ? "intset" : "listpack";
}

static uint64_t count(const struct value *value)
{
    struct collection set = collection_of(VALUE_SET, value);
    return set_count(&set);
}

static void check_integers(struct bytes packed)
{
    size_t number_count = packed_count(packed);
    ASSERT(packed.len == PACKED_HEAD + number_count * packed_tag(packed));
    for (size_t i = 1; i < number_count; i++)
        ASSERT(integers_at(packed, i - 1) < integers_at(packed, i));
}

/* Every member is found, so none is there twice. */
static void check_members(const struct collection *set)
{
    struct set_walk walk;
    struct set_member member;
    struct packed_element element;
    uint64_t seen = 0;
    set_walk_begin(&walk, set);
    for (; set_walk_next(&walk, &member); seen++) {
        ASSERT(set_has(set, member.bytes));
        ASSERT(set->large || (packed_find(set->packed, member.bytes, 1, &element) &&
                              element.bytes.data == member.bytes.data));
    }
    ASSERT(seen == set_count(set));
}

static void check(const struct value *value)
{
    struct collection set = collection_of(VALUE_SET, value);
    if (!set.large && is_integers(set.packed)) {
        check_integers(set.packed);
        return;
    }
    ASSERT(set.large || packed_tag(set.packed) == IN_ORDER || set_count(&set) == 0);
    ASSERT(packed_is_whole(set.packed));
    check_members(&set);
}

const struct value_row set_row = {
    .name = "set",
    .number = 2,
    .encoding_name = encoding_name,
    .count = count,
    .check = check,
    .tree_kind = &tree_of_members,
};
