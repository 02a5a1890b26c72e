#!/bin/sh
# Takes a snapshot of the running server, sessiond or Redis, and keeps a verified copy; older copies beyond --keep go.
# For cron and the systemd timer: silent when all is well, an error says what is wrong and ends with 1.
#
# usage: backup.sh [--to DIR] [--keep N] [--url URL] [--file DUMP] [--timeout SECONDS]
#
#   --to DIR       where the copies go (/var/backups/sessiond); made when it is missing, readable by its owner only
#   --keep N       copies to keep (7)
#   --url URL      redis://:password@host:port; else REDIS_URL, else REDIS_HOST, REDIS_PORT and REDIS_PASSWORD
#   --file DUMP    the server's snapshot file, where CONFIG GET is not to be had
#   --timeout S    seconds that the snapshot may take (3600)
set -eu
to=/var/backups/sessiond keep=7 url=${REDIS_URL:-} file='' timeout=3600
here=$(dirname "$0")
# shellcheck source=scripts/common.sh
. "$here/common.sh"

while [ $# -gt 0 ]; do
    case $1 in
        --to | --keep | --url | --file | --timeout) [ $# -ge 2 ] || fail "$1 needs a value" ;;
        *) usage ;;
    esac
    case $1 in
        --to) to=$2 ;;
        --keep) keep=$2 ;;
        --url) url=$2 ;;
        --file) file=$2 ;;
        --timeout) timeout=$2 ;;
    esac
    shift 2
done
[ "$keep" -ge 1 ] || fail "--keep must be at least 1"

persistence() { cli INFO persistence | tr -d '\r' | sed -n "s/^$1://p"; }

umask 077
mkdir -p "$to"
exec 9>"$to/.lock"
flock -n 9 || fail "another backup to $to is running"

[ "$(cli PING 2>&1)" = PONG ] || fail "the server doesn't answer: $(cli PING 2>&1)"
if [ -z "$file" ]; then
    file=$(cli CONFIG GET dir | sed -n 2p)/$(cli CONFIG GET dbfilename | sed -n 2p)
    [ "$file" != / ] || fail "CONFIG GET is not to be had: name the server's snapshot with --file"
fi

begin=$(cli TIME | head -1)
waited=0
while :; do
    [ "$waited" -le "$timeout" ] || fail "no snapshot within $timeout seconds"
    reply=$(cli BGSAVE 2>&1)
    case $reply in
        Background*started) break ;;
        # One that runs already has begun before we were asked: ours follows it.
        *"in progress"*) waited=$((waited + 1)); sleep 1 ;;
        *) fail "BGSAVE: $reply" ;;
    esac
done
until [ "$(persistence rdb_bgsave_in_progress)" = 0 ]; do
    waited=$((waited + 1))
    [ "$waited" -le "$timeout" ] || fail "no snapshot within $timeout seconds"
    sleep 1
done
if [ "$(persistence rdb_last_bgsave_status)" != ok ] || [ "$(cli LASTSAVE)" -lt "$begin" ]; then
    fail "the snapshot failed: see the server's log"
fi

copy=$to/dump-$(date +%Y%m%d-%H%M%S).rdb
trap 'rm -f "$copy.partial"' EXIT
cp "$file" "$copy.partial"
# What sessiond couldn't load (2) may well be the data of a Redis.
"$here/check_rdb.sh" "$copy.partial" >/dev/null || [ $? -eq 2 ] || fail "the copy of $file is damaged"
sync "$copy.partial"
mv "$copy.partial" "$copy"

# The names sort by their time.
find "$to" -maxdepth 1 -name 'dump-*.rdb' | sort | head -n "-$keep" | while read -r old; do rm -f "$old"; done
