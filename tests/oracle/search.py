"""Exhaustive search on small pools: is there a legal match among these tickets, and whom can it contain?

Every subset of the tickets, every way to put it into the teams, each once: teams that no expression tells apart may change
places, and so may tickets that are the same but for their id; of such ways the first one is tried. A subset's verdict
depends on the time only by the expansions in force, and is kept.
"""
import json
import re

import legal
from rules import any_of


class Search:
    """Over the tickets of one scenario; a pool is any part of them."""

    def __init__(self, rule_set):
        self.rule_set = rule_set
        self.alike = alike_teams(rule_set)
        self.by_id = re.search("playerid", json.dumps(rule_set.document), re.IGNORECASE) is not None
        self.size_range = size_range(rule_set)
        self.known = {}  # (ids, phase): (verdict, an example)

    def verdict(self, tickets, now_ms):
        """(can exactly these tickets be a match now?, the teams of one)"""
        phase = self.rule_set.phase(tickets, now_ms)
        key = (frozenset(t.id for t in tickets), phase)
        if key not in self.known:
            self.known[key] = self.verdict_in(tickets, self.rule_set.in_force(phase))
        return self.known[key]

    def verdict_in(self, tickets, in_force):
        if any(in_force.unmatchable(t) for t in tickets):
            return False, None
        seen = []
        for teams in assignments(tickets, in_force, self.alike, [t.id if self.by_id else t.shape for t in tickets]):
            found = verdict_of(in_force, teams)
            if found is True:
                return True, teams
            seen.append(found)
            if self.rule_set.large:
                break  # its rules ask who is in the match, not where
        return any_of(seen), None

    def oldest_matchable(self, pool, now_ms):
        """(the oldest ticket that a legal match among the pool contains, its teams), or (None, None)."""
        pool = sorted(pool, key=lambda t: (t.start_ms, t.order))
        tried = set()
        for i, ticket in enumerate(pool):
            if self.same(ticket) in tried:
                continue
            tried.add(self.same(ticket))
            teams = self.match_with(ticket, pool[i + 1:], now_ms)
            if teams is not None:
                return ticket, teams
        return None, None

    def subset_count(self, pool):
        """How many subsets of the pool have no more players than a match may have."""
        ways = [1] + [0] * self.size_range[1]  # by players
        for ticket in pool:
            size = len(ticket.players)
            ways = [n + (ways[i - size] if i >= size else 0) for i, n in enumerate(ways)]
        return sum(ways)

    def same(self, ticket):
        """Equal for tickets that nothing but the id tells apart."""
        return ticket.id if self.by_id else (ticket.shape, ticket.start_ms)

    def match_with(self, ticket, others, now_ms):
        """The teams of a legal match of `ticket` and any of the others, or None."""
        least, most = (n - len(ticket.players) for n in self.size_range)
        for chosen in subsets(others, least, most, self.same):
            found, teams = self.verdict([ticket, *chosen], now_ms)
            if found is True:
                return teams
        return None


def size_range(rule_set):
    """Players of the smallest and of the greatest match that any step of an expansion allows."""
    least, most = ({team["name"]: [team[side]] for team in rule_set.document["teams"]}
                   for side in ("minPlayers", "maxPlayers"))
    for kind, (names, member), stages in rule_set.expansions:
        for name in names if kind == "teams" else ():
            (least if member == "minPlayers" else most)[name] += [stage["value"] for stage in stages]
    return (max(1, sum(min(least[base]) for _, base in rule_set.names)),
            sum(max(most[base]) for _, base in rule_set.names))


def subsets(tickets, least, most, same):
    """Every subset of so many players; of tickets that are the same, the first ones."""
    if sum(len(t.players) for t in tickets) < least or most < 0:
        return
    if not tickets:
        yield []
        return
    first, rest = tickets[0], tickets[1:]
    yield from subsets([t for t in rest if same(t) != same(first)], least, most, same)
    size = len(first.players)
    for chosen in subsets(rest, least - size, most - size, same):
        yield [first, *chosen]


def verdict_of(in_force, teams):
    verdicts = []
    for _, one, _ in legal.judged_in(in_force, teams):
        if one is False:
            return False
        verdicts.append(one)
    return None if None in verdicts else True


def alike_teams(rule_set):
    """For each concrete team, what tells it apart: teams of the same value may change places."""
    document = rule_set.document
    text = json.dumps(document.get("rules", []))
    named = {name.strip() for found in re.findall(r"teams?\s*\[([^\]]*)\]", text) for name in found.split(",")}
    moved = {name for kind, (names, _), _ in rule_set.expansions if kind == "teams" for name in names}
    sizes = {team["name"]: (team["minPlayers"], team["maxPlayers"]) for team in document["teams"]}

    def mark(name, base):
        if name in named and name != base:
            return name
        return base if base in named or base in moved else sizes[base]

    return [mark(name, base) for name, base in rule_set.names]


def assignments(tickets, in_force, alike, shapes):
    """Every way to put all of these tickets into teams of allowed sizes. shapes: equal for tickets that are the same."""
    teams = [[] for _ in in_force.teams]
    filled = [0] * len(teams)
    chosen = []  # the team of each ticket so far

    def assign(waiting):
        if sum(max(0, team.least - n) for team, n in zip(in_force.teams, filled)) > waiting:
            return
        if len(chosen) == len(tickets):
            yield [list(one) for one in teams]
            return
        ticket, shape = tickets[len(chosen)], shapes[len(chosen)]
        first = max((team for team, other in zip(chosen, shapes) if other == shape), default=0)
        tried = set()
        for i, team in enumerate(in_force.teams):
            if i < first or filled[i] + len(ticket.players) > team.most or (filled[i] == 0 and alike[i] in tried):
                continue
            if filled[i] == 0:
                tried.add(alike[i])  # of empty teams that are alike, the first
            teams[i].append(ticket)
            filled[i] += len(ticket.players)
            chosen.append(i)
            yield from assign(waiting - len(ticket.players))
            chosen.pop()
            teams[i].pop()
            filled[i] -= len(ticket.players)

    players = sum(len(t.players) for t in tickets)
    return assign(players) if players <= in_force.most_players() else iter(())
