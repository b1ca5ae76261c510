#!/usr/bin/env python3
"""Random expressions and rules over random line-ups: their values and verdicts in the engine (values.c) are the oracle's.

    values.py [--seeds A:B] [--values FILE]    prints how many of what were compared, and the first that differ

Exit status 1: something differs. Lists of strings are compared as sets of sorted strings: their order means nothing.
"""
import argparse
import collections
import json
import math
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import expression  # noqa: E402
import language  # noqa: E402
import legal  # noqa: E402
import randomly  # noqa: E402
from drafts import Draft  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VALUES = os.path.join(ROOT, os.environ.get("GSM_BUILD", "build"), "oracle", "values")
FUNCTIONS = ("min", "max", "avg", "median", "sum", "stddev", "count", "count", "flatten", "flatten", "set_intersection")
READS = ("", "[playerId]", ".attributes[skill]", ".attributes[rank]", ".attributes[mode]", ".attributes[likes]",
         ".attributes[likes]", ".attributes[maps][sea]", ".attributes[maps][ice]")


def odd_expression(r, rule_set):
    """Any that is well formed, however little sense it makes."""
    teams = [name for name, _ in rule_set.names] + [base for _, base in rule_set.names]
    while True:
        chosen = r.choice(("*", "*", r.choice(teams), ",".join(r.sample(sorted(set(teams)), 2)) if len(set(teams)) > 1 else "*"))
        text = f"teams[{chosen}].players{r.choice(READS)}"
        for _ in range(r.randint(0, 4)):
            text = f"{r.choice(FUNCTIONS)}({text})"
        try:
            found = expression.parse(text, rule_set.names, rule_set.kinds)
        except language.LanguageError:
            continue
        if found.kind in ("number", "string"):
            return text, found


def odd_rule(r, rule_set, i):
    """A rule that measures such an expression."""
    text, found = odd_expression(r, rule_set)
    rule = {"name": f"Odd{i}", "measurements": [text]}
    if found.kind == "string" and found.depth in (1, 2) and r.random() < 0.7:
        bounds = {"minCount": r.randint(0, 2), **({"maxCount": r.randint(2, 3)} if r.random() < 0.5 else {})}
        party = {"partyAggregation": r.choice(("union", "intersection"))}
        reference = {"intersection": {}, "contains": {"referenceValue": r.choice(("cats", "duel", "p1"))},
                     "reference_intersection_count": {"referenceValue": odd_list(r, rule_set)}}
        operation = r.choice(list(reference))
        return {**rule, "type": "collection", "operation": operation, **reference[operation], **bounds, **party}
    if found.kind == "number":
        rule["partyAggregation"] = r.choice(("min", "max", "avg"))
        if r.random() < 0.6:
            return {**rule, "type": "distance", "referenceValue": odd_number(r, rule_set), "maxDistance": r.randint(0, 4)}
    return {**rule, "type": "comparison", "operation": r.choice(("=", "!="))}


def odd_number(r, rule_set):
    while True:
        text, found = odd_expression(r, rule_set)
        if found.kind == "number" and found.depth == 0:
            return text


def odd_list(r, rule_set):
    while r.random() < 0.98:
        text, found = odd_expression(r, rule_set)
        if found.kind == "string" and found.depth == 1:
            return text
    return ["cats", "dogs"]


def case(seed):
    r = random.Random(seed)
    draft = Draft(r)
    rules = draft.rule_set()
    rule_set = language.RuleSet(rules)
    if not rule_set.large:
        rules["rules"] += [odd_rule(r, rule_set, i) for i in range(3)]
    arrivals = randomly.Arrivals(r, draft, distinct=True)
    teams = {}
    for team in rules["teams"]:
        for name in language.concrete_names(team):
            least = team["minPlayers"] if r.random() < 0.6 else 0
            teams[name] = arrivals.parties_of(r.randint(least, min(team["maxPlayers"], 8)))
    return {"rules": rules, "age_ms": r.choice((0, 1000, 5000, 20000)), "teams": teams}


