"""Redriven letters and the daemons who read them: each counts once, and is what it was."""
import json
import signal
import time

import pytest

import net
from bad_records import kafka, lab, now_in, topics  # pylint: disable=unused-import  # a broker of our own
from checker import DLQ, EVENTS, EVENTS_DLQ, QUEUE, check_record, check_story, journal_of, replay
from dlq_tool import INTERRUPTED, Gsmctl, count, history, put_letters, utc
from players import connected
from schemas import validate
from stack import BUILD, PARTITIONS, partition_of
from test_dlq import event_headers, from_offset, headers
from test_poison import HOOKED, supervised
from test_standby import put_starts

HOUR = 3600
TIMEOUT_S = 60


@pytest.fixture
def gsmctl(kafka):
    tool = Gsmctl(kafka.brokers)
    for topic in (DLQ, EVENTS_DLQ):
        assert tool.run("dlq", "purge", topic, "--yes")[0] == 0
    return tool


def redrive(gsmctl, topics, topic=DLQ, to=QUEUE, letters=1):
    """What has arrived."""
    since = topics.ends(to)
    assert gsmctl.lines("dlq", "redrive", topic) == [f"{letters} moved, 0 stay, 0 left"]
    records = [r for r in topics.read(to, since) if "dlq_redrives" in r.headers]
    assert len(records) == letters
    for record in records:
        validate(f"topics/headers.{to}", record.headers)
    return records


def append_again(topics, record, **more):
    """As a redrive does that was killed before it could delete the letter."""
    return topics.append(record.topic, record.partition, record.value, key=record.key,
                         headers={**record.headers, **more})


def put_start_letter(topics, pool, ticket, player):
    """A start of an hour ago."""
    then, partition = time.time() - HOUR, partition_of(pool)
    value = {"ConfigurationName": pool, "TicketId": ticket, "Players": [{"PlayerId": player}]}
    topics.append(DLQ, partition, json.dumps(value), key=pool, headers={
        **headers(player_id=player, ce_time=utc(then), connection_id="L0SM9cOFvHcCIhw="),
        **history(QUEUE, partition, 5, dlq_source_time=utc(then), dlq_source_key=pool)})
    return int(then) * 1000


def transitions(topics, partition):
    return [t for _, value in replay(journal_of(topics, partition)) for t in value.get("transitions", [])]


def of_ticket(topics, partition, ticket):
    return [t for t in transitions(topics, partition) if t.get("ticket") == ticket]


def figures(daemon, queue):
    """(visible, seconds since the oldest was sent)"""
    return (daemon.metric("queue_messages", f'queue="{queue}",state="visible"'),
            daemon.metric("queue_oldest_message_age_seconds", f'queue="{queue}"'))


async def test_figures(own_stack, topics, gsmctl, name, pool):
    """The same by gsmctl and by /metrics: of the queue when nobody reads it, and of the dead letters."""
    stack = own_stack()
    stack.start()
    await net.until(lambda: figures(stack.matchmaker, QUEUE) == (0, 0), stack.matchmaker.log_tail)
    stack.matchmaker.signal(signal.SIGTERM)
    stack.matchmaker.ends(0)
    put_starts(topics, pool, [(name(f"t{n}"), name(f"p{n}"), 1500) for n in range(3)])
    for topic, letters in ((DLQ, 2), (EVENTS_DLQ, 4)):
        put_letters(topics, 3, ["letter"] * letters, topic)
    queue, dead, events = gsmctl.rows("queue", "stats")
    assert [(r["queue"], r["visible"], r["in_flight"], r["delayed"]) for r in (queue, dead, events)] == [
        (QUEUE, 3, None, 0), (DLQ, 2, 0, 0), (EVENTS_DLQ, 4, 0, 0)]
    await net.until(lambda: gsmctl.rows("queue", "stats")[0]["oldest_age_seconds"] >= 2, "an age")
    assert [line.split()[:2] for line in gsmctl.lines("queue", "stats")[1:]] == [[QUEUE, "3"], [DLQ, "2"], [EVENTS_DLQ, "4"]]
    await net.until(lambda: figures(stack.notifier, EVENTS_DLQ)[0] == 4, stack.notifier.log_tail)
    await net.until(lambda: figures(stack.notifier, EVENTS_DLQ)[1] >= 2, stack.notifier.log_tail)
    stack.matchmaker.start()
    stack.matchmaker.wait_ready()
    await net.until(lambda: figures(stack.matchmaker, DLQ)[0] == 2 and figures(stack.matchmaker, DLQ)[1] >= 2,
                    stack.matchmaker.log_tail)
    assert figures(stack.matchmaker, QUEUE) == (0, 0)
    await net.until(lambda: gsmctl.rows("queue", "stats")[0]["visible"] == 0, "all read")
    for topic in (DLQ, EVENTS_DLQ):
        assert gsmctl.run("dlq", "purge", topic, "--yes")[0] == 0
    await net.until(lambda: figures(stack.matchmaker, DLQ) == (0, 0) == figures(stack.notifier, EVENTS_DLQ), stack.logs)


