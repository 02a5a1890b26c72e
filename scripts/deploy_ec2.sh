#!/bin/sh
# Sets up a session server on this machine (Debian, Ubuntu or Amazon Linux) and prints what the application's .env needs. To be
# run as root; a second run changes nothing but what is newer, and no file is replaced without a copy beside it.
#
# usage: deploy_ec2.sh [--package DEB] [--port N] [--maxmemory SIZE] [--dry-run]
#        deploy_ec2.sh --uninstall [--dry-run]
#
#   --package DEB     install this package; without it the server is built from the sources that this script belongs to
#   --port N          port on 127.0.0.1 and ::1 (6379)
#   --maxmemory SIZE  limit of memory; at the limit the sessions unused for longest go (256mb)
#   --dry-run         say what would be done
#   --uninstall       stop and remove the server; configuration, data and backups stay
#
# What it does: installs; makes the user sessiond; writes /etc/sessiond/sessiond.conf with a generated password (one that is
# there stays) and loopback addresses; raises net.core.somaxconn; starts the service, now and at every boot.
# What it doesn't: vm.overcommit_memory and transparent huge pages stay as they are. Redis needs both changed because it forks
# to save; sessiond saves without.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

package='' port=6379 maxmemory=256mb dry_run=false action=deploy
while [ $# -gt 0 ]; do
    case $1 in
        --package | --port | --maxmemory) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
        --package) package=$2; shift ;;
        --port) port=$2; shift ;;
        --maxmemory) maxmemory=$2; shift ;;
        --dry-run) dry_run=true ;;
        --uninstall) action=uninstall ;;
        *) usage ;;
    esac
    shift
done

service=sessiond
configuration=/etc/sessiond/sessiond.conf
data=/var/lib/sessiond
log=/var/log/sessiond
sysctl_file=/etc/sysctl.d/60-sessiond.conf
somaxconn=65535

say() { echo "==> $*"; }
run() { # does it, or only says so
    if $dry_run; then
        echo "    would run: $*"
    else
        "$@"
    fi
}
keep_copy() { # of a file that is about to change
    [ -e "$1" ] || return 0
    run cp -p "$1" "$1.$(date +%Y%m%d-%H%M%S).bak"
}
replace() { # new content, file, mode. Nothing happens when it is the same; the first file goes.
    if ! cmp -s "$1" "$2"; then
        changed=true
        put "$@"
    fi
    rm -f "$1"
}
put() {
    keep_copy "$2"
    if $dry_run; then
        # The secret stays out of the terminal's log.
        echo "    would write $2:"
        sed -e 's/^requirepass .*/requirepass .../' -e 's/^/        /' "$1"
        return
    fi
    mkdir -p "$(dirname "$2")"
    # An existing file keeps its owner.
    if [ -e "$2" ]; then cat "$1" >"$2"; else install -m "$3" "$1" "$2"; fi
}
is_root() { [ "$(id -u)" -eq 0 ] || $dry_run; }
has_systemd() { [ -d /run/systemd/system ]; }

# ---- installing ----

package_manager() {
    for manager in apt-get dnf; do
        if command -v "$manager" >/dev/null; then echo "$manager"; return; fi
    done
    fail "neither apt-get nor dnf: this script knows Debian, Ubuntu and Amazon Linux"
}

install_build_needs() { # by the manager's own names
    case $(package_manager) in
        apt-get) run "$here/build-deps" ;;
        dnf) run dnf install -y gcc make pkgconf-pkg-config libevent-devel jemalloc-devel openssl-devel liblzf-devel \
            isa-l-devel xxhash-devel systemd-devel ;;
    esac
}

install_server() {
    if [ -n "$package" ]; then
        [ -r "$package" ] || fail "$package can't be read"
        version=$(dpkg-deb --field "$package" Version)
        if [ "$(dpkg-query -W -f '${Version}' sessiond 2>/dev/null)" = "$version" ]; then
            say "sessiond $version is installed"
            return
        fi
        say "Installing $package"
        changed=true
        # Our configuration, not the package's, where there is one.
        run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o Dpkg::Options::=--force-confold \
            "$(realpath "$package")" redis-tools
        return
    fi
    source=$(dirname "$here")
    [ -e "$source/Makefile" ] || fail "no sources beside this script: give it --package"
    say "Building from $source"
    install_build_needs
    run make -C "$source" all
    if ! cmp -s "$source/build/release/sessiond" /usr/bin/sessiond; then
        changed=true
        run "$here/install-tree" --prefix /usr --sysconfdir /etc --unitdir /usr/lib/systemd/system \
            install "$source/build/release/sessiond"
    fi
}

