"""Messages to players who are not there, or who do not prove that they got them."""
import json

import net
from checker import EVENTS
from players import Player, connected


def inbox_length(stack, player):
    with stack.redis.client() as client:
        return client.xlen(f"inbox:{{{player.id}}}")


async def matched_while_away(stack, topics, pool, alice, bob):
    """Alice queues and goes; Bob comes. Her event's id."""
    since = topics.ends(EVENTS)
    await alice.start(pool)
    await alice.close()
    await bob.start(pool)
    await bob.expect("match_found")
    event = topics.wait_for(EVENTS, since, lambda r: r.key == alice.id, "match_ready for alice")
    await net.until(lambda: inbox_length(stack, alice) == 1, "the message in the inbox")
    return event.headers["ce_id"]


async def test_matched_while_away(stack, topics, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        event_id = await matched_while_away(stack, topics, pool, alice, bob)
        await alice.connect()
        found = await alice.expect("match_found")
        assert found["id"] == event_id and found["data"]["opponent"] == bob.id
        await net.until(lambda: inbox_length(stack, alice) == 0, "the inbox emptied by the pong")
        await alice.close()
        await alice.connect()
        await alice.ping()  # what the inbox held would have come before the pong
        assert alice.messages == []


async def test_what_is_acknowledged_leaves_the_inbox(stack, name, pool):
    acknowledged = stack.gateway.metric("gateway_messages_acknowledged_total")
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        for player in players:
            await player.start(pool)
        for player in players:
            await player.expect("match_found")
        for player in players:
            await net.until(lambda: inbox_length(stack, player) == 0, f"the inbox of {player.id} empty")
    assert stack.gateway.metric("gateway_messages_acknowledged_total") == acknowledged + 2


async def test_without_a_pong_it_comes_again(stack, topics, name, pool):
    async def no_pong(data=b""):
        pass

    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        alice.socket.pong = no_pong
        await alice.start(pool)
        await bob.start(pool)
        first = await alice.expect("match_found")
        await alice.vanish()
        await alice.connect()
        assert await alice.expect("match_found") == first


async def test_with_last_id_only_what_is_after_it_comes(stack, name, pool):
    """Three messages that no pong has proved; the client says that it had the second."""
    async def no_pong(data=b""):
        pass

    async with connected(stack.ws_port, name("alice")) as (alice,):
        alice.socket.pong = no_pong
        for n in range(4):
            await alice.start(pool, ticket_id=name(f"t{n}"))
        first, second, third = [await alice.expect("matchmaking_cancelled") for _ in range(3)]
        await alice.vanish()
        await alice.connect(last_id=second["id"])
        assert await alice.expect("matchmaking_cancelled") == third
        await alice.ping()
        assert alice.messages == []
        await net.until(lambda: inbox_length(stack, alice) == 0, "the inbox empty")
        await alice.vanish()
        await alice.connect(last_id=first["id"])  # known once, gone from the inbox: says nothing
        await alice.ping()
        assert alice.messages == []


async def test_messages_come_in_their_order(stack, name, pool):
    """Four tickets, each replacing the one before: three are cancelled, live and in order."""
    async with connected(stack.ws_port, name("alice")) as (alice,):
        tickets = [name(f"t{n}") for n in range(4)]
        for n, ticket in enumerate(tickets):
            await alice.send(json.dumps({"action": "start_matchmaking",
                                         "data": {"configuration": pool, "ticket_id": ticket}}))
        for ticket in tickets:
            await alice.expect("matchmaking_queued")
        cancelled = [(await alice.expect("matchmaking_cancelled"))["data"] for _ in tickets[:3]]
        assert cancelled == [{"ticket_id": t, "reason": "replaced"} for t in tickets[:3]]


async def test_a_message_goes_to_the_newest_connection(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        newer = await Player(stack.ws_port, alice.id).connect()
        await bob.start(pool)
        assert (await newer.expect("match_found"))["data"]["opponent"] == bob.id
        assert all(m["type"] != "match_found" for m in alice.messages)
        await newer.close()


async def test_last_id_says_nothing_of_what_another_redis_was_given(stack, name):
    """
    Redis came back empty. Before anybody knew, it was given a message; then the older ones came again, behind it. Who had
    the last of these has not had the first: neither on the connection that stands, nor on the next.
    """
    had, missed = [json.dumps({"type": "matchmaking_timed_out", "id": f"1-14-1-{n}-0",
                               "data": {"ticket_id": f"t{n}", "reason": "timed_out"}}) for n in (1, 2)]

    def fill(client):
        for n, message, generation in ((2, missed, "0" * 16), (1, had, "1" * 16)):
            client.xadd(f"inbox:{{{alice.id}}}", {"id": f"1-14-1-{n}-0", "message": message, "generation": generation})
    alice = Player(stack.ws_port, name("alice"))
    await alice.connect(last_id="1-14-1-1-0")
    with stack.redis.client() as client:
        fill(client)
    stack.redis.be_another()  # the gateway reads all inboxes again
    assert (await alice.expect("matchmaking_timed_out"))["id"] == "1-14-1-2-0"
    await alice.close()
    with stack.redis.client() as client:
        client.delete(f"inbox:{{{alice.id}}}")
        fill(client)
    await alice.connect(last_id="1-14-1-1-0")
    assert (await alice.expect("matchmaking_timed_out"))["id"] == "1-14-1-2-0"
    await net.until(lambda: inbox_length(stack, alice) == 0, "the inbox empty")
    assert alice.messages == []
    await alice.close()
    stack.wait_ready()


async def test_what_comes_again_is_proved_again(stack, name, pool):
    """An emptied Redis is given the messages again; whoever had them on this connection is not sent them, nor later."""
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        for player in players:
            await player.start(pool)
        for player in players:
            await player.expect("match_found")
        before = stack.gateway.metric("gateway_outbox_records_total", "repeated")
        with stack.redis.client() as client:
            client.flushall()
        await net.until(lambda: stack.gateway.metric("gateway_outbox_records_total", "repeated") >= before + 2, "both again")
        for player in players:
            await net.until(lambda p=player: inbox_length(stack, p) == 0, f"the inbox of {player.id} empty")
            assert player.messages == []
    stack.wait_ready()
