"""
Records that strangers put on every topic that a daemon reads (the journal's are in test_forged.py): each goes to the
dead letters with its reason and place or is counted, the next one is handled, and no daemon stops or floods its log.
Nobody reads game-matchmaking-dlq, game-events-dlq and game-alerts: what is written there concerns nobody.
"""
import asyncio
import contextlib
import json
import re
import secrets
import time

import confluent_kafka
import pytest

import net
from bad_records import (LEVELS, MARK, alive, bad_numbers, bad_values, forged_reign, kafka,  # noqa: F401 (fixtures)
                         lab, now_in, topics)
from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, METRICS, OUTBOX, QUEUE
from players import both_matched, connected
from stack import FREED_MB, partition_of
from test_dlq import TIMED_OUT, event_headers, headers
from test_metrics import shown
from test_restart import restart_gently, stopped

BIG = "x" * 900_000              # nearly all that the small topics take
MANY = 10000                     # records in a flood
LOG_LINES_MAX = 100              # that one flood may cause
LARGE = 500                      # records in a flood of large ones, a megabyte each
LARGE_MOST_MB = 250 + FREED_MB   # the most that may be resident: what may wait to be sent is 128


# ---- what follows is handled ----------------------------------------------------------------------------------------

def stop_of(ticket):
    """A command with an answer, whoever asks: there is no such ticket."""
    return json.dumps({"TicketId": ticket})


def stop_headers(**more):
    return headers("StopMatchmaking", **more)


def wait_refused(topics, since, tickets, timeout_s=60):
    """The answers to stop_of are among the events."""
    def answered():
        events = [json.loads(r.value) for r in topics.read(EVENTS, since) if b"matchmaking_refused" in r.value]
        return {e["data"]["ticket_id"] for e in events}
    net.wait_until(lambda: tickets <= answered(), lambda: f"never handled: {sorted(tickets - answered())}", timeout_s,
                   0.5)


def wait_dead(topics, topic, since, offsets, timeout_s=60):
    """The dead letters of these records: {name: record}."""
    found = {}

    def complete():
        by_offset = {int(r.headers["dlq_source_offset"]): r for r in topics.read(topic, since)}
        found.update({name: by_offset[offset] for name, offset in offsets.items() if offset in by_offset})
        return len(found) == len(offsets)
    net.wait_until(complete, lambda: f"no dead letter of {sorted(set(offsets) - set(found))}", timeout_s, 0.5)
    return found


def check_letter(name, letter, topic, value):
    assert letter.headers["dlq_source_topic"] == topic and letter.headers["dlq_reason"], (name, letter.headers)
    if "dlq_value_bytes" in letter.headers:
        assert len(value) > 4_000_000 and letter.headers["dlq_value_bytes"] == str(len(value)), name
    else:
        assert letter.value == (value or b""), name


# ---- game-matchmaking-queue -----------------------------------------------------------------------------------------

START = {"ConfigurationName": "POOL", "TicketId": MARK, "Players": [
    {"PlayerId": "mallory", "PlayerAttributes": {"skill": {"N": 1234.5}}, "LatencyInMs": {"eu-west-1": 4321}}]}


def bad_commands():
    """{name: (headers, value)}"""
    cases = {f"stop_{n}": (stop_headers(), v) for n, v in bad_values({"TicketId": MARK}).items()}
    cases.update({f"start_{n}": (headers(), v) for n, v in bad_numbers(START, b"4321").items()})
    # an attribute may be any number that a double can hold
    fine = ("_half", "_minus_one", "_2^63", "_below_2^63")
    cases.update({f"start_{n}": (headers(), v) for n,
                  v in bad_numbers(START, b"1234.5").items() if not n.endswith(fine)})
    return cases


