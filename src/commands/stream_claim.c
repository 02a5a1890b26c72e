/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_claim.h"
#include "base/number.h"
#include "engine/journal.h"
#include "engine/server.h"

void claim_init(struct claim *claim, const struct call *call)
{
    claim->now_ms = call->server->clock.wall_ms;
    reply_init(&claim->shown, call->reply->pool);
    claim->shown.protocol = call->reply->protocol;
}

bool claim_parse_min_idle(struct claim *claim, struct call *call, const char *command)
{
    if (!parse_i64(call->argv[4], &claim->min_idle_ms)) {
        call_error_format(call, "ERR Invalid min-idle-time argument for %s", command);
        return false;
    }
    if (claim->min_idle_ms < 0)
        claim->min_idle_ms = 0;
    return true;
}

bool claim_begin(struct claim *claim, struct call *call)
{
    claim->call = call;
    claim->record = (struct stream_record){call->argv[1], call->argv[2], call->argv[3]};
    claim->has_changed = false;
    if (!call_group_edit_again(call, 1, 2, &claim->edit, &claim->stream, &claim->group))
        return false;
    claim->consumer =
        call_get_consumer(call, &claim->edit, claim->group, claim->record.consumer, &claim->is_new);
    if (claim->is_new)
        record_new_consumer(call, &claim->record);
    return true;
}

void claim_end(struct claim *claim)
{
    if (claim->is_new || claim->has_changed)
        call_edited_unseen(claim->call, &claim->edit, claim->is_new ? "xgroup-createconsumer" : NULL);
}

bool claim_is_idle(const struct claim *claim, const struct stream_pending *pending)
{
    return claim->min_idle_ms == 0 || claim->now_ms - pending->delivered_ms >= claim->min_idle_ms;
}

void claim_take(struct claim *claim, const struct stream_entry *entry, struct stream_pending *pending)
{
    pending->consumer = claim->consumer->number;
    stream_pending_put(claim->stream, claim->group, pending);
    claim->consumer->active_ms = claim->now_ms;
    claim->has_changed = true;
    claim->claimed++;
    if (claim->shows_ids)
        reply_stream_id(&claim->shown, entry->id);
    else
        reply_stream_entry(&claim->shown, *entry);
    record_claim(claim->call, &claim->record, claim->group, pending);
}

void claim_remove_gone(struct claim *claim, struct stream_id id)
{
    struct stream_id_text text;
    (void)stream_pending_remove(claim->stream, claim->group, id);
    call_record(
        claim->call, 4,
        (struct bytes[]){BYTES("XACK"), claim->record.key, claim->record.group, stream_id_text(&text, id)});
    claim->has_changed = true;
}

void claim_reply(struct claim *claim, struct reply *reply)
{
    reply_array(reply, claim->claimed);
    reply_take(reply, &claim->shown);
}
