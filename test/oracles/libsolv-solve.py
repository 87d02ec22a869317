#!/usr/bin/python3
"""Lets libsolv (python3-solv) find packages for some goals on an empty machine, and says what that cost.

usage: libsolv-solve.py PACKAGES GOAL...
PACKAGES is a Packages file, `apt` for every index that apt has here, or `apt:CODENAME`; a goal is a relation, as
`foo (>= 1.2) | bar`. Recommended packages are left out. Prints one line of JSON, which check-solution.py reads:
"packages", how many were chosen; "readSeconds" for the index, "providesSeconds" for who provides what, and
"solveSeconds" for the search alone, all of CPU; "peakBytes" of memory, Python's own included; "problems" as libsolv
words them; and "id", "goals" and "chosen", null where there is no solution. In an index it does not know `name:amd64`
for `name`.
"""

import functools
import json
import re
import sys
import tempfile
import time

import solv

sys.dont_write_bytecode = True
from debian_index import index_files, parse_clauses, read_lines

SIGNS = {
    "<<": solv.REL_LT,
    "<": solv.REL_LT | solv.REL_EQ,
    "<=": solv.REL_LT | solv.REL_EQ,
    "=": solv.REL_EQ,
    ">=": solv.REL_GT | solv.REL_EQ,
    ">": solv.REL_GT | solv.REL_EQ,
    ">>": solv.REL_GT,
}


def add_index(repo, path):
    """Seconds of CPU; what apt keeps compressed is unpacked before, as libsolv does not know every form."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.writelines(read_lines(path))
        file.flush()
        started = time.process_time()
        if not repo.add_debpackages(solv.xfopen(file.name)):
            sys.exit(f"libsolv cannot read {path}")
        return time.process_time() - started


def dependency(pool, relation):
    name = pool.Dep(relation.name)
    return name if relation.sign is None else name.Rel(SIGNS[relation.sign], pool.Dep(relation.version))


def job(pool, clause):
    alternatives = [dependency(pool, relation) for relation in clause]
    any_of = functools.reduce(lambda one, other: one.Rel(solv.REL_OR, other), alternatives)
    return pool.Job(solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE_PROVIDES, any_of.id)


def peak_bytes():
    """Of this program alone: ru_maxrss would start from that of whoever started it."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


def timed(action):
    started = time.process_time()
    return action(), round(time.process_time() - started, 3)


def main(source, goals):
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_DEB)
    pool.setarch("amd64")
    repo = pool.add_repo("index")
    read_seconds = sum(add_index(repo, path) for path in index_files([source]))
    _, provides_seconds = timed(pool.createwhatprovides)
    jobs = [job(pool, clause) for goal in goals for clause in parse_clauses(goal)]
    solver = pool.Solver()
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
    problems, solve_seconds = timed(lambda: solver.solve(jobs))
    chosen = [] if problems else solver.transaction().newsolvables()
    found = {
        "packages": len(chosen),
        "readSeconds": round(read_seconds, 3),
        "providesSeconds": provides_seconds,
        "solveSeconds": solve_seconds,
        "peakBytes": peak_bytes(),
        "problems": [str(problem) for problem in problems],
        "id": ", ".join(goals),
        "goals": goals,
        "chosen": None if problems else sorted([package.name, package.evr] for package in chosen),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
