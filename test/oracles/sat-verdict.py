#!/usr/bin/python3
"""Says whether any set of packages meets some goals on an empty machine: minisat(1) answers, of clauses written here
from Debian policy.

usage: sat-verdict.py [--models] PACKAGES... < ANSWERS
PACKAGES and ANSWERS are those of check-solution.py; "chosen" may be left out. For each answer it prints {"id",
"satisfiable", "clauses", "variables", "seconds"}, the seconds being minisat's. With --models it adds "goals" and
"chosen", one set that does, which check-solution.py reads. It ends with 1 if one answer has chosen where nothing can
be, or null where something can, and with 2 if there was nothing to ask.

A variable is a package: true if it is there. The clauses are those of the packages that can be reached from the goals
through dependencies; all others may stay away.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from debian_index import Providers, parse_clauses, read_packages


class Encoder:
    """Writes the clauses of a package once; many questions reach the same ones."""

    def __init__(self, packages):
        self.variables = {package: number for number, package in enumerate(packages, 1)}
        self.providers = Providers(packages)
        self.by_name = {}
        for package in packages:
            self.by_name.setdefault(package.name, []).append(package)
        self.needs = {}
        self.rivals = {}

    def meeting(self, clause):
        """The packages that meet any of the alternatives, each once."""
        return list(dict.fromkeys(p for relation in clause for p in self.providers.meeting(relation)))

    def needs_of(self, package):
        """Its dependencies as clauses, and the packages they name."""
        if package not in self.needs:
            lines, reached = [], set()
            for clause in package.depends:
                meeting = self.meeting(clause)
                lines.append(self.line(meeting, f"-{self.variables[package]} "))
                reached.update(meeting)
            self.needs[package] = lines, reached
        return self.needs[package]

    def rivals_of(self, package):
        """The packages that it cannot be with; of two versions of a name only the later in the index says so."""
        if package not in self.rivals:
            number = self.variables[package]
            rivals = {rival for relation in package.excludes for rival in self.providers.meeting(relation)}
            rivals.update(other for other in self.by_name[package.name] if self.variables[other] < number)
            rivals.discard(package)
            self.rivals[package] = [(rival, f"-{number} -{self.variables[rival]} 0\n") for rival in rivals]
        return self.rivals[package]

    def line(self, packages, before=""):
        return before + "".join(f"{self.variables[package]} " for package in packages) + "0\n"

    def question(self, goals):
        """The clauses of what can be reached from `goals`, and that."""
        wanted = [self.meeting(clause) for goal in goals for clause in parse_clauses(goal)]
        lines = [self.line(meeting) for meeting in wanted]
        reached = {package for meeting in wanted for package in meeting}
        waiting = list(reached)
        while waiting:
            needs, further = self.needs_of(waiting.pop())
            lines += needs
            further = further - reached
            reached |= further
            waiting += further
        for package in reached:
            lines += [line for rival, line in self.rivals_of(package) if rival in reached]
        return lines, reached


def ask_minisat(lines, highest, folder):
    """The numbers up to `highest` that are true in a model, or None; and the seconds of CPU that minisat took."""
    question, answer = os.path.join(folder, "question.cnf"), os.path.join(folder, "answer")
    with open(question, "w", encoding="ascii") as file:
        file.write(f"p cnf {highest} {len(lines)}\n")
        file.writelines(lines)
    before = children_seconds()
    ran = subprocess.run(["minisat", "-verb=0", question, answer], stdout=subprocess.PIPE, check=False)
    seconds = children_seconds() - before
    if ran.returncode not in (10, 20):
        sys.exit(f"minisat ended with {ran.returncode}")
    if ran.returncode == 20:
        return None, seconds
    with open(answer, encoding="ascii") as file:
        return {int(number) for number in file.read().split()[1:] if int(number) > 0}, seconds


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def verdict(encoder, answer, folder):
    lines, reached = encoder.question(answer["goals"])
    highest = max((encoder.variables[package] for package in reached), default=0)
    model, seconds = ask_minisat(lines, highest, folder)
    found = {
        "id": answer["id"],
        "satisfiable": model is not None,
        "clauses": len(lines),
        "variables": len(reached),
        "seconds": round(seconds, 3),
    }
    there = [package for package in reached if model is not None and encoder.variables[package] in model]
    return found, there


def main(words):
    with_models = words[:1] == ["--models"]
    sources = words[1:] if with_models else words
    if not sources:
        sys.exit(__doc__)
    encoder = Encoder(read_packages(sources))
    asked = differing = 0
    with tempfile.TemporaryDirectory() as folder:
        for text in sys.stdin:
            answer = json.loads(text)
            found, there = verdict(encoder, answer, folder)
            if with_models:
                chosen = sorted([package.name, package.version] for package in there)
                found |= {"goals": answer["goals"], "chosen": chosen if found["satisfiable"] else None}
            print(json.dumps(found), flush=True)
            asked += 1
            differing += "chosen" in answer and found["satisfiable"] == (answer["chosen"] is None)
    if asked == 0:
        print("sat-verdict: no questions on standard input", file=sys.stderr)
        return 2
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
