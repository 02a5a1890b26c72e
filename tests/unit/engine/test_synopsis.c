/* SPDX-License-Identifier: BSD-3-Clause */
/* The synopsis language. */
#include "base/buf.h"
#include "base/error.h"
#include "engine/synopsis.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void print_bytes(struct buf *out, const char *before, struct bytes bytes)
{
    if (!bytes.data)
        return;
    buf_append_text(out, before);
    buf_append_bytes(out, bytes);
}

/* The tree as name:type, with everything else that is known of an argument behind it. */
static void print(struct buf *out, const struct argument *arguments, int count)
{
    for (int i = 0; i < count; i++) {
        const struct argument *argument = &arguments[i];
        print_bytes(out, i ? " " : "", argument->name);
        buf_printf(out, ":%s", argument_type_name(argument->type));
        if (argument->key_spec >= 0)
            buf_printf(out, " #%d", argument->key_spec);
        print_bytes(out, " token ", argument->token);
        print_bytes(out, " since ", argument->since);
        print_bytes(out, " deprecated ", argument->deprecated_since);
        print_bytes(out, " display ", argument->display);
        if (argument->is_optional)
            buf_append_text(out, " optional");
        if (argument->is_multiple)
            buf_append_text(out, " multiple");
        if (argument->is_token_repeated)
            buf_append_text(out, " repeated");
        if (argument->argument_count > 0) {
            buf_append_text(out, " {");
            print(out, argument->arguments, argument->argument_count);
            buf_append_char(out, '}');
        }
    }
}

static void check_keys(const char *text, int key_spec_count, const char *expected)
{
    struct synopsis synopsis;
    struct error error = {""};
    struct buf out = {.len = 0};
    if (!synopsis_parse(&synopsis, text, key_spec_count, &error))
        fail_msg("%s: %s", text, error.text);
    print(&out, synopsis.arguments, synopsis.argument_count);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
    synopsis_clear(&synopsis);
}

static void check(const char *text, const char *expected)
{
    check_keys(text, 1, expected);
}

static void names_have_types(void **state)
{
    (void)state;
    check("value", "value:string");
    check("key pattern", "key:key #0 pattern:pattern");
    check("a:integer b:double c:unix-time d:string", "a:integer b:double c:unix-time d:string");
}

static void tokens_stand_alone_or_before_their_argument(void **state)
{
    (void)state;
    check("KEEPTTL", "keepttl:pure-token token KEEPTTL");
    check("EX seconds:integer", "seconds:integer token EX");
    check("NX XX", "nx:pure-token token NX xx:pure-token token XX");
    check("LIB-NAME libname", "libname:string token LIB-NAME");
    check("sorting=ALPHA", "sorting:pure-token token ALPHA");
    check("auto-id='*' id", "auto-id:pure-token token * id:string");
    check("NX only=XX", "nx:pure-token token NX only:pure-token token XX");
    check("STREAMS streams(key... id...)",
          "streams:block token STREAMS {key:key #0 multiple id:string multiple}");
    check("NX [EX seconds]", "nx:pure-token token NX seconds:string token EX optional");
}

static void brackets_and_dots_are_flags(void **state)
{
    (void)state;
    check("[value]", "value:string optional");
    check("value...", "value:string multiple");
    check("[value...]", "value:string optional multiple");
    check("[ GET pattern ]...", "pattern:pattern token GET optional multiple repeated");
}

static void groups_nest(void **state)
{
    (void)state;
    check("unit<M | KM>", "unit:oneof {m:pure-token token M km:pure-token token KM}");
    check("data(key value)...", "data:block multiple {key:key #0 value:string}");
    check("TYPE kind<a|b(c [D])>",
          "kind:oneof token TYPE {a:string b:block {c:string d:pure-token token D optional}}");
    check("x<[A a] | [B b]>...", "x:oneof multiple {a:string token A optional b:string token B optional}");
}

static void facts_belong_to_their_argument(void **state)
{
    (void)state;
    check("[GET{since=6.2.0}]", "get:pure-token token GET since 6.2.0 optional");
    check("ADDR addr{display=ip:port since=1.0.0}", "addr:string token ADDR since 1.0.0 display ip:port");
    check("old...{deprecated=2.8.12}", "old:string deprecated 2.8.12 multiple");
}

static void keys_count_up_to_the_last_spec(void **state)
{
    (void)state;
    check_keys("key1:key key2:key", 1, "key1:key #0 key2:key #0");
    check_keys("source:key destination:key", 2, "source:key #0 destination:key #1");
    check_keys("destination:key key...", 2, "destination:key #0 key:key #1 multiple");
    check_keys("key [BY by:pattern{key=1}] [STORE to:key{key=2}]", 3,
               "key:key #0 by:pattern #1 token BY optional to:key #2 token STORE optional");
    check_keys("key", 0, "key:key");
}

static void mistakes_are_told(void **state)
{
    const char *const texts[] = {
        "",       " ",       "[a",     "a]",      "a<b",      "a<>",   "a<b c>",       "a(b",
        "a(b|c)", "a:float", "a{x=1}", "a{since", "a{key=9}", "A...b", "[a]...",       "[A]...",
        "'*'",    "a='",     "a=''",   "a=",      "a|b",      "a, b",  "a{since=1 }}", "a_b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct synopsis synopsis;
        struct error error = {""};
        if (synopsis_parse(&synopsis, texts[i], 1, &error))
            fail_msg("accepted: %s", texts[i]);
        assert_string_not_equal(error.text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_types),
        cmocka_unit_test(tokens_stand_alone_or_before_their_argument),
        cmocka_unit_test(brackets_and_dots_are_flags),
        cmocka_unit_test(groups_nest),
        cmocka_unit_test(facts_belong_to_their_argument),
        cmocka_unit_test(keys_count_up_to_the_last_spec),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
