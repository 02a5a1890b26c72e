/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of types: each number has one row, each layout is told as what it stands for, and what is encoded
 * is decoded again. */
#include "base/buf.h"
#include "base/list.h"
#include "persist/rdb_codec.h"
#include "persist/rdb_template.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a builder that shows what it is told ---- */

static void show_string(void *context, struct value value)
{
    char scratch[STRING_SCRATCH];
    buf_append_bytes(context, string_bytes(&value, scratch));
    blob_unref(value.blob);
}

static void show_begin(void *context, enum rdb_kind kind, uint64_t count)
{
    static const char *const names[] = {"string", "list", "set", "zset", "hash", "stream"};
    buf_printf(context, "%s", names[kind]);
    if (count > 0)
        buf_printf(context, " of %llu", (unsigned long long)count);
    buf_append_char(context, ':');
}

/* "twice" is there already. */
static bool show_element(void *context, const struct rdb_element *element)
{
    buf_append_char(context, ' ');
    buf_append_bytes(context, element->text);
    if (element->content.data)
        buf_printf(context, "=%.*s", (int)element->content.len, element->content.data);
    if (element->score != 0)
        buf_printf(context, "/%g", element->score);
    if (element->expires_ms != RDB_NO_EXPIRY)
        buf_printf(context, "@%lld", (long long)element->expires_ms);
    return !bytes_is(element->text, "twice");
}

static void show_id(struct buf *shown, const char *what, struct rdb_stream_id id)
{
    buf_printf(shown, " %s%llx-%llx", what, (unsigned long long)id.ms, (unsigned long long)id.sequence);
}

static bool show_entry(void *context, struct rdb_stream_id id)
{
    show_id(context, "entry ", id);
    return true;
}

static bool show_stream(void *context, const struct rdb_stream_facts *facts)
{
    buf_printf(context, "; length %llu", (unsigned long long)facts->length);
    show_id(context, "last ", facts->last);
    if (facts->has_more) {
        show_id(context, "first ", facts->first);
        show_id(context, "deleted ", facts->max_deleted);
        buf_printf(context, " added %llu", (unsigned long long)facts->entries_added);
    }
    return true;
}

static bool show_group(void *context, const struct rdb_stream_group *group)
{
    buf_printf(context, "; group %.*s", (int)group->name.len, group->name.data);
    show_id(context, "last ", group->last);
    if (group->entries_read != UINT64_MAX)
        buf_printf(context, " read %llu", (unsigned long long)group->entries_read);
    return true;
}

static bool show_pending(void *context, const struct rdb_stream_pending *pending)
{
    show_id(context, "pending ", pending->id);
    buf_printf(context, " at %llx times %llu", (unsigned long long)pending->delivered_ms,
               (unsigned long long)pending->deliveries);
    return true;
}

static bool show_consumer(void *context, const struct rdb_stream_consumer *consumer)
{
    buf_printf(context, " consumer %.*s seen %llx", (int)consumer->name.len, consumer->name.data,
               (unsigned long long)consumer->seen_ms);
    if (consumer->active_ms != -1)
        buf_printf(context, " active %llx", (unsigned long long)consumer->active_ms);
    return true;
}

static bool show_consumer_pending(void *context, struct rdb_stream_id id)
{
    show_id(context, "has ", id);
    return true;
}

/* Decodes a value for a builder, and for nobody. False when it is refused or broken, which must be seen both
 * times unless only the builder knows. */
static bool decode(const struct rdb_codec *codec, struct bytes bytes, const struct rdb_templates *templates,
                   struct buf *shown)
{
    const struct rdb_builder builder = {.string = show_string,
                                        .begin = show_begin,
                                        .element = show_element,
                                        .entry = show_entry,
                                        .stream = show_stream,
                                        .group = show_group,
                                        .pending = show_pending,
                                        .consumer = show_consumer,
                                        .consumer_pending = show_consumer_pending,
                                        .context = shown};
    struct source source;
    struct rdb_reader reader;
    struct error error;
    bool is_good[2];
    shown->len = 0;
    source_of_bytes(&source, bytes);
    for (int i = 0; i < 2; i++) {
        rdb_reader_init(&reader, &source, &error);
        reader.templates = templates;
        is_good[i] = rdb_decode(codec, &reader, i == 0 ? &builder : NULL) && !reader.has_flaw;
        assert_true(!is_good[i] || reader.offset == bytes.len);
        rdb_reader_clear(&reader);
    }
    assert_true(is_good[0] == is_good[1] || codec->kind == RDB_KIND_LIST);
    return is_good[0];
}

/* ---- the table ---- */

