"""
All that the evidence has about one ticket or one player, in the order of time: what its players did and saw, the queue,
the journal (also what was void), events, pushes, dead letters, and what was done to the system meanwhile.
"""
import datetime
import itertools
import json
import re

from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, OUTBOX, QUEUE, members_of, replay

AROUND_MS = 10000  # of the first and the last that is about it: comings and goings, faults
WIDE = 600         # characters of a line


def names(words):
    """Matches a text that has one of them as a whole: p1.1 is not in p1.10."""
    return re.compile(r"(?<![\w.-])(?:" + "|".join(map(re.escape, sorted(words))) + r")(?![\w.-])") if words else None


def about(value):
    return json.dumps(value, ensure_ascii=False)


class Search:
    """rows: (ms, where, what). `players` and `matches` grow with what the journal says of the ticket."""

    def __init__(self, folder, ticket, player):
        self.folder, self.rows = folder, []
        self.players, self.matches = {player} if player else set(), set()
        self.wanted = ticket or player
        self.pattern = names({self.wanted})
        self.of_ticket = ticket is not None

    def add(self, ms, where, what):
        self.rows.append((ms, where, what))

    # ---- the journal ------------------------------------------------------------------------------------------------

    def search_journal(self):
        for partition, records in itertools.groupby(self.folder.records(JOURNAL), lambda record: record.partition):
            void = {}
            for record, value in replay(self.noted(records, void), complain=lambda *_: None):
                if void.pop(record.offset, None) is not None:
                    self.note_decisions(record, value)
            for record in void.values():
                self.add(record.timestamp, f"journal-{partition}:{record.offset}", f"VOID {record.value}")

    def noted(self, records, void):
        for record in records:
            if self.pattern.search(str(record.value)):
                void[record.offset] = record
            yield record

    def note_decisions(self, record, value):
        """Those about it; of a ticket also what was decided of its players in the same step."""
        transitions = value.get("transitions", ())
        for t in transitions:
            if self.of_ticket and self.pattern.search(about(t)):
                self.players.update(player["id"] for player in t.get("players", ()))
                self.matches.update(t[name] for name in ("match", "proposal") if name in t)
        wanted = names({self.wanted, *self.players})
        head = f"{value['type']} {value['epoch']}/{value['seq']} read to {value.get('position')}"
        for t in transitions:
            if wanted.search(about(t)):
                self.add(record.timestamp, f"journal-{record.partition}:{record.offset}", f"{head}: {brief(t)}")

    # ---- topics -----------------------------------------------------------------------------------------------------

    def search_topics(self):
        for topic in (QUEUE, EVENTS, OUTBOX, DLQ, EVENTS_DLQ):
            for record in self.folder.records(topic):
                if self.pattern.search(str(record.value)) or not self.of_ticket and record.key in self.players:
                    self.note_record(record)

    def note_record(self, record):
        headers = {name: text for name, text in record.headers.items() if name not in ("ce_specversion", "ce_source")}
        self.add(record.timestamp, f"{record.topic.removeprefix('game-')}-{record.partition}:{record.offset}",
                 f"{record.key} {about(headers)} {record.value}")

    # ---- players ----------------------------------------------------------------------------------------------------

    def search_clients(self):
        """What its players said and were told of it; comings and goings when something of it was near."""
        said, others, requests = [], [], set()
        words = names(self.matches)
        for line in self.folder.clients():
            if self.is_about(line, words, requests):
                said.append(line)
            elif line["player"] in self.players:
                others.append(line)
        for line in said:
            self.note_line(line)
        first, last = self.span()
        for line in others:
            if not self.of_ticket or "message" not in line and first <= line["ms"] <= last:
                self.note_line(line)

    def is_about(self, line, words, requests):
        """What names it, or (`words`) its match, or answers a request that did."""
        if "message" not in line:
            return False
        text, request = about(line["message"]), (line["player"], about(line["message"].get("request_id")))
        if self.pattern.search(text) or words and words.search(text):
            requests.add(request)
            return True
        return line["message"].get("request_id") is not None and request in requests

    def note_line(self, line):
        message = about(line["message"]) if "message" in line else line.get("code", "")
        self.add(line["ms"], f"{line['player']}#{line['connection']}", f"{line['what']} {message}")

    # ---- faults -----------------------------------------------------------------------------------------------------

    def span(self):
        times = [ms for ms, _, _ in self.rows] or [0]
        return min(times) - AROUND_MS, max(times) + AROUND_MS

    def search_done(self):
        first, last = self.span()
        for line in self.folder.done():
            if first <= line["ms"] <= last:
                more = {name: value for name, value in line.items() if name not in ("ms", "what")}
                self.add(line["ms"], "-- harness", f"{line['what']} {about(more)}")


def brief(t):
    """A transition in a line: who plays with whom, not what they are like."""
    if "teams" not in t:
        return about(t)
    seats = [f"{player}({ticket})" for player, ticket in members_of(t)]
    rest = {name: value for name, value in t.items() if name not in ("teams", "rules")}
    answers = {p["id"]: p["accepted"] for team in t["teams"] for p in team["players"] if "accepted" in p}
    return about({**rest, **({"answers": answers} if answers else {})}) + " " + " ".join(seats)


def explain(folder, ticket, player):
    search = Search(folder, ticket, player)
    search.search_journal()
    search.search_topics()
    search.search_clients()
    search.search_done()
    for ms, where, what in sorted(search.rows, key=lambda row: row[0]):
        at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
        print(f"{at:%H:%M:%S}.{ms % 1000:03d}  {where:<34} {what[:WIDE]}")
