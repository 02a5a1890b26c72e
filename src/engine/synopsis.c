/* SPDX-License-Identifier: BSD-3-Clause */
/* The synopsis language: what stands behind a command's name, written once for people and for COMMAND
 * DOCS.
 *
 *     value               a string; `key` and `pattern` are of these types
 *     seconds:integer     string integer double key pattern unix-time
 *     KEEPTTL             a token alone (its name: keepttl); sorting=ALPHA when it is called otherwise
 *     id='*'              a token of other characters
 *     EX seconds:integer  a token and its argument
 *     unit<M | KM | FT>   one of these
 *     data(key value)     all of these, in this order
 *     [x]                 optional
 *     x...                repeated; [TOKEN x]... repeated together with its token
 *     x{since=6.2.0}      facts: since, deprecated, display (how the argument is shown), key (its key spec)
 *
 * Case tells tokens from names. A token followed by an argument belongs to it; one that doesn't is written
 * name=TOKEN. The first argument of type key belongs to the row's first key spec, the next one to the next
 * spec, all others to the last. */
#include "engine/synopsis.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/number.h"

struct parser {
    const char *begin, *at;
    const char *lower_case;
    int key_spec_count, key_count;
    struct error *error;
};

static const char *const type_names[] = {
    [ARGUMENT_STRING] = "string",         [ARGUMENT_INTEGER] = "integer",
    [ARGUMENT_DOUBLE] = "double",         [ARGUMENT_KEY] = "key",
    [ARGUMENT_PATTERN] = "pattern",       [ARGUMENT_UNIX_TIME] = "unix-time",
    [ARGUMENT_PURE_TOKEN] = "pure-token", [ARGUMENT_ONEOF] = "oneof",
    [ARGUMENT_BLOCK] = "block",
};

const char *argument_type_name(enum argument_type type)
{
    return type_names[type];
}

static bool fail(struct parser *parser, const char *what)
{
    error_set(parser->error, "at %td: %s", parser->at - parser->begin, what);
    return false;
}

/* ---- words ---- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_spaces(struct parser *parser)
{
    parser->at += strspn(parser->at, " ");
}

static bool skip_char(struct parser *parser, char c)
{
    if (*parser->at != c)
        return false;
    parser->at++;
    return true;
}

static bool skip_dots(struct parser *parser)
{
    if (strncmp(parser->at, "...", 3) != 0)
        return false;
    parser->at += 3;
    return true;
}

/* The run of letters of one case, digits and dashes; tokens may hold _ and . as well, but not end in a
 * dot. */
static size_t word_length(const char *at, bool is_token)
{
    size_t len = 0;
    while (is_digit(at[len]) || at[len] == '-' || (is_token ? is_upper(at[len]) : is_lower(at[len])) ||
           (is_token &&
            (at[len] == '_' || (at[len] == '.' && (is_upper(at[len + 1]) || is_digit(at[len + 1]))))))
        len++;
    return len;
}

static struct bytes take(struct parser *parser, size_t len)
{
    struct bytes word = bytes_make(parser->at, len);
    parser->at += len;
    return word;
}

static bool is_token_ahead(const struct parser *parser)
{
    return is_upper(*parser->at) || *parser->at == '\'';
}

static bool take_token(struct parser *parser, struct bytes *token)
{
    size_t len;
    if (!skip_char(parser, '\'')) {
        *token = take(parser, word_length(parser->at, true));
        return token->len > 0 || fail(parser, "a token was expected");
    }
    len = strcspn(parser->at, "'");
    if (len == 0 || parser->at[len] != '\'')
        return fail(parser, "a token in quotes was expected");
    *token = take(parser, len);
    return skip_char(parser, '\'');
}

/* ---- arguments ---- */

static bool parse_arguments(struct parser *parser, char separator, char end, struct argument **arguments,
                            int *count);

static void clear_arguments(struct argument *arguments, int count)
{
    for (int i = 0; i < count; i++)
        clear_arguments(arguments[i].arguments, arguments[i].argument_count);
    mem_free(arguments);
}

static void count_key(struct parser *parser, struct argument *argument)
{
    int last = parser->key_spec_count - 1, next = parser->key_count++;
    argument->key_spec = next < last ? next : last;
}

static bool parse_type(struct parser *parser, struct argument *argument)
{
    struct bytes word;
    if (!skip_char(parser, ':')) {
        argument->type = bytes_is(argument->name, "key")       ? ARGUMENT_KEY
                         : bytes_is(argument->name, "pattern") ? ARGUMENT_PATTERN
                                                               : ARGUMENT_STRING;
    } else {
        int type = ARGUMENT_STRING;
        word = take(parser, word_length(parser->at, false));
        while (type < ARGUMENT_PURE_TOKEN && !bytes_is(word, type_names[type]))
            type++;
        if (type == ARGUMENT_PURE_TOKEN)
            return fail(parser, "no such type");
        argument->type = (enum argument_type)type;
    }
    if (argument->type == ARGUMENT_KEY)
        count_key(parser, argument);
    return true;
}

