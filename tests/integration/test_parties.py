"""Tickets of several players: three against three, and what a player may do to others by naming them."""
import asyncio

from players import connected
from test_path import matched_all
from test_tickets import refusal, start_when_free

NAMES = ("ann", "ben", "cat", "dan", "eve", "fay")


def party(*players, **facts):
    return [{"player_id": player.id, **facts} for player in players]


async def begin(configuration, leader, *others, **facts):
    """The leader starts for all; the others are told at once. The ticket id."""
    ticket = await leader.start(configuration, players=party(leader, *others, **facts))
    for player in (leader, *others) if others else ():
        told = (await player.expect("matchmaking_searching"))["data"]
        assert told == {"ticket_id": ticket, "configuration": configuration,
                        "players": [p.id for p in (leader, *others)]}
    return ticket


async def test_three_against_two_and_one(stack, name, shape):
    async with connected(stack.ws_port, *map(name, NAMES)) as players:
        trio, pair, (single,) = players[:3], players[3:5], players[5:]
        tickets = [await begin(f"squad-{shape}", *group) for group in (trio, pair, [single])]
        teams = await matched_all(players)
        assert sorted(teams) == ["blue", "red"] and {len(team) for team in teams.values()} == {3}
        assert any({p.id for p in trio} == set(team) for team in teams.values()), "the trio was split"
        for group, ticket in zip((trio, pair, [single]), tickets):
            for player in group:
                await player.wait_state(ticket, "COMPLETED")
                await start_when_free(player, f"ready-{shape}")


async def test_pairs_are_not_split(stack, name, shape):
    async with connected(stack.ws_port, *map(name, NAMES)) as players:
        groups = [players[:2], players[2:4], [players[4]], [players[5]]]
        for group in groups:
            await begin(f"squad-{shape}", *group, attributes={"skill": 1400 + len(group)})
        teams = await matched_all(players)
        for one, other in groups[:2]:
            assert any({one.id, other.id} <= set(team) for team in teams.values()), f"a pair was split: {teams}"


async def test_who_is_away_is_put_into_nothing(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben"), name("cat")) as (ann, ben, cat):
        await cat.close()
        await cat_gone(ann, cat, shape)
        data = await refusal(ann, "start_matchmaking", {"configuration": f"squad-{shape}", "players": party(ann, ben, cat)})
        assert data == {"code": "player_not_connected", "retryable": True, "player_id": cat.id}
        for player in (ann, ben):  # nothing is left of the claims that were taken before
            await player.start(f"ready-{shape}")


async def cat_gone(ann, cat, shape):
    """Until her gateway has marked her as gone."""
    for _ in range(1000):
        answer = await ann.ask("start_matchmaking", {"configuration": f"squad-{shape}", "players": party(ann, cat)})
        if answer["type"] == "error":
            return
        await ann.ask("stop_matchmaking", {"ticket_id": answer["data"]["ticket_id"]})
        await asyncio.sleep(0.02)
    raise AssertionError("she is still taken for connected")


async def test_nobody_replaces_anothers_ticket(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben")) as (ann, ben):
        for configuration in (f"squad-{shape}", f"ready-{shape}"):
            mine = await start_when_free(ben, configuration)
            await ben.wait_state(mine, "SEARCHING")
            data = await refusal(ann, "start_matchmaking", {"configuration": f"squad-{shape}", "players": party(ann, ben)})
            assert data == {"code": "already_queued", "player_id": ben.id}
            await ben.wait_state(mine, "SEARCHING")
            assert (await ben.ask("stop_matchmaking", {"ticket_id": mine}))["type"] == "matchmaking_cancelled"
        await ann.start(f"ready-{shape}")


async def test_each_can_stop_the_ticket(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben"), name("cat")) as players:
        ticket = await begin(f"squad-{shape}", *players)
        answer = await players[2].ask("stop_matchmaking", {"ticket_id": ticket})
        assert answer["data"] == {"ticket_id": ticket, "reason": "requested"}
        for player in players[:2]:
            told = await player.expect("matchmaking_cancelled")
            assert told["data"] == {"ticket_id": ticket, "reason": "requested"} and "request_id" not in told
        for player in players:
            await start_when_free(player, f"ready-{shape}")


async def test_who_starts_alone_leaves_the_party(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben")) as (ann, ben):
        ticket = await begin(f"squad-{shape}", ann, ben)
        alone = await ben.start(f"squad-{shape}")
        for player in (ann, ben):
            assert (await player.expect("matchmaking_cancelled"))["data"] == {"ticket_id": ticket, "reason": "replaced"}
        await ben.wait_state(alone, "SEARCHING")
        await start_when_free(ann, f"ready-{shape}")


async def test_a_party_starts_again_in_its_own_place(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben")) as (ann, ben):
        older = await begin(f"squad-{shape}", ann, ben)
        await ben.wait_state(older, "SEARCHING")
        newer = await begin(f"squad-{shape}", ben, ann)
        for player in (ann, ben):
            assert (await player.expect("matchmaking_cancelled"))["data"] == {"ticket_id": older, "reason": "replaced"}
            await player.wait_state(newer, "SEARCHING")


async def test_who_goes_away_takes_the_party_along(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben")) as (ann, ben):
        ticket = await begin(f"squad-{shape}", ann, ben)
        await ben.vanish()
        assert (await ann.expect("matchmaking_cancelled"))["data"] == {"ticket_id": ticket, "reason": "player_left"}
        await start_when_free(ann, f"ready-{shape}")


async def test_a_party_that_no_team_takes(stack, name, shape):
    async with connected(stack.ws_port, *map(name, NAMES)) as players:
        ticket = await players[0].start(f"squad-{shape}", players=party(*players[:4]))
        error = await players[0].expect("error")
        assert error["data"] == {"code": "party_too_large", "ticket_id": ticket}
        for player in players[:4]:  # the refusal frees all of them
            await start_when_free(player, f"ready-{shape}")