def test_commands(stack, topics, name, pool):
    partition, dead, events = partition_of(pool), topics.ends(DLQ), topics.ends(EVENTS)
    cases = bad_commands()
    offsets = {}
    for n, (sent, value) in cases.items():
        offsets[n] = topics.append(QUEUE, partition, value, key=pool, headers=sent)
        topics.append(QUEUE, partition, stop_of(name(f"after.{len(offsets)}")), headers=stop_headers())
    letters = wait_dead(topics, DLQ, dead, offsets)
    for n, letter in letters.items():
        check_letter(n, letter, QUEUE, cases[n][1])
        assert letter.partition == partition and letter.headers["dlq_source_partition"] == str(partition), n
    wait_refused(topics, events, {name(f"after.{n + 1}") for n in range(len(offsets))})


KEYS = {"none": None, "empty": b"", "not_utf8": b"\xff\xfe", "nul": b"\x00", "big": BIG.encode()}

# {name: headers}; each goes with a good value
GOOD_HEADERS = {
    "ten_thousand": [*stop_headers().items(), *((f"h{n}", "x") for n in range(10000))],
    "unknown_and_big": {**stop_headers(), "huge": BIG},
    "the_last_one_counts": [("ce_type", "Nonsense"), *stop_headers().items()],
    "of_the_far_future": stop_headers(ce_time="9999-12-31T23:59:59.999Z"),
    "of_the_past": stop_headers(ce_time="1970-01-01T00:00:00.000Z"),
    "dead_already": {**stop_headers(), "dlq_source_offset": "7", "dlq_reason": "mine"},
    "forged_id": {**stop_headers(), "ce_id": "9007199254740991-0-9007199254740991-9007199254740991-0"},
    "no_value": [*stop_headers().items(), ("player_id", None), ("player_id", "mallory")],
}
BAD_HEADERS = {
    "type_not_utf8": stop_headers(ce_type=b"\xff"), "type_nul": stop_headers(ce_type=b"StopMatchmaking\0"),
    "type_big": stop_headers(ce_type=BIG), "type_other_case": stop_headers(ce_type="stopmatchmaking"),
    "type_empty": stop_headers(ce_type=""), "type_missing": {k: v for k, v in stop_headers().items() if k != "ce_type"},
    "type_none": [*stop_headers().items(), ("ce_type", None)],
    "time_year_1": stop_headers(ce_time="0001-01-01T00:00:00.000Z"), "time_words": stop_headers(ce_time="yesterday"),
    "time_huge": stop_headers(ce_time="9" * 5000),
    "time_month_13": stop_headers(ce_time="2026-13-01T00:00:00.000Z"), "time_nul": stop_headers(ce_time=b"\0"),
    "player_nul": stop_headers(player_id=b"mallory\0alice"), "player_space": stop_headers(player_id="mall ory"),
    "player_brace": stop_headers(player_id="{mallory}"), "player_not_utf8": stop_headers(player_id=b"\xc3\x28"),
    "player_129": stop_headers(player_id="x" * 129), "request_not_utf8": stop_headers(request_id=b"\xff"),
    "request_257": stop_headers(request_id="1" * 257), "request_nul": stop_headers(request_id=b'"\0"'),
    "connection_big": stop_headers(connection_id=BIG), "connection_nul": stop_headers(connection_id=b"a\0b"),
}


def test_keys_and_headers_of_commands(stack, topics, name, pool):
    partition, dead, events = partition_of(pool), topics.ends(DLQ), topics.ends(EVENTS)
    good = {n: name(n.replace("_", "-")) for n in (*KEYS, *GOOD_HEADERS)}
    offsets = {}
    for n, key in KEYS.items():
        offsets[n] = topics.append(QUEUE, partition, b"hello", key=key, headers=stop_headers())
        topics.append(QUEUE, partition, stop_of(good[n]), key=key, headers=stop_headers())
    for n, sent in BAD_HEADERS.items():
        offsets[n] = topics.append(QUEUE, partition, stop_of(name("bad")), headers=sent)
    for n, sent in GOOD_HEADERS.items():
        topics.append(QUEUE, partition, stop_of(good[n]), headers=sent)
    letters = wait_dead(topics, DLQ, dead, offsets)
    assert all(letter.headers["dlq_source_topic"] == QUEUE for letter in letters.values())
    wait_refused(topics, events, set(good.values()))
    assert not [r for r in topics.read(EVENTS, events) if name("bad").encode() in r.value]


