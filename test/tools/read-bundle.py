#!/usr/bin/env python3
"""Lists and extracts a moss container. Written from man/moss-bundle.5 alone, with the standard library, zstd(1) and
gzip(1), to show that the page is enough; frames of codec 4 are in read_delta.py and read_references.py, catalogues in
read_catalogue.py. Checks digests and rules as it goes, but no signatures: minisign(1) does that.

usage: read-bundle.py [--bases HAVE] list FILE
       read-bundle.py [--bases HAVE] extract FILE FOLDER
       read-bundle.py [--bases HAVE] check FILE...
                      reads each to its last byte; a line for each: ok, or refused and why
       read-bundle.py join FILE VOLUME...
HAVE is a folder whose files may serve as bases, manifests and snapshots included. Without it frames of codec 3 and 4
are compared with their digest alone, and a bundle whose metadata builds on such files is refused.
"""

import os
import struct
import sys

sys.dont_write_bytecode = True
from read_bytes import Refused, decode_zstd, digest, need, u16, u24, u32, u64
from read_catalogue import read_difference
from read_delta import decode_delta

KINDS = {1: "bundle", 2: "package", 3: "state", 4: "channel", 5: "root", 6: "audit", 7: "grant"}
ORDER = (
    "roots snapshot grants summary notes known manifests frames chunks bases packages capabilities hosts contents links catalogue record"
).split()
WIDTHS = {"known": 32, "frames": 64, "bases": 48, "packages": 48, "capabilities": 36, "hosts": 40, "contents": 52, "links": 36}


PROBLEMS = (Refused, KeyError, IndexError, struct.error, UnicodeDecodeError, OSError)


def decode_cbor(data):
    """One canonical item that fills `data`."""
    value, end = decode_item(data, 0, 0)
    need(end == len(data), "bytes after the CBOR item")
    return value


def decode_item(data, at, depth):
    need(depth <= 16, "CBOR is nested too deep")
    need(at < len(data), "CBOR is cut short")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        need(info in (20, 21, 22), "CBOR float, undefined or break")
        return {20: False, 21: True, 22: None}[info], at
    need(info < 28 and major != 6, "CBOR tag or indefinite length")
    number = info
    if info >= 24:
        width = 1 << (info - 24)
        need(at + width <= len(data), "CBOR is cut short")
        number = int.from_bytes(data[at : at + width], "big")
        need(number >= (24 if width == 1 else 1 << (width * 4)), "CBOR number not in its shortest form")
        need(number < 2**53, "CBOR number from 2^53")
        at += width
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        need(at + number <= len(data), "CBOR is cut short")
        span = bytes(data[at : at + number])
        return (span if major == 2 else span.decode("utf-8")), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = decode_item(data, at, depth + 1)
            items.append(item)
        return items, at
    found, previous = {}, b""
    for _ in range(number):
        start = at
        key, at = decode_item(data, at, depth + 1)
        need(isinstance(key, str) and bytes(data[start:at]) > previous, "CBOR keys are not sorted text")
        previous = bytes(data[start:at])
        found[key], at = decode_item(data, at, depth + 1)
    return found, at


def decode_stored(stored, codec, plain_size):
    if codec == 0:
        need(len(stored) == plain_size, "stored and plain size differ")
        return stored
    need(codec == 2, f"codec {codec}")
    return decode_zstd(stored, plain_size)




def unpack_chunks(packed, frame_count):
    at, records = 4 * frame_count, []
    for frame in range(frame_count):
        offset = 0
        for _ in range(u32(packed, 4 * frame)):
            chunk_id, size = packed[at : at + 32], u32(packed, at + 32)
            records.append((chunk_id, frame, offset, size))
            offset, at = offset + size, at + 36
    need(at == len(packed), "chunks that no frame has")
    records.sort()
    fan_out = [sum(one[0][0] <= first for one in records) for first in range(256)]
    return struct.pack("<256I", *fan_out) + b"".join(one[0] + struct.pack("<III", *one[1:]) for one in records)


