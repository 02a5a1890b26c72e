#!/bin/sh
# Verifies a snapshot file to its last byte, with the server's own check or with Redis' tool. 0: it is whole; 1: it is damaged;
# 2: it is whole, but holds something that sessiond doesn't load.
#
# usage: check_rdb.sh FILE
#
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || usage
[ -r "$1" ] || fail "$1 can't be read"
if command -v sessiond >/dev/null; then
    exec sessiond --check-rdb "$1"
fi
command -v redis-check-rdb >/dev/null || fail "redis-check-rdb is missing (apt-get install redis-tools)"
exec redis-check-rdb "$1"
