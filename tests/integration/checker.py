"""
Reads the topics and holds every record against the schemas and against the rules of the journal. It shares no code
with the daemons: what the journal means is written here a second time.
"""
import collections
import contextlib
import itertools
import json
import time

import confluent_kafka

from schemas import load_all, strict_json, validate
from tail import Tail

QUEUE, DLQ, JOURNAL = "game-matchmaking-queue", "game-matchmaking-dlq", "game-matchmaking-journal"
EVENTS, EVENTS_DLQ = "game-events", "game-events-dlq"
OUTBOX, METRICS = "game-client-outbox", "game-metrics"
TOPICS = (QUEUE, DLQ, JOURNAL, EVENTS, EVENTS_DLQ, OUTBOX, METRICS)

Record = collections.namedtuple("Record", "topic partition offset timestamp key value headers")


def to_record(message):
    headers = {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []}
    key = message.key()
    return Record(message.topic(), message.partition(), message.offset(), message.timestamp()[1],
                  key.decode(errors="replace") if key is not None else None, message.value() or b"", headers)


def bounds_of(consumer, topic, partition, timeout_s=15):
    """Where its first record is and where the next will be. A partition just made may have no leader for a moment."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=5)
        except confluent_kafka.KafkaException:
            if time.monotonic() > deadline:
                raise


class Topics:
    """Reads and appends by hand."""

    def __init__(self, brokers):
        self.brokers = brokers
        self.forged = set()  # (topic, partition, offset) of what append() wrote: it need not be valid
        self.producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "linger.ms": 0, "log_level": 2})
        self.tails = {}  # topic -> Tail

    def follow(self, topic):
        """From now on read() knows the whole topic, also what is deleted later."""
        consumer = self.consumer()
        self.tails[topic] = Tail(self.brokers, topic, self.partitions(consumer, topic), to_record)
        consumer.close()

    def stop(self):
        for tail in self.tails.values():
            tail.stop()

    def consumer(self, **more):
        return confluent_kafka.Consumer({"bootstrap.servers": self.brokers, "group.id": "checker", "log_level": 2,
                                         "enable.auto.commit": False, "auto.offset.reset": "earliest", **more})

    def partitions(self, consumer, topic):
        return sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)

    def bounds(self, topic):
        """{partition: (the first record's offset, the next one's)}."""
        consumer = self.consumer()
        bounds = {n: bounds_of(consumer, topic, n) for n in self.partitions(consumer, topic)}
        consumer.close()
        return bounds

    def ends(self, topic):
        """{partition: where the next record will be}: the mark to read from later."""
        return {n: end for n, (_, end) in self.bounds(topic).items()}

    def read(self, topic, since=None):
        """Everything from `since` (an earlier ends(); default: the start) to now, partition by partition in order."""
        if topic in self.tails:
            return self.tails[topic].read(since or {}, self.ends(topic))
        return self.read_log(topic, since)

    def read_log(self, topic, since=None):
        """The same as a newcomer reads it: without what has been deleted."""
        bounds = self.bounds(topic)
        ends = {n: end for n, (_, end) in bounds.items()}
        consumer = self.consumer(**{"enable.partition.eof": True})  # a transaction's marker may be the last
        firsts = {n: max(first, (since or {}).get(n, 0)) for n, (first, _) in bounds.items()}
        open_ = {n: first for n, first in firsts.items() if first < ends[n]}
        consumer.assign([confluent_kafka.TopicPartition(topic, n, first) for n, first in open_.items()])
        records = collections.defaultdict(list)
        deadline = time.monotonic() + 60
        while open_:
            assert time.monotonic() < deadline, f"{topic}: could not read up to {ends}"
            for message in consumer.consume(1000, timeout=0.2):
                if message.error() is not None:
                    assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                    open_.pop(message.partition(), None)
                elif message.offset() < ends[message.partition()]:
                    records[message.partition()].append(to_record(message))
                if message.offset() + 1 >= ends[message.partition()]:
                    open_.pop(message.partition(), None)
        consumer.close()
        return [r for n in sorted(records) for r in records[n]]

    def wait_for(self, topic, since, wanted, what, timeout_s=15):
        """The first record after `since` that `wanted` accepts."""
        consumer = self.consumer()
        consumer.assign([confluent_kafka.TopicPartition(topic, n, first) for n, first in since.items()])
        seen, deadline = [], time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is None or message.error() is not None:
                continue
            record = to_record(message)
            seen.append(record)
            if wanted(record):
                consumer.close()
                return record
        consumer.close()
        raise AssertionError(f"{topic}: no {what} within {timeout_s} s; saw {seen[-5:]}")

    def append(self, topic, partition, value, key=None, headers=None):
        """Writes a record by hand and returns its offset. headers: a dictionary, or a list of pairs."""
        reported = []
        pairs = list(headers.items()) if isinstance(headers, dict) else headers or []
        self.producer.produce(topic, value=value, key=key, partition=partition, headers=pairs,
                              on_delivery=lambda error, message: reported.append((error, message)))
        self.producer.flush(15)
        (error, message), = reported
        assert error is None, error
        self.forged.add((topic, partition, message.offset()))
        return message.offset()


@contextlib.contextmanager
def following(brokers):
    """Topics that know the whole journal, also what is cut off."""
    topics = Topics(brokers)
    topics.follow(JOURNAL)
    try:
        yield topics
    finally:
        topics.stop()


def schema_of(record, value):
    """The schema a record's value must satisfy."""
    if record.topic == QUEUE:
        return f"topics/{QUEUE}.{record.headers.get('ce_type')}"
    if record.topic == EVENTS and "detail" in value:
        return f"topics/{record.topic}.{value['detail'].get('type')}"
    if record.topic in (JOURNAL, EVENTS) or record.headers.get("ce_type") == "replaced":
        return f"topics/{record.topic}.{value.get('type')}"
    return f"topics/{record.topic}"


