/* SPDX-License-Identifier: BSD-3-Clause */
/* The library reads as much as there is room for, whole records and more. When the kernel had less than that
 * it has nothing left, and asking it again would be a system call for nothing: `is_drained` answers in its
 * place until the next edge. */
#include "tls_stream.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "tls_private.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>

struct tls_stream {
    SSL_CTX *context; /* held until `ssl` holds it */
    SSL *ssl;         /* made with the first step of the handshake: that is work, too */
    int fd;
    bool is_open;
    bool signs_slowly;
    bool is_drained;  /* the descriptor had less than was asked for */
    bool is_at_end;   /* the peer sends nothing more */
    bool has_failed;  /* the library can't go on with it */
    size_t retry_len; /* of what must be written first; 0: nothing */
    const char *failure;
};

/* ---- between the library and the descriptor ---- */

static int take_from_kernel(BIO *bio, char *to, int size)
{
    struct tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (stream->is_drained) {
        BIO_set_retry_read(bio);
        return -1;
    }
    ssize_t got;
    do
        got = recv(stream->fd, to, (size_t)size, 0);
    while (got < 0 && errno == EINTR);
    bool must_wait = got < 0 && errno == EAGAIN;
    stream->is_drained = must_wait || (got > 0 && got < size);
    stream->is_at_end = got == 0;
    if (must_wait)
        BIO_set_retry_read(bio);
    return (int)got;
}

