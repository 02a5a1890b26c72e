#!/bin/sh
# Puts a snapshot, of sessiond or Redis, in the place of the server's own: verifies it, stops the service, keeps what was
# there, copies, starts the service and waits until it serves. If it doesn't come up, the old file is put back.
#
# usage: restore.sh [--service NAME] [--dump FILE] [--url URL] SNAPSHOT
#
#   --service NAME   sessiond (the default), or redis-server
#   --dump FILE      the service's snapshot file (/var/lib/sessiond/dump.rdb, or /var/lib/redis/dump.rdb)
#   --url URL        redis://:password@host:port; else REDIS_URL, else REDIS_HOST, REDIS_PORT and REDIS_PASSWORD
set -eu
service=sessiond dump='' url=${REDIS_URL:-}
here=$(dirname "$0")
# shellcheck source=scripts/common.sh
. "$here/common.sh"

while [ $# -gt 1 ]; do
    case $1 in
        --service) service=$2 ;;
        --dump) dump=$2 ;;
        --url) url=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] || usage
snapshot=$1
if [ -z "$dump" ]; then
    case $service in
        redis*) dump=/var/lib/redis/dump.rdb ;;
        *) dump=/var/lib/sessiond/dump.rdb ;;
    esac
fi

status=0
"$here/check_rdb.sh" "$snapshot" >/dev/null || status=$?
[ $status -ne 2 ] || fail "$snapshot holds what sessiond doesn't load; check_rdb.sh says what. Nothing was changed"
[ $status -eq 0 ] || fail "$snapshot is damaged, or no snapshot: nothing was changed"
directory=$(dirname "$dump")
[ -d "$directory" ] || fail "$directory is not there: is $service installed?"

service_do "$service" stop >/dev/null || fail "$service can't be stopped"
kept=''
if [ -e "$dump" ]; then
    kept=$dump.before-$(date +%Y%m%d-%H%M%S)
    mv "$dump" "$kept"
    echo "the data until now: $kept"
fi
umask 077
cp "$snapshot" "$dump.partial"
chown --reference="$directory" "$dump.partial"
sync "$dump.partial"
mv "$dump.partial" "$dump"
if service_do "$service" start >/dev/null && wait_until_it_serves; then
    echo "restored: $(cli INFO keyspace | tr -d '\r' | sed -n 's/^\(db[0-9]*\):keys=\([0-9]*\),.*/\1 \2 keys/p' | paste -sd, -)"
    exit 0
fi
service_do "$service" stop >/dev/null || true
rm -f "$dump"
[ -z "$kept" ] || mv "$kept" "$dump"
service_do "$service" start >/dev/null || true
fail "$service doesn't serve with $snapshot (see its log): the old data are back in their place"
