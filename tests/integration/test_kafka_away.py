"""
Kafka comes up without topics, is stopped, or stands still with its connections open, and comes back: every daemon waits,
says so once, and goes on; and each can be stopped meanwhile. On a broker of this file's own.
"""
import asyncio
import json
import re
import signal
import time

import pytest
import websockets

import net
from checker import Topics, check_records, check_story
from kafka import Kafka, running
from players import connected
from stack import PATIENT, Stack

LINES_MAX = 30    # of one daemon, for one absence
DEADLINE_S = 10   # SHUTDOWN_TIMEOUT_MS by default
CLOSING_S = 5     # librdkafka's threads end
BACK_S = 60       # for a group to form again
MISSING = re.compile(r"topic [a-z-]+ is missing")
KAFKA_FALSE, KAFKA_TRUE = (f"dependency name=kafka ready={state}" for state in ("false", "true"))


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    kafka = Kafka(tmp_path_factory.mktemp("kafka-away"))
    with running(kafka, kafka.up_without_topics):
        yield kafka


def start_before_the_topics_are_there(stack, broker):
    stack.redis.start()
    for daemon in stack.daemons.values():
        daemon.start()
    for daemon in stack.daemons.values():
        daemon.wait_alive()
        net.wait_until(lambda: MISSING.fullmatch(daemon.dependencies()[1]["kafka"]["reason"]), daemon.log_tail, BACK_S)
    broker.create_topics()
    stack.wait_ready(BACK_S)


@pytest.fixture(scope="module")
def away_stack(broker, tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("away") / "stack", broker.brokers, settings=PATIENT)
    try:
        start_before_the_topics_are_there(stack, broker)
        yield stack
    finally:
        stack.stop()
    topics = Topics(broker.brokers)
    check_records(topics)
    _, told, promised = check_story(topics)
    assert told == promised


WAYS = {"stopped": (Kafka.stop, Kafka.up), "silent": (Kafka.pause, Kafka.resume)}


@pytest.fixture(params=WAYS)
def leave_and_come(request, broker):
    """Two coroutine functions; the broker is back at the end in any case."""
    leave, come = WAYS[request.param]
    yield [lambda do=do: asyncio.to_thread(do, broker) for do in (leave, come)]
    broker.resume()
    broker.up()


async def kafka_is(daemon, ready):
    await net.until(lambda: daemon.dependencies()[1]["kafka"]["ready"] is ready, daemon.log_tail, BACK_S)
    return daemon.dependencies()


async def refused(stack):
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        await websockets.connect(f"ws://127.0.0.1:{stack.ws_port}/?player_id=late")
    assert refusal.value.status_code == 503


async def test_away_and_back(away_stack, leave_and_come, name, pool):
    stack, (leave, come) = away_stack, leave_and_come
    stack.wait_ready(BACK_S)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        marks = {daemon: len(daemon.log()) for daemon in stack.daemons.values()}
        await leave()
        for daemon in stack.daemons.values():
            status, dependencies = await kafka_is(daemon, False)
            assert status == 503
            assert dependencies["kafka"]["reason"].startswith(f"cannot reach {stack.brokers}: "), dependencies
            assert dependencies.get("redis", {"ready": True})["ready"]
        await refused(stack)
        answer = await bob.ask("start_matchmaking", {"configuration": pool})
        assert (answer["type"], answer["data"]["code"], answer["data"]["retryable"]) == ("error", "unavailable", True)
        await come()
        for daemon in stack.daemons.values():
            await net.until(daemon.ready, daemon.log_tail, BACK_S)
        await bob.start(pool)
        found = [(await player.expect("match_found"))["data"]["match_id"] for player in (alice, bob)]
        assert found[0] == found[1]
        assert (await alice.wait_state(ticket, "COMPLETED"))["ticket_id"] == ticket
    for daemon, mark in marks.items():
        lines = daemon.log()[mark:].splitlines()
        changes = [line for line in lines if "dependency name=kafka" in line]
        assert len(changes) == 2 and KAFKA_FALSE in changes[0] and KAFKA_TRUE in changes[1], changes
        assert len(lines) <= LINES_MAX, "\n".join(lines)


async def test_stopped_meanwhile(away_stack, leave_and_come, name, pool):
    """Each ends by the deadline, also with something that it cannot get rid of."""
    stack, (leave, come) = away_stack, leave_and_come
    stack.wait_ready(BACK_S)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        await leave()
        for daemon in stack.daemons.values():
            await kafka_is(daemon, False)
        await bob.send(json.dumps({"action": "start_matchmaking", "data": {"configuration": pool}}))
        began = time.monotonic()
        for daemon in stack.daemons.values():
            daemon.signal(signal.SIGTERM)
        for daemon in stack.daemons.values():
            code = await asyncio.to_thread(daemon.end, began + DEADLINE_S + CLOSING_S - time.monotonic())
            assert code == 0, f"{code}\n{daemon.log_tail()}"
            assert not daemon.leftovers()
        assert [await player.closed() for player in (alice, bob)] == [1001, 1001]
        await come()
        for daemon in stack.daemons.values():
            daemon.start()
        for daemon in stack.daemons.values():
            await net.until(daemon.ready, daemon.log_tail, BACK_S)
        for player in (alice, bob):
            await player.connect()
        await bob.start(pool)
        found = [(await player.expect("match_found"))["data"]["match_id"] for player in (alice, bob)]
        assert found[0] == found[1]
