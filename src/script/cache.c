/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiled scripts by their SHA1. Programs that write numbers into their scripts instead of passing them make
 * a new one each time: of those that came with EVAL only the last ones run are kept. */
#include "base/alloc.h"
#include "engine.h"

#define EVAL_SCRIPTS_MAX 500

/* A SHA1 is as random as any hash; of its digits each has half a byte of that. */
static uint64_t hash_of_sha(const char *sha)
{
    uint64_t words[2];
    memcpy(words, sha, sizeof words);
    uint64_t hash = words[0] * 0x9e3779b97f4a7c15u + words[1] * 0xc2b2ae3d27d4eb4fu;
    return hash ^ hash >> 32;
}

static uint64_t hash_of_script(void *context, const void *item)
{
    (void)context;
    return hash_of_sha(((const struct script *)item)->sha);
}

const struct table_type cache_table = {.hash = hash_of_script};

static bool has_sha(const void *item, const void *wanted)
{
    return memcmp(((const struct script *)item)->sha, wanted, SHA1_HEX_SIZE) == 0;
}

struct script *cache_find(const struct scripts *scripts, const char *sha)
{
    return table_slot_item(table_find(&scripts->by_sha, hash_of_sha(sha), has_sha, sha));
}

static void free_script(struct scripts *scripts, struct script *script)
{
    scripts->body_bytes -= script->body->len;
    blob_unref(script->body);
    list_remove(&script->link);
    mem_free(script);
}

static void drop(struct scripts *scripts, struct script *script)
{
    uint64_t hash = hash_of_sha(script->sha);
    table_remove(&scripts->by_sha, table_locate(&scripts->by_sha, hash, script));
    luaL_unref(scripts->eval.lua, LUA_REGISTRYINDEX, script->program.function);
    free_script(scripts, script);
}

/* Those that EVAL brought make room for one of `len` bytes. */
static void make_room(struct scripts *scripts, size_t len)
{
    size_t limit = (size_t)scripts->server->config->lua_memory_limit;
    while (!list_is_empty(&scripts->recent) &&
           (scripts->recent_count == EVAL_SCRIPTS_MAX || scripts->body_bytes + len > limit)) {
        drop(scripts, LIST_ENTRY(scripts->recent.next, struct script, link));
        scripts->recent_count--;
    }
}

void cache_add(struct scripts *scripts, struct script *script, bool is_kept)
{
    if (!is_kept)
        make_room(scripts, script->body->len);
    table_insert(&scripts->by_sha, hash_of_sha(script->sha), script);
    script->is_kept = is_kept;
    scripts->body_bytes += script->body->len;
    list_append(is_kept ? &scripts->kept : &scripts->recent, &script->link);
    scripts->recent_count += !is_kept;
}

void cache_keep(struct scripts *scripts, struct script *script)
{
    if (script->is_kept)
        return;
    script->is_kept = true;
    scripts->recent_count--;
    list_remove(&script->link);
    list_append(&scripts->kept, &script->link);
}

void cache_touch(struct scripts *scripts, struct script *script)
{
    if (script->is_kept)
        return;
    list_remove(&script->link);
    list_append(&scripts->recent, &script->link);
}

static void free_all(struct scripts *scripts, struct list *list)
{
    while (!list_is_empty(list))
        free_script(scripts, LIST_ENTRY(list->next, struct script, link));
}

void cache_clear(struct scripts *scripts)
{
    free_all(scripts, &scripts->kept);
    free_all(scripts, &scripts->recent);
    table_clear(&scripts->by_sha);
    table_init(&scripts->by_sha, &cache_table, NULL);
    scripts->recent_count = 0;
}
