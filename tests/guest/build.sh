#!/usr/bin/env bash
# Makes what the guests boot from, once: nothing of it can stand in a repository.
#
#   build.sh NAME...    a folder each, of this name, in $VMCONF_GUEST or the
#                       default below; NAME.sh in build/ tells what is in it
#
# Needs Debian: apt-get brings what is unpacked here, and installs none of it. A
# folder that its script has made is left alone; a changed script makes it anew.
set -euo pipefail

readonly dir=${VMCONF_GUEST:-/var/cache/vmconf-guest}
here=$(realpath "$(dirname "$0")")
readonly here

make() {
  local name=$1 script=$here/build/$1.sh contents work
  contents=$(sha256sum <"$script")
  if [ "$(cat "$dir/$name/stamp" 2>/dev/null)" = "$contents" ]; then
    return
  fi
  work=$(mktemp -d "$dir/$name.XXXXXX")
  mkdir "$work/$name"
  if (cd "$work" && "$script" "$name"); then
    printf '%s\n' "$contents" >"$work/$name/stamp"
    rm -rf "${dir:?}/$name"
    mv "$work/$name" "$dir/$name"
  else
    rm -rf "$work"
    echo "$script failed" >&2
    exit 1
  fi
  rm -rf "$work"
}

mkdir -p "$dir"
for name; do
  exec 9>"$dir/$name.lock"
  flock 9
  make "$name"
done
