/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams as all versions wrote them: nodes of a few entries, some of them deleted, facts, groups. */
#include "base/number.h"
#include "foreign.h"
#include "model_stream.h"
#include "packs.h"

enum { NODE_MAX = 6, TEXTS_MAX = 64 };
enum { DELETED = 1, SAME_FIELDS = 2 };

struct entry {
    struct id id;
    struct bytes texts[TEXTS_MAX]; /* names and contents in turn */
    int count;
};

static struct entry entry_of(const struct item *item)
{
    struct entry entry = {.id = id_of_item(item)};
    entry.count = reply_bulks(buf_bytes(&item->content), entry.texts, TEXTS_MAX);
    return entry;
}

/* ---- nodes ---- */

struct node {
    const struct foreign_writing *writing;
    struct buf elements;
    unsigned count; /* of elements */
    struct entry master;
};

static void put_number(struct node *node, int64_t number)
{
    pack_listpack_number(&node->elements, number, node->writing->chance);
    node->count++;
}

/* Numbers are written as such, or as texts. */
static void put_text(struct node *node, struct bytes text)
{
    int64_t number;
    if (parse_i64(text, &number) && chance_permille(node->writing->chance, 500))
        pack_listpack_number(&node->elements, number, node->writing->chance);
    else
        pack_listpack_text(&node->elements, text, node->writing->chance);
    node->count++;
}

static bool has_same_fields(const struct entry *a, const struct entry *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i += 2) {
        if (!bytes_equal(a->texts[i], b->texts[i]))
            return false;
    }
    return true;
}

static void put_entry(struct node *node, const struct entry *entry, int64_t flags)
{
    bool is_same = has_same_fields(entry, &node->master) && chance_permille(node->writing->chance, 800);
    put_number(node, is_same ? flags | SAME_FIELDS : flags);
    put_number(node, (int64_t)(entry->id.ms - node->master.id.ms));
    put_number(node, (int64_t)(entry->id.sequence - node->master.id.sequence));
    if (!is_same)
        put_number(node, entry->count / 2);
    for (int i = is_same; i < entry->count; i += 1 + is_same)
        put_text(node, entry->texts[i]);
    put_number(node, is_same ? 3 + entry->count / 2 : 4 + entry->count);
}

static void put_master(struct node *node, int valid, int deleted)
{
    put_number(node, valid);
    put_number(node, deleted);
    put_number(node, node->master.count / 2);
    for (int i = 0; i < node->master.count; i += 2)
        put_text(node, node->master.texts[i]);
    put_number(node, 0);
}

static void write_pack(const struct foreign_writing *writing, struct buf *pack)
{
    foreign_length(writing->out, pack->len);
    buf_append_bytes(writing->out, buf_bytes(pack));
    buf_clear(pack);
}

static void append_high_first(struct buf *out, uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_append_char(out, (char)(number >> shift));
}

static void append_id(struct buf *out, struct id id)
{
    append_high_first(out, id.ms);
    append_high_first(out, id.sequence);
}

/* Entries from `first` on; those that are deleted stand behind others. */
static void write_node(const struct foreign_writing *writing, int first, int valid)
{
    const struct item *items = writing->value->items + first;
    struct node node = {.writing = writing, .master = entry_of(items)};
    struct buf pack = {0};
    int deleted = chance_permille(writing->chance, 300);
    put_master(&node, valid, deleted);
    for (int i = 0; i < valid; i++) {
        struct entry entry = entry_of(&items[i]);
        put_entry(&node, &entry, 0);
    }
    if (deleted > 0)
        put_entry(&node, &node.master, DELETED);
    pack_listpack_end(&pack, &node.elements, node.count);
    foreign_length(writing->out, ID_SIZE);
    append_id(writing->out, node.master.id);
    write_pack(writing, &pack);
}

static void write_nodes(const struct foreign_writing *writing)
{
    struct buf nodes = {0};
    struct foreign_writing inner = *writing;
    uint64_t count = 0;
    inner.out = &nodes;
    for (int first = 0; first < writing->value->count; count++) {
        int left = writing->value->count - first;
        int valid = (int)chance_between(writing->chance, 1, left < NODE_MAX ? left : NODE_MAX);
        write_node(&inner, first, valid);
        first += valid;
    }
    foreign_length(writing->out, count);
    buf_append_bytes(writing->out, buf_bytes(&nodes));
    buf_clear(&nodes);
}

/* ---- facts ---- */

static void write_id(const struct foreign_writing *writing, struct id id)
{
    foreign_length(writing->out, id.ms);
    foreign_length(writing->out, id.sequence);
}

