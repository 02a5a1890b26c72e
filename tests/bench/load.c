/* SPDX-License-Identifier: BSD-3-Clause */
/* A load generator: many connections on one thread, each with up to `pipeline` requests on their way, and a
 * reader of replies that only counts them. compare.py runs it against two servers in turn and compares what
 * it prints, one line of `name=value` pairs.
 *
 *   load PORT mix SECONDS CLIENTS PIPELINE KEYS SIZE    half GET, half SETEX, of random keys
 *   load PORT fill KEYS SIZE [SECONDS]                  SETEX of each key once, living an hour or SECONDS
 *   load PORT fanout SECONDS SUBSCRIBERS SIZE           one publisher, each message goes to all
 *   load PORT idle COUNT                                opens connections and holds them until stdin ends
 *   load PORT probe SECONDS                             one GET each millisecond: what one client feels
 *
 * Latencies count from the moment a request was handed to the kernel, those of `probe` from the moment it was
 * due, so that a stalled server isn't asked less often. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_SIZE = 1 << 16, EVENTS_MAX = 256, BUCKETS = 4096, SIZE_MAX_BYTES = 1 << 16, PIPELINE_MAX = 256 };

/* Reads replies and tells where one ends; the bytes of a bulk string are skipped. */
struct reader {
    char line[32];
    size_t line_len;
    int64_t skip;   /* bytes of a bulk string, its end included, that are still to come */
    int64_t nested; /* elements of an array that are still to come */
};

struct client {
    int fd, waiting;
    char *out; /* one batch */
    size_t out_len, sent;
    int64_t sent_us;
    struct reader reader;
};

static int port, epoll_fd = -1;
static uint64_t random_state = 0x9e3779b97f4a7c15u;
static int64_t latencies[BUCKETS], latency_max_us, replies_seen, warm_up_replies, errors_seen;
static char *noise; /* what values are cut from */

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void *take(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        give_up("memory");
    return memory;
}

/* ---- latencies: 64 steps for each doubling ---- */

static int bucket_of(int64_t us)
{
    if (us < 64)
        return (int)us;
    int shift = 57 - __builtin_clzll((uint64_t)us);
    int bucket = (shift + 1) * 64 + (int)((us >> shift) - 64);

    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static int64_t bucket_start_us(int bucket)
{
    return bucket < 64 ? bucket : (int64_t)(64 + bucket % 64) << (bucket / 64 - 1);
}

static void count_latency(int64_t us)
{
    latencies[bucket_of(us < 0 ? 0 : us)]++;
    if (us > latency_max_us)
        latency_max_us = us;
}

static int64_t percentile_us(double share)
{
    int64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        total += latencies[i];
    for (int i = 0; i < BUCKETS; i++) {
        seen += latencies[i];
        if (seen > 0 && (double)seen >= share * (double)total)
            return bucket_start_us(i);
    }
    return 0;
}

static void forget_latencies(void)
{
    memset(latencies, 0, sizeof latencies);
    warm_up_replies += replies_seen;
    latency_max_us = replies_seen = 0;
}

static void print_results(double seconds)
{
    printf("operations=%lld total=%lld seconds=%.4f ", (long long)replies_seen,
           (long long)(replies_seen + warm_up_replies), seconds);
    printf("p50_us=%lld p99_us=%lld max_us=%lld errors=%lld\n", (long long)percentile_us(0.5),
           (long long)percentile_us(0.99), (long long)latency_max_us, (long long)errors_seen);
}

/* ---- replies ---- */

/* A reply's first line is complete. Returns whether it, with all that it holds, has been read. */
static bool line_ends(struct reader *reader)
{
    reader->line[reader->line_len] = '\0';
    int64_t number = strtoll(reader->line + 1, NULL, 10);
    char type = reader->line[0];

    reader->line_len = 0;
    errors_seen += type == '-';
    if (reader->nested > 0)
        reader->nested--;
    if (type == '$' && number >= 0)
        reader->skip = number + 2;
    else if ((type == '*' || type == '>') && number > 0)
        reader->nested += number;
    return reader->skip == 0 && reader->nested == 0;
}

/* Returns how many replies end in these bytes. */
static int read_replies(struct reader *reader, const char *bytes, size_t len)
{
    int count = 0;
    for (size_t at = 0; at < len;) {
        if (reader->skip > 0) {
            int64_t left = (int64_t)(len - at), step = left < reader->skip ? left : reader->skip;
            at += (size_t)step;
            reader->skip -= step;
            count += reader->skip == 0 && reader->nested == 0;
        } else if (bytes[at] == '\n') {
            at++;
            count += line_ends(reader);
        } else {
            if (reader->line_len < sizeof reader->line - 1)
                reader->line[reader->line_len++] = bytes[at];
            at++;
        }
    }
    return count;
}

/* ---- clients ---- */

static void client_connect(struct client *client, size_t out_size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    int yes = 1;
    memset(client, 0, sizeof *client);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("connect");
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    (void)fcntl(client->fd, F_SETFL, O_NONBLOCK);
    client->out = take(out_size);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0)
        give_up("epoll");
}

