/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_choice.h"
#include <stdio.h>
#include <stdlib.h>

bool take_part(struct bytes *rest, int size, struct bytes *part)
{
    size_t len = 0;
    for (int i = 0; i < size; i++) {
        size_t next = reply_length(bytes_make(rest->data + len, rest->len - len));
        if (next == 0)
            return false;
        len += next;
    }
    *part = bytes_make(rest->data, len);
    *rest = bytes_make(rest->data + len, rest->len - len);
    return true;
}

/* Each part that came takes one of those that may, unless these may come again. */
static bool is_chosen(struct expected *expected, struct bytes reply)
{
    struct choice *choice = expected->choice;
    struct bytes part, head = bytes_of(choice->head);
    if (!bytes_starts_with(reply, head))
        return false;
    reply = bytes_make(reply.data + head.len, reply.len - head.len);
    for (int i = 0; i < choice->part_count; i++) {
        int index = take_part(&reply, choice->part_size, &part) ? value_find(&choice->parts, part) : -1;
        if (index < 0)
            return false;
        if (choice->rule != CHOICE_REPEATING)
            value_remove(&choice->parts, index);
    }
    return reply.len == 0 && (choice->rule != CHOICE_ALL || choice->parts.count == 0);
}

static struct choice *new_choice(struct session *session, enum choice_rule rule, int part_count,
                                 int part_size)
{
    struct choice *choice = calloc(1, sizeof *choice);
    if (!choice)
        abort();
    *choice = (struct choice){.rule = rule, .part_count = part_count, .part_size = part_size};
    out_any(session, is_chosen)->choice = choice;
    return choice;
}

struct choice *out_choice(struct session *session, enum choice_rule rule, char type, int part_count,
                          int part_size)
{
    struct choice *choice = new_choice(session, rule, part_count, part_size);
    bool is_map = type == '%' && session->protocol == 3;
    (void)snprintf(choice->head, sizeof choice->head, "%c%d\r\n", session->protocol == 3 ? type : '*',
                   is_map ? part_count : part_count * part_size);
    return choice;
}

struct choice *out_one_of(struct session *session)
{
    return new_choice(session, CHOICE_REPEATING, 1, 1);
}

void choice_add(struct choice *choice, struct buf *part)
{
    (void)value_insert(&choice->parts, choice->parts.count, buf_bytes(part));
    buf_clear(part);
}

void choice_add_bulk(struct choice *choice, struct bytes bytes)
{
    struct buf part = {0};
    encode_bulk(&part, bytes);
    choice_add(choice, &part);
}

void choice_free(struct choice *choice)
{
    if (!choice)
        return;
    value_clear(&choice->parts);
    free(choice);
}