static void write_facts(const struct foreign_writing *writing, int form)
{
    const struct model_value *value = writing->value;
    struct id none = {0, 0};
    foreign_length(writing->out, (uint64_t)value->count);
    write_id(writing, value->stream->last);
    if (form < 2)
        return;
    write_id(writing, value->count > 0 ? id_of_item(&value->items[0]) : none);
    write_id(writing, none);
    foreign_length(writing->out, (uint64_t)value->count + 3);
}

/* ---- groups ---- */

static void write_consumer(const struct foreign_writing *writing, const struct model_group *group,
                           int consumer, int form)
{
    uint64_t count = 0, seen_ms = (uint64_t)writing->wall_offset_ms;
    foreign_string(writing->out, bytes_of(model_consumers[consumer]), writing->chance);
    pack_number(writing->out, seen_ms, 8);
    if (form >= 3)
        pack_number(writing->out, chance_permille(writing->chance, 300) ? UINT64_MAX : seen_ms, 8);
    for (int i = 0; i < group->count; i++)
        count += group->pending[i].consumer == consumer;
    foreign_length(writing->out, count);
    for (int i = 0; i < group->count; i++) {
        if (group->pending[i].consumer == consumer)
            append_id(writing->out, group->pending[i].id);
    }
}

static void write_pending(const struct foreign_writing *writing, struct pending pending)
{
    append_id(writing->out, pending.id);
    pack_number(writing->out, (uint64_t)pending.delivered_ms, 8);
    foreign_length(writing->out, (uint64_t)pending.deliveries);
}

/* What was given back is nobody's: it is left out here. */
static void write_group(const struct foreign_writing *writing, const struct model_group *group,
                        const char *name, int form)
{
    static const struct pending given_back = {.id = {UINT64_MAX, 1}, .deliveries = 2};
    uint64_t consumers = 0, back = form >= 5 && chance_permille(writing->chance, 300);
    foreign_string(writing->out, bytes_of(name), writing->chance);
    write_id(writing, group->last);
    if (form >= 2)
        foreign_length(writing->out, chance_permille(writing->chance, 300) ? UINT64_MAX : 0);
    foreign_length(writing->out, (uint64_t)group->count + back);
    for (int i = 0; i < group->count; i++)
        write_pending(writing, group->pending[i]);
    if (back > 0)
        write_pending(writing, given_back);
    for (int i = 0; i < STREAM_CONSUMERS; i++)
        consumers += group->has[i];
    foreign_length(writing->out, consumers);
    for (int i = 0; i < STREAM_CONSUMERS; i++) {
        if (group->has[i])
            write_consumer(writing, group, i, form);
    }
    if (form < 5)
        return;
    foreign_length(writing->out, back);
    if (back > 0)
        append_id(writing->out, given_back.id);
}

static void write_groups(const struct foreign_writing *writing, int form)
{
    const struct model_stream *stream = writing->value->stream;
    uint64_t count = 0;
    for (int i = 0; i < STREAM_GROUPS; i++)
        count += stream->groups[i].is_there;
    foreign_length(writing->out, count);
    for (int i = 0; i < STREAM_GROUPS; i++) {
        if (stream->groups[i].is_there)
            write_group(writing, &stream->groups[i], model_groups[i], form);
    }
}

/* Who adds entries so that they are recognised when they come again; nobody here asks. */
static void write_producers(const struct foreign_writing *writing)
{
    uint64_t count = chance_below(writing->chance, 3);
    foreign_length(writing->out, 100);
    foreign_length(writing->out, 100);
    foreign_length(writing->out, count);
    for (uint64_t i = 0; i < count; i++) {
        foreign_string(writing->out, i == 0 ? BYTES("one") : BYTES("another"), writing->chance);
        foreign_length(writing->out, i);
        if (i > 0) {
            foreign_string(writing->out, BYTES("an entry"), writing->chance);
            write_id(writing, (struct id){1, 1});
        }
    }
    foreign_length(writing->out, 0);
    foreign_length(writing->out, 0);
}

/* ---- the whole ---- */

static void write_stream(const struct foreign_writing *writing, int form)
{
    write_nodes(writing);
    write_facts(writing, form);
    write_groups(writing, form);
    if (form >= 4)
        write_producers(writing);
}

void foreign_write_stream_1(const struct foreign_writing *writing)
{
    write_stream(writing, 1);
}

void foreign_write_stream_2(const struct foreign_writing *writing)
{
    write_stream(writing, 2);
}

void foreign_write_stream_3(const struct foreign_writing *writing)
{
    write_stream(writing, 3);
}

void foreign_write_stream_4(const struct foreign_writing *writing)
{
    write_stream(writing, 4);
}

void foreign_write_stream_5(const struct foreign_writing *writing)
{
    write_stream(writing, 5);
}
