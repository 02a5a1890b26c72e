/* SPDX-License-Identifier: BSD-3-Clause */
#include "payloads.h"
#include "base/crc64.h"
#include "engine/server.h"
#include "foreign.h"
#include "model.h"
#include "packs.h"
#include "peers.h"
#include "persist/dump.h"
#include "reality.h"

enum {
    PAYLOADS_MAX = 64,
    FOOTER = 10,
    CHECKSUM = 8,
    LENGTH_MAX = 20000,
    LONG_EVERY = 8,
    OLDEST_VERSION = 6,
    NEWEST_VERSION = 14
};

static struct payload {
    struct buf bytes;
    struct model_value value;
} payloads[PAYLOADS_MAX];
static int count;

/* A copy of the value would end at another time. */
static bool has_ends(const struct model_value *value)
{
    for (int i = 0; i < value->count; i++) {
        if (value->items[i].deadline_ms != MODEL_FOREVER)
            return true;
    }
    return false;
}

static void end(struct buf *payload, unsigned version)
{
    pack_number(payload, version < OLDEST_VERSION ? OLDEST_VERSION : version, FOOTER - CHECKSUM);
    pack_number(payload, crc64(0, payload->data, payload->len), CHECKSUM);
}

/* As another server would have written it. */
static void make_foreign(struct buf *payload, const struct model_value *value, struct chance *chance)
{
    unsigned newest = chance_permille(chance, 100) ? FOREIGN_VALKEY : NEWEST_VERSION;
    const struct foreign_layout *layout = foreign_layout(value, newest, chance);
    buf_append_char(payload, (char)layout->type);
    layout->write(&(struct foreign_writing){payload, value, 0, chance});
    end(payload, newest == FOREIGN_VALKEY ? newest : layout->version);
}

static void make(struct payload *payload, const struct entry *entry, struct chance *chance)
{
    struct dump_options options = {.compresses = chance_permille(chance, 500),
                                   .version = chance_permille(chance, 500) ? 11 : 10};
    struct value value = entry_value(entry);
    struct dump *dump = dump_new(running->store, &value, &options);
    size_t start, len;
    while (!dump_step(dump))
        ;
    const struct blob *blob = dump_payload(dump, &start, &len);
    buf_append(&payload->bytes, blob->data + start, len);
    dump_free(dump);
}

static void take_new(struct chance *chance)
{
    int key = (int)chance_below(chance, (uint64_t)model.key_count);
    const struct slot *slot = &model.data.slots[0][key];
    const struct entry *entry =
        keyspace_peek_even_dead(store_keyspace(running->store, 0), key_of(model.key_names[key]));
    size_t most = peer_settings.weights[LONG_STRINGS] > 0 && count % LONG_EVERY == 0 ? SIZE_MAX : LENGTH_MAX;
    if (!slot->is_there || !entry || has_ends(&slot->value) || entry_size(entry) > most)
        return;
    if (chance_permille(chance, 400))
        make(&payloads[count], entry, chance);
    else
        make_foreign(&payloads[count].bytes, &slot->value, chance);
    value_copy(&payloads[count].value, &slot->value);
    count++;
}

struct bytes payload_take(struct chance *chance)
{
    if (count < PAYLOADS_MAX && running)
        take_new(chance);
    return count ? buf_bytes(&payloads[chance_below(chance, (uint64_t)count)].bytes) : BYTES("");
}

static struct bytes make_strange(struct chance *chance)
{
    static struct buf strange;
    struct buf value = {0};
    unsigned type = foreign_write_strange(&value, false, chance);
    strange.len = 0;
    buf_append_char(&strange, (char)type);
    buf_append_bytes(&strange, buf_bytes(&value));
    buf_clear(&value);
    end(&strange, NEWEST_VERSION);
    return buf_bytes(&strange);
}

struct bytes payload_damage(struct chance *chance, struct bytes payload)
{
    static char damaged[2 * LENGTH_MAX];
    if (chance_permille(chance, 100))
        return make_strange(chance);
    if (payload.len <= FOOTER || payload.len > sizeof damaged)
        return payload;
    memcpy(damaged, payload.data, payload.len);
    for (int64_t times = chance_between(chance, 1, 3); times > 0; times--)
        damaged[chance_below(chance, payload.len - FOOTER)] = (char)chance_next(chance);
    /* Of another type, older ones among them. */
    if (chance_permille(chance, 300))
        damaged[0] = (char)chance_below(chance, 30);
    uint64_t crc = crc64(0, damaged, payload.len - CHECKSUM);
    for (size_t i = 0; i < CHECKSUM; i++)
        damaged[payload.len - CHECKSUM + i] = (char)(crc >> 8 * i);
    return bytes_make(damaged, payload.len);
}

const struct model_value *payload_value(struct bytes payload)
{
    for (int i = 0; i < count; i++) {
        if (bytes_equal(buf_bytes(&payloads[i].bytes), payload))
            return &payloads[i].value;
    }
    return NULL;
}

void payloads_forget(void)
{
    while (count > 0) {
        buf_clear(&payloads[--count].bytes);
        value_clear(&payloads[count].value);
    }
}
