"""
A run that never was: who plays, what the topics hold, what everybody saw. What follows from what is written by hand
here, from proto/protocol.md. good_run.py tells one truthfully.
"""
import collections
import json

import due
from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, METRICS, OUTBOX, QUEUE

INCARNATION = 1_700_000_000_000
PARTITIONS = {"duel": 0, "ready": 1, "squad": 2}
MATCHES = {name: f"00000000-0000-4000-8000-{n:012d}"
           for n, name in enumerate(("duel", "ready", "refused", "squad", "one", "other", "before", "after"))}
FRAMES = {"match_ready": "match_found", "matchmaking_refused": "error"}


def nonce(epoch):
    return f"{epoch:032x}"


def tickets_of(teams):
    return sorted({ticket for members in teams.values() for _, ticket in members})


class Partition:
    """A journal under its ruler."""

    def __init__(self, number):
        self.number, self.epoch, self.seq, self.position = number, 0, 0, 0
        self.published = {"epoch": 0, "seq": 0}


class Scene:
    def __init__(self):
        self.ms = INCARNATION
        self.topics = {topic: [] for topic in (QUEUE, DLQ, JOURNAL, EVENTS, EVENTS_DLQ, OUTBOX, METRICS)}
        self.next = collections.Counter()  # (topic, partition) -> offset
        self.clients, self.done = [], []
        self.run = {"seed": 1, "settings": {"INBOX_TTL_MS": "60000"}}
        self.partitions = {n: Partition(n) for n in PARTITIONS.values()}
        self.connections = {}  # player -> number of the open one
        self.requests = 0
        self.parties = {}      # ticket -> players
        self.ends, self.committed, self.unrest = {}, {}, None  # of ends.json

    # ---- records ----------------------------------------------------------------------------------------------------

    def now(self):
        self.ms += 10
        return self.ms

    def put(self, topic, partition, value, key=None, headers=None):
        """Appends; a value that is no text or bytes is JSON. Returns the record."""
        record = {"partition": partition, "offset": self.next[topic, partition], "timestamp": self.now(), "key": key,
                  "value": value, "headers": dict(headers or {})}
        self.next[topic, partition] += 1
        self.topics[topic].append(record)
        return record

    def line(self, player, what, **more):
        self.clients.append({"ms": self.now(), "player": player, "connection": self.connections[player], "what": what,
                             **more})

    # ---- players ----------------------------------------------------------------------------------------------------

    def come(self, *players):
        for player in players:
            self.connections[player] = self.connections.get(player, 0) + 1
            self.line(player, "opened")

    def go(self, *players):
        for player in players:
            self.line(player, "closed", code=1006)

    def ask(self, player, action, **data):
        """What is sent; the issuer as the journal names it."""
        self.requests += 1
        request = f"r{self.requests}"
        self.line(player, "sent", message={"action": action, "request_id": request, "data": data})
        return {"player": player, "connection": f"{player:x<14}{self.connections[player]}=", "request": f'"{request}"'}

    def command(self, pool, type_, value, issuer):
        partition = PARTITIONS[pool]
        headers = {"ce_type": type_, "ce_id": "c", "ce_time": "2026-01-02T03:04:05.678Z"}
        headers.update({"player_id": issuer["player"], "connection_id": issuer["connection"]} if issuer else {})
        headers.update({"request_id": issuer["request"]} if issuer and "request" in issuer else {})
        return self.put(QUEUE, partition, value, pool, headers)

    def start(self, pool, ticket, *players):
        issuer = self.ask(players[0], "start_matchmaking", configuration=pool, ticket_id=ticket)
        value = {"ConfigurationName": pool, "TicketId": ticket, "Players": [{"PlayerId": player} for player in players]}
        self.command(pool, "StartMatchmaking", value, issuer)
        self.parties.setdefault(ticket, players)
        self.answer(issuer, "matchmaking_queued", ticket_id=ticket, configuration=pool)
        return issuer

    def answer(self, issuer, type_, **data):
        self.line(issuer["player"], "told",
                  message={"type": type_, "request_id": json.loads(issuer["request"]), "data": data})

    def stop(self, pool, ticket, player):
        issuer = self.ask(player, "stop_matchmaking", ticket_id=ticket)
        self.command(pool, "StopMatchmaking", {"TicketId": ticket}, issuer)
        return issuer

    def accept(self, pool, ticket, player, match, accept):
        issuer = self.ask(player, "accept_match", match_id=MATCHES[match], accept=accept)
        self.command(pool, "AcceptMatch", {"TicketId": ticket, "PlayerIds": [player], "MatchId": MATCHES[match],
                                           "AcceptanceType": "ACCEPT" if accept else "REJECT"}, issuer)
        return issuer

    # ---- the journal ------------------------------------------------------------------------------------------------

    def reign(self, pool):
        p = self.partitions[PARTITIONS[pool]]
        p.epoch += 1
        self.put(JOURNAL, p.number, {"type": "reign", "epoch": p.epoch, "nonce": nonce(p.epoch), "instance": "m",
                                     "incarnation": INCARNATION})

    def record(self, pool, type_, read=0, **more):
        """A record of the ruler, which has read so many more commands."""
        p = self.partitions[PARTITIONS[pool]]
        p.seq += 1
        p.position += read
        return self.put(JOURNAL, p.number, {
            "type": type_, "epoch": p.epoch, "nonce": nonce(p.epoch), "seq": p.seq, "at": self.ms + 10,
            "position": p.position, "published": dict(p.published), **more})

    def tick(self, pool, read, *decisions):
        """decisions: (transition, [events]) each; what comes of it is published, pushed and told."""
        record = self.record(pool, "tick", read, transitions=[transition for transition, _ in decisions])
        events = [event(record["value"]["at"]) if callable(event) else event for _, said in decisions for event in said]
        p = self.partitions[PARTITIONS[pool]]
        for index, (type_, key, value, request) in enumerate(events):
            id_ = f"{INCARNATION}-{p.number}-{p.epoch}-{p.seq}-{index}"
            self.publish(id_, type_, key, value, request)
            if "player_id" in value:
                self.tell(id_, type_, key, value, request)
        p.published = {"epoch": p.epoch, "seq": p.seq}

    def publish(self, id_, type_, key, value, request):
        self.put(EVENTS, sum(key.encode()) % 2, value, key,
                 {"ce_id": id_, "ce_type": type_, **({"request_id": request} if request else {})})

    def tell(self, id_, type_, player, value, request):
        message = {"type": FRAMES.get(type_, type_), "id": id_, "data": dict(value["data"])}
        message.update({"request_id": json.loads(request)} if request else {})
        if type_ == "matchmaking_refused":
            message["message"] = message["data"].pop("message")
        self.put(OUTBOX, 5, message, player, {"ce_id": id_, "ce_type": type_, "inbox_id": "1-1"})
        self.line(player, "told", message=message)

    # ---- what is decided: (transition, events) ----------------------------------------------------------------------

    def searching(self, pool, ticket, **more):
        players = self.parties[ticket]
        transition = {"ticket": ticket, "state": "SEARCHING", "configuration": pool, "start": self.ms, "order": 1,
                      "players": [{"id": player} for player in players], **more}
        data = {"ticket_id": ticket, "configuration": pool, "players": list(players), **more}
        news = [player_event("matchmaking_searching", player, data) for player in players
                if len(players) > 1 or more]
        return transition, [*news, flexmatch("MatchmakingSearching", [ticket])]

    def over(self, pool, ticket, state, reason, issuer=None, match=None):
        players = self.parties[ticket]
        transition = {"ticket": ticket, "state": state, "configuration": pool, "start": self.ms, "reason": reason,
                      "players": [{"id": player} for player in players]}
        data = {"ticket_id": ticket, "reason": reason}
        if issuer:
            transition["issuer"] = issuer
        if match:
            transition["match"] = data["match_id"] = MATCHES[match]
        word = {"CANCELLED": ("matchmaking_cancelled", "MatchmakingCancelled"),
                "TIMED_OUT": ("matchmaking_timed_out", "MatchmakingTimedOut")}[state]
        said = [player_event(word[0], player, data, issuer) for player in players]
        return transition, [*said, flexmatch(word[1], [ticket], match)]

    def matched(self, pool, match, teams, accepted=False):
        """teams: {name: [(player, ticket)]}"""
        transition = {"match": MATCHES[match], "configuration": pool, "teams": seats(teams)}
        transition.update({"accepted": True} if accepted else {})
        names = {name: [player for player, _ in members] for name, members in teams.items()}

        def found(player, ticket, opponent):
            return lambda at: player_event("match_ready", player, {
                "match_id": MATCHES[match], "opponent": opponent, "timestamp": due.rfc3339(at), "ticket_id": ticket,
                "teams": names})
        red, blue = teams["red"], teams["blue"]
        said = [found(*member, blue[0][0]) for member in red] + [found(*member, red[0][0]) for member in blue]
        before = flexmatch("AcceptMatchCompleted", tickets_of(teams), match, red[0][1], acceptance="Accepted") \
            if accepted else flexmatch("PotentialMatchCreated", tickets_of(teams), match, red[0][1])
        data = {"teams": [{"name": name, "players": [{"playerId": id_} for id_ in ids]} for name, ids in names.items()]}
        return transition, [*said, before, flexmatch("MatchmakingSucceeded", tickets_of(teams), match, red[0][1],
                                                     matchData=data)]

    def proposed(self, pool, match, teams, answers=None, issuer=None, outcome=None):
        transition = {"proposal": MATCHES[match], "configuration": pool, "teams": seats(teams, answers)}
        transition.update({"outcome": outcome} if outcome else {"at": self.ms, "until": self.ms + 3000})
        tickets, first = tickets_of(teams), teams["red"][0][1]
        names = {name: [player for player, _ in members] for name, members in teams.items()}
        if issuer is None:
            said = [player_event("potential_match", player, {
                "match_id": MATCHES[match], "ticket_id": ticket, "acceptance_required": True,
                "acceptance_timeout_seconds": 3, "teams": names}) for team in teams.values() for player, ticket in team]
            return transition, [*said, flexmatch("PotentialMatchCreated", tickets, match, first)]
        transition["issuer"], player = issuer, issuer["player"]
        ticket = next(own for team in teams.values() for id_, own in team if id_ == player)
        said = [player_event("match_accepted", player, {
            "match_id": MATCHES[match], "ticket_id": ticket, "accept": answers[player]}, issuer),
            flexmatch("AcceptMatch", tickets, match, first)]
        if outcome:
            said.append(flexmatch("AcceptMatchCompleted", tickets, match, first,
                                  acceptance={"rejected": "Rejected", "timed_out": "TimedOut"}[outcome]))
        return transition, said

    def refused(self, ticket, code, issuer):
        transition = {"refused": code, "message": "no", "ticket": ticket, "issuer": issuer}
        data = {"code": code, "message": "no", "ticket_id": ticket}
        return transition, [player_event("matchmaking_refused", issuer["player"], data, issuer)]

    # ---- poison -----------------------------------------------------------------------------------------------------

    def poison(self, topic, partition, value, kind, key=None, headers=None):
        record = self.put(topic, partition, value, key, headers)
        self.done.append({"ms": self.now(), "what": "poison", "topic": topic, "partition": partition,
                          "offset": record["offset"], "kind": kind})
        return record

    def bury(self, topic, source, record, attempts=1):
        key = record["key"] if source == QUEUE else "websocket"
        self.put(topic, record["partition"], record["value"], key, {
            **record["headers"], "dlq_reason": "why", "dlq_source_topic": source, "dlq_source_key": record["key"],
            "dlq_attempts": str(attempts),
            "dlq_source_partition": str(record["partition"]), "dlq_source_offset": str(record["offset"])})

    # ---- to the disk ------------------------------------------------------------------------------------------------

    def end_of(self, topic):
        return {partition: offset for (name, partition), offset in self.next.items() if name == topic}

    def close(self):
        """Everybody goes home."""
        self.go(*self.connections)
        self.measure()

    def measure(self):
        """What is there by now has been read and committed."""
        self.ends = {topic: self.end_of(topic) for topic in self.topics}
        self.committed = {"notifier": {EVENTS: self.end_of(EVENTS)}}

    def write(self, folder):
        (folder / "topics").mkdir(parents=True)
        for topic, records in self.topics.items():
            lines = [{**r, "value": r["value"] if isinstance(r["value"], str) else json.dumps(r["value"])}
                     for r in sorted(records, key=lambda r: (r["partition"], r["offset"]))]
            write_lines(folder / "topics" / f"{topic}.jsonl", lines)
        write_lines(folder / "clients.jsonl", self.clients)
        write_lines(folder / "done.jsonl", self.done)
        (folder / "run.json").write_text(json.dumps(self.run))
        (folder / "ends.json").write_text(json.dumps({"ends": self.ends, "committed": self.committed,
                                                      "unrest": self.unrest}))


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def seats(teams, answers=None):
    return [{"name": name, "players": [{"id": player, "ticket": ticket, "start": 0, **(
        {"accepted": answers[player]} if player in (answers or {}) else {})} for player, ticket in members]}
        for name, members in teams.items()]


def player_event(type_, player, data, issuer=None):
    answers = issuer is not None and issuer["player"] == player
    return type_, player, {"type": type_, "player_id": player, "data": data}, issuer.get("request") if answers else None


def flexmatch(type_, tickets, match=None, key=None, **more):
    detail = {"type": type_, "tickets": [{"ticketId": ticket} for ticket in tickets], **more}
    detail.update({"matchId": MATCHES[match]} if match else {})
    return type_, key or tickets[0], {"version": "0", "detail": detail}, None