static struct client *clients_connect(int count, size_t out_size)
{
    struct client *clients = take((size_t)count * sizeof *clients);
    for (int i = 0; i < count; i++)
        client_connect(&clients[i], out_size);
    return clients;
}

/* Sends what is left of the batch; asks to be told when there is room for the rest. */
static void client_flush(struct client *client)
{
    while (client->sent < client->out_len) {
        ssize_t done = write(client->fd, client->out + client->sent, client->out_len - client->sent);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            give_up("write");
        if (done < 0)
            break;
        client->sent += (size_t)done;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    if (client->sent < client->out_len) {
        event.events |= EPOLLOUT;
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
    } else if (client->sent > 0) {
        client->out_len = client->sent = 0;
    }
}

/* Returns how many replies came. */
static int client_receive(struct client *client)
{
    static char input[INPUT_SIZE];
    ssize_t len = read(client->fd, input, sizeof input);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (len <= 0)
        give_up("the server ended a connection");
    return read_replies(&client->reader, input, (size_t)len);
}

/* ---- requests ---- */

static void append(struct client *client, const char *bytes, size_t len)
{
    memcpy(client->out + client->out_len, bytes, len);
    client->out_len += len;
}

static void append_setex(struct client *client, uint64_t key, size_t size, int seconds)
{
    char text[160];
    char name[40], life[16];
    int name_len =
        snprintf(name, sizeof name, "session:%016llx", (unsigned long long)key * 0x9e3779b97f4a7c15u);
    int life_len = snprintf(life, sizeof life, "%d", seconds);
    int len = snprintf(text, sizeof text, "*4\r\n$5\r\nSETEX\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$%zu\r\n", name_len,
                       name, life_len, life, size);
    append(client, text, (size_t)len);
    append(client, noise + key % 4096, size);
    append(client, "\r\n", 2);
    client->waiting++;
}

static void append_get(struct client *client, uint64_t key)
{
    char text[96], name[40];
    int name_len =
        snprintf(name, sizeof name, "session:%016llx", (unsigned long long)key * 0x9e3779b97f4a7c15u);
    append(client, text,
           (size_t)snprintf(text, sizeof text, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", name_len, name));
    client->waiting++;
}

/* ---- scenarios ---- */

struct mix {
    int pipeline;
    uint64_t keys;
    size_t size;
};

static void mix_send(struct client *client, const struct mix *mix)
{
    for (int i = 0; i < mix->pipeline; i++) {
        uint64_t chance = random_next(), key = (chance >> 8) % mix->keys;
        if (chance & 1)
            append_get(client, key);
        else
            append_setex(client, key, mix->size, 3600);
    }
    client->sent_us = now_us();
    client_flush(client);
}

static void mix_run(double seconds, int count, const struct mix *mix)
{
    struct client *clients = clients_connect(count, (size_t)mix->pipeline * (mix->size + 200));
    struct epoll_event events[EVENTS_MAX];
    int64_t start = now_us(), warm_us = start + 300000, end_us = warm_us + (int64_t)(seconds * 1e6);
    bool is_warm = false;
    for (int i = 0; i < count; i++)
        mix_send(&clients[i], mix);
    for (int64_t now = start; now < end_us; now = now_us()) {
        int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, 100);
        if (!is_warm && now >= warm_us) {
            is_warm = true;
            forget_latencies();
            start = now;
        }
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                client_flush(client);
            int came = client_receive(client);
            int64_t waited = now_us() - client->sent_us;

            for (int k = 0; k < came; k++)
                count_latency(waited);
            replies_seen += came;
            client->waiting -= came;
            if (client->waiting == 0)
                mix_send(client, mix);
        }
    }
    print_results((double)(now_us() - start) / 1e6);
}

/* Sends a batch and waits for all of its replies. */
static void exchange(struct client *client)
{
    struct epoll_event event;
    client_flush(client);
    while (client->waiting > 0) {
        if (epoll_wait(epoll_fd, &event, 1, 10000) <= 0)
            give_up("no reply");
        client_flush(client);
        int came = client_receive(client);

        client->waiting -= came;
        replies_seen += came;
    }
}

static void fill_run(uint64_t keys, size_t size, int life)
{
    struct client *client = clients_connect(1, 64 * (size + 200));
    int64_t start = now_us();
    for (uint64_t key = 0; key < keys;) {
        for (int i = 0; i < 64 && key < keys; i++)
            append_setex(client, key++, size, life);
        exchange(client);
    }
    print_results((double)(now_us() - start) / 1e6);
}

static void fanout_run(double seconds, int subscribers, size_t size)
{
    static const char subscribe[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n";
    struct client *clients = clients_connect(subscribers, 256);
    struct client *publisher = clients_connect(1, size + 256);
    struct epoll_event events[EVENTS_MAX];
    char head[96];
    int head_len = snprintf(head, sizeof head, "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$%zu\r\n", size);
    int64_t missing = subscribers;
    for (int i = 0; i < subscribers; i++) {
        append(&clients[i], subscribe, sizeof subscribe - 1);
        client_flush(&clients[i]);
    }
    int64_t start = 0, now = now_us(), end_us = INT64_MAX;

    /* The first round is the confirmations; each further one a message, once all had the one before. */
    for (; now < end_us; now = now_us()) {
        if (missing <= 0) {
            if (start == 0) {
                forget_latencies();
                start = now;
                end_us = start + (int64_t)(seconds * 1e6);
            }
            append(publisher, head, (size_t)head_len);
            append(publisher, noise, size);
            append(publisher, "\r\n", 2);
            missing += subscribers + 1;
            publisher->sent_us = now;
            client_flush(publisher);
        }
        int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, 100);

        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                client_flush(client);
            int came = client_receive(client);

            missing -= came;
            replies_seen += client == publisher ? 0 : came;
            if (start != 0)
                count_latency(now_us() - publisher->sent_us);
        }
    }
    print_results((double)(now_us() - start) / 1e6);
}

