"""What fields of a program point at, and where they point after everything moved: form 1 of frames of codec 4.
Written from man/moss-bundle.5, section REFERENCES, alone; read-bundle.py uses it.
"""

import re
import struct
from bisect import bisect_left

from read_bytes import need, u16, u32

GRANULE = 16
MOST_REFERENCES = 4194304
MOST_PAIRS = 256
MOST_NAMES = 65536
MOST_SYMBOLS = 16777216
FIELD, NOTHING = "field", "nothing"
NO_BITS, DYNAMIC_SYMBOLS, SYMBOLS, RELOCATIONS = 8, 11, 2, 4
WRITABLE, LOADED, EXECUTABLE, THREAD = 1, 2, 4, 0x400
RELOCATABLE = 1


class Section:
    def __init__(self, base, at):
        self.name_at, self.type, self.flags, self.address, self.offset, self.size = struct.unpack_from("<IIQQQQ", base, at)
        self.link, self.info, _, self.entry = struct.unpack_from("<IIQQ", base, at + 40)
        self.end = self.offset + self.size

    def has_bytes(self):
        return self.type not in (0, NO_BITS)


def read_sections(base):
    """All of them, by index."""
    need(len(base) >= 64 and base[:6] == b"\x7fELF\x02\x01" and u16(base, 18) == 62, "a base is no ELF file for x86-64")
    table = struct.unpack_from("<Q", base, 40)[0]
    width, count, names = struct.unpack_from("<HHH", base, 58)
    need(width == 64 and 1 <= count <= 4096 and table + 64 * count <= len(base), "a base without its section headers")
    need(names < count, "a base without names of sections")
    sections = [Section(base, table + 64 * index) for index in range(count)]
    for section in sections:
        if section.type != 0:
            need(section.address + section.size < 2**53, "an address in a base is too high")
            end = section.offset if section.type == NO_BITS else section.end
            need(end <= len(base), "a section is outside its base")
    texts = read_names(base, sections[names])
    for section in sections:
        section.name = texts[section.name_at :].split(b"\0")[0]
    return sections


def read_names(base, section):
    """Nothing where they are not in the file."""
    end = section.offset + min(section.size, MOST_NAMES)
    return base[section.offset : end] if end <= len(base) else b""


def without_overlap(sections, key, end):
    """Those that do not begin before the end of the one before."""
    kept, last = [], -1
    for section in sorted(sections, key=lambda one: (key(one), one.size)):
        if key(section) >= last:
            kept.append(section)
            last = end(section)
    return kept


