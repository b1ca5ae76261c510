"""From a socket to a match."""
import json

import pytest

from players import connected


async def matched(players):
    """Each player's match_found, which must tell one story."""
    found = [(await p.expect("match_found"))["data"] for p in players]
    assert len({f["match_id"] for f in found}) == 1
    for player, other, data in zip(players, reversed(players), found):
        assert data["opponent"] == other.id
        assert sorted(id_ for team in data["teams"].values() for id_ in team) == sorted(p.id for p in players)
        assert sorted(data["teams"]) == ["blue", "red"]
    return found


async def matched_all(players):
    """The teams of the one match that all of them are in, and nobody else."""
    found = [(await p.expect("match_found"))["data"] for p in players]
    assert len({f["match_id"] for f in found}) == 1 and all(f["teams"] == found[0]["teams"] for f in found)
    assert sorted(id_ for team in found[0]["teams"].values() for id_ in team) == sorted(p.id for p in players)
    for player, data in zip(players, found):
        others = [team for team in data["teams"].values() if player.id not in team]
        assert data["opponent"] == others[0][0]
    return found[0]["teams"]


async def test_two_players_are_matched(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        tickets = [await p.start(pool, attributes={"skill": 1500}) for p in players]
        found = await matched(players)
        assert [f["ticket_id"] for f in found] == tickets
        for player, ticket, data in zip(players, tickets, found):
            status = await player.wait_state(ticket, "COMPLETED")
            assert status["match_id"] == data["match_id"]


async def test_many_pairs_at_once(stack, name, pool):
    ids = [name(f"p{n}") for n in range(20)]
    async with connected(stack.ws_port, *ids) as players:
        for n, player in enumerate(players):
            await player.start(pool, attributes={"skill": 1000 * (n // 2)})
        for n in range(0, len(players), 2):
            await matched(players[n:n + 2])


async def test_only_those_close_enough_meet(stack, name, pool):
    async with connected(stack.ws_port, name("low"), name("high"), name("near")) as (low, high, near):
        waits = await low.start(pool, attributes={"skill": 1000})
        await high.start(pool, attributes={"skill": 2000})
        await near.start(pool, attributes={"skill": 1990})
        await matched([high, near])
        assert (await low.wait_state(waits, "SEARCHING"))["ticket_id"] == waits


async def test_the_window_widens_with_waiting(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool, attributes={"skill": 1500})
        ticket = await bob.start(pool, attributes={"skill": 1650})
        await matched([alice, bob])
        assert (await bob.wait_state(ticket, "COMPLETED"))["wait_seconds"] >= 1


async def test_the_wait_is_estimated_from_recent_matches(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob"), name("carol")) as (alice, bob, carol):
        first = await alice.start(pool, attributes={"skill": 1500})
        assert (await alice.wait_state(first, "SEARCHING"))["estimated_wait_seconds"] is None
        await bob.start(pool, attributes={"skill": 1500})
        await matched([alice, bob])
        waits = await carol.start(pool, attributes={"skill": 1500})
        status = await carol.wait_described(waits, lambda data: data.get("estimated_wait_seconds") is not None, "estimated")
        assert 0 <= status["estimated_wait_seconds"] < 60


async def test_configurations_do_not_mix(stack, name, number):
    async with connected(stack.ws_port, name("alice"), name("bob"), name("carol")) as (alice, bob, carol):
        waits = await alice.start(f"pool-{number}")
        await bob.start(f"crowd-{number}")
        await carol.start(f"crowd-{number}")
        await matched([bob, carol])
        await alice.wait_state(waits, "SEARCHING")


async def test_all_requests_of_one_ticket(stack, name, pool):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool, ticket_id=name("my.ticket"), latency_ms={"eu-west-1": 40},
                                   attributes={"skill": 1500, "role": "tank", "maps": ["mill"], "heroes": {"ann": 3}})
        assert ticket == name("my.ticket")
        status = await alice.wait_state(ticket, "SEARCHING")
        assert status["wait_seconds"] < 60 and "match_id" not in status
        answer = await alice.ask("stop_matchmaking", {"ticket_id": ticket})
        assert answer["type"] == "matchmaking_cancelled"
        assert answer["data"] == {"ticket_id": ticket, "reason": "requested"}
        await alice.wait_state(ticket, "CANCELLED")


@pytest.mark.parametrize("request_id", ["r1", "", "ä€😀 \"quoted\"", 0, -7, 2.5, 9007199254740993])
async def test_request_id_comes_back_as_it_was(stack, name, request_id):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        await alice.send(json.dumps({"action": "ping", "request_id": request_id}))
        pong = await alice.expect("pong")
        assert pong["request_id"] == request_id and type(pong["request_id"]) is type(request_id)


@pytest.mark.parametrize("request_id", ["ä€😀 \"quoted\"", 2.5])
async def test_request_id_comes_back_all_the_way_round(stack, name, pool, request_id):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool)
        answer = await alice.ask("stop_matchmaking", {"ticket_id": ticket}, request_id)
        assert answer["type"] == "matchmaking_cancelled" and answer["request_id"] == request_id
        answer = await alice.ask("stop_matchmaking", {"ticket_id": ticket}, request_id)
        assert answer["type"] == "error" and answer["request_id"] == request_id


async def test_request_id_is_optional(stack, name):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        await alice.send('{"action": "ping"}')
        assert "request_id" not in await alice.expect("pong")


async def test_answers_without_a_request_id(stack, name, pool):
    async with connected(stack.ws_port, name("alice")) as (alice,):
        ticket = await alice.start(pool)
        stop = json.dumps({"action": "stop_matchmaking", "data": {"ticket_id": ticket}})
        await alice.send(stop)
        assert "request_id" not in await alice.expect("matchmaking_cancelled")
        await alice.send(stop)
        error = await alice.expect("error")
        assert error["data"]["code"] == "ticket_not_found" and "request_id" not in error


async def test_a_ticket_is_nobody_elses(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("mallory")) as (alice, mallory):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        for action in ("describe_matchmaking", "stop_matchmaking"):
            answer = await mallory.ask(action, {"ticket_id": ticket})
            assert answer["type"] == "error" and answer["data"]["code"] == "ticket_not_found"
        await alice.wait_state(ticket, "SEARCHING")
