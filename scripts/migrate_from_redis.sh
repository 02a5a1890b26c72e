#!/bin/sh
# Moves the data of a Redis to sessiond, and back.
#
# usage: migrate_from_redis.sh --rdb DUMP [--service NAME] [--url URL]
#        migrate_from_redis.sh --from URL --to URL [--replace] [--samples N]
#
# From a file: the service (sessiond, or redis-server to go back) is stopped, its data kept aside, DUMP put in their place;
# see restore.sh. Live: every key is copied by DUMP and RESTORE while both servers run, then counted and samples compared; see
# redis_copy.py. To go back, exchange the two URLs. Keys of types that sessiond doesn't have are named and left out.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/common.sh
. "$here/common.sh"

mode='' rdb=''
for word in "$@"; do
    case $word in
        --rdb) mode="file" ;;
        --from | --to) mode=live ;;
    esac
done
case $mode in
    live) exec python3 "$here/redis_copy.py" "$@" ;;
    file) ;;
    *) usage ;;
esac

service=sessiond url=${REDIS_URL:-}
while [ $# -gt 1 ]; do
    case $1 in
        --rdb) rdb=$2 ;;
        --service) service=$2 ;;
        --url) url=$2 ;;
        *) usage ;;
    esac
    shift 2
done
if [ $# -ne 0 ] || [ -z "$rdb" ]; then usage; fi
REDIS_URL=$url exec "$here/restore.sh" --service "$service" "$rdb"
