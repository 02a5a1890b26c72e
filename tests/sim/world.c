/* SPDX-License-Identifier: BSD-3-Clause */
/* One run: a server, its clients, and what befalls them. */
#include "world.h"
#include "app/boot.h"
#include "app/shutdown.h"
#include "base/hash.h"
#include "base/log.h"
#include "chance.h"
#include "clocks.h"
#include "copies.h"
#include "disk.h"
#include "editor.h"
#include "engine/check.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "function_payloads.h"
#include "kernel.h"
#include "loaded.h"
#include "model.h"
#include "model_http.h"
#include "model_metrics.h"
#include "model_script.h"
#include "model_tables.h"
#include "payloads.h"
#include "peers.h"
#include "reality.h"
#include "records.h"
#include "run.h"
#include "settings.h"
#include "store/keyspace.h"
#include "strangers.h"
#include "visitors.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What is owed comes within this time, once nobody sends anything more. */
#define PATIENCE_US INT64_C(120000000)
#define DAY_MS      INT64_C(86400000)
/* Looking at each of many keys takes time. */
#define CROWD_CHECKED_EVERY 16

struct faults faults;
static struct run *run;
static struct server *server;
static const struct dataset no_data;

/* ---- reporting ---- */

void world_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(run->failure, sizeof run->failure, format, args);
    va_end(args);
    _exit(RUN_FAILED);
}

