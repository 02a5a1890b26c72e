/* SPDX-License-Identifier: BSD-3-Clause */
/* Words from a list: yes and no, one of several, several of several, letters of event classes. */
#include "base/alloc.h"
#include "kind.h"

/* ---- yes and no ---- */

static bool bool_parse(const struct directive *directive, const struct bytes *words, size_t count,
                       void *value, struct error *error)
{
    (void)directive, (void)count;
    if (!bytes_is_nocase(words[0], "yes") && !bytes_is_nocase(words[0], "no")) {
        error_set(error, "argument must be 'yes' or 'no'");
        return false;
    }
    *(bool *)value = bytes_is_nocase(words[0], "yes");
    return true;
}

static void bool_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    buf_append_text(out, *(const bool *)value ? "yes" : "no");
}

/* ---- one of several ---- */

static void refuse_word(const struct directive *directive, struct error *error)
{
    struct buf words = {0};
    for (const struct config_choice *choice = directive->choices; choice->word; choice++) {
        if (words.len > 0)
            buf_append_text(&words, ", ");
        buf_append_text(&words, choice->word);
    }
    error_set(error, "argument(s) must be one of the following: %s", buf_cstring(&words));
    buf_clear(&words);
}

static const struct config_choice *find_choice(const struct directive *directive, struct bytes word)
{
    for (const struct config_choice *choice = directive->choices; choice->word; choice++)
        if (bytes_is_nocase(word, choice->word))
            return choice;
    return NULL;
}

static bool choice_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    const struct config_choice *choice = find_choice(directive, words[0]);
    (void)count;
    if (!choice) {
        refuse_word(directive, error);
        return false;
    }
    *(int *)value = choice->value;
    return true;
}

static void choice_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_choice *choice = directive->choices;
    while (choice->word && choice->value != *(const int *)value)
        choice++;
    buf_append_text(out, choice->word ? choice->word : "unknown");
}

/* ---- what a signal does: bits, and one word for none of them ---- */

static bool signal_actions_parse(const struct directive *directive, const struct bytes *words, size_t count,
                                 void *value, struct error *error)
{
    int bits = 0;
    for (size_t i = 0; i < count; i++) {
        const struct config_choice *choice = find_choice(directive, words[i]);
        if (!choice) {
            refuse_word(directive, error);
            return false;
        }
        bits |= choice->value;
    }
    if (count == 0) {
        refuse_word(directive, error);
        return false;
    }
    if ((bits & SIGNAL_SAVE) && (bits & SIGNAL_NOSAVE)) {
        error_set(error, "shutdown options SAVE and NOSAVE can't be used simultaneously");
        return false;
    }
    *(int *)value = bits;
    return true;
}

static void signal_actions_print(const struct directive *directive, const void *value, struct buf *out)
{
    int bits = *(const int *)value;
    size_t start = out->len;
    for (const struct config_choice *choice = directive->choices; choice->word; choice++) {
        if (choice->value != bits && !(choice->value & bits))
            continue;
        if (out->len > start)
            buf_append_char(out, ' ');
        buf_append_text(out, choice->word);
    }
}

/* ---- classes of events, one letter each ---- */

/* The classes that A means, and the others, each in the order in which Redis shows them. */
static const char event_classes[] = "g$lshzxetd";
static const char event_others[] = "nKEm";

static bool events_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    struct bytes word = words[0];
    char letters[sizeof event_classes + sizeof event_others];
    size_t len = 0;
    bool has_all = true;
    (void)directive, (void)count;
    for (size_t i = 0; i < word.len; i++) {
        char letter = word.data[i];
        if (letter == '\0' ||
            (letter != 'A' && !strchr(event_classes, letter) && !strchr(event_others, letter))) {
            error_set(error, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
            return false;
        }
    }
    if (bytes_index_of(word, 'A') == word.len) {
        for (const char *letter = event_classes; *letter != '\0'; letter++) {
            if (bytes_index_of(word, *letter) < word.len)
                letters[len++] = *letter;
            else
                has_all = false;
        }
    }
    if (has_all) {
        letters[0] = 'A';
        len = 1;
    }
    for (const char *letter = event_others; *letter != '\0'; letter++)
        if (bytes_index_of(word, *letter) < word.len)
            letters[len++] = *letter;
    mem_free(*(char **)value);
    *(char **)value = bytes_to_cstring(bytes_make(letters, len));
    return true;
}

const struct config_kind config_kind_BOOL = {
    .size = sizeof(bool),
    .expected = "yes or no",
    .parse = bool_parse,
    .print = bool_print,
    .write = bool_print,
};
const struct config_kind config_kind_CHOICE = {
    .size = sizeof(int),
    .expected = "one of",
    .parse = choice_parse,
    .print = choice_print,
    .write = choice_print,
};
const struct config_kind config_kind_SIGNAL_ACTIONS = {
    .size = sizeof(int),
    .expected = "one or several of",
    .parse = signal_actions_parse,
    .print = signal_actions_print,
    .write = signal_actions_print,
};
const struct config_kind config_kind_EVENTS = {
    .size = sizeof(char *),
    .expected = "K or E, and letters of event classes, such as Ex or KEA",
    .parse = events_parse,
    .print = config_text_print,
    .write = config_text_write,
    .copy = config_text_copy,
    .clear = config_text_clear,
};
