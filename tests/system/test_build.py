# SPDX-License-Identifier: BSD-3-Clause
"""What make finds on a machine is an input like the sources: when it changes, what was made with it is made anew."""

import os
import platform
import shutil
import subprocess

import pytest

from support.server import ROOT

pytestmark = pytest.mark.beyond_redis

OBJECT = "build/release/src/app/service_manager.o"
ASSETS = "build/release/made/assets.c"
PROGRAM = "build/release/tests/bench/load"  # of a single object


class Tree:
    """A copy of the sources, and programs that come before the machine's."""

    def __init__(self, directory):
        self.path = directory / "tree"
        self.programs = directory / "programs"
        self.programs.mkdir()
        for name in ("src", "include", "scripts", "tests/bench"):
            shutil.copytree(ROOT / name, self.path / name)
        shutil.copy(ROOT / "Makefile", self.path)

    def program(self, name, script):
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def systemd(self, is_there):
        """As if libsystemd-dev were installed, or not."""
        found = 'case "$*" in *--modversion*) echo 252 ;; *--libs*) echo -lsystemd ;; *) echo ;; esac'
        self.program("pkg-config", found if is_there else "exit 1")

    def make(self, *arguments, check=True):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "CFLAGS", "LDFLAGS", "VARIANT"))}
        result = subprocess.run(
            ["make", *arguments],
            cwd=self.path,
            env=kept | {"PATH": f"{self.programs}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout
        return result.stdout


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def _speaks_to_systemd(tree):
    return "sd_notify" in subprocess.run(["nm", tree.path / OBJECT], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not os.path.exists("/usr/include/systemd/sd-daemon.h"), reason="needs libsystemd-dev")
def test_libsystemd_that_came_after_a_build_is_used_by_the_next(tree):
    tree.systemd(False)
    assert "CC" in tree.make(OBJECT)
    assert not _speaks_to_systemd(tree)
    assert "-lsystemd" not in tree.make("-n", "all")
    tree.systemd(True)
    assert "CC" in tree.make(OBJECT)
    assert _speaks_to_systemd(tree)
    assert "-lsystemd" in tree.make("-n", "all")
    tree.systemd(False)
    tree.make(OBJECT)
    assert not _speaks_to_systemd(tree)


def test_nothing_is_built_anew_while_all_is_the_same(tree):
    tree.make(ASSETS, PROGRAM, OBJECT)
    assert tree.make(ASSETS, PROGRAM, OBJECT) == ""


def test_other_flags_of_the_compiler_compile_anew(tree):
    tree.make(OBJECT)
    flags = """CFLAGS_release=-O1 -DTEXT='"it is"'"""
    assert "CC" in tree.make(OBJECT, flags)
    assert tree.make(OBJECT, flags) == ""


def test_another_compiler_compiles_anew(tree):
    tree.make(OBJECT)
    tree.program("gcc", f'[ "$1" = --version ] && echo gcc 99 && exit\nexec {shutil.which("gcc")} "$@"')
    assert "CC" in tree.make(OBJECT)


def test_other_flags_of_the_linker_only_link_anew(tree):
    tree.make(PROGRAM)
    shown = tree.make(PROGRAM, "LDFLAGS_release=-pie -Wl,-O1")
    assert "LD" in shown and "CC" not in shown


def test_the_program_is_laid_out_by_a_training_run_unless_told_otherwise(tree):
    assert "scripts/train build/trained/sessiond" in tree.make("-n", "all")
    plain = tree.make("-n", "all", "OPTIMIZE=no")
    assert "-o build/release/sessiond" in plain and "scripts/train" not in plain


def test_the_chart_library_that_came_after_a_build_is_in_the_next(tree, tmp_path):
    library = tmp_path / "chart.js"
    library.write_text("/* the library */")
    os.utime(library, (1, 1))  # packages are older than what is built here
    tree.make(ASSETS, "CHART_JS=src/http/page/without-charts.js")
    before = (tree.path / ASSETS).read_bytes()
    tree.make(ASSETS, f"CHART_JS={library}")
    with_library = (tree.path / ASSETS).read_bytes()
    assert with_library != before
    library.write_text("/* another version */")
    os.utime(library, (1, 1))
    tree.make(ASSETS, f"CHART_JS={library}")
    assert (tree.path / ASSETS).read_bytes() != with_library


@pytest.mark.parametrize(
    "setting, missing",
    [("HEADERS=stdio.h no/such.h", "no/such.h"), ("LIBS=-lnosuch", "-lnosuch"), ("CC=nosuch-gcc", "nosuch-gcc")],
    ids=["header", "library", "compiler"],
)
def test_what_is_missing_is_said_with_its_remedy_before_any_compiler_error(tree, setting, missing):
    shown = tree.make("-j2", "all", setting, check=False)
    told = [line for line in shown.splitlines() if not line.startswith("make: ***")]
    assert len(told) == 1, shown
    assert missing in told[0] and "run `make deps`" in told[0]
    assert not (tree.path / "build/release/sessiond").exists()


HARDENED = "-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection=full -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack".split()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="options of this processor")
@pytest.mark.parametrize(
    "option, complaint",
    [
        (None, None),
        ("-no-pie", "PIE"),
        ("-Wl,-z,norelro", "RELRO"),
        ("-Wl,-z,lazy", "BIND_NOW"),
        ("-Wl,-z,execstack", "executed"),
        ("-Wl,-rpath,/tmp", "RPATH"),
        ("-fno-stack-protector", "stack protector"),
        ("-U_FORTIFY_SOURCE", "_FORTIFY_SOURCE"),
        ("-fcf-protection=none", "control-flow"),
    ],
)
def test_a_program_that_lacks_a_protection_is_found(tmp_path, option, complaint):
    source, made, program = tmp_path / "x.c", tmp_path / "x.o", tmp_path / "x"
    source.write_text(
        "#include <stdio.h>\nint main(int c, char **v) { char t[9]; int n = snprintf(t, (size_t)c * 9, v[0], t); return n + puts(t); }"
    )
    flags = [*HARDENED, *([option] if option else [])]
    subprocess.run(["gcc", *flags, "-w", "-c", "-o", made, source], check=True)
    subprocess.run(["gcc", *flags, "-o", program, made], check=True)
    checked = subprocess.run([ROOT / "scripts/check-hardened", program, made], capture_output=True, text=True, check=False)
    assert (checked.returncode == 0) == (option is None), checked.stderr
    assert complaint is None or complaint in checked.stderr
