/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree's orders at 100 to 10,000,000 elements: bytes an element, nanoseconds an operation; then what
 * an edit costs while another thread reads a held tree. The first argument is the most elements, if fewer
 * are wanted. */
#include "base/alloc.h"
#include "base/random.h"
#include "types/tree.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OPERATIONS = 200000, ROUNDS = 5 };

/* Of this thread: others on the machine do not count. */
static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static double per_operation(int64_t start, uint64_t count)
{
    return (double)(now_ns() - start) / (double)count;
}

/* An element of a number, with the names that the comparisons with other servers use. */
struct named {
    char key[40], value[24], head[TREE_PAIR_HEAD_MAX];
    struct tree_key at;
    struct tree_item item;
};

/* A word and a number of so many digits. */
static struct bytes print(char *text, struct bytes word, uint64_t number, size_t digits)
{
    memcpy(text, word.data, word.len);
    for (size_t i = word.len + digits; i-- > word.len; number /= 10)
        text[i] = (char)('0' + number % 10);
    return bytes_make(text, word.len + digits);
}

static uint64_t scattered(uint64_t number)
{
    number *= 0x9e3779b97f4a7c15;
    return (number ^ number >> 32) % 1000000000;
}

static void name_pair(struct named *named, uint64_t number)
{
    named->at = tree_hash_key(print(named->key, BYTES("field:"), number, 14));
    named->item = tree_pair_item(named->at, print(named->value, BYTES("value:"), number, 14), named->head);
}

static void name_member(struct named *named, uint64_t number)
{
    named->at = tree_hash_key(print(named->key, BYTES("member:"), number, 7));
    named->item = (struct tree_item){named->at.order, 0, {named->at.bytes}};
}

static void name_score(struct named *named, uint64_t number)
{
    named->at.order = tree_score_order((double)scattered(number));
    named->at.bytes = print(named->key, BYTES("member:"), number, 7);
    named->item = (struct tree_item){named->at.order, 0, {named->at.bytes}};
}

static void name_index(struct named *named, uint64_t number)
{
    struct bytes member = print(named->key, BYTES("member:"), number, 7);
    uint64_t score = tree_score_order((double)scattered(number));
    named->at = (struct tree_key){tree_hash_key(member).order, {NULL, 0}};
    memcpy(named->value, &score, sizeof score);
    named->item = (struct tree_item){named->at.order, 0, {bytes_make(named->value, sizeof score)}};
}

static void name_id(struct named *named, uint64_t number)
{
    named->at = (struct tree_key){1700000000000 + number / 3, bytes_make(named->head, 8)};
    uint64_t sequence = __builtin_bswap64(number % 3);
    memcpy(named->head, &sequence, sizeof sequence);
    named->item = (struct tree_item){
        named->at.order, 0, {named->at.bytes, print(named->value, BYTES("value:"), number, 14)}};
}

static void name_position(struct named *named, uint64_t number)
{
    named->item = (struct tree_item){.parts = {print(named->value, BYTES("value:"), number, 14)}};
}

struct bench {
    const char *name;
    const struct tree_kind *kind;
    void (*make)(struct named *named, uint64_t number);
};

static const struct bench benches[] = {
    {"hash 20+20 B", &tree_of_pairs, name_pair},
    {"set member:<i>", &tree_of_members, name_member},
    {"zset by score", &tree_of_scores, name_score},
    {"zset index", &tree_of_hashes, name_index},
    {"stream", &tree_of_ids, name_id},
    {"list 20 B", &tree_of_positions, name_position},
};

static void insert(struct tree *tree, const struct bench *bench, uint64_t number)
{
    struct tree_cursor cursor;
    struct named named;
    bench->make(&named, number);
    if (bench->kind == &tree_of_positions) {
        tree_append(tree, &named.item);
        return;
    }
    tree_find(tree, named.at, &cursor);
    tree_insert(&cursor, &named.item);
}

static double time_making(const struct bench *bench, uint64_t count)
{
    struct named named;
    int64_t start = now_ns();
    for (uint64_t i = 0; i < OPERATIONS; i++)
        bench->make(&named, random_below(count));
    return per_operation(start, OPERATIONS);
}

static double time_finding(const struct tree *tree, const struct bench *bench, uint64_t count)
{
    struct tree_cursor cursor;
    struct named named;
    uint64_t sum = 0;
    int64_t start = now_ns();
    for (uint64_t i = 0; i < OPERATIONS; i++) {
        uint64_t number = random_below(count);
        bench->make(&named, number);
        if (bench->kind == &tree_of_positions)
            tree_seek_rank(tree, number, &cursor);
        else if (!tree_find(tree, named.at, &cursor))
            abort();
        sum += tree_bytes_at(&cursor).len;
    }
    double ns = per_operation(start, OPERATIONS);
    return sum ? ns : 0;
}

static double time_ranking(const struct tree *tree, uint64_t count)
{
    struct tree_cursor cursor;
    uint64_t sum = 0;
    int64_t start = now_ns();
    for (uint64_t i = 0; i < OPERATIONS; i++) {
        tree_seek_rank(tree, random_below(count), &cursor);
        sum += tree_rank(&cursor);
    }
    return sum ? per_operation(start, OPERATIONS) : 0;
}

