"""The notifier killed and stopped, Redis emptied and refusing: nobody misses a message, and repeats have the same id."""
import asyncio
import collections
import json
import signal
import time

import pytest

import net
from checker import EVENTS, EVENTS_DLQ, OUTBOX, check_record, match_events
from players import Player, connected
from test_inbox import inbox_length, matched_while_away


# ---- what is needed ---------------------------------------------------------------------------------------------------

class Pairs:
    """Players of one pool who are all matched as soon as they ask."""

    def __init__(self, stack, name, number, count):
        self.pool = f"crowd-{number}"
        self.players = [Player(stack.ws_port, name(f"p{n}")) for n in range(count)]

    async def __aenter__(self):
        await asyncio.gather(*(player.connect() for player in self.players))
        return self

    async def __aexit__(self, *_):
        await asyncio.gather(*(player.close() for player in self.players))

    async def start(self, first, count):
        for player in self.players[first:first + count]:
            await player.start(self.pool, attributes={"skill": 1500})

    async def all_matched(self, topics, since):
        """Each was told; whatever was sent to one of them, and however often, had the id of the event."""
        found = await asyncio.gather(*(player.expect("match_found", 60) for player in self.players))
        ids = {player.id: message["id"] for player, message in zip(self.players, found)}
        sent = collections.defaultdict(set)
        for record in topics.read(OUTBOX, since):
            sent[record.key].add(record.headers["ce_id"])
        assert {player: sent[player] for player in ids} == {player: {event} for player, event in ids.items()}
        told = match_events(topics.read(EVENTS))
        assert {event for (_, player), event in told.items() if player in ids} == set(ids.values())


