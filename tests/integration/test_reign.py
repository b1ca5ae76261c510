"""Records written into the journal by hand: a successor that deposes the ruler, and ticks that do not count."""
import json
import secrets

import pytest

import net
from checker import EVENTS, JOURNAL, journal_of, reigns_of, replay
from players import connected
from stack import partition_of


def last_tick(topics, partition):
    record, value = list(replay(journal_of(topics, partition)))[-1]
    assert value["type"] == "tick"
    return record, value


def last_reign(topics, partition):
    return reigns_of(topics, partition)[-1]


def cancel(ticket, pool, player):
    return {"ticket": ticket, "state": "CANCELLED", "configuration": pool, "start": 1, "reason": "requested",
            "players": [{"id": player}]}


async def test_deposed_by_hand(stack, topics, name, pool):
    partition = partition_of(pool)
    async with connected(stack.ws_port, name("alice"), name("bob"), name("carol"), name("dave")) as players:
        alice, bob, carol, dave = players
        await alice.start(pool)
        reign = last_reign(topics, partition)
        deposed = stack.matchmaker.metric("matchmaker_stepped_down_total")
        usurper = {**reign, "epoch": reign["epoch"] + 1, "nonce": secrets.token_hex(16), "instance": "by-hand"}
        topics.append(JOURNAL, partition, json.dumps(usurper))
        await net.until(lambda: stack.matchmaker.metric("matchmaker_stepped_down_total") == deposed + 1, "step down")
        assert "step" in stack.matchmaker.log().lower()
        await bob.start(pool)  # nobody rules; it waits in the log
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id
        assert (await bob.expect("match_found"))["data"]["opponent"] == alice.id
        assert last_reign(topics, partition)["epoch"] == usurper["epoch"] + 1
        await carol.start(pool)
        await dave.start(pool)
        assert (await carol.expect("match_found"))["data"]["opponent"] == dave.id


def repeat(topics, pool, ticket, player):
    """The very last tick once more: whoever reads it must see that seq is taken."""
    record, _ = last_tick(topics, partition_of(pool))
    return record.value


def gap(topics, pool, ticket, player):
    _, value = last_tick(topics, partition_of(pool))
    return json.dumps({**value, "seq": value["seq"] + 1000, "transitions": [cancel(ticket, pool, player)]})


def other_nonce(topics, pool, ticket, player):
    _, value = last_tick(topics, partition_of(pool))
    return json.dumps({**value, "seq": value["seq"] + 1, "nonce": secrets.token_hex(16),
                       "transitions": [cancel(ticket, pool, player)]})


def earlier_epoch(topics, pool, ticket, player):
    _, value = last_tick(topics, partition_of(pool))
    return json.dumps({**value, "seq": value["seq"] + 1, "epoch": value["epoch"] - 1,
                       "transitions": [cancel(ticket, pool, player)]})


def later_epoch(topics, pool, ticket, player):
    _, value = last_tick(topics, partition_of(pool))
    return json.dumps({**value, "seq": value["seq"] + 1, "epoch": value["epoch"] + 1,
                       "transitions": [cancel(ticket, pool, player)]})


def reign_of_the_past(topics, pool, ticket, player):
    return json.dumps({**last_reign(topics, partition_of(pool)), "nonce": secrets.token_hex(16)})


def reign_too_far(topics, pool, ticket, player):
    reign = last_reign(topics, partition_of(pool))
    return json.dumps({**reign, "epoch": reign["epoch"] + 2, "nonce": secrets.token_hex(16)})


def not_json(topics, pool, ticket, player):
    return "hello"


FORGERIES = [repeat, gap, other_nonce, earlier_epoch, later_epoch, reign_of_the_past, reign_too_far, not_json]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda f: f.__name__)
async def test_forged_record_is_void(stack, topics, name, pool, forge):
    since = topics.ends(EVENTS)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        void = stack.matchmaker.metric("matchmaker_void_records_total")
        topics.append(JOURNAL, partition_of(pool), forge(topics, pool, ticket, alice.id))
        await net.until(lambda: stack.matchmaker.metric("matchmaker_void_records_total") > void, "void record counted")
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["ticket_id"] == ticket
        told = [r.headers["ce_type"] for r in topics.read(EVENTS, since) if r.key == alice.id]
        assert set(told) == {"match_ready"}
