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

# A subshell, which cleans up behind itself however it ends.
make() (
  name=$1 script=$here/build/$1.sh
  flock 9
  contents=$(sha256sum <"$script")
  if [ "$(cat "$dir/$name/stamp" 2>/dev/null)" = "$contents" ]; then
    exit
  fi
  echo "Making $dir/$name" >&2
  work=$(mktemp -d "$dir/$name.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  mkdir "$name"
  "$script" "$name"
  printf '%s\n' "$contents" >"$name/stamp"
  rm -rf "${dir:?}/$name"
  mv "$name" "$dir/$name"
)

mkdir -p "$dir"
for name; do
  make "$name" 9>"$dir/$name.lock"
done
