"""
A topic is deleted while everything runs, and made again, empty: every daemon that uses it lives, names it in /readyz and
in its log, and does not spin; and when it is there again, goes on by itself. But a journal whose past is lost is refused.
"""
import os

import pytest
import redis

import net
from checker import EVENTS, JOURNAL, METRICS, OUTBOX, QUEUE, Topics
from players import both_matched, connected
from stack import PARTITIONS

BACK_S = 60
LINES_MAX = 40  # of one daemon, for one absence
BUSY_MAX = 0.5  # of a core, from the deletion to the end of the test
LOST = "kafka_topic_lost topic={} "
PRODUCERS = ("gateway", "matchmaker", "notifier")
USERS = {QUEUE: ("gateway", "matchmaker"), JOURNAL: ("matchmaker",), EVENTS: ("matchmaker", "notifier"),
         OUTBOX: ("gateway", "notifier"), METRICS: (*PRODUCERS, "metrics")}
READERS = {QUEUE: "matchmaker", JOURNAL: "matchmaker", EVENTS: "notifier", OUTBOX: "gateway", METRICS: "metrics"}


@pytest.fixture
def stack(changing_stack):
    return changing_stack


def cpu_s(daemon):
    with open(f"/proc/{daemon.popen.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def delete(broker, stack, topic):
    """And everybody who uses it says so; the others are as ready as before."""
    broker.delete_topic(topic)
    for name, daemon in stack.daemons.items():
        if name in USERS[topic]:
            await net.until(lambda: daemon.dependencies()[1].get("kafka", {}).get("reason") == f"topic {topic} is missing",
                            lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)
    reader = stack.daemons[READERS[topic]]
    await net.until(lambda: reader.log().count(LOST.format(topic)) == 1, reader.log_tail, BACK_S)
    assert all(daemon.ready() for name, daemon in stack.daemons.items() if name not in USERS[topic]), stack.logs()


async def all_ready(stack):
    for daemon in stack.daemons.values():
        await net.until(daemon.ready, lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)


async def not_taken(stack, ticket, bob, pool):
    """No command can be written: the player hears so."""
    answer = await bob.ask("start_matchmaking", {"configuration": pool})
    assert (answer["type"], answer["data"]) == ("error", {"code": "unavailable", "retryable": True})
    return False


async def matched_unheard(stack, ticket, bob, pool):
    """The match is made, and its events wait for their topic."""
    await bob.start(pool)
    await net.until(lambda: stack.matchmaker.metric("matchmaker_matches_total") == 1, stack.matchmaker.log_tail)
    return True


async def in_the_inbox(stack, ticket, bob, pool):
    """The inbox has it, the push waits for its topic."""
    await bob.start(pool)
    store = redis.Redis(port=stack.redis.port)
    await net.until(lambda: store.xlen(f"inbox:{{{bob.id}}}") > 0, stack.notifier.log_tail)
    store.close()
    return True


async def nothing(stack, ticket, bob, pool):
    return False


MEANWHILE = {QUEUE: not_taken, EVENTS: matched_unheard, OUTBOX: in_the_inbox, METRICS: nothing}


@pytest.mark.parametrize("topic", MEANWHILE)
async def test_deleted_and_made_again(stack, broker, name, pool, topic):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        before = {daemon: (len(daemon.log()), cpu_s(daemon)) for daemon in stack.daemons.values()}
        with net.stopwatch() as watch:
            await delete(broker, stack, topic)
            started = await MEANWHILE[topic](stack, ticket, bob, pool)
            broker.create_topics()
            await all_ready(stack)
            if not started:
                await bob.start(pool)
            await both_matched(alice, bob, BACK_S)
    for daemon, (mark, cpu) in before.items():
        lines = daemon.log()[mark:].splitlines()
        assert len(lines) <= LINES_MAX, "\n".join(lines)
        assert cpu_s(daemon) - cpu < BUSY_MAX * watch.took_s, f"{daemon.name} spins"


@pytest.mark.parametrize("topic", USERS)
async def test_stopped_while_it_is_missing(stack, broker, topic):
    await delete(broker, stack, topic)
    stack.stop_daemons()  # each with exit status 0


@pytest.mark.parametrize("running", (True, False), ids=("while_it_runs", "while_nobody_reads"))
async def test_another_queue(stack, broker, name, pool, running):
    """As long as the old one, or longer: what is in it is new all the same."""
    async with connected(stack.ws_port, *map(name, ("alice", "bob", "carol"))) as (alice, bob, carol):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        if running:
            await delete(broker, stack, QUEUE)
        else:
            stack.matchmaker.kill()
            broker.delete_topic(QUEUE)
        broker.create_topics()
        for player in (bob, carol):
            await start_at_last(player, pool)
        if not running:
            stack.matchmaker.start()
        await both_matched(bob, carol, BACK_S)
        await net.until(lambda: "queue_replaced" in stack.matchmaker.log(), stack.matchmaker.log_tail)
        await bob.start(pool)
        await both_matched(alice, bob, BACK_S)
        await all_ready(stack)


async def start_at_last(player, pool):
    """As a player would: again, while the answer is that it is worth another try."""
    while (answer := await player.ask("start_matchmaking", {"configuration": pool, "attributes": {"skill": 9000}}))[
            "type"] == "error":
        assert answer["data"] == {"code": "unavailable", "retryable": True}


def refusal(matchmaker):
    return matchmaker.dependencies()[1].get("partitions", {}).get("reason", "")


async def test_an_emptied_journal_is_refused(stack, broker, name, pool):
    """To begin anew would be to forget who waits: it is for the operator to say so, by a restart, with a new queue."""
    topics = Topics(broker.brokers)
    async with connected(stack.ws_port, *map(name, ("alice", "bob", "carol"))) as (alice, bob, carol):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        await delete(broker, stack, JOURNAL)
        broker.create_topics()
        matchmaker = stack.matchmaker
        await net.until(lambda: refusal(matchmaker).endswith("its journal was emptied, what was in it is lost"),
                        lambda: refusal(matchmaker), BACK_S)
        await net.until(lambda: matchmaker.log().count("journal_refused partition=") == PARTITIONS, matchmaker.log_tail)
        assert set(topics.ends(JOURNAL).values()) == {0}
        matchmaker.kill()
        broker.delete_topic(QUEUE)
        broker.create_topics()
        matchmaker.start()
        await all_ready(stack)
        for player in (bob, carol):
            await player.start(pool)
        await both_matched(bob, carol, BACK_S)
