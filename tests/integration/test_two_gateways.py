"""
Two gateways. One that dies, is stopped or loses its Redis keeps nobody's place for ever, and takes nobody's ticket who
is back in time or connected elsewhere.
"""
import asyncio
import json
import signal

import pytest

import net
from checker import EVENTS, JOURNAL, OUTBOX, QUEUE, History
from players import Player, connected
from test_grace import cancelled, left

running = None


@pytest.fixture
def pair(lab):
    """A stack with two gateways, ready; shared by the tests that bring back what they stop."""
    global running
    if running is None or lab.stack is not running:
        running = lab.begin(gateways=2)
        running.start()
    running.wait_ready()
    return running


def presence(stack, player):
    with stack.redis.client() as client:
        return client.hgetall(f"presence:{{{player.id}}}")


def gateways(stack):
    """Ids of those that live or are not cleared up."""
    with stack.redis.client() as client:
        return client.smembers("gateways")


def held(stack, gateway):
    with stack.redis.client() as client:
        return client.hgetall(f"held:{{{gateway}}}")


async def cleared_up(stack, *dead, timeout_s=15):
    await net.until(lambda: not gateways(stack) & set(dead), lambda: f"{gateways(stack)}\n{stack.logs()}", timeout_s)
    assert not any(held(stack, gateway) for gateway in dead)


def leavings(topics, since, *tickets):
    return [json.loads(r.value) for r in topics.read(QUEUE, since)
            if any(left(ticket)(r) for ticket in tickets)]


async def no_pong(data=b""):
    """A client that never proves anything."""


# ---- both die -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("proved_nothing", [False, True], ids=["matched-while-away", "told-but-not-proved"])
async def test_both_gateways_killed(pair, topics, name, pool, proved_nothing):
    """They reconnect to the other one each, and get what they missed, once and with the same id."""
    since, ids = topics.ends(EVENTS), {}
    async with connected(pair.ws_ports[0], *[name(f"a{n}") for n in range(8)]) as ones, \
            connected(pair.ws_ports[1], *[name(f"b{n}") for n in range(8)]) as others:
        for n, (one, other) in enumerate(zip(ones, others)):
            one.socket.pong = other.socket.pong = no_pong
            await one.start(pool, attributes={"skill": 1000 * n})
            await other.start(pool, attributes={"skill": 1000 * n + (0 if proved_nothing else 100)})  # after a second
        if proved_nothing:
            for player in ones + others:
                ids[player.id] = (await player.expect("match_found"))["id"]
        for gateway in pair.gateways:
            gateway.kill()
        for player in ones + others:
            record = topics.wait_for(EVENTS, since, lambda r: r.key == player.id, f"match_ready for {player.id}")
            assert ids.setdefault(player.id, record.headers["ce_id"]) == record.headers["ce_id"]
        for gateway in pair.gateways:
            gateway.start()
        pair.wait_ready()
        for player in ones + others:
            player.port = pair.ws_ports[1 - pair.ws_ports.index(player.port)]
            await player.connect()
        for player in ones + others:
            assert (await player.expect("match_found"))["id"] == ids[player.id]
            await player.ping()
            assert player.messages == []


# ---- one dies -----------------------------------------------------------------------------------------------------

