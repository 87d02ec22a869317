"""Catalogues and their differences, read by what man/moss-bundle.5 says of them under CATALOGUES and nothing else."""

import struct

from read_bytes import need

TEXTS = ("kinds", "names", "versions", "architectures", "summaries", "folders")
LISTS = ("alternatives", "provides", "requires", "recommends", "conflicts", "replaces", "files")
NUMBERS = (
    "kindEnds relationCapability relationOperator relationVersion packageName packageVersion packageScheme "
    "packageArchitecture packageSize providesVersion"
).split()
OPERATORS = ("<<", "<=", "=", ">=", ">>")
SCHEMES = ("deb", "rpm", "moss")
MAGIC = b"moss-catalogue 2\n\0\0\0"


def numbers(data):
    need(len(data) % 4 == 0, "a column ends inside a number")
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def spans(ends, total, what):
    need(ends == sorted(ends) and (ends[-1] if ends else 0) == total, f"{what} are not as long as they say")
    return list(zip([0, *ends], ends))


def texts(ends, data, what):
    units = data.decode().encode("utf-16-le")
    return [units[2 * a : 2 * b].decode("utf-16-le") for a, b in spans(ends, len(units) // 2, what)]


class Catalogue:
    def __init__(self, data):
        need(data.startswith(MAGIC), "no catalogue")
        count = 2 * len(TEXTS) + 2 * len(LISTS) + len(NUMBERS) + 2
        at = len(MAGIC) + 4 * count
        columns = []
        for length in numbers(data[len(MAGIC) : at]):
            columns.append(data[at : at + length])
            need(len(columns[-1]) == length, "a column is cut short")
            need(not any(data[at + length : at + length + -length % 4]), "a column is not filled up with zeros")
            at += length + -length % 4
        need(at == len(data), "a catalogue goes on after its end")
        column = iter(columns)
        self.texts = {name: texts(numbers(next(column)), next(column), name) for name in TEXTS}
        self.lists = {}
        for name in LISTS:
            ends, items = numbers(next(column)), numbers(next(column))
            self.lists[name] = [items[a:b] for a, b in spans(ends, len(items), name)]
        self.numbers = {name: numbers(next(column)) for name in NUMBERS}
        self.file_names = next(column).decode().split("/")
        need(self.file_names.pop() == "" and len(self.file_names) == sum(map(len, self.lists["files"])), "not a name of each file")
        ids = next(column)
        self.ids = [ids[at : at + 32] for at in range(0, len(ids), 32)]
        for name in ("versions", "architectures", "folders", "kinds"):
            need(self.texts[name] == sorted(self.texts[name]), f"{name} are not sorted")
        kinds = spans(self.numbers["kindEnds"], len(self.texts["names"]), "kinds")
        self.kinds = [kind for kind, (a, b) in zip(self.texts["kinds"], kinds, strict=True) for _ in range(a, b)]

    def capability(self, number):
        return f"{self.kinds[number]}({self.texts['names'][number]})"

    def relation(self, number):
        operator, version = self.numbers["relationOperator"][number], self.numbers["relationVersion"][number]
        bound = f" {OPERATORS[operator - 1]} {self.texts['versions'][version]}" if operator else ""
        return self.capability(self.numbers["relationCapability"][number]) + bound

    def requirement(self, number):
        return " | ".join(self.relation(each) for each in self.lists["alternatives"][number])

    def packages(self):
        """Of each its title, and lines of what it says."""
        provided = iter(self.numbers["providesVersion"])
        names = iter(self.file_names)
        versions, lists = self.texts["versions"], self.lists
        for at, package in enumerate(self.ids):
            name = self.texts["names"][self.numbers["packageName"][at]]
            version = versions[self.numbers["packageVersion"][at]]
            scheme = SCHEMES[self.numbers["packageScheme"][at]]
            architecture = self.texts["architectures"][self.numbers["packageArchitecture"][at]]
            lines = [f"summary {self.texts['summaries'][at]}"]
            for one in lists["provides"][at]:
                its = next(provided)
                lines.append(f"provides {self.capability(one)}" + (f" = {versions[its - 1]}" if its else ""))
            for what in ("requires", "recommends"):
                lines += [f"{what} {self.requirement(one)}" for one in lists[what][at]]
            for what in ("conflicts", "replaces"):
                lines += [f"{what} {self.relation(one)}" for one in lists[what][at]]
            lines += [f"file {self.texts['folders'][folder]}/{next(names)}" for folder in lists["files"][at]]
            size = self.numbers["packageSize"][at]
            yield f"{package.hex()} {name} {version} {scheme} {architecture} {size} KiB", lines


def read_difference(data):
    """The digest of the catalogue before or None, the numbers that are gone, and the catalogue of what has come."""
    (count,) = struct.unpack_from("<I", data, 32)
    gone = numbers(data[36 : 36 + 4 * count])
    need(len(gone) == count, "a difference is cut short")
    return data[:32] if any(data[:32]) else None, gone, Catalogue(data[36 + 4 * count :])