void trace(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (const char *at = line; *at; at++)
        run->hash = (run->hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    if (run->is_traced)
        (void)printf("%12lld %s\n", (long long)clocks_now_us(), line);
}

/* ---- the seed's choices ---- */

static unsigned up_to(struct chance *chance, unsigned most)
{
    return chance_permille(chance, 500) ? 0 : (unsigned)chance_below(chance, most + 1);
}

static void draw_faults(struct chance *chance)
{
    faults = (struct faults){.reset = 5, .slow_script = (unsigned)chance_below(chance, 900)};
    if (chance_permille(chance, 300))
        return;
    faults = (struct faults){
        .are_on = true,
        .short_write = up_to(chance, 500),
        .reset = 5 + up_to(chance, 30),
        .half_close = up_to(chance, 15),
        .accept = up_to(chance, 300),
        .disk_full = up_to(chance, 50),
        .disk_error = up_to(chance, 50),
        .sync_lies = chance_permille(chance, 200) ? up_to(chance, 300) : 0,
        .slow_sync = up_to(chance, 900),
        .locked = up_to(chance, 30),
        .memory = up_to(chance, 50),
        .late_job = up_to(chance, 900),
        .very_late_job = up_to(chance, 100),
        .wall_step = up_to(chance, 10),
        .suspension = up_to(chance, 10),
        .kill = up_to(chance, 6),
        .slow_script = faults.slow_script,
        .power_cut = up_to(chance, 10),
    };
}

/* ---- the server ---- */

/* What the file that is found holds, of those that may be found. */
static void check_loaded(void)
{
    unsigned id = disk_file_id(DUMP);
    int64_t saved_offset_ms = 0;
    if (id < saved_promise() && !disk_has_lied())
        world_fail("a snapshot that was promised to last is lost: %u instead of %u", id, saved_promise());
    const struct dataset *saved = id ? saved_dataset(id, &saved_offset_ms) : NULL;
    if (id && !saved)
        world_fail("the snapshot was made by nobody");
    dataset_clear(&model.data);
    if (saved)
        loaded_dataset(&model.data, saved, saved_offset_ms);
    reality_compare();
}

/* Who looks after it is there before the clients. */
static struct server *boot_once(void)
{
    model_http_begin();
    model.is_loading = true;
    struct server *booted = boot(settings_of(run->seed));
    model.is_loading = false;
    if (!booted)
        visitors_lose_server();
    return booted;
}

/* The disk tells the truth, so that what was saved is known: a server of another kind has had the data
 * meanwhile, or has spoilt it. */
static void meet_stranger(void)
{
    int64_t wall_offset_ms = 0;
    unsigned id = disk_file_id(DUMP);
    const struct dataset *saved = id ? saved_dataset(id, &wall_offset_ms) : &no_data;
    struct buf whole = {0};
    if (disk_has_lied() || id < saved_promise() || !saved || !chance_permille(&world_chance, 200))
        return;
    bool is_good = strangers_leave(DUMP, saved, wall_offset_ms, &whole, &world_chance);
    if (!is_good) {
        struct server *refused = boot_once();
        if (refused)
            world_fail("the server starts with a damaged snapshot");
        disk_put(DUMP, buf_bytes(&whole));
    }
    trace("a stranger's file%s", is_good ? "" : ", and a damaged one before");
    saved_by_other(DUMP, saved, wall_offset_ms);
    buf_clear(&whole);
}

static void distrust_disk(void)
{
    disk_remove(DUMP);
    saved_forget();
}

static void start(void)
{
    meet_stranger();
    (void)disk_was_locked();
    /* Without checksums nobody would notice. */
    if (disk_has_lied() && model.has_no_checksums)
        distrust_disk();
    model.turn_ms = 0;
    model.server_ends = model.has_http_token = model.has_other_token = model.moved_http = false;
    model.standing = model.executing = NULL;
    model.notify = 0;
    model.is_memory_limited = false;
    model.has_password = model.is_password_configured;
    if (model.has_user_file && disk_has_lied())
        editor_make_user_file(0);
    model_guest_begin(model.has_user_file ? disk_file_id(USER_FILE) : 0);
    model.expired_count = model.evicted_count = model.expired_fields = 0;
    model.paused_until_ms = 0;
    server = boot_once();
    while (!server && disk_was_locked())
        server = boot_once();
    if (!server && disk_has_lied()) {
        distrust_disk();
        server = boot_once();
    }
    if (!server)
        world_fail("the server doesn't start");
    if (run->is_traced)
        log_set_level(LOG_LEVEL_NOTHING);
    reality_set_server(server);
    if (run->seed % 3 == 0)
        records_begin(server);
    check_loaded();
    trace("start, with file %u", disk_file_id(DUMP));
}

static void take_apart(void)
{
    records_end(server);
    reality_set_server(NULL);
    boot_undo(server);
    server = NULL;
    if (descriptor_count() > 0)
        world_fail("%d descriptors are left open", descriptor_count());
}

static void lose_server(void)
{
    peers_lose_server();
    visitors_lose_server();
}

static void end_well(void)
{
    trace("the server ends");
    peers_read(true);
    visitors_read(true);
    model.is_draining = true;
    shutdown_drain(server);
    peers_read(true);
    visitors_read(true);
    take_apart();
    peers_read(true);
    visitors_read(true);
    model.is_draining = false;
    lose_server();
}

static void end_badly(bool by_power_cut)
{
    trace(by_power_cut ? "power cut" : "kill");
    if (by_power_cut)
        disk_cut_power();
    else
        disk_freeze();
    model.is_draining = true;
    take_apart();
    model.is_draining = false;
    lose_server();
    disk_thaw();
}

/* ---- time goes on ---- */

static void check_counts(void)
{
    uint64_t expired = store_stats(server->store)->expired, evicted = server->counters.evicted_keys;
    uint64_t fields = store_stats(server->store)->expired_parts;
    if (fields != model.expired_fields)
        world_fail("the server counts %llu expired fields instead of %llu", (unsigned long long)fields,
                   (unsigned long long)model.expired_fields);
    if (expired != model.expired_count || evicted != model.evicted_count)
        world_fail("the server counts %llu expired and %llu evicted keys instead of %llu and %llu",
                   (unsigned long long)expired, (unsigned long long)evicted,
                   (unsigned long long)model.expired_count, (unsigned long long)model.evicted_count);
}

static void turn(int64_t at_most_us)
{
    static unsigned turns;
    model.turn_before_ms = model.turn_ms;
    model.turn_ms = server->clock.mono_ms;
    model.undivided_before = model_undivided() ? model.undivided_count : 0;
    tick(server, at_most_us);
    if (server->is_shutting_down) {
        end_well();
        start();
        return;
    }
    peers_read(false);
    visitors_read(false);
    model_check_deadlines(server->clock.mono_ms);
    model_check_waits(server->clock.mono_ms);
    model_check_strangers(server->clock.mono_ms);
    if (!crowd_is_there() || ++turns % CROWD_CHECKED_EVERY == 0)
        engine_check(server);
    check_counts();
}

static void befall(struct chance *chance)
{
    if (chance_permille(chance, faults.wall_step)) {
        int64_t by_ms = chance_between(chance, -3600000, 3600000);
        trace("wall clock %+lld ms", (long long)by_ms);
        clocks_step_wall_ms(by_ms);
    }
    if (chance_permille(chance, faults.suspension)) {
        trace("suspended");
        model_sleeps();
        clocks_suspend_ms(chance_between(chance, 1, chance_permille(chance, 900) ? 100000 : 50 * DAY_MS));
    }
    bool by_power_cut = chance_permille(chance, faults.power_cut);
    if (by_power_cut || chance_permille(chance, faults.kill)) {
        end_badly(by_power_cut);
        start();
    }
}

static void event(unsigned number)
{
    struct chance chance = chance_of(run->seed, number + 1000);
    befall(&chance);
    peers_event(&chance);
    if (chance_permille(&chance, visitors_permille()))
        visitors_event(&chance);
    for (int64_t turns = chance_between(&chance, 0, 4); turns > 0; turns--)
        turn(chance_between(&chance, 0, chance_permille(&chance, 100) ? 200000 : 3000));
    if (!model.is_password_configured && chance_permille(&chance, 15)) {
        editor_changes_users(server, &chance);
        turn(0);
    }
    /* That removes what is dead. */
    if (chance_permille(&chance, 50) && !model_undivided())
        reality_compare();
    if (chance_permille(&chance, 10))
        check_snapshot(&chance);
    if (chance_permille(&chance, 12))
        strangers_check(&chance);
    if (crowd_is_there() && chance_permille(&chance, 100))
        crowd_event(&chance);
}

/* Nobody sends any more: everybody gets what is owed. */
static void settle(void)
{
    int64_t until_us = clocks_now_us() + PATIENCE_US;
    bool are_served;
    visitors_end(&world_chance);
    while (!(are_served = peers_are_served()) || !visitors_are_gone()) {
        turn(100000);
        peers_read(true);
        visitors_read(true);
        if (clocks_now_us() > until_us && are_served)
            visitors_complain();
        if (clocks_now_us() > until_us)
            peers_complain();
    }
}

void world_run(struct run *wanted)
{
    run = wanted;
    run->hash = UINT64_C(0xcbf29ce484222325);
    struct chance chance = chance_of(run->seed, 0);
    uint8_t secret[16];
    world_chance = chance_of(run->seed, 1);
    draw_faults(&chance);
    /* Where looking takes long, work is cut into slices. */
    int64_t look_ns = chance_between(&chance, 100, 5000);
    if (chance_permille(&chance, 250))
        look_ns *= chance_between(&chance, 10, 40);
    clocks_init(look_ns);
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)chance_next(&chance);
    hash_seed(secret);
    log_set_level(LOG_LEVEL_NOTHING);
    peers_init(&chance);
    disk_init();
    model_init(peer_settings.key_count, peers_key_name);
    model.expiry_bound_ms = 30 + look_ns / 1000;
    model.is_saving_configured = chance_permille(&chance, 500);
    model.is_password_configured = chance_permille(&chance, 250);
    model.has_user_file = !model.is_password_configured && chance_permille(&chance, 400);
    if (model.has_user_file)
        editor_make_user_file(0);
    visitors_init(&chance);
    crowd_begin(chance_permille(&chance, 150));
    start();
    for (unsigned i = 0; i < run->event_count; i++) {
        if (!run->left_out[i])
            event(i);
    }
    settle();
    reality_compare();
    end_badly(false);
    model_clear();
    model_scripts_forget();
    saved_forget();
    payloads_forget();
    function_payloads_forget();
    model_metrics_forget();
    disk_free();
}
