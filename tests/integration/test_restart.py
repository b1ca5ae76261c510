"""A daemon is stopped, or killed, and started again: nobody loses a ticket or a message."""
import contextlib

import pytest

import net
from checker import EVENTS
from players import both_matched, connected
from stack import NAMES


@contextlib.contextmanager
def stopped(daemon):
    """In good order, and back afterwards."""
    daemon.end_gently()
    try:
        yield
    finally:
        daemon.start()
        daemon.wait_ready()


def restart_gently(daemon):
    with stopped(daemon):
        pass


def restart_hard(daemon):
    daemon.restart()
    daemon.wait_ready()


@pytest.mark.parametrize("daemon", [name for name in NAMES if name != "gateway"])
@pytest.mark.parametrize("how", [restart_gently, restart_hard], ids=["sigterm", "sigkill"])
async def test_a_ticket_outlives_a_restart(stack, name, pool, daemon, how):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        how(stack.daemons[daemon])
        await bob.start(pool)
        await both_matched(alice, bob)


async def test_a_gateway_that_stops_says_so(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        restart_gently(stack.gateway)
        assert await alice.closed() == 1001
        await bob.closed()
        await alice.connect()
        await bob.connect()
        await alice.wait_state(ticket, "SEARCHING")
        await bob.start(pool)
        await both_matched(alice, bob)


@pytest.mark.parametrize("daemon", ["matchmaker", "notifier"])
async def test_matched_while_a_daemon_is_away(stack, topics, name, pool, daemon):
    since = topics.ends(EVENTS)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        stack.daemons[daemon].kill()
        await alice.start(pool)
        await bob.start(pool)
        stack.daemons[daemon].start()
        await both_matched(alice, bob)
        stack.daemons[daemon].wait_ready()
        told = [r for r in topics.read(EVENTS, since) if r.key in (alice.id, bob.id)]
        assert len({r.headers["ce_id"] for r in told}) == 2


async def test_the_journal_alone_brings_the_tickets_back(stack, name, pool):
    """Redis is a view: the matchmaker restores its pools from the journal, not from there."""
    ids = [name(f"p{n}") for n in range(10)]
    async with connected(stack.ws_port, *ids) as players:
        for n, player in enumerate(players[:5]):
            await player.start(pool, attributes={"skill": 1000 * n})
        restart_hard(stack.matchmaker)
        await net.until(lambda: stack.matchmaker.metric("matchmaker_tickets_waiting") >= 5, stack.matchmaker.log_tail)
        for n, player in enumerate(players[5:]):
            await player.start(pool, attributes={"skill": 1000 * n})
        for one, other in zip(players[:5], players[5:]):
            await both_matched(one, other)
