#!/usr/bin/env bash
# Runs a command on this checkout in another Debian, made by debootstrap in a folder of this machine and kept for the next time; as root.
#   scripts/on-debian.sh 13 ./launch.sh test
#   scripts/on-debian.sh 13 --bare FOLDER        only makes such a Debian there, without any package of this project
# Swift is this machine's; all other packages are that Debian's own, as `./launch.sh setup` installs them. What is compiled there stays
# beside it, apart from this machine's builds. Nothing stays mounted.
#
#   DEEPINSIDE_DEBIANS   the folder of these Debians (~/.cache/deepinside/debian)
#   DEEPINSIDE_MIRROR    where packages come from (that of this machine's apt, else http://deb.debian.org/debian)
#
# Code 77 without running the command, with the reason: this machine can't do it. Else the code of the command.
set -euo pipefail
top=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
debians=${DEEPINSIDE_DEBIANS:-${XDG_CACHE_HOME:-$HOME/.cache}/deepinside/debian}

say() { printf 'on-debian.sh: %s\n' "$*" >&2; }
cannot() { say "$1" && exit 77; }
usage() { say "usage: scripts/on-debian.sh 12|13 COMMAND ..." && exit 2; }

(($# >= 2)) || usage
case $1 in
  12) suite=bookworm curl=libcurl4 ;;
  13) suite=trixie curl=libcurl4t64 ;;
  *) usage ;;
esac
root=$debians/debian-$1
shift

((EUID == 0)) || cannot "only root can make and enter another Debian here"
swift=$(readlink -f "$(command -v swift || true)") || true
[[ -n $swift ]] || cannot "there is no Swift to take along"
# A toolchain is the folder that holds usr/bin/swift; the system's own can't be laid over another system's.
toolchain=${swift%/usr/bin/*}
[[ -n $toolchain && $toolchain != "$swift" ]] || cannot "Swift is not in a folder of its own ($swift): it can't be taken along"
# Whether namespaces of mounts can be made.
unshare --mount true 2>/dev/null || cannot "this machine gives no namespace for mounts"

# The first Debian archive that this machine's apt asks.
mirror() {
  local found
  found=$(sed -nE 's#^(URIs:|deb( \[[^]]*\])?) +(https?://[^ ]*/debian/?)( .*)?$#\3#p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1) || true
  echo "${DEEPINSIDE_MIRROR:-${found:-http://deb.debian.org/debian}}"
}

# What Swift itself links with and calls; what this project needs its set-up installs.
base=bash,ca-certificates,binutils,libc6-dev,gcc,g++,$curl,libxml2,libncurses6,libsqlite3-0,libedit2,zlib1g-dev,tzdata,git,pkg-config
base+=,procps,util-linux,iproute2,openssh-client

make_root() { # FOLDER [DEBOOTSTRAP-OPTION ...]
  local root=$1
  command -v debootstrap >/dev/null || cannot "there is no debootstrap (apt-get install debootstrap)"
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg source
  source=$(mirror)
  [[ -e $keys ]] || cannot "without the package debian-archive-keyring what comes from $source can't be trusted"
  rm -rf --one-file-system "$root.new"
  mkdir -p "$(dirname "$root")"
  say "making a Debian in $root, from $source"
  if ! debootstrap --variant=minbase --keyring="$keys" "${@:2}" "$suite" "$root.new" "$source" >"$root.log" 2>&1; then
    tail -n 5 "$root.log" >&2
    cannot "debootstrap could not make it ($root.log)"
  fi
  # How this machine's apt reaches its archives counts there too.
  cp /etc/apt/apt.conf.d/*proxy* "$root.new/etc/apt/apt.conf.d/" 2>/dev/null || true
  mv "$root.new" "$root"
}

if [[ $1 == --bare ]]; then
  make_root "$2"
  cp -L /etc/resolv.conf "$2/etc/resolv.conf" 2>/dev/null || true
  exit
fi

# In a namespace of its own: everything mounted here ends with the command.
# shellcheck disable=SC2016  # expanded in the new namespace
inside='
set -e
root=$1 top=$2 toolchain=$3 builds=$4
shift 4
mount --make-rprivate /
# A root that is a mount of its own, as tools for namespaces want it.
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
bind() { mkdir -p "$root$1" && mount --rbind ${2:+-o "$2"} "$1" "$root$1"; }
bind "$toolchain"
bind "$top"
# Its own builds lie over those of this machine.
for name in .build .build-tests .build-static; do
  mkdir -p "$builds/$name" "$top/$name"
  mount --bind "$builds/$name" "$root$top/$name"
done
# Pictures beside the checkout, which some tests take if they are there.
shared=$(readlink -f "$top/../shared" || true)
if [ -d "$shared" ]; then
  bind "$shared"
  link=$(dirname "$top")/shared
  [ -e "$root$link" ] || ln -s "$shared" "$root$link"
fi
# What Swift has fetched already is not fetched again.
if [ -d "$HOME/.cache/org.swift.swiftpm" ]; then bind "$HOME/.cache/org.swift.swiftpm"; fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
exec chroot "$root" /usr/bin/env -i HOME="$HOME" TERM="${TERM:-dumb}" LANG=C.UTF-8 \
  PATH="$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
  bash -c "cd \"\$1\" && shift && exec \"\$@\"" bash "$top" "$@"
'

[[ -x $root/bin/bash ]] || make_root "$root" --include="$base"
# Builds of checkouts that are no more.
for folder in "$root"/var/cache/deepinside/*/; do
  [[ ! -e $folder/checkout || -d $(<"$folder/checkout") ]] || rm -rf --one-file-system "$folder"
done
builds=$root/var/cache/deepinside/$(printf '%s' "$top" | sha256sum | cut -c 1-12)
mkdir -p "$builds"
echo "$top" >"$builds/checkout"
run=(unshare --mount --fork --kill-child bash -c "$inside" bash "$root" "$top" "$toolchain" "$builds")
# The packages of the set-up: when they are there this takes no time.
"${run[@]}" ./launch.sh setup >"$root.setup.log" 2>&1 || { tail -n 5 "$root.setup.log" >&2 && cannot "its packages could not be installed ($root.setup.log)"; }
exec "${run[@]}" "$@"