def check_record(record):
    validate(f"topics/headers.{record.topic}", record.headers)
    if record.topic in (DLQ, EVENTS_DLQ):  # key and value are whatever they were
        return None
    value = strict_json(record.value)
    assert isinstance(value, dict), record
    name = schema_of(record, value)
    assert name in load_all(), f"no schema {name} for {record}"
    validate(name, value)
    check_key(record, value)
    return value


def check_key(record, value):
    if record.topic == JOURNAL:
        assert record.key is None, record
    elif record.topic == METRICS:
        assert record.key == f"{value['Namespace']}/{value['MetricData'][0]['MetricName']}", record
    elif record.topic == EVENTS and "detail" in value:
        detail = value["detail"]
        assert record.key == detail["tickets"][0]["ticketId"] and record.headers["ce_type"] == detail["type"], record
    elif record.topic == EVENTS:
        assert record.key == value["player_id"] and record.headers["ce_type"] == value["type"], record
    elif record.headers.get("ce_type") == "replaced":
        assert record.key == value["player_id"], record
    elif record.topic == OUTBOX:
        assert record.headers["ce_id"] == value["id"] and record.key, record


KINDS = {"state", "proposal", "match", "refused", "why", "dead_letter", "redriven", "ended"}  # each transition has one of them


def is_one_thing(transition):
    kinds = KINDS & transition.keys()
    return len(kinds) == 1 or kinds == {"state", "match"}  # a ticket that ended with a proposal names it


def is_journal_record(value):
    """Not the whole schema, but enough for what is forged."""
    if not isinstance(value, dict) or value.get("type") not in ("reign", "tick", "attempt", "snapshot", "abdicate"):
        return False
    numbers = ("epoch", "incarnation") if value["type"] == "reign" else ("epoch", "seq", "at", "position")
    return (all(isinstance(value.get(name), int) for name in numbers)
            and all(isinstance(t, dict) and is_one_thing(t) for t in value.get("transitions", [])))


def fail(_rule, sentence):
    """What is done with a complaint; `_rule`: "journal", "ticket" or "match", what it is about."""
    raise AssertionError(sentence)


def journal_value(record):
    """None: it is no journal record, and void."""
    try:
        value = strict_json(record.value)
    except (ValueError, RecursionError):
        return None
    return value if is_journal_record(value) else None


def replay(records, forged=False, complain=fail):
    """
    The valid records of one journal partition, by the rules alone; yields (record, value). forged: a stranger who knew
    the nonce wrote some of them.
    """
    epoch = seq = at = position = 0
    nonce = incarnation = None
    for n, record in enumerate(records):
        value = journal_value(record)
        if n == 0 and record.offset > 0:  # J7: the past has been deleted, up to a snapshot, which says where we are
            if value is None or value["type"] != "snapshot" or value["part"] != 1:
                complain("journal", f"the journal does not begin: {record}")
            else:
                epoch, nonce, seq, incarnation = (value[name] for name in ("epoch", "nonce", "seq", "incarnation"))
                seq -= 1
        if value is None:
            continue
        if value["type"] == "reign":
            if value["epoch"] != epoch + 1:
                continue
            if incarnation not in (None, value["incarnation"]):
                complain("journal", f"another incarnation: {record}")
            epoch, nonce, incarnation = value["epoch"], value["nonce"], value["incarnation"]
        elif (value["epoch"], value.get("nonce"), value["seq"]) != (epoch, nonce, seq + 1):
            continue
        else:
            if not forged and (value["at"] < at or value["position"] < position):
                complain("journal", f"time or position went back: {record}")
            seq, at, position = value["seq"], value["at"], value["position"]
        yield record, value