static void each_number_has_one_row(void **state)
{
    (void)state;
    size_t found = 0;
    for (int dialect = RDB_REDIS; dialect <= RDB_VALKEY; dialect++) {
        for (unsigned code = 0; code < 256; code++) {
            const struct rdb_codec *codec = rdb_codec_find((enum rdb_dialect)dialect, code);
            if (!codec)
                continue;
            found++;
            assert_int_equal(codec->code, code);
            assert_non_null(codec->decode);
            assert_ptr_equal(codec, rdb_codec_at(rdb_codec_index(codec)));
        }
    }
    /* 21 of both, 12 and 2 of their own: no row is hidden by another. */
    assert_int_equal(found, 2 * 21 + 12 + 2);
    assert_int_equal(rdb_codec_count(), 21 + 12 + 2);
    assert_null(rdb_codec_find(RDB_REDIS, 8));
    assert_null(rdb_codec_find(RDB_VALKEY, 24));
    assert_ptr_not_equal(rdb_codec_find(RDB_REDIS, 22), rdb_codec_find(RDB_VALKEY, 22));
    assert_ptr_equal(rdb_codec_find(RDB_REDIS, 16), rdb_codec_find(RDB_VALKEY, 16));
}

static void what_is_written_is_what_the_reader_knows(void **state)
{
    (void)state;
    assert_int_equal(rdb_codec_for(RDB_KIND_STRING, RDB_LAYOUT_PLAIN, 10)->code, RDB_TYPE_STRING);
    assert_int_equal(rdb_codec_for(RDB_KIND_SET, RDB_LAYOUT_LISTPACK, 11)->code, RDB_TYPE_SET_LISTPACK);
    assert_int_equal(rdb_codec_for(RDB_KIND_SET, RDB_LAYOUT_LISTPACK, 10)->code, RDB_TYPE_SET);
    assert_int_equal(rdb_codec_for(RDB_KIND_SET, RDB_LAYOUT_INTSET, 10)->code, RDB_TYPE_SET_INTSET);
    assert_int_equal(rdb_codec_for(RDB_KIND_HASH, RDB_LAYOUT_INTSET, 10)->code, RDB_TYPE_HASH);
    assert_null(rdb_codec_for(RDB_KIND_MODULE, RDB_LAYOUT_PLAIN, 11));
    for (int kind = RDB_KIND_STRING; kind <= RDB_KIND_OTHER; kind++) {
        for (int layout = RDB_LAYOUT_PLAIN; layout <= RDB_LAYOUT_INTSET; layout++) {
            const struct rdb_codec *codec = rdb_codec_for((enum rdb_kind)kind, (enum rdb_layout)layout, 10);
            assert_true(!codec || (codec->encode && (int)codec->kind == kind && codec->version <= 10));
        }
    }
}

/* ---- decoding ---- */

#define ID   "\0\0\0\0\0\0\x07\xd0\0\0\0\0\0\0\0\5"
#define TIME "\1\2\3\4\5\6\7\0"
#define TEXT(literal)                 \
    {                                 \
        (literal), sizeof literal - 1 \
    }
#define PAIRS                \
    "\x13\x13\0\0\0\4\0\x81" \
    "f\2\x81"                \
    "v\2\x81"                \
    "n\2\xc1\x2c\2\xff"
#define SCORES               \
    "\x14\x14\0\0\0\4\0\x81" \
    "f\2\x83"                \
    "1.5\4\x81"              \
    "n\2\1\1\xff"
#define TRIPLES              \
    "\x15\x15\0\0\0\6\0\x81" \
    "f\2\1\1\0\1\x81"        \
    "g\2\2\1\5\1\xff"
/* An entry at 1-2 after the node's, with its fields. */
#define NODE                               \
    "\x1d\x1d\0\0\0\x0a\0\1\1\0\1\1\1\x81" \
    "f\2\0\1\2\1\1\1\2\1\x81"              \
    "v\2\4\1\xff"
#define STREAM_SHOWN "stream: entry 7d1-7 f=v; length 1 last 7d9-1"
#define MORE_SHOWN   " first 2-3 deleted 4-5 added 6"
#define GROUP_SHOWN  " pending 7d0-5 at 7060504030201 times 1 consumer c seen 7060504030201"

