"""An engine made of the exhaustive search, for the tests of the judge: what it puts out must please, and lies about it
must not. The records are those of drive.c."""
import language
from search import Search


class Naive:
    def __init__(self, scenario):
        self.scenario = scenario
        self.rule_set = language.RuleSet(scenario["rules"], scenario["configuration"].get("AdditionalPlayerCount", 0))
        self.search = Search(self.rule_set)
        self.timeout_ms = scenario["configuration"]["RequestTimeoutSeconds"] * 1000
        self.waiting, self.out, self.now_ms, self.matches = {}, [], 0, 0

    def records(self):
        for n, line in enumerate(self.scenario["lines"]):
            self.pass_time(line["at"])
            if "start" in line:
                self.start(n, line["start"])
            if line.get("stop") in self.waiting:
                self.end(self.waiting[line["stop"]], "CANCELLED", "requested")
            self.match_all()
            self.out.append({"at": self.now_ms, "settled": n})
        return self.out

    def emit(self, transition):
        self.out.append({"at": self.now_ms, "transition": transition})

    def pass_time(self, to_ms):
        waits = {step["waitTimeSeconds"] * 1000 for _, _, steps in self.rule_set.expansions for step in steps}
        for moment in sorted({t.start_ms + w for t in self.waiting.values() for w in waits | {self.timeout_ms}} | {to_ms}):
            if self.now_ms < moment <= to_ms:
                self.now_ms = moment
                for ticket in list(self.waiting.values()):
                    if moment >= ticket.start_ms + self.timeout_ms:
                        self.end(ticket, "TIMED_OUT", "timed_out")
                self.match_all()

    def start(self, order, start):
        players = {p["id"] for p in start["players"]}
        for ticket in [t for t in self.waiting.values() if players & {p.id for p in t.players}]:
            self.end(ticket, "CANCELLED", "replaced")
        ticket = self.rule_set.ticket(start["ticket"], self.now_ms, order, start["players"])
        self.waiting[ticket.id] = ticket
        self.emit({"ticket": ticket.id, "state": "SEARCHING", "start": self.now_ms})

    def end(self, ticket, state, reason):
        del self.waiting[ticket.id]
        self.emit({"ticket": ticket.id, "state": state, "reason": reason})

    def pick(self):
        return self.search.oldest_matchable(list(self.waiting.values()), self.now_ms)[1]

    def match_all(self):
        while True:
            teams = self.pick()
            if teams is None:
                return
            for ticket in (t for one in teams for t in one):
                del self.waiting[ticket.id]
            self.matches += 1
            self.emit({"match": f"m{self.matches}", "teams": [
                {"name": name, "players": [{"id": p.id, "ticket": t.id, "start": t.start_ms} for t in one for p in t.players]}
                for (name, _), one in zip(self.rule_set.names, teams)]})
