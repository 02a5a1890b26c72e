/* SPDX-License-Identifier: BSD-3-Clause */
#include "hash_access.h"

bool call_hash(struct call *call, struct collection *hash)
{
    return call_collection(call, call_key(call, 1), VALUE_HASH, hash);
}

void reply_hash_value(struct reply *reply, const struct hash_field *field)
{
    struct blob *blob = field->blob;
    if (blob)
        reply_bulk_blob(reply, blob, (size_t)(field->value.data - blob->data), field->value.len);
    else
        reply_bulk(reply, field->value);
}

void reply_hash_field(struct reply *reply, const struct collection *hash, struct bytes name)
{
    struct hash_field field;
    if (hash_find(hash, name, &field))
        reply_hash_value(reply, &field);
    else
        reply_null(reply);
}

void tell_hash_field(struct call *call, const struct collection *hash, struct bytes name)
{
    reply_hash_field(call->reply, hash, name);
}
