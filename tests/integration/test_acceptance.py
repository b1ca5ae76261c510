"""Matches that everybody must accept: what each answer, and none, leads to."""
import contextlib

import pytest

from players import connected
from test_parties import begin
from test_path import matched_all
from test_tickets import refusal, start_when_free


@contextlib.asynccontextmanager
async def proposed(stack, name, configuration, *who):
    """Players whose proposal stands: (players, tickets, match id)."""
    async with connected(stack.ws_port, *map(name, who)) as players:
        tickets = [await player.start(configuration) for player in players]
        yield players, tickets, await proposal(players, tickets)


async def proposal(players, tickets):
    told = [(await player.expect("potential_match"))["data"] for player in players]
    assert len({data["match_id"] for data in told}) == 1 and all(data["teams"] == told[0]["teams"] for data in told)
    assert [data["ticket_id"] for data in told] == tickets
    return told[0]["match_id"]


async def answer(player, match, accept):
    message = await player.ask("accept_match", {"match_id": match, "accept": accept})
    assert message["type"] == "match_accepted", message
    assert message["data"]["match_id"] == match and message["data"]["accept"] is accept
    return message["data"]["ticket_id"]


async def back(player, ticket):
    """It is in the pool again."""
    data = (await player.expect("matchmaking_searching"))["data"]
    assert (data["ticket_id"], data["reason"]) == (ticket, "acceptance_failed")
    await player.wait_state(ticket, "SEARCHING")


async def cancelled(player, ticket, match, reason):
    data = (await player.expect("matchmaking_cancelled"))["data"]
    assert data == {"ticket_id": ticket, "reason": reason, "match_id": match}
    await player.wait_state(ticket, "CANCELLED")


async def test_both_accept(stack, name, shape):
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as (players, tickets, match):
        for player, ticket in zip(players, tickets):
            assert (await player.wait_state(ticket, "REQUIRES_ACCEPTANCE"))["match_id"] == match
        for player, ticket in zip(players, tickets):
            assert await answer(player, match, True) == ticket
        for player, ticket in zip(players, tickets):
            assert (await player.expect("match_found"))["data"]["match_id"] == match
            await player.wait_state(ticket, "COMPLETED")
            await start_when_free(player, f"squad-{shape}")


@pytest.mark.parametrize("first", [True, False], ids=["after_a_yes", "at_once"])
async def test_one_rejects(stack, name, shape, first):
    """Whoever did not reject waits on, also who had not answered yet, and is asked again with the next one."""
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), (ann_s, ben_s), match):
        if first:
            await answer(ann, match, True)
        await answer(ben, match, False)
        await cancelled(ben, ben_s, match, "acceptance_rejected")
        await back(ann, ann_s)
        assert (await refusal(ann, "accept_match", {"match_id": match, "accept": True}))["code"] == "match_not_found"
        async with connected(stack.ws_port, name("cat")) as (cat,):
            again = await proposal([ann, cat], [ann_s, await cat.start(f"ready-{shape}")])
            assert again != match
            for player in (cat, ann):
                await answer(player, again, True)
            for player in (cat, ann):
                assert (await player.expect("match_found"))["data"]["match_id"] == again


async def test_one_is_silent(stack, name, shape):
    async with proposed(stack, name, f"hasty-{shape}", "ann", "ben") as ((ann, ben), (ann_s, ben_s), match):
        await answer(ann, match, True)
        await cancelled(ben, ben_s, match, "acceptance_timed_out")
        await back(ann, ann_s)


async def test_all_are_silent(stack, name, shape):
    async with proposed(stack, name, f"hasty-{shape}", "ann", "ben") as (players, tickets, match):
        for player, ticket in zip(players, tickets):
            await cancelled(player, ticket, match, "acceptance_timed_out")


async def test_one_stops(stack, name, shape):
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), (ann_s, ben_s), match):
        stopped = await ben.ask("stop_matchmaking", {"ticket_id": ben_s})
        assert stopped["data"] == {"ticket_id": ben_s, "reason": "requested", "match_id": match}
        await back(ann, ann_s)


