"""
Journal records of strangers: those that do not count change nothing; those that do, because their writer has read the
ruler's nonce, depose it, and it comes back. Whatever is written, nobody is in two matches.
"""
import asyncio
import collections
import json
import secrets
import time

import net
from bad_records import (MARK, alive, bad_numbers, bad_values, forged_reign, forged_tick, kafka, lab,  # noqa: F401
                         now_in, topics)
from checker import EVENTS, JOURNAL, QUEUE, match_events, replay
from players import both_matched, connected
from stack import partition_of


def searching(ticket, configuration, players, **more):
    return {"ticket": ticket, "state": "SEARCHING", "configuration": configuration, "start": int(time.time() * 1000),
            "players": [{"id": player} for player in players], **more}


def bad_records(topics, partition, pool):
    """None of these has the ruler's nonce, so that none deposes it."""
    other = {"nonce": "f" * 32}
    tick = forged_tick(topics, partition, **other, transitions=[searching(MARK, pool, ["mallory"])])
    # one of these has the right number, whatever the ruler has written meanwhile
    values = {f"other_nonce_{n}": json.dumps({**tick, "seq": tick["seq"] + n}).encode() for n in range(100)}
    values.update(bad_values(tick))
    head = {**tick, "epoch": 70001, "seq": 70002, "at": 70003, "position": 70004,
            "published": {"epoch": 70005, "seq": 70006}}
    for numeral in (b"70001", b"70002", b"70003", b"70004", b"70005", b"70006"):
        values.update(bad_numbers(head, numeral))
    reign = forged_reign(topics, partition, epoch=70007, incarnation=70008, instance=MARK)
    values.update({f"reign_{n}": v for n, v in bad_values(reign).items()})
    values.update(bad_numbers(reign, b"70007"))
    values.update(bad_numbers(reign, b"70008"))
    bad = {
        "nonce_short": {"nonce": "f" * 31}, "nonce_upper": {"nonce": "F" * 32}, "nonce_long": {"nonce": "f" * 33},
        "type_unknown": {"type": "snapshots"}, "type_number": {"type": 1}, "transitions_object": {"transitions": {}},
        "transition_text": {"transitions": ["x"]}, "transition_empty": {"transitions": [{}]},
        "member_unknown": {"ruler": True}, "published_missing": {"published": {}},
        "many_transitions": {"transitions": [searching(f"t{i}", pool, ["x" * 100]) for i in range(18000)]},
        "eleven_players": {"transitions": [searching("t", pool, [f"p{i}" for i in range(11)])]},
        "two_kinds": {"transitions": [{**searching("t", pool, ["p"]), "match": "m", "teams": []}]},
        "no_players": {"transitions": [searching("t", pool, [])]},
        "snapshot": {"type": "snapshot", "incarnation": 1, "part": 1, "last": True},
        "snapshot_part_0": {"type": "snapshot", "incarnation": 1, "part": 0, "last": True},
        "snapshot_no_end": {"type": "snapshot", "incarnation": 1, "part": 1},
        "attempt": {"type": "attempt", "command": 1}, "attempt_negative": {"type": "attempt", "command": -1},
        "abdicate": {"type": "abdicate", "stopping": True}, "abdicate_when": {"type": "abdicate", "stopping": 1},
    }
    for n, more in bad.items():
        values[n] = json.dumps({**tick, **more}).encode()
    return values


async def test_journal_records_of_nobody(stack, topics, name, pool):
    partition = partition_of(pool)
    void, deposed = (stack.matchmaker.metric(f"matchmaker_{n}_total") for n in ("void_records", "stepped_down"))
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        epoch = now_in(topics, partition)["epoch"]
        cases = bad_records(topics, partition, pool)
        await asyncio.to_thread(topics.append_all, JOURNAL, partition, cases.values())
        await net.until(lambda: stack.matchmaker.metric("matchmaker_void_records_total") >= void + len(cases),
                        "void records", 60)
        assert stack.matchmaker.metric("matchmaker_void_records_total") == void + len(cases)
        await bob.start(pool)
        await both_matched(alice, bob)
        assert stack.matchmaker.metric("matchmaker_stepped_down_total") == deposed
        assert now_in(topics, partition)["epoch"] == epoch


