"""What the engine put out for one scenario, held against the oracle: a list of sentences, empty when all is well.

legal      every match is legal at its time, of tickets that wait, whole, each player once
complete   when the engine has come to rest, no legal match is left among the tickets that wait: after each line, and at
           each moment between lines in which an expansion's step is reached
oldest     a match has in it the oldest ticket that any legal match of that moment could have
ends       each start is answered, and ends the player's older ticket; nothing waits beyond its time-out, ends before it, or is
           refused, for no reason
"""
import collections

import language
import legal
from search import Search

SUBSETS_MAX = 600  # of a pool, that could be a match by their size; beyond, what needs exhaustive search is not looked at


class Judge:
    """search: one that was used for the same scenario before, with what it knows."""

    def __init__(self, scenario, search=None):
        self.scenario = scenario
        self.rule_set = language.RuleSet(scenario["rules"], scenario["configuration"].get("AdditionalPlayerCount", 0))
        self.search = search or Search(self.rule_set)
        self.timeout_ms = scenario["configuration"]["RequestTimeoutSeconds"] * 1000
        self.waiting, self.ended, self.started = {}, set(), {}
        self.now_ms, self.line, self.arrivals = 0, 0, 0
        self.faults, self.matches = [], []

    def faults_of(self, records):
        for record in records:
            self.pass_time(record["at"])
            if "settled" in record:
                self.settled()
            else:
                self.transition(record["transition"])
        if self.line != len(self.scenario["lines"]):
            self.fault(f"the engine ended at line {self.line} of {len(self.scenario['lines'])}")
        return self.faults

    def fault(self, sentence):
        self.faults.append(f"{self.now_ms} ms, line {self.line}: {sentence}")

    # Time.
    def pass_time(self, to_ms):
        """From now to to_ms nothing was decided: then there was nothing to decide."""
        if to_ms < self.now_ms:
            self.fault(f"time goes back to {to_ms}")
        for moment in sorted(m for m in self.moments() if self.now_ms < m < to_ms):
            self.now_ms = moment
            self.at_rest()
        if to_ms > self.now_ms:
            self.now_ms = to_ms

    def moments(self):
        """When something may become possible with nobody's coming."""
        waits = {step["waitTimeSeconds"] * 1000 for _, _, steps in self.rule_set.expansions for step in steps}
        return {t.start_ms + wait for t in self.waiting.values() for wait in waits | {self.timeout_ms}}

    def at_rest(self):
        for ticket in self.waiting.values():
            if self.now_ms >= ticket.start_ms + self.timeout_ms:
                self.fault(f"{ticket.id} waits beyond its time-out")
        for player, n in collections.Counter(p.id for t in self.waiting.values() for p in t.players).items():
            if n > 1:
                self.fault(f"{player} waits with {n} tickets")
        oldest, teams = self.oldest_of(self.matchable())
        if oldest is not None:
            self.fault(f"a match is left: {self.names(teams)}")

    def oldest_of(self, pool):
        few = self.search.subset_count(pool) <= SUBSETS_MAX
        return self.search.oldest_matchable(pool, self.now_ms) if few else (None, None)

    def matchable(self):
        return [t for t in self.waiting.values() if self.now_ms < t.start_ms + self.timeout_ms]

    def settled(self):
        line = self.scenario["lines"][self.line]
        if "start" in line and line["start"]["ticket"] not in self.started:
            self.fault(f"{line['start']['ticket']} has no answer")
        if "stop" in line and line["stop"] in self.waiting:
            self.fault(f"{line['stop']} waits after its stop")
        self.at_rest()
        self.line += 1

    # Transitions.
    def transition(self, t):
        if "match" in t:
            self.match(t)
        elif "refused" in t:
            self.refused(t)
        elif t["state"] == "SEARCHING":
            self.searching(t)
        else:
            self.end(t)

    def searching(self, t):
        line = self.scenario["lines"][min(self.line, len(self.scenario["lines"]) - 1)]
        if line.get("start", {}).get("ticket") != t["ticket"] or t["ticket"] in self.started:
            self.fault(f"{t['ticket']} was not started now")
            return
        ticket = self.rule_set.ticket(t["ticket"], line["at"], self.arrivals, line["start"]["players"])
        self.arrivals += 1
        self.started[ticket.id] = self.waiting[ticket.id] = ticket

    def refused(self, t):
        line = self.scenario["lines"][self.line]
        if "stop" in line:
            if line["stop"] in self.waiting:
                self.fault(f"the stop of {line['stop']} is refused")
            return
        ticket = self.rule_set.ticket(t["ticket"], line["at"], 0, line["start"]["players"])
        self.started[ticket.id] = ticket
        self.ended.add(ticket.id)
        if not self.never(ticket):
            self.fault(f"{ticket.id} is refused ({t['refused']}), and could be matched")

    def never(self, ticket):
        """Can this ticket not be matched, whatever comes? One without what candidates are sorted or balanced by may be
        refused, too: by FlexMatch, no attribute that is declared without a default may be missing."""
        in_force = self.rule_set.in_force((0,) * len(self.rule_set.expansions))
        algorithm = self.rule_set.document.get("algorithm", {})
        wanted = {algorithm.get("balancedAttribute"), *algorithm.get("sortByAttributes", [])} - {None}
        wanted |= {rule["sortAttribute"] for rule in self.rule_set.document.get("rules", []) if "sortAttribute" in rule}
        if not all(wanted <= set(p.attributes) for p in ticket.players):
            return True
        return in_force.unmatchable(ticket) is not None or len(ticket.players) > self.rule_set.most_in_a_team()

    def end(self, t):
        ticket = self.take(t["ticket"])
        if ticket is None:
            return
        due = self.now_ms >= ticket.start_ms + self.timeout_ms
        line = self.scenario["lines"][self.line]
        replaced = {p["id"] for p in line.get("start", {}).get("players", [])} & {p.id for p in ticket.players}
        allowed = {"TIMED_OUT": due, "CANCELLED": replaced or line.get("stop") == ticket.id}
        if not allowed.get(t["state"]):
            self.fault(f"{ticket.id} ends as {t['state']} ({t.get('reason')}) for no reason")

    def take(self, id):
        """A waiting ticket, which waits no longer."""
        ticket = self.waiting.pop(id, None)
        if ticket is None:
            self.fault(f"{id} ends {'again' if id in self.ended else 'and never waited'}")
        self.ended.add(id)
        return ticket

    def match(self, t):
        pool = self.matchable()
        teams = self.read_teams(t)
        if teams is None:
            return
        self.matches.append(teams)
        for rule, reason in legal.violations(self.rule_set, teams, self.now_ms):
            self.fault(f"{self.names(teams)} breaks {rule}: {reason}")
        oldest, other = self.oldest_of(pool)
        if oldest is not None and age_key(oldest) < min(age_key(ticket) for one in teams for ticket in one):
            self.fault(f"{self.names(teams)} leaves the older {oldest.id}, for which there is {self.names(other)}")

    def read_teams(self, t):
        """The tickets of each concrete team, each taken from the pool; None and a fault: not a match of such tickets."""
        seats = [(team["name"], p["ticket"], p["id"], p["start"]) for team in t["teams"] for p in team["players"]]
        tickets = {ticket: self.take(ticket) for ticket in dict.fromkeys(seat[1] for seat in seats)}
        if None in tickets.values():
            return None
        expected = sorted((p.id, one.id, one.start_ms) for one in tickets.values() for p in one.players)
        if sorted((player, ticket, start) for _, ticket, player, start in seats) != expected:
            self.fault(f"match of {sorted(tickets)}: players are {sorted(s[2] for s in seats)}, or a start is wrong")
        for one in tickets.values():
            if self.now_ms >= one.start_ms + self.timeout_ms:
                self.fault(f"{one.id} is matched after its time-out")
        homes = {ticket: {s[0] for s in seats if s[1] == ticket} for ticket in tickets}
        names = [name for name, _ in self.rule_set.names]
        if any(len(home) > 1 or not home <= set(names) for home in homes.values()):
            self.fault(f"a ticket is in two teams, or a team is unknown: {homes}")
            return None
        return [[tickets[ticket] for ticket, home in homes.items() if home == {name}] for name in names]

    def names(self, teams):
        return " - ".join(f"{name}: {' '.join(t.id for t in one)}" for (name, _), one in zip(self.rule_set.names, teams))


def age_key(ticket):
    return ticket.start_ms, ticket.order
