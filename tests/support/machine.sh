#!/bin/sh
# A small Debian machine in namespaces of its own, with systemd: everything it has lies in a tmpfs that vanishes with the last
# process. It is on no network while it runs. To be run as root by tests/support/machine.py, below
# `unshare --mount --propagation private --pid --fork --kill-child`.
#
# usage: machine.sh DIRECTORY SUITE MIRROR PACKAGES CGROUP DEB...
set -e
directory=$1 suite=$2 mirror=$3 packages=$4 cgroup=$5
shift 5
root=$directory/root
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs "$directory"
debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror"
# What the packages under test depend on is fetched now: later there is no network.
mkdir "$root/packages"
cp "$@" "$root/packages/"
chroot "$root" sh -c 'apt-get install -y -q --no-install-recommends --download-only /packages/*.deb'
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$(cat /proc/sys/kernel/hostname)" >"$root/etc/hosts"
# Tests restart services more often than anybody else does.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultStartLimitBurst=1000\n' >"$root/etc/systemd/system.conf.d/tests.conf"
mount -t tmpfs -o mode=755 tmpfs /run
# A group of its own, so that machines side by side don't meet.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -w "$hierarchy/cgroup.procs" ] || continue
    mkdir "$hierarchy/$cgroup"
    echo $$ >"$hierarchy/$cgroup/cgroup.procs"
done
exec systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --console=pipe </dev/null