static bool parse_named(struct parser *parser, struct argument *argument)
{
    argument->name = take(parser, word_length(parser->at, false));
    if (argument->name.len == 0)
        return fail(parser, "a name was expected");
    if (skip_char(parser, '=')) {
        argument->type = ARGUMENT_PURE_TOKEN;
        return take_token(parser, &argument->token);
    }
    if (skip_char(parser, '<')) {
        argument->type = ARGUMENT_ONEOF;
        return parse_arguments(parser, '|', '>', &argument->arguments, &argument->argument_count);
    }
    if (skip_char(parser, '(')) {
        argument->type = ARGUMENT_BLOCK;
        return parse_arguments(parser, 0, ')', &argument->arguments, &argument->argument_count);
    }
    return parse_type(parser, argument);
}

/* After a token: whether the argument that it belongs to follows. */
static bool is_its_argument_ahead(const struct parser *parser)
{
    const char *next = parser->at + strspn(parser->at, " ");
    return next > parser->at && is_lower(*next) && next[word_length(next, false)] != '=';
}

static bool parse_fact(struct parser *parser, struct argument *argument)
{
    struct bytes name = take(parser, word_length(parser->at, false)), value;
    int64_t key_spec;
    if (!skip_char(parser, '='))
        return fail(parser, "name=value was expected");
    value = take(parser, strcspn(parser->at, " }"));
    if (bytes_is(name, "since"))
        argument->since = value;
    else if (bytes_is(name, "deprecated"))
        argument->deprecated_since = value;
    else if (bytes_is(name, "display"))
        argument->display = value;
    else if (bytes_is(name, "key") && parse_i64(value, &key_spec) && key_spec >= 0 &&
             key_spec < parser->key_spec_count)
        argument->key_spec = (int)key_spec;
    else
        return fail(parser, "no such fact");
    return true;
}

static bool parse_facts(struct parser *parser, struct argument *argument)
{
    if (!skip_char(parser, '{'))
        return true;
    while (!skip_char(parser, '}')) {
        skip_spaces(parser);
        if (!parse_fact(parser, argument))
            return false;
    }
    return true;
}

static bool parse_plain(struct parser *parser, struct argument *argument)
{
    const char *token_at = parser->at;
    if (!is_token_ahead(parser)) {
        if (!parse_named(parser, argument))
            return false;
    } else {
        if (!take_token(parser, &argument->token))
            return false;
        if (is_its_argument_ahead(parser)) {
            skip_spaces(parser);
            if (!parse_named(parser, argument))
                return false;
        } else if (*token_at == '\'') {
            return fail(parser, "a token in quotes needs a name");
        } else {
            argument->type = ARGUMENT_PURE_TOKEN;
            argument->name = bytes_make(parser->lower_case + (token_at - parser->begin), argument->token.len);
        }
    }
    argument->is_multiple = skip_dots(parser);
    return parse_facts(parser, argument);
}

static bool parse_argument(struct parser *parser, struct argument *argument)
{
    argument->key_spec = -1;
    if (!skip_char(parser, '['))
        return parse_plain(parser, argument);
    skip_spaces(parser);
    argument->is_optional = true;
    if (!parse_plain(parser, argument))
        return false;
    skip_spaces(parser);
    if (!skip_char(parser, ']'))
        return fail(parser, "] was expected");
    if (skip_dots(parser)) {
        if (!argument->token.data || argument->type == ARGUMENT_PURE_TOKEN)
            return fail(parser, "only a token with its argument is repeated like this");
        argument->is_multiple = argument->is_token_repeated = true;
    }
    return true;
}

/* Arguments up to `end`, with `separator` (0: only space) between them. What was read is the caller's to
 * clear even after a failure. */
static bool parse_arguments(struct parser *parser, char separator, char end, struct argument **arguments,
                            int *count)
{
    for (;;) {
        skip_spaces(parser);
        if (*count > 0 && *parser->at == end)
            break;
        if (*count > 0 && separator && !skip_char(parser, separator))
            return fail(parser, "| or > was expected");
        skip_spaces(parser);
        *arguments = mem_realloc(*arguments, (size_t)(*count + 1) * sizeof **arguments);
        (*arguments)[*count] = (struct argument){.type = ARGUMENT_STRING};
        if (!parse_argument(parser, &(*arguments)[(*count)++]))
            return false;
        if (!separator && *parser->at != ' ' && *parser->at != end)
            return fail(parser, "a space was expected");
    }
    if (end)
        parser->at++;
    return true;
}

static char *lower_case_of(const char *text)
{
    char *copy = mem_strdup(text);
    for (char *c = copy; *c; c++)
        *c = (char)(is_upper(*c) ? *c - 'A' + 'a' : *c);
    return copy;
}

bool synopsis_parse(struct synopsis *synopsis, const char *text, int key_spec_count, struct error *error)
{
    struct parser parser = {.begin = text, .at = text, .key_spec_count = key_spec_count, .error = error};
    *synopsis = (struct synopsis){.lower_case = lower_case_of(text)};
    parser.lower_case = synopsis->lower_case;
    if (parse_arguments(&parser, 0, 0, &synopsis->arguments, &synopsis->argument_count))
        return true;
    synopsis_clear(synopsis);
    return false;
}

void synopsis_clear(struct synopsis *synopsis)
{
    clear_arguments(synopsis->arguments, synopsis->argument_count);
    mem_free(synopsis->lower_case);
    *synopsis = (struct synopsis){.arguments = NULL};
}