/* Removes one somewhere and puts it back: two edits. */
static double time_editing(struct tree *tree, const struct bench *bench, uint64_t count)
{
    struct tree_cursor cursor;
    struct named named;
    int64_t start = now_ns();
    for (uint64_t i = 0; i < OPERATIONS / 2; i++) {
        uint64_t number = random_below(count);
        bench->make(&named, number);
        if (bench->kind == &tree_of_positions)
            tree_seek_rank(tree, number, &cursor);
        else
            tree_find(tree, named.at, &cursor);
        tree_remove(&cursor);
        if (bench->kind == &tree_of_positions)
            tree_seek_rank(tree, random_below(count), &cursor);
        else
            tree_find(tree, named.at, &cursor);
        tree_insert(&cursor, &named.item);
    }
    return per_operation(start, OPERATIONS);
}

static double time_walking(const struct tree *tree)
{
    struct tree_cursor cursor;
    uint64_t sum = 0, count = 0;
    int64_t start = now_ns();
    do {
        for (bool more = tree_seek_rank(tree, 0, &cursor); more; more = tree_next(&cursor), count++)
            sum += tree_bytes_at(&cursor).len;
    } while (count < OPERATIONS);
    return sum ? per_operation(start, count) : 0;
}

static void run(const struct bench *bench, uint64_t count)
{
    struct tree tree;
    size_t used = mem_used();
    tree_init(&tree, bench->kind);
    int64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++)
        insert(&tree, bench, i);
    double filling = per_operation(start, count);
    double bytes = (double)(mem_used() - used) / (double)count, making = time_making(bench, count);
    printf("%-16s %9llu %7.1f B  fill %6.0f  find %6.0f  rank %6.0f  edit %6.0f  next %4.1f ns", bench->name,
           (unsigned long long)count, bytes, filling - making, time_finding(&tree, bench, count) - making,
           time_ranking(&tree, count), time_editing(&tree, bench, count) - making, time_walking(&tree));
    start = now_ns();
    tree_free(&tree);
    printf("  free %5.1f\n", per_operation(start, count));
    (void)fflush(stdout);
}

/* ---- Edits while a held tree is read ---- */

struct reader {
    struct tree held;
    atomic_bool stop;
    uint64_t sum;
};

static void *read_again_and_again(void *argument)
{
    struct reader *reader = argument;
    struct tree_cursor cursor;
    while (!atomic_load(&reader->stop))
        for (bool more = tree_seek_rank(&reader->held, 0, &cursor); more && !atomic_load(&reader->stop);
             more = tree_next(&cursor))
            reader->sum += tree_bytes_at(&cursor).len;
    return NULL;
}

static int compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static int64_t taken[OPERATIONS];

/* The same edits each time, so the least that one took is what it takes by itself. */
static void time_edits(struct tree *tree, uint64_t count)
{
    struct tree_cursor cursor;
    struct named named;
    for (size_t i = 0; i < OPERATIONS; i++) {
        name_pair(&named, scattered(i) % count);
        named.item.parts[2].len -= i % 2;
        int64_t start = now_ns();
        tree_find(tree, named.at, &cursor);
        tree_replace(&cursor, &named.item);
        int64_t time = now_ns() - start;
        taken[i] = time < taken[i] ? time : taken[i];
    }
}

static void print_edits(const char *when)
{
    double sum = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        sum += (double)taken[i];
    qsort(taken, OPERATIONS, sizeof *taken, compare_times);
    printf("edits %-32s mean %6.0f  p99 %7lld  p99.99 %7lld  longest %8lld ns\n", when, sum / OPERATIONS,
           (long long)taken[OPERATIONS / 100 * 99], (long long)taken[OPERATIONS / 10000 * 9999],
           (long long)taken[OPERATIONS - 1]);
}

enum holding { HELD_BY_NOBODY, HELD, HELD_AND_READ };

static void edit_round(struct tree *tree, uint64_t count, enum holding holding)
{
    struct reader reader = {0};
    pthread_t thread;
    if (holding != HELD_BY_NOBODY)
        tree_hold(tree, &reader.held);
    if (holding == HELD_AND_READ && pthread_create(&thread, NULL, read_again_and_again, &reader) != 0)
        abort();
    time_edits(tree, count);
    atomic_store(&reader.stop, true);
    if (holding == HELD_AND_READ)
        (void)pthread_join(thread, NULL);
    tree_free(&reader.held);
}

static void edit_while_held(uint64_t count)
{
    static const char *const names[] = {"of nothing held", "after a hold", "while a thread reads"};
    struct tree tree;
    tree_init(&tree, &tree_of_pairs);
    for (uint64_t i = 0; i < count; i++)
        insert(&tree, &benches[0], i);
    for (int holding = HELD_BY_NOBODY; holding <= HELD_AND_READ; holding++) {
        memset(taken, 0x7f, sizeof taken);
        for (int round = 0; round < ROUNDS; round++)
            edit_round(&tree, count, (enum holding)holding);
        print_edits(names[holding]);
    }
    tree_free(&tree);
}

int main(int argc, char **argv)
{
    uint64_t most = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
        for (uint64_t count = 100; count <= most; count *= 10)
            run(&benches[i], count);
    edit_while_held(most < 1000000 ? most : 1000000);
    return 0;
}
