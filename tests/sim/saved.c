/* SPDX-License-Identifier: BSD-3-Clause */
/* What was saved, and when. */
#include "base/alloc.h"
#include "base/file.h"
#include "disk.h"
#include "engine/server.h"
#include "model.h"
#include "persist/rdb_save.h"
#include "reality.h"
#include "world.h"

enum { MOMENTS_MAX = 1000 };

static struct moment {
    struct dataset data;
    int64_t wall_offset_ms;
    unsigned files_before; /* files that were made up to then */
} * moments;
static size_t moment_count;
static unsigned promise;

static struct moment *new_moment(void)
{
    if (moment_count == MOMENTS_MAX)
        world_fail("there are too many snapshots");
    moments = mem_realloc(moments, (moment_count + 1) * sizeof *moments);
    moments[moment_count] = (struct moment){.files_before = 0};
    return &moments[moment_count++];
}

__typeof__(rdb_save_new) __real_rdb_save_new, __wrap_rdb_save_new;
struct rdb_save *__wrap_rdb_save_new(struct worker *worker, const struct rdb_save_plan *plan)
{
    struct moment *moment = new_moment();
    dataset_copy(&moment->data, &model.data);
    if (running->nesting > 0 || model_undivided())
        world_fail("a snapshot begins within a transaction");
    moment->wall_offset_ms = running->clock.wall_offset_ms;
    moment->files_before = disk_last_made();
    return __real_rdb_save_new(worker, plan);
}

/* Files are numbered as they are made, and the first one that is made behind a moment is its file. */
const struct dataset *saved_dataset(unsigned file_id, int64_t *wall_offset_ms)
{
    for (size_t i = moment_count; i-- > 0;) {
        if (moments[i].files_before >= file_id)
            continue;
        *wall_offset_ms = moments[i].wall_offset_ms;
        return &moments[i].data;
    }
    return NULL;
}

__typeof__(file_replace) __real_file_replace, __wrap_file_replace;
bool __wrap_file_replace(const char *temporary_path, const char *path, struct error *error)
{
    bool is_replaced = __real_file_replace(temporary_path, path, error);
    trace("file %s %s", path, is_replaced ? "replaced" : "not replaced");
    if (is_replaced && running)
        promise = disk_file_id(path);
    return is_replaced;
}

void saved_by_other(const char *name, const struct dataset *dataset, int64_t wall_offset_ms)
{
    /* It may be one of these, which move. */
    struct dataset copy = {0};
    dataset_copy(&copy, dataset);
    crowd_copy(&copy.crowd, NULL);
    struct moment *moment = new_moment();
    moment->data = copy;
    moment->wall_offset_ms = wall_offset_ms;
    promise = disk_file_id(name);
    moment->files_before = promise - 1;
}

unsigned saved_promise(void)
{
    return promise;
}

void saved_forget(void)
{
    for (size_t i = 0; i < moment_count; i++)
        dataset_clear(&moments[i].data);
    mem_free(moments);
    moments = NULL;
    moment_count = 0;
    promise = 0;
}
