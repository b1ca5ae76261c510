"""
Somebody has given a topic more partitions than the table says (libs/bus/topics.h). Kafka cannot take them back, and keys
of other producers would go elsewhere: refused, in /readyz, by whoever uses it. What runs goes on with what it had.
"""
import asyncio

import pytest

import net
from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, METRICS, OUTBOX, QUEUE, TOPICS
from players import both_matched, connected
from stack import PARTITIONS

BACK_S = 60
MORE = 70  # than any mask of partitions has bits
USERS = {QUEUE: ("gateway", "matchmaker"), DLQ: ("matchmaker",), JOURNAL: ("matchmaker",),
         EVENTS: ("matchmaker", "notifier"), EVENTS_DLQ: ("notifier",), OUTBOX: ("gateway", "notifier"),
         METRICS: ("gateway", "matchmaker", "notifier", "metrics")}
TABLE = {OUTBOX: 64, METRICS: 4}


@pytest.fixture
def stack(changing_stack):
    return changing_stack


@pytest.fixture
def grown(stack, broker):
    """Makes a topic grow; at the end everything is deleted, as the journals of other queues mean nothing."""
    yield lambda topic: broker.grow_topic(topic, MORE)
    stack.stop_daemons()
    for topic in TOPICS:
        broker.delete_topic(topic)


async def refuses(daemon, topic, times):
    """Said once a life."""
    wanted = f"topic {topic} has {MORE} partitions, {TABLE.get(topic, PARTITIONS)} are needed"
    await net.until(lambda: daemon.dependencies()[1].get("kafka", {}).get("reason") == wanted,
                    lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)
    assert daemon.log().count(f'dependency name=kafka ready=false reason="{wanted}"') == times, daemon.log_tail()


async def restart_gently(daemon):
    await asyncio.to_thread(daemon.end_gently)
    daemon.start()
    daemon.wait_alive()


@pytest.mark.parametrize("topic", USERS)
async def test_grown(stack, broker, name, pool, topic, grown):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        grown(topic)
        for user in USERS[topic]:
            await refuses(stack.daemons[user], topic, 1)
        await bob.start(pool)  # who is connected plays on
        await both_matched(alice, bob, BACK_S)
        for user in USERS[topic]:  # who starts does not get ready
            await restart_gently(stack.daemons[user])
            await refuses(stack.daemons[user], topic, 2)
        if topic == JOURNAL:  # its last ruler could still say that it goes
            assert stack.matchmaker.log().count("abdicated partition=") == PARTITIONS
