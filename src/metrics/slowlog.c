/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of entries, each one allocation with its arguments' bytes behind it. */
#include "metrics/slowlog.h"
#include "base/alloc.h"
#include <stdio.h>

#define SHOWN_ARGUMENTS 32
#define SHOWN_BYTES     128
#define REMARK_SIZE     64

struct slowlog *slowlog_new(void)
{
    struct slowlog *slowlog = mem_zalloc(sizeof *slowlog);
    list_init(&slowlog->entries);
    return slowlog;
}

static void forget(struct slowlog *slowlog, struct slowlog_entry *entry)
{
    list_remove(&entry->link);
    slowlog->count--;
    mem_free(entry);
}

static void forget_oldest_beyond(struct slowlog *slowlog, size_t max_count)
{
    while (slowlog->count > max_count)
        forget(slowlog, LIST_ENTRY(slowlog->entries.previous, struct slowlog_entry, link));
}

void slowlog_reset(struct slowlog *slowlog)
{
    forget_oldest_beyond(slowlog, 0);
}

void slowlog_free(struct slowlog *slowlog)
{
    if (!slowlog)
        return;
    slowlog_reset(slowlog);
    mem_free(slowlog);
}

static struct bytes copy(char *out, struct bytes bytes)
{
    if (bytes.len > 0)
        memcpy(out, bytes.data, bytes.len);
    return bytes_make(out, bytes.len);
}

/* Writes the argument, or its beginning and how much was left out. */
static struct bytes shorten(char *out, struct bytes argument)
{
    if (argument.len <= SHOWN_BYTES)
        return copy(out, argument);
    memcpy(out, argument.data, SHOWN_BYTES);
    int len = snprintf(out + SHOWN_BYTES, REMARK_SIZE, "... (%zu more bytes)", argument.len - SHOWN_BYTES);
    return bytes_make(out, SHOWN_BYTES + (size_t)len);
}

/* The last place of many arguments tells how many there were. */
static struct bytes count_omitted(char *out, int omitted)
{
    int len = snprintf(out, REMARK_SIZE, "... (%d more arguments)", omitted);
    return bytes_make(out, (size_t)len);
}

static struct slowlog_entry *new_entry(const struct slowlog_entry *told, const struct bytes *argv, int argc)
{
    int shown = argc < SHOWN_ARGUMENTS ? argc : SHOWN_ARGUMENTS;
    size_t size = sizeof(struct slowlog_entry) + (size_t)shown * sizeof(struct bytes), used = size;
    size += told->client_address.len + told->client_name.len;
    for (int i = 0; i < shown; i++)
        size += (argv[i].len < SHOWN_BYTES ? argv[i].len : SHOWN_BYTES) + REMARK_SIZE;
    struct slowlog_entry *entry = mem_alloc(size);
    char *out = (char *)entry + used;
    *entry = *told;
    entry->client_address = copy(out, told->client_address);
    out += entry->client_address.len;
    entry->client_name = copy(out, told->client_name);
    out += entry->client_name.len;
    entry->argc = shown;
    for (int i = 0; i < shown; i++) {
        bool is_remark = argc > shown && i == shown - 1;
        entry->argv[i] = is_remark ? count_omitted(out, argc - shown + 1) : shorten(out, argv[i]);
        out += entry->argv[i].len;
    }
    return entry;
}

void slowlog_add(struct slowlog *slowlog, const struct slowlog_entry *told, const struct bytes *argv,
                 int argc, size_t max_count)
{
    struct slowlog_entry *entry = new_entry(told, argv, argc);
    entry->id = slowlog->next_id++;
    list_prepend(&slowlog->entries, &entry->link);
    slowlog->count++;
    forget_oldest_beyond(slowlog, max_count);
}
