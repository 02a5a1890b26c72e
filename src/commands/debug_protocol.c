/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG PROTOCOL: a sample of each type of reply, for the authors of clients. */
#include "debug.h"

static void reply_numbers(struct reply *reply)
{
    for (int i = 0; i < 3; i++)
        reply_int(reply, i);
}

static void string(struct call *call)
{
    reply_bulk_text(call->reply, "Hello World");
}

static void integer(struct call *call)
{
    reply_int(call->reply, 12345);
}

static void double_number(struct call *call)
{
    reply_double(call->reply, 3.141);
}

static void big_number(struct call *call)
{
    reply_big_number(call->reply, BYTES("1234567999999999999999999999999999999"));
}

static void null(struct call *call)
{
    reply_null(call->reply);
}

static void array(struct call *call)
{
    reply_array(call->reply, 3);
    reply_numbers(call->reply);
}

static void set(struct call *call)
{
    reply_set(call->reply, 3);
    reply_numbers(call->reply);
}

static void map(struct call *call)
{
    reply_map(call->reply, 3);
    for (int i = 0; i < 3; i++) {
        reply_int(call->reply, i);
        reply_bool(call->reply, i == 1);
    }
}

/* An attribute goes with a reply, so one follows it. */
static void attribute(struct call *call)
{
    if (call->reply->protocol == 3) {
        reply_attribute(call->reply, 1);
        reply_bulk_text(call->reply, "key-popularity");
        reply_array(call->reply, 2);
        reply_bulk_text(call->reply, "key:123");
        reply_int(call->reply, 90);
    }
    reply_bulk_text(call->reply, "Some real reply following the attribute");
}

/* A push is no reply either. */
static void push(struct call *call)
{
    if (call->reply->protocol == 2) {
        call_error_format(call, "ERR RESP2 is not supported by this command");
        return;
    }
    reply_push(call->reply, 2);
    reply_bulk_text(call->reply, "server-cpu-usage");
    reply_int(call->reply, 42);
    reply_bulk_text(call->reply, "Some real reply following the push reply");
}

static void true_value(struct call *call)
{
    reply_bool(call->reply, true);
}

static void false_value(struct call *call)
{
    reply_bool(call->reply, false);
}

static void verbatim(struct call *call)
{
    reply_verbatim(call->reply, BYTES("This is a verbatim\nstring"), "txt");
}

static const struct {
    const char *name;
    void (*run)(struct call *call);
} types[] = {
    {"string", string},     {"integer", integer},   {"double", double_number},
    {"bignum", big_number}, {"null", null},         {"array", array},
    {"set", set},           {"map", map},           {"attrib", attribute},
    {"push", push},         {"verbatim", verbatim}, {"true", true_value},
    {"false", false_value},
};

void debug_protocol(struct call *call)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (call_arg_is(call, 2, types[i].name)) {
            types[i].run(call);
            return;
        }
    }
    call_error_format(call,
                      "ERR Wrong protocol type name. Please use one of the following: "
                      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}