static const struct {
    enum rdb_dialect dialect;
    unsigned code;
    struct bytes bytes;
    const char *shown;
} samples[] = {
    {RDB_REDIS, RDB_TYPE_STRING, TEXT("\3abc"), "abc"},
    {RDB_REDIS, RDB_TYPE_LIST, TEXT("\2\1a\xc0\7"), "list of 2: a 7"},
    {RDB_REDIS, RDB_TYPE_SET, TEXT("\1\1a"), "set of 1: a"},
    {RDB_REDIS, RDB_TYPE_ZSET, TEXT("\3\1a\0031.5\1c\xfe\1d\xff"), "zset of 3: a/1.5 c/inf d/-inf"},
    {RDB_REDIS, RDB_TYPE_HASH, TEXT("\2\1f\1v\xc0\1\0"), "hash of 2: f=v 1="},
    {RDB_REDIS, RDB_TYPE_ZSET2, TEXT("\1\1a\0\0\0\0\0\0\xf8\x3f"), "zset of 1: a/1.5"},
    {RDB_REDIS, RDB_TYPE_HASH_ZIPMAP, TEXT("\7\1\1f\1\0v\xff"), "hash: f=v"},
    {RDB_REDIS, RDB_TYPE_LIST_ZIPLIST, TEXT("\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1x\3\xf8\xff"), "list: x 7"},
    {RDB_REDIS, RDB_TYPE_SET_INTSET, TEXT("\x0c\2\0\0\0\2\0\0\0\xff\xff\5\0"), "set: -1 5"},
    {RDB_REDIS, RDB_TYPE_ZSET_ZIPLIST, TEXT("\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1x\3\xf8\xff"), "zset: x/7"},
    {RDB_REDIS, RDB_TYPE_HASH_ZIPLIST, TEXT("\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1x\3\xf8\xff"), "hash: x=7"},
    {RDB_REDIS, RDB_TYPE_LIST_QUICKLIST,
     TEXT("\2\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1x\3\xf8\xff\x10\x10\0\0\0\x0d\0\0\0\2\0\0\1y\3\xf9\xff"),
     "list: x 7 y 8"},
    {RDB_REDIS, RDB_TYPE_STREAM,
     TEXT("\1\20" ID NODE "\1\x47\xd9\1\1\1g\1\2\1" ID TIME "\1\1\1c" TIME "\1" ID),
     STREAM_SHOWN "; group g last 1-2" GROUP_SHOWN " has 7d0-5"},
    {RDB_REDIS, RDB_TYPE_HASH_LISTPACK, TEXT(PAIRS), "hash: f=v n=300"},
    {RDB_REDIS, RDB_TYPE_ZSET_LISTPACK, TEXT(SCORES), "zset: f/1.5 n/1"},
    {RDB_REDIS, RDB_TYPE_LIST_QUICKLIST2, TEXT("\2\1\5plain\2" PAIRS), "list: plain f v n 300"},
    {RDB_REDIS, RDB_TYPE_STREAM2,
     TEXT("\1\20" ID NODE "\1\x47\xd9\1\2\3\4\5\6\1\1g\1\2\3\1" ID TIME "\1\1\1c" TIME "\1" ID),
     STREAM_SHOWN MORE_SHOWN "; group g last 1-2 read 3" GROUP_SHOWN " has 7d0-5"},
    {RDB_REDIS, RDB_TYPE_SET_LISTPACK, TEXT(PAIRS), "set: f v n 300"},
    {RDB_REDIS, RDB_TYPE_STREAM3,
     TEXT("\1\20" ID NODE "\1\x47\xd9\1\2\3\4\5\6\1\1g\1\2\3\1" ID TIME "\1\1\1c" TIME TIME "\1" ID),
     STREAM_SHOWN MORE_SHOWN "; group g last 1-2 read 3" GROUP_SHOWN " active 7060504030201 has 7d0-5"},
    {RDB_REDIS, RDB_TYPE_HASH_EXPIRING_PRE_GA, TEXT("\2\0\1f\1v\x40\xff\1g\1w"), "hash of 2: f=v g=w@255"},
    {RDB_REDIS, RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA, TEXT(TRIPLES), "hash: f=1 g=2@5"},
    {RDB_REDIS, RDB_TYPE_HASH_EXPIRING, TEXT("\x64\0\0\0\0\0\0\0\2\0\1f\1v\5\1g\1w"),
     "hash of 2: f=v g=w@104"},
    {RDB_REDIS, RDB_TYPE_HASH_LISTPACK_EXPIRING, TEXT(TIME TRIPLES), "hash: f=1 g=2@5"},
    {RDB_REDIS, RDB_TYPE_STREAM4,
     TEXT("\0\0\x09\1\2\3\4\5\6\0"
          "\x40\x64\x0a\1\3pid\2\1i\7\0\1j\7\1\2\0"),
     "stream:; length 0 last 9-1" MORE_SHOWN},
    {RDB_REDIS, RDB_TYPE_STREAM5,
     TEXT("\0\0\x09\1\2\3\4\5\6\1\1g\1\2\3\1" ID TIME "\1\1\1c" TIME TIME "\0\1" ID "\x40\x64\x0a\0\2\0"),
     "stream:; length 0 last 9-1" MORE_SHOWN "; group g last 1-2 read 3" GROUP_SHOWN " active 7060504030201"},
    {RDB_REDIS, RDB_TYPE_ARRAY, TEXT("\4\1\5\0\0\1a\1\1" TIME "\2\2" TIME "\x40\xff\3\2bc"), ""},
    {RDB_REDIS, RDB_TYPE_HASH_TEMPLATE_LISTPACK,
     TEXT("\2\1x\1y\x0c\x0c\0\0\0\2\0\7\1\x81"
          "v\2\xff"),
     "hash: x=7 y=v"},
    {RDB_REDIS, RDB_TYPE_HASH_TEMPLATE_LISTPACK_REF,
     TEXT("\x0e\x0e\0\0\0\3\0\5\1\7\1\x81"
          "v\2\xff"),
     "hash: name=7 age=v"},
    {RDB_REDIS, RDB_TYPE_HASH_TEMPLATE, TEXT("\2\1f\1v\1g\1w"), "hash of 2: f=v g=w"},
    {RDB_REDIS, RDB_TYPE_HASH_TEMPLATE_REF, TEXT("\5\1v\xc0\7"), "hash of 2: name=v age=7"},
    {RDB_REDIS, RDB_TYPE_MODULE,
     TEXT("\x81" TIME "\2\5\1\5\5\2ab\3"
          "abcd"
          "\4" TIME "\0"),
     ""},
    {RDB_VALKEY, RDB_VALKEY_TYPE_HASH_EXPIRING,
     TEXT("\2\1f\1v\xff\xff\xff\xff\xff\xff\xff\xff\1g\1w\x68\0\0\0\0\0\0\0"), "hash of 2: f=v g=w@104"},
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0] };

