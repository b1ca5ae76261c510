"""The rule language over a finished match: a rule set, what of it is in force at an age, and each rule's verdict.

This is the plain reading of the language, written apart from the engine. rules.py has the types of rules, and says what a
verdict is.
"""
import functools
import re

import expression
from expression import LanguageError
from rules import SORTS, Rule, all_of, any_of, latency, one_of

LARGE_MATCH = 40  # players; beyond, only latency and batchDistance count


class Player:
    def __init__(self, id, attributes, latency):
        self.id, self.attributes, self.latency = id, attributes, latency


class Ticket:
    """players: as in a start: {"id", "attributes": {name: {"N": 1}}, "latency": {}}; order: of arrival."""

    def __init__(self, id, start_ms, order, players, defaults):
        self.id, self.start_ms, self.order = id, start_ms, order
        self.players = [Player(p["id"], {**defaults, **plain(p.get("attributes"))}, p.get("latency") or {})
                        for p in players]
        self.latency = functools.lru_cache(maxsize=None)(self._latency)
        self.shape = repr([(sorted(p.attributes.items()), sorted(p.latency.items())) for p in self.players])

    def _latency(self, how):
        """{location: value}: a location that one of the players has not is not the ticket's."""
        shared = set.intersection(*(set(p.latency) for p in self.players))
        return {place: expression.AGGREGATES[how]([p.latency[place] for p in self.players]) for place in shared}


def plain(attributes):
    """{"skill": {"N": 1}} as {"skill": 1}; repeated strings of a list are one."""
    values = {name: next(iter(tagged.items())) for name, tagged in (attributes or {}).items()}
    return {name: list(dict.fromkeys(value)) if tag == "SL" else value for name, (tag, value) in values.items()}


class Team:
    def __init__(self, name, base, least, most):
        self.name, self.base, self.least, self.most = name, base, least, most


class RuleSet:
    """rules: the JSON document; additional: AdditionalPlayerCount of the configuration."""

    def __init__(self, rules, additional=0):
        self.document, self.additional = rules, additional
        self.kinds = {a["name"]: a["type"] for a in rules.get("playerAttributes", [])}
        self.defaults = {a["name"]: a["default"] for a in rules.get("playerAttributes", []) if "default" in a}
        self.names = [(name, team["name"]) for team in rules["teams"] for name in concrete_names(team)]
        self.oldest = rules.get("algorithm", {}).get("expansionAgeSelection", "newest") == "oldest"
        self.expansions = [read_expansion(e, rules) for e in rules.get("expansions", [])]
        self.large = sum(t["maxPlayers"] * t.get("quantity", 1) for t in rules["teams"]) > LARGE_MATCH
        self.in_force = functools.lru_cache(maxsize=None)(self._in_force)

    def ticket(self, id, start_ms, order, players):
        return Ticket(id, start_ms, order, players, self.defaults)

    def phase(self, tickets, now_ms):
        """Which step of each expansion is reached for a match of these tickets now: the key of in_force."""
        starts = [t.start_ms for t in tickets]
        age_ms = now_ms - (min(starts) if self.oldest else max(starts))
        return tuple(sum(age_ms >= step["waitTimeSeconds"] * 1000 for step in steps) for _, _, steps in self.expansions)

    def most_in_a_team(self):
        """The most players that a team may have at any age."""
        values = [team["maxPlayers"] for team in self.document["teams"]]
        for kind, (_, member), steps in self.expansions:
            values += [step["value"] for step in steps if kind == "teams" and member == "maxPlayers"]
        return max(values)

    def _in_force(self, phase):
        rules = {rule["name"]: dict(rule) for rule in self.document.get("rules", [])}
        teams = {team["name"]: dict(team) for team in self.document["teams"]}
        for (kind, (names, member), steps), reached in zip(self.expansions, phase):
            for name in names if reached else ():
                (rules if kind == "rules" else teams)[name][member] = steps[reached - 1]["value"]
        return InForce(self, [teams[t["name"]] for t in self.document["teams"]], rules)


