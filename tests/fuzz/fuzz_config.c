/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files: what was loaded from any text, rewritten into that text and loaded again, is the same;
 * and a change that is refused changes nothing. */
#include "base/buf.h"
#include "base/panic.h"
#include "config/config_file.h"
#include <stddef.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* All that the configuration holds, but for what only files say, which isn't rewritten. */
static void print_all(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < config_directive_count; i++) {
        if (config_directives[i].flags & CONFIG_FILE_ONLY)
            continue;
        buf_printf(out, "%s ", config_directives[i].name);
        config_print(config, &config_directives[i], out);
        buf_append_char(out, '\n');
    }
}

static struct config *load(struct bytes text)
{
    struct config *config = config_new();
    struct config_load *state = config_load_new(config);
    struct buf problems = {0};
    size_t count;
    config_load_forbid_includes(state);
    config_load_text(state, "input", text);
    const struct config_problem *items = config_load_problems(state, &count);
    for (size_t i = 0; i < count; i++)
        config_problem_print(&items[i], &problems);
    buf_clear(&problems);
    config_load_free(state);
    return config;
}

static void check_rewrite(const struct config *config, struct bytes text)
{
    struct buf rewritten = {0}, held = {0}, held_again = {0};
    config_rewrite_text(config, CONFIG_EXTENT_NEEDED, text, &rewritten);
    struct config *again = load(buf_bytes(&rewritten));
    print_all(config, &held);
    print_all(again, &held_again);
    ASSERT(bytes_equal(buf_bytes(&held), buf_bytes(&held_again)));
    config_free(again);
    buf_clear(&rewritten);
    buf_clear(&held);
    buf_clear(&held_again);
}

/* Each line as a change: up to the first blank the name, behind it the value. All are tried at once, then one
 * by one. */
static void check_set(struct config *config, struct bytes text)
{
    enum { CHANGE_COUNT_MAX = 16 };
    struct config_change changes[CHANGE_COUNT_MAX];
    struct config_caller caller = {.is_local = true};
    struct bytes culprit;
    struct error error;
    size_t count = 0;

    while (text.len > 0 && count < CHANGE_COUNT_MAX) {
        struct bytes line = bytes_make(text.data, bytes_index_of(text, '\n'));
        size_t taken = line.len < text.len ? line.len + 1 : line.len;
        size_t blank = bytes_index_of(line, ' ');
        size_t start = blank < line.len ? blank + 1 : line.len;
        changes[count++] = (struct config_change){bytes_make(line.data, blank),
                                                  bytes_make(line.data + start, line.len - start)};
        text = bytes_make(text.data + taken, text.len - taken);
    }
    struct buf before = {0}, after = {0};
    print_all(config, &before);
    enum config_result result = config_set(config, changes, count, caller, &culprit, &error);
    print_all(config, &after);
    ASSERT(result == CONFIG_SET_OK || bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_clear(&before);
    buf_clear(&after);
    for (size_t i = 0; i < count; i++)
        (void)config_set(config, &changes[i], 1, caller, &culprit, &error);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    enum { SIZE_MAX_USEFUL = 600 }; /* more lines don't lead to other places */
    struct bytes text = bytes_make(data, size < SIZE_MAX_USEFUL ? size : SIZE_MAX_USEFUL);
    struct config *config = load(text);

    check_rewrite(config, text);
    check_set(config, text);
    check_rewrite(config, text);
    config_free(config);
    return 0;
}
