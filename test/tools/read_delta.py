"""Decodes frames of codec 4, in all four forms. Written from man/moss-bundle.5, section DELTAS, alone, with the standard
library, zstd(1) and gzip(1); read-bundle.py uses it.
"""

import subprocess
import zlib

from read_bytes import Refused, decode_zstd, need, u32
from read_references import point_anew
from read_tokens import deflate_tokens, inflate_tokens

STREAMS = ("forms", "control", "seeks", "gaps", "runs", "differences", "extra")
MOST_STREAMED = 33554432
MOST_SEGMENTS = 2097152
MOST_MEMBERS = 65536
LEAST_MEMBER = {2: 512, 3: 256}
MOST_UNPACKED = 67108864
MOST_UNPACKED_TOGETHER = 134217728


class Stream:
    def __init__(self, name, data):
        self.name, self.data, self.at = name, data, 0

    def done(self):
        return self.at == len(self.data)

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Refused(f"stream {self.name} is cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self):
        value = self.data[self.at] if self.at < len(self.data) else 128
        if value < 128:
            self.at += 1
            return value
        value = 0
        for place, byte in enumerate(self.data[self.at : self.at + 5]):
            value += (byte & 127) << (7 * place)
            if byte < 128:
                self.at += place + 1
                return value
        raise Refused(f"a number in stream {self.name} has no end")

    def signed(self):
        value = self.number()
        return -(value + 1) // 2 if value % 2 else value // 2


def read_streams(stored):
    need(len(stored) >= 56, "the header of a delta is cut short")
    at, total, streams = 56, 0, {}
    for index, name in enumerate(STREAMS):
        plain_size, size = u32(stored, 8 * index), u32(stored, 8 * index + 4)
        total += plain_size
        need(size <= plain_size and total <= MOST_STREAMED, "a stream of another size")
        part = stored[at : at + size]
        need(len(part) == size, "streams are cut short")
        streams[name] = Stream(name, part if size == plain_size else decode_zstd(part, plain_size))
        at += size
    need(at == len(stored), "bytes after the last stream")
    return streams


class BaseMember:
    def __init__(self, forms, before, form):
        self.start = before + forms.number()
        self.packed_size, self.plain_size = forms.number(), forms.number()
        self.end = self.start + self.packed_size
        need(self.plain_size >= LEAST_MEMBER[form], "a member is too small")


class FileMember:
    def __init__(self, forms, form):
        self.gap, self.plain_size, self.maker = forms.number(), forms.number(), forms.number()
        need(self.plain_size >= LEAST_MEMBER[form], "a member is too small")


class PackedForm:
    """The members of a base and of the file that is made from it, plain or as tokens."""

    def __init__(self, forms, form):
        self.size, self.has_tokens = forms.number(), form == 3
        self.base_members, end = [], 0
        for _ in range(self.count(forms)):
            self.base_members.append(BaseMember(forms, end, form))
            end = self.base_members[-1].end
        self.members = [FileMember(forms, form) for _ in range(self.count(forms))]

    def count(self, forms):
        count = forms.number()
        need(count <= MOST_MEMBERS, "too many members")
        return count

    def unpack(self, base, most):
        parts, end, total = [], 0, len(base)
        for member in self.base_members:
            need(member.end <= len(base), "a member is outside the base")
            total += member.plain_size - member.packed_size
        need(total <= min(most, MOST_UNPACKED), "a base is too large with its members unpacked")
        for member in self.base_members:
            parts.append(base[end : member.start])
            open_member = inflate_tokens if self.has_tokens else inflate
            parts.append(open_member(base[member.start : member.end], member.plain_size))
            end = member.end
        return b"".join((*parts, base[end:]))

    def pack(self, plain):
        parts, end = [], 0
        for member in self.members:
            at = end + member.gap
            need(at + member.plain_size <= len(plain), "a member is outside the file")
            parts.append(plain[end:at])
            end = at + member.plain_size
            pack_member = deflate_tokens if self.has_tokens else deflate
            parts.append(pack_member(plain[at:end], member.maker))
        packed = b"".join((*parts, plain[end:]))
        need(len(packed) == self.size, "a file of another size")
        return packed


def inflate(packed, plain_size):
    decoder = zlib.decompressobj(-15)
    try:
        plain = decoder.decompress(packed, plain_size + 1)
    except zlib.error:
        need(False, "a member is no deflate stream")
    need(decoder.eof and not decoder.unused_data and len(plain) == plain_size, "a member of another size")
    return plain


def deflate(plain, maker):
    level = maker % 16 if maker < 32 else maker - 32
    need(1 <= level <= 9 and maker < 48, "an unknown maker")
    if maker < 16:
        done = subprocess.run(["gzip", "-n", f"-{level}"], input=plain, capture_output=True, check=True)
        return done.stdout[10:-8]
    encoder = zlib.compressobj(level, zlib.DEFLATED, -15, 8 if maker < 32 else 9)
    return encoder.compress(plain) + encoder.flush()


class Delta:
    """One file of a frame: its base, and segments of (place in the base, place in the file, copied bytes, extra bytes)."""

    def __init__(self, streams, base, most_of_base):
        self.form = streams["forms"].number()
        need(self.form <= 3, f"form {self.form}")
        self.packed = PackedForm(streams["forms"], self.form) if self.form >= 2 else None
        self.base = self.packed.unpack(base, most_of_base) if self.packed else base
        control, seeks, extra = streams["control"], streams["seeks"], streams["extra"]
        self.size, self.segments = control.number(), []
        need(self.size <= (MOST_UNPACKED if self.packed else 2**53), "a file is too large with its members unpacked")
        place = at = 0
        while at < self.size:
            need(len(self.segments) < MOST_SEGMENTS, "too many segments")
            place += seeks.signed()
            copy, more = control.number(), control.number()
            need(0 <= place and place + copy <= len(self.base), "a segment leaves its base")
            need(at + copy + more <= self.size, "a segment is longer than its file")
            self.segments.append((place, at, copy, extra.take(more)))
            place, at = place + copy, at + copy + more

    def copied(self):
        """What each segment copies, before differences."""
        copies = [bytearray(self.base[place : place + count]) for place, _, count, _ in self.segments]
        if self.form == 1:
            point_anew(self.base, [segment[:3] for segment in self.segments], copies)
        return copies

    def file_size(self):
        return self.packed.size if self.packed else self.size

    def file(self, copied):
        parts, at = [], 0
        for _, _, count, extra in self.segments:
            parts += copied[at : at + count], extra
            at += count
        plain = b"".join(parts)
        return self.packed.pack(plain) if self.packed else plain


def decode_delta(stored, bases, plain_size):
    streams = read_streams(stored)
    files = []
    for base in bases:
        opened = sum(len(file.base) for file in files if file.packed)
        files.append(Delta(streams, base, MOST_UNPACKED_TOGETHER - opened))
        unpacked = sum(file.size for file in files if file.packed)
        need(unpacked <= MOST_UNPACKED_TOGETHER, "the files are too large with their members unpacked")
        need(sum(file.file_size() for file in files) <= plain_size, "a file is longer than its frame")
    copies = [b"".join(file.copied()) for file in files]
    copied = bytearray(b"".join(copies))
    add_differences(copied, streams)
    need(all(stream.done() for stream in streams.values()), "a stream goes on after the files")
    parts, at = [], 0
    for file, copy in zip(files, copies):
        parts.append(file.file(copied[at : at + len(copy)]))
        at += len(copy)
    plain = b"".join(parts)
    need(len(plain) == plain_size, "the files do not fill their frame")
    return plain


def add_differences(copied, streams):
    at = 0
    while not streams["gaps"].done():
        at += streams["gaps"].number()
        count = streams["runs"].number()
        need(count > 0, "an empty run")
        need(at + count <= len(copied), "differences go on after the files")
        for difference in streams["differences"].take(count):
            copied[at] = (copied[at] + difference) & 255
            at += 1