static int give_to_kernel(BIO *bio, const char *data, int len)
{
    const struct tls_stream *stream = BIO_get_data(bio);
    ssize_t taken;
    BIO_clear_retry_flags(bio);
    do
        taken = send(stream->fd, data, (size_t)len, MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    if (taken < 0 && errno == EAGAIN)
        BIO_set_retry_write(bio);
    return (int)taken;
}

/* Nothing is kept back: a flush has nothing to do. */
static long control(BIO *bio, int command, long number, void *argument)
{
    const struct tls_stream *stream = BIO_get_data(bio);
    (void)number;
    (void)argument;
    if (command == BIO_CTRL_EOF)
        return stream->is_at_end;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/* One for all, made when the first is needed; NULL when there is no memory. */
static const BIO_METHOD *kernel_method(void)
{
    static BIO_METHOD *method;
    if (method)
        return method;
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "edges");
    if (method) {
        (void)BIO_meth_set_read(method, take_from_kernel);
        (void)BIO_meth_set_write(method, give_to_kernel);
        (void)BIO_meth_set_ctrl(method, control);
    }
    return method;
}

static BIO *kernel_new(struct tls_stream *stream)
{
    const BIO_METHOD *method = kernel_method();
    BIO *bio = method ? BIO_new(method) : NULL;
    if (bio) {
        BIO_set_data(bio, stream);
        BIO_set_init(bio, 1);
    }
    return bio;
}

struct tls_stream *tls_stream_new(const struct tls *tls, int fd)
{
    struct tls_stream *stream = mem_zalloc(sizeof *stream);
    stream->fd = fd;
    stream->context = tls->context;
    stream->signs_slowly = tls->signs_slowly;
    (void)SSL_CTX_up_ref(tls->context);
    return stream;
}

/* False when there is no memory. */
static bool begin(struct tls_stream *stream)
{
    BIO *bio = kernel_new(stream);
    stream->ssl = bio ? SSL_new(stream->context) : NULL;
    if (!stream->ssl) {
        BIO_free(bio);
        return false;
    }
    SSL_CTX_free(stream->context);
    stream->context = NULL;
    SSL_set_bio(stream->ssl, bio, bio);
    SSL_set_accept_state(stream->ssl);
    SSL_set_read_ahead(stream->ssl, 1);
    (void)SSL_set_mode(stream->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return true;
}

void tls_stream_free(struct tls_stream *stream)
{
    if (!stream)
        return;
    SSL_CTX_free(stream->context);
    SSL_free(stream->ssl);
    mem_free(stream);
}

/* ---- what a call came to ---- */

/* What the library remembers would be taken for this call's. Mostly there is nothing: to look is cheap, to
 * clear isn't. */
static void forget_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

static enum tls_stream_result settle(struct tls_stream *stream, int code)
{
    switch (SSL_get_error(stream->ssl, code)) {
    case SSL_ERROR_WANT_READ:
        return TLS_STREAM_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_STREAM_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        break;
    default:
        /* Nothing may be asked of it any more, not even a farewell. */
        stream->has_failed = true;
        break;
    }
    return TLS_STREAM_ENDED;
}

/* ---- hands ---- */

static const char *failure_of(const struct tls_stream *stream)
{
    unsigned long code = ERR_peek_last_error();
    long verdict = SSL_get_verify_result(stream->ssl);
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
        return X509_verify_cert_error_string(verdict);
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    return reason ? reason : "the connection ended";
}

enum tls_stream_result tls_stream_shake(struct tls_stream *stream)
{
    if (stream->has_failed)
        return TLS_STREAM_ENDED;
    ERR_clear_error();
    if (!stream->ssl && !begin(stream)) {
        stream->has_failed = true;
        stream->failure = "there is no memory for it";
        return TLS_STREAM_ENDED;
    }
    int code = SSL_do_handshake(stream->ssl);
    if (code == 1) {
        stream->is_open = true;
        return TLS_STREAM_OK;
    }
    enum tls_stream_result result = settle(stream, code);
    if (result == TLS_STREAM_ENDED)
        stream->failure = failure_of(stream);
    ERR_clear_error();
    return result;
}

bool tls_stream_shakes_slowly(const struct tls_stream *stream)
{
    return stream->signs_slowly;
}

bool tls_stream_is_open(const struct tls_stream *stream)
{
    return stream->is_open;
}

bool tls_stream_is_resumed(const struct tls_stream *stream)
{
    return SSL_session_reused(stream->ssl);
}

/* The first one, as UTF-8. */
static bool print_common_name(const X509 *certificate, struct buf *out)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;
    if (index < 0)
        return false;
    int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    if (len < 0)
        return false;
    buf_append(out, text, (size_t)len);
    OPENSSL_free(text);
    return true;
}

bool tls_stream_peer_name(const struct tls_stream *stream, struct buf *out)
{
    const X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    return certificate && SSL_get_verify_result(stream->ssl) == X509_V_OK &&
           print_common_name(certificate, out);
}

const char *tls_stream_failure(const struct tls_stream *stream)
{
    return stream->failure ? stream->failure : "it took too long";
}

/* ---- bytes ---- */

void tls_stream_refill(struct tls_stream *stream)
{
    stream->is_drained = false;
}

/* Of a record that isn't all there yet, too, the library holds something: then the kernel has nothing, and
 * the rest comes with an edge. */
bool tls_stream_is_drained(const struct tls_stream *stream)
{
    return stream->is_drained && SSL_pending(stream->ssl) == 0;
}

enum tls_stream_result tls_stream_read(struct tls_stream *stream, void *to, size_t size, size_t *count)
{
    *count = 0;
    if (stream->has_failed)
        return TLS_STREAM_ENDED;
    forget_errors();
    do {
        size_t got;
        int code = SSL_read_ex(stream->ssl, (char *)to + *count, size - *count, &got);
        if (code != 1) {
            enum tls_stream_result result = settle(stream, code);
            ERR_clear_error();
            /* What isn't told now the next call tells. */
            stream->is_drained &= result == TLS_STREAM_WANTS_READ;
            return *count > 0 ? TLS_STREAM_OK : result;
        }
        *count += got;
    } while (*count < size && (!stream->is_drained || SSL_has_pending(stream->ssl)));
    return TLS_STREAM_OK;
}

enum tls_stream_result tls_stream_write(struct tls_stream *stream, const void *data, size_t len,
                                        size_t *count)
{
    *count = 0;
    if (stream->has_failed)
        return TLS_STREAM_ENDED;
    /* A record that was begun is finished first, as long as it was. */
    ASSERT(len > 0 && len <= TLS_RECORD_MAX && len >= stream->retry_len);
    forget_errors();
    int code = SSL_write_ex(stream->ssl, data, stream->retry_len > 0 ? stream->retry_len : len, count);
    if (code == 1) {
        stream->retry_len = 0;
        return TLS_STREAM_OK;
    }
    *count = 0;
    enum tls_stream_result result = settle(stream, code);
    if (stream->retry_len == 0)
        stream->retry_len = len;
    ERR_clear_error();
    return result;
}

void tls_stream_say_farewell(struct tls_stream *stream)
{
    if (!stream->is_open || stream->has_failed || stream->retry_len > 0 ||
        !SSL_is_init_finished(stream->ssl) || (SSL_get_shutdown(stream->ssl) & SSL_SENT_SHUTDOWN))
        return;
    (void)SSL_shutdown(stream->ssl);
    ERR_clear_error();
}