async def test_a_dead_gateways_players_leave(pair, topics, name, pool):
    queue, journal = topics.ends(QUEUE), topics.ends(JOURNAL)
    reaped = pair.gateways[1].metric("gateway_gateways_reaped_total")
    async with connected(pair.ws_port, name("stays-away"), name("returns"), name("idle")) as (gone, back, idle):
        ticket = await gone.start(pool, attributes={"skill": 1000})
        kept = await back.start(pool, attributes={"skill": 5000})
        dead = presence(pair, gone)["gateway"]
        assert held(pair, dead).items() >= {p.id: p.connection_id for p in (gone, back, idle)}.items()
        pair.gateway.kill()
        back.port = pair.ws_ports[1]
        await back.connect()
        topics.wait_for(JOURNAL, journal, cancelled(ticket), "the cancel")
        await cleared_up(pair, dead)
        assert leavings(topics, queue, ticket, kept) == [
            {"TicketId": ticket, "PlayerId": gone.id, "ConnectionId": gone.connection_id}]
        assert presence(pair, gone) == presence(pair, idle) == {}
        assert presence(pair, back)["connection"] == back.connection_id
        assert pair.gateways[1].metric("gateway_gateways_reaped_total") > reaped
        await back.wait_state(kept, "SEARCHING")
        pair.gateway.start()
        pair.gateway.wait_ready()
        await gone.connect()
        assert (await gone.expect("matchmaking_cancelled"))["data"] == {"ticket_id": ticket, "reason": "player_left"}


async def test_a_gateway_clears_up_after_its_former_self(stack, topics, name, pool):
    """There is no other."""
    queue = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("stays-away"), name("returns")) as (gone, back):
        ticket = await gone.start(pool, attributes={"skill": 1000})
        kept = await back.start(pool, attributes={"skill": 5000})
        dead = presence(stack, gone)["gateway"]
        stack.gateway.restart()
        stack.gateway.wait_ready()
        await back.connect()
        await cleared_up(stack, dead)
        assert [record["TicketId"] for record in leavings(topics, queue, ticket, kept)] == [ticket]
        await back.wait_state(kept, "SEARCHING")


async def test_a_reaper_that_dies_leaves_nothing_half_done(own_stack, topics, name, pool):
    """A slow producer and small steps: it is killed when some have left, and some have not."""
    count = 200
    stack = own_stack(gateways=2)
    for gateway in stack.gateways:
        gateway.env["KAFKA_CONF"] = "producer.linger.ms=250"
    stack.start()
    stack.redis.configure("hash-max-listpack-entries", 0)
    queue = topics.ends(QUEUE)
    async with connected(stack.ws_port, *[name(f"p{n}") for n in range(count)]) as players:
        tickets = await asyncio.gather(*[p.start(pool, attributes={"skill": 1000 * n}) for n, p in enumerate(players)])
        dead = presence(stack, players[0])["gateway"]
        reaper, = gateways(stack) - {dead}
        stack.gateway.kill()
        topics.wait_for(QUEUE, queue, lambda r: r.headers["ce_type"] == "PlayerLeft", "the first PlayerLeft")
        await net.until(lambda: len(held(stack, dead)) < count, "the first ones out of the index")
        stack.gateways[1].kill()
        assert 0 < len(held(stack, dead)) < count
        for gateway in stack.gateways:
            gateway.start()
        stack.wait_ready()
        await cleared_up(stack, dead, reaper)
        assert {record["TicketId"] for record in leavings(topics, queue, *tickets)} == set(tickets)
        assert all(presence(stack, player) == {} for player in players)
        await net.until(lambda: not History(topics.read(JOURNAL)).open_tickets() & set(tickets), "all cancelled")


async def test_a_gateway_that_stood_still_comes_back(pair, topics, name, pool):
    """It was taken for dead and its player has left; as it lives, the player is reachable again."""
    queue = topics.ends(QUEUE)
    async with connected(pair.ws_port, name("alice")) as (alice,), connected(pair.ws_ports[1], name("bob")) as (bob,):
        ticket = await alice.start(pool)
        dead = presence(pair, alice)["gateway"]
        pair.gateway.signal(signal.SIGSTOP)
        try:
            await net.until(lambda: dead not in gateways(pair), pair.gateways[1].log_tail)
        finally:
            pair.gateway.signal(signal.SIGCONT)
        assert len(leavings(topics, queue, ticket)) == 1
        await net.until(lambda: dead in gateways(pair) and presence(pair, alice) != {}, pair.gateway.log_tail)
        assert presence(pair, alice)["connection"] == alice.connection_id
        assert held(pair, dead)[alice.id] == alice.connection_id
        assert (await alice.expect("matchmaking_cancelled"))["data"]["ticket_id"] == ticket
        await alice.start(pool)
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id


