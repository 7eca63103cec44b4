#!/bin/sh
# usage: packaging/deps.sh build|test|source
#
# Install the Debian packages that pgcask is built with ("build", and a
# PostgreSQL server to try it on), or tested with ("test", those included), or
# those that PostgreSQL's own source wants ("source", for tests/matrix.sh).
# Touches neither the network nor the system when nothing is missing.  On
# other systems: check for what is needed, and name it when it is not there.
# Exit status: 0 all is there, 1 installation failed, 2 the user must install.
set -eu

build_packages="gcc libc6-dev make autoconf automake pkg-config libpq-dev
	libzstd-dev libsodium-dev libarchive-dev libjansson-dev libxxhash-dev
	postgresql postgresql-client"
# "package/command": the command from elsewhere does as well.
test_packages="libcmocka-dev bats clang libclang-rt-14-dev clang-format
	clang-tidy cppcheck shellcheck mandoc git perl jq valgrind
	mmdebstrap ca-certificates nodejs/node npm/npm pgbouncer openssl
	locales faketime procps chromium"

commands="cc make autoconf automake pkg-config psql pg_dump"
libraries="libpq libzstd libsodium libarchive jansson libxxhash"

say()
{
	echo "deps: $*" >&2
}

# missing_packages NAMES: those of them that are not installed.
missing_packages()
{
	wanted=
	for item in "$@"; do
		case $item in
		*/*)
			command -v "${item#*/}" >/dev/null 2>&1 && continue
			item=${item%/*} ;;
		esac
		wanted="$wanted $item"
	done
	# shellcheck disable=SC2086
	have=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' \
	    $wanted 2>/dev/null | sed -n 's/\(:[^ ]*\)\{0,1\} installed$//p')
	for item in $wanted; do
		echo "$have" | grep -qxF "$item" || printf '%s ' "$item"
	done
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

apt_install()
{
	as_root apt-get install -qq -y --no-install-recommends \
	    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" \
	    >"$log" 2>&1 </dev/null
}

fetch_lists()
{
	as_root apt-get update -qq >"$log" 2>&1 </dev/null
}

# Debian's server package makes a cluster of its own and starts it, unless
# told not to before it is installed.
without_cluster()
{
	conf=/etc/postgresql-common/createcluster.conf

	apt_install postgresql-common || return
	as_root cp -p $conf $conf.pgcask
	trap 'as_root mv -f $conf.pgcask $conf' EXIT
	as_root sh -c "echo 'create_main_cluster = false' >> $conf"
	status=0
	apt_install "$@" || status=$?
	as_root mv -f $conf.pgcask $conf
	trap - EXIT
	return $status
}

install_packages()
{
	case " $* " in
	*" postgresql "*)
		without_cluster "$@" ;;
	*)
		apt_install "$@" ;;
	esac
}

on_debian()
{
	# shellcheck disable=SC2086
	missing=$(missing_packages $packages)
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
		say "neither root nor sudo; install as root:"
		say "  apt-get install $missing"
		return 2
	fi
	say "installing $missing"
	log=$(mktemp)
	# A fresh machine has no package lists; old ones name files that the
	# mirror has replaced since.
	# shellcheck disable=SC2086
	if ! install_packages $missing &&
	    ! { fetch_lists && install_packages $missing; }; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		say "could not install $missing"
		return 1
	fi
	rm -f "$log"
}

elsewhere()
{
	missing=
	for c in $commands; do
		command -v "$c" >/dev/null 2>&1 || missing="$missing $c"
	done
	for l in $libraries; do
		pkg-config --exists "$l" 2>/dev/null || missing="$missing $l"
	done
	[ -n "$missing" ] || return 0
	say "this is not Debian or Ubuntu; please install what is missing here:"
	say " $missing"
	# shellcheck disable=SC2086
	set -- $packages
	say "(Debian's names for all that is needed: $*)"
	return 2
}

case ${1-} in
build)
	packages=$build_packages ;;
test)
	packages="$build_packages $test_packages"
	commands="$commands bats clang clang-format clang-tidy cppcheck
	    shellcheck mandoc git perl jq valgrind node npm openssl
	    localedef faketime chromium"
	libraries="$libraries cmocka" ;;
source)
	packages="bison flex"
	commands="cc make perl bison flex"
	libraries= ;;
*)
	echo "usage: $0 build|test|source" >&2
	exit 2 ;;
esac

if [ -f /etc/debian_version ] && command -v apt-get >/dev/null; then
	on_debian
else
	elsewhere
fi