def test_header_names_that_are_no_text(stack, topics, name, pool):
    """A partition that nobody else reads here: Python cannot read such a record, nor its dead letter."""
    partition, events = partition_of(pool), topics.ends(EVENTS)
    counted = stack.matchmaker.metric("matchmaker_dead_letters_total")
    good = [(n.encode(), v.encode()) for n, v in stop_headers().items()]
    for odd in ([(b"\xff\xfe", b"x")], [(b"", b"x")], [(b"a\x00b", b"x")], [(b"x" * 100000, b"x")]):
        topics.append_raw(QUEUE, partition, b"hello", [*good, *odd])
        topics.append_raw(QUEUE, partition, stop_of(name("odd")).encode(), [*good, *odd])
    topics.append(QUEUE, partition, stop_of(name("after")), headers=stop_headers())
    net.wait_until(lambda: stack.matchmaker.metric("matchmaker_dead_letters_total") == counted + 4, "dead letters")
    wait_refused(topics, events, {name("odd"), name("after")})


# ---- game-events ----------------------------------------------------------------------------------------------------

def event_of(player, ticket):
    return {**TIMED_OUT, "player_id": player, "data": {"ticket_id": ticket, "reason": "timed_out"}}


def append_event(topics, player, ticket):
    value = event_of(player, ticket)
    return topics.append(EVENTS, 5, json.dumps(value), key=player, headers=event_headers(value["type"]))


BAD_EVENT_HEADERS = {
    **{f"id_{n}": {"ce_id": text} for n, text in {
        "empty": "", "four": "1-15-1-1", "six": "1-15-1-1-0-0", "space": " 1-15-1-1-0", "plus": "+1-15-1-1-0",
        "leading_zero": "01-15-1-1-0", "minus": "1-15-1--1-0", "no_incarnation": "0-15-1-1-0",
        "partition_24": "1-24-1-1-0",
        "partition_-1": "1--1-1-1-0", "2^53": "1-15-9007199254740992-1-0", "index_2^31": "1-15-1-1-2147483648",
        "huge": "1-15-" + "9" * 5000 + "-1-0", "nul": b"1-15-1-1-0\0", "not_utf8": b"1-15-1-1-\xff",
        "hexadecimal": "1-15-1-0x1-0",
        "in_two_days": f"{int(time.time() + 172800) * 1000}-15-1-1-0"}.items()},
    "type_not_utf8": {"ce_type": b"\xff"}, "type_nul": {"ce_type": b"match_ready\0"}, "type_big": {"ce_type": BIG},
    "request_object": {"request_id": "{}"}, "request_word": {"request_id": "abc"},
    "request_257": {"request_id": "1" * 257},
    "request_surrogate": {"request_id": '"\\ud800"'}, "request_nul": {"request_id": b"1\0"},
    "connection_not_utf8": {"connection_id": b"\xff"}, "connection_big": {"connection_id": "x" * 41},
}


def bad_events(player):
    """{name: (value, headers)}"""
    sent = event_headers("matchmaking_timed_out")
    cases = {n: (value, {}) for n, value in bad_values(event_of(player, MARK)).items()}
    cases["player_with_a_nul"] = (json.dumps(event_of("alice\0", "t")).encode(), {})
    cases["a_message_of_200_kilobytes"] = (json.dumps(event_of(player, "x" * 200000)).encode(), {})
    cases.update({n: (json.dumps(event_of(player, "bad")).encode(), more) for n, more in BAD_EVENT_HEADERS.items()})
    return {n: (value, {**sent, **more}) for n, (value, more) in cases.items()}


def after(case):
    """A ticket of that name."""
    return re.sub(r"[^a-zA-Z0-9.-]", "-", f"after-{case}")


