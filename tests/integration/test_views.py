"""Redis is a view: what it loses, or did not take, is written again from what the journal says (P5, P7)."""
import asyncio
import signal

import pytest

import net
from checker import JOURNAL, History
from players import Player, connected
from stack import partition_of

WAITING, PAIRS = 200, 20


def holds(client, player, ticket):
    """The player's claim and the ticket's view say that it is open."""
    return (client.hget(f"claim:{{{player.id}}}", "ticket") == ticket
            and client.hget(f"ticket:{{{ticket}}}", "state") == "SEARCHING")


def is_free(client, player):
    return not client.exists(f"claim:{{{player.id}}}")


async def start_apart(players, configuration):
    """Nobody of them meets anybody. {player: ticket}"""
    return {player: await player.start(configuration, attributes={"skill": 10000 * n})
            for n, player in enumerate(players)}


async def start_pairs(players, configuration):
    """Each two of them meet after a second, when their windows widen. {player: ticket}"""
    return {player: await player.start(configuration, attributes={"skill": 10000 * (n // 2) + 100 * (n % 2)})
            for n, player in enumerate(players)}


async def until_matched(stack, before, pairs):
    await net.until(lambda: stack.matchmaker.metric("matchmaker_matches_total") >= before + pairs,
                    stack.matchmaker.log_tail, every_s=0.1)


def matches(stack):
    return stack.matchmaker.metric("matchmaker_matches_total")


def redis_is(stack, state):
    """Whether the matchmaker says that Redis is there."""
    return (stack.matchmaker.dependencies()[1].get("redis", {}).get("ready") is True) == state


async def test_an_emptied_redis_is_filled_again(stack, topics, name, number):
    waiting = [Player(stack.ws_port, name(f"w{n}")) for n in range(WAITING)]
    pairs = [Player(stack.ws_port, name(f"p{n}")) for n in range(2 * PAIRS)]
    try:
        for player in waiting + pairs:
            await player.connect()
        open_ = await start_apart(waiting, f"crowd-{number}")
        before = matches(stack)
        ended = await start_pairs(pairs, f"pool-{number}")
        stack.redis.kill()
        await until_matched(stack, before, PAIRS)
        stack.redis.start()
        stack.redis.wait_ready()
        with stack.redis.client() as client:
            await net.until(lambda: all(holds(client, player, ticket) for player, ticket in open_.items()),
                            lambda: [p.id for p, t in open_.items() if not holds(client, p, t)][:5], every_s=0.1)
            await net.until(lambda: all(is_free(client, player) for player in pairs),
                            lambda: [p.id for p in pairs if not is_free(client, p)][:5])
        assert set(ended.values()) <= set(History(topics.read(JOURNAL)).matched)
        for player, ticket in list(open_.items())[:10]:
            await player.wait_state(ticket, "SEARCHING")
            answer = await player.ask("start_matchmaking", {"configuration": f"pool-{number}"})
            assert answer["data"]["code"] == "already_queued" and answer["data"]["ticket_id"] == ticket, answer
    finally:
        await asyncio.gather(*(player.vanish() for player in waiting + pairs if player.socket is not None))


async def test_what_ends_while_redis_is_away_is_released(own_stack, name, number):
    stack = own_stack(settings={"REDIS_TIMEOUT_MS": "300"})
    stack.start()
    ids = [name(f"p{n}") for n in range(10)]
    async with connected(stack.ws_port, *ids) as players:
        before = matches(stack)
        tickets = await start_pairs(players, f"pool-{number}")
        with stack.redis.client() as client:
            await net.until(lambda: all(holds(client, player, ticket) for player, ticket in tickets.items()),
                            "not held by their players")
        stack.redis.signal(signal.SIGSTOP)
        try:
            await net.until(lambda: redis_is(stack, False), stack.matchmaker.log_tail)
            assert matches(stack) < before + len(players) // 2, "Redis was noticed to be away after the matches"
            await until_matched(stack, before, len(players) // 2)
            await net.until(lambda: stack.matchmaker.metric("matchmaker_views_waiting") > 0, stack.matchmaker.log_tail)
        finally:
            stack.redis.signal(signal.SIGCONT)
        for player, ticket in tickets.items():
            await player.wait_state(ticket, "COMPLETED")
        with stack.redis.client() as client:
            await net.until(lambda: all(is_free(client, player) for player in players), stack.matchmaker.log_tail)
        await net.until(lambda: stack.matchmaker.metric("matchmaker_views_waiting") == 0, stack.matchmaker.log_tail)
        assert stack.matchmaker.metric("matchmaker_views_lost_total") == 0


async def test_what_ends_while_redis_is_full_is_released(stack, name, number):
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        before = matches(stack)
        tickets = await start_pairs(players, f"pool-{number}")
        with stack.redis.client() as client:
            await net.until(lambda: all(holds(client, player, ticket) for player, ticket in tickets.items()),
                            "not held by their players")
            stack.redis.configure("maxmemory", 1)
            try:
                await until_matched(stack, before, 1)
                await net.until(lambda: "views_behind" in stack.matchmaker.log(), stack.matchmaker.log_tail)
            finally:
                stack.redis.configure("maxmemory", 0)
            for player, ticket in tickets.items():
                await player.wait_state(ticket, "COMPLETED")
            await net.until(lambda: all(is_free(client, player) for player in players), stack.matchmaker.log_tail)


async def restart_alone(stack):
    stack.matchmaker.restart()


async def restart_with_redis(stack):
    stack.matchmaker.kill()
    stack.redis.restart()
    stack.redis.wait_ready()
    stack.matchmaker.start()


@pytest.mark.parametrize("restart, filled", [(restart_alone, False), (restart_with_redis, True)], ids=["alone", "with-redis"])
async def test_a_new_ruler_fills_an_empty_redis_only(stack, name, pool, restart, filled):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        seen = len(stack.matchmaker.log())
        await restart(stack)
        stack.wait_ready()
        said = f"views_{'rebuilt' if filled else 'complete'} partition={partition_of(pool)} "
        await net.until(lambda: said in stack.matchmaker.log()[seen:], stack.matchmaker.log_tail)
        with stack.redis.client() as client:
            assert holds(client, alice, ticket)
        assert (stack.matchmaker.metric("matchmaker_views_rebuilt_total") > 0) == filled
