"""
The run as the journal tells it: what became of each ticket, what each tick owes to players and game servers, and
whether what was asked was decided. checker.History has the rules; here they go on after a complaint.
"""
import collections

import due
from asked import unanswered
from checker import JOURNAL, History, members_of

OVER = ("COMPLETED", "CANCELLED", "TIMED_OUT", "FAILED")
PUBLISHED, TOLD = 1, 2  # flags of an event that is owed
REJECTED, SILENT = ("acceptance_rejected", "requested", "player_left", "replaced"), ("acceptance_timed_out",)
BACK = ("acceptance_failed", "timed_out", "configuration_gone")  # its own time may be over
CLOCKS_MS = 1000        # by which a ruler's clock and the broker's may differ


def fallen(t):
    """
    {ticket: the reasons that its next transition may have} of a proposal that was dropped: who rejected (or stopped,
    left, started anew, which counts as that) or, at the time-out, was silent falls with it; the others search again.
    """
    answers = collections.defaultdict(set)
    for team in t["teams"]:
        for p in team["players"]:
            answers[p["ticket"]].add(p.get("accepted"))
    return {ticket: REJECTED if False in given else SILENT if None in given and t["outcome"] == "timed_out" else BACK
            for ticket, given in answers.items()}


class Ticket:
    """
    start_ms: when the start was appended; begun_ms, ended_ms: when the ticks were that took it up and ended it.
    players: of the start. end: one of OVER; None: it is open.
    """

    __slots__ = ("id", "configuration", "players", "partition", "start_ms", "begun_ms", "ended_ms", "end", "reason")

    def __init__(self, t, partition, begun_ms):
        self.id, self.configuration, self.partition = t["ticket"], t["configuration"], partition
        self.players = tuple(p["id"] for p in t["players"])
        self.start_ms, self.begun_ms = t["start"], begun_ms
        self.ended_ms = self.end = self.reason = None


class Owing:
    """A tick that owes events. events: [(type, key, digest)]; published_ms: when the last of them first was."""

    __slots__ = ("identity", "events", "flags", "ms", "published_ms")

    def __init__(self, identity, events, ms):
        self.identity, self.events, self.ms = identity, events, ms
        self.flags = bytearray(len(events))
        self.published_ms = None


