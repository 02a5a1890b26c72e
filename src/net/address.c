/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket addresses as users see them. A sockaddr_storage is taken apart by copying, never by casting, into
 * the struct of its family. */
#include "address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static void print_ip4(const struct sockaddr_storage *address, char *out, size_t size)
{
    char ip[INET_ADDRSTRLEN] = "?";
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    (void)inet_ntop(AF_INET, &in.sin_addr, ip, sizeof ip);
    (void)snprintf(out, size, "%s:%u", ip, ntohs(in.sin_port));
}

static void print_ip6(const struct sockaddr_storage *address, char *out, size_t size)
{
    char ip[INET6_ADDRSTRLEN] = "?";
    struct sockaddr_in6 in;
    memcpy(&in, address, sizeof in);
    (void)inet_ntop(AF_INET6, &in.sin6_addr, ip, sizeof ip);
    (void)snprintf(out, size, "[%s]:%u", ip, ntohs(in.sin6_port));
}

static void print_path(const struct sockaddr_storage *address, char *out, size_t size)
{
    struct sockaddr_un un;
    memcpy(&un, address, sizeof un);
    (void)snprintf(out, size, "%.*s:0", (int)sizeof un.sun_path, un.sun_path);
}

void address_print(const struct sockaddr_storage *address, char *out, size_t size)
{
    if (address->ss_family == AF_INET)
        print_ip4(address, out, size);
    else if (address->ss_family == AF_INET6)
        print_ip6(address, out, size);
    else if (address->ss_family == AF_UNIX)
        print_path(address, out, size);
    else
        (void)snprintf(out, size, "?:0");
}

struct bytes address_ip(const struct sockaddr_storage *address)
{
    const char *start = (const char *)address;
    if (address->ss_family == AF_INET)
        return bytes_make(start + offsetof(struct sockaddr_in, sin_addr), sizeof(struct in_addr));
    if (address->ss_family == AF_INET6)
        return bytes_make(start + offsetof(struct sockaddr_in6, sin6_addr), sizeof(struct in6_addr));
    return (struct bytes){0};
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    static const char mapped[12] = {[10] = '\xff', [11] = '\xff'}; /* ::ffff:0:0/96 */
    struct bytes ip = address_ip(address);
    if (ip.len == 4)
        return ip.data[0] == 127;
    if (ip.len != 16)
        return false;
    return memcmp(ip.data, &in6addr_loopback, 16) == 0 ||
           (memcmp(ip.data, mapped, 12) == 0 && ip.data[12] == 127);
}

bool address_of_path(const char *path, struct sockaddr_un *address)
{
    size_t len = strlen(path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0 || len >= sizeof address->sun_path)
        return false;
    memcpy(address->sun_path, path, len);
    return true;
}
