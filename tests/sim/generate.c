/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests at random. Each row of the table is a template whose capital letters stand for something that is
 * drawn:
 *
 *     K key   V value   T seconds   M milliseconds   W wall time in ms   N number   D database
 *     C channel   P pattern
 *     I id    O offset  S cursor   A bytes, about as many as are used
 *
 * A new command is a row here and one in the model. */
#include "base/alloc.h"
#include "clocks.h"
#include "model_tables.h"
#include "peers.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_SIZE = 1 << 20 };

enum family { STRINGS, KEYS, EXPIRY, SESSIONS, TRANSACTIONS, PUBSUB, SERVER, DANGER };

struct template
{
    enum family family;
    const char *words;
};

static const struct template templates[] = {
    {STRINGS, "GET K"},
    {STRINGS, "GET K"},
    {STRINGS, "SET K V"},
    {STRINGS, "SET K V"},
    {STRINGS, "set K V NX"},
    {STRINGS, "SET K V XX GET"},
    {STRINGS, "SET K V KEEPTTL"},
    {STRINGS, "GETSET K V"},
    {STRINGS, "GETDEL K"},
    {STRINGS, "SETNX K V"},
    {STRINGS, "MSET K V K V K V"},
    {STRINGS, "MSETNX K V K V"},
    {STRINGS, "MGET K K K K"},
    {STRINGS, "APPEND K V"},
    {STRINGS, "STRLEN K"},
    {STRINGS, "SETRANGE K O V"},
    {STRINGS, "GETRANGE K O N"},
    {STRINGS, "INCR K"},
    {STRINGS, "DECR K"},
    {STRINGS, "INCRBY K N"},
    {KEYS, "DEL K"},
    {KEYS, "DEL K K K"},
    {KEYS, "UNLINK K K"},
    {KEYS, "EXISTS K K"},
    {KEYS, "TOUCH K"},
    {KEYS, "TYPE K"},
    {KEYS, "RENAME K K"},
    {KEYS, "RENAMENX K K"},
    {KEYS, "COPY K K"},
    {KEYS, "COPY K K REPLACE"},
    {KEYS, "MOVE K D"},
    {KEYS, "RANDOMKEY"},
    {KEYS, "KEYS *"},
    {KEYS, "SCAN S"},
    {KEYS, "SCAN S"},
    {KEYS, "SCAN S COUNT 3"},
    {KEYS, "DBSIZE"},
    {EXPIRY, "EXPIRE K T"},
    {EXPIRY, "PEXPIRE K M"},
    {EXPIRY, "PEXPIRE K M NX"},
    {EXPIRY, "PEXPIRE K M XX"},
    {EXPIRY, "PEXPIRE K M GT"},
    {EXPIRY, "PEXPIRE K M LT"},
    {EXPIRY, "PEXPIREAT K W"},
    {EXPIRY, "PERSIST K"},
    {EXPIRY, "TTL K"},
    {EXPIRY, "PTTL K"},
    {EXPIRY, "PEXPIRETIME K"},
    {EXPIRY, "PEXPIRE K -5"},
    {SESSIONS, "SET K V PX M"},
    {SESSIONS, "SET K V PX M"},
    {SESSIONS, "SET K V EX T"},
    {SESSIONS, "SET K V PXAT W"},
    {SESSIONS, "SETEX K T V"},
    {SESSIONS, "PSETEX K M V"},
    {SESSIONS, "GETEX K PX M"},
    {SESSIONS, "GETEX K PERSIST"},
    {SESSIONS, "GETEX K"},
    {TRANSACTIONS, "MULTI"},
    {TRANSACTIONS, "MULTI"},
    {TRANSACTIONS, "EXEC"},
    {TRANSACTIONS, "DISCARD"},
    {TRANSACTIONS, "WATCH K K"},
    {TRANSACTIONS, "WATCH K"},
    {TRANSACTIONS, "UNWATCH"},
    {PUBSUB, "SUBSCRIBE C"},
    {PUBSUB, "SUBSCRIBE C C"},
    {PUBSUB, "UNSUBSCRIBE C"},
    {PUBSUB, "PSUBSCRIBE P"},
    {PUBSUB, "PUNSUBSCRIBE P"},
    {PUBSUB, "PUBLISH C V"},
    {PUBSUB, "PUBLISH C V"},
    {SERVER, "OBJECT ENCODING K"},
    {SERVER, "OBJECT IDLETIME K"},
    {SERVER, "MEMORY USAGE K"},
    {SERVER, "DUMP K"},
    {SERVER, "CLIENT LIST"},
    {SERVER, "CLIENT INFO"},
    {SERVER, "SLOWLOG GET"},
    {PUBSUB, "PUBSUB CHANNELS"},
    {PUBSUB, "PUBSUB NUMSUB C"},
    {SERVER, "PING"},
    {SERVER, "WAIT N M"},
    {SERVER, "ECHO V"},
    {SERVER, "SELECT D"},
    {SERVER, "SELECT 0"},
    {SERVER, "HELLO 3"},
    {SERVER, "CLIENT ID"},
    {SERVER, "CONFIG SET notify-keyspace-events KEA"},
    {SERVER, "CONFIG SET notify-keyspace-events Ex"},
    {SERVER, "CONFIG SET notify-keyspace-events K$g"},
    {SERVER, "CONFIG SET notify-keyspace-events "},
    {SERVER, "BGSAVE"},
    {SERVER, "LASTSAVE"},
    {SERVER, "NOSUCH K"},
    {SERVER, "GET"},
    {DANGER, "FLUSHDB"},
    {DANGER, "FLUSHALL ASYNC"},
    {DANGER, "FLUSHALL SYNC"},
    {DANGER, "SWAPDB D D"},
    {DANGER, "SWAPDB 0 1"},
    {DANGER, "CLIENT KILL ID I"},
    {DANGER, "CLIENT PAUSE N WRITE"},
    {DANGER, "CLIENT PAUSE N ALL"},
    {DANGER, "CLIENT UNPAUSE"},
    {DANGER, "CONFIG SET maxmemory A"},
    {DANGER, "CONFIG SET maxmemory 0"},
    {DANGER, "CONFIG SET maxmemory-policy allkeys-lru"},
    {DANGER, "CONFIG SET maxmemory-policy volatile-ttl"},
    {DANGER, "CONFIG SET maxmemory-policy allkeys-lfu"},
    {DANGER, "SAVE"},
    {DANGER, "SHUTDOWN SAVE"},
    {DANGER, "SHUTDOWN NOSAVE"},
};

