/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of users: what is printed of any user makes the same user when it is read again, and a rule that is
 * refused changes nothing. The input is a file of users; its lines are rules one by one, too. */
#include "access/user_text.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "support/small_catalog.h"
#include <stddef.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_same(const struct buf *a, const struct buf *b)
{
    ASSERT(bytes_equal(buf_bytes(a), buf_bytes(b)));
}

static void check_file(struct bytes text)
{
    struct buf printed = {0}, again = {0}, errors = {0};
    struct users *users = users_read(&small_catalog, "input", text, &errors);
    ASSERT(!users == (errors.len > 0));
    if (users) {
        users_print(users, &printed);
        struct users *read = users_read(&small_catalog, "printed", buf_bytes(&printed), &errors);
        ASSERT(read);
        users_print(read, &again);
        check_same(&printed, &again);
        users_free(read);
    }
    users_free(users);
    buf_clear(&printed);
    buf_clear(&again);
    buf_clear(&errors);
}

static void ask(const struct user *user, struct bytes name)
{
    const struct bytes argv[] = {BYTES("get"), name};
    const struct acl_key keys[] = {{1, ACCESS_READ}};
    for (int command = 0; command < SMALL_COUNT; command++) {
        int index;
        const struct acl_request request = {.command = command,
                                            .argv = argv,
                                            .argc = 2,
                                            .keys = keys,
                                            .key_count = 1,
                                            .first_channel = 1,
                                            .channel_count = 1,
                                            .are_patterns = command == SMALL_SET};
        enum permission permission = user_check(user, &request, &index);
        ASSERT(permission == PERMITTED || !user->is_unlimited);
    }
}

static void try_rule(struct user *user, struct bytes rule)
{
    struct buf before = {0}, after = {0};
    user_print_rules(user, &before);
    if (user_apply(user, rule) != RULE_OK) {
        user_print_rules(user, &after);
        check_same(&before, &after);
    }
    ask(user, rule);
    buf_clear(&before);
    buf_clear(&after);
}

static void check_rules(struct bytes text)
{
    struct user *user = user_new(BYTES("somebody"), &small_catalog);
    while (text.len > 0) {
        size_t len = bytes_index_of(text, '\n');
        size_t taken = len < text.len ? len + 1 : len;
        try_rule(user, bytes_make(text.data, len));
        text = bytes_make(text.data + taken, text.len - taken);
    }
    user_free(user);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct bytes text = bytes_make(data, size);
    check_file(text);
    check_rules(text);
    return 0;
}
