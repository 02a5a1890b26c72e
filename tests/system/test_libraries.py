# SPDX-License-Identifier: BSD-3-Clause
"""Caches, limiters, locks and queues in the libraries that applications take: a program in apps/ for each, which ends
with 0 when all was as it should be. They are run with the versions of requirements-libraries.txt and package-lock.json."""

import os
import pathlib
import subprocess

import pytest

from support import certificates, ports, readme, wait
from support.processes import TESTS, environment_program

APPS = pathlib.Path(__file__).parent / "apps"
NODE_MODULES = TESTS / ".venv/node/node_modules"
PYTHON = [
    "celery_tasks.py", "channels_layer.py", "dramatiq_actors.py", "flask_cache.py", "flask_limits.py", "rq_jobs.py", "stream_consumers.py",
]
JAVASCRIPT = [
    "bee_queue.js", "bull_queue.js", "bullmq_queue.js", "clients.js", "locks_and_limiters.js", "socketio_streams.js", "stream_consumers.js",
]
with_node = pytest.mark.skipif(not NODE_MODULES.exists(), reason="needs Node.js 18")


def run(interpreter, program, server, *arguments, **variables):
    environment = {"REDIS_URL": server.url(), "NODE_PATH": str(NODE_MODULES), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    with subprocess.Popen(
        [interpreter, program, *arguments], cwd=APPS, env=os.environ | environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=50 * wait.FACTOR)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{program} doesn't end:\n{process.communicate()[0][-4000:]}") from None
    assert process.returncode == 0, output[-8000:]


def run_python(program, server, *arguments):
    run(environment_program("libraries", "python"), program, server, *arguments)


@pytest.mark.parametrize("program", PYTHON)
def test_in_python(server, program):
    run_python(program, server)


@with_node
@pytest.mark.parametrize("program", JAVASCRIPT)
def test_in_javascript(server, program):
    run("node", program, server)


@with_node
def test_in_javascript_over_tls(launch, tmp_path):
    """By `rediss://`, of ioredis and of node-redis."""
    tls_port = ports.reserve()
    try:
        server = launch(certificates.tls_options(tmp_path / "certificates", tls_port))
        variables = {"REDIS_URL": f"rediss://localhost:{tls_port}", "NODE_EXTRA_CA_CERTS": str(server.options["tls-ca-cert-file"])}
        run("node", "clients.js", server, **variables)
    finally:
        ports.release(tls_port)


# ---- what README.md shows


def test_django_by_the_settings_of_readme(server, tmp_path):
    settings = tmp_path / "settings.py"
    settings.write_text(readme.program("Django", server))
    run_python("django_site.py", server, settings)


@with_node
def test_express_by_the_lines_of_readme(server, tmp_path):
    lines = tmp_path / "lines.js"
    lines.write_text(readme.program("Express", server))
    run("node", "express_site.js", server, lines)


def test_flask_with_the_lines_of_readme(server, tmp_path):
    lines = tmp_path / "lines.py"
    lines.write_text(readme.program("Caches, limiters, locks and queues", server))
    run_python("flask_example.py", server, lines)