def test_figures_are_watched(gsmctl):
    """Again and again, until Ctrl-C."""
    watch = gsmctl.start("queue", "stats", "--watch", "--json")
    rows = [json.loads(watch.popen.stdout.readline()) for _ in range(2 * 3)]
    assert [row["queue"] for row in rows] == 2 * [QUEUE, DLQ, EVENTS_DLQ]
    watch.interrupt()
    assert watch.end()[0] == INTERRUPTED


def said_all(matchmaker):
    return matchmaker.metric("matchmaker_partitions_ruled") == PARTITIONS and \
        matchmaker.metric("matchmaker_ticks_unpublished") == 0


def repeats(stack):
    return stack.matchmaker.metric("matchmaker_redrive_repeats_total")


async def test_what_is_malformed_comes_back(stack, topics, gsmctl, pool):
    partition, since = partition_of(pool), topics.ends(DLQ)
    topics.append(QUEUE, partition, "hello", key=pool, headers=headers())
    first = topics.wait_for(DLQ, since, lambda r: r.value == b"hello", "dead letter")
    for times in ("1", "2"):
        since = topics.ends(DLQ)
        record, = redrive(gsmctl, topics)
        again = topics.wait_for(DLQ, since, from_offset(record.offset), "dead letter")
        check_record(again)
        assert (again.value, again.key, again.partition) == (b"hello", pool, partition)
        assert again.headers["dlq_reason"] == first.headers["dlq_reason"] and again.headers["dlq_redrives"] == times
        assert again.headers["dlq_start_time"] == first.headers["dlq_source_time"]
    row, = gsmctl.rows("dlq", "list", DLQ)
    assert row["redrives"] == 2


async def test_an_old_start_gets_its_match(stack, topics, gsmctl, name, pool):
    partition, ticket = partition_of(pool), name("old")
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        start_ms = put_start_letter(topics, pool, ticket, alice.id)
        record, = redrive(gsmctl, topics)
        await alice.wait_state(ticket, "SEARCHING")
        await bob.start(pool)
        found = await alice.expect("match_found")
        assert found["data"]["ticket_id"] == ticket and found["data"]["opponent"] == bob.id
        begun = of_ticket(topics, partition, ticket)
        assert begun[0]["start"] == start_ms and begun[0]["since"] == record.timestamp

        # Once more, by a redrive that was killed: nothing happens, whenever it is.
        before = repeats(stack)
        append_again(topics, record)
        await net.until(lambda: repeats(stack) == before + 1, stack.matchmaker.log_tail)
        stack.matchmaker.restart()
        stack.wait_ready()
        offset = append_again(topics, record)
        await net.until(lambda: now_in(topics, partition)["position"] > offset, stack.matchmaker.log_tail)
        assert repeats(stack) in (1, 2)  # the one before, too, when the journal did not speak of it yet
        assert of_ticket(topics, partition, ticket) == begun
        assert not [m for m in alice.messages if m["type"] == "error"]
    check_story(topics)