def concrete_names(team):
    quantity = team.get("quantity", 1)
    return [team["name"]] if quantity == 1 else [f"{team['name']}_{i + 1}" for i in range(quantity)]


def read_expansion(e, rules):
    target = re.fullmatch(r"\s*(rules|teams)\s*\[([^\]]+)\]\s*\.\s*(\w+)\s*", e["target"])
    if target is None:
        raise LanguageError(f"no target: {e['target']}")
    kind, names, member = target.groups()
    names = [name.strip() for name in names.split(",")]
    if not set(names) <= {named["name"] for named in rules[kind]}:
        raise LanguageError(f"no such target: {e['target']}")
    return kind, (names, member), e["steps"]


class InForce:
    """A rule set at one age: teams with the sizes of now, rules compiled with the values of now."""

    def __init__(self, rule_set, teams, rules):
        self.rule_set = rule_set
        self.teams = [Team(name, team["name"], team["minPlayers"], team["maxPlayers"])
                      for team in teams for name in concrete_names(team)]
        self.rules = {name: Rule(rule, rule_set.names, rule_set.kinds) for name, rule in rules.items()}
        if rule_set.large:
            self.rules = {name: r for name, r in self.rules.items() if r.type in ("latency", "batchDistance")}
        self.statements = {name: parse_statement(r.json["statement"], self.rules)
                           for name, r in self.rules.items() if r.type == "compound"}
        inside = set().union(*(leaves(statement) for statement in self.statements.values()))
        self.enforced = [r for name, r in self.rules.items() if name not in inside and r.type not in SORTS]
        self.unmatchable = functools.lru_cache(maxsize=None)(self._unmatchable)
        self.needed = set().union(*(r.attributes for r in self.rules.values() if r.type not in SORTS))

    def most_players(self):
        least, most = (sum(getattr(team, side) for team in self.teams) for side in ("least", "most"))
        return max(least, most - self.rule_set.additional)

    def _unmatchable(self, ticket):
        """Why this ticket can never match, or None."""
        missing = sorted(self.needed - set.intersection(*(set(p.attributes) for p in ticket.players)))
        if missing:
            return f"attribute {missing[0]} is missing and has no default"
        if any(r.type == "latency" for r in self.rules.values()) and not all(p.latency for p in ticket.players):
            return "no latency"
        return None

    def verdicts(self, teams):
        """Yields (rule name, verdict, the words of a reason) of every rule that is enforced. teams: tickets, in self.teams'
        order."""
        world = expression.World([(team.name, team.base, tickets) for team, tickets in zip(self.teams, teams)])
        tickets = [t for one in teams for t in one]
        latencies = [r for r in self.enforced if r.type == "latency"]
        for rule in self.enforced:
            if rule.type == "compound":
                yield rule.name, self.compound(self.statements[rule.name], world, tickets), (rule.json["statement"],)
            elif rule.type != "latency":
                yield (rule.name, *rule.verdict(world, tickets))
        if latencies:
            yield (" and ".join(r.name for r in latencies), latency(latencies, tickets, self.rule_set.large),
                   ("locations", *(t.latency("avg") for t in tickets)))

    def compound(self, statement, world, tickets):
        if isinstance(statement, str):
            rule = self.rules[statement]
            if rule.type == "latency":
                return latency([rule], tickets, self.rule_set.large)
            return rule.verdict(world, tickets)[0]
        word, *inner = statement
        return WORDS[word]([self.compound(one, world, tickets) for one in inner])


WORDS = {"and": all_of, "or": any_of, "xor": one_of, "not": lambda v: None if v[0] is None else not v[0]}


def parse_statement(text, rules):
    """A rule's name, or (word, statement, ...)."""
    tokens = re.findall(r"[(),]|[^(),\s]+", text)

    def read():
        word = tokens.pop(0)
        if not tokens or tokens[0] != "(":
            if word not in rules:
                raise LanguageError(f"{text}: no rule {word}")
            return word
        inner = []
        while tokens.pop(0) != ")":
            inner.append(read())
        return (word, *inner)

    return read()


def leaves(statement):
    return {statement} if isinstance(statement, str) else set().union(*(leaves(s) for s in statement[1:]))
