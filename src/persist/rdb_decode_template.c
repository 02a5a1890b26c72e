/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes that have their fields' names in front, or refer to a template in the file that has them:
 *
 *     with its template (listpack)   count, names ..., a listpack of contents
 *     of a template (listpack)       a listpack of the template's number, and contents
 *     with its template              count, then a name and a content each
 *     of a template                  the template's number, contents ... */
#include "base/number.h"
#include "rdb_decode.h"
#include "rdb_packed.h"
#include "rdb_template.h"

/* Contents that come one by one, and whose names they are. */
struct contents {
    struct rdb_decoding *decoding;
    const struct rdb_templates *templates;
    size_t at, left; /* the next name, and how many there are */
    bool has_number; /* a number comes first */
    bool is_lost;    /* there is no such template, or it has another number of fields */
};

static void refer(struct contents *contents, uint64_t number)
{
    const struct rdb_template *template =
        contents->templates ? rdb_templates_find(contents->templates, number) : NULL;
    contents->is_lost = !template;
    if (!template)
        return;
    contents->at = template->begin;
    contents->left = template->count;
}

/* The names of a template were compared when it came. */
static void tell_content(struct contents *contents, struct bytes text)
{
    struct rdb_decoding *decoding = contents->decoding;
    struct rdb_element element = {.content = text, .expires_ms = RDB_NO_EXPIRY};
    if (contents->left == 0) {
        contents->is_lost = true;
        return;
    }
    contents->left--;
    element.text = rdb_templates_next_name(contents->templates, &contents->at);
    if (rdb_is_told(decoding))
        rdb_tell_element(decoding, &element);
}

static void take_packed(void *context, const struct bytes *texts)
{
    struct contents *contents = context;
    uint64_t number;
    if (contents->is_lost)
        return;
    if (!contents->has_number) {
        tell_content(contents, texts[0]);
        return;
    }
    contents->has_number = false;
    if (parse_u64(texts[0], &number))
        refer(contents, number);
    else
        contents->is_lost = true;
}

static bool decode_packed_contents(struct contents *contents)
{
    struct rdb_decoding *decoding = contents->decoding;
    const struct rdb_packed_taker taker = {1, take_packed, contents};
    struct bytes packed;
    decoding->offset = decoding->reader->offset;
    rdb_tell_begin(decoding, 0);
    if (!rdb_reader_look(decoding->reader, "a packed value", &packed))
        return false;
    if (!rdb_listpack_read(packed, &taker))
        rdb_note_flaw(decoding, "the packed value is broken");
    if (contents->is_lost || contents->left > 0)
        rdb_note_flaw(decoding, "the hash hasn't the fields of its template");
    return true;
}

/* Its names are a template of its own. */
static bool decode_own_packed(struct rdb_decoding *decoding)
{
    struct rdb_templates own = {.count = 0};
    struct bytes name;
    uint64_t count;
    bool is_good = rdb_decode_count(decoding, &count);
    for (uint64_t i = 0; is_good && i < count; i++) {
        is_good = rdb_decode_text(decoding, &name);
        if (is_good && name.data) {
            rdb_hashes_add(&decoding->seen, name);
            rdb_templates_add_name(&own, name);
        }
    }
    if (is_good) {
        rdb_note_repeats(decoding, &decoding->seen);
        struct contents contents = {decoding, &own, 0, decoding->reader->has_flaw ? 0 : (size_t)count,
                                    false,    false};
        is_good = decode_packed_contents(&contents);
    }
    rdb_templates_clear(&own);
    return is_good;
}

static bool decode_packed_reference(struct rdb_decoding *decoding)
{
    struct contents contents = {
        .decoding = decoding, .templates = decoding->reader->templates, .has_number = true};
    return decode_packed_contents(&contents);
}

/* Without its template nobody knows where it ends. */
static bool decode_reference(struct rdb_decoding *decoding)
{
    struct contents contents = {.decoding = decoding, .templates = decoding->reader->templates};
    struct bytes text;
    uint64_t number;
    if (!rdb_decode_length(decoding, &number))
        return false;
    refer(&contents, number);
    if (contents.is_lost)
        return rdb_reader_refuse(decoding->reader, decoding->offset, "there is no template %llu of hashes",
                                 (unsigned long long)number);
    rdb_tell_begin(decoding, contents.left);
    while (contents.left > 0) {
        if (!rdb_decode_content(decoding, &text))
            return false;
        tell_content(&contents, text);
    }
    return true;
}

bool rdb_decode_template(struct rdb_decoding *decoding)
{
    switch (decoding->codec->code) {
    case RDB_TYPE_HASH_TEMPLATE_LISTPACK:
        return decode_own_packed(decoding);
    case RDB_TYPE_HASH_TEMPLATE_LISTPACK_REF:
        return decode_packed_reference(decoding);
    case RDB_TYPE_HASH_TEMPLATE:
        return rdb_decode_hash(decoding);
    default:
        return decode_reference(decoding);
    }
}