def journal_of(topics, partition):
    return [r for r in topics.read(JOURNAL, {**topics.ends(JOURNAL), partition: 0}) if r.partition == partition]


def reigns_of(topics, partition):
    """The valid ones, in order."""
    return [value for _, value in replay(journal_of(topics, partition)) if value["type"] == "reign"]


def members_of(t):
    """(player, ticket) of a match or a proposal."""
    return [(p["id"], p["ticket"]) for team in t["teams"] for p in team["players"]]


def tickets_of(t):
    return {ticket for _, ticket in members_of(t)} if "teams" in t else {t["ticket"]} if "ticket" in t else set()


class Snapshots:
    """Holds the snapshots of one partition against what is known without them. `waiting`: the tickets that wait."""

    def __init__(self, known, complain):
        self.complain = complain
        self.known = known  # everything that waits: not yet, when the past has been deleted
        self.waiting, self.owed = set(), set()
        self.parts = 0

    def part(self, value):
        """Takes a part; the tickets in it."""
        if value["part"] == 1:
            self.owed, self.parts = set(self.waiting), 0
        self.parts += 1
        if value["part"] != self.parts:
            self.complain("journal", f"part {value['part']} of a snapshot where {self.parts} was due: {value}")
        named = {ticket for t in value["transitions"] for ticket in tickets_of(t)}
        if self.known and not named <= self.waiting:
            self.complain("journal", f"a snapshot names what does not wait: {named - self.waiting}")
        self.waiting |= named
        self.owed -= named
        if value["last"]:
            if self.owed & self.waiting:
                self.complain("journal", f"a snapshot left out {sorted(self.owed & self.waiting)[:5]}")
            self.known = True
        return named


class History:
    """
    What the journal says happened, all partitions. `journal`: records, partition by partition in order; they are read
    once. `complain`: of what cannot be.
    """

    def __init__(self, journal, complain=fail):
        self.complain = complain
        self.state = {}      # ticket -> last state; DROPPED: its proposal is, and what becomes of it is due
        self.matches = {}    # match -> [(player, ticket)]
        self.teams = {}      # match -> {team: [player]}
        self.matched = {}    # ticket -> match
        self.proposals = {}  # match -> its last word: "open", "rejected", "timed_out", "accepted"
        self.refused, self.dead = [], []
        self.begins = {}     # partition -> seq of its first record, where what came before has been deleted
        for partition, records in itertools.groupby(journal, lambda record: record.partition):
            first = next(records)
            self.fold(partition, itertools.chain([first], records), cut=first.offset > 0)

    def fold(self, partition, records, cut):
        snapshots = Snapshots(not cut, self.complain)
        for record, value in replay(records, complain=self.complain):
            if cut and "seq" in value:
                self.begins.setdefault(partition, value["seq"])
            self.turn(record, value)
            if value["type"] == "snapshot":
                self.restore(value, snapshots.part(value))
            elif value["type"] == "tick":
                for transition in value["transitions"]:
                    self.apply(transition, snapshots)

    def turn(self, record, value):
        """The next valid record; its transitions follow."""

    def restore(self, value, tickets):
        for ticket in tickets:
            self.state.setdefault(ticket, "SEARCHING")
        for t in value["transitions"]:
            if "proposal" in t:
                self.proposals.setdefault(t["proposal"], "open")
                self.state.update({ticket: "REQUIRES_ACCEPTANCE" for ticket in tickets_of(t)})

    def apply(self, t, snapshots):
        if "state" in t:
            self.apply_ticket(t, snapshots)
        elif "proposal" in t:
            self.apply_proposal(t, snapshots)
        elif "match" in t:
            self.apply_match(t, snapshots)
        elif "refused" in t:
            self.refused.append(t)
        elif "dead_letter" in t:
            self.dead.append(t)

    def apply_ticket(self, t, snapshots):
        waits = t["state"] == "SEARCHING"
        begins = waits and "reason" not in t
        self.expect_state(t["ticket"], {None} if begins else {"DROPPED"} if waits else {"SEARCHING", "DROPPED"}, t, snapshots)
        self.state[t["ticket"]] = t["state"]
        (snapshots.waiting.add if waits else snapshots.waiting.discard)(t["ticket"])

    def apply_proposal(self, t, snapshots):
        known = t["proposal"] in self.proposals or not snapshots.known
        outcome = t.get("outcome", "open")
        if outcome != "open" and not known:
            self.complain("match", f"a proposal is dropped that never was: {t}")
        if self.proposals.get(t["proposal"], "open") != "open":
            self.complain("match", f"a proposal after its end: {t}")
        again = outcome != "open" or self.proposals.get(t["proposal"]) == "open"
        self.proposals[t["proposal"]] = outcome
        for ticket in tickets_of(t):
            self.expect_state(ticket, {"REQUIRES_ACCEPTANCE"} if again else {"SEARCHING"}, t, snapshots)
            self.state[ticket] = "REQUIRES_ACCEPTANCE" if outcome == "open" else "DROPPED"
            snapshots.waiting.add(ticket)

    def apply_match(self, t, snapshots):
        if t["match"] in self.matches:
            self.complain("match", f"a match id twice: {t}")
        self.matches[t["match"]] = [m for m in members_of(t) if m[1] != t.get("backfill")]  # they play already
        self.teams[t["match"]] = {team["name"]: [p["id"] for p in team["players"]] for team in t["teams"]}
        if t.get("accepted"):
            if self.proposals.get(t["match"], "open") != "open":
                self.complain("match", f"accepted, but it was dropped: {t}")
            self.proposals[t["match"]] = "accepted"
        for ticket in tickets_of(t):
            if ticket in self.matched:
                self.complain("ticket", f"{ticket} in two matches: {self.matched[ticket]}, {t['match']}")
            self.expect_state(ticket, {"REQUIRES_ACCEPTANCE" if t.get("accepted") else "SEARCHING"}, t, snapshots)
            self.matched[ticket] = t["match"]
            self.state[ticket] = "COMPLETED"
            snapshots.waiting.discard(ticket)

    def expect_state(self, ticket, wanted, t, snapshots):
        state = self.state.get(ticket)
        if state not in wanted and (state is not None or snapshots.known):
            self.complain("ticket", f"{ticket} was {state}: {t}")

    def open_tickets(self):
        return {ticket for ticket, state in self.state.items() if state in ("SEARCHING", "REQUIRES_ACCEPTANCE", "DROPPED")}

    def forgets(self, event_id):
        """Is the event of a time before the journal's first record?"""
        _, partition, _, seq, _ = map(int, event_id.split("-"))
        return seq < self.begins.get(partition, 0)