# ---- one is stopped -----------------------------------------------------------------------------------------------

async def test_a_gateway_stops_during_the_grace_time(pair, topics, name, pool):
    """The others go on with what it leaves: who was gone already, who is closed now, and who comes back."""
    queue, journal = topics.ends(QUEUE), topics.ends(JOURNAL)
    async with connected(pair.ws_port, name("gone"), name("closed"), name("returns")) as (gone, closed, back):
        tickets = [await p.start(pool, attributes={"skill": 5000 * n}) for n, p in enumerate((gone, closed, back))]
        stopped = presence(pair, gone)["gateway"]
        await gone.vanish()
        pair.gateway.signal(signal.SIGTERM)
        assert await closed.closed() == 1001
        back.port = pair.ws_ports[1]
        await back.connect()
        assert pair.gateway.end() == 0
        for ticket in tickets[:2]:
            topics.wait_for(JOURNAL, journal, cancelled(ticket), "the cancel")
        await cleared_up(pair, stopped)
        assert {record["TicketId"] for record in leavings(topics, queue, *tickets)} == set(tickets[:2])
        await back.wait_state(tickets[2], "SEARCHING")
        pair.gateway.start()
        pair.gateway.wait_ready()


async def test_who_returns_to_a_restarted_gateway_keeps_the_ticket(pair, topics, name, pool):
    queue = topics.ends(QUEUE)
    async with connected(pair.ws_port, *[name(f"p{n}") for n in range(10)]) as players:
        tickets = [await p.start(pool, attributes={"skill": 5000 * n}) for n, p in enumerate(players)]
        stopped = presence(pair, players[0])["gateway"]
        pair.gateway.signal(signal.SIGTERM)
        assert pair.gateway.end() == 0
        pair.gateway.start()
        pair.gateway.wait_ready()
        for player in players:
            await player.closed()
            await player.connect()
        await cleared_up(pair, stopped)
        assert leavings(topics, queue, *tickets) == []
        for player, ticket in zip(players, tickets):
            await player.wait_state(ticket, "SEARCHING")


# ---- Redis comes back empty ---------------------------------------------------------------------------------------

async def test_redis_comes_back_empty(pair, topics, name, pool):
    """Who is connected stays so and is reachable; who was in the grace time leaves after it, and nobody else."""
    queue, journal = topics.ends(QUEUE), topics.ends(JOURNAL)
    async with connected(pair.ws_ports[0], name("alice"), name("gone"), name("moves")) as (alice, gone, moves), \
            connected(pair.ws_ports[1], name("bob")) as (bob,):
        tickets = [await p.start(pool, attributes={"skill": 5000 * n}) for n, p in enumerate((alice, gone, moves))]
        generation = pair.redis.generation()
        await moves.vanish()
        moves.port = pair.ws_ports[1]
        await moves.connect()
        await gone.vanish()
        pair.redis.restart()
        pair.redis.wait_ready()
        await net.until(lambda: pair.redis.generation() not in (None, generation), "a new generation")
        await net.until(lambda: all(presence(pair, p).get("connection") == p.connection_id for p in (alice, moves, bob)),
                        lambda: pair.logs())
        pair.wait_ready()
        await bob.start(pool, attributes={"skill": 0})
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id
        await bob.expect("match_found")
        topics.wait_for(JOURNAL, journal, cancelled(tickets[1]), "the cancel of the one who is gone")
        assert {record["TicketId"] for record in leavings(topics, queue, *tickets)} == {tickets[1]}
        assert tickets[2] in History(topics.read(JOURNAL)).open_tickets()
        await net.until(lambda: presence(pair, gone) == {}, "presence of the one who is gone deleted")
        for player in (alice, moves, bob):  # the same connections
            await player.ping()


