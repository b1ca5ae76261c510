"""The official example rule sets, and the worked example of expansions: pools that are matched, and when, and pools that
never are. The oracle's own engine (naive.py) and the real one must both say so. examples/NAME.json:

    {"ruleset": a name under deploy/config/rulesets/examples, or "rules": a rule set, "pools": [
     {"about", "matches_at_s": [when each match is made], "algorithm"?: in place of the rule set's,
      "tickets": [{"copies"?: 1, "at_s"?: 0, "size"?: players, 1, "id"?: of the player, "attributes"?, "latency"?}]}]}

Ticket n is tn, its players tnp0, tnp1 ...; all players of a ticket have the same attributes.
"""
import glob
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import properties  # noqa: E402
from judge import Judge  # noqa: E402
from naive import Naive  # noqa: E402

FIRST_MS = 1_000_000
UNTIL_S = 100


def read(path):
    with open(path) as f:
        return json.load(f)


def pools():
    for path in sorted(glob.glob(os.path.join(HERE, "examples", "*.json"))):
        example = read(path)
        for pool in example["pools"]:
            yield pytest.param(example, pool, id=f"{os.path.basename(path)[:-5]}: {pool['about']}")


def scenario_of(example, pool):
    rulesets = os.path.join(properties.ROOT, "deploy", "config", "rulesets", "examples")
    rules = example.get("rules") or read(os.path.join(rulesets, example["ruleset"] + ".json"))
    rules = {**rules, **({"algorithm": pool["algorithm"]} if "algorithm" in pool else {})}
    lines = []
    for kind in pool["tickets"]:
        for _ in range(kind.get("copies", 1)):
            n = len(lines)
            ids = [kind["id"]] if "id" in kind else [f"t{n}p{i}" for i in range(kind.get("size", 1))]
            with_them = {key: kind[key] for key in ("attributes", "latency") if key in kind}
            lines.append({"at": FIRST_MS + 1000 * kind.get("at_s", 0),
                          "start": {"ticket": f"t{n}", "players": [{"id": id, **with_them} for id in ids]}})
    lines.append({"at": FIRST_MS + 1000 * UNTIL_S, "tick": True})
    return {"rules": rules, "configuration": {"RequestTimeoutSeconds": UNTIL_S + 1}, "seed": 1, "lines": lines}


def by_engine(scenario):
    (records,) = properties.put_through(properties.DRIVE, [scenario])[1]
    assert properties.refused(records) is None
    return records


def by_oracle(scenario):
    return Naive(scenario).records()


@pytest.mark.parametrize("engine", [by_oracle, by_engine])
@pytest.mark.parametrize("example, pool", list(pools()))
def test_pool(example, pool, engine):
    scenario = scenario_of(example, pool)
    records = engine(scenario)
    times = [(record["at"] - FIRST_MS) / 1000 for record in records if "match" in record.get("transition", {})]
    assert times == pool["matches_at_s"]
    assert Judge(scenario).faults_of(records) == []


def test_there_are_pools_of_both_kinds():
    files = glob.glob(os.path.join(HERE, "examples", "*.json"))
    for path in files:
        kinds = [bool(pool["matches_at_s"]) for pool in read(path)["pools"]]
        assert kinds.count(True) >= 2 and kinds.count(False) >= (1 if "expansion" in path else 2), path
    assert len(files) == 12
