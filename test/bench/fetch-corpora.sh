#!/usr/bin/env bash
# Builds real before/after trees from published Debian and npm packages.
#
#   fetch-corpora.sh FOLDER SET…   sets: small (0.2 GB), deb-set (1.5 GB), npm-set (0.6 GB), npm-more-typescript-5.7.3,
#                                  npm-more-typescript-5.9.2, npm-more-next-16.4.4, deb-chromium, kernel-img,
#                                  kernel-img-1, kernel-src
#
# FOLDER/SET/A and FOLDER/SET/B are the trees; FOLDER/packages holds the .deb and .tgz files.
# kernel-src is the tree of sources, not the one packed file that the package holds.
# pairs.tsv: set, kind, name and version before, name and version after.
# manifest.tsv: set, side, name, version, SHA-256, bytes of every package file. A file that differs from it, or
# that it does not name, is refused and nothing more is done: figures of other bytes compare with nothing.
# A package whose version is no longer published is named and left out of both sides.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: fetch-corpora.sh FOLDER SET…}; shift
mkdir -p "$folder/packages"; folder=$(cd "$folder" && pwd)

fetch() { # kind name version -> path of the package file
  local kind=$1 name=$2 version=$3 file
  if [ "$kind" = deb ]; then
    file=$(ls "$folder/packages/${name}_${version//:/%3a}"_*.deb 2>/dev/null | head -1 || true)
    if [ -z "$file" ]; then
      (cd "$folder/packages" && apt-get -q=2 -o APT::Sandbox::User=root download "$name=$version" >/dev/null 2>&1) || return 1
      file=$(ls "$folder/packages/${name}_${version//:/%3a}"_*.deb | head -1)
    fi
  else
    file="$folder/packages/$(echo "$name" | tr -d @ | tr / -)-$version.tgz"
    [ -f "$file" ] || (cd "$folder/packages" && npm pack --silent "$name@$version" >/dev/null 2>&1) || return 1
  fi
  echo "$file"
}

check() { # file name version: the bytes are those that manifest.tsv names
  local wanted found
  wanted=$(awk -F '\t' -v name="$2" -v version="$3" '$3 == name && $4 == version {print $5; exit}' "$here/manifest.tsv")
  found=$(sha256sum < "$1" | cut -d ' ' -f 1)
  [ "$wanted" = "$found" ] && return
  echo "refused: ${1##*/} has SHA-256 $found, manifest.tsv says ${wanted:-nothing of it}" >&2
  exit 1
}

unpack() { # kind file tree name
  if [ "$1" = deb ]; then
    mkdir -p "$3"
    dpkg-deb --fsys-tarfile "$2" | tar -x -C "$3" --keep-directory-symlink --overwrite --same-permissions --no-same-owner
  else
    mkdir -p "$3/$4"
    tar -xzf "$2" -C "$3/$4" --strip-components=1 --no-same-owner
  fi
}

open_sources() { # tree…: the packed sources in place of the tarball that the package has
  local tree
  for tree in "$@"; do
    tar -xJf "$tree"/usr/src/linux-source-*.tar.xz -C "$tree/usr/src" --no-same-owner
    rm "$tree"/usr/src/linux-source-*.tar.xz
  done
}

for wanted in "$@"; do
  grep -q "^$wanted	" "$here/pairs.tsv" || { echo "no set $wanted in pairs.tsv" >&2; exit 1; }
  while IFS=$'\t' read -r set kind before before_version after after_version; do
    [ "$set" = "$wanted" ] || continue
    a=$(fetch "$kind" "$before" "$before_version") || { echo "missing: $before $before_version" >&2; continue; }
    b=$(fetch "$kind" "$after" "$after_version") || { echo "missing: $after $after_version" >&2; continue; }
    check "$a" "$before" "$before_version"
    check "$b" "$after" "$after_version"
    unpack "$kind" "$a" "$folder/$set/A" "$before"
    unpack "$kind" "$b" "$folder/$set/B" "$after"
    [ "$set" = kernel-src ] && open_sources "$folder/$set/A" "$folder/$set/B"
  done < "$here/pairs.tsv"
  for tree in "$folder/$wanted/A" "$folder/$wanted/B"; do
    [ -d "$tree" ] || continue
    chmod -R u+rwX "$tree"
    printf '%s\t%s files\t%s bytes\n' "${tree#"$folder"/}" "$(find "$tree" -type f | wc -l)" \
      "$(find "$tree" -type f -printf '%s\n' | awk '{n+=$1} END {printf "%d", n}')"
  done
done