make_user() {
    if ! id sessiond >/dev/null 2>&1; then
        say "Making the user sessiond"
        run useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin sessiond
    fi
    run install -d -m 0750 -o sessiond -g sessiond "$data" "$log" "$(dirname "$configuration")"
}

# ---- configuration ----

setting() { # of the file that is there, the last one counts
    [ -r "$configuration" ] && sed -n "s/^$1  *\"\{0,1\}\([^\"]*\)\"\{0,1\} *$/\1/p" "$configuration" | tail -1
}

new_password() {
    if command -v sessiond >/dev/null; then
        sessiond --gen-password | sed -n 's/^requirepass //p'
    else
        echo "(a generated password)" # of a dry run before the installation
    fi
}

configure() {
    password=$(setting requirepass) || password=''
    if [ -z "$password" ]; then
        say "Generating a password"
        password=$(new_password)
    fi
    new=$(mktemp)
    # What the administrator added stays; what this script sets is taken out, then put in at the end.
    {
        if [ -r "$configuration" ]; then
            grep -vE '^(bind|port|protected-mode|requirepass|maxmemory|maxmemory-policy) |^# deploy_ec2: ' "$configuration" || true
        else
            printf 'dir %s\nlogfile %s/sessiond.log\nsave 900 1 300 10 60 10000\nsupervised auto\n' "$data" "$log"
        fi
        printf '# deploy_ec2: only this machine, with a password, within a limit\n'
        printf 'bind 127.0.0.1 -::1\nport %s\nprotected-mode yes\nrequirepass %s\n' "$port" "$password"
        printf 'maxmemory %s\nmaxmemory-policy allkeys-lru\n' "$maxmemory"
    } >"$new"
    replace "$new" "$configuration" 0640
    run chown sessiond:sessiond "$configuration"
    $dry_run || sessiond --check "$configuration" >/dev/null || { sessiond --check "$configuration" >&2; exit 1; }
}

tune_kernel() {
    new=$(mktemp)
    printf 'net.core.somaxconn = %s\n' "$somaxconn" >"$new"
    replace "$new" "$sysctl_file" 0644
    # A container may not be allowed to; the file counts from the next boot on.
    run sysctl -q -p "$sysctl_file" 2>/dev/null || say "net.core.somaxconn can't be set here and now"
}

# ---- the service ----

start_service() {
    if has_systemd; then
        run systemctl daemon-reload
        run systemctl enable --quiet $service
    fi
    if ! $changed && [ "$(cli PING 2>/dev/null)" = PONG ]; then
        say "$service runs, and nothing changed"
        return
    fi
    say "Starting $service"
    run service_do $service restart
    $dry_run || wait_until_it_serves || fail "$service doesn't answer: see $log/sessiond.log"
}

percent_encoded() {
    printf '%s' "$1" | od -An -v -tx1 | tr -s ' ' '\n' | awk '
        BEGIN { for (i = 1; i < 256; i++) character[sprintf("%02x", i)] = sprintf("%c", i) }
        $0 != "" { printf "%s", character[$0] ~ /^[A-Za-z0-9._~-]$/ ? character[$0] : "%" toupper($0) }'
}

print_environment() {
    cat <<END

Lines for the application's .env:

REDIS_ENABLED=true
REDIS_HOST=127.0.0.1
REDIS_PORT=$port
REDIS_PASSWORD=$password
REDIS_DB=0
REDIS_URL=$url
END
}

deploy() {
    changed=false
    install_server
    make_user
    configure
    url=redis://:$(percent_encoded "$password")@127.0.0.1:$port/0
    tune_kernel
    start_service
    $dry_run || print_environment
}

# ---- and back ----

uninstall() {
    say "Stopping $service"
    run service_do $service stop || true
    if has_systemd; then run systemctl disable --quiet $service || true; fi
    if dpkg-query -W -f '${Status}' sessiond 2>/dev/null | grep -q 'ok installed'; then
        # Not purge: configuration and data stay.
        run env DEBIAN_FRONTEND=noninteractive apt-get remove -y -q sessiond
    else
        run "$here/install-tree" --prefix /usr --sysconfdir /etc --unitdir /usr/lib/systemd/system uninstall
    fi
    run rm -f "$sysctl_file"
    say "Configuration and data stay: $(dirname "$configuration"), $data, $log"
}

is_root || fail "to be run as root"
$action
