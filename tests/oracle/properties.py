#!/usr/bin/env python3
"""Random scenarios through the engine, and what it decides through the oracle (judge.py says what is looked at). The same
input a second time must give the same bytes.

    properties.py [--seeds A:B] [--cases N] [--drive FILE]    seeds A to B-1, or N from A on; prints seeds and counts
    properties.py --replay FILE                               one scenario again, as printed by a failure

Of a scenario that fails as little as still fails is printed, as JSON. Exit status 1: something failed.
"""
import argparse
import collections
import copy
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import randomly  # noqa: E402
from judge import Judge  # noqa: E402
from language import LanguageError  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVE = os.path.join(ROOT, os.environ.get("GSM_BUILD", "build"), "oracle", "drive")
BATCH = 250  # scenarios for one process


class Broken(Exception):
    """The engine's process ended by itself."""


def feed(scenarios):
    lines = []
    for s in scenarios:
        lines.append({"rules": s["rules"], "configuration": s["configuration"], "seed": s["seed"]})
        lines += s["lines"]
    return "".join(json.dumps(line) + "\n" for line in lines)


def put_through(drive, scenarios):
    """The records of each scenario; {"refused": sentence} alone for a rule set that is refused."""
    out = subprocess.run([drive], input=feed(scenarios), capture_output=True, text=True)
    if out.returncode != 0:
        raise Broken(f"exit status {out.returncode}: {out.stderr[-2000:]}")
    records = []
    for text in out.stdout.splitlines():
        record = json.loads(text)
        if "scenario" in record:
            records.append([record] if "refused" in record else [])
        else:
            records[-1].append(record)
    return out.stdout, records


def refused(records):
    return records[0]["refused"] if records and "refused" in records[0] else None


def faults_of(drive, scenario):
    """What is wrong with one scenario, by itself."""
    try:
        first, (records,) = put_through(drive, [scenario])
        again, _ = put_through(drive, [scenario])
    except Broken as broken:
        return [str(broken)]
    if first != again:
        return ["the same input gives another output"]
    return [] if refused(records) else Judge(scenario).faults_of(records)


def smaller(scenario):
    """Copies with one thing less."""
    lines, rules = scenario["lines"], scenario["rules"]
    for i in range(len(lines) - 1):
        yield {**scenario, "lines": lines[:i] + lines[i + 1:]}
    for part in ("expansions", "rules", "playerAttributes"):
        for i in range(len(rules.get(part, []))):
            less = copy.deepcopy(scenario)
            del less["rules"][part][i]
            yield less
    if "algorithm" in rules:
        yield {**scenario, "rules": {k: v for k, v in rules.items() if k != "algorithm"}}
    for i, line in enumerate(lines):
        for j in range(len(line["start"]["players"]) if "start" in line else 0):
            less = copy.deepcopy(scenario)
            del less["lines"][i]["start"]["players"][j]
            if less["lines"][i]["start"]["players"]:
                yield less


def minimal_by(fails, scenario):
    """What is left of a scenario when nothing can be taken away any more without its ceasing to fail."""
    while True:
        less = next((one for one in smaller(scenario) if fails(one)), None)
        if less is None:
            return scenario
        scenario = less


def still_fails(drive, scenario):
    """What is no rule set any more does not."""
    try:
        return bool(faults_of(drive, scenario))
    except (LanguageError, LookupError):
        return False


def report(drive, scenario, faults):
    print(f"FAILED seed {scenario['seed']}:")
    for fault in faults[:10]:
        print(f"  {fault}")
    small = minimal_by(lambda less: still_fails(drive, less), scenario)
    print("  the least that fails (--replay):")
    print(json.dumps(small))
    for fault in faults_of(drive, small)[:10]:
        print(f"  {fault}")


def judge_batch(drive, scenarios, counts):
    """(scenario, faults) of those that failed."""
    try:
        out, all_records = put_through(drive, scenarios)
        again, _ = put_through(drive, scenarios)
    except Broken:
        return [(s, f) for s, f in ((s, faults_of(drive, s)) for s in scenarios) if f]
    if out != again:
        return [(s, f) for s, f in ((s, faults_of(drive, s)) for s in scenarios) if f] or \
            [(scenarios[0], ["the same input gives another output, though not scenario by scenario"])]
    failed = []
    for scenario, records in zip(scenarios, all_records):
        judge = Judge(scenario)
        why = refused(records)
        faults = [] if why else judge.faults_of(records)
        counts.update(scenarios=1, refused=bool(why), matches=len(judge.matches), tickets=len(judge.started),
                      matched=sum(len(one) for teams in judge.matches for one in teams), with_a_match=bool(judge.matches))
        if why:
            counts["why: " + why] += 1
        if faults:
            failed.append((scenario, faults))
    return failed


def run(drive, first, last, verbose=False, most_failures=3):
    """How many scenarios failed."""
    counts, failures, began = collections.Counter(), 0, time.monotonic()
    for at in range(first, last, BATCH):
        for scenario, faults in judge_batch(drive, [randomly.scenario(s) for s in range(at, min(at + BATCH, last))], counts):
            failures += 1
            if failures <= most_failures:
                report(drive, scenario, faults)
    print(f"seeds {first}:{last}: {counts['scenarios']} scenarios, {counts['refused']} refused as rule sets, "
          f"{counts['with_a_match']} with a match; {counts['tickets']} tickets, {counts['matched']} matched in "
          f"{counts['matches']} matches; {failures} failed; {time.monotonic() - began:.1f} s")
    for why, n in counts.most_common() if verbose else ():
        if why.startswith("why: "):
            print(f"  {n:6} {why[5:]}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1", help="A:B, or A with --cases")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--drive", default=DRIVE)
    parser.add_argument("--replay", metavar="FILE")
    parser.add_argument("--verbose", action="store_true", help="why rule sets are refused")
    args = parser.parse_args()
    if args.replay:
        with open(args.replay) as f:
            faults = faults_of(args.drive, json.load(f))
        print("\n".join(faults) or "nothing failed")
        return 1 if faults else 0
    first, _, last = args.seeds.partition(":")
    return 1 if run(args.drive, int(first), int(last or int(first) + args.cases), args.verbose) else 0


if __name__ == "__main__":
    sys.exit(main())
