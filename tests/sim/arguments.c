/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"
#include "base/alloc.h"
#include "clocks.h"
#include "function_payloads.h"
#include "model_script.h"
#include "model_stream.h"
#include "model_tables.h"
#include "payloads.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_SIZE = 1 << 20 };

static const char letters[] = "KVTMWNODCPISABLHXZEFGQRUYJ~^%&!?=#";
static char arena[ARENA_SIZE];
static size_t arena_used;

void arguments_begin(void)
{
    if (arena_used > ARENA_SIZE / 2)
        arena_used = 0;
}

static struct bytes print(int64_t number)
{
    char *at = arena + arena_used;
    int len = snprintf(at, ARENA_SIZE - arena_used, "%" PRId64, number);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

struct bytes argument_of_cursor(uint64_t cursor)
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
    bool repeats = chance_permille(chance, 200);
    uint64_t word = 0;
    for (size_t i = 0; i < len; i += 8) {
        if (i == 0 || !repeats)
            word = chance_next(chance);
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

/* Keys have a kind, which is kept to as a rule: those of the same number modulo all kinds. */
struct bytes argument_of_kind(enum model_kind kind, struct chance *chance)
{
    int index = (int)chance_below(chance, (uint64_t)peer_settings.key_count);
    if (chance_permille(chance, 960))
        index -= index % MODEL_KIND_COUNT - (int)kind;
    return peers_key_name(index < peer_settings.key_count ? index : (int)kind);
}

/* Of a range that depends on the run, so that collections meet, and grow. */
static struct bytes element(struct chance *chance)
{
    if (chance_permille(chance, 20))
        return value(chance);
    char *at = arena + arena_used;
    const char *prefix = chance_permille(chance, 150) ? "m" : "";
    int len = snprintf(at, ARENA_SIZE - arena_used, "%s%d", prefix,
                       (int)chance_below(chance, (uint64_t)peer_settings.element_count));
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes one_of(struct chance *chance, const char *const *words, size_t count)
{
    return bytes_of(words[chance_below(chance, count)]);
}

/* Halves, which add up exactly. */
static struct bytes score(struct chance *chance)
{
    char *at = arena + arena_used;
    int64_t halves = chance_between(chance, -40, 40);
    int len = snprintf(at, ARENA_SIZE - arena_used, "%g", (double)halves / 2);
    arena_used += (size_t)len + 1;
    return bytes_make(at, (size_t)len);
}

static struct bytes last_stream, last_string;

static struct bytes stream(struct chance *chance)
{
    last_stream = argument_of_kind(MODEL_STREAM, chance);
    return last_stream;
}

/* So few that they meet. */
static struct bytes first_string(struct chance *chance)
{
    int index = MODEL_STRING + MODEL_KIND_COUNT * (int)chance_below(chance, 2);
    return peers_key_name(index < peer_settings.key_count ? index : MODEL_STRING);
}

static struct bytes value_there(struct chance *chance)
{
    const struct slot *slot = &model.data.slots[0][model_key(last_string)];
    struct bytes text = buf_bytes(&slot->value.text);
    if (!slot->is_there || slot->value.kind != MODEL_STRING || text.len > ARENA_SIZE - arena_used - 64 ||
        chance_permille(chance, 200))
        return value(chance);
    char *at = arena + arena_used;
    if (text.len > 0)
        memcpy(at, text.data, text.len);
    arena_used += text.len;
    return bytes_make(at, text.len);
}

static struct bytes entry_id(struct chance *chance)
{
    const struct slot *slot = &model.data.slots[0][last_stream.len ? model_key(last_stream) : 0];
    struct id id = {(uint64_t)chance_between(chance, 0, 3), (uint64_t)chance_between(chance, 0, 3)};
    if (slot->is_there && slot->value.kind == MODEL_STREAM && slot->value.count > 0 &&
        chance_permille(chance, 900))
        id = id_of_item(&slot->value.items[chance_below(chance, (uint64_t)slot->value.count)]);
    if (chance_permille(chance, 100))
        id.sequence++;
    char *at = arena + arena_used;
    id_print(at, id);
    arena_used += ID_TEXT;
    return bytes_of(at);
}

static struct bytes draw(char letter, struct chance *chance, const struct peer_view *view)
{
    static const char *const score_limits[] = {"-inf", "+inf", "0", "(0", "-7.5", "(3.5", "10", "(-12"};
    static const char *const member_limits[] = {"-", "+", "[1", "(2", "[5", "(m1", "[m4", "[9"};
    static const char *const seconds[] = {"0.01", "0.05", "0.3", "1", "0.002", "2.5", "0"};
    switch (letter) {
    case '%':
        return stream(chance);
    case '&':
        return entry_id(chance);
    case '!':
        return one_of(chance, model_groups, STREAM_GROUPS);
    case '?':
        return one_of(chance, model_consumers, STREAM_CONSUMERS);
    case '~':
        return payload_take(chance);
    case '^':
        return payload_damage(chance, payload_take(chance));
    case 'B':
        last_string = argument_of_kind(MODEL_STRING, chance);
        return last_string;
    case '#':
        return first_string(chance);
    case '=':
        return value_there(chance);
    case 'L':
        return argument_of_kind(MODEL_LIST, chance);
    case 'H':
        return argument_of_kind(MODEL_HASH, chance);
    case 'X':
        return argument_of_kind(MODEL_SET, chance);
    case 'Z':
        return argument_of_kind(MODEL_ZSET, chance);
    case 'E':
        return element(chance);
    case 'F':
        return score(chance);
    case 'G':
        return one_of(chance, score_limits, sizeof score_limits / sizeof score_limits[0]);
    case 'Q':
        return one_of(chance, member_limits, sizeof member_limits / sizeof member_limits[0]);
    case 'Y':
        return one_of(chance, seconds, sizeof seconds / sizeof seconds[0]);
    case 'R':
        return print(chance_between(chance, -12, 12));
    case 'U':
        return print(chance_between(chance, 0, chance_permille(chance, 800) ? 6 : 400));
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
        /* Sometimes so that it is filled by 80 % and more. */
        if (chance_permille(chance, 250))
            return print((int64_t)mem_used() * chance_between(chance, 100, 135) / 100);
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
        return argument_of_cursor(view->scan_cursor);
    }
}

/* "EV+": pairs of these, some of them. */
static int draw_many(struct bytes kinds, struct chance *chance, const struct peer_view *view,
                     struct bytes *argv, int room)
{
    int count = (int)chance_between(chance, 1, peer_settings.many_max), argc = 0;
    for (; count > 0 && argc + (int)kinds.len <= room && arena_used < ARENA_SIZE / 2; count--) {
        for (size_t i = 0; i < kinds.len; i++)
            argv[argc++] = draw(kinds.data[i], chance, view);
    }
    return argc;
}

int arguments_fill(struct bytes word, struct chance *chance, const struct peer_view *view, struct bytes *argv,
                   int room)
{
    const char *at = word.data;
    if (word.len > 1 && at[word.len - 1] == '+')
        return draw_many(bytes_make(at, word.len - 1), chance, view, argv, room);
    if (bytes_is(word, "@p"))
        *argv = function_payload_draw(chance);
    else if (word.len > 1 && *at == '@')
        *argv = at[1] >= 'a' ? model_library(at[1] - 'a') : model_script(at[1] - '0');
    else
        *argv = word.len == 1 && strchr(letters, *at) ? draw(*at, chance, view) : word;
    return 1;
}