def append_events(topics, player, cases):
    """Each with a good one behind it; the offsets of the bad ones."""
    offsets = {}
    for n, (value, sent) in cases.items():
        offsets[n] = topics.append(EVENTS, 5, value, key=b"\xff", headers=sent)
        append_event(topics, player, after(n))
    many = [*event_headers("matchmaking_timed_out").items(), *((f"h{n}", "x") for n in range(10000))]
    topics.append(EVENTS, 5, json.dumps(event_of(player, after("many_headers"))), headers=many)
    return offsets


async def test_events(stack, topics, name):
    dead, cases = topics.ends(EVENTS_DLQ), bad_events(name("alice"))
    async with connected(stack.ws_port, name("alice")) as (alice,):
        offsets = await asyncio.to_thread(append_events, topics, alice.id, cases)
        for n in (*cases, "many_headers"):
            assert (await alice.expect("matchmaking_timed_out"))["data"]["ticket_id"] == after(n)
    for n, letter in wait_dead(topics, EVENTS_DLQ, dead, offsets).items():
        check_letter(n, letter, EVENTS, cases[n][0])


# ---- game-client-outbox ---------------------------------------------------------------------------------------------

def address_of(topics, player, since):
    """Where a push to this connected player goes: the partition and the headers, from a real one."""
    append_event(topics, player, "where")
    return topics.wait_for(OUTBOX, since, lambda r: r.key == player, "push")


def bad_pushes(value, sent):
    """{name: (value, headers)} that the gateway of that address must not hand on."""
    cases = {n: (v, sent) for n, v in {
        "empty": b"", "tombstone": None, "word": b"hello", "array": b"[]", "not_utf8": b'{"a":"\xff"}',
        "bom": b"\xef\xbb\xbf{}",
        "utf16": "{}".encode("utf-16"), "big": b'{"a":"' + b"x" * 200000 + b'"}',
        "bomb": b"{" + bytes(3_900_000) + b"}",
        "cut_off": value[:-2], "nul": b"{\xff\x00}", "deep": b"[" * LEVELS + b"]" * LEVELS}.items()}
    cases.update({n: (value, {**sent, **more}) for n, more in {
        "id_empty": {"ce_id": ""}, "id_big": {"ce_id": BIG}, "id_nul": {"ce_id": b"1-15-1-1-0\0"},
        "id_not_utf8": {"ce_id": b"\xff"},
        "inbox_word": {"inbox_id": "x"}, "inbox_three": {"inbox_id": "1-2-3"}, "inbox_no_dash": {"inbox_id": "12"},
        "inbox_beyond_64_bits": {"inbox_id": "99999999999999999999-1"}, "inbox_command": {"inbox_id": "1-1 2-2"},
        "inbox_nul": {"inbox_id": b"1-1\0"}, "inbox_big": {"inbox_id": BIG}}.items()})
    for missing in ("ce_id", "gateway", "connection"):
        cases[f"no_{missing}"] = (value, {k: v for k, v in sent.items() if k != missing})
    return cases


STRANGE_ADDRESSES = {
    "other_gateway": {"gateway": "x" * 36}, "gateway_empty": {"gateway": ""}, "gateway_big": {"gateway": BIG},
    "gateway_nul": {"gateway": bytes(36)}, "connection_unknown": {"connection": "x" * 16},
    "connection_empty": {"connection": ""},
    "connection_not_utf8": {"connection": b"\xff"}, "connection_big": {"connection": BIG},
}


def append_pushes(topics, push, cases):
    for value, sent in cases.values():
        topics.append(OUTBOX, push.partition, value, key=b"\xff", headers=sent)
    for more in STRANGE_ADDRESSES.values():
        topics.append(OUTBOX, push.partition, push.value, headers={**push.headers, **more})
    many = [*((f"h{n}", "x") for n in range(10000)), *push.headers.items()]
    topics.append(OUTBOX, push.partition, push.value, headers=many)  # a repeat: dropped by its id


