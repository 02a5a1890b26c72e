# SPDX-License-Identifier: BSD-3-Clause
"""Certificates for tests, made by the openssl program when they are needed."""

import os
import pathlib
import shutil
import subprocess
import types


def _openssl(*arguments):
    shown = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr


class Identity:
    """A certificate and its key, as files."""

    def __init__(self, directory, name):
        self.name = name
        self.cert = pathlib.Path(directory) / f"{name}.pem"
        self.key = pathlib.Path(directory) / f"{name}.key"


KINDS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"], "large": ["rsa:4096"]}


class Authority(Identity):
    """Vouches for others; `cert` is what those trust that trust it."""

    def __init__(self, directory, name="authority"):
        super().__init__(directory, name)
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._make(self, "ec", ["-addext", "keyUsage=keyCertSign"])

    def _make(self, identity, kind, options):
        algorithm = KINDS[kind]
        _openssl(
            *["req", "-x509", "-newkey", *algorithm, "-nodes", "-keyout", identity.key, "-out", identity.cert],
            *["-days", "30", "-subj", f"/CN={identity.name}", *options],
        )

    def issue(self, name, kind="ec", names="DNS:localhost,IP:127.0.0.1"):
        """An identity that it vouches for, good for these names."""
        identity = Identity(self.directory, name)
        options = ["-CA", self.cert, "-CAkey", self.key, "-addext", "basicConstraints=critical,CA:FALSE"]
        self._make(identity, kind, [*options, "-addext", f"subjectAltName={names}"])
        return identity


def encrypt_key(identity, path, password):
    """Writes the key to `path`, so that it takes the password to read it."""
    _openssl("pkey", "-in", identity.key, "-aes128", "-passout", f"pass:{password}", "-out", path)
    return path


def expire(identity, days=-1):
    """Makes the certificate one that ended yesterday, or will end in so many days; it vouches for itself then."""
    _openssl("x509", "-in", identity.cert, "-signkey", identity.key, "-days", days, "-out", identity.cert)
    return identity


def install(identity, cert, key):
    """Puts files in the place of others, as those do who renew certificates."""
    for source, target in ((identity.cert, cert), (identity.key, key)):
        beside = target.with_suffix(".new")
        shutil.copy(source, beside)
        os.replace(beside, target)


def tls_options(directory, port):
    """Directives of a server that speaks TLS with everybody on `port`."""
    authority = Authority(directory)
    server = authority.issue("server")
    files = {"tls-cert-file": server.cert, "tls-key-file": server.key, "tls-ca-cert-file": authority.cert}
    return {"tls-port": port, "tls-auth-clients": "no"} | files


def identities(tmp_path_factory, **more):
    """Those of an authority that clients trust, `more` with options of their own among them, and one of a stranger."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    return types.SimpleNamespace(
        authority=authority,
        server=authority.issue("server"),
        renewed=authority.issue("renewed"),
        rsa=authority.issue("rsa", kind="rsa"),
        guest=authority.issue("guest"),
        stranger=Authority(tmp_path_factory.mktemp("others")).issue("stranger"),
        **{name: authority.issue(name, **options) for name, options in more.items()},
    )