async def test_nobody_leaves_before_the_others_have_spoken(own_stack, topics, name, pool):
    """
    The gateway that holds the player stands still when Redis comes back empty, and the one before has written its own:
    it does not act on that although the grace time is long over.
    """
    stack = own_stack(gateways=2, settings={"LEASE_MS": "8000"})
    stack.start()
    queue = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("moves")) as (player,):
        ticket, former = await player.start(pool), presence(stack, player)["gateway"]
        await player.vanish()
        player.port = stack.ws_ports[1]
        await player.connect()
        stack.gateways[1].signal(signal.SIGSTOP)
        try:
            stack.redis.restart()
            stack.redis.wait_ready()
            await net.until(lambda: presence(stack, player).get("gateway") == former, stack.gateway.log_tail)
            assert presence(stack, player)["gone"] == "1"
            await net.until(lambda: stack.redis.uptime_s() >= 3, "some tries of the former one")
        finally:
            stack.gateways[1].signal(signal.SIGCONT)
        await net.until(lambda: presence(stack, player).get("connection") == player.connection_id, stack.logs)
        await net.until(lambda: player.id not in held(stack, former), stack.logs, 60)  # a busy machine breaks contacts
        assert leavings(topics, queue, ticket) == []
        assert ticket in History(topics.read(JOURNAL)).open_tickets()


async def test_a_presence_that_is_lost_is_no_evidence(stack, topics, name, pool):
    """A key is missing, in a Redis that is otherwise as it was: the player is still the gateway's, and leaves."""
    queue = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool)
        await alice.vanish()
        await net.until(lambda: presence(stack, alice).get("gone") == "1", "the mark")
        with stack.redis.client() as client:
            assert client.delete(f"presence:{{{alice.id}}}") == 1
        topics.wait_for(QUEUE, queue, left(ticket), "PlayerLeft")
        await net.until(lambda: presence(stack, alice) == {}, "presence deleted again")


# ---- two connections of one player --------------------------------------------------------------------------------

async def both(stack, player_id):
    """A connection at each gateway, the second one newer."""
    return [await Player(port, player_id).connect() for port in stack.ws_ports]


async def test_a_newer_connection_elsewhere_replaces(pair, topics, name, pool):
    queue, outbox = topics.ends(QUEUE), topics.ends(OUTBOX)
    older = await Player(pair.ws_ports[0], name("alice")).connect()
    ticket = await older.start(pool)
    newer = await Player(pair.ws_ports[1], older.id).connect()
    assert await older.closed() == 1008
    assert older.socket.close_reason == "replaced by a newer connection"
    told = topics.wait_for(OUTBOX, outbox, lambda r: r.headers["ce_type"] == "replaced", "`replaced`")
    assert told.headers["connection"] == older.connection_id
    first = presence(pair, newer)
    assert first["connection"] == newer.connection_id and "gone" not in first
    await net.until(lambda: not any(older.connection_id in held(pair, g).values() for g in gateways(pair)),
                    "the older one's index entry removed after the grace time")
    assert presence(pair, newer) == first
    assert leavings(topics, queue, ticket) == []
    async with connected(pair.ws_ports[0], name("bob")) as (bob,):
        await bob.start(pool)
        assert (await newer.expect("match_found"))["data"]["opponent"] == bob.id
    await newer.close()


async def test_who_learns_late_that_it_was_replaced(pair, topics, name, pool):
    """The older one's gateway stands still meanwhile: what it does afterwards harms nobody."""
    queue = topics.ends(QUEUE)
    older = await Player(pair.ws_ports[0], name("alice")).connect()
    ticket = await older.start(pool)
    pair.gateway.signal(signal.SIGSTOP)
    try:
        newer = await Player(pair.ws_ports[1], older.id).connect()
        await older.vanish()
    finally:
        pair.gateway.signal(signal.SIGCONT)
    await net.until(lambda: not any(older.connection_id in held(pair, g).values() for g in gateways(pair)),
                    "the older one's index entry removed after the grace time")
    assert presence(pair, newer)["connection"] == newer.connection_id
    assert leavings(topics, queue, ticket) == []
    await newer.wait_state(ticket, "SEARCHING")
    await newer.close()