async def test_what_its_player_did_since_wins(stack, topics, gsmctl, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        newer = await alice.start(pool)
        await alice.wait_state(newer, "SEARCHING")
        put_start_letter(topics, pool, name("old"), alice.id)
        redrive(gsmctl, topics)
        refusal = await alice.expect("error")
        assert refusal["data"] == {"code": "already_queued", "ticket_id": name("old")}
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["ticket_id"] == newer


@pytest.mark.parametrize("name_, value", [
    ("dlq_source_offset", "-1"), ("dlq_source_offset", None), ("dlq_source_time", "yesterday"),
    ("dlq_source_time", utc(time.time() + 86400)), ("dlq_start_time", utc(time.time() + 86400)), ("dlq_start_time", None)])
async def test_strangers_say_nothing_of_what_is_to_come(stack, topics, pool, name_, value):
    partition, since = partition_of(pool), topics.ends(DLQ)
    said = {**history(QUEUE, partition, 5), "dlq_redrives": "1", "dlq_start_time": utc(time.time()), name_: value}
    offset = topics.append(QUEUE, partition, json.dumps({"TicketId": "t"}), headers=headers(
        "StopMatchmaking", **{k: v for k, v in said.items() if v is not None}))
    dead = topics.wait_for(DLQ, since, from_offset(offset), "dead letter")
    assert dead.headers["dlq_reason"].startswith(f"header {name_}: ")


async def test_poison_that_is_none_any_more(own_stack, topics, gsmctl, name, pool):
    """A start that kills each of its readers is a dead letter; when they are mended, its player is matched after all."""
    assert (BUILD / HOOKED).exists(), f"not built: make {BUILD.name}/{HOOKED}"
    stack, since = own_stack(), topics.ends(DLQ)
    stack.daemons["matchmaker"] = stack.daemon("matchmaker", HOOKED, INSTANCE="matchmaker-1")
    ticket = f"poison-command-{name('alice')}"[:100]
    with supervised(stack.matchmaker) as supervisor:
        stack.start()
        put_starts(topics, pool, [(ticket, name("alice"), 1500)])
        topics.wait_for(DLQ, since, lambda r: ticket.encode() in r.value, "dead letter", TIMEOUT_S)
        assert supervisor.deaths["matchmaker"] >= 3
    stack.matchmaker.argv = [BUILD / "matchmaker"]
    stack.matchmaker.restart()
    stack.wait_ready()
    await net.until(lambda: said_all(stack.matchmaker), stack.matchmaker.log_tail)
    letters = [r for r in topics.read(DLQ) if ticket.encode() in r.value]
    assert {r.headers["dlq_attempts"] for r in letters} == {"3"}
    append_again(topics, letters[0])  # as a ruler does that dies before it has said that it is out
    letters.append(letters[0])
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        redrive(gsmctl, topics, letters=len(letters))
        await bob.start(pool)
        for player, other in ((alice, bob), (bob, alice)):
            assert (await player.expect("match_found", TIMEOUT_S))["data"]["opponent"] == other.id
        assert not [m for m in alice.messages if m["type"] == "error"]
    assert count(topics, DLQ) == 0 and repeats(stack) == len(letters) - 1
    check_story(topics)


TIMED_OUT = {"type": "matchmaking_timed_out", "data": {"ticket_id": "t", "reason": "timed_out"}}


async def test_an_event_is_no_repeat_of_later_ones(stack, topics, gsmctl, name, pool):
    """Its id is an old one of a journal partition whose later events everybody has seen; E1 and P2 would drop it."""
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        event = json.dumps({**TIMED_OUT, "player_id": alice.id})
        partition = 5
        topics.append(EVENTS, partition, event, key=alice.id, headers=event_headers(TIMED_OUT["type"]))
        await alice.expect("matchmaking_timed_out")
        old = event_headers(TIMED_OUT["type"], ce_id="1-15-1-1-0")
        for n in range(2):
            topics.append(EVENTS_DLQ, 9, event, key="websocket",
                          headers={**old, **history(EVENTS, partition, n, dlq_source_key=alice.id)})
        records = redrive(gsmctl, topics, EVENTS_DLQ, EVENTS, letters=2)
        assert {r.headers["dlq_event_id"] for r in records} == {old["ce_id"]} and {r.key for r in records} == {alice.id}
        for record in records:
            assert (await alice.expect("matchmaking_timed_out"))["id"] == record.headers["ce_id"]
        counted = stack.notifier.metric("notifier_repeats_total")
        append_again(topics, records[0])
        await net.until(lambda: stack.notifier.metric("notifier_repeats_total") == counted + 1, stack.notifier.log_tail)
        await bob.ping()
        assert not [m for m in alice.messages if m["type"] == "matchmaking_timed_out"]

