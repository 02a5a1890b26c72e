/* SPDX-License-Identifier: BSD-3-Clause */
/* Six random bits make a character of the alphabet that URLs, shells and configuration files all leave alone
 * (base64url). A password that began with - would be taken for an option by tools that are given it as a
 * word: such a one is drawn again. */
#include "password.h"
#include "base/random.h"

enum { PASSWORD_LEN = 32 };

void password_generate(struct buf *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t random[PASSWORD_LEN];
    do
        random_fill(random, sizeof random);
    while (alphabet[random[0] & 63] == '-');
    for (size_t i = 0; i < sizeof random; i++)
        buf_append_char(out, alphabet[random[i] & 63]);
}

void password_print_new(int port, struct buf *out)
{
    struct buf password = {0};
    password_generate(&password);
    const char *text = buf_cstring(&password);
    buf_printf(out, "# the configuration file:\nrequirepass %s\n", text);
    buf_printf(out, "# the application's environment:\nREDIS_PASSWORD=%s\n", text);
    buf_printf(out, "REDIS_URL=redis://:%s@127.0.0.1:%d/0\n", text, port);
    buf_clear(&password);
}