static void make_templates(struct rdb_templates *templates)
{
    rdb_templates_add_name(templates, BYTES("other"));
    assert_true(rdb_templates_add(templates, &(struct rdb_template){6, 0, 1, 0}));
    size_t begin = templates->names.len;
    rdb_templates_add_name(templates, BYTES("name"));
    rdb_templates_add_name(templates, BYTES("age"));
    assert_true(rdb_templates_add(templates, &(struct rdb_template){5, 0, 2, begin}));
    assert_false(rdb_templates_add(templates, &(struct rdb_template){6, 0, 1, 0}));
}

static void each_layout_is_told_as_what_it_stands_for(void **state)
{
    (void)state;
    struct rdb_templates templates = {.count = 0};
    struct buf shown = {0};
    make_templates(&templates);
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        const struct rdb_codec *codec = rdb_codec_find(samples[i].dialect, samples[i].code);
        if (!decode(codec, samples[i].bytes, &templates, &shown))
            fail_msg("type %u is refused", samples[i].code);
        assert_string_equal(buf_cstring(&shown), samples[i].shown);
    }
    rdb_templates_clear(&templates);
    buf_clear(&shown);
}

/* Types that don't say where they end aside, every row has a sample. */
static void each_row_has_a_sample(void **state)
{
    (void)state;
    bool is_seen[RDB_CODEC_COUNT_MAX] = {false};
    size_t missing = 0;
    for (int i = 0; i < SAMPLE_COUNT; i++)
        is_seen[rdb_codec_index(rdb_codec_find(samples[i].dialect, samples[i].code))] = true;
    for (size_t i = 0; i < rdb_codec_count(); i++)
        missing += !is_seen[i];
    assert_int_equal(missing, 3);
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    struct rdb_templates templates = {.count = 0};
    struct buf shown = {0};
    make_templates(&templates);
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        const struct rdb_codec *codec = rdb_codec_find(samples[i].dialect, samples[i].code);
        for (size_t len = 0; len < samples[i].bytes.len; len++)
            assert_false(decode(codec, bytes_make(samples[i].bytes.data, len), &templates, &shown));
    }
    rdb_templates_clear(&templates);
    buf_clear(&shown);
}

