"""The judge can tell: the plain engine (naive.py) and the real one please it, and of each kind of lie about what they
decided it says so. The search's short cuts are held against no short cuts."""
import collections
import copy
import itertools
import json
import os
import random
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import properties  # noqa: E402
import randomly  # noqa: E402
from judge import Judge  # noqa: E402
from naive import Naive  # noqa: E402
from search import Search, assignments, verdict_of  # noqa: E402

SEEDS = range(1, 251)


def truths():  # not crowds: those have pools that are not searched
    """(scenario, records, a search that knows it) by each of the two engines."""
    scenarios = [s for s in map(randomly.scenario, SEEDS) if len(s["lines"]) < 12]
    engines = [Naive(s) for s in scenarios]
    naive = [(s, e.records(), e.search) for s, e in zip(scenarios, engines)]
    real = zip(scenarios, properties.put_through(properties.DRIVE, scenarios)[1], (e.search for e in engines))
    return {"naive": naive, "engine": [one for one in real if not properties.refused(one[1])]}


@pytest.fixture(scope="module")
def told():
    return truths()


def matches(records):
    return [i for i, record in enumerate(records) if "match" in record.get("transition", {})]


def seats(record):
    return [(team, p) for team in record["transition"]["teams"] for p in team["players"]]


# Each lie changes the records in place; False: it cannot be told of these.
def twice(scenario, records):
    for i in matches(records)[:1]:
        records.insert(i + 1, copy.deepcopy(records[i]))
        return True


def kept_from_them(scenario, records):
    for i in matches(records)[:1]:
        del records[i]
        return True


def late(scenario, records):
    """The match is made only after the engine said that it rests."""
    for i in matches(records)[:1]:
        rest = next(j for j in range(i, len(records)) if "settled" in records[j])
        records.insert(rest, records.pop(i))
        return True


def another_start(scenario, records):
    for i in matches(records)[:1]:
        seats(records[i])[0][1]["start"] += 1
        return True


def half_a_party(scenario, records):
    for i in matches(records):
        for team, player in seats(records[i]):
            if sum(p["ticket"] == player["ticket"] for p in team["players"]) > 1:
                team["players"].remove(player)
                return True


def split_party(scenario, records):
    for i in matches(records):
        teams = records[i]["transition"]["teams"]
        for team, player in seats(records[i]):
            if len(teams) > 1 and sum(p["ticket"] == player["ticket"] for p in team["players"]) > 1:
                team["players"].remove(player)
                next(other for other in teams if other is not team)["players"].append(player)
                return True


def early_timeout(scenario, records):
    for record in records:
        if record.get("transition", {}).get("state") == "TIMED_OUT":
            record["at"] -= 1
            records.sort(key=lambda r: r["at"])
            return True


def no_timeout(scenario, records):
    for record in records:
        if record.get("transition", {}).get("state") == "TIMED_OUT":
            records.remove(record)
            return True


def both_wait(scenario, records):
    """A player's older ticket stays."""
    for record in records:
        if record.get("transition", {}).get("reason") == "replaced":
            records.remove(record)
            return True


def no_answer(scenario, records):
    for record in records:
        if record.get("transition", {}).get("state") == "SEARCHING":
            records.remove(record)
            return True


def ghost(scenario, records):
    """Whoever ended before is matched once more, in another's place."""
    ended = None
    for record in records:
        if "match" in record.get("transition", {}) and ended is not None:
            seats(record)[0][1].update(ended)
            return True
        if "match" in record.get("transition", {}):
            ended = dict(seats(record)[0][1])


def swapped(scenario, records):
    """Two players in each other's team."""
    for i in matches(records):
        for (one, a), (other, b) in itertools.combinations(seats(records[i]), 2):
            if one is not other:
                keep = dict(a)
                a.update(b)
                b.update(keep)
                return True


def another_ticket(scenario, records):
    """A ticket that waits in the place of one that was matched."""
    starts = {line["start"]["ticket"]: (line["at"], line["start"]["players"]) for line in scenario["lines"] if "start" in line}
    for i in matches(records):
        waiting = [r["transition"]["ticket"] for r in records[:i] if r.get("transition", {}).get("state") == "SEARCHING"]
        gone = {p["ticket"] for j in matches(records)[:i + 1] for _, p in seats(records[j])}
        for other in [t for t in waiting if t not in gone and len(starts[t][1]) == 1]:
            seats(records[i])[-1][1].update(id=starts[other][1][0]["id"], ticket=other, start=starts[other][0])
            return True


ALWAYS = [twice, kept_from_them, late, another_start, half_a_party, split_party, early_timeout, no_timeout, both_wait, no_answer,
          ghost]
SOMETIMES = [swapped, another_ticket]  # what they make may be legal


@pytest.mark.parametrize("engine", ["naive", "engine"])
def test_the_truth_pleases(told, engine):
    assert told[engine]
    for scenario, records, search in told[engine]:
        assert Judge(scenario, search).faults_of(records) == [], scenario["seed"]


def lies(told, engine, lie):
    """Of each lie that could be told: was it seen?"""
    for scenario, records, search in told[engine]:
        records = copy.deepcopy(records)
        if lie(scenario, records):
            yield scenario["seed"], bool(Judge(scenario, search).faults_of(records))


