/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done to the chain of a reply, against a run of bytes that the same is done to: each input byte is
 * an operation, its high bits how much. */
#include "base/alloc.h"
#include "base/panic.h"
#include "proto/resp_write.h"
#include "support/reply_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { LENGTHS = 16, LATERS_MAX = 8 };

struct machine {
    struct reply reply, other;
    struct buf model, other_model;
    struct blob *blob; /* as long as the longest of `lengths`, each byte different from the next */
    struct reply_mark laters[LATERS_MAX];
    size_t later_offsets[LATERS_MAX], later_count;
    struct reply_mark mark;
    size_t mark_offset;
    bool has_mark;
};

/* Around the sizes at which something else happens. */
static const size_t lengths[LENGTHS] = {0,    1,    5,    100,  940,   983,   984,   985,
                                        1024, 2047, 2048, 5000, 16343, 16384, 17000, 60000};

static void check(const struct reply *reply, const struct buf *model)
{
    struct buf text = {0};
    ASSERT(reply_pending(reply) == model->len);
    ASSERT((reply_memory(reply) == 0) == (reply_chunk_count(reply) == 0));
    reply_text_append(reply, &text);
    ASSERT(bytes_equal(buf_bytes(&text), buf_bytes(model)));
    buf_clear(&text);
}

static void add_bytes(struct machine *machine, size_t len)
{
    struct bytes bytes = bytes_make(machine->blob->data, len);
    reply_raw(&machine->reply, bytes);
    buf_append_bytes(&machine->model, bytes);
}

static void add_bulk(struct machine *machine, size_t len, bool is_blob)
{
    if (is_blob)
        reply_bulk_blob(&machine->reply, machine->blob, machine->blob->len - len, len);
    else
        reply_bulk(&machine->reply, bytes_make(machine->blob->data + machine->blob->len - len, len));
    buf_printf(&machine->model, "$%zu\r\n", len);
    buf_append(&machine->model, machine->blob->data + machine->blob->len - len, len);
    buf_append_text(&machine->model, "\r\n");
}

static void add_message(struct machine *machine, size_t len)
{
    struct blob *blob = blob_of(bytes_make(machine->blob->data, len));
    reply_message(&machine->reply, blob);
    buf_append_bytes(&machine->model, blob_bytes(blob));
    blob_unref(blob);
}

/* While a count is to come nothing is sent, cut back or moved. */
static void begin_later(struct machine *machine)
{
    if (machine->later_count == LATERS_MAX)
        return;
    machine->has_mark = false;
    machine->laters[machine->later_count] = reply_later(&machine->reply);
    machine->later_offsets[machine->later_count++] = machine->model.len;
}

static void end_later(struct machine *machine, size_t count)
{
    struct buf whole = {0};
    size_t offset;
    if (machine->later_count == 0)
        return;
    offset = machine->later_offsets[--machine->later_count];
    reply_later_done(&machine->reply, machine->laters[machine->later_count], '*', count);
    buf_append(&whole, machine->model.data, offset);
    buf_printf(&whole, "*%zu\r\n", count);
    if (machine->model.len > offset)
        buf_append(&whole, machine->model.data + offset, machine->model.len - offset);
    buf_clear(&machine->model);
    machine->model = whole;
}

static void set_mark(struct machine *machine)
{
    if (machine->later_count > 0)
        return;
    machine->mark = reply_mark(&machine->reply);
    machine->mark_offset = machine->model.len;
    machine->has_mark = true;
}

static void roll_back(struct machine *machine)
{
    if (!machine->has_mark)
        return;
    reply_rollback(&machine->reply, machine->mark);
    machine->model.len = machine->mark_offset;
    machine->has_mark = false;
}

static void send_some(struct machine *machine, size_t len)
{
    if (machine->later_count > 0)
        return;
    if (len > machine->model.len)
        len = machine->model.len;
    reply_sent(&machine->reply, len);
    buf_consume(&machine->model, len);
    machine->has_mark = false;
}

/* What was written so far waits in the other reply from now on, behind what is there. */
static void move_to_other(struct machine *machine)
{
    if (machine->later_count > 0 || machine->reply.head_sent > 0)
        return;
    reply_take(&machine->other, &machine->reply);
    buf_append_bytes(&machine->other_model, buf_bytes(&machine->model));
    machine->model.len = 0;
    machine->has_mark = false;
    check(&machine->other, &machine->other_model);
}

static void run(struct machine *machine, unsigned char operation)
{
    size_t len = lengths[operation >> 4];
    switch (operation & 15) {
    case 0:
    case 1:
        add_bytes(machine, len);
        break;
    case 2:
    case 3:
        add_bulk(machine, len, false);
        break;
    case 4:
        add_bulk(machine, len, true);
        break;
    case 5:
        add_message(machine, len);
        break;
    case 6:
        begin_later(machine);
        break;
    case 7:
        end_later(machine, len);
        break;
    case 8:
        set_mark(machine);
        break;
    case 9:
        roll_back(machine);
        break;
    case 10:
    case 11:
        send_some(machine, len);
        break;
    case 12:
        move_to_other(machine);
        break;
    case 13:
        reply_int(&machine->reply, (int64_t)len);
        buf_printf(&machine->model, ":%zu\r\n", len);
        break;
    default:
        reply_ok(&machine->reply);
        buf_append_text(&machine->model, "+OK\r\n");
    }
    if (machine->later_count == 0)
        check(&machine->reply, &machine->model);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct reply_pool *pool = reply_pool_new();
    struct machine machine = {.blob = blob_new(lengths[LENGTHS - 1])};
    for (size_t i = 0; i < machine.blob->len; i++)
        machine.blob->data[i] = (char)(i % 251);
    reply_init(&machine.reply, pool);
    reply_init(&machine.other, pool);
    for (size_t i = 0; i < size && machine.model.len + machine.other_model.len < (size_t)1 << 18; i++)
        run(&machine, data[i]);
    reply_clear(&machine.reply);
    reply_clear(&machine.other);
    ASSERT(!blob_is_shared(machine.blob));
    blob_unref(machine.blob);
    buf_clear(&machine.model);
    buf_clear(&machine.other_model);
    reply_pool_free(pool);
    return 0;
}