async def test_one_goes_away(stack, name, shape):
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), (ann_s, _), _):
        await ben.vanish()
        await back(ann, ann_s)


async def test_answers_to_nothing(stack, name, shape):
    other = "5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b10"
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), _, match):
        assert (await refusal(ann, "accept_match", {"match_id": other, "accept": True}))["code"] == "match_not_found"
        async with connected(stack.ws_port, name("eve")) as (eve,):
            assert (await refusal(eve, "accept_match", {"match_id": match, "accept": False}))["code"] == "match_not_found"
            await eve.start(f"squad-{shape}")
            assert (await refusal(eve, "accept_match", {"match_id": match, "accept": False}))["code"] == "match_not_found"
        for player in (ann, ann, ben):  # twice is once
            await answer(player, match, True)
        await matched_all([ann, ben])


async def test_each_of_a_party_answers(stack, name, shape):
    async with connected(stack.ws_port, *map(name, ("ann", "ben", "cat", "dan", "eve", "fay"))) as players:
        for group in (players[:3], players[3:]):
            await begin(f"guild-{shape}", *group)
        match = (await players[0].expect("potential_match"))["data"]["match_id"]
        for player in players[1:]:
            assert (await player.expect("potential_match"))["data"]["match_id"] == match
        for player in players[:-1]:
            await answer(player, match, True)
        assert not any(m["type"] == "match_found" for player in players for m in player.messages)
        await answer(players[-1], match, True)
        await matched_all(players)


async def test_the_party_of_who_rejects_is_out(stack, name, shape):
    async with connected(stack.ws_port, *map(name, ("ann", "ben", "cat", "dan", "eve", "fay"))) as players:
        stay, go = [await begin(f"guild-{shape}", *group) for group in (players[:3], players[3:])]
        match = (await players[5].expect("potential_match"))["data"]["match_id"]
        await answer(players[5], match, False)
        for player in players[3:]:
            await cancelled(player, go, match, "acceptance_rejected")
        for player in players[:3]:
            await back(player, stay)


async def test_a_matchmaker_dies_in_the_middle(own_stack, topics, name, shape):
    stack = own_stack()
    stack.start()
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), tickets, match):
        await answer(ann, match, True)
        stack.matchmaker.restart()
        stack.wait_ready()
        await answer(ben, match, True)
        await matched_all([ann, ben])
        for player, ticket in zip((ann, ben), tickets):
            assert (await player.wait_state(ticket, "COMPLETED"))["match_id"] == match


async def test_time_runs_on_while_no_matchmaker_is_there(own_stack, topics, name, shape):
    stack = own_stack()
    stack.start()
    async with proposed(stack, name, f"hasty-{shape}", "ann", "ben") as ((ann, ben), (ann_s, ben_s), match):
        await answer(ann, match, True)
        stack.matchmaker.kill()
        stack.matchmaker.start()
        await cancelled(ben, ben_s, match, "acceptance_timed_out")
        await back(ann, ann_s)


async def test_redis_comes_back_empty_in_the_middle(own_stack, topics, name, shape):
    """The views say again who is asked, and the claims through whom: an answer finds its way."""
    stack = own_stack()
    stack.start()
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as (players, tickets, match):
        stack.redis.restart()
        stack.redis.wait_ready()
        stack.wait_ready()
        for player, ticket in zip(players, tickets):
            assert (await player.wait_state(ticket, "REQUIRES_ACCEPTANCE"))["match_id"] == match
            await answer(player, match, True)
        await matched_all(players)


async def test_configurations_side_by_side(stack, name, shape, number):
    """On two partitions, with and without acceptance, at once."""
    async with connected(stack.ws_port, *map(name, ("ann", "ben", "cat", "dan"))) as players:
        asked, duel = players[:2], players[2:]
        tickets = [await player.start(f"ready-{shape}") for player in asked]
        for player in duel:
            await player.start(f"pool-{number}")
        match = await proposal(asked, tickets)
        await matched_all(duel)
        for player in asked:
            await answer(player, match, True)
        await matched_all(asked)
