/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG RELOAD: what was saved just now, or, NOSAVE, long ago, takes the place of what is there. */
#include "disk.h"
#include "loaded.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"

static void forget_all(void)
{
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            if (model_find(database, key))
                model_watch_broken(database, key);
        }
    }
    model_invalidate_all();
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            if (model.data.slots[database][key].is_there)
                model_remove(database, key);
        }
    }
    model.data.functions = 0;
    crowd_copy(&model.data.crowd, NULL);
}

static void take(struct dataset *data)
{
    model.data.functions = data->functions;
    crowd_copy(&model.data.crowd, data->crowd);
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++) {
            struct slot *slot = &data->slots[database][key];
            if (slot->is_there)
                model_put_value(database, key, &slot->value)->deadline_ms = slot->deadline_ms;
        }
    }
}

/* Nobody who waits for keys is told of what a file brings. */
static void note_missed(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->late.why == LATE_KEYS)
            session->late.missed |= model_live(session->database);
    }
}

static void look_at_scans(void)
{
    for (int database = 0; database < MODEL_DATABASES; database++) {
        for (int key = 0; key < model.key_count; key++)
            model_scans_look(database, key);
    }
}

void model_reload(struct model_call *call)
{
    static struct dataset data;
    bool saves = !call_word(call, 2, "NOSAVE");
    unsigned id = disk_file_id(DUMP);
    int64_t wall_offset_ms = 0;
    if (saves && model.call_failed) {
        if (!faults.are_on)
            world_fail("DEBUG RELOAD failed");
        out_error(call->session, "ERR");
        return;
    }
    const struct dataset *saved = id ? saved_dataset(id, &wall_offset_ms) : NULL;
    forget_all();
    if (saved) {
        loaded_dataset(&data, saved, wall_offset_ms);
        take(&data);
        dataset_clear(&data);
        if (!saves)
            note_missed();
    }
    look_at_scans();
    if (saved)
        out_ok(call->session);
    else
        out_error(call->session, "ERR Error trying to load the RDB dump, check server logs.");
}