class Story(History):
    """`commands`: of the queue, {partition: {offset: Command}}; `complain(rule, sentence)`."""

    def __init__(self, folder, commands, complain):
        self.commands = commands
        self.tickets = {}                           # id -> Ticket
        self.of_player = collections.defaultdict(list)       # player -> [Ticket]
        self.open = {}                              # (partition, player) -> the open ticket's id
        self.falls = {}                             # ticket of a dropped proposal -> what may become of it
        self.timeouts_ms = {c["Name"]: c["RequestTimeoutSeconds"] * 1000 for c in folder.run.get("configurations", ())}
        self.owing = {}                             # (partition, seq) -> Owing
        self.dead_letters = {}                      # (partition, offset) -> attempts
        self.refusals = collections.Counter()       # code -> how many
        self.refused_starts = collections.defaultdict(list)  # ticket -> codes
        self.position = {}                          # partition -> how far the queue was read
        self.attempts = collections.Counter()       # (partition, offset) -> announced since the position moved
        self.incarnations = {}                      # partition -> of its journal
        self.kinds = collections.Counter()          # of valid records
        self.read = 0                               # records, valid or void
        self.partition = self.record_ms = self.tick = None
        super().__init__(self.counted(folder.records(JOURNAL)), complain)

    def counted(self, records):
        for record in records:
            self.read += 1
            yield record

    # ---- a valid record ---------------------------------------------------------------------------------------------

    def turn(self, record, value):
        self.partition, self.record_ms, self.tick = record.partition, record.timestamp, value
        self.kinds[value["type"]] += 1
        if value["type"] == "reign":
            self.incarnations[record.partition] = value["incarnation"]
            return
        self.move(value)
        if value["type"] == "tick":
            self.owe(value)

    def move(self, value):
        """The queue was read up to here; only a tick says what came of it."""
        first = self.position.get(self.partition, 0)
        transitions = value["transitions"] if value["type"] == "tick" else ()
        if value["type"] != "tick" and value["position"] != first:
            self.complain("journal", f"partition {self.partition}: the position moved in {value['type']} "
                                     f"{value['seq']}, which decides nothing")
        for sentence in unanswered(self.commands[self.partition], first, value["position"], transitions):
            self.complain("asked", f"partition {self.partition}, tick {value['seq']}: {sentence}")
        if value["type"] == "attempt" and "command" in value:
            self.attempts[self.partition, value["command"]] += 1
        self.position[self.partition] = value["position"]

    def owe(self, value):
        events = [event for t in value["transitions"] for event in due.owed(t, value["at"])]
        if events:
            identity = (self.incarnations[self.partition], value["epoch"])
            self.owing[self.partition, value["seq"]] = Owing(identity, events, self.record_ms)

    # ---- a transition -----------------------------------------------------------------------------------------------

    def apply(self, t, snapshots):
        super().apply(t, snapshots)
        if "dead_letter" in t:
            self.note_dead(t)
        elif "refused" in t:
            self.note_refused(t)
        elif "proposal" in t or "match" in t and "state" not in t:
            self.check_line_up(t)
            self.falls.update(fallen(t) if "outcome" in t else {})

    def apply_ticket(self, t, snapshots):
        super().apply_ticket(t, snapshots)
        self.check_reason(t)
        if t["state"] != "SEARCHING":
            self.end(t["ticket"], t["state"], t["reason"])
        elif "reason" not in t and t["ticket"] not in self.tickets:
            self.begin(t)

    def apply_match(self, t, snapshots):
        super().apply_match(t, snapshots)
        for _, _, ticket in due.members(t):
            self.end(ticket, "COMPLETED", "matched")

    def begin(self, t):
        ticket = self.tickets[t["ticket"]] = Ticket(t, self.partition, self.record_ms)
        for player in ticket.players:
            other = self.open.get((self.partition, player))
            if other is not None:
                self.complain("two open", f"{player}: {t['ticket']} begins while {other} is open, in one partition")
            self.open[self.partition, player] = t["ticket"]
            self.of_player[player].append(ticket)

    def end(self, id_, end, reason):
        ticket = self.tickets.get(id_)
        if ticket is None or ticket.end is not None:  # History has complained
            return
        ticket.end, ticket.reason, ticket.ended_ms = end, reason, self.record_ms
        for player in ticket.players:
            if self.open.get((self.partition, player)) == id_:
                del self.open[self.partition, player]

    def check_reason(self, t):
        allowed = self.falls.pop(t["ticket"], None)
        if allowed is not None and t.get("reason") not in allowed:
            self.complain("fell", f"{t['ticket']} of a dropped proposal is {t['state']} {t.get('reason')}, "
                                  f"allowed is {allowed}")
        early_ms = t["start"] + self.timeouts_ms.get(t["configuration"], 0) - self.tick["at"]
        if t["state"] == "TIMED_OUT" and early_ms > CLOCKS_MS:
            self.complain("fell", f"{t['ticket']} timed out {early_ms} ms before its time")

    def note_dead(self, t):
        place = (self.partition, t["dead_letter"])
        if place in self.dead_letters:
            self.complain("dead", f"offset {place[1]} of partition {place[0]} is dead-lettered twice")
        attempts = t.get("attempts", 1)
        if attempts > 1 and self.attempts[place] != attempts:
            self.complain("dead", f"offset {place[1]} of partition {place[0]}: dead after {attempts} attempts, "
                                  f"announced were {self.attempts[place]}")
        self.dead_letters[place] = attempts

    def note_refused(self, t):
        self.refusals[t["refused"]] += 1
        self.refused_starts[t["ticket"]].append(t["refused"])

    def check_line_up(self, t):
        """Each ticket plays whole, once, with its own players, in its own configuration."""
        name, by_ticket = t.get("match") or t["proposal"], collections.defaultdict(list)
        for player, ticket in members_of(t):
            by_ticket[ticket].append(player)
        for id_, players in by_ticket.items():
            ticket = self.tickets.get(id_)
            if ticket is not None and sorted(players) != sorted(ticket.players):
                self.complain("line-up", f"{name}: {id_} plays as {players}, it was started for {list(ticket.players)}")
            if ticket is not None and (ticket.configuration, ticket.partition) != (t["configuration"], self.partition):
                self.complain("line-up", f"{name}: {id_} of {ticket.configuration} plays in {t['configuration']}")
        everybody = [player for players in by_ticket.values() for player in players]
        if len(set(everybody)) != len(everybody):
            self.complain("line-up", f"{name}: a player stands in it twice: {everybody}")

    def expect_state(self, ticket, wanted, t, snapshots):
        state = self.state.get(ticket)
        if state not in OVER:
            super().expect_state(ticket, wanted, t, snapshots)
            return
        ends = t.get("state", "COMPLETED" if "match" in t else "") in OVER
        self.complain("ended twice" if ends else "after the end", f"{ticket} was {state} already: {t}")

    # ---- what is owed -----------------------------------------------------------------------------------------------

    def find(self, event_id):
        """(Owing, index) of what a valid tick owes under this id, or None."""
        try:
            (partition, seq, index), identity = due.event_key(event_id)
        except ValueError:
            return None
        owing = self.owing.get((partition, seq))
        return (owing, index) if owing and owing.identity == identity and index < len(owing.events) else None

    def owed(self):
        """(event id, Owing, index) of everything."""
        for (partition, seq), owing in self.owing.items():
            incarnation, epoch = owing.identity
            for index in range(len(owing.events)):
                yield f"{incarnation}-{partition}-{epoch}-{seq}-{index}", owing, index
