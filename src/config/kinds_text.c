/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts: free ones, names of files and hosts, the title of the process, the directory. All but passwords hold
 * one owned C string and differ in what they refuse; optional ones hold NULL instead of an empty text. */
#include "base/alloc.h"
#include "config/process_title.h"
#include "kind.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what all texts share ---- */

static void replace_text(void *value, char *text)
{
    mem_free(*(char **)value);
    *(char **)value = text;
}

/* Fields are C strings: a NUL, which quoting can bring in, would cut the text silently. */
static bool has_no_nul(struct bytes word, struct error *error)
{
    if (word.len == 0 || !memchr(word.data, 0, word.len))
        return true;
    error_set(error, "argument must not contain a zero byte");
    return false;
}

static bool string_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    (void)directive, (void)count;
    if (!has_no_nul(words[0], error))
        return false;
    replace_text(value, bytes_to_cstring(words[0]));
    return true;
}

static bool optional_parse(const struct directive *directive, const struct bytes *words, size_t count,
                           void *value, struct error *error)
{
    if (words[0].len > 0)
        return string_parse(directive, words, count, value, error);
    replace_text(value, NULL);
    return true;
}

void config_text_print(const struct directive *directive, const void *value, struct buf *out)
{
    const char *text = *(char *const *)value;
    (void)directive;
    if (text)
        buf_append_text(out, text);
}

void config_text_write(const struct directive *directive, const void *value, struct buf *out)
{
    const char *text = *(char *const *)value;
    (void)directive;
    if (text)
        buf_append_quoted(out, bytes_of(text));
}

void config_text_copy(void *to, const void *from)
{
    const char *text = *(char *const *)from;
    *(char **)to = text ? mem_strdup(text) : NULL;
}

void config_text_clear(void *value)
{
    replace_text(value, NULL);
}

/* ---- passwords, which may be any bytes ---- */

static void secret_clear(void *value)
{
    struct config_secret *secret = value;
    mem_free(secret->data);
    *secret = (struct config_secret){0};
}

/* bytes_to_cstring copies NULs as well. */
static struct config_secret secret_of(struct bytes bytes)
{
    return bytes.len > 0 ? (struct config_secret){bytes_to_cstring(bytes), bytes.len}
                         : (struct config_secret){0};
}

static struct bytes secret_bytes(const void *value)
{
    const struct config_secret *secret = value;
    return bytes_make(secret->data, secret->len);
}

static bool secret_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    (void)directive, (void)count, (void)error;
    secret_clear(value);
    *(struct config_secret *)value = secret_of(words[0]);
    return true;
}

static void secret_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    buf_append_bytes(out, secret_bytes(value));
}

static void secret_write(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    if (secret_bytes(value).len > 0)
        buf_append_quoted(out, secret_bytes(value));
}

static void secret_copy(void *to, const void *from)
{
    *(struct config_secret *)to = secret_of(secret_bytes(from));
}

const struct config_kind config_kind_SECRET = {
    .size = sizeof(struct config_secret),
    .is_text = true,
    .parse = secret_parse,
    .print = secret_print,
    .write = secret_write,
    .copy = secret_copy,
    .clear = secret_clear,
};

/* ---- names ---- */

static bool is_base_name(struct bytes word)
{
    return word.len == 0 || (!memchr(word.data, '/', word.len) && !memchr(word.data, '\\', word.len));
}

static bool parse_name(const struct directive *directive, const struct bytes *words, size_t count,
                       void *value, const char *what, struct error *error)
{
    if (!is_base_name(words[0])) {
        error_set(error, "%s can't be a path, just a %s", directive->name, what);
        return false;
    }
    return string_parse(directive, words, count, value, error);
}

static bool file_name_parse(const struct directive *directive, const struct bytes *words, size_t count,
                            void *value, struct error *error)
{
    return parse_name(directive, words, count, value, "filename", error);
}

static bool is_not_empty(const struct directive *directive, struct bytes word, struct error *error)
{
    if (word.len > 0)
        return true;
    error_set(error, "%s can't be empty", directive->name);
    return false;
}

static bool required_file_name_parse(const struct directive *directive, const struct bytes *words,
                                     size_t count, void *value, struct error *error)
{
    return is_not_empty(directive, words[0], error) &&
           parse_name(directive, words, count, value, "filename", error);
}