def plain(value):
    """JSON without order where there is none."""
    if value is expression.NOTHING:
        return None
    if not isinstance(value, list):
        return value
    inner = [plain(v) for v in value]
    return sorted(inner) if inner and isinstance(inner[0], str) else inner


def same(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


class Comparison:
    """One case: what the engine said of it beside what the oracle says."""

    def __init__(self, case, answer, counts):
        self.case, self.answer, self.counts = case, answer, counts
        self.rule_set = language.RuleSet(case["rules"])
        self.tickets = [[self.rule_set.ticket(f"{name}{i}", 0, i, party) for i, party in enumerate(case["teams"][name])]
                        for name, _ in self.rule_set.names]
        self.flat = [t for one in self.tickets for t in one]

    def differences(self):
        if "refused" in self.answer:
            self.counts["refused"] += 1
            return []
        if not self.flat:
            return []
        in_force = self.rule_set.in_force(self.rule_set.phase(self.flat, self.case["age_ms"]))
        if "ticket" in self.answer:
            self.counts["tickets refused"] += 1
            lacking = any(set(self.rule_set.kinds) - set(p.attributes) for t in self.flat for p in t.players)
            return [] if lacking or any(in_force.unmatchable(t) for t in self.flat) else [self.answer["ticket"]]
        return list(self.of_rules(in_force)) + list(self.of_match())

    def of_rules(self, in_force):
        for name, rule in in_force.rules.items():
            said = self.answer["rules"][name]
            if rule.type not in ("latency", "compound") + language.SORTS:
                yield from self.of_rule(in_force, rule, said)

    def of_rule(self, in_force, rule, said):
        world = expression.World([(team.name, team.base, one) for team, one in zip(in_force.teams, self.tickets)])
        verdict, reason = rule.verdict(world, self.flat)
        values = [plain(m.value(world)) for m in rule.measured]
        self.counts["values"] += len(values)
        if not same([plain(v) for v in said["measured"]], values):
            yield f"{rule.name}: measured {said['measured']}, not {values}"
        if "reference" in said:
            reference = plain(rule.reference.value(world))
            self.counts["values"] += 1
            if not same(plain(said["reference"]), reference):
                yield f"{rule.name}: reference {said['reference']}, not {reference}"
        self.counts[f"{rule.type} {verdict}"] += 1
        if verdict is not None and verdict != said["passed"]:
            yield f"{rule.name}: passed {said['passed']}, not {verdict}: {reason}"

    def of_match(self):
        verdict = legal.verdict(self.rule_set, self.tickets, self.case["age_ms"])
        self.counts[f"match {verdict}"] += 1
        if verdict is not None and verdict != self.answer["match"]:
            why = legal.violations(self.rule_set, self.tickets, self.case["age_ms"])
            yield f"match {self.answer['match']}, not {verdict}: {why}"


def run(program, first, last):
    """(how many cases differ, counts)."""
    cases = [case(seed) for seed in range(first, last)]
    lines = "".join(json.dumps(one) + "\n" for one in cases)
    out = subprocess.run([program], input=lines, capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"{program}: exit status {out.returncode}: {out.stderr[-2000:]}")
    counts, differing = collections.Counter(), 0
    for seed, one, text in zip(range(first, last), cases, out.stdout.splitlines(), strict=True):
        found = Comparison(one, json.loads(text), counts).differences()
        differing += bool(found)
        if found and differing <= 3:
            print(f"seed {seed}:", *found, json.dumps(one), sep="\n  ")
    return differing, counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1:4001", help="A:B")
    parser.add_argument("--values", default=VALUES)
    args = parser.parse_args()
    first, last = map(int, args.seeds.split(":"))
    differing, counts = run(args.values, first, last)
    print(f"seeds {first}:{last}: {differing} differ; " + ", ".join(f"{what}: {n}" for what, n in sorted(counts.items())))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
