#!/usr/bin/env bash
# A quick test of the session server, sessiond or Redis, in six steps. It leaves nothing behind.
#
# usage: redis_test.sh [URL]      URL: redis://:password@host:port/database; else REDIS_URL, else REDIS_HOST, REDIS_PORT,
#                                 REDIS_PASSWORD and REDIS_DB, else redis://127.0.0.1:6379
url=${1:-${REDIS_URL:-}}
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
prefix="redis_test:$$:$RANDOM"
requests=1000 excellent_ms=10

line() { printf '=%.0s' {1..80}; echo; }
good() { echo "✅ $*"; }
bad() { # what failed, what to do
    echo "❌ $1"
    [ -z "${2:-}" ] || echo "   $2"
    exit 1
}
expect() { # what, the expected reply, command ...
    local what=$1 expected=$2 reply
    shift 2
    reply=$(cli "$@" 2>&1)
    [ "$reply" = "$expected" ] || bad "$what failed" "$1 replied: $reply"
    good "$what successful"
}

line
echo "🧪 Redis Quick Test Script"
line

printf '\n📦 Test 1: Checking Redis Installation...\n'
command -v redis-cli >/dev/null || bad "redis-cli is not installed" "apt-get install redis-tools"
if command -v redis-server >/dev/null; then
    good "Redis installed: $(redis-server --version | cut -d' ' -f1-3)"
elif command -v sessiond >/dev/null; then
    good "Redis installed: $(sessiond --version | cut -d' ' -f1-4)"
else
    echo "ℹ️  No server program on this machine; going on with the server that is reached"
fi

printf '\n🔌 Test 2: Checking Redis Server Status...\n'
reply=$(cli PING 2>&1)
case $reply in
    *"Connection refused"*) bad "Redis server is not running" "service redis-server start, or systemctl start sessiond" ;;
    *"Could not connect"*) bad "Redis server is not reached" "$reply" ;;
    *) good "Redis server is running" ;;
esac

printf '\n🔗 Test 3: Testing Redis Connectivity...\n'
case $reply in
    PONG) good "Redis connectivity test passed" ;;
    *NOAUTH* | *WRONGPASS*) bad "Redis connectivity test failed" "Wrong or no password: set REDIS_URL or REDIS_PASSWORD ($reply)" ;;
    *) bad "Redis connectivity test failed" "PING replied: $reply" ;;
esac

printf '\n⚙️  Test 4: Testing Basic Operations...\n'
expect "SET operation" OK SET "$prefix:key" "a value" EX 60
expect "GET operation" "a value" GET "$prefix:key"
expect "DEL operation" 1 DEL "$prefix:key"

printf '\n🔐 Test 5: Testing Session Storage Pattern...\n'
session='{"user_id": 1, "connected": true}'
expect "Session storage" OK SETEX "$prefix:session" 60 "$session"
expect "Session retrieval" "$session" GET "$prefix:session"
cli DEL "$prefix:session" >/dev/null

printf '\n⚡ Test 6: Testing Redis Performance...\n'
begin=$(date +%s%N)
count=$(cli -r "$requests" PING | grep -c PONG)
end=$(date +%s%N)
[ "$count" -eq "$requests" ] || bad "Performance test failed" "$count of $requests requests were answered"
# Hundredths of a millisecond, one request after the other on one connection.
latency=$(((end - begin) / requests / 10000))
good "Average latency: $(printf '%d.%02d' $((latency / 100)) $((latency % 100)))ms"
if [ "$latency" -lt $((excellent_ms * 100)) ]; then
    good "Latency is excellent (<${excellent_ms}ms)"
else
    echo "⚠️  Latency is high (>${excellent_ms}ms): see redis-cli --latency, SLOWLOG GET and LATENCY DOCTOR"
fi

printf '\n🎉 All tests passed!\n'
