/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups and their consumers, each in an array in order of their names. */
#include "types/stream_group.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "stream_private.h"

/* ---- arrays in order of names ---- */

/* What both begin with isn't the same, so that each tells its name. */
typedef struct bytes name_of(const void *item);

static struct bytes group_name(const void *item)
{
    return ((const struct stream_group *)item)->name;
}

static struct bytes consumer_name(const void *item)
{
    return ((const struct stream_consumer *)item)->name;
}

/* Where an item of that name is, or would be. */
static bool find_name(void *const *items, size_t count, name_of *name, struct bytes wanted, size_t *index)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int compared = bytes_compare(name(items[middle]), wanted);
        if (compared == 0) {
            *index = middle;
            return true;
        }
        if (compared < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return false;
}

static bool find_group(const struct stream_groups *groups, struct bytes name, size_t *index)
{
    return find_name((void *const *)groups->at, groups->count, group_name, name, index);
}

static bool find_consumer(const struct stream_group *group, struct bytes name, size_t *index)
{
    return find_name((void *const *)group->consumers, group->consumer_count, consumer_name, name, index);
}

/* ---- consumers: made, copied, freed ---- */

static struct stream_consumer *consumer_new(struct bytes name)
{
    struct stream_consumer *consumer = mem_alloc(sizeof *consumer + name.len);
    char *own = (char *)(consumer + 1);
    if (name.len > 0)
        memcpy(own, name.data, name.len);
    *consumer = (struct stream_consumer){.name = bytes_make(own, name.len), .active_ms = -1};
    tree_init(&consumer->pending, &tree_of_ids);
    return consumer;
}

static struct stream_consumer *consumer_copy(const struct stream_consumer *consumer)
{
    struct stream_consumer *copy = consumer_new(consumer->name);
    copy->number = consumer->number;
    copy->seen_ms = consumer->seen_ms;
    copy->active_ms = consumer->active_ms;
    tree_hold(&consumer->pending, &copy->pending);
    return copy;
}

/* ---- groups: made, copied, freed ---- */

static struct stream_group *group_new(struct bytes name)
{
    struct stream_group *group = mem_zalloc(sizeof *group + name.len);
    char *own = (char *)(group + 1);
    if (name.len > 0)
        memcpy(own, name.data, name.len);
    group->name = bytes_make(own, name.len);
    atomic_init(&group->references, 1);
    tree_init(&group->pending, &tree_of_ids);
    return group;
}

static struct stream_group *group_copy(const struct stream_group *group)
{
    struct stream_group *copy = group_new(group->name);
    copy->last = group->last;
    copy->entries_read = group->entries_read;
    tree_hold(&group->pending, &copy->pending);
    copy->consumer_count = group->consumer_count;
    copy->number_count = group->number_count;
    copy->consumers = mem_alloc((group->consumer_count + 1) * sizeof *copy->consumers);
    copy->numbered = mem_zalloc((group->number_count + 1) * sizeof *copy->numbered);
    for (size_t i = 0; i < group->consumer_count; i++) {
        copy->consumers[i] = consumer_copy(group->consumers[i]);
        copy->numbered[copy->consumers[i]->number] = copy->consumers[i];
    }
    return copy;
}

static bool group_drop(struct stream_group *group)
{
    return atomic_fetch_sub_explicit(&group->references, 1, memory_order_acq_rel) == 1;
}

/* What nobody else holds, some at a time. */
static bool group_free_some(struct stream_group *group, size_t budget)
{
    if (!tree_free_some(&group->pending, budget))
        return false;
    for (size_t done = 0; group->consumer_count > 0; done++) {
        struct stream_consumer *last = group->consumers[group->consumer_count - 1];
        if (done > budget || !tree_free_some(&last->pending, budget))
            return false;
        mem_free(last);
        group->consumer_count--;
    }
    mem_free(group->consumers);
    mem_free(group->numbered);
    mem_free(group);
    return true;
}

static void group_free(struct stream_group *group)
{
    while (!group_free_some(group, SIZE_MAX)) {
    }
}

static size_t consumer_bytes(const struct stream_consumer *consumer)
{
    return mem_size(consumer) + tree_bytes(&consumer->pending);
}

static size_t group_bytes(const struct stream_group *group)
{
    size_t bytes = mem_size(group) + tree_bytes(&group->pending);
    for (size_t i = 0; i < group->consumer_count; i++)
        bytes += consumer_bytes(group->consumers[i]);
    return bytes;
}

/* ---- all groups of a stream ---- */

struct stream_groups *groups_hold(struct stream_groups *groups)
{
    atomic_fetch_add_explicit(&groups->references, 1, memory_order_relaxed);
    return groups;
}

