/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/rule.h"
#include "base/alloc.h"

const char *rule_error_text(enum rule_result result)
{
    static const char *const texts[] = {
        [RULE_OK] = "",
        [RULE_SYNTAX] = "Syntax error",
        [RULE_UNKNOWN_COMMAND] = "Unknown command or category name in ACL",
        [RULE_NEEDLESS_KEYS] =
            "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any "
            "effect. Try 'resetkeys' to start with an empty list of patterns",
        [RULE_NEEDLESS_CHANNELS] =
            "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have "
            "any effect. Try 'resetchannels' to start with an empty list of channels",
        [RULE_NO_SUCH_PASSWORD] = "The password you are trying to remove from the user does not exist",
        [RULE_BAD_DIGEST] = "The password hash must be exactly 64 characters and contain only lowercase "
                            "hexadecimal characters",
        [RULE_ARGUMENT_OF_SUBCOMMAND] = "Allowing first-arg of a subcommand is not supported",
    };
    return texts[result];
}

bool has_blanks(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\0')
            return true;
    }
    return false;
}

static bool ends_selector(struct bytes word)
{
    return word.len > 0 && word.data[word.len - 1] == ')';
}

static bool begins_long_selector(struct bytes word)
{
    return word.len > 0 && word.data[0] == '(' && !ends_selector(word);
}

/* The number of words up to the one that ends the selector, or 0. */
static size_t selector_length(const struct bytes *words, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (ends_selector(words[i]))
            return i + 1;
    }
    return 0;
}

/* Writes the words to *at, moves it behind them, and returns what was written. */
static struct bytes join(const struct bytes *words, size_t count, char **at)
{
    char *begin = *at;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *(*at)++ = ' ';
        if (words[i].len > 0)
            *at = mempcpy(*at, words[i].data, words[i].len);
    }
    return bytes_make(begin, (size_t)(*at - begin));
}

bool rule_list_make(const struct bytes *words, size_t count, struct rule_list *list, size_t *unmatched)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += words[i].len + 1;
    *list = (struct rule_list){.items = mem_alloc((count + 1) * sizeof *list->items),
                               .text = mem_alloc(size + 1)};
    char *at = list->text;
    size_t taken;
    for (size_t i = 0; i < count; i += taken) {
        taken = begins_long_selector(words[i]) ? selector_length(words + i, count - i) : 1;
        if (taken == 0) {
            *unmatched = i;
            rule_list_clear(list);
            return false;
        }
        list->items[list->count++] = taken > 1 ? join(words + i, taken, &at) : words[i];
    }
    return true;
}

void rule_list_clear(struct rule_list *list)
{
    mem_free(list->items);
    mem_free(list->text);
}
