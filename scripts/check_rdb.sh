#!/bin/sh
# Verifies a snapshot file to its last byte, with the server's own check or with Redis' tool; says how many keys it holds.
#
# usage: check_rdb.sh FILE
#
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || usage
[ -r "$1" ] || fail "$1 can't be read"
if sessiond --help 2>/dev/null | grep -q -e --check-rdb; then
    exec sessiond --check-rdb "$1"
fi
command -v redis-check-rdb >/dev/null || fail "redis-check-rdb is missing (apt-get install redis-tools)"
exec redis-check-rdb "$1"
