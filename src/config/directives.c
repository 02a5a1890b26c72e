/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of directives, made from config/directives.h, and what is found in it. */
#include "base/log.h"
#include "kind.h"

#include <inttypes.h>
#include <syslog.h>

/* ---- the words that directives choose from, in the order in which error texts list them ---- */

static const struct config_choice loglevel_choices[] = {
    {"debug", LOG_LEVEL_DEBUG},     {"verbose", LOG_LEVEL_VERBOSE}, {"notice", LOG_LEVEL_NOTICE},
    {"warning", LOG_LEVEL_WARNING}, {"nothing", LOG_LEVEL_NOTHING}, {NULL, 0},
};
static const struct config_choice maxmemory_policy_choices[] = {
    {"volatile-lru", MAXMEMORY_VOLATILE_LRU},
    {"volatile-lfu", MAXMEMORY_VOLATILE_LFU},
    {"volatile-random", MAXMEMORY_VOLATILE_RANDOM},
    {"volatile-ttl", MAXMEMORY_VOLATILE_TTL},
    {"allkeys-lru", MAXMEMORY_ALLKEYS_LRU},
    {"allkeys-lfu", MAXMEMORY_ALLKEYS_LFU},
    {"allkeys-random", MAXMEMORY_ALLKEYS_RANDOM},
    {"noeviction", MAXMEMORY_NOEVICTION},
    {NULL, 0},
};
static const struct config_choice supervised_choices[] = {
    {"upstart", SUPERVISED_UPSTART},
    {"systemd", SUPERVISED_SYSTEMD},
    {"auto", SUPERVISED_AUTO},
    {"no", SUPERVISED_NO},
    {NULL, 0},
};
static const struct config_choice syslog_facility_choices[] = {
    {"user", LOG_USER},     {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7}, {NULL, 0},
};
static const struct config_choice shutdown_choices[] = {
    {"default", 0},      {"save", SIGNAL_SAVE},   {"nosave", SIGNAL_NOSAVE},
    {"now", SIGNAL_NOW}, {"force", SIGNAL_FORCE}, {NULL, 0},
};
static const struct config_choice oom_score_adj_choices[] = {
    {"no", OOM_SCORE_ADJ_NO},
    {"yes", OOM_SCORE_ADJ_RELATIVE},
    {"relative", OOM_SCORE_ADJ_RELATIVE},
    {"absolute", OOM_SCORE_ADJ_ABSOLUTE},
    {NULL, 0},
};
static const struct config_choice protection_choices[] = {
    {"no", PROTECTION_NO},
    {"yes", PROTECTION_YES},
    {"local", PROTECTION_LOCAL},
    {NULL, 0},
};
static const struct config_choice tls_client_choices[] = {
    {"no", TLS_CLIENTS_NO},
    {"yes", TLS_CLIENTS_YES},
    {"optional", TLS_CLIENTS_OPTIONAL},
    {NULL, 0},
};
static const struct config_choice tls_client_user_choices[] = {
    {"off", TLS_CLIENTS_USER_OFF},
    {"CN", TLS_CLIENTS_USER_CN},
    {NULL, 0},
};
static const struct config_choice fsync_choices[] = {
    {"everysec", APPENDFSYNC_EVERYSEC},
    {"always", APPENDFSYNC_ALWAYS},
    {"no", APPENDFSYNC_NO},
    {NULL, 0},
};
static const struct config_choice sanitize_choices[] = {
    {"no", SANITIZE_NO},
    {"yes", SANITIZE_YES},
    {"clients", SANITIZE_CLIENTS},
    {NULL, 0},
};
static const struct config_choice pubsub_default_choices[] = {
    {"allchannels", PUBSUB_DEFAULT_ALLCHANNELS},
    {"resetchannels", PUBSUB_DEFAULT_RESETCHANNELS},
    {NULL, 0},
};
static const struct config_choice diskless_load_choices[] = {
    {"disabled", DISKLESS_LOAD_DISABLED},
    {"on-empty-db", DISKLESS_LOAD_ON_EMPTY_DB},
    {"swapdb", DISKLESS_LOAD_SWAPDB},
    {NULL, 0},
};
static const struct config_choice propagation_error_choices[] = {
    {"ignore", PROPAGATION_ERROR_IGNORE},
    {"panic", PROPAGATION_ERROR_PANIC},
    {"panic-on-replicas", PROPAGATION_ERROR_PANIC_ON_REPLICAS},
    {NULL, 0},
};
static const struct config_choice endpoint_choices[] = {
    {"ip", CLUSTER_ENDPOINT_IP},
    {"hostname", CLUSTER_ENDPOINT_HOSTNAME},
    {"unknown-endpoint", CLUSTER_ENDPOINT_UNKNOWN},
    {NULL, 0},
};

