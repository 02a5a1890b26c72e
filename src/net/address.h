/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket addresses as users see them. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/bytes.h"
#include <sys/socket.h>
#include <sys/un.h>

/* "ip:port", "[ip]:port", "path:0"; "?:0" for any other. Cut to `size`. */
void address_print(const struct sockaddr_storage *address, char *out, size_t size);

/* 127.0.0.0/8, ::1, and the former written as IPv6. */
bool address_is_loopback(const struct sockaddr_storage *address);

/* The bytes of the IP address, within `address`; none for other kinds. */
struct bytes address_ip(const struct sockaddr_storage *address);

/* False when the path is empty or too long for a socket. */
bool address_of_path(const char *path, struct sockaddr_un *address);

#endif