enum { TEMPLATE_COUNT = sizeof templates / sizeof templates[0] };

static char arena[ARENA_SIZE];
static size_t arena_used;

static struct bytes print(int64_t number)
{
    char *at = arena + arena_used;
    int len = snprintf(at, ARENA_SIZE - arena_used, "%" PRId64, number);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes print_cursor(uint64_t cursor)
{
    char *at = arena + arena_used;
    int len = snprintf(at, ARENA_SIZE - arena_used, "%" PRIu64, cursor);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

/* Numbers, short ones and long ones; what makes a blob of its own is rare. */
static struct bytes value(struct chance *chance)
{
    if (chance_permille(chance, 250))
        return print(chance_between(chance, -1000, 100000));
    size_t len = (size_t)chance_below(chance, chance_permille(chance, 30) ? peer_settings.value_max : 60);
    if (len > ARENA_SIZE - arena_used - 64)
        len = 10;
    char *at = arena + arena_used;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = chance_next(chance);
        memcpy(at + i, &word, len - i < 8 ? len - i : 8);
    }
    arena_used += len;
    return bytes_make(at, len);
}

static struct bytes milliseconds(struct chance *chance, int64_t offset)
{
    int64_t most = chance_permille(chance, 700) ? 50 : peer_settings.ttl_max_ms;
    return print(offset + chance_between(chance, 1, most));
}

static struct bytes fill(char letter, struct chance *chance, const struct peer_view *view)
{
    switch (letter) {
    case 'K':
        return peers_key_name((int)chance_below(chance, (uint64_t)peer_settings.key_count));
    case 'V':
        return value(chance);
    case 'T':
        return print(chance_between(chance, 1, 3));
    case 'M':
        return milliseconds(chance, 0);
    case 'W':
        return milliseconds(chance, clocks_wall_ms());
    case 'N':
        return print(chance_between(chance, 0, 40));
    case 'A':
        return print((int64_t)mem_used() + chance_between(chance, -2000, 30000));
    case 'O':
        return print(chance_between(chance, 0, chance_permille(chance, 50) ? 3000 : 30));
    case 'D':
        return print((int64_t)chance_below(chance, (uint64_t)peer_settings.database_count));
    case 'C':
        return bytes_of(model_channels[chance_below(chance, MODEL_CHANNELS)]);
    case 'P':
        return bytes_of(model_patterns[chance_below(chance, MODEL_PATTERNS)]);
    case 'I':
        return print(chance_between(chance, 1, 20));
    default:
        return print_cursor(view->scan_cursor);
    }
}

static bool is_sensible(const struct template *template, const struct peer_view *view, struct chance *chance)
{
    const char *words = template->words;
    if (strncmp(words, "SCAN", 4) == 0 && (!view->may_scan || view->is_in_multi))
        return false;
    if (view->is_in_multi)
        return template->family != PUBSUB || strncmp(words, "PUB", 3) == 0
                   ? strncmp(words, "HELLO", 5) != 0 && strncmp(words, "SHUTDOWN", 8) != 0
                   : false;
    if (strncmp(words, "SHUTDOWN", 8) == 0 || strcmp(words, "FLUSHALL ASYNC") == 0)
        return chance_permille(chance, 150);
    return !(view->is_subscribed && !view->is_resp3) || template->family == PUBSUB ||
           chance_permille(chance, 100);
}

static const struct template *choose(struct chance *chance, const struct peer_view *view)
{
    for (;;) {
        const struct template *template = &templates[chance_below(chance, TEMPLATE_COUNT)];
        if (chance_below(chance, 100) < peer_settings.weights[template->family] &&
            is_sensible(template, view, chance))
            return template;
    }
}

int generate(struct chance *chance, const struct peer_view *view, struct bytes *argv, int max)
{
    const char *at = choose(chance, view)->words;
    int argc = 0;
    if (arena_used > ARENA_SIZE / 2)
        arena_used = 0;
    while (argc < max) {
        size_t len = strcspn(at, " ");
        bool is_letter = len == 1 && strchr("KVTMWNODCPISA", *at);
        argv[argc++] = is_letter ? fill(*at, chance, view) : bytes_make(at, len);
        if (!at[len])
            break;
        at += len + 1;
    }
    return argc;
}
