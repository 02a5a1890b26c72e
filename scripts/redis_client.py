# SPDX-License-Identifier: BSD-3-Clause
"""A connection to a server that speaks the protocol of Redis, with nothing but the standard library: what the scripts beside
this file need, no more. Values are bytes; an error that the server replies is a value too (`Error`), so that a pipeline's
other replies aren't lost."""

import os
import socket
import ssl
import urllib.parse


class Error(str):
    """An error reply, such as "NOAUTH Authentication required."."""


def default_url():
    """REDIS_URL, or what REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_DB make."""
    environment = os.environ
    if environment.get("REDIS_URL"):
        return environment["REDIS_URL"]
    password = environment.get("REDIS_PASSWORD", "")
    user = f":{urllib.parse.quote(password, safe='')}@" if password else ""
    host, port = environment.get("REDIS_HOST", "127.0.0.1"), environment.get("REDIS_PORT", "6379")
    return f"redis://{user}{host}:{port}/{environment.get('REDIS_DB', '0')}"


def _tls(query):
    """By the names that redis-py gives them: ssl_ca_certs, ssl_certfile, ssl_keyfile; ssl_check_hostname=false for a certificate
    that is made out to another name, ssl_cert_reqs=none for trust in whoever answers."""
    options = dict(urllib.parse.parse_qsl(query))
    context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
    is_anybody = options.get("ssl_cert_reqs") == "none"
    context.check_hostname = not is_anybody and options.get("ssl_check_hostname", "true").lower() not in ("false", "no", "0")
    if is_anybody:
        context.verify_mode = ssl.CERT_NONE
    if "ssl_certfile" in options:
        context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
    return context


class Connection:
    """redis://[[user]:password@]host[:port][/database], rediss:// for TLS (see _tls for what may follow behind a ?), or
    unix://[[user]:password@]/path[?db=database]. Raises OSError when there is no server, ConnectionError when it refuses the
    password or the database."""

    def __init__(self, url, timeout=10):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(urllib.parse.unquote(parts.path))
            database = urllib.parse.parse_qs(parts.query).get("db", ["0"])[0]
        elif parts.scheme in ("redis", "rediss"):
            self.socket = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if parts.scheme == "rediss":
                self.socket = _tls(parts.query).wrap_socket(self.socket, server_hostname=parts.hostname)
            database = parts.path.strip("/") or "0"
        else:
            raise ConnectionError(f"{url}: not a redis://, rediss:// or unix:// address")
        self.reader = self.socket.makefile("rb")
        if parts.password:
            user = [urllib.parse.unquote(parts.username)] if parts.username else []
            self._must("AUTH", *user, urllib.parse.unquote(parts.password))
        if database != "0":
            self._must("SELECT", database)

    def _must(self, *words):
        reply = self(*words)
        if isinstance(reply, Error):
            self.close()
            raise ConnectionError(reply)

    def close(self):
        self.reader.close()
        self.socket.close()

    def __call__(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, requests):
        """Sends all of them at once; returns their replies."""
        parts = []
        for words in requests:
            parts.append(b"*%d\r\n" % len(words))
            for word in words:
                data = word if isinstance(word, bytes) else str(word).encode()
                parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.socket.sendall(b"".join(parts))
        return [self._read() for _ in requests]

    def _read(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._read_exactly(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        raise ConnectionError(f"not the protocol of Redis: {line[:40]!r}")

    def _read_exactly(self, length):
        data = self.reader.read(length + 2)
        if len(data) != length + 2:
            raise ConnectionError("the server closed the connection")
        return data[:-2]

    def info(self, section="default"):
        """INFO as a dictionary of texts. Raises ConnectionError when it is refused."""
        reply = self("INFO", section)
        if isinstance(reply, Error):
            raise ConnectionError(reply)
        lines = reply.decode(errors="replace").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))

    def scan(self, pattern=None, batch=1000):
        """All keys (those that match), a batch at a time; a key may come twice."""
        cursor = b"0"
        while True:
            words = ["SCAN", cursor, "COUNT", batch] + (["MATCH", pattern] if pattern else [])
            reply = self(*words)
            if isinstance(reply, Error):
                raise ConnectionError(reply)
            cursor, keys = reply
            if keys:
                yield keys
            if cursor == b"0":
                return