static void idle_run(int count)
{
    char byte;
    (void)clients_connect(count, 1);
    printf("operations=%d\n", count);
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

static void probe_run(double seconds)
{
    struct client *client = clients_connect(1, 256);
    int64_t start = now_us(), end_us = start + (int64_t)(seconds * 1e6);
    for (int64_t due_us = start; due_us < end_us; due_us += 1000) {
        int64_t early_us = due_us - now_us();
        if (early_us > 0)
            (void)usleep((useconds_t)early_us);
        int64_t asked_us = now_us();

        append_get(client, random_next() % 1000);
        exchange(client);
        /* Waking late is the machine's delay and not the server's, unless a reply before was late. */
        count_latency(now_us() - (early_us > 0 ? asked_us : due_us));
    }
    print_results((double)(now_us() - start) / 1e6);
}

/* ---- the command line ---- */

static double argument(int argc, char **argv, int index, double fallback, double max)
{
    if (index >= argc)
        return fallback;
    double value = strtod(argv[index], NULL);

    if (!(value > 0 && value <= max)) {
        errno = EINVAL;
        give_up(argv[index]);
    }
    return value;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[2] : "";
    port = (int)argument(argc, argv, 1, 0, 65535);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    noise = take(SIZE_MAX_BYTES + 4096);
    for (size_t i = 0; i < SIZE_MAX_BYTES + 4096; i++)
        noise[i] = (char)('0' + random_next() % 64);

    if (strcmp(what, "mix") == 0) {
        struct mix mix = {.pipeline = (int)argument(argc, argv, 5, 1, PIPELINE_MAX),
                          .keys = (uint64_t)argument(argc, argv, 6, 100000, 1e9),
                          .size = (size_t)argument(argc, argv, 7, 512, SIZE_MAX_BYTES)};
        mix_run(argument(argc, argv, 3, 2, 3600), (int)argument(argc, argv, 4, 50, 50000), &mix);
    } else if (strcmp(what, "fill") == 0) {
        fill_run((uint64_t)argument(argc, argv, 3, 100000, 1e9),
                 (size_t)argument(argc, argv, 4, 512, SIZE_MAX_BYTES),
                 (int)argument(argc, argv, 5, 3600, 1e8));
    } else if (strcmp(what, "fanout") == 0) {
        fanout_run(argument(argc, argv, 3, 2, 3600), (int)argument(argc, argv, 4, 100, 50000),
                   (size_t)argument(argc, argv, 5, 128, SIZE_MAX_BYTES));
    } else if (strcmp(what, "idle") == 0) {
        idle_run((int)argument(argc, argv, 3, 1000, 100000));
    } else if (strcmp(what, "probe") == 0) {
        probe_run(argument(argc, argv, 3, 2, 3600));
    } else {
        (void)fprintf(stderr, "usage: load PORT mix|fill|fanout|idle|probe ...\n");
        return 2;
    }
    return 0;
}
