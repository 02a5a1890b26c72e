/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of one server, and the lookup that every request begins with.
 *
 * Up to 16 bytes (all but a few) a name is its first and last eight bytes, in lower case, and its length;
 * longer names are compared in full as well. A multiplier is searched for under which no two names share a
 * place: a lookup is then a few multiplications and loads and one compare, with no chain to follow and no
 * branch to guess wrong.
 *
 *     name -> words -> words * multiplier -> places[] -> slots[] -> command
 *
 * Before that, what came in the same spelling not long ago is found by a single load, where eight bytes may
 * be read. Subcommands are few and searched in order. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/panic.h"
#include "engine/command.h"
#include "metrics/histogram.h"
#include <stdio.h>

struct name_words {
    uint64_t head, tail;
};

struct slot {
    struct name_words words;
    size_t len;
    struct registered_command *command;
};

/* A name that was looked up: its bytes as they came, one to seven, and their number in the eighth. */
struct recent_name {
    uint64_t word; /* 0: none */
    struct registered_command *command;
};

#define RECENT_BITS 7

struct registry {
    struct recent_name recent[1 << RECENT_BITS];
    struct registered_command *commands; /* all top-level ones, in the families' order */
    int command_count;
    struct registered_command **reachable; /* those that rename-command left a name */
    int reachable_count;
    struct slot *slots; /* of the reachable, behind one that matches no name */
    uint16_t *places;   /* hash -> index in slots; 0: no command */
    unsigned place_shift;
    uint64_t multiplier;
};

#define MIX UINT64_C(0xd6e8feb86659fd93)

/* ---- names ---- */

/* Eight bytes at once: 0x20 is set in those between 'A' and 'Z'. */
static inline uint64_t lower_case(uint64_t bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101), low_bits = bytes & each * 0x7f;
    const uint64_t from_a = low_bits + each * (0x80 - 'A'), above_z = low_bits + each * (0x7f - 'Z');
    return bytes | ((((from_a ^ above_z) & ~bytes) & each * 0x80) >> 2);
}