/* ---- the tables ---- */

#define ROW(kind_name, field_name, name_text, text, low, high, words, flag_bits, sentence) \
    {                                                                                      \
        .name = name_text,                                                                 \
        .default_text = text,                                                              \
        .help = sentence,                                                                  \
        .kind = &config_kind_##kind_name,                                                  \
        .choices = words,                                                                  \
        .min = low,                                                                        \
        .max = high,                                                                       \
        .flags = flag_bits,                                                                \
        .line = __LINE__,                                                                  \
        .offset = offsetof(struct config, field_name),                                     \
    },
#define DIRECTIVE(kind, field, name, text, flags, help) ROW(kind, field, name, text, 0, 0, NULL, flags, help)
#define NUMBER(kind, field, name, text, low, high, flags, help) \
    ROW(kind, field, name, text, low, high, NULL, flags, help)
#define CHOICE(kind, words, field, name, text, flags, help) \
    ROW(kind, field, name, text, 0, 0, words, flags, help)
/* A keyword has no field; its kind's size of 0 keeps everybody away from the offset. */
#define KEYWORD(kind, name, flags, help) ROW(kind, port, name, "", 0, 0, NULL, flags, help)

const struct config_kind config_kind_INCLUDE = {.expected = "a file name, or a pattern with * ? [ ]",
                                                .is_text = true};
const struct config_kind config_kind_SENTINEL = {0}, config_kind_OBSOLETE = {0};

const struct directive config_directives[] = {
#include "config/directives.h"
};
#undef ROW
const size_t config_directive_count = sizeof config_directives / sizeof config_directives[0];

static const struct {
    const char *name;
    size_t offset; /* of the directive's field */
} aliases[] = {
#define ALIAS(field, name) {name, offsetof(struct config, field)},
#include "config/directives.h"
};
enum { ALIAS_COUNT = sizeof aliases / sizeof aliases[0] };

static const struct {
    const char *title, *missing;
    int line;
} sections[] = {
#define SECTION(title, missing) {title, missing, __LINE__},
#include "config/directives.h"
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

/* ---- what is found in them ---- */

const char *config_alias(const struct directive *directive)
{
    for (size_t i = 0; i < ALIAS_COUNT && directive->kind->size > 0; i++)
        if (aliases[i].offset == directive->offset)
            return aliases[i].name;
    return NULL;
}

static const struct directive *find_by_offset(size_t offset)
{
    const struct directive *directive = config_directives;
    while (directive->kind->size == 0 || directive->offset != offset)
        directive++;
    return directive;
}

const struct directive *config_find(struct bytes name)
{
    for (size_t i = 0; i < config_directive_count; i++)
        if (bytes_is_nocase(name, config_directives[i].name))
            return &config_directives[i];
    for (size_t i = 0; i < ALIAS_COUNT; i++)
        if (bytes_is_nocase(name, aliases[i].name))
            return find_by_offset(aliases[i].offset);
    return NULL;
}

static size_t find_section(const struct directive *directive)
{
    size_t section = SECTION_COUNT - 1;
    while (sections[section].line > directive->line)
        section--;
    return section;
}

const char *config_section(const struct directive *directive)
{
    return sections[find_section(directive)].title;
}

const char *config_missing(const struct directive *directive)
{
    return sections[find_section(directive)].missing;
}

void config_print_expected(const struct directive *directive, struct buf *out)
{
    const char *separator = " ";
    if (!directive->kind->expected)
        return;
    buf_append_text(out, directive->kind->expected);
    for (const struct config_choice *choice = directive->choices; choice && choice->word; choice++) {
        buf_printf(out, "%s%s", separator, choice->word);
        separator = ", ";
    }
    /* An upper bound that only says how large the field is helps nobody. */
    if (directive->kind->has_range && directive->max >= INT_MAX)
        buf_printf(out, ", at least %" PRId64, directive->min);
    else if (directive->kind->has_range)
        buf_printf(out, ", from %" PRId64 " to %" PRId64, directive->min, directive->max);
}
