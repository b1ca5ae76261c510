"""Random scenarios: rule sets over the whole language, and tickets that come, wait and leave. The same seed, the same one.

Numbers are small, so that ties and limits are met; about half of the pools can be matched. A scenario is what drive.c
reads: {"rules", "configuration", "seed", "lines": [...]}.
"""
import random

import expression
import language
from drafts import Draft

PLACES = ("eu", "us", "ap")
FIRST_MS = 1_000_000


def scenario(seed):
    r = random.Random(seed)
    if r.random() < 0.12:
        return {**planted(r), "seed": seed}
    draft = Draft(r)
    rules = draft.rule_set()
    timeout_s = r.choice((8, 15, 30, 60))
    for expansion in rules["expansions"]:
        expansion["steps"] = [s for s in expansion["steps"] if s["waitTimeSeconds"] <= timeout_s]
    rules["expansions"] = [expansion for expansion in rules["expansions"] if expansion["steps"]]
    configuration = {"RequestTimeoutSeconds": timeout_s}
    if r.random() < 0.1:
        configuration["AdditionalPlayerCount"] = r.randint(1, 3)
    return {"rules": rules, "configuration": configuration, "seed": seed, "lines": Arrivals(r, draft).lines(timeout_s)}


def planted(r):
    """An expression's value on a match of all the tickets, as the oracle has it, is what the rule asks for; or half more.
    So the engine's value must be the same."""
    draft = Draft(r)
    arrivals = Arrivals(r, draft, distinct=True)
    teams = []
    for team in draft.teams:
        team["minPlayers"] = team["maxPlayers"] = r.randint(1, 3)
        teams += [arrivals.parties_of(team["maxPlayers"]) for _ in range(team.get("quantity", 1))]
    rules = {"ruleLanguageVersion": "1.0", "playerAttributes": draft.declared(), "teams": draft.teams}
    rule = {"name": "Planted", "type": "distance", "measurements": [draft.numbers(0)], "maxDistance": 1e-6,
            **draft.party("min", "max", "avg")}
    value = value_of(rules, rule, teams)
    rule["referenceValue"] = r.choice((0, 0, 0.5)) + (0 if value is expression.NOTHING else value)
    parties = [party for one in teams for party in one]
    r.shuffle(parties)
    lines = [{"at": FIRST_MS, "start": {"ticket": f"t{i}", "players": party}} for i, party in enumerate(parties)]
    return {"rules": {**rules, "rules": [rule]}, "configuration": {"RequestTimeoutSeconds": 5},
            "lines": lines + [{"at": FIRST_MS + 5001, "tick": True}]}


def value_of(rules, rule, teams):
    rule_set = language.RuleSet(rules)
    tickets = [[rule_set.ticket("", 0, 0, party) for party in one] for one in teams]
    world = expression.World([(*names, one) for names, one in zip(rule_set.names, tickets)])
    world.numbers = rule.get("partyAggregation", "avg")
    return expression.parse(rule["measurements"][0], rule_set.names, rule_set.kinds).value(world)


class Arrivals:
    """Tickets for a rule set: how many come, when, of how many players, with what."""

    def __init__(self, r, draft, distinct=False):
        self.r, self.draft, self.distinct = r, draft, distinct  # distinct: no player comes twice
        self.pings = any(rule["type"] == "latency" for rule in draft.rules)
        self.players = []
        self.skills = r.choice(([*range(10)], [*range(10)], [*range(-4, 6)], [n / 2 for n in range(10)], [2, 4, 4, 6]))
        self.parties = (1,) if r.random() < 0.3 else (1, 1, 1, 2, 2, 3)

    def lines(self, timeout_s):
        r, at_ms, out = self.r, FIRST_MS, []
        teams = sum(t.get("quantity", 1) for t in self.draft.teams)
        gaps_ms = r.choice(((0,), (0,), (0, 0, 0, 1), (0, 1, 1, 999), (0, 0, 1, 500, 999, 1000, 1000, 1500, 3000)))
        crowd = r.randint(10, 40) if r.random() < 0.06 else 0
        for i in range(crowd or r.randint(2, {1: 9, 2: 9, 3: 7}.get(teams, 6))):
            at_ms += r.choice(gaps_ms)
            out.append({"at": at_ms, "start": {"ticket": f"t{i}", "players": self.party()}})
            if r.random() < 0.08:
                at_ms += r.choice((0, 700))
                gone = r.choice([line["start"] for line in out if "start" in line])
                out.append({"at": at_ms, "stop": gone["ticket"], "player": gone["players"][0]["id"]})
        out.append({"at": at_ms + timeout_s * 1000 + 1, "tick": True})
        return out

    def parties_of(self, players):
        """So many players, in parties of at most three."""
        out = []
        while players > 0:
            size = self.r.randint(1, min(3, players))
            out.append([self.player() for _ in range(size)])
            players -= size
        return out

    def party(self):
        party = [self.player() for _ in range(self.r.choice(self.parties))]
        return party if len({p["id"] for p in party}) == len(party) else party[:1]

    def player(self):
        r = self.r
        again = self.players and not self.distinct and r.random() < 0.02
        player = {"id": r.choice(self.players) if again else f"p{len(self.players)}", "attributes": self.attributes()}
        self.players.append(player["id"])
        if self.pings and r.random() < 0.97:
            places = r.sample(PLACES, r.choice((1, 2, 3, 3)))
            player["latency"] = {place: 10 * r.randint(1, 9) for place in places}
        return player

    def attributes(self):
        r = self.r
        some = [f"p{r.randint(0, 6)}"] if r.random() < 0.15 else []
        values = {"skill": {"N": r.choice(self.skills)}, "rank": {"N": r.choice((1, 1, 2, 2.5, 3))},
                  "mode": {"S": r.choice(("duel", "duel", "war"))},
                  "likes": {"SL": r.sample(("cats", "dogs", "fish"), r.randint(0, 3)) + some},
                  "maps": {"SDM": {"sea": r.randint(0, 5), "sky": r.randint(0, 5)}}}
        return {name: value for name, value in values.items() if r.random() < 0.985}