class References:
    """`found` has (field, target, origin, scale): offsets in the base, the origin perhaps FIELD or NOTHING."""

    def __init__(self, base):
        self.base, self.found, self.last = base, [], 0
        self.pairs = {(FIELD, 1), (NOTHING, 1), (FIELD, -1)}
        self.sections = read_sections(base)
        self.is_relocatable = u16(base, 16) == RELOCATABLE
        loaded = [one for one in self.sections if one.type != 0 and one.flags & LOADED and one.size > 0]
        loaded = [one for one in loaded if not (one.type == NO_BITS and one.flags & THREAD)]
        self.loaded = without_overlap(loaded, lambda one: one.address, lambda one: one.address + one.size)
        present = [one for one in self.sections if one.has_bytes() and one.size > 0]
        for section in without_overlap(present, lambda one: one.offset, lambda one: one.end):
            self.look_at(section)

    def look_at(self, section):
        if section.type in (RELOCATIONS, SYMBOLS, DYNAMIC_SYMBOLS):
            if section.entry == 24:
                self.entries_of(section)
        elif self.is_relocatable:
            pass
        elif section.type == 1 and section.flags & EXECUTABLE:
            self.code(section)
        elif section.name == b".eh_frame_hdr":
            self.frame_index(section)
        elif section.name == b".eh_frame":
            self.frame_records(section)
        elif section.flags & LOADED and section.flags & WRITABLE:
            self.pointers(section)

    def entries_of(self, section):
        if section.type != RELOCATIONS:
            self.symbols(section)
        elif self.is_relocatable:
            self.relocations_of_object(section)
        else:
            self.relocations(section)

    def signed(self, at):
        return struct.unpack_from("<i", self.base, at)[0]

    def add(self, field, target, origin, scale=1):
        """Whether it is a reference."""
        if target is None or not self.has_pair(origin, scale):
            return False
        if field < self.last or len(self.found) == MOST_REFERENCES:
            return False
        self.found.append((field, target, origin, scale))
        self.last = field + 4
        return True

    def has_pair(self, origin, scale=1):
        """Counts it, if it is new."""
        if len(self.pairs) < MOST_PAIRS:
            self.pairs.add((origin, scale))
        return (origin, scale) in self.pairs

    def section_at(self, address):
        for section in self.loaded:
            if section.address <= address < section.address + section.size:
                return section
        return None

    def place_of(self, address, needed_flag=0):
        section = self.section_at(address)
        if section is None or section.flags & needed_flag != needed_flag:
            return None
        return section.offset + (0 if section.type == NO_BITS else address - section.address)

    def linked(self, index):
        """None if there is no such section or it has no bytes."""
        if index < len(self.sections) and self.sections[index].has_bytes():
            return self.sections[index]
        return None

    def entries(self, section):
        return range(section.offset, section.end - 23, 24)

    def relocations(self, section):
        table = self.linked(section.link)
        has_symbols = table is not None and table.type == DYNAMIC_SYMBOLS
        if has_symbols:
            self.has_pair(table.offset, 24)
        for at in self.entries(section):
            self.add(at, self.place_of(u32(self.base, at)), NOTHING)
            if has_symbols:
                self.symbol_number(at + 12, table)
            if u32(self.base, at + 20) == 0:
                self.add(at + 16, self.place_of(u32(self.base, at + 16)), NOTHING)

    def symbol_number(self, field, table):
        """The offset of the symbol, if there is one."""
        number = u32(self.base, field)
        if not 0 < number < table.size // 24:
            return None
        self.add(field, table.offset + 24 * number, table.offset, 24)
        return table.offset + 24 * number

    def symbols(self, section):
        texts = self.linked(section.link)
        if texts is not None:
            self.has_pair(texts.offset)
        for at in self.entries(section):
            name, index, value = u32(self.base, at), u16(self.base, at + 6), u32(self.base, at + 8)
            if texts is not None and 0 < name < texts.size:
                self.add(at, texts.offset + name, texts.offset)
            if not self.is_relocatable:
                if 1 <= index <= 0xFEFF:
                    self.add(at + 8, self.place_of(value), NOTHING)
            elif (home := self.linked(index)) is not None and value <= home.size:
                self.add(at + 8, home.offset + value, home.offset)

    def code(self, section):
        at, last = section.offset, section.end - 6
        pattern = re.compile(rb"[\xe8\xe9]|\x0f[\x80-\x8f]|[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]", re.S)
        while (found := pattern.search(self.base, at, section.end)) is not None and found.start() <= last:
            field, flag = found.end(), 0 if self.base[found.start()] & 7 == 5 else EXECUTABLE
            address = section.address + field - section.offset + 4 + self.signed(field)
            added = self.add(field, self.place_of(address, flag), FIELD)
            at = field + 4 if added else found.start() + 1

    def from_itself(self, section, field):
        self.add(field, self.place_of(section.address + field - section.offset + self.signed(field)), FIELD)

    def frame_index(self, section):
        if section.size < 12 or self.base[section.offset : section.offset + 4] != bytes.fromhex("011b033b"):
            return
        self.from_itself(section, section.offset + 4)
        self.has_pair(section.offset)
        for field in range(section.offset + 12, section.end - 3, 4):
            self.add(field, self.place_of(section.address + self.signed(field)), section.offset)

    def frame_records(self, section):
        at = section.offset
        while at + 32 <= section.end:
            size, back = u32(self.base, at), u32(self.base, at + 4)
            if size == 0 or at + 4 + size > section.end:
                break
            if back != 0:
                if back <= at + 4 - section.offset:
                    self.add(at + 4, at + 4 - back, FIELD, -1)
                self.from_itself(section, at + 8)
                if self.base[at + 16] == 4:
                    self.from_itself(section, at + 17)
            at += 4 + size

    def pointers(self, section):
        for field in range((section.offset + 7) // 8 * 8, section.end - 7, 8):
            value = struct.unpack_from("<Q", self.base, field)[0]
            if 4096 <= value < 2**32:
                self.add(field, self.place_of(value), NOTHING)

    def relocations_of_object(self, section):
        table, home = self.linked(section.link), self.linked(section.info)
        first = next((one for one in self.sections if one.type == SYMBOLS), None)
        if home is None or table is None or table is not first or table.size > MOST_SYMBOLS:
            return
        self.has_pair(home.offset)
        self.has_pair(table.offset, 24)
        for at in self.entries(section):
            if u32(self.base, at) <= home.size:
                self.add(at, home.offset + u32(self.base, at), home.offset)
            symbol = self.symbol_number(at + 12, table)
            if symbol is None or self.base[symbol + 4] & 15 != 3:
                continue
            pointed = self.linked(u16(self.base, symbol + 6))
            number = self.signed(at + 16) + (4 if u32(self.base, at + 8) in (2, 4) else 0)
            if pointed is not None and 0 <= number <= pointed.size:
                self.add(at + 16, pointed.offset + number, pointed.offset)


def movements(base_size, segments):
    """For each granule how far it moved, or None. `segments` are (place in the base, place in the file, copied bytes)."""
    moved = [None] * -(-base_size // GRANULE)
    for place, start, count in sorted(segments, key=lambda one: one[2]):
        first, end = -(-place // GRANULE), -(-(place + count) // GRANULE)
        moved[first:end] = [start - place] * (end - first)
    for index in range(1, len(moved)):
        if moved[index] is None:
            moved[index] = moved[index - 1]
    return moved


def point_anew(base, segments, copies):
    """Changes the fields in `copies`, the bytes that each segment copies."""
    references = References(base)
    moved = movements(len(base), segments)

    def movement(offset):
        return moved[offset // GRANULE] if offset // GRANULE < len(moved) else None

    found = sorted(references.found)
    fields = [one[0] for one in found]
    for (place, start, count), copy in zip(segments, copies):
        at = bisect_left(fields, place)
        while at < len(found) and fields[at] + 4 <= place + count:
            field, target, origin, scale = found[at]
            at += 1
            origins = {FIELD: start - place, NOTHING: 0}
            moves = movement(target), origins[origin] if origin in origins else movement(origin)
            if None in moves or (moves[0] - moves[1]) % scale != 0:
                continue
            value = u32(copy, field - place) + (moves[0] - moves[1]) // scale
            struct.pack_into("<I", copy, field - place, value % 2**32)
