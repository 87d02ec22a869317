#!/bin/sh
# Names what a bare system lacks before anything else is tried. POSIX sh; changes nothing.
here=$(cd "$(dirname "$0")/../.." && pwd)
node="$here/node_modules/.bin/node"
if [ ! -x "$node" ]; then
  echo "moss: error: Node 26 is not in node_modules" >&2
  echo "moss: hint: run npm ci first (packages exist for Linux on x86-64 and arm64)" >&2
  exit 1
fi
if ! "$node" -e 0 2>/dev/null; then
  problem=$("$node" -e 0 2>&1 | head -n 1)
  echo "moss: error: Node 26 cannot start: $problem" >&2
  case "$problem" in
    *libatomic*) echo "moss: hint: install libatomic1 (Debian: apt-get install libatomic1; Fedora: dnf install libatomic)" >&2 ;;
    *) echo "moss: hint: a Linux with glibc 2.28 or newer is needed" >&2 ;;
  esac
  exit 1
fi