async def test_pushes(stack, topics, name):
    since = topics.ends(OUTBOX)

    def counted(result):
        return stack.gateway.metric("gateway_outbox_records_total", f'result="{result}"')
    async with connected(stack.ws_port, name("alice")) as (alice,):
        push = address_of(topics, alice.id, since)
        assert (await alice.expect("matchmaking_timed_out"))["data"]["ticket_id"] == "where"
        bad, ignored = counted("bad"), counted("ignored")
        cases = bad_pushes(push.value, push.headers)
        await asyncio.to_thread(append_pushes, topics, push, cases)
        append_event(topics, alice.id, "after")
        assert (await alice.expect("matchmaking_timed_out"))["data"]["ticket_id"] == "after"
        assert (counted("bad") - bad, counted("ignored") - ignored) == (len(cases), len(STRANGE_ADDRESSES))
        await alice.ping()
        assert alice.messages == []


# ---- game-metrics ---------------------------------------------------------------------------------------------------

def document_of(namespace, metric):
    return {"Namespace": namespace, "MetricData": [{"MetricName": metric, "Unit": "Count", "Value": 1}]}


def bad_documents(namespace):
    at = int(time.time())
    figures = {"Values": [11.5, 12.5], "Counts": [13, 14]}
    statistics = {"StatisticValues": {"SampleCount": 21, "Sum": 22.5, "Minimum": 23, "Maximum": 24}}
    values = bad_values(document_of(namespace, MARK))
    fine = ("_half", "_minus_one", "_2^63", "_below_2^63")
    for numeral, datum in ((b"11.5", figures), (b"22.5", statistics), (b"31.5", {"Value": 31.5})):
        document = {"Namespace": namespace, "MetricData": [{"MetricName": "Bad", **datum}]}
        values.update({n: v for n, v in bad_numbers(document, numeral).items() if not n.endswith(fine)})
    bad = {
        "time_future": {"Timestamp": at + 7300, "Value": 1}, "time_past": {"Timestamp": at - 1300000, "Value": 1},
        "time_-1": {"Timestamp": -1, "Value": 1}, "time_huge": {"Timestamp": 1e308, "Value": 1},
        "time_text": {"Timestamp": "now", "Value": 1}, "count_zero": {"Values": [1], "Counts": [0]},
        "values_151": {"Values": [1] * 151}, "two_ways": {"Value": 1, "Values": [1]},
        "unit": {"Unit": "Furlong", "Value": 1}, "beyond_2^360": {"Value": 2.0 ** 361},
        "no_samples": {"StatisticValues": {"SampleCount": 0.5, "Sum": 1, "Minimum": 1, "Maximum": 1}},
    }
    for n, datum in bad.items():
        values[n] = json.dumps({"Namespace": namespace, "MetricData": [{"MetricName": "Bad", **datum}]}).encode()
    values["data_1001"] = json.dumps({"Namespace": namespace,
                                      "MetricData": [{"MetricName": "Bad", "Value": 1}] * 1001}).encode()
    return values


def test_documents(stack, topics, name):
    namespace = name("by-hand")
    cases = bad_documents(namespace)
    before = stack.metrics.metric("metrics_records_refused_total")
    for n, value in cases.items():
        topics.append(METRICS, 2, value, key=b"\xff", headers=[("ce_type", b"\xff"), ("h", None)])
        topics.append(METRICS, 2, json.dumps(document_of(namespace, f"After {n}")), key=b"\x00",
                      headers=[(f"h{i}", "x") for i in range(1000)])
    expected = {f"After {n}" for n in cases}
    seen = set()

    def all_seen():  # a name is shown as long as it has a figure in this period or the last
        seen.update(shown(stack, namespace))
        return expected <= seen
    net.wait_until(all_seen, lambda: f"never counted: {sorted(expected - seen)}", 60)
    assert seen == expected
    assert stack.metrics.metric("metrics_records_refused_total") == before + len(cases)


# ---- compressed, in transactions, at another time -------------------------------------------------------------------

