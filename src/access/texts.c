/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/texts.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/table.h"

enum {
    FEW = 16,
    FOLDED = 64, /* bytes at a time */
};

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* ---- the table ---- */

static uint64_t hash_folded(struct bytes bytes)
{
    uint64_t hash = 0;
    for (size_t at = 0; at < bytes.len; at += FOLDED) {
        char part[FOLDED];
        size_t len = bytes.len - at < FOLDED ? bytes.len - at : FOLDED;
        for (size_t i = 0; i < len; i++)
            part[i] = fold(bytes.data[at + i]);
        hash = hash * 31 + hash_bytes(part, len);
    }
    return hash;
}

static uint64_t hash_of(const struct texts *texts, struct bytes bytes)
{
    return texts->ignores_case ? hash_folded(bytes) : hash_bytes(bytes.data, bytes.len);
}

static uint64_t hash_text(void *context, const void *item)
{
    const struct listed_text *text = item;
    (void)context;
    return hash_bytes(text->data, text->len);
}

static uint64_t hash_folded_text(void *context, const void *item)
{
    (void)context;
    return hash_folded(listed_bytes(item));
}

static bool is_text(const void *item, const void *wanted)
{
    return bytes_equal(listed_bytes(item), *(const struct bytes *)wanted);
}

static bool is_folded_text(const void *item, const void *wanted)
{
    return bytes_equal_nocase(listed_bytes(item), *(const struct bytes *)wanted);
}

static void make_table(struct texts *texts)
{
    static const struct table_type exact = {hash_text, NULL}, folded = {hash_folded_text, NULL};
    texts->table = mem_alloc(sizeof *texts->table);
    table_init(texts->table, texts->ignores_case ? &folded : &exact, NULL);
    for (struct listed_text *text = texts->first; text; text = text->next)
        (void)table_insert(texts->table, hash_of(texts, listed_bytes(text)), text);
}

static struct listed_text *find_in_table(const struct texts *texts, struct bytes bytes)
{
    uint64_t hash = hash_of(texts, bytes);
    return table_slot_item(texts->ignores_case ? table_find(texts->table, hash, is_folded_text, &bytes)
                                               : table_find(texts->table, hash, is_text, &bytes));
}

/* ---- texts ---- */

struct listed_text *texts_find(const struct texts *texts, struct bytes bytes)
{
    if (texts->table)
        return find_in_table(texts, bytes);
    struct listed_text *text = texts->first;
    while (text && !(texts->ignores_case ? is_folded_text(text, &bytes) : is_text(text, &bytes)))
        text = text->next;
    return text;
}

static struct listed_text *append(struct texts *texts, struct bytes bytes)
{
    struct listed_text *text = mem_alloc(sizeof *text + bytes.len + 1);
    *text = (struct listed_text){.previous = texts->last, .len = bytes.len};
    for (size_t i = 0; i < bytes.len; i++)
        text->data[i] = texts->ignores_case ? fold(bytes.data[i]) : bytes.data[i];
    text->data[bytes.len] = '\0';
    *(texts->last ? &texts->last->next : &texts->first) = text;
    texts->last = text;
    texts->count++;
    return text;
}

struct listed_text *texts_put(struct texts *texts, struct bytes bytes)
{
    struct listed_text *text = texts_find(texts, bytes);
    if (text)
        return text;
    text = append(texts, bytes);
    if (texts->table)
        (void)table_insert(texts->table, hash_of(texts, bytes), text);
    else if (texts->count > FEW)
        make_table(texts);
    return text;
}

static void release(struct listed_text *text)
{
    explicit_bzero(text->data, text->len);
    mem_free(text);
}

void texts_drop(struct texts *texts, struct listed_text *text)
{
    if (texts->table) {
        uint64_t hash = hash_of(texts, listed_bytes(text));
        table_remove(texts->table, table_locate(texts->table, hash, text));
    }
    *(text->previous ? &text->previous->next : &texts->first) = text->next;
    *(text->next ? &text->next->previous : &texts->last) = text->previous;
    texts->count--;
    release(text);
}

void texts_clear(struct texts *texts)
{
    struct listed_text *next;
    for (struct listed_text *text = texts->first; text; text = next) {
        next = text->next;
        release(text);
    }
    if (texts->table)
        table_clear(texts->table);
    mem_free(texts->table);
    *texts = (struct texts){.ignores_case = texts->ignores_case};
}

void texts_copy(struct texts *to, const struct texts *from)
{
    *to = (struct texts){.ignores_case = from->ignores_case};
    for (const struct listed_text *text = from->first; text; text = text->next)
        append(to, listed_bytes(text))->mark = text->mark;
    if (from->table)
        make_table(to);
}