def match_events(events):
    """{(match, player): id} of match_ready; the same event may be there again, a second one with another id may not."""
    ids = {}
    for record in events:
        if record.headers["ce_type"] != "match_ready":
            continue
        value = json.loads(record.value)
        key = (value["data"]["match_id"], value["player_id"])
        assert ids.setdefault(key, record.headers["ce_id"]) == record.headers["ce_id"], f"two ids for {key}"
    assert len(set(ids.values())) == len(ids), "one id for two events"
    return ids


def check_records(topics):
    """Every record on every topic, except what a test wrote by hand."""
    for topic in TOPICS:
        for record in topics.read(topic):
            if (record.topic, record.partition, record.offset) not in topics.forged:
                check_record(record)


def check_teams(history, events):
    """All players of a match are told the same teams, which are the journal's; so is FlexMatch's audience, once a match."""
    succeeded = {}
    for record in events:
        if record.headers.get("ce_type") not in ("match_ready", "MatchmakingSucceeded") or \
                history.forgets(record.headers["ce_id"]):
            continue
        value = json.loads(record.value)
        if record.headers["ce_type"] == "match_ready":
            data = value["data"]
            teams = history.teams[data["match_id"]]
            assert data["teams"] == teams, f"{value['player_id']} is told {data['teams']}, the journal says {teams}"
        else:
            detail = value["detail"]
            told = {team["name"]: [p["playerId"] for p in team["players"]] for team in detail["matchData"]["teams"]}
            assert told == history.teams[detail["matchId"]], f"{detail} is not what the journal says"
            id_ = succeeded.setdefault(detail["matchId"], record.headers["ce_id"])
            assert id_ == record.headers["ce_id"], f"two successes of {detail['matchId']}"
    assert set(succeeded) <= set(history.matches)


def check_story(topics):
    """That nobody is told what is not in the journal. The history, and the (match, player) told and promised."""
    history = History(topics.read(JOURNAL))
    events = topics.read(EVENTS)
    told = {key for key, event_id in match_events(events).items() if not history.forgets(event_id)}
    promised = {(match, player) for match, members in history.matches.items() for player, _ in members}
    assert told <= promised, f"told of matches that are not in the journal: {sorted(told - promised)[:5]}"
    check_teams(history, events)
    return history, told, promised
