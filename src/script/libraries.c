/* SPDX-License-Identifier: BSD-3-Clause */
#include "libraries.h"
#include "base/alloc.h"
#include "base/hash.h"

#define NAME_HASHED_MAX 64

/* ---- functions by name ---- */

/* Names that differ in case alone are one: so must their hashes be. */
static uint64_t hash_of_name(struct bytes name)
{
    char lowered[NAME_HASHED_MAX];
    size_t len = name.len < sizeof lowered ? name.len : sizeof lowered;
    for (size_t i = 0; i < len; i++)
        lowered[i] = (char)(name.data[i] | 0x20);
    return hash_bytes(lowered, len);
}

static uint64_t hash_of_function(void *context, const void *item)
{
    (void)context;
    return hash_of_name(bytes_of(((const struct function *)item)->name));
}

static const struct table_type function_table = {.hash = hash_of_function};

static bool has_name(const void *item, const void *wanted)
{
    return bytes_is_nocase(*(const struct bytes *)wanted, ((const struct function *)item)->name);
}

struct function *libraries_find_function(const struct libraries *libraries, struct bytes name)
{
    return table_slot_item(table_find(&libraries->functions, hash_of_name(name), has_name, &name));
}

/* ---- one library ---- */

bool library_name_is_valid(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return name.len > 0;
}

struct library *library_new(struct bytes name, struct bytes code)
{
    struct library *library = mem_zalloc(sizeof *library);
    library->name = bytes_to_cstring(name);
    library->code = blob_of(code);
    list_init(&library->functions);
    return library;
}

static struct function *function_at(const struct list *link)
{
    return LIST_ENTRY(link, struct function, link);
}

static void free_function(struct function *function, lua_State *lua)
{
    if (lua)
        luaL_unref(lua, LUA_REGISTRYINDEX, function->program.function);
    list_remove(&function->link);
    if (function->description)
        blob_unref(function->description);
    mem_free(function->name);
    mem_free(function);
}

void library_free(struct library *library, lua_State *lua)
{
    while (!list_is_empty(&library->functions))
        free_function(function_at(library->functions.next), lua);
    blob_unref(library->code);
    mem_free(library->name);
    mem_free(library);
}

struct function *library_add_function(struct library *library, const char *name)
{
    LIST_EACH(link, &library->functions) {
        if (bytes_is_nocase(bytes_of(name), function_at(link)->name))
            return NULL;
    }
    struct function *function = mem_zalloc(sizeof *function);
    function->name = mem_strdup(name);
    function->program = (struct program){.function = LUA_NOREF, .says_flags = true};
    list_append(&library->functions, &function->link);
    library->function_count++;
    return function;
}

/* ---- all of them ---- */

struct libraries *libraries_new(void)
{
    struct libraries *libraries = mem_zalloc(sizeof *libraries);
    list_init(&libraries->all);
    table_init(&libraries->functions, &function_table, NULL);
    return libraries;
}

struct library *libraries_find(const struct libraries *libraries, struct bytes name)
{
    LIST_EACH(link, &libraries->all) {
        struct library *library = LIST_ENTRY(link, struct library, link);
        if (bytes_is(name, library->name))
            return library;
    }
    return NULL;
}

void libraries_add(struct libraries *libraries, struct library *library)
{
    list_append(&libraries->all, &library->link);
    libraries->count++;
    libraries->function_count += library->function_count;
    LIST_EACH(link, &library->functions) {
        struct function *function = function_at(link);
        table_insert(&libraries->functions, hash_of_function(NULL, function), function);
    }
}

static void take_out(struct libraries *libraries, struct library *library)
{
    LIST_EACH(link, &library->functions) {
        struct function *function = function_at(link);
        uint64_t hash = hash_of_function(NULL, function);
        table_remove(&libraries->functions, table_locate(&libraries->functions, hash, function));
    }
    list_remove(&library->link);
    libraries->count--;
    libraries->function_count -= library->function_count;
}

void libraries_remove(struct libraries *libraries, struct library *library, lua_State *lua)
{
    take_out(libraries, library);
    library_free(library, lua);
}

void libraries_clear(struct libraries *libraries, lua_State *lua)
{
    while (!list_is_empty(&libraries->all))
        libraries_remove(libraries, LIST_ENTRY(libraries->all.next, struct library, link), lua);
}

void libraries_free(struct libraries *libraries)
{
    libraries_clear(libraries, NULL);
    table_clear(&libraries->functions);
    mem_free(libraries);
}

size_t libraries_memory(const struct libraries *libraries)
{
    size_t size = 0;
    LIST_EACH(link, &libraries->all) {
        const struct library *library = LIST_ENTRY(link, struct library, link);
        size += sizeof *library + library->code->len + library->function_count * sizeof(struct function);
    }
    return size;
}

/* ---- joining ---- */

static void move_all(struct libraries *to, struct libraries *from)
{
    while (!list_is_empty(&from->all)) {
        struct library *library = LIST_ENTRY(from->all.next, struct library, link);
        take_out(from, library);
        libraries_add(to, library);
    }
}

/* Moves those whose names are in `from` to `replaced`; false when that may not be. */
static bool make_room(struct libraries *libraries, const struct libraries *from, bool replaces,
                      struct libraries *replaced, struct buf *error)
{
    LIST_EACH(link, &from->all) {
        const struct library *library = LIST_ENTRY(link, struct library, link);
        struct library *present = libraries_find(libraries, bytes_of(library->name));
        if (present && !replaces) {
            buf_printf(error, "ERR Library %s already exists", library->name);
            return false;
        }
        if (present) {
            take_out(libraries, present);
            libraries_add(replaced, present);
        }
    }
    return true;
}

static bool library_fits(const struct libraries *libraries, const struct library *library, struct buf *error)
{
    LIST_EACH(link, &library->functions) {
        const char *name = function_at(link)->name;
        if (libraries_find_function(libraries, bytes_of(name))) {
            buf_printf(error, "ERR Function %s already exists", name);
            return false;
        }
    }
    return true;
}

static bool all_fit(const struct libraries *libraries, const struct libraries *from, struct buf *error)
{
    LIST_EACH(link, &from->all) {
        if (!library_fits(libraries, LIST_ENTRY(link, struct library, link), error))
            return false;
    }
    return true;
}

bool libraries_join(struct libraries *libraries, struct libraries *from, bool replaces, lua_State *lua,
                    struct buf *error)
{
    struct libraries *replaced = libraries_new();
    bool is_good = make_room(libraries, from, replaces, replaced, error) && all_fit(libraries, from, error);
    move_all(libraries, is_good ? from : replaced);
    libraries_clear(replaced, lua);
    libraries_free(replaced);
    return is_good;
}