@pytest.mark.parametrize("engine", ["naive", "engine"])
@pytest.mark.parametrize("lie", ALWAYS)
def test_a_lie_is_seen(told, engine, lie):
    seen = dict(lies(told, engine, lie))
    assert seen or engine == "engine"
    assert all(seen.values()), [seed for seed, was in seen.items() if not was]


@pytest.mark.parametrize("lie", SOMETIMES)
def test_what_may_be_a_lie_is_often_seen(told, lie):
    seen = dict(lies(told, "naive", lie))
    assert sum(seen.values()) > len(seen) / 5 > 2


class YoungestFirst(Naive):
    """Makes legal matches, and leaves none; but serves whoever came last."""

    def pick(self):
        pool = sorted(self.waiting.values(), key=lambda t: (-t.start_ms, -t.order))
        for i, ticket in enumerate(pool):
            teams = self.search.match_with(ticket, pool[i + 1:], self.now_ms)
            if teams is not None:
                return teams


class OneRuleLess(Naive):
    def __init__(self, scenario):
        less = copy.deepcopy(scenario)
        less["rules"]["rules"] = less["rules"]["rules"][1:]
        less["rules"]["expansions"] = []
        super().__init__(less)


class NoExpansions(Naive):
    def __init__(self, scenario):
        super().__init__({**scenario, "rules": {**scenario["rules"], "expansions": []}})


@pytest.mark.parametrize("engine", [YoungestFirst, OneRuleLess, NoExpansions])
def test_another_engine_is_seen(told, engine):
    scenarios = [(s, search) for s, _, search in told["naive"] if all(r["type"] != "compound" for r in s["rules"]["rules"])]
    assert sum(bool(Judge(s, search).faults_of(engine(s).records())) for s, search in scenarios) > 3


def test_short_cuts_of_the_search():
    """The verdict of a set of tickets is that of every way to seat them."""
    verdicts = set()
    for seed in range(1, 151):
        scenario, r = randomly.scenario(seed), random.Random(seed)
        naive = Naive(scenario)
        tickets = [naive.rule_set.ticket(line["start"]["ticket"], line["at"], i, line["start"]["players"])
                   for i, line in enumerate(scenario["lines"]) if "start" in line]
        for _ in range(10):
            some = r.sample(tickets, r.randint(1, min(4, len(tickets))))
            in_force = naive.rule_set.in_force(naive.rule_set.phase(some, scenario["lines"][-1]["at"] - r.randint(0, 9000)))
            all_ways = assignments(some, in_force, list(range(len(in_force.teams))), list(range(len(some))))
            plain = [verdict_of(in_force, teams) for teams in all_ways]
            found = Search(naive.rule_set).verdict_in(some, in_force)[0]
            assert (found is True) == (True in plain) and (found is False) == (set(plain) <= {False})
            verdicts.add(found)
    assert {True, False} <= verdicts


def test_random_rules_pass_and_fail():
    """Each type of rule does both, on random sets of tickets."""
    seen = collections.defaultdict(set)
    for seed in range(1, 201):
        scenario = randomly.scenario(seed)
        rule_set = Naive(scenario).rule_set
        tickets = [rule_set.ticket(line["start"]["ticket"], line["at"], i, line["start"]["players"])
                   for i, line in enumerate(scenario["lines"]) if "start" in line]
        in_force = rule_set.in_force((0,) * len(rule_set.expansions))
        teams = [tickets[i::len(in_force.teams)][:2] for i in range(len(in_force.teams))]
        for name, verdict, _ in in_force.verdicts(teams):
            seen[in_force.rules[name.split()[0]].type].add(verdict)
    assert {kind for kind, verdicts in seen.items() if {True, False} <= verdicts} == \
        {"comparison", "distance", "batchDistance", "collection", "latency", "compound"}


def test_the_least_that_fails():
    """A fault of the first ticket's match does not need the others."""
    scenario = next(s for s in map(randomly.scenario, SEEDS) if len(s["lines"]) > 6 and s["rules"]["rules"])
    small = properties.minimal_by(lambda s: any("start" in line and line["start"]["ticket"] == "t1" for line in s["lines"]),
                                  scenario)
    assert [line["start"]["ticket"] for line in small["lines"][:-1]] == ["t1"] and small["rules"]["rules"] == []


def properties_py(*args):
    command = [sys.executable, os.path.join(os.path.dirname(properties.__file__), "properties.py"), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_driver_that_lies_is_red(tmp_path):
    """From end to end: everybody in one team; what is printed is small, and fails again by itself."""
    liar, least = tmp_path / "liar", tmp_path / "least.json"
    liar.write_text(f"#!/bin/sh\n'{properties.DRIVE}' | sed 's/\"name\":\"red\"/\"name\":\"blue\"/g'\n")
    liar.chmod(0o755)
    out = properties_py("--seeds", "1:300", "--drive", liar)
    assert out.returncode == 1 and "FAILED seed" in out.stdout
    least.write_text(next(line for line in out.stdout.splitlines() if line.startswith("{")))
    assert len(json.loads(least.read_text())["lines"]) <= 5
    assert properties_py("--replay", least, "--drive", liar).returncode == 1
    assert properties_py("--replay", least).returncode == 0