static bool required_dir_name_parse(const struct directive *directive, const struct bytes *words,
                                    size_t count, void *value, struct error *error)
{
    return is_not_empty(directive, words[0], error) &&
           parse_name(directive, words, count, value, "dirname", error);
}

static bool host_name_parse(const struct directive *directive, const struct bytes *words, size_t count,
                            void *value, struct error *error)
{
    enum { HOST_NAME_SIZE = 256 };
    struct bytes word = words[0];

    if (word.len >= HOST_NAME_SIZE) {
        error_set(error, "Hostnames must be less than %d characters", HOST_NAME_SIZE);
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        if (!isalnum((unsigned char)word.data[i]) && word.data[i] != '-' && word.data[i] != '.') {
            error_set(error, "Hostnames may only contain alphanumeric characters, hyphens or dots");
            return false;
        }
    }
    return optional_parse(directive, words, count, value, error);
}

static bool node_name_parse(const struct directive *directive, const struct bytes *words, size_t count,
                            void *value, struct error *error)
{
    for (size_t i = 0; i < words[0].len; i++) {
        if (strchr("!#$%&()*+:;<>?@[]^{|}~", words[0].data[i])) {
            error_set(error, "Announced human node name contained invalid character");
            return false;
        }
    }
    return optional_parse(directive, words, count, value, error);
}

static bool process_title_parse(const struct directive *directive, const struct bytes *words, size_t count,
                                void *value, struct error *error)
{
    if (!process_title_is_valid(words[0])) {
        error_set(error, "template format is invalid or contains unknown variables");
        return false;
    }
    return string_parse(directive, words, count, value, error);
}

/* ---- the directory ---- */

/* Resolved at once: a relative path means the directory that the server was started in, also after it
 * moved. */
static bool directory_parse(const struct directive *directive, const struct bytes *words, size_t count,
                            void *value, struct error *error)
{
    char path[PATH_MAX];
    struct stat status;
    (void)directive, (void)count;
    if (!has_no_nul(words[0], error))
        return false;
    char *wanted = bytes_to_cstring(words[0]);
    bool is_usable = realpath(wanted, path) && stat(path, &status) == 0;
    mem_free(wanted);
    if (!is_usable && bytes_is(words[0], ".")) {
        /* The working directory stays what it is, even if it was deleted. */
        replace_text(value, mem_strdup("."));
        return true;
    }
    if (is_usable && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        is_usable = false;
    }
    if (!is_usable || access(path, X_OK) != 0) {
        error_set(error, "%s", strerror(errno));
        return false;
    }
    replace_text(value, mem_strdup(path));
    return true;
}

#define TEXT_KIND(kind, parser, expectation, may_hold_hash) \
    const struct config_kind config_kind_##kind = {         \
        .size = sizeof(char *),                             \
        .expected = expectation,                            \
        .is_text = may_hold_hash,                           \
        .parse = parser,                                    \
        .print = config_text_print,                         \
        .write = config_text_write,                         \
        .copy = config_text_copy,                           \
        .clear = config_text_clear,                         \
    }

TEXT_KIND(STRING, string_parse, NULL, true);
TEXT_KIND(OPTIONAL, optional_parse, NULL, true);
TEXT_KIND(FILE_NAME, file_name_parse, "a file name; its directory is set by 'dir'", true);
TEXT_KIND(REQUIRED_FILE_NAME, required_file_name_parse, "a file name; its directory is set by 'dir'", true);
TEXT_KIND(REQUIRED_DIR_NAME, required_dir_name_parse, "the name of a directory below 'dir'", true);
TEXT_KIND(HOST_NAME, host_name_parse, "a host name", false);
TEXT_KIND(NODE_NAME, node_name_parse, "letters, digits, dots and hyphens", false);
TEXT_KIND(PROCESS_TITLE, process_title_parse,
          "a text with {title}, {listen-addr}, {server-mode}, {port}, "
          "{tls-port}, {unixsocket} or {config-file} in it",
          true);
TEXT_KIND(DIRECTORY, directory_parse, "a directory that exists and that the server's user may enter", true);
