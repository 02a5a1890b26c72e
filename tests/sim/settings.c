/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"
#include "chance.h"
#include "editor.h"
#include "model_tables.h"
#include "world.h"

enum { CHANCE_OF_SETTINGS = 2 };

static const struct {
    unsigned permille; /* of the seeds that have it */
    const char *text;
    bool *fact; /* that the model has to know; NULL: it needn't */
} rows[] = {
    {1000,
     "databases 5\n"
     "loglevel nothing\n"
     "enable-debug-command yes\n"
     "stop-writes-on-bgsave-error no\n"
     "bind 127.0.0.1\n"
     "tcp-keepalive 0\n"
     "unauthenticated-timeout 5\n",
     NULL},
    /* Small ones become large ones soon. */
    {500,
     "hash-max-listpack-entries 4\n"
     "hash-max-listpack-value 20\n"
     "set-max-intset-entries 5\n"
     "set-max-listpack-entries 4\n"
     "zset-max-listpack-entries 4\n"
     "list-max-listpack-size 4\n",
     NULL},
    {300, "session-prefixes \"user:\" \"k\" \"session:\" \"a,b=\"\n", NULL},
    {300, "rename-command LOLWUT \"\"\nrename-command READONLY only-read\n", NULL},
    {150, "maxmemory-clients 131072\n", &model.drops_clients},
    {100, "timeout 1\n", &model.drops_clients},
    {150, "client-output-buffer-limit normal 30000 10000 1 pubsub 2000 500 1\n", &model.drops_clients},
    {200, "tracking-table-max-keys 3\n", &model.forgets_readers},
    {500, "acllog-max-len 3\n", NULL},
    {200, "maxmemory-reserve 2mb\n", NULL},
    {80, "maxmemory-clients 5%\n", &model.drops_clients},
    {700, "busy-reply-threshold 1\n", NULL},
    {100, "hide-user-data-from-log yes\n", NULL},
    {150, "maxclients 4\n", NULL},
    {300, "stop-writes-on-bgsave-error yes\n", &model.refuses_unsaved},
    {60, "client-query-buffer-limit 1mb\n", &model.drops_clients},
    {500, "hll-sparse-max-bytes 24\n", NULL},
    {200, "rdbcompression no\n", NULL},
    {150, "rdbchecksum no\n", &model.has_no_checksums},
    {100, "rdb-version 11\n", NULL},
    {200, "maxmemory-policy allkeys-lru\n", NULL},
    {200, "maxmemory-policy volatile-lfu\nlfu-decay-time 0\n", NULL},
    {200, "maxmemory-policy allkeys-lfu\nlfu-log-factor 0\n", NULL},
    {900, "http-port 8080\nhttp-bind 127.0.0.1\n", NULL},
    {300, "http-token sesame\n", &model.has_http_token},
    {300, "http-hosts sessions.example\n", &model.knows_http_host},
};

struct config *settings_of(uint64_t seed)
{
    struct chance chance = chance_of(seed, CHANCE_OF_SETTINGS);
    struct config *config = config_new();
    struct buf users = {0};
    struct config_load *load = config_load_new(config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!chance_permille(&chance, rows[i].permille))
            continue;
        config_load_text(load, "the world", bytes_of(rows[i].text));
        if (rows[i].fact)
            *rows[i].fact = true;
    }
    if (model.has_user_file)
        buf_append_text(&users, "aclfile " USER_FILE "\n");
    else
        model_user_lines(&users);
    config_load_text(load, "the world", buf_bytes(&users));
    buf_clear(&users);
    if (model.is_password_configured)
        config_load_text(load, "the world", BYTES("requirepass letmein\n"));
    config_load_text(load, "the world",
                     model.is_saving_configured ? BYTES("save 1 5\n") : BYTES("save \"\"\n"));
    if (config_load_error(load))
        world_fail("the configuration is refused: %s", config_load_error(load)->reason);
    config_load_free(load);
    return config;
}
