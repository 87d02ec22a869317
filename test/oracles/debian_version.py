#!/usr/bin/python3
"""The order of Debian's version numbers, written from deb-version(7) alone.

A version becomes a key of which Python's own comparison of tuples is the order. As a program it compares pairs:

usage: debian_version.py < PAIRS
PAIRS are lines of two versions; it prints <, = or > for each, or ? where one of them is no version.
"""

import functools
import re
import sys

VERSION = re.compile(r"(?:([0-9]+):)?([0-9A-Za-z.+~:-]+?)(?:-([0-9A-Za-z.+~]+))?")
PARTS = re.compile(r"([^0-9]*)([0-9]*)")


@functools.cache
def version_key(version):
    """`[epoch:]upstream[-revision]` as a key; ValueError for anything else."""
    match = VERSION.fullmatch(version)
    epoch, upstream, revision = match.groups() if match else (None, "", None)
    if not upstream or (":" in upstream and epoch is None) or ("-" in upstream and revision is None):
        raise ValueError(f"not a version: {version!r}")
    # dpkg takes a missing revision for 0, although the page has it come first.
    return (int(epoch or 0), part_key(upstream), part_key(revision or "0"))


def part_key(part):
    """Texts and numbers by turns. It ends with an empty text, so that `1~` is before `1`, and `1+` after it."""
    key = []
    for text, number in PARTS.findall(part):
        key.append((*map(character_rank, text), 0))
        key.append(int(number or 0))
    return tuple(key)


def character_rank(character):
    """A tilde is before the end of a text, which is 0; then come the letters, then everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def compare(one, other):
    try:
        one, other = version_key(one), version_key(other)
    except ValueError:
        return "?"
    return "<" if one < other else ">" if one > other else "="


def main():
    for line in sys.stdin:
        print(compare(*line.split()))


if __name__ == "__main__":
    main()
