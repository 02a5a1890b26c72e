/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/denials.h"
#include "base/alloc.h"

enum { SAME_WITHIN_MS = 60000, SEARCHED = 10 };

void denials_init(struct denials *denials)
{
    *denials = (struct denials){0};
    list_init(&denials->list);
}

static void drop(struct denials *denials, struct denial *denial)
{
    list_remove(&denial->link);
    denials->count--;
    mem_free(denial->object);
    mem_free(denial->user);
    mem_free(denial->client);
    mem_free(denial);
}

void denials_clear(struct denials *denials)
{
    while (!list_is_empty(&denials->list))
        drop(denials, LIST_ENTRY(denials->list.next, struct denial, link));
}

static bool is_same(const struct denial *denial, const struct denial_report *report)
{
    return denial->reason == report->reason && denial->context == report->context &&
           report->now_ms - denial->updated_ms <= SAME_WITHIN_MS &&
           bytes_equal(bytes_make(denial->object, denial->object_len), report->object) &&
           bytes_is(report->user, denial->user);
}

/* Among the last ones. */
static struct denial *find_same(struct denials *denials, const struct denial_report *report)
{
    int searched = 0;
    LIST_EACH(link, &denials->list) {
        struct denial *denial = LIST_ENTRY(link, struct denial, link);
        if (searched++ == SEARCHED)
            break;
        if (is_same(denial, report))
            return denial;
    }
    return NULL;
}

static struct denial *make(struct denials *denials, const struct denial_report *report)
{
    struct denial *denial = mem_alloc(sizeof *denial);
    *denial = (struct denial){.id = denials->next_id++,
                              .reason = report->reason,
                              .context = report->context,
                              .object = bytes_to_cstring(report->object),
                              .object_len = report->object.len,
                              .user = bytes_to_cstring(report->user),
                              .created_ms = report->now_ms};
    list_init(&denial->link);
    denials->count++;
    return denial;
}

void denials_add(struct denials *denials, const struct denial_report *report, size_t count_max)
{
    struct denial *denial = find_same(denials, report);
    if (!denial)
        denial = make(denials, report);
    denial->count++;
    denial->updated_ms = report->now_ms;
    mem_free(denial->client);
    denial->client = bytes_to_cstring(report->client);
    list_remove(&denial->link);
    list_prepend(&denials->list, &denial->link);
    while (denials->count > count_max)
        drop(denials, LIST_ENTRY(denials->list.previous, struct denial, link));
}

const char *denial_reason_name(enum denial_reason reason)
{
    static const char *const names[] = {"command", "key", "channel", "auth"};
    return names[reason];
}

const char *denial_context_name(enum denial_context context)
{
    static const char *const names[] = {"toplevel", "multi", "lua"};
    return names[context];
}