@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches(stack, topics, name, pool, codec):
    """Good and bad ones in one batch."""
    partition, dead, events = partition_of(pool), topics.ends(DLQ), topics.ends(EVENTS)
    offsets, pattern = {}, ("good", "bad", "bomb")

    def report(error, message):
        assert error is None, error
        offsets[len(offsets)] = message.offset()
    producer = topics.make_producer(codec, **{"linger.ms": 200})
    for n in range(30):
        value = {"good": stop_of(name(f"{codec}.{n}")).encode(), "bad": b"hello",
                 "bomb": bytes(3_900_000)}[pattern[n % 3]]
        producer.produce(QUEUE, value=value, partition=partition, headers=list(stop_headers().items()),
                         on_delivery=report)
    producer.flush(60)
    wait_dead(topics, DLQ, dead, {n: offset for n, offset in offsets.items() if n % 3 != 0})
    wait_refused(topics, events, {name(f"{codec}.{n}") for n in range(0, 30, 3)})


@contextlib.contextmanager
def transaction(topics, end):
    """A producer whose records are committed or aborted at the end."""
    producer = topics.make_producer(**{"transactional.id": secrets.token_hex(8)})
    producer.init_transactions(30)
    producer.begin_transaction()
    yield producer
    producer.flush(30)
    getattr(producer, end)(30)


def append_in_transactions(topics, partition, namespace, name, player):
    """One that is aborted and one that is committed, three times, and a record after them."""
    usurper = forged_reign(topics, partition)
    for n in range(3):
        for end, fate in (("abort_transaction", "aborted"), ("commit_transaction", "committed")):
            with transaction(topics, end) as producer:
                producer.produce(QUEUE, stop_of(name(f"{fate}.{n}")), partition=partition,
                                 headers=list(stop_headers().items()))
                producer.produce(EVENTS, json.dumps(event_of(player, f"{fate}.{n}")), partition=5,
                                 headers=list(event_headers("matchmaking_timed_out").items()))
                producer.produce(METRICS, json.dumps(document_of(namespace, f"{fate}.{n}")), partition=2)
                if fate == "aborted":
                    producer.produce(JOURNAL, json.dumps(usurper), partition=partition)
    topics.append(QUEUE, partition, stop_of(name("after")), headers=stop_headers())
    append_event(topics, player, "after")


async def test_transactions(stack, topics, name, pool):
    """What was aborted did not happen; what was committed did; the markers between them confuse no position."""
    partition, events, namespace = partition_of(pool), topics.ends(EVENTS), name("by-hand")
    deposed, seen = stack.matchmaker.metric("matchmaker_stepped_down_total"), set()
    append_in_transactions(topics, partition, namespace, name, name("alice"))

    def last_seen():
        seen.update(shown(stack, namespace))
        return "committed.2" in seen
    net.wait_until(last_seen, "the committed figure")
    wait_refused(topics, events, {name(f"committed.{n}") for n in range(3)} | {name("after")})
    assert stack.matchmaker.metric("matchmaker_stepped_down_total") == deposed
    for daemon in (stack.matchmaker, stack.notifier):  # their positions have holes now
        restart_gently(daemon)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        for ticket in ("committed.0", "committed.1", "committed.2", "after"):
            assert (await alice.expect("matchmaking_timed_out"))["data"]["ticket_id"] == ticket
        await alice.start(pool)
        await bob.start(pool)
        await both_matched(alice, bob)
        assert alice.messages == []
    refused = [r.value for r in topics.read(EVENTS, events) if r.headers["ce_type"] == "matchmaking_refused"]
    assert len(refused) == 4 and not [metric for metric in seen if metric.startswith("aborted")]


async def test_what_stands_behind_an_open_transaction(stack, topics, name, pool):
    """Kafka shows it to nobody until that one has ended; then all of it is handled."""
    partition = partition_of(pool)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        with transaction(topics, "abort_transaction") as producer:
            producer.produce(QUEUE, "hello", partition=partition)
            producer.produce(JOURNAL, "hello", partition=partition)
            producer.flush(30)
            await bob.start(pool)
            assert alice.messages == []
        await both_matched(alice, bob)


