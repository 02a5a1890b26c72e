/* SPDX-License-Identifier: BSD-3-Clause */
/* The first line of a script, if it says how it is to be run: "#!lua flags=no-writes,allow-stale". */
#include "base/buf.h"
#include "engine.h"

static const struct {
    const char *name;
    enum script_flag flag;
} flags[] = {
    {"no-writes", SCRIPT_NO_WRITES},
    {"allow-oom", SCRIPT_ALLOW_OOM},
    {"allow-stale", SCRIPT_ALLOW_STALE},
    {"no-cluster", SCRIPT_NO_CLUSTER},
    {"allow-cross-slot-keys", SCRIPT_ALLOW_CROSS_SLOT_KEYS},
};

/* Cuts the text up to `separator` off the front of `rest`. */
static struct bytes cut(struct bytes *rest, char separator)
{
    size_t end = bytes_index_of(*rest, separator);
    struct bytes word = bytes_make(rest->data, end);
    size_t skip = end < rest->len ? end + 1 : end;
    *rest = bytes_make(rest->data + skip, rest->len - skip);
    return word;
}

const char *shebang_flag_name(enum script_flag flag)
{
    size_t i = 0;
    while (flags[i].flag != flag)
        i++;
    return flags[i].name;
}

static bool parse_flag(struct bytes word, struct program *program, struct buf *error)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (bytes_is(word, flags[i].name)) {
            program->flags |= flags[i].flag;
            return true;
        }
    }
    buf_printf(error, "ERR Unexpected flag in script shebang: %.*s", (int)word.len, word.data);
    return false;
}

bool shebang_flag(struct bytes name, unsigned *parsed)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (bytes_is_nocase(name, flags[i].name)) {
            *parsed |= flags[i].flag;
            return true;
        }
    }
    return false;
}

static bool parse_option(struct bytes option, struct program *program, struct buf *error)
{
    if (option.len == 0)
        return true;
    if (!bytes_starts_with(option, BYTES("flags="))) {
        buf_printf(error, "ERR Unknown lua shebang option: %.*s", (int)option.len, option.data);
        return false;
    }
    struct bytes rest = bytes_make(option.data + 6, option.len - 6);
    while (rest.len > 0) {
        if (!parse_flag(cut(&rest, ','), program, error))
            return false;
    }
    return true;
}

bool shebang_parse(struct bytes body, struct program *program, size_t *line_len, struct buf *error)
{
    *line_len = 0;
    if (!bytes_starts_with(body, BYTES("#!")))
        return true;
    *line_len = bytes_index_of(body, '\n');
    if (*line_len == body.len) {
        buf_append_text(error, "ERR Invalid script shebang");
        return false;
    }
    struct bytes rest = bytes_make(body.data, *line_len), engine = cut(&rest, ' ');
    if (!bytes_is(engine, "#!lua")) {
        buf_printf(error, "ERR Unexpected engine in script shebang: %.*s", (int)engine.len, engine.data);
        return false;
    }
    program->says_flags = true;
    while (rest.len > 0) {
        if (!parse_option(cut(&rest, ' '), program, error))
            return false;
    }
    return true;
}
