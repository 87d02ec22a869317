"""Debian's Packages files, and who meets a relation among packages, written from deb-control(5) and Debian policy,
chapter 7, for one architecture, amd64 with all. It knows nothing of any solver.

A field of relations is a conjunction of clauses, a clause a tuple of alternatives. Qualifiers `:any` and `:amd64` mean
what is there; a name with another architecture stays as it is written, so nobody has it. Fields stay text until somebody
asks for them: most packages of an index are never asked.
"""

import collections
import functools
import operator
import re
import subprocess

from debian_version import version_key

RELATION = re.compile(r"([^\s:()|,\[<]+)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\))?")
# dpkg reads the old < and > as <= and >=.
OPERATORS = {
    "<<": operator.lt,
    "<=": operator.le,
    "<": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.ge,
    ">>": operator.gt,
}
FIELDS = {
    field.lower()
    for field in "Package Version Architecture Size Provides Pre-Depends Depends Conflicts Breaks".split()
}


class Relation(collections.namedtuple("Relation", "name sign version")):
    """`name`, or `name (sign version)`; without a version both others are None."""

    __slots__ = ()

    def is_met_by(self, version):
        """By one who has the name in this version, None for a name provided without one."""
        if self.sign is None:
            return True
        return version is not None and OPERATORS[self.sign](version_key(version), version_key(self.version))

    def __str__(self):
        return self.name if self.sign is None else f"{self.name} ({self.sign} {self.version})"


@functools.cache
def parse_relation(text):
    match = RELATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a relation: {text.strip()!r}")
    name, architecture, sign, version = match.groups()
    if architecture not in (None, "any", "amd64"):
        name = f"{name}:{architecture}"
    if version is not None:
        version_key(version)
    return Relation(name, sign, version)


def parse_clauses(text):
    """`a | b (>= 1), c` as two clauses; empty parts, as after a last comma, do not count."""
    return [tuple(map(parse_relation, clause.split("|"))) for clause in text.split(",") if clause.strip()]


def clause_text(clause):
    return " | ".join(map(str, clause))


class Package:
    """One paragraph of an index. Two are the same package only if they are the same object."""

    __slots__ = ("name", "version", "architecture", "size", "_depends", "_excludes", "_provides")

    def __init__(self, fields):
        self.name = fields["package"]
        self.version = fields["version"]
        self.architecture = fields.get("architecture", "")
        self.size = int(fields.get("size", 0))
        self._depends = joined(fields, "pre-depends", "depends")
        self._excludes = joined(fields, "conflicts", "breaks")
        self._provides = fields.get("provides", "")

    def __str__(self):
        return f"{self.name} {self.version}"

    @property
    def depends(self):
        """The clauses of Pre-Depends and Depends."""
        return parse_clauses(self._depends)

    @property
    def excludes(self):
        """The relations of Conflicts and Breaks: none that another package meets may be there with it."""
        return [relation for clause in parse_clauses(self._excludes) for relation in clause]

    @property
    def provides(self):
        """Names, with `=` and a version or without."""
        relations = [relation for clause in parse_clauses(self._provides) for relation in clause]
        for relation in relations:
            if relation.sign not in (None, "="):
                raise ValueError(f"{self} provides {relation}: a version provided is one version")
        return relations


def joined(fields, *names):
    return ", ".join(fields[name] for name in names if name in fields)


class Providers:
    """Who has a name among `packages`, by its own name or by Provides."""

    def __init__(self, packages):
        self.having = collections.defaultdict(list)
        for package in packages:
            self.having[package.name].append((package.version, package))
            for provided in package.provides:
                self.having[provided.name].append((provided.version, package))

    def meeting(self, relation):
        """The packages that meet it, each once, in the order of the index."""
        having = self.having.get(relation.name, ())
        return list(dict.fromkeys(package for version, package in having if relation.is_met_by(version)))


def read_packages(sources):
    """The packages of all `sources`, each a Packages file, `apt` for every index that apt has here, or `apt:CODENAME`.

    A name and version listed twice is one package, the first. ValueError for a damaged index or one without a package.
    """
    packages = {}
    for path in index_files(sources):
        for fields in read_paragraphs(path):
            if "package" not in fields or "version" not in fields:
                raise ValueError(f"{path}: a paragraph without package or version: {fields}")
            packages.setdefault((fields["package"], fields["version"]), Package(fields))
    if not packages:
        raise ValueError(f"no package in {' '.join(sources)}")
    return list(packages.values())


def index_files(sources):
    """The paths of `sources`; apt's own may be compressed."""
    for source in sources:
        kind, _, codename = source.partition(":")
        if kind != "apt":
            yield source
            continue
        targets = ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages"]
        if codename:
            targets.append(f"Codename: {codename}")
        yield from subprocess.run(targets, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def read_paragraphs(path):
    """Yields the FIELDS of each paragraph, their names in lower case."""
    fields, last = {}, None
    for line in read_lines(path):
        if line.isspace():
            if fields:
                yield fields
            fields, last = {}, None
        elif line[0] in " \t":
            if last is not None:
                fields[last] += " " + line.strip()
        else:
            field, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"{path}: no field: {line.strip()!r}")
            field = field.lower()
            last = field if field in FIELDS else None
            if last is not None:
                fields[last] = value.strip()
    if fields:
        yield fields


def read_lines(path):
    """The file as it is, or unpacked by apt's own helper, as apt keeps its indexes in a compression of its choice."""
    if not path.endswith((".lz4", ".xz", ".gz", ".bz2", ".zst")):
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            yield from lines
        return
    command = ["/usr/lib/apt/apt-helper", "cat-file", path]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, encoding="utf-8", errors="surrogateescape"
    ) as process:
        yield from process.stdout
    if process.returncode != 0:
        raise ValueError(f"{path}: cannot be unpacked")
