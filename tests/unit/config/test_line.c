/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines taken apart: quoting, and comments behind the words. */
#include "config/line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* `expected`: each word followed by |. */
static void assert_words(const char *text, const char *expected)
{
    char words[256] = "";
    size_t len = 0;
    struct line line;
    line_init(&line, bytes_of(text));
    assert_false(line.is_unbalanced);
    for (size_t i = 0; i < line.count; i++) {
        memcpy(words + len, line.words[i].data, line.words[i].len);
        len += line.words[i].len;
        words[len++] = '|';
    }
    words[len] = '\0';
    assert_string_equal(words, expected);
    line_clear(&line);
}

static void words_are_unquoted(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words(" \t\r", "");
    assert_words("  # only a comment, it's one", "");
    assert_words("port 7000\r", "port|7000|");
    assert_words("\tsave   900\t1", "save|900|1|");
    assert_words("logfile \"\"", "logfile||");
    assert_words("requirepass \"two words\\x21\"", "requirepass|two words!|");
    assert_words("requirepass 'it\\'s'", "requirepass|it's|");
    assert_words("no-such thing", "no-such|thing|");
}

static void comments_may_follow_every_directive(void **state)
{
    (void)state;
    assert_words("bind 127.0.0.1 ::1    # Localhost only, don't change", "bind|127.0.0.1|::1|");
    assert_words("port 7000 #secret port", "port|7000|");
    assert_words("requirepass YourVeryStrong!Redis@Password#2024",
                 "requirepass|YourVeryStrong!Redis@Password#2024|");
    assert_words("requirepass \"#abc\" # the password", "requirepass|#abc|");
    assert_words("requirepass \"#abc\" \"# no comment\"", "requirepass|#abc|# no comment|");
    assert_words("rename-command FLUSHALL #x", "rename-command|FLUSHALL|#x|");
    assert_words("rename-command FLUSHALL \"\" # gone", "rename-command|FLUSHALL||");
    assert_words("user alice on #e3b0c44298fc1c14 ~*", "user|alice|on|#e3b0c44298fc1c14|~*|");
}

static void only_quotes_end_a_text_before_a_comment(void **state)
{
    static const struct {
        const char *text;
        bool is_ambiguous;
    } lines[] = {
        {"requirepass my #pass", true},
        {"requirepass my # pass", true},
        {"requirepass #my #pass", true},
        {"requirepass my#pass", false},
        {"requirepass \"my #pass\"", false},
        {"requirepass \"my\" # pass", false},
        {"requirepass 'my' # pass", false},
        {"logfile /var/log/s.log # the log", true},
        {"dir /var/lib/s # data", true},
        {"tls-key-file-pass a #b", true},
        {"http-token a #b", true},
        {"rename-command CONFIG a #b", true},
        {"rename-command CONFIG \"\" # gone", false},
        {"session-prefixes a: #b:", true},
        {"session-prefixes a: \"b:\" # two", false},
        {"include part.conf # more", true},
        {"bind 127.0.0.1 # Localhost only", false},
        {"port 1 # a number", false},
        {"loglevel debug # a word", false},
        {"cluster-announce-hostname a # has no #", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct line line;
        line_init(&line, bytes_of(lines[i].text));
        if (line.is_ambiguous != lines[i].is_ambiguous)
            fail_msg("%s", lines[i].text);
        line_clear(&line);
    }
}

static void unbalanced_quotes_are_seen(void **state)
{
    static const char *const texts[] = {"port \"7000", "port '7000", "logfile \"a\"b", "logfile 'a'b",
                                        "logfile \"a\\\""};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct line line;
        line_init(&line, bytes_of(texts[i]));
        assert_true(line.is_unbalanced);
        line_clear(&line);
    }
}

static void positions_are_those_of_the_text(void **state)
{
    struct line line;
    struct bytes view;
    (void)state;
    line_init(&line, BYTES("  bind \"127.0.0.1\"  ::1   # here\r"));
    assert_int_equal(line.indent, 2);
    assert_int_equal(line.starts[0], 0);
    assert_int_equal(line.starts[1], 5);
    assert_int_equal(line.starts[2], 18);
    assert_string_equal(line.directive->name, "bind");
    view = line_arguments(&line);
    assert_true(bytes_is(view, "\"127.0.0.1\"  ::1"));
    view = line_tail(&line);
    assert_true(bytes_is(view, "   # here"));
    line_clear(&line);

    line_init(&line, BYTES("port"));
    assert_int_equal(line_arguments(&line).len, 0);
    assert_int_equal(line_tail(&line).len, 0);
    line_clear(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_unquoted),
        cmocka_unit_test(comments_may_follow_every_directive),
        cmocka_unit_test(only_quotes_end_a_text_before_a_comment),
        cmocka_unit_test(unbalanced_quotes_are_seen),
        cmocka_unit_test(positions_are_those_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
