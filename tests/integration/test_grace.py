"""Players who go away: beyond the grace time (500 ms here) they leave the queue, within it nothing happens."""
import json

from checker import JOURNAL, QUEUE, check_record
from players import connected


def left(ticket):
    """A PlayerLeft of that ticket, on the queue."""
    return lambda r: r.headers.get("ce_type") == "PlayerLeft" and json.loads(r.value)["TicketId"] == ticket


def cancelled(ticket):
    """A tick that cancels that ticket."""
    return lambda r: any(t.get("ticket") == ticket and t.get("state") == "CANCELLED"
                         for t in json.loads(r.value).get("transitions", []))


async def test_gone_for_good(stack, topics, name, pool):
    queue, journal = topics.ends(QUEUE), topics.ends(JOURNAL)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.vanish()
        record = topics.wait_for(QUEUE, queue, left(ticket), "PlayerLeft")
        assert check_record(record) == {"TicketId": ticket, "PlayerId": alice.id, "ConnectionId": alice.connection_id}
        assert record.headers["player_id"] == alice.id
        check_record(topics.wait_for(JOURNAL, journal, cancelled(ticket), "the cancel"))
        waits = await bob.start(pool)  # nobody is there to meet
        await bob.wait_state(waits, "SEARCHING")
        await alice.connect()
        message = await alice.expect("matchmaking_cancelled")
        assert message["data"] == {"ticket_id": ticket, "reason": "player_left"}


async def test_back_in_time(stack, topics, name, pool):
    since = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("alice"), name("gone"), name("bob")) as (alice, gone, bob):
        ticket = await alice.start(pool, attributes={"skill": 1000})
        other = await gone.start(pool, attributes={"skill": 3000})
        await alice.vanish()
        await alice.connect()
        await gone.vanish()  # after her, and does not come back: when this one has left, she would have too
        topics.wait_for(QUEUE, since, left(other), "PlayerLeft of the other")
        assert not any(left(ticket)(r) for r in topics.read(QUEUE, since))
        await alice.wait_state(ticket, "SEARCHING")
        await bob.start(pool, attributes={"skill": 1000})
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id


async def test_matched_before_the_grace_time_is_over(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        await alice.vanish()
        await bob.start(pool)
        match_id = (await bob.expect("match_found"))["data"]["match_id"]
        await alice.connect()
        assert (await alice.expect("match_found"))["data"]["match_id"] == match_id


async def test_leaving_without_a_ticket_says_nothing(stack, topics, name, pool):
    since = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("idle"), name("gone")) as (idle, gone):
        await idle.vanish()
        ticket = await gone.start(pool)
        await gone.vanish()
        topics.wait_for(QUEUE, since, left(ticket), "PlayerLeft")
        assert not any(r.headers.get("player_id") == idle.id for r in topics.read(QUEUE, since))


async def test_gone_after_a_refused_start(stack, topics, name, pool):
    """A start that the matchmaker refuses changes nothing: the open ticket is still the one to leave."""
    since = topics.ends(QUEUE)
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool)
        await alice.start(pool, attributes={"skill": "high"})
        assert (await alice.expect("error"))["data"]["code"] == "invalid_attributes"
        await alice.wait_state(ticket, "SEARCHING")
        await alice.vanish()
        topics.wait_for(QUEUE, since, left(ticket), "PlayerLeft of the open ticket")