def append_event(topics, player, n, pad="", partition=7):
    """An event by hand, from a journal partition that no matchmaker has; each is later than the one before."""
    value = {"type": "matchmaking_timed_out", "player_id": player,
             "data": {"ticket_id": f"t{n}", "reason": "timed_out", **({"pad": pad} if pad else {})}}
    headers = {"ce_id": f"1-14-1-{time.time_ns() // 1000}-0", "ce_type": value["type"],
               "ce_source": "matchmaker/by-hand", "ce_time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}
    return topics.append(EVENTS, partition, json.dumps(value), key=player, headers=headers)


def empty_redis(stack):
    stack.redis.restart()
    stack.redis.wait_ready()


@pytest.fixture
def redis_client(stack):
    with stack.redis.client() as client:
        yield client


def inbox_tickets(client, player):
    return [json.loads(fields["message"])["data"]["ticket_id"] for _, fields in client.xrange(f"inbox:{{{player}}}")]


# ---- the notifier dies ------------------------------------------------------------------------------------------------

async def test_killed_ten_times(stack, topics, name, number):
    since = topics.ends(OUTBOX)
    async with Pairs(stack, name, number, 300) as pairs:
        for n in range(10):
            await pairs.start(30 * n, 30)
            if n % 2 == 0:  # it is in the middle of it; else it may not even have begun
                told = stack.gateway.metric("gateway_messages_acknowledged_total")
                await net.until(lambda: stack.gateway.metric("gateway_messages_acknowledged_total") != told, "a message")
            stack.notifier.restart()
        await pairs.all_matched(topics, since)
    stack.wait_ready()


async def test_stopped_until_its_partitions_move(own_stack, topics, name, number):
    """It goes on when another one has delivered what it had begun."""
    since, stack = topics.ends(OUTBOX), own_stack()
    stack.start()
    second = stack.add("notifier-2", "notifier")
    second.start()
    second.wait_ready()
    for daemon in (stack.notifier, second):
        await net.until(lambda d=daemon: d.metric("notifier_partitions") == 6, "shared partitions", 30)
    async with Pairs(stack, name, number, 120) as pairs:
        await pairs.start(0, 60)
        stack.notifier.signal(signal.SIGSTOP)
        await pairs.start(60, 60)
        await net.until(lambda: second.metric("notifier_partitions") == 12, second.log_tail, 30)
        stack.notifier.signal(signal.SIGCONT)
        await pairs.all_matched(topics, since)
        for daemon in (stack.notifier, second):
            await net.until(lambda d=daemon: d.metric("notifier_partitions") == 6, "shared partitions", 30)


# ---- Redis comes back empty -------------------------------------------------------------------------------------------

def while_it_runs(stack):
    empty_redis(stack)


def stop_committed(daemon):
    daemon.signal(signal.SIGTERM)
    assert daemon.end() == 0, daemon.log_tail()


def while_it_is_away(stack):
    """It learns from what it committed that it was another Redis."""
    stop_committed(stack.notifier)
    empty_redis(stack)
    stack.notifier.start()


def and_it_dies_going_back(stack):
    stop_committed(stack.notifier)
    empty_redis(stack)
    rewinds = stack.notifier.log().count("rewind ")
    stack.notifier.start()
    net.wait_until(lambda: stack.notifier.log().count("rewind ") > rewinds, stack.notifier.log_tail)
    stack.notifier.restart()


@pytest.mark.parametrize("how", [while_it_runs, while_it_is_away, and_it_dies_going_back], ids=lambda f: f.__name__)
async def test_the_inbox_is_filled_again(stack, topics, name, pool, how):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        event_id = await matched_while_away(stack, topics, pool, alice, bob)
        how(stack)
        stack.wait_ready()
        await net.until(lambda: inbox_length(stack, alice) == 1, stack.notifier.log_tail, 30)
        await alice.connect()
        found = await alice.expect("match_found")
        assert found["id"] == event_id and found["data"]["opponent"] == bob.id


async def everything_once_more(stack, topics, name, redis_client):
    """What earlier tests left in the topic is now counted by this process too: it has taken the last of each partition."""
    rewinds = stack.notifier.metric("notifier_rewinds_total")
    empty_redis(stack)
    await net.until(lambda: stack.notifier.metric("notifier_rewinds_total") == rewinds + 12, stack.notifier.log_tail, 30)
    last = [name(f"last-{partition}") for partition in range(12)]
    for partition, player in enumerate(last):
        append_event(topics, player, 0, partition=partition)
    await net.until(lambda: all(inbox_tickets(redis_client, player) for player in last), stack.notifier.log_tail, 30)
    await net.until(lambda: stack.notifier.metric("notifier_in_flight") == 0, stack.notifier.log_tail, 30)


async def test_what_comes_again_is_in_order_and_counted_once(stack, topics, name, redis_client):
    """Also before what comes while it goes back; a second loss begins again. A dead letter is not written again."""
    player, tickets, since = name("alice"), [f"t{n}" for n in range(30)], topics.ends(EVENTS_DLQ)
    await everything_once_more(stack, topics, name, redis_client)
    malformed = topics.append(EVENTS, 7, "hello", key=player, headers={"ce_type": "matchmaking_timed_out"})
    before = stack.notifier.metric("notifier_inbox_messages_total")
    for n in range(10):
        append_event(topics, player, n)
    await net.until(lambda: inbox_tickets(redis_client, player) == tickets[:10], "ten messages")
    for first in (10, 20):
        rewinds = stack.notifier.metric("notifier_rewinds_total")
        empty_redis(stack)
        for n in range(first, first + 10):
            append_event(topics, player, n)
        await net.until(lambda: inbox_tickets(redis_client, player) == tickets[:first + 10],
                        lambda: inbox_tickets(redis_client, player), 30)
        assert stack.notifier.metric("notifier_rewinds_total") == rewinds + 12
    assert stack.notifier.metric("notifier_inbox_messages_total") == before + 30
    assert stack.notifier.metric("notifier_reread_total") > 0
    dead = [r for r in topics.read(EVENTS_DLQ, since) if r.headers["dlq_source_offset"] == str(malformed)]
    assert len(dead) == 1
    stack.wait_ready()


async def test_flushed_under_a_living_connection(stack, topics, name, redis_client):
    """Redis takes a later message before anybody knows: the earlier ones are no repeats of it."""
    player = name("alice")
    for n in range(10):
        append_event(topics, player, n)
    await net.until(lambda: len(inbox_tickets(redis_client, player)) == 10, "ten messages")
    redis_client.flushall()
    append_event(topics, player, 10)
    await net.until(lambda: set(inbox_tickets(redis_client, player)) == {f"t{n}" for n in range(11)},
                    lambda: inbox_tickets(redis_client, player), 30)
    stack.wait_ready()


# ---- Redis refuses ----------------------------------------------------------------------------------------------------

async def test_redis_out_of_memory(stack, topics, name, redis_client):
    """For some of the messages of each player, for a while: they come in order, none twice, none is lost."""
    retries = stack.notifier.metric("notifier_retries_total")
    async with connected(stack.ws_port, *(name(f"p{n}") for n in range(5))) as players:
        for n in range(40):
            stack.redis.configure("maxmemory", 1 if n % 4 < 2 else 0)
            for player in players:
                append_event(topics, player.id, n)
            if n == 0:
                await net.until(lambda: stack.notifier.metric("notifier_retries_total") > retries, "a refusal")
        stack.redis.configure("maxmemory", 0)
        for player in players:
            got = [(await player.expect("matchmaking_timed_out"))["data"]["ticket_id"] for _ in range(40)]
            assert got == [f"t{n}" for n in range(40)]
        for player in players:
            await net.until(lambda p=player: inbox_length(stack, p) == 0, "the inbox emptied by the pongs")
            assert player.messages == []


async def test_junk_in_the_place_of_an_inbox(stack, topics, name, redis_client):
    """What Redis can never take is a dead letter, and nobody waits for it."""
    since, player = topics.ends(EVENTS_DLQ), name("mallory")
    redis_client.set(f"inbox:{{{player}}}", "junk")
    async with connected(stack.ws_port, name("alice")) as (alice,):
        offset = append_event(topics, player, 1)
        append_event(topics, alice.id, 2)
        assert (await alice.expect("matchmaking_timed_out"))["data"]["ticket_id"] == "t2"
        dead = topics.wait_for(EVENTS_DLQ, since, lambda r: r.headers["dlq_source_offset"] == str(offset), "dead letter")
        check_record(dead)
        assert "WRONGTYPE" in dead.headers["dlq_reason"] and json.loads(dead.value)["player_id"] == player
        redis_client.delete(f"inbox:{{{player}}}")
        append_event(topics, player, 3)
        await net.until(lambda: inbox_tickets(redis_client, player) == ["t3"], "the next one in the inbox")


# ---- bounds -----------------------------------------------------------------------------------------------------------

async def test_memory_is_bounded_in_bytes(own_stack, topics, name):
    """Redis is away, and every event is large: no more are read than may be kept."""
    most, size, count = 1048576, 100000, 60
    stack = own_stack(settings={"IN_FLIGHT_MAX_BYTES": str(most)})
    stack.start()
    before = stack.notifier.metric("notifier_events_total")
    stack.redis.kill()
    for n in range(count):
        append_event(topics, name("alice"), n, "x" * size)
    await net.until(lambda: stack.notifier.metric("notifier_in_flight_bytes") >= most, "enough")
    assert stack.notifier.metric("notifier_in_flight_bytes") < most + 3 * size  # the record and the message of one
    assert stack.notifier.metric("notifier_events_total") - before < count
    stack.redis.start()
    stack.redis.wait_ready()
    wanted = [f"t{n}" for n in range(count)]
    with stack.redis.client() as client:
        await net.until(lambda: inbox_tickets(client, name("alice")) == wanted, stack.notifier.log_tail, 60)
    await net.until(lambda: stack.notifier.metric("notifier_in_flight_bytes") == 0, "nothing kept")


async def test_stopped_while_redis_is_away(stack, topics, name):
    """It ends well with deliveries under way, and they are not lost."""
    player = name("alice")
    stack.redis.kill()
    append_event(topics, player, 1)
    await net.until(lambda: stack.notifier.metric("notifier_in_flight") > 0, "a delivery that waits")
    stop_committed(stack.notifier)
    stack.redis.start()
    stack.redis.wait_ready()
    stack.notifier.start()
    with stack.redis.client() as client:
        await net.until(lambda: inbox_tickets(client, player) == ["t1"], stack.notifier.log_tail, 30)
    stack.wait_ready()
