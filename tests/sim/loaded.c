/* SPDX-License-Identifier: BSD-3-Clause */
#include "loaded.h"
#include "engine/server.h"
#include "model.h"
#include "reality.h"
#include "store/keyspace.h"

/* Around the moment of loading either is right. */
#define FUZZ_MS 200

static bool holds(int database, int key)
{
    struct keyspace *keyspace = store_keyspace(running->store, database);
    struct key name = key_of(model.key_names[key]);
    return keyspace_holds(keyspace, name) || keyspace_holds_dead(keyspace, name);
}

/* The time before the clock's begin isn't told apart. */
static void move_field(struct item *field, int64_t by_ms)
{
    if (field->deadline_ms == MODEL_FOREVER)
        return;
    field->deadline_ms += by_ms;
    field->deadline_ms = field->deadline_ms > 0 ? field->deadline_ms : 1;
}

static void move_slot(struct slot *slot, int64_t by_ms)
{
    for (int i = 0; i < slot->value.count; i++)
        move_field(&slot->value.items[i], by_ms);
    if (slot->is_there && slot->deadline_ms != MODEL_FOREVER)
        slot->deadline_ms += by_ms;
}

static bool is_gone(const struct slot *slot, int database, int key)
{
    int64_t left_ms = slot->deadline_ms - running->clock.mono_ms;
    if (!slot->is_there || slot->deadline_ms == MODEL_FOREVER)
        return false;
    return left_ms < -FUZZ_MS || (left_ms < FUZZ_MS && !holds(database, key));
}

void loaded_dataset(struct dataset *data, const struct dataset *saved, int64_t saved_offset_ms)
{
    int64_t moved_ms = saved_offset_ms - running->clock.wall_offset_ms;
    dataset_copy(data, saved);
    crowd_move(data->crowd, moved_ms);
    crowd_loaded(data->crowd, running->clock.mono_ms, FUZZ_MS);
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            struct slot *slot = &data->slots[database][key];
            move_slot(slot, moved_ms);
            if (!is_gone(slot, database, key))
                continue;
            value_clear(&slot->value);
            *slot = (struct slot){0};
        }
    }
}
