"""One player, one open ticket, and how it ends."""
import asyncio

from players import TIMEOUT_S, connected


async def refusal(player, action, data):
    answer = await player.ask(action, data)
    assert answer["type"] == "error", answer
    return answer["data"]


async def test_a_newer_ticket_replaces_the_older(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        older = await alice.start(pool)
        newer = await alice.start(pool)
        assert older != newer
        cancelled = await alice.expect("matchmaking_cancelled")
        assert cancelled["data"] == {"ticket_id": older, "reason": "replaced"}
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["ticket_id"] == newer
        assert (await alice.wait_state(older, "CANCELLED"))["reason"] == "replaced"


async def test_two_configurations_are_refused(stack, name, number):
    first, second = f"pool-{number}", f"crowd-{number}"
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(first)
        data = await refusal(alice, "start_matchmaking", {"configuration": second})
        assert data == {"code": "already_queued", "ticket_id": ticket, "configuration": first}
        await alice.wait_state(ticket, "SEARCHING")
        assert (await alice.ask("stop_matchmaking", {"ticket_id": ticket}))["type"] == "matchmaking_cancelled"
        await start_when_free(alice, second)


async def start_when_free(player, configuration):
    """The claim in Redis is released a moment after the end was decided; not only when its time to live is over."""
    deadline = asyncio.get_running_loop().time() + TIMEOUT_S
    while True:
        answer = await player.ask("start_matchmaking", {"configuration": configuration})
        if answer["type"] == "matchmaking_queued":
            return answer["data"]["ticket_id"]
        assert answer["data"]["code"] == "already_queued", answer
        assert asyncio.get_running_loop().time() < deadline, f"{player.id} is still claimed: {answer}"


async def test_after_a_match_the_player_is_free(stack, name, number):
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        for player in players:
            await player.start(f"pool-{number}")
        for player in players:
            await player.expect("match_found")
        for player in players:
            await start_when_free(player, f"crowd-{number}")
        for player in players:
            await player.expect("match_found")


async def test_nobody_comes(stack, name, number):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(f"brief-{number}")
        end = await alice.expect("matchmaking_timed_out")
        assert end["data"] == {"ticket_id": ticket, "reason": "timed_out"} and "request_id" not in end
        status = await alice.wait_state(ticket, "TIMED_OUT")
        assert status["reason"] == "timed_out" and 1 <= status["wait_seconds"] < 60
        await start_when_free(alice, f"pool-{number}")


async def test_a_ticket_id_is_used_once(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool, ticket_id=name("once"))
        await bob.start(pool)
        await alice.expect("match_found")
        await alice.start(pool, ticket_id=ticket)
        error = await alice.expect("error")
        assert error["data"] == {"code": "ticket_exists", "ticket_id": ticket}


async def test_an_open_ticket_id_is_nobody_elses(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("mallory"), name("bob")) as (alice, mallory, bob):
        ticket = await alice.start(pool, ticket_id=name("mine"))
        await alice.wait_state(ticket, "SEARCHING")
        await mallory.start(pool, ticket_id=ticket)
        assert (await mallory.expect("error"))["data"]["code"] == "ticket_exists"
        assert (await refusal(mallory, "stop_matchmaking", {"ticket_id": ticket}))["code"] == "ticket_not_found"
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id


async def test_stop_after_the_end(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await bob.start(pool)
        await alice.expect("match_found")
        assert await refusal(alice, "stop_matchmaking", {"ticket_id": ticket}) == {
            "code": "ticket_not_found", "ticket_id": ticket}


async def test_stop_at_once(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        for _ in range(20):
            ticket = await alice.start(pool)
            answer = await alice.ask("stop_matchmaking", {"ticket_id": ticket})
            assert answer["type"] == "matchmaking_cancelled" and answer["data"]["ticket_id"] == ticket
        waits = await bob.start(pool)
        await bob.wait_state(waits, "SEARCHING")
