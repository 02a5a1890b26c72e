/* SPDX-License-Identifier: BSD-3-Clause */
/* The orders in which elements are kept, and what elements are made of. */
#include "types/tree.h"

static int compare_members(struct bytes element, struct bytes key)
{
    return bytes_compare(element, key);
}

static int compare_pairs(struct bytes element, struct bytes key)
{
    return bytes_compare(tree_pair_key(element), key);
}

static int compare_nothing(struct bytes element, struct bytes key)
{
    (void)element;
    (void)key;
    return 0;
}

static struct bytes first_eight(struct bytes bytes)
{
    return bytes_make(bytes.data, bytes.len < 8 ? bytes.len : 8);
}

static int compare_ids(struct bytes element, struct bytes key)
{
    return bytes_compare(first_eight(element), first_eight(key));
}

const struct tree_kind tree_of_positions = {"positions", 0, false, compare_nothing};
const struct tree_kind tree_of_members = {"members", 4, true, compare_members};
const struct tree_kind tree_of_pairs = {"pairs", 4, true, compare_pairs};
const struct tree_kind tree_of_hashes = {"hashes", 4, false, compare_nothing};
const struct tree_kind tree_of_scores = {"scores", 8, true, compare_members};
const struct tree_kind tree_of_ids = {"ids", 8, true, compare_ids};

/* ---- Scores: of positive numbers the bits grow with the number, of negative ones against it ---- */

static const uint64_t SIGN = (uint64_t)1 << 63;

uint64_t tree_score_order(double score)
{
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits & SIGN ? ~bits : bits | SIGN;
}

double tree_order_score(uint64_t order)
{
    uint64_t bits = order & SIGN ? order & ~SIGN : ~order;
    double score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* ---- Pairs: the key's length, in a byte if it is below 255, else in eight more; the key; the value ---- */

enum { LONG_KEY = 255 };

struct tree_item tree_pair_item(struct tree_key key, struct bytes value, char head[TREE_PAIR_HEAD_MAX])
{
    bool is_long = key.bytes.len >= LONG_KEY;
    uint64_t len = key.bytes.len;
    head[0] = (char)(is_long ? LONG_KEY : len);
    memcpy(head + 1, &len, sizeof len);
    return (struct tree_item){key.order, 0, {bytes_make(head, is_long ? 9 : 1), key.bytes, value}};
}

struct bytes tree_pair_key(struct bytes element)
{
    uint64_t len = (unsigned char)element.data[0];
    if (len < LONG_KEY)
        return bytes_make(element.data + 1, len);
    memcpy(&len, element.data + 1, sizeof len);
    return bytes_make(element.data + TREE_PAIR_HEAD_MAX, len);
}

struct bytes tree_pair_value(struct bytes element)
{
    struct bytes key = tree_pair_key(element);
    const char *data = key.data + key.len;
    return bytes_make(data, element.len - (size_t)(data - element.data));
}
