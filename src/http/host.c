/* SPDX-License-Identifier: BSD-3-Clause */
/* An address can't be made to mean something else, so all addresses are allowed. */
#include "host.h"
#include "base/split.h"
#include <arpa/inet.h>

enum { HOST_LEN_MAX = 255 };

static bool is_port(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.len <= 5;
}

/* Cuts off ":port" and the brackets of an IPv6 address. False when neither can be told. */
static bool cut(struct bytes *host, bool *is_bracketed)
{
    *is_bracketed = host->len > 0 && host->data[0] == '[';
    if (*is_bracketed) {
        size_t close = bytes_index_of(*host, ']');
        struct bytes rest;
        if (close == host->len)
            return false;
        rest = bytes_make(host->data + close + 1, host->len - close - 1);
        *host = bytes_make(host->data + 1, close - 1);
        return rest.len == 0 || (rest.data[0] == ':' && is_port(bytes_make(rest.data + 1, rest.len - 1)));
    }
    size_t end = bytes_index_of(*host, ':');
    if (end < host->len && !is_port(bytes_make(host->data + end + 1, host->len - end - 1)))
        return false;
    host->len = end;
    return true;
}

static bool is_address(struct bytes host, bool is_bracketed)
{
    char text[HOST_LEN_MAX + 1];
    struct in6_addr address;
    if (host.len == 0 || host.len > HOST_LEN_MAX)
        return false;
    memcpy(text, host.data, host.len);
    text[host.len] = 0;
    if (strlen(text) != host.len)
        return false;
    return inet_pton(is_bracketed ? AF_INET6 : AF_INET, text, &address) == 1;
}

static bool is_among(struct bytes host, const char *names)
{
    struct split words;
    bool is_found = false;
    if (split_arguments(bytes_of(names), &words)) {
        for (size_t i = 0; i < words.count; i++)
            is_found |= bytes_equal_nocase(host, words.arguments[i]);
    }
    split_clear(&words);
    return is_found;
}

bool host_is_allowed(struct bytes host, const char *names)
{
    bool is_bracketed;
    if (!cut(&host, &is_bracketed))
        return false;
    if (is_address(host, is_bracketed))
        return true;
    if (is_bracketed || host.len == 0)
        return false;
    /* "localhost." is the same, fully written. */
    if (host.data[host.len - 1] == '.')
        host.len--;
    return bytes_is_nocase(host, "localhost") || is_among(host, names);
}
