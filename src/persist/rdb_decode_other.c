/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that nobody here will ever build, and what stands between keys: where they end is all that is
 * known. */
#include "rdb_decode.h"

/* ---- arrays ---- */

/* An index, a tag, and what it stands for: a string, or a number of eight bytes. */
static bool pass_array_element(struct rdb_decoding *decoding)
{
    enum { TEXT, INTEGER, FLOAT, SHORT_TEXT };
    uint64_t offset = decoding->reader->offset, index, tag;
    const char *bytes;
    if (!rdb_decode_length(decoding, &index) || !rdb_decode_length(decoding, &tag))
        return false;
    if (tag > SHORT_TEXT)
        return rdb_reader_refuse(decoding->reader, offset, "an array has no elements of kind %llu",
                                 (unsigned long long)tag);
    if (tag == INTEGER || tag == FLOAT)
        return rdb_decode_bytes(decoding, sizeof(uint64_t), &bytes);
    return rdb_reader_pass_string(decoding->reader, "an element");
}

/* Where the next one will be inserted is told by a flag. */
bool rdb_decode_array(struct rdb_decoding *decoding)
{
    uint64_t count, has_place;
    if (!rdb_decode_count(decoding, &count) || !rdb_decode_length(decoding, &has_place))
        return false;
    if (has_place > 1)
        rdb_note_flaw(decoding, "the place of insertion is neither there nor not there");
    if (has_place == 1 && !rdb_pass_lengths(decoding, 1))
        return false;
    while (count-- > 0) {
        if (!pass_array_element(decoding))
            return false;
    }
    return true;
}

/* ---- modules ---- */

bool rdb_pass_module_items(struct rdb_reader *reader)
{
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, STRING };
    for (;;) {
        uint64_t offset = reader->offset, kind, number;
        const char *bytes;
        bool is_good;
        if (!rdb_reader_length(reader, "an item of a module's value", &kind))
            return false;
        switch (kind) {
        case END:
            return true;
        case SIGNED:
        case UNSIGNED:
            is_good = rdb_reader_length(reader, "a number", &number);
            break;
        case FLOAT:
            is_good = rdb_reader_take(reader, sizeof(float), "a number", &bytes);
            break;
        case DOUBLE:
            is_good = rdb_reader_take(reader, sizeof(double), "a number", &bytes);
            break;
        case STRING:
            is_good = rdb_reader_pass_string(reader, "an element");
            break;
        default:
            return rdb_reader_refuse(reader, offset, "a module's value has no items of kind %llu",
                                     (unsigned long long)kind);
        }
        if (!is_good)
            return false;
    }
}

/* Nine letters and a version make a module's number: a small one is none. */
static bool pass_module_id(struct rdb_reader *reader)
{
    uint64_t offset = reader->offset, id;
    if (!rdb_reader_length(reader, "a module's number", &id))
        return false;
    if (id <= UINT32_MAX)
        rdb_reader_note_flaw(reader, offset, "there is no such module");
    return true;
}

bool rdb_decode_module(struct rdb_decoding *decoding)
{
    return pass_module_id(decoding->reader) && rdb_pass_module_items(decoding->reader);
}

/* Its number, when it is to be loaded (a kind of number, and the number), and its items. */
static bool pass_module_aux(struct rdb_reader *reader)
{
    uint64_t kind, when;
    return pass_module_id(reader) && rdb_reader_length(reader, "a number", &kind) &&
           rdb_reader_length(reader, "a number", &when) && rdb_pass_module_items(reader);
}

/* ---- functions ---- */

/* The text begins with the language's name. */
static bool pass_functions(struct rdb_reader *reader, uint64_t offset)
{
    struct bytes code;
    if (!rdb_reader_look(reader, "a library of functions", &code))
        return false;
    if (!bytes_starts_with(code, BYTES("#!")))
        rdb_reader_note_flaw(reader, offset, "a library of functions doesn't begin with #!");
    return true;
}

bool rdb_pass_extra(struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    if (opcode == RDB_MODULE_AUX)
        return pass_module_aux(reader);
    if (opcode == RDB_FUNCTION2)
        return pass_functions(reader, offset);
    return rdb_reader_refuse(reader, offset, "functions of a 7.0 release candidate don't say where they end");
}

bool rdb_decode_opaque(struct rdb_decoding *decoding)
{
    return rdb_reader_refuse(decoding->reader, decoding->reader->offset,
                             "a value of type %u (%s) doesn't say where it ends", decoding->codec->code,
                             decoding->codec->name);
}