TIMES_S = {"past": -10 ** 9, "future": 3500}  # from now; what is later than an hour the broker refuses by itself


@pytest.mark.parametrize("topic", [QUEUE, JOURNAL])
async def test_times_that_senders_say(stack, topics, name, pool, topic):
    """
    They do not become the partition's clock, though a topic that was made by hand takes them: who waits goes on waiting,
    and is matched.
    """
    partition, since = partition_of(pool), topics.ends(EVENTS)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        with topics.configured(topic, "message.timestamp.type", "CreateTime"):
            for n, ahead_s in TIMES_S.items():
                topics.producer.produce(topic, stop_of(name(n)), partition=partition, on_delivery=topics.note,
                                        timestamp=int(time.time() + ahead_s) * 1000,
                                        headers=list(stop_headers().items()))
            topics.producer.flush(15)
            if topic == QUEUE:
                wait_refused(topics, since, {name(n) for n in TIMES_S})
        await alice.wait_state(ticket, "SEARCHING")
        await bob.start(pool)
        await both_matched(alice, bob)
        assert (time.time() * 1000 - now_in(topics, partition)["at"]) > -1000


# ---- floods ---------------------------------------------------------------------------------------------------------

def metric_of(daemon, name, labels=""):
    return lambda stack: stack.daemons[daemon].metric(name, labels)


FLOODS = {  # who reads it, how it counts what it cannot read, and what it says (docs/internals.md has the table)
    QUEUE: ("matchmaker", metric_of("matchmaker", "matchmaker_dead_letters_total"), "command_malformed"),
    JOURNAL: ("matchmaker", metric_of("matchmaker", "matchmaker_void_records_total"), "journal_record_void"),
    EVENTS: ("notifier", metric_of("notifier", "notifier_dead_letters_total"), "event_dead"),
    OUTBOX: ("gateway", metric_of("gateway", "gateway_outbox_records_total", 'result="bad"'), "outbox_record_bad"),
    METRICS: ("metrics", metric_of("metrics", "metrics_records_refused_total"), "record_refused"),
}


@pytest.mark.parametrize("topic", FLOODS)
async def test_flood(stack, topics, name, pool, topic):
    """Ten thousand bad records: each is counted, few are logged, and players go on."""
    daemon, counted, word = FLOODS[topic]
    since = topics.ends(OUTBOX)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        partition = {EVENTS: 5, METRICS: 2}.get(topic, partition_of(pool))
        if topic == OUTBOX:
            partition = address_of(topics, alice.id, since).partition
            await alice.expect("matchmaking_timed_out")
        await alice.start(pool)
        before, lines = counted(stack), len(stack.daemons[daemon].log().splitlines())
        await asyncio.to_thread(topics.append_all, topic, partition, [b"hello"] * MANY)
        await net.until(lambda: counted(stack) >= before + MANY, lambda: f"{counted(stack) - before} counted", 60)
        assert counted(stack) == before + MANY
        assert len(stack.daemons[daemon].log().splitlines()) - lines < LOG_LINES_MAX
        assert re.search(rf'warn {daemon} {word} partition=\d+ offset=\d+ .*reason=".+"', stack.daemons[daemon].log())
        await bob.start(pool)
        await both_matched(alice, bob)


async def test_flood_of_large_commands(stack, topics, name, pool):
    """Of half a gigabyte that cannot be read, little is ever in memory: a topic of ours keeps nothing compressed."""
    daemon, counted = stack.matchmaker, FLOODS[QUEUE][1]
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        with topics.configured(QUEUE, "compression.type", "uncompressed"), stopped(daemon):
            await asyncio.to_thread(topics.append_all, QUEUE, partition_of(pool), [bytes(1_000_000)] * LARGE)
        await net.until(lambda: counted(stack) >= LARGE, lambda: f"{counted(stack)} counted", 120)
        await bob.start(pool)
        await both_matched(alice, bob)
        most_mb = daemon.status("VmHWM") / 1024
    print(f"the most resident: {most_mb:.0f} MB")
    assert most_mb < LARGE_MOST_MB
