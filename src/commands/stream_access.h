/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands on streams share: finding them and their groups, showing entries, recording. */
#ifndef COMMANDS_STREAM_ACCESS_H
#define COMMANDS_STREAM_ACCESS_H

#include "engine/edit.h"
#include "types/stream_group.h"

/* Room for an ID as an argument, and that argument. */
struct stream_id_text {
    char room[STREAM_ID_TEXT_MAX];
};
struct bytes stream_id_text(struct stream_id_text *text, struct stream_id id);

/* ---- finding ---- */

/* The stream at argv[index] to be read, NULL when there is none; false, having replied, when the key holds
 * another type. */
bool call_stream(struct call *call, int index, const struct stream **stream);
/* The same for who goes on to edit it, which is neither a read nor a miss. */
bool call_stream_peek(struct call *call, int index, const struct stream **stream);
/* Begins an edit of the stream at argv[index]; `*stream` NULL when there is none. */
bool call_stream_edit(struct call *call, int index, struct edit *edit, struct stream **stream);
/* The same to add or remove entries, for which there has to be memory. */
bool call_entries_edit(struct call *call, struct edit *edit, struct stream **stream);
/* Makes one where there is none: it is to be edited now. */
struct stream *edit_make_stream(struct edit *edit);

/* The group argv[2] of the stream argv[1]; false, having replied that there is no such key or group, or
 * another type. */
bool call_group(struct call *call, const struct stream **stream, const struct stream_group **group);
/* The same for who goes on to edit it. */
bool call_group_peek(struct call *call, const struct stream_group **group);

/* The same of the stream argv[key] and the group argv[group_name] for who goes on after others were served;
 * false, with nothing replied, when they aren't there any more. */
bool call_stream_edit_again(struct call *call, int key, struct edit *edit, struct stream **stream);
bool call_group_edit_again(struct call *call, int key, int group_name, struct edit *edit,
                           struct stream **stream, struct stream_group **group);

/* The consumer of that name, made when there is none; says so in both cases. */
struct stream_consumer *call_get_consumer(struct call *call, struct edit *edit, struct stream_group *group,
                                          struct bytes name, bool *is_new);

/* Frees on the helper thread what was trimmed. */
void release_trimmed(const struct call *call, struct tree *cut);

/* ---- showing ---- */

void reply_stream_id(struct reply *reply, struct stream_id id);
/* The ID with fields and values. */
void reply_stream_entry(struct reply *reply, struct stream_entry entry);

/* ---- recording ---- */

/* Who has what of a group, for records. */
struct stream_record {
    struct bytes key, group, consumer;
};

/* XCLAIM: that the entry is pending so; "LASTID" is the group's. */
void record_claim(struct call *call, const struct stream_record *record, const struct stream_group *group,
                  const struct stream_pending *pending);
/* XGROUP SETID: how far the group has read. */
void record_read(struct call *call, const struct stream_record *record, const struct stream_group *group);
void record_new_consumer(struct call *call, const struct stream_record *record);

#endif