static inline uint64_t load_64(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

/* What lies between the first and the last eight bytes of a long name, mixed into one word. */
static uint64_t mix_middle(struct bytes name)
{
    uint64_t mixed = 0;
    for (size_t i = 8; i + 8 < name.len; i++)
        mixed = (mixed ^ lower_case((unsigned char)name.data[i])) * MIX;
    return mixed;
}

/* Which bytes of a name of 1 to 7 make its word: all of them, the last one repeated. */
static const uint8_t gather[8][7] = {
    {0},
    {0},
    {0, 1, 1, 1, 1, 1, 1},
    {0, 1, 2, 2, 2, 2, 2},
    {0, 1, 2, 3, 3, 3, 3},
    {0, 1, 2, 3, 4, 4, 4},
    {0, 1, 2, 3, 4, 5, 5},
    {0, 1, 2, 3, 4, 5, 6},
};

static inline uint64_t gather_word(struct bytes name)
{
    const uint8_t *at = gather[name.len];
    const unsigned char *byte = (const unsigned char *)name.data;
    uint32_t low = (uint32_t)byte[at[0]] | (uint32_t)byte[at[1]] << 8 | (uint32_t)byte[at[2]] << 16 |
                   (uint32_t)byte[at[3]] << 24;
    uint32_t high = (uint32_t)byte[at[4]] | (uint32_t)byte[at[5]] << 8 | (uint32_t)byte[at[6]] << 16;
    return low | (uint64_t)high << 32;
}

/* Reads nothing outside of the name. Short names, which come in all lengths one after the other, are
 * gathered byte by byte: faster than branches on the length that the processor can't foresee. */
static inline struct name_words name_words(struct bytes name)
{
    if (name.len >= 8)
        return (struct name_words){lower_case(load_64(name.data)),
                                   lower_case(load_64(name.data + name.len - 8)) ^
                                       (name.len > 16 ? mix_middle(name) : 0)};
    if (name.len == 0)
        return (struct name_words){0, 0};
    return (struct name_words){lower_case(gather_word(name)), 0};
}

static inline size_t place_of(const struct registry *registry, struct name_words words)
{
    return (size_t)(((words.head ^ words.tail * MIX) * registry->multiplier) >> registry->place_shift);
}

struct registered_command *registry_find(const struct registry *registry, struct bytes name)
{
    struct name_words words = name_words(name);
    const struct slot *slot = &registry->slots[registry->places[place_of(registry, words)]];
    if (slot->words.head != words.head || slot->words.tail != words.tail || slot->len != name.len)
        return NULL;
    return name.len <= 16 || bytes_is_nocase(name, slot->command->name) ? slot->command : NULL;
}

struct registered_command *registry_resolve(const struct registry *registry, const struct bytes *argv,
                                            int argc, bool *is_unknown_subcommand)
{
    struct registered_command *command = argc > 0 ? registry_find(registry, argv[0]) : NULL;
    *is_unknown_subcommand = false;
    if (!command || command->subcommand_count == 0 || argc == 1)
        return command;
    for (int i = 0; i < command->subcommand_count; i++) {
        if (bytes_is_nocase(argv[1], command->subcommands[i].name))
            return &command->subcommands[i];
    }
    *is_unknown_subcommand = true;
    return command;
}

struct registered_command *registry_resolve_within(struct registry *registry, const struct bytes *argv,
                                                   int argc, size_t readable, bool *is_unknown_subcommand)
{
    struct bytes name = argv[0];
    if (name.len - 1 > 6 || readable < sizeof(uint64_t))
        return registry_resolve(registry, argv, argc, is_unknown_subcommand);
    uint64_t bytes = load_64(name.data) & (UINT64_MAX >> (64 - 8 * name.len)), word = bytes | name.len << 56;
    struct recent_name *recent = &registry->recent[(word * registry->multiplier) >> (64 - RECENT_BITS)];
    *is_unknown_subcommand = false;
    if (__builtin_expect(recent->word == word, 1))
        return recent->command;
    struct registered_command *command = registry_resolve(registry, argv, argc, is_unknown_subcommand);
    if (command && !command->row->subcommands && !command->parent)
        *recent = (struct recent_name){word, command};
    return command;
}

struct registered_command *registry_find_full(const struct registry *registry, struct bytes full_name)
{
    size_t bar = bytes_index_of(full_name, '|');
    struct bytes words[2] = {bytes_make(full_name.data, bar)};
    bool is_unknown_subcommand;
    if (bar == full_name.len)
        return registry_find(registry, full_name);
    words[1] = bytes_make(full_name.data + bar + 1, full_name.len - bar - 1);
    struct registered_command *command = registry_resolve(registry, words, 2, &is_unknown_subcommand);
    return command && command->parent ? command : NULL;
}

/* ---- making ---- */

/* Behind the number of keys, if that comes first. */
static int place_of_first_key(const struct command *row)
{
    const struct key_spec *spec = &row->keys[0];
    if (spec->begin != KEY_BEGIN_INDEX || spec->flags & KEY_NOT_KEY)
        return 0;
    return spec->find == KEY_FIND_KEYNUM ? spec->first + spec->keys_from : spec->first;
}

/* What flags say of a command's ACL categories need not be said again in its row. */
static uint32_t acl_of(const struct command *row)
{
    uint32_t acl = row->acl;
    if (row->flags & COMMAND_WRITE)
        acl |= ACL_WRITE;
    if ((row->flags & COMMAND_READONLY) && !(acl & ACL_SCRIPTING))
        acl |= ACL_READ;
    if (row->flags & COMMAND_ADMIN)
        acl |= ACL_ADMIN | ACL_DANGEROUS;
    if (row->flags & COMMAND_PUBSUB)
        acl |= ACL_PUBSUB;
    if (row->flags & COMMAND_BLOCKING)
        acl |= ACL_BLOCKING;
    return acl | (row->flags & COMMAND_FAST ? ACL_FAST : ACL_SLOW);
}

static void check_key_spec(const struct command *row, const struct key_spec *spec)
{
    unsigned access = spec->flags & (KEY_RO | KEY_RW | KEY_OW | KEY_RM);
    int required = row->arity < 0 ? -row->arity : row->arity;
    ASSERT((access != 0 && (access & (access - 1)) == 0) || (spec->flags & KEY_NOT_KEY));
    ASSERT((spec->begin == KEY_BEGIN_KEYWORD) == (spec->keyword != NULL));
    if (spec->begin == KEY_BEGIN_INDEX) {
        ASSERT(spec->first > 0);
        ASSERT(spec->first < required || spec->last < 0); /* a list up to the end may be empty */
    }
    ASSERT(spec->find == KEY_FIND_UNKNOWN || spec->step > 0);
    if (spec->find == KEY_FIND_KEYNUM)
        ASSERT(spec->keys_from > spec->keynum_at);
}

static void check_row(const struct command *row)
{
    bool is_last_spec = false;
    ASSERT(row->name[0] != 0);
    for (const char *c = row->name; *c; c++)
        ASSERT(*c < 'A' || *c > 'Z');
    ASSERT(row->run || row->subcommands);
    ASSERT(row->arity != 0);
    ASSERT(row->group && row->since && row->summary);
    ASSERT(!(row->flags & COMMAND_WRITE) || !(row->flags & COMMAND_READONLY));
    for (int i = 0; i < KEY_SPECS_MAX; i++) {
        if (row->keys[i].begin == KEY_BEGIN_NONE) {
            is_last_spec = true;
            continue;
        }
        ASSERT(!is_last_spec);
        check_key_spec(row, &row->keys[i]);
    }
}

static void fill(struct registered_command *command, const struct command *row,
                 const struct registered_command *parent, int *next_id)
{
    check_row(row);
    *command = (struct registered_command){.row = row,
                                           .parent = parent,
                                           .id = (*next_id)++,
                                           .acl = acl_of(row),
                                           .key_at = place_of_first_key(row)};
    command->name = mem_strdup(row->name);
    if (parent) {
        size_t size = strlen(parent->full_name) + 1 + strlen(row->name) + 1;
        command->full_name = mem_alloc(size);
        snprintf(command->full_name, size, "%s|%s", parent->full_name, row->name);
    } else {
        command->full_name = mem_strdup(row->name);
    }
    if (!row->subcommands)
        return;
    while (row->subcommands[command->subcommand_count].name)
        command->subcommand_count++;
    command->subcommands = mem_zalloc((size_t)command->subcommand_count * sizeof *command->subcommands);
    for (int i = 0; i < command->subcommand_count; i++)
        fill(&command->subcommands[i], &row->subcommands[i], command, next_id);
}

/* True when every reachable command got a place of its own under the current multiplier. */
static bool try_places(struct registry *registry)
{
    memset(registry->places, 0, sizeof(uint16_t) << (64 - registry->place_shift));
    for (int i = 1; i <= registry->reachable_count; i++) {
        uint16_t *place = &registry->places[place_of(registry, registry->slots[i].words)];
        if (*place != 0)
            return false;
        *place = (uint16_t)i;
    }
    return true;
}

/* With n*n/8 places or more, one multiplier in about 50 will do: well under a millisecond. */
static void rebuild_places(struct registry *registry)
{
    const size_t count = (size_t)registry->reachable_count;
    unsigned bits = 4;
    ASSERT(count < UINT16_MAX);
    while (count * count / 8 > (size_t)1 << bits)
        bits++;
    memset(registry->recent, 0, sizeof registry->recent);
    mem_free(registry->slots);
    registry->slots = mem_zalloc((count + 1) * sizeof *registry->slots);
    registry->slots[0].len = SIZE_MAX;
    for (size_t i = 1; i <= count; i++) {
        struct bytes name = bytes_of(registry->reachable[i - 1]->name);
        registry->slots[i] = (struct slot){name_words(name), name.len, registry->reachable[i - 1]};
    }
    registry->place_shift = 64 - bits;
    mem_free(registry->places);
    registry->places = mem_alloc(sizeof(uint16_t) << bits);
    registry->multiplier = UINT64_C(0x9e3779b97f4a7c15);
    for (int tries = 0; !try_places(registry); tries++) {
        if (tries == 100000)
            PANIC("two commands have the same name");
        registry->multiplier = registry->multiplier * UINT64_C(0xd1342543de82ef95) + 2; /* stays odd */
    }
}

struct registry *registry_new(const struct command_family *const *families, int count)
{
    struct registry *registry = mem_zalloc(sizeof *registry);
    int next_id = 0;
    for (int i = 0; i < count; i++) {
        for (const struct command *row = families[i]->commands; row->name; row++)
            registry->command_count++;
    }
    registry->commands = mem_zalloc(((size_t)registry->command_count + 1) * sizeof *registry->commands);
    registry->reachable = mem_zalloc(((size_t)registry->command_count + 1) * sizeof *registry->reachable);
    for (int i = 0; i < count; i++) {
        for (const struct command *row = families[i]->commands; row->name; row++) {
            struct registered_command *command = &registry->commands[registry->reachable_count];
            fill(command, row, NULL, &next_id);
            registry->reachable[registry->reachable_count++] = command;
        }
    }
    rebuild_places(registry);
    return registry;
}

static void clear(struct registered_command *command)
{
    for (int i = 0; i < command->subcommand_count; i++)
        clear(&command->subcommands[i]);
    mem_free(command->subcommands);
    mem_free(command->name);
    mem_free(command->full_name);
    histogram_free(command->latency);
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    for (int i = 0; i < registry->command_count; i++)
        clear(&registry->commands[i]);
    mem_free(registry->commands);
    mem_free(registry->reachable);
    mem_free(registry->slots);
    mem_free(registry->places);
    mem_free(registry);
}

/* ---- renaming ---- */

static void remove_reachable(struct registry *registry, const struct registered_command *command)
{
    int kept = 0;
    for (int i = 0; i < registry->reachable_count; i++) {
        if (registry->reachable[i] != command)
            registry->reachable[kept++] = registry->reachable[i];
    }
    registry->reachable_count = kept;
}

bool registry_rename(struct registry *registry, struct bytes from, struct bytes to)
{
    struct registered_command *command = registry_find(registry, from);
    const struct registered_command *there = to.len > 0 ? registry_find(registry, to) : NULL;
    if (!command || (there && there != command))
        return false;
    if (to.len == 0) {
        remove_reachable(registry, command);
    } else {
        mem_free(command->name);
        command->name = bytes_to_cstring(to);
        for (char *c = command->name; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    rebuild_places(registry);
    return true;
}

/* ---- all of them ---- */

int registry_count(const struct registry *registry)
{
    return registry->reachable_count;
}

struct registered_command *registry_at(const struct registry *registry, int index)
{
    ASSERT(index >= 0 && index < registry->reachable_count);
    return registry->reachable[index];
}

void registry_each(const struct registry *registry,
                   void (*visit)(void *context, struct registered_command *command), void *context)
{
    for (int i = 0; i < registry->command_count; i++) {
        struct registered_command *command = &registry->commands[i];
        visit(context, command);
        for (int j = 0; j < command->subcommand_count; j++)
            visit(context, &command->subcommands[j]);
    }
}

static void reset_stats(void *context, struct registered_command *command)
{
    (void)context;
    command->calls = command->ticks = command->rejected = command->failed = 0;
    histogram_free(command->latency);
    command->latency = NULL;
}

void registry_reset_stats(struct registry *registry)
{
    registry_each(registry, reset_stats, NULL);
}

void command_print_name(const struct registered_command *command, struct buf *out)
{
    if (command->parent)
        buf_printf(out, "%s|", command->parent->row->name);
    buf_append_text(out, command->row->name);
}