/* The count of references says 0 while its last holder frees it in steps. */
bool groups_free_some(struct stream_groups *groups, size_t budget)
{
    if (atomic_load_explicit(&groups->references, memory_order_acquire) > 0 &&
        atomic_fetch_sub_explicit(&groups->references, 1, memory_order_acq_rel) > 1)
        return true;
    for (size_t done = 0; groups->count > 0; done++) {
        struct stream_group *last = groups->at[groups->count - 1];
        unsigned left = atomic_load_explicit(&last->references, memory_order_acquire);
        if (done > budget)
            return false;
        if ((left == 0 || group_drop(last)) && !group_free_some(last, budget))
            return false;
        groups->count--;
    }
    mem_free(groups->at);
    mem_free(groups);
    return true;
}

size_t groups_memory(const struct stream_groups *groups)
{
    return mem_size(groups) + groups->count * sizeof *groups->at + groups->bytes;
}

static bool is_shared(const atomic_uint *references)
{
    return atomic_load_explicit(references, memory_order_acquire) > 1;
}

static void let_go_of_groups(struct stream_groups *groups)
{
    while (!groups_free_some(groups, SIZE_MAX)) {
    }
}

/* The stream's groups, which nobody else holds; made if there are none. */
static struct stream_groups *own_groups(struct stream *stream)
{
    struct stream_groups *before = stream->groups;
    if (before && !is_shared(&before->references))
        return before;
    struct stream_groups *own = mem_zalloc(sizeof *own);
    atomic_init(&own->references, 1);
    stream->groups = own;
    if (!before)
        return own;
    own->count = before->count;
    own->bytes = before->bytes;
    own->at = mem_alloc((before->count + 1) * sizeof *own->at);
    for (size_t i = 0; i < before->count; i++) {
        own->at[i] = before->at[i];
        atomic_fetch_add_explicit(&own->at[i]->references, 1, memory_order_relaxed);
    }
    let_go_of_groups(before);
    return own;
}

size_t stream_group_count(const struct stream *stream)
{
    return stream->groups ? stream->groups->count : 0;
}

const struct stream_group *stream_group_at(const struct stream *stream, size_t index)
{
    return stream->groups->at[index];
}

const struct stream_group *stream_group_find(const struct stream *stream, struct bytes name)
{
    size_t index;
    if (!stream->groups || !find_group(stream->groups, name, &index))
        return NULL;
    return stream->groups->at[index];
}

struct stream_group *stream_group_edit(struct stream *stream, struct bytes name)
{
    size_t index;
    if (!stream->groups || !find_group(stream->groups, name, &index))
        return NULL;
    struct stream_groups *groups = own_groups(stream);
    struct stream_group *group = groups->at[index];
    if (!is_shared(&group->references))
        return group;
    groups->at[index] = group_copy(group);
    if (group_drop(group))
        group_free(group);
    return groups->at[index];
}

struct stream_group *stream_group_add(struct stream *stream, struct bytes name, struct stream_id last,
                                      int64_t entries_read)
{
    size_t index = 0;
    if (stream->groups && find_group(stream->groups, name, &index))
        return NULL;
    struct stream_groups *groups = own_groups(stream);
    struct stream_group *group = group_new(name);
    group->last = last;
    group->entries_read = entries_read;
    groups->at = mem_realloc(groups->at, (groups->count + 1) * sizeof *groups->at);
    memmove(groups->at + index + 1, groups->at + index, (groups->count - index) * sizeof *groups->at);
    groups->at[index] = group;
    groups->count++;
    groups->bytes += group_bytes(group);
    return group;
}

bool stream_group_cut(struct stream *stream, struct bytes name, struct stream *cut)
{
    size_t index;
    if (!stream->groups || !find_group(stream->groups, name, &index))
        return false;
    struct stream_groups *groups = own_groups(stream), *alone = own_groups(cut);
    struct stream_group *group = groups->at[index];
    groups->bytes -= group_bytes(group);
    groups->count--;
    memmove(groups->at + index, groups->at + index + 1, (groups->count - index) * sizeof *groups->at);
    alone->at = mem_alloc(sizeof *alone->at);
    alone->at[0] = group;
    alone->count = 1;
    alone->bytes = group_bytes(group);
    return true;
}

/* ---- how far a group has read ---- */

bool stream_has_gaps(const struct stream *stream, struct stream_id from)
{
    return stream->length > 0 && !stream_id_is_zero(stream->max_deleted) &&
           stream_id_compare(stream->first, stream->max_deleted) <= 0 &&
           stream_id_compare(from, stream->max_deleted) <= 0;
}

/* Where nothing behind the first entry was deleted, the count at the first one is known. */
static int64_t count_at_first(const struct stream *stream, struct stream_id id)
{
    int compared = stream_id_compare(id, stream->first);
    bool is_whole =
        stream_id_is_zero(stream->max_deleted) || stream_id_compare(stream->max_deleted, stream->first) < 0;
    if (!is_whole || compared > 0)
        return STREAM_READ_UNKNOWN;
    return (int64_t)(stream->entries_added - stream->length) + (compared == 0);
}