static void what_is_broken_is_told_no_further(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        struct bytes bytes;
    } cases[] = {
        {RDB_TYPE_HASH, TEXT("\2\1f\1v\1f\1w")},
        {RDB_TYPE_HASH_LISTPACK, TEXT("\x0f\x0f\0\0\0\4\0\1\1\1\1\1\1\1\1\xff")},
        {RDB_TYPE_SET, TEXT("\0")},
        {RDB_TYPE_ZSET_LISTPACK, TEXT(PAIRS)},
        {RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA, TEXT("\x0e\x0e\0\0\0\3\0\x81"
                                                      "f\2\1\1\xdf\xff\2\xff")},
        {RDB_TYPE_HASH_EXPIRING, TEXT("\xff\xff\xff\xff\xff\xff\xff\x7f\1\5\1f\1v")},
        {RDB_TYPE_ARRAY, TEXT("\1\2\1\0\1x")},
        {RDB_TYPE_ARRAY, TEXT("\1\0\1\4\1x")},
        {RDB_TYPE_STREAM5, TEXT("\0\0\x09\1\2\3\4\5\6\1\1g\1\2\3\0\0\1" ID "\x40\x64\x0a\0\2\0")},
        {RDB_TYPE_HASH_TEMPLATE_LISTPACK, TEXT("\1\1x\x0c\x0c\0\0\0\2\0\7\1\x81"
                                               "v\2\xff")},
        {RDB_TYPE_HASH_TEMPLATE_LISTPACK, TEXT("\2\1x\1x\x0c\x0c\0\0\0\2\0\7\1\x81"
                                               "v\2\xff")},
        {RDB_TYPE_HASH_TEMPLATE_LISTPACK_REF, TEXT("\x0c\x0c\0\0\0\2\0\7\1\x81"
                                                   "v\2\xff")},
        {RDB_TYPE_HASH_TEMPLATE_REF, TEXT("\5\1v\xc0\7")},
        {RDB_TYPE_RATE_LIMIT, TEXT("\1")},
    };
    struct buf shown = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rdb_reader reader;
        struct source source;
        struct error error;
        source_of_bytes(&source, cases[i].bytes);
        rdb_reader_init(&reader, &source, &error);
        if (rdb_decode(rdb_codec_find(RDB_REDIS, cases[i].code), &reader, NULL) && !reader.has_flaw)
            fail_msg("case %zu is whole", i);
        rdb_reader_clear(&reader);
    }
    /* What the builder knows already is a flaw, and the last that it hears of. */
    assert_false(decode(rdb_codec_find(RDB_REDIS, RDB_TYPE_LIST), BYTES("\3\1a\5twice\1b"), NULL, &shown));
    assert_string_equal(buf_cstring(&shown), "list of 3: a twice");
    buf_clear(&shown);
}

/* ---- and back ---- */

struct texts {
    struct rdb_elements elements;
    unsigned at;
};

static const struct rdb_element elements[] = {
    {.text = TEXT("-5"), .content = TEXT("one"), .score = -1.5, .expires_ms = RDB_NO_EXPIRY},
    {.text = TEXT("7"), .content = TEXT(""), .score = 1e300, .expires_ms = RDB_NO_EXPIRY},
    {.text = TEXT("70000"), .content = TEXT("300"), .score = 3, .expires_ms = RDB_NO_EXPIRY},
};

static void next(struct rdb_elements *from, struct rdb_element *element)
{
    *element = elements[LIST_ENTRY(from, struct texts, elements)->at++];
}

static void what_is_encoded_is_decoded(void **state)
{
    (void)state;
    static const struct {
        enum rdb_kind kind;
        const char *shown;
    } kinds[] = {
        {RDB_KIND_LIST, " -5 7 70000"},
        {RDB_KIND_SET, " -5 7 70000"},
        {RDB_KIND_ZSET, " -5/-1.5 7/1e+300 70000/3"},
        {RDB_KIND_HASH, " -5=one 7= 70000=300"},
    };
    struct buf shown = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (int layout = RDB_LAYOUT_PLAIN; layout <= RDB_LAYOUT_INTSET; layout++) {
            const struct rdb_codec *codec = rdb_codec_for(kinds[i].kind, (enum rdb_layout)layout, 11);
            struct texts texts = {.elements = {.count = 3, .next = next}};
            struct rdb_output output = {.compression = RDB_COMPRESSED};
            codec->encode(&output, &texts.elements);
            assert_true(decode(codec, buf_bytes(&output.bytes), NULL, &shown));
            assert_string_equal(strchr(buf_cstring(&shown), ':') + 1, kinds[i].shown);
            rdb_output_clear(&output);
        }
    }
    buf_clear(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_has_one_row),
        cmocka_unit_test(what_is_written_is_what_the_reader_knows),
        cmocka_unit_test(each_layout_is_told_as_what_it_stands_for),
        cmocka_unit_test(each_row_has_a_sample),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(what_is_broken_is_told_no_further),
        cmocka_unit_test(what_is_encoded_is_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