def files_by_digest(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    found[digest(file.read())] = path
    return found


REACH = 25165824
MOST_DELTA = 134217728


class Container:
    def __init__(self, path, have=None):
        self.have = have or {}
        self.file = open(path, "rb")
        self.read_front()
        self.read_tables()
        self.check_end()

    def take(self, at, size, part):
        self.file.seek(at)
        data = self.file.read(size)
        need(len(data) == size, f"cut short in {part}")
        return data

    def read_front(self):
        prelude = self.take(0, 64, "prelude")
        self.magic = bytes.fromhex("894d4f53530d1a0a")
        need(prelude[:8] == self.magic, "not a moss container")
        need(u32(prelude, 60) == 1, f"format version {u32(prelude, 60)}")
        self.kind = KINDS.get(u16(prelude, 8))
        need(self.kind is not None, "bad prelude")
        self.volume, self.volumes = u16(prelude, 10), u16(prelude, 58)
        self.first, self.end = u24(prelude, 52), u24(prelude, 55)
        if self.volumes == 0:
            need(self.volume == 1 and self.first == self.end == 0, "bad prelude")
        else:
            need(self.kind in ("bundle", "package"), "a volume of what has no frames")
            need(self.volumes >= 2 and 1 <= self.volume <= self.volumes and self.first < self.end, "no volume")
            need((self.first == 0) == (self.volume == 1) and self.first >= self.volume - 1, "a volume that begins elsewhere")
        head_size, signatures_size = u32(prelude, 12), u32(prelude, 16)
        need(1 <= head_size <= 1048576 and signatures_size <= 65536, "bad sizes in the prelude")
        head = self.take(64, head_size, "head")
        need(digest(head) == prelude[20:52], "the head is not the one the prelude names")
        text = f"moss-{self.kind} 1\n".encode()
        need(head.startswith(text), "the head is of another kind")
        self.id = prelude[20:52]
        self.head = decode_cbor(head[len(text) :])
        keys = {"about", "created", "frames", "sections", "signers"}
        need(set(self.head) - {"known"} == keys, "other keys in the head")
        known = self.head.get("known")
        need(known is None or (self.kind == "bundle" and 1 <= len(known) == len(set(known)) <= 16), "bad known contents")
        self.read_signatures(self.take(64 + head_size, signatures_size, "signatures"))
        at = 64 + head_size + signatures_size
        names = [section["name"] for section in self.head["sections"]]
        need(names == sorted(set(names), key=ORDER.index), "sections are not in their order")
        stored = {}
        for section in self.head["sections"]:
            most = 134217728 if section["name"] in ("chunks", "contents", "links", "catalogue") else 536870912
            need(1 <= section["plain"] <= most, f"section {section['name']} is too large")
            data = self.take(at, section["stored"], "section " + section["name"])
            need(digest(data) == section["digest"], f"section {section['name']} is damaged")
            stored[section["name"]] = data
            at += section["stored"]
        self.frames_at = at
        count = self.head["frames"]["count"]
        if self.volumes == 0:
            self.end = count
        left = count - self.end
        need(left == 0 if self.volume >= self.volumes else left >= self.volumes - self.volume, "a volume that ends elsewhere")
        self.decode_sections(stored)

    def check_end(self):
        self.file.seek(self.place(self.end))
        need(self.file.read(1) == b"", "bytes after the end")

    def place(self, number):
        """Of a frame of this file, or of the end of the last."""
        offsets = [u64(record, 32) for record in self.frames] + [self.head["frames"]["stored"]]
        return self.frames_at + offsets[number] - offsets[self.first]

    def decode_sections(self, stored):
        self.sections, before = {}, self.known(self.head.get("known", []))
        for section in self.head["sections"]:
            name, plain_size = section["name"], section["plain"]
            need(name not in ("roots", "summary") or section["codec"] == 0, f"section {name} is not plain")
            if section["codec"] != 3:
                plain = decoded = decode_stored(stored[name], section["codec"], plain_size)
            else:
                need(self.kind == "bundle" and name not in ("roots", "summary", "frames"), f"section {name} builds on nothing")
                frame_count = self.head["frames"]["count"]
                if name == "chunks":
                    plain_size = 4 * frame_count + (plain_size - 1024) // 44 * 36
                plain = decoded = decode_zstd(stored[name], plain_size, before[-REACH:])
                if name == "chunks":
                    plain = unpack_chunks(decoded, frame_count)
                    need(len(plain) == section["plain"], "another size after unpacking")
            self.sections[name] = plain
            if name in ("roots", "grants"):
                files = decode_cbor(plain)
                need(set(files) == {name} and len(files[name]) <= 1024, f"section {name} is wrong")
                need(all(file[:8] == self.magic for file in files[name]), f"section {name} has other files")
            before += decoded
            if name == "known":
                need(self.kind == "bundle", "known contents of what is no bundle")
                contents = self.records("known")
                need(contents == sorted(set(contents)), "table known is not sorted")
                before += self.known(contents)

    def known(self, contents):
        found = []
        for content in contents:
            need(content in self.have, f"content {content.hex()} that the metadata builds on is missing")
            with open(self.have[content], "rb") as file:
                found.append(file.read())
        return b"".join(found)

    def read_signatures(self, data):
        self.blocks, at = [], 0
        for _ in self.head["signers"]:
            size = u32(data, at)
            self.blocks.append(data[at + 4 : at + 4 + size].decode())
            at += 4 + size
        need(at == len(data), "more signatures than signers")

    def records(self, name):
        data, width = self.sections.get(name, b""), WIDTHS[name]
        need(len(data) % width == 0, f"table {name} is not whole")
        return [data[at : at + width] for at in range(0, len(data), width)]

    def read_tables(self):
        self.frames = self.records("frames")
        need(len(self.frames) == self.head["frames"]["count"], "another number of frames")
        self.bases = self.records("bases")
        need(self.kind != "package" or not self.bases, "a package with bases")
        for record in self.bases:
            need(1 <= u32(record, 40) <= MOST_DELTA and u32(record, 44) == 0, "table bases is wrong")
            need(u64(record, 32) + u32(record, 40) < 2**53, "table bases is wrong")
        end = used = 0
        for record in self.frames:
            codec, first, count = u16(record, 48), u32(record, 52), u32(record, 56)
            need(codec in (0, 2, 3, 4), f"codec {codec}")
            need(u64(record, 32) == end and u16(record, 50) == u32(record, 60) == 0, "table frames is wrong")
            need(1 <= u32(record, 44) <= (MOST_DELTA if codec == 4 else 8388608), "a frame of another size")
            need((first == used and count > 0) if codec in (3, 4) else first == count == 0, "bases of a frame are wrong")
            need(used + count <= len(self.bases), "more bases than there are")
            together = sum(u32(base, 40) for base in self.bases[used : used + count])
            need(together <= (REACH if codec == 3 else MOST_DELTA), "bases of a frame are too large")
            need(codec == 0 or u32(record, 40) < u32(record, 44), "a frame of another size")
            end, used = end + u32(record, 40), used + count
        need(used == len(self.bases), "bases that no frame uses")
        need(end == self.head["frames"]["stored"], "frames of another size")
        self.chunks, previous = {}, (b"", 0, 0)
        table = self.sections.get("chunks", bytes(1024))
        for at in range(1024, len(table), 44):
            record = table[at : at + 44]
            place = (record[:32], u32(record, 32), u32(record, 36))
            need(at == 1024 or place > previous, "table chunks is not sorted")
            previous = place
            places = self.chunks.setdefault(record[:32], [])
            places.append((u32(record, 32), u32(record, 36), u32(record, 40)))
            need(places[0][2] == u32(record, 40), "a chunk of two sizes")
        for first in range(256):
            need(u32(table, first * 4) == sum(len(self.chunks[one]) for one in self.chunks if one[0] <= first), "the fan-out is wrong")
        ends = [0] * len(self.frames)
        for number, offset, size in sorted(place for places in self.chunks.values() for place in places):
            need(offset == ends[number] and 1 <= size <= 262144, "table chunks is wrong")
            ends[number] += size
        need(ends == [u32(record, 44) for record in self.frames], "chunks do not fill their frames")
        links = self.records("links")
        self.lists = {}
        for record in self.records("contents"):
            first, count = u32(record, 40), u32(record, 44)
            chosen = links[first : first + count]
            need(len(chosen) == count >= 2 and u32(record, 48) == 1, "table contents is wrong")
            sizes = [u32(link, 32) for link in chosen]
            need(sum(sizes) == u64(record, 32), "links of another size")
            need(min(sizes[:-1]) >= 16384 and 1 <= min(sizes) and max(sizes) <= 262144, "a link of another size")
            self.lists[record[:32]] = [link[:32] for link in chosen]
        self.cached = (None, b"")

    def manifests(self):
        data = self.sections.get("manifests", b"")
        for record in self.records("packages"):
            manifest = data[u64(record, 32) : u64(record, 32) + u64(record, 40)]
            need(digest(manifest) == record[:32], "a manifest is not the one its id names")
            yield record[:32], decode_cbor(manifest)

    def hosts(self):
        found = {}
        for record in self.records("hosts"):
            found.setdefault(record[:8].hex(), []).append(record[8:])
        return found

    def frame(self, number):
        if self.cached[0] == number:
            return self.cached[1]
        record = self.frames[number]
        need(self.first <= number < self.end, f"frame {number} is in another volume")
        stored = self.take(self.place(number), u32(record, 40), f"frame {number}")
        need(digest(stored) == record[:32], f"frame {number} is damaged")
        if u16(record, 48) in (3, 4):
            plain = self.with_bases(stored, record)
        else:
            plain = decode_stored(stored, u16(record, 48), u32(record, 44))
        self.cached = (number, plain)
        return plain

    def with_bases(self, stored, record):
        """None without a folder of bases."""
        if not self.have:
            return None
        bases = []
        for base in self.bases[u32(record, 52) : u32(record, 52) + u32(record, 56)]:
            need(base[:32] in self.have, f"base {base[:32].hex()} is missing")
            with open(self.have[base[:32]], "rb") as file:
                file.seek(u64(base, 32))
                bases.append(file.read(u32(base, 40)))
        if u16(record, 48) == 3:
            return decode_zstd(stored, u32(record, 44), b"".join(bases))
        return decode_delta(stored, bases, u32(record, 44))

    def can_decode(self, number):
        record = self.frames[number]
        bases = self.bases[u32(record, 52) : u32(record, 52) + u32(record, 56)]
        return all(base[:32] in self.have for base in bases)

    def chunk(self, chunk_id):
        """From the first frame whose bases are here; None without a folder of bases."""
        places = self.chunks[chunk_id]
        return self.chunk_at(chunk_id, next((place for place in places if self.can_decode(place[0])), places[0]))

    def chunk_at(self, chunk_id, place):
        number, offset, size = place
        plain = self.frame(number)
        if plain is None:
            return None
        data = plain[offset : offset + size]
        need(digest(data) == chunk_id, "a chunk is not the one its id names")
        return data

    def content(self, wanted, size):
        """None where the container does not have all of it."""
        if size == 0:
            return b""
        ids = [wanted] if wanted in self.chunks else self.lists.get(wanted)
        if ids is None or any(chunk_id not in self.chunks for chunk_id in ids):
            return None
        chunks = [self.chunk(chunk_id) for chunk_id in ids]
        if None in chunks:
            return None
        data = b"".join(chunks)
        need(digest(data) == wanted and len(data) == size, "a content is not the one its digest names")
        return data


def show(container):
    head = container.head
    print(f"{container.kind} {container.id.hex()} created {head['created']}")
    for signer in head["signers"]:
        print(f"signer {signer.hex()}")
    for section in head["sections"]:
        print(f"section {section['name']} codec {section['codec']} {section['stored']} of {section['plain']}")
    print(f"frames {len(container.frames)} bases {len(container.bases)} chunks {len(container.chunks)} lists {len(container.lists)}")
    for host, packages in container.hosts().items():
        print(f"host {host} packages {len(packages)}")
    for package, manifest in container.manifests():
        print(f"package {package.hex()} {manifest['name']} {manifest['version']}")
        for entry in manifest["layout"]:
            print(" ", *described(entry))
    if "catalogue" in container.sections:
        show_catalogue(*read_difference(container.sections["catalogue"]))


def show_catalogue(before, gone, catalogue):
    print(f"catalogue after {before.hex() if before else 'nothing'}, gone: {gone}")
    for title, lines in catalogue.packages():
        print("offers", title)
        for line in lines:
            print(" ", line)


def described(entry):
    path = b"/".join(entry["path"]).decode("utf-8", "backslashreplace")
    if entry["kind"] == "symlink":
        return "symlink", path, "->", entry["target"].decode("utf-8", "backslashreplace")
    mode = f"{entry['mode']:04o} {entry['uid']}:{entry['gid']}"
    if entry["kind"] == "folder":
        return "folder", mode, path
    return "file", mode, path, entry["size"], entry["content"].hex()


def extract(container, folder):
    os.makedirs(folder)
    done = missing = 0
    for _, manifest in container.manifests():
        for entry in manifest["layout"]:
            need(entry["path"] and all(name not in (b"", b".", b"..") and b"/" not in name for name in entry["path"]), "bad path")
            path = os.path.join(os.fsencode(folder), *entry["path"])
            if entry["kind"] == "folder":
                os.makedirs(path, exist_ok=True)
            elif entry["kind"] == "symlink":
                os.symlink(entry["target"], path)
            else:
                data = container.content(entry["content"], entry["size"])
                if data is None:
                    missing += 1
                    continue
                with open(path, "xb") as out:
                    out.write(data)
                os.chmod(path, entry["mode"] & 0o777)
                done += 1
    print(f"{done} files extracted, {missing} are not in this container")


def check(path, have):
    try:
        container = Container(path, have)
        list(container.manifests())
        if "catalogue" in container.sections:
            list(read_difference(container.sections["catalogue"])[2].packages())
        for place, chunk_id in sorted((place, one) for one in container.chunks for place in container.chunks[one]):
            if container.first <= place[0] < container.end:
                container.chunk_at(chunk_id, place)
        print("ok", path)
    except PROBLEMS as problem:
        print("refused", path, problem)


def join(path, volumes):
    containers = sorted((Container(volume) for volume in volumes), key=lambda container: container.volume)
    first = containers[0]
    need([one.volume for one in containers] == list(range(1, first.volumes + 1)), "volumes are missing")
    front = first.take(0, first.frames_at, "front")
    with open(path, "xb") as out:
        out.write(front[:10] + bytes([1, 0]) + front[12:52] + bytes(8) + front[60:])
        at = 0
        for one in containers:
            need(one.id == first.id and one.volumes == first.volumes and one.first == at, "volumes do not fit together")
            out.write(one.take(one.frames_at, one.place(one.end) - one.frames_at, "frames"))
            at = one.end


def main(words):
    have = None
    if len(words) > 2 and words[0] == "--bases":
        have, words = files_by_digest(words[1]), words[2:]
    if len(words) == 2 and words[0] == "list":
        show(Container(words[1], have))
    elif len(words) == 3 and words[0] == "extract":
        extract(Container(words[1], have), words[2])
    elif len(words) >= 3 and words[0] == "join":
        join(words[1], words[2:])
    elif len(words) >= 2 and words[0] == "check":
        for path in words[1:]:
            check(path, have)
    else:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PROBLEMS as problem:
        print(f"refused: {problem}", file=sys.stderr)
        sys.exit(1)
