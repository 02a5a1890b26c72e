/* SPDX-License-Identifier: BSD-3-Clause */
#include "string_condition.h"
#include "base/fingerprint.h"
#include "string_access.h"

enum compared { COMPARE_NOTHING, COMPARE_VALUE, COMPARE_DIGEST };

struct condition {
    const char *word;
    enum compared compared;
    bool if_missing; /* it holds when there is no such key */
    bool if_there;   /* it holds when there is one; of those that compare: when it is equal */
};

static const struct condition conditions[] = {
    {"NX", COMPARE_NOTHING, true, false},   {"XX", COMPARE_NOTHING, false, true},
    {"IFEQ", COMPARE_VALUE, false, true},   {"IFNE", COMPARE_VALUE, true, false},
    {"IFDEQ", COMPARE_DIGEST, false, true}, {"IFDNE", COMPARE_DIGEST, true, false},
};

const struct condition_option if_missing = {.condition = &conditions[0]};

static const struct condition *find_condition(struct bytes word, unsigned kinds)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        unsigned kind = conditions[i].compared == COMPARE_NOTHING ? CONDITION_PRESENCE : CONDITION_CONTENT;
        if ((kind & kinds) && bytes_is_nocase(word, conditions[i].word))
            return &conditions[i];
    }
    return NULL;
}

bool take_condition(const struct call *call, int *index, unsigned kinds, struct condition_option *option)
{
    const struct condition *found = find_condition(call->argv[*index], kinds);
    if (!found || (option->condition && option->condition != found))
        return false;
    if (found->compared != COMPARE_NOTHING) {
        if (*index + 1 >= call->argc)
            return false;
        option->wanted = call->argv[++*index];
    }
    option->condition = found;
    return true;
}

bool condition_compares(const struct condition_option *option)
{
    return option->condition->compared != COMPARE_NOTHING;
}

bool is_comparing_word(struct bytes argument)
{
    return find_condition(argument, CONDITION_CONTENT);
}

void string_digest(const struct entry *entry, char out[static STRING_DIGEST_LEN])
{
    char scratch[STRING_SCRATCH];
    string_digest_print(fingerprint(entry_string(entry, scratch)), out);
}

void string_digest_print(uint64_t digest, char out[static STRING_DIGEST_LEN])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = STRING_DIGEST_LEN; i-- > 0; digest >>= 4)
        out[i] = digits[digest & 15];
}

static bool has_digest(const struct entry *entry, struct bytes wanted)
{
    char digest[STRING_DIGEST_LEN];
    string_digest(entry, digest);
    return bytes_equal_nocase(bytes_make(digest, sizeof digest), wanted);
}

static bool is_string_equal(const struct entry *entry, struct bytes wanted)
{
    char scratch[STRING_SCRATCH];
    return bytes_equal(entry_string(entry, scratch), wanted);
}

bool test_condition(struct call *call, const struct condition_option *option, const struct entry *entry,
                    bool *holds)
{
    const struct condition *condition = option->condition;
    if (!entry || condition->compared == COMPARE_NOTHING) {
        *holds = entry ? condition->if_there : condition->if_missing;
        return true;
    }
    if (entry_type(entry) != VALUE_STRING) {
        call_error(call, ERR_WRONG_TYPE);
        return false;
    }
    if (condition->compared == COMPARE_DIGEST && option->wanted.len != STRING_DIGEST_LEN) {
        call_error_format(call, "ERR must be exactly %d hexadecimal characters", STRING_DIGEST_LEN);
        return false;
    }
    bool is_equal = condition->compared == COMPARE_DIGEST ? has_digest(entry, option->wanted)
                                                          : is_string_equal(entry, option->wanted);
    *holds = is_equal == condition->if_there;
    return true;
}
