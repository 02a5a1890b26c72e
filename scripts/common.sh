# shellcheck shell=sh
# What the scripts beside this file share; they source it.

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# Shows the lines of the script's head that say how it is called.
usage() {
    sed -n '/^# usage: /,/^#$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

# What stands under this name behind the ? of $url.
url_option() { printf '%s' "$url" | sed -n "s/^[^?]*?\(.*&\)\{0,1\}$1=\([^&]*\).*/\2/p"; }

# redis-cli towards the server of $url, else of REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_DB. An empty password is
# none. A rediss:// URL names the files of certificates as redis-py reads them: ?ssl_ca_certs=FILE&ssl_certfile=...
[ -z "${REDIS_PASSWORD:-}" ] || export REDISCLI_AUTH="$REDIS_PASSWORD"
cli() {
    if [ -z "${url:-}" ]; then
        redis-cli -h "${REDIS_HOST:-127.0.0.1}" -p "${REDIS_PORT:-6379}" -n "${REDIS_DB:-0}" "$@"
        return
    fi
    for option in ssl_ca_certs=--cacert ssl_certfile=--cert ssl_keyfile=--key; do
        file=$(url_option "${option%%=*}")
        [ -z "$file" ] || set -- "${option#*=}" "$file" "$@"
    done
    [ "$(url_option ssl_cert_reqs)" != none ] || set -- --insecure "$@"
    # Without a user in the URL redis-cli names one with an empty name, whom Redis doesn't know.
    redis-cli --no-auth-warning -u "$(echo "${url%%\?*}" | sed 's#^\(rediss*\)://:#\1://default:#')" "$@"
}

# Starts or stops a service, with systemd or without.
service_do() { # service, action
    if [ -d /run/systemd/system ]; then
        systemctl "$2" "$1"
    else
        service "$1" "$2"
    fi
}

# Waits until the server answers: a minute, and while it loads its data as long as that takes.
wait_until_it_serves() {
    waited=0
    until reply=$(cli PING 2>&1) && [ "$reply" = PONG ]; do
        case $reply in
            *LOADING*) ;;
            *) waited=$((waited + 1)) ;;
        esac
        [ "$waited" -lt 60 ] || return 1
        sleep 1
    done
}
