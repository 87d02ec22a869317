#!/usr/bin/python3
"""Checks sets of packages against Debian policy; where they come from it does not know.

usage: check-solution.py PACKAGES... < ANSWERS
PACKAGES is a Packages file, `apt` for every index that apt has here, or `apt:CODENAME`. An answer is a line of JSON,
{"id": "1", "goals": ["foo (>= 1.2)"], "chosen": [["foo", "1.3"]]}, or with null where there was no solution: that is
passed through, as it cannot be checked here. For each it prints {"id", "ok", "problems"}. It ends with 1 if one is not
ok, and with 2 if there was nothing to check.
"""

import collections
import json
import sys

sys.dont_write_bytecode = True
from debian_index import Providers, clause_text, parse_clauses, read_packages


def problems_of(answer, known):
    """All that is wrong with the chosen packages, as sentences."""
    pairs = [tuple(pair) for pair in answer["chosen"]]
    chosen = [known[pair] for pair in dict.fromkeys(pairs) if pair in known]
    providers = Providers(chosen)
    return [
        *(f"{name} {version} is not in the index" for name, version in pairs if (name, version) not in known),
        *names_chosen_twice(pairs),
        *goals_not_met(answer["goals"], providers),
        *dependencies_not_met(chosen, providers),
        *exclusions(chosen, providers),
    ]


def names_chosen_twice(pairs):
    versions = collections.defaultdict(list)
    for name, version in pairs:
        versions[name].append(version)
    for name, several in versions.items():
        if len(several) > 1:
            yield f"{name} is chosen more than once: {', '.join(several)}"


def is_met(clause, providers):
    return any(providers.meeting(relation) for relation in clause)


def goals_not_met(goals, providers):
    for goal in goals:
        for clause in parse_clauses(goal):
            if not is_met(clause, providers):
                yield f"goal {clause_text(clause)} is not met"


def dependencies_not_met(chosen, providers):
    for package in chosen:
        for clause in package.depends:
            if not is_met(clause, providers):
                yield f"{package} depends on {clause_text(clause)}, which is not met"


def exclusions(chosen, providers):
    for package in chosen:
        for relation in package.excludes:
            for other in providers.meeting(relation):
                if other is not package:
                    yield f"{package} excludes {relation}, which {other} meets"


def verdict(answer, known):
    if answer["chosen"] is None:
        return {"id": answer["id"], "ok": True, "verdict": "none", "problems": []}
    problems = problems_of(answer, known)
    return {"id": answer["id"], "ok": not problems, "problems": problems}


def main(sources):
    if not sources:
        sys.exit(__doc__)
    known = {(package.name, package.version): package for package in read_packages(sources)}
    answers = all_ok = 0
    for line in sys.stdin:
        found = verdict(json.loads(line), known)
        print(json.dumps(found), flush=True)
        answers += 1
        all_ok += found["ok"]
    if answers == 0:
        print("check-solution: no answers on standard input", file=sys.stderr)
        return 2
    return 0 if all_ok == answers else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