def contradictions(pool, ticket):
    """Transitions that no engine would make, of tickets that soon time out; `ticket` waits."""
    made_up, brief = f"made-up-{secrets.token_hex(4)}-", pool.replace("pool", "brief")

    def match_of(*tickets):
        players = [{"id": f"made-up-{i}", "ticket": made_up + t, "start": 1} for i, t in enumerate(tickets)]
        teams = [{"name": f"team-{i}", "players": [player]} for i, player in enumerate(players)]
        return {"match": secrets.token_hex(8), "configuration": pool, "teams": teams}

    def ended(state, reason):
        return {**searching(made_up + "ended", brief, ["mallory"]), "state": state, "reason": reason}
    strange = [{"skill": 7}, {"skill": {"N": "x"}}, {"skill": {}}, {"skill": None}, {"skill": {"S": "x"}}]
    return [
        searching(ticket, pool, ["other"]),
        searching(made_up + "a", brief, ["mallory"]), searching(made_up + "b", brief, ["mallory"]),
        searching(made_up + "twice", brief, ["mallory", "mallory"]),
        searching(made_up + "party", brief, [f"p{i}" for i in range(10)]),
        searching(made_up + "lost", "no-such-pool", ["mallory"]),
        *({**searching(f"{made_up}strange-{i}", brief, []), "players": [{"id": f"m{i}", "attributes": attributes}]}
          for i, attributes in enumerate(strange)),
        ended("CANCELLED", "requested"), ended("TIMED_OUT", "timed_out"),
        searching(made_up + "ended", brief, ["mallory"]),
        match_of("none", "neither"), match_of("itself", "itself"), match_of("alone"),
        match_of("a", "b"), match_of("a", "b"),
    ]


def usurpers(topics, partition, pool):
    """{name: function that gives, for a ticket that waits, what deposes its ruler}: reigns in due form, and what
    whoever has read the ruler's nonce could write in its name."""
    def ticks(*transitions, **more):  # the ruler's own may come in between: one of three has the right number
        first = forged_tick(topics, partition, transitions=list(transitions), **more)
        return [{**first, "seq": first["seq"] + n} for n in range(3)]

    def reigns(count):
        first = forged_reign(topics, partition)
        return [{**first, "epoch": first["epoch"] + n, "nonce": secrets.token_hex(16)} for n in range(count)]
    return {
        "reign": lambda ticket: reigns(1),
        "flood_of_reigns": lambda ticket: reigns(1000),
        "malformed": lambda ticket: [{**forged_tick(topics, partition), "position": "x"}],
        "malformed_transition": lambda ticket: ticks({"ticket": "t"}),
        "contradictions": lambda ticket: ticks(*contradictions(pool, ticket)),
        "time_of_the_past": lambda ticket: ticks(at=0),
    }


async def test_whoever_deposes_the_ruler(stack, topics, name, pool):
    """It steps down, reads on and comes back, and what players were promised holds."""
    partition, since = partition_of(pool), topics.ends(EVENTS)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        for n, forge in usurpers(topics, partition, pool).items():
            ticket = await alice.start(pool)
            await alice.wait_state(ticket, "SEARCHING")
            deposed = stack.matchmaker.metric("matchmaker_stepped_down_total")
            topics.append_all(JOURNAL, partition, [json.dumps(value) for value in forge(ticket)])
            await net.until(lambda: stack.matchmaker.metric("matchmaker_stepped_down_total") > deposed,
                            f"step down: {n}")
            await bob.start(pool)
            await both_matched(alice, bob)
    stack.matchmaker.kill()  # and whoever reads all this from the start
    stack.matchmaker.start()
    stack.matchmaker.wait_ready()
    told = [r for r in topics.read(EVENTS, since) if r.key in (name("alice"), name("bob"))]
    assert {r.headers["ce_type"] for r in told} == {"match_ready"}


async def test_a_dead_letter_that_is_gone_is_told_of(stack, kafka, topics, name, pool):
    """Its ruler died before it was out, and the queue does not keep it any more: nobody waits for it."""
    partition = partition_of(pool)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        stack.matchmaker.kill()
        offset = topics.append(QUEUE, partition, "hello", key=pool)
        decided = forged_tick(topics, partition, position=offset + 1,
                              transitions=[{"dead_letter": offset, "reason": "not JSON"}])
        topics.append_all(JOURNAL, partition, [json.dumps(decided)])
        kafka.delete_records(QUEUE, partition, offset + 1)
        stack.matchmaker.start()
        stack.matchmaker.wait_ready()
        await net.until(lambda: stack.matchmaker.metric("matchmaker_dead_letters_lost_total") == 1,
                        stack.matchmaker.log_tail, 30)
        assert f"dead_letter_lost partition={partition} offset={offset} " in stack.matchmaker.log()
        await bob.start(pool)
        await both_matched(alice, bob)


def test_nobody_is_in_two_matches(topics):
    """The last one here: what the rulers decided, whatever was written between, and what players were told."""
    by_partition, tickets, promised = collections.defaultdict(list), [], set()
    for record in topics.read(JOURNAL):
        by_partition[record.partition].append(record)
    for record, value in (pair for records in by_partition.values() for pair in replay(records, forged=True)):
        if (record.topic, record.partition, record.offset) in topics.forged:
            continue
        for match in (t for t in value.get("transitions", []) if "match" in t):
            members = [member for team in match["teams"] for member in team["players"]]
            tickets += [member["ticket"] for member in members]
            promised |= {(match["match"], member["id"]) for member in members}
    assert len(tickets) == len(set(tickets)) > 0
    real = {match for match, _ in promised}
    ready = (r for r in topics.read(EVENTS) if r.headers.get("ce_type") == "match_ready")
    told = match_events(r for r in ready if json.loads(r.value)["data"]["match_id"] in real)
    assert set(told) == promised
