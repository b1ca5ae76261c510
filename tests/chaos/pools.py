"""
The matchmaking configurations of a run, spread over the queue's partitions. Nearly everybody meets everybody within
seconds; in brief-N hardly anybody does, and the ticket times out.
"""
import json

from stack import CROWD, DUEL, PARTITIONS, SQUAD, configuration

TIMEOUT_S = 20
ACCEPTANCE_S = 3

OPEN = [{"waitTimeSeconds": 1, "value": 200}, {"waitTimeSeconds": 2, "value": 4000}]
QUICK = {**CROWD, "name": "quick", "expansions": [{"target": "rules[Close].maxDistance", "steps": OPEN}]}
TEAMS = {**SQUAD, "name": "teams", "expansions": [{"target": "rules[FairTeamSkill].maxDistance",
                                                   "steps": [{"waitTimeSeconds": 2, "value": 4000}]}]}
NARROW = {**DUEL, "name": "narrow", "expansions": []}
RULE_SETS = (QUICK, TEAMS, NARROW)

#         kind: (rule set, partitions, seconds, acceptance, how many of a hundred tickets)
KINDS = {
    "duel": (QUICK, range(PARTITIONS), TIMEOUT_S, None, 70),
    "ready": (QUICK, range(0, PARTITIONS, 3), TIMEOUT_S, ACCEPTANCE_S, 15),
    "squad": (TEAMS, (1, 7), TIMEOUT_S, None, 8),
    "brief": (NARROW, (2, 8), 2, None, 7),
}
PARTY_KINDS = ("squad",)  # what a party of two or three can play: three against three


def names_of(kind):
    return [f"{kind}-{partition}" for partition in KINDS[kind][1]]


def partition_of(name):
    return int(name.rsplit("-", 1)[1])


def configurations():
    return [configuration(f"{kind}-{partition}", rule_set["name"], partition, seconds, acceptance_s)
            for kind, (rule_set, partitions, seconds, acceptance_s, _) in KINDS.items() for partition in partitions]


def write(folder):
    """The files as a daemon reads them; the path of the one to name to it."""
    (folder / "rulesets").mkdir(parents=True)
    (folder / "matchmaking.json").write_text(json.dumps({"MatchmakingConfigurations": configurations()}, indent=1))
    for rule_set in RULE_SETS:
        (folder / "rulesets" / f"{rule_set['name']}.json").write_text(json.dumps(rule_set, indent=1))
    return folder / "matchmaking.json"