async def refused(port, player_id):
    """A connection that is closed before it is greeted."""
    player = Player(port, player_id)
    with pytest.raises(AssertionError, match="no connected"):
        await player.connect()
    assert (player.socket.close_code, player.socket.close_reason) == (1008, "already connected")


async def test_a_second_connection_may_be_refused(own_stack, name, pool):
    stack = own_stack(gateways=2, settings={"DUPLICATE_CONNECTION": "refuse"})
    stack.start()
    async with connected(stack.ws_port, name("alice")) as (alice,), connected(stack.ws_port, name("bob")) as (bob,):
        ticket = await alice.start(pool)
        for port in stack.ws_ports:
            await refused(port, alice.id)
        await alice.wait_state(ticket, "SEARCHING")
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id
        await alice.vanish()  # then nobody is in the way
        await net.until(lambda: presence(stack, alice).get("gone") == "1", "the mark")
        elsewhere = await Player(stack.ws_ports[1], alice.id).connect()
        await refused(stack.ws_ports[0], alice.id)
        await elsewhere.ping()
        stack.gateways[1].kill()  # nor is a dead gateway's connection, when its heartbeat has run out
        dead = presence(stack, alice)["gateway"]

        def silent():
            with stack.redis.client() as client:
                return not client.exists(f"gateway:{{{dead}}}")
        await net.until(silent, "the heartbeat over")
        await alice.connect()
        stack.gateways[1].start()
        stack.wait_ready()


# ---- missed pushes ------------------------------------------------------------------------------------------------

async def test_an_inbox_larger_than_the_send_queue(own_stack, name, pool):
    """It comes in portions, in order, and the connection lives on."""
    count = 60
    stack = own_stack(settings={"SEND_QUEUE_MAX_BYTES": "4096", "PONG_TIMEOUT_MS": "60000"})
    stack.start()
    async with connected(stack.ws_port, name("alice")) as (alice,):
        alice.socket.pong = no_pong
        tickets = [name(f"t{n}") for n in range(count + 1)]
        for ticket in tickets:
            await alice.start(pool, ticket_id=ticket)
        expected = [await alice.expect("matchmaking_cancelled") for _ in range(count)]
        assert sum(len(json.dumps(m)) for m in expected) > 2 * 4096
        await alice.vanish()
        await alice.connect()
        assert [await alice.expect("matchmaking_cancelled") for _ in range(count)] == expected
        await alice.ping()
        assert alice.messages == []


async def test_a_lost_place_in_the_outbox(own_stack, kafka, topics, name, pool):
    """The gateway stands still while its records are written and deleted: they come from the inbox."""
    stack = own_stack(gateways=2, settings={"LEASE_MS": "60000"})
    stack.start()
    async with connected(stack.ws_ports[0], name("alice")) as (alice,), \
            connected(stack.ws_ports[1], name("bob")) as (bob,):
        await alice.start(pool)
        slot = int(presence(stack, alice)["slot"])
        stack.gateway.signal(signal.SIGSTOP)
        try:
            topics.append(OUTBOX, slot, "{}")  # answers the request for more that is still open at the broker
            outbox = topics.ends(OUTBOX)
            await bob.start(pool)
            await bob.expect("match_found")
            topics.wait_for(OUTBOX, outbox, lambda r: r.key == alice.id, "the push for alice")
            kafka.delete_records(OUTBOX, slot, topics.ends(OUTBOX)[slot])
        finally:
            stack.gateway.signal(signal.SIGCONT)
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id
        assert "outbox" in stack.gateway.log() and stack.gateway.log().count("outbox_position") == 2
