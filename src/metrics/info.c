/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of INFO's sections, and their rendering. */
#include "metrics/info.h"
#include "base/buf.h"
#include "base/number.h"

/* When a section is shown besides by its name. */
enum shown { BY_DEFAULT, WITH_ALL, BY_NAME_ALONE };

static const struct {
    const char *name, *alias;
    enum shown shown;
} sections[] = {
    {"Server", NULL, BY_DEFAULT},     {"Clients", NULL, BY_DEFAULT},
    {"Memory", NULL, BY_DEFAULT},     {"Persistence", NULL, BY_DEFAULT},
    {"Stats", NULL, BY_DEFAULT},      {"Replication", NULL, BY_DEFAULT},
    {"CPU", NULL, BY_DEFAULT},        {"Modules", "module_list", BY_DEFAULT},
    {"Commandstats", NULL, WITH_ALL}, {"Errorstats", NULL, BY_DEFAULT},
    {"Latencystats", NULL, WITH_ALL}, {"Cluster", NULL, BY_DEFAULT},
    {"Keyspace", NULL, BY_DEFAULT},   {"Sessions", NULL, BY_DEFAULT},
    {"Debug", NULL, BY_NAME_ALONE},
};

#define SECTION_COUNT (sizeof sections / sizeof sections[0])

static uint32_t all_sections(enum shown shown)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (sections[i].shown <= shown)
            bits |= UINT32_C(1) << i;
    }
    return bits;
}

static uint32_t sections_of(struct bytes name)
{
    if (bytes_is_nocase(name, "default"))
        return all_sections(BY_DEFAULT);
    if (bytes_is_nocase(name, "all") || bytes_is_nocase(name, "everything"))
        return all_sections(WITH_ALL);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (bytes_is_nocase(name, sections[i].name) ||
            (sections[i].alias && bytes_is_nocase(name, sections[i].alias)))
            return UINT32_C(1) << i;
    }
    return 0;
}

uint32_t info_sections(const struct bytes *names, int count)
{
    uint32_t bits = 0;
    if (count == 0)
        return all_sections(BY_DEFAULT);
    for (int i = 0; i < count; i++)
        bits |= sections_of(names[i]);
    return bits;
}

bool info_has_section(const char *name)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (strcmp(sections[i].name, name) == 0)
            return true;
    }
    return false;
}

struct section_printer {
    const char *section;
    struct buf *out;
};

static void print_row(void *visitor, const struct metric *metric, const void *context)
{
    const struct section_printer *printer = visitor;
    if (strcmp(metric->section, printer->section) != 0 || metric->kind == METRIC_SERIES)
        return;
    if (metric->kind == METRIC_LINES) {
        metric->text(context, printer->out);
        return;
    }
    buf_printf(printer->out, "%s:", metric->name);
    metric_print(metric, context, printer->out);
    buf_append_text(printer->out, "\r\n");
    if (metric->has_human_form) {
        char human[NUMBER_HUMAN_SIZE];
        print_human_bytes(human, (uint64_t)metric->integer(context));
        buf_printf(printer->out, "%s_human:%s\r\n", metric->name, human);
    }
}

void info_print(const struct metrics *metrics, uint32_t selected, struct buf *out)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        struct section_printer printer = {sections[i].name, out};
        if (!(selected >> i & 1))
            continue;
        if (out->len > 0)
            buf_append_text(out, "\r\n");
        buf_printf(out, "# %s\r\n", sections[i].name);
        metrics_each(metrics, print_row, &printer);
    }
}
