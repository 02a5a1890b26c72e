# SPDX-License-Identifier: BSD-3-Clause
"""A small machine of its own to install packages on: Debian of the suite that runs here, with a systemd that has booted. It
needs root and the right to make namespaces; `why_not` says what is missing."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import wait

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = ("dh", "lintian", "debootstrap", "systemd-nspawn", "nsenter", "unshare")
JOBS = "systemctl list-jobs --no-pager; journalctl --no-pager --lines=30"
ISOLATED = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]


def _os_release():
    lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def why_not():
    """The reason why there can be no machine here; None when there can."""
    if os.geteuid() != 0:
        return "needs root"
    if _os_release().get("ID") != "debian":
        return "needs Debian"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}"
    # The kernel's parameters must not be ours to change from within; nspawn sees to it where it can mount.
    for attempt in ([*ISOLATED, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], ["unshare", "--user", "true"]):
        if subprocess.run(attempt, capture_output=True, check=False).returncode != 0:
            return "may not make namespaces"  # nobody may make a user's in a chroot, say; the service needs one
    return None


def _mirror():
    """Where apt gets its packages here."""
    command = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]
    sites = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return next((site for site in sites if site.startswith("http")), "http://deb.debian.org/debian")


def _children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _init_below(pid):
    """The process that is number 1 in the innermost namespace."""
    for child in _children(pid):
        try:
            status = pathlib.Path(f"/proc/{child}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
        if len(numbers) > 2 and numbers[-1] == "1" and status.startswith("Name:\tsystemd\n"):
            return child
        found = _init_below(child)
        if found:
            return found
    return None


class Machine:
    """Boots at once. The Debian packages in `debs` wait in /packages, all they depend on is at hand for apt."""

    def __init__(self, debs, packages):
        # The mount lies over it in the machine's namespace; here it stays empty.
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="machine-"))
        self._cgroup = self._directory.name
        self._log_path = self._directory.with_suffix(".log")
        arguments = [self._directory, _os_release()["VERSION_CODENAME"], _mirror(), ",".join(packages), self._cgroup, *debs]
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                [*ISOLATED, str(HERE / "machine.sh"), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._init = wait.until(self._find_init, 600, lambda: f"the machine's boot:\n{self.log()}", interval=0.2)
            self._wait_until_booted()
        except BaseException:
            self.close()
            raise

    def _find_init(self):
        assert self._process.poll() is None, f"the machine ended:\n{self.log()}"
        return _init_below(self._process.pid)

    def _wait_until_booted(self):
        # systemd isn't on its bus from the first moment on.
        last = ["nothing"]

        def is_booted():
            last[0] = self.run("systemctl is-system-running", check=False).stdout
            return last[0] in ("running\n", "degraded\n")

        wait.until(is_booted, 120, lambda: f"the machine's boot: {last[0]}\n{self.log()}", interval=0.2)

    def log(self):
        return self._log_path.read_text(errors="replace")[-4000:]

    def run(self, command, check=True, timeout=60):
        """Runs a shell's command line in /root/app as root; its output and errors come together in `stdout`."""
        enter = ["nsenter", f"--target={self._init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"]
        environment = ["env", "-i", "--chdir=/", "HOME=/root", "TERM=dumb", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        try:
            result = subprocess.run(
                [*enter, *environment, "bash", "-c", f"mkdir -p /root/app && cd /root/app && {{ {command}\n}}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout * wait.FACTOR,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            # Mostly systemctl waits for a service that never says that it is ready.
            shown = (expired.stdout or b"").decode(errors="replace")
            jobs = "" if command == JOBS else self.run(JOBS, check=False).stdout
            raise AssertionError(f"{command}: not done within {expired.timeout} s\n{shown}\n{jobs}") from None
        assert not check or result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}"
        return result

    def close(self):
        self._process.kill()
        self._process.wait()
        self._remove_cgroups()
        self._log_path.unlink(missing_ok=True)
        self._directory.rmdir()

    def _remove_cgroups(self):
        def remove(group):
            for child in group.iterdir():
                if child.is_dir():
                    remove(child)
            group.rmdir()

        def removed(group):
            try:
                remove(group)
            except (FileNotFoundError, ProcessLookupError):
                pass
            except OSError:  # a process is still ending
                return False
            return True

        for hierarchy in ("", "systemd", "unified"):
            group = pathlib.Path("/sys/fs/cgroup") / hierarchy / self._cgroup
            if group.exists():
                wait.until(lambda group=group: removed(group), what=f"the end of {group}")