int64_t stream_count_up_to(const struct stream *stream, struct stream_id id)
{
    int compared = stream_id_compare(id, stream->last);
    if (stream->entries_added == 0)
        return 0;
    if (stream->length == 0 && compared <= 0)
        return (int64_t)stream->entries_added;
    if (compared == 0)
        return (int64_t)stream->entries_added;
    return compared > 0 ? STREAM_READ_UNKNOWN : count_at_first(stream, id);
}

void stream_group_read(struct stream_group *group, const struct stream *stream, struct stream_id id)
{
    if (group->entries_read != STREAM_READ_UNKNOWN && !stream_has_gaps(stream, id))
        group->entries_read++;
    else if (stream->entries_added > 0)
        group->entries_read = stream_count_up_to(stream, id);
    group->last = id;
}

bool stream_group_lag(const struct stream_group *group, const struct stream *stream, int64_t *lag)
{
    int64_t read = group->entries_read;
    *lag = 0;
    if (stream->entries_added == 0)
        return true;
    if (read == STREAM_READ_UNKNOWN || stream_has_gaps(stream, group->last))
        read = stream_count_up_to(stream, group->last);
    *lag = (int64_t)stream->entries_added - read;
    return read != STREAM_READ_UNKNOWN;
}

/* ---- consumers ---- */

struct stream_consumer *stream_consumer_find(const struct stream_group *group, struct bytes name)
{
    size_t index;
    return find_consumer(group, name, &index) ? group->consumers[index] : NULL;
}

/* A number that is free. */
static size_t free_number(struct stream_group *group)
{
    size_t number = 0;
    if (group->consumer_count < group->number_count) {
        while (group->numbered[number])
            number++;
        return number;
    }
    group->numbered = mem_realloc(group->numbered, (group->number_count + 1) * sizeof *group->numbered);
    return group->number_count++;
}

struct stream_consumer *stream_consumer_add(struct stream *stream, struct stream_group *group,
                                            struct bytes name, int64_t now_ms)
{
    size_t index, count = group->consumer_count;
    if (find_consumer(group, name, &index))
        return NULL;
    struct stream_consumer *consumer = consumer_new(name);
    consumer->seen_ms = now_ms;
    consumer->number = (uint32_t)free_number(group);
    group->numbered[consumer->number] = consumer;
    group->consumers = mem_realloc(group->consumers, (count + 1) * sizeof *group->consumers);
    memmove(group->consumers + index + 1, group->consumers + index,
            (count - index) * sizeof *group->consumers);
    group->consumers[index] = consumer;
    group->consumer_count++;
    stream->groups->bytes += consumer_bytes(consumer);
    return consumer;
}

uint64_t stream_consumer_remove(struct stream *stream, struct stream_group *group,
                                struct stream_consumer *consumer)
{
    uint64_t pending = tree_count(&consumer->pending);
    struct stream_pending_walk walk;
    struct stream_pending each;
    size_t index, before = tree_bytes(&group->pending) + consumer_bytes(consumer);
    stream_pending_walk_begin(&walk, &consumer->pending, STREAM_ID_MIN);
    while (stream_pending_walk_next(&walk, &each)) {
        struct tree_cursor cursor;
        struct id_key key;
        if (tree_find(&group->pending, id_tree_key(each.id, &key), &cursor))
            tree_remove(&cursor);
    }
    (void)find_consumer(group, consumer->name, &index);
    group->consumer_count--;
    memmove(group->consumers + index, group->consumers + index + 1,
            (group->consumer_count - index) * sizeof *group->consumers);
    group->numbered[consumer->number] = NULL;
    tree_free(&consumer->pending);
    mem_free(consumer);
    stream->groups->bytes += tree_bytes(&group->pending) - before;
    return pending;
}

/* ---- checking ---- */

/* Each is pending for the consumer that the group says. */
static void check_consumer(const struct stream_group *group, const struct stream_consumer *consumer)
{
    struct stream_pending_walk walk;
    struct stream_pending each, of_group;
    tree_check(&consumer->pending);
    ASSERT(group->numbered[consumer->number] == consumer);
    stream_pending_walk_begin(&walk, &consumer->pending, STREAM_ID_MIN);
    while (stream_pending_walk_next(&walk, &each))
        ASSERT(stream_pending_find(group, each.id, &of_group) && of_group.consumer == consumer->number);
}

void groups_check(const struct stream_groups *groups)
{
    size_t bytes = 0;
    for (size_t i = 0; i < groups->count; i++) {
        const struct stream_group *group = groups->at[i];
        uint64_t pending = 0;
        tree_check(&group->pending);
        for (size_t k = 0; k < group->consumer_count; k++) {
            check_consumer(group, group->consumers[k]);
            pending += tree_count(&group->consumers[k]->pending);
        }
        ASSERT(pending == tree_count(&group->pending));
        ASSERT(i == 0 || bytes_compare(groups->at[i - 1]->name, group->name) < 0);
        bytes += group_bytes(group);
    }
    ASSERT(bytes == groups->bytes);
}
