/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams of the model. Entries are the value's items: an item's name is the ID, in bytes that have its
 * order, its content the fields as they are replied. There are a few groups, and a few consumers in each. */
#ifndef SIM_MODEL_STREAM_H
#define SIM_MODEL_STREAM_H

#include "model.h"

enum { STREAM_GROUPS = 2, STREAM_CONSUMERS = 3, ID_SIZE = 16, ID_TEXT = 48 };

/* In the order of their names. */
extern const char *const model_groups[STREAM_GROUPS], *const model_consumers[STREAM_CONSUMERS];

struct id {
    uint64_t ms, sequence;
};

struct pending {
    struct id id;
    int consumer;
    int64_t delivered_ms; /* wall clock */
    int64_t deliveries;
};

struct model_group {
    bool is_there;
    bool has[STREAM_CONSUMERS];
    struct id last;
    struct pending *pending; /* by ID */
    int count;
};

struct model_stream {
    struct id last;
    struct model_group groups[STREAM_GROUPS];
};

int id_compare(struct id a, struct id b);
void id_print(char text[ID_TEXT], struct id id);
/* "ms-sequence", "ms", "-", "+"; the sequence is the one given where it is missing. */
struct id id_parse(struct bytes text, uint64_t sequence);
struct id id_of_item(const struct item *item);
/* -1: there is none. */
int stream_entry_index(const struct model_value *value, struct id id);
/* Of the last entry; false: there is none. */
bool stream_has_behind(const struct model_value *value, struct id id);

/* Empty ones of which nothing is known are NULL. */
void model_stream_copy(struct model_value *to, const struct model_value *from);
void model_stream_free(struct model_stream *stream);

/* The pending entry's index; if there is none, -1 or, `*place`, where it belongs. */
int pending_find(const struct model_group *group, struct id id, int *place);
void pending_put(struct model_group *group, struct pending pending);
void pending_remove(struct model_group *group, int index);

/* The stream at argv[index], made where there is none and `makes`; NULL otherwise. */
struct model_value *call_stream_value(const struct model_call *call, int index, bool makes);
struct model_group *model_group_at(const struct model_value *value, struct bytes name);
int model_group_number(struct bytes name);
int model_consumer(struct bytes name);
/* Of the reply to what reads so many streams. */
void out_head(struct session *session, int count);

void encode_id(struct buf *out, struct id id);
void encode_entry(struct buf *out, const struct item *item);

/* XREAD's words: where its streams are, and how long it waits. */
struct read_words {
    int first, count; /* of the keys; the IDs follow these */
    int64_t most;     /* entries of each; INT64_MAX: all */
    int block;        /* where the time is; 0: it doesn't wait */
    int group;        /* of XREADGROUP */
    bool no_ack;
};
struct read_words read_words(const struct model_call *call);
/* Waits, or says that there is nothing. */
void read_waits(struct model_call *call, const struct read_words *words);

#endif
