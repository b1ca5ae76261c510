"""Records that cannot be read go to the dead-letter topic, and the next one is handled."""
import json
import time

import confluent_kafka
import pytest

from checker import DLQ, EVENTS, EVENTS_DLQ, QUEUE, TOPICS, check_record
from players import connected
from stack import partition_of


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def headers(type_="StartMatchmaking", **more):
    return {"ce_id": "by-hand", "ce_type": type_, "ce_source": "gateway/by-hand", "ce_time": now(),
            "player_id": "mallory", **more}


def without(name):
    return {k: v for k, v in headers().items() if k != name}


START = {"ConfigurationName": "POOL", "TicketId": "by-hand-1", "Players": [{"PlayerId": "mallory"}]}

MALFORMED = {
    "not_json": ("hello", headers()),
    "empty": ("", headers()),
    "array": ("[]", headers()),
    "no_ticket": (json.dumps({"ConfigurationName": "POOL", "Players": START["Players"]}), headers()),
    "no_players": (json.dumps({**START, "Players": []}), headers()),
    "players_11": (json.dumps({**START, "Players": [{"PlayerId": f"p{n}"} for n in range(11)]}), headers()),
    "attribute_untyped": (
        json.dumps({**START, "Players": [{"PlayerId": "p", "PlayerAttributes": {"a": 1}}]}), headers()),
    "member_unknown": (json.dumps({**START, "Backfill": True}), headers()),
    "no_type": (json.dumps(START), without("ce_type")),
    "unknown_type": (json.dumps(START), headers("AcceptMatch")),
    "stop_without_ticket": ("{}", headers("StopMatchmaking")),
    "left_without_player": (json.dumps({"TicketId": "t"}), headers("PlayerLeft")),
    "300_kilobytes": (json.dumps({**START, "TicketId": "x" * 300000}), headers()),
    "not_utf8": (b'{"TicketId":"\xff"}', headers("StopMatchmaking")),
    "request_id_not_utf8": (json.dumps({"TicketId": "t"}), headers("StopMatchmaking", request_id=b"\xff")),
    "connection_id_not_utf8": (json.dumps({"TicketId": "t"}), headers("StopMatchmaking", connection_id=b"\xff")),
}


def from_offset(offset):
    return lambda record: record.headers["dlq_source_offset"] == str(offset)


@pytest.mark.parametrize("case", MALFORMED)
async def test_malformed_record(stack, topics, name, pool, case):
    value, sent = MALFORMED[case]
    value = value if isinstance(value, bytes) else value.replace("POOL", pool).encode()
    partition, since = partition_of(pool), topics.ends(DLQ)
    counted = stack.matchmaker.metric("matchmaker_dead_letters_total")
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        offset = topics.append(QUEUE, partition, value, key=pool, headers=sent)
        dead = topics.wait_for(DLQ, since, from_offset(offset), "dead letter")
        check_record(dead)
        assert (dead.partition, dead.key, dead.value) == (partition, pool, value)
        assert dead.headers["dlq_source_partition"] == str(partition)
        assert {k: dead.headers.get(k) for k in sent} == {k: "\ufffd" if v == b"\xff" else v for k, v in sent.items()}
        assert stack.matchmaker.metric("matchmaker_dead_letters_total") == counted + 1
        await bob.start(pool)
        assert (await alice.expect("match_found"))["data"]["opponent"] == bob.id


@pytest.mark.parametrize("topic", TOPICS)
def test_what_unpacks_to_more_than_a_topic_takes(topics, topic):
    """Six megabytes that are a few kilobytes on their way in: no reader ever sees them."""
    reported = []
    producer = confluent_kafka.Producer({"bootstrap.servers": topics.brokers, "compression.type": "gzip",
                                         "message.max.bytes": 10000000})
    producer.produce(topic, value=b" " * 6000000, partition=0, on_delivery=lambda *report: reported.append(report))
    producer.flush(15)
    (error, _), = reported
    assert error.code() == confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE


async def test_a_good_record_by_hand_is_a_ticket(stack, topics, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        value = {"ConfigurationName": pool, "TicketId": name("by-hand"), "Players": [{"PlayerId": alice.id}]}
        topics.append(QUEUE, partition_of(pool), json.dumps(value), key=pool, headers=headers(player_id=alice.id))
        await bob.start(pool)
        found = await alice.expect("match_found")
        assert found["data"]["ticket_id"] == name("by-hand") and found["data"]["opponent"] == bob.id


# Events by hand come from a journal partition that no matchmaker has; each is later than the one before.
def event_headers(type_, **more):
    return {"ce_id": f"1-15-1-{time.time_ns() // 1000}-0", "ce_type": type_, "ce_source": "matchmaker/by-hand",
            "ce_time": now(), **more}


TIMED_OUT = {"type": "matchmaking_timed_out", "player_id": "alice", "data": {"ticket_id": "t", "reason": "timed_out"}}

MALFORMED_EVENTS = {
    "not_json": ("hello", {}),
    "array": ("[]", {}),
    "no_player": (json.dumps({k: v for k, v in TIMED_OUT.items() if k != "player_id"}), {}),
    "player_with_space": (json.dumps({**TIMED_OUT, "player_id": "a b"}), {}),
    "no_data": (json.dumps({k: v for k, v in TIMED_OUT.items() if k != "data"}), {}),
    "request_id_object": (json.dumps(TIMED_OUT), {"request_id": "{}"}),
    "id_malformed": (json.dumps(TIMED_OUT), {"ce_id": "1-2-3"}),
    "id_of_the_far_future": (json.dumps(TIMED_OUT), {"ce_id": "9000000000000000-15-1-1-0"}),
    "id_of_no_partition": (json.dumps(TIMED_OUT), {"ce_id": "1-63-1-1-0"}),
    "connection_id_not_utf8": (json.dumps(TIMED_OUT), {"connection_id": b"\xff"}),
}


@pytest.mark.parametrize("case", MALFORMED_EVENTS)
async def test_malformed_event(stack, topics, name, case):
    value, more = MALFORMED_EVENTS[case]
    partition, since = 5, topics.ends(EVENTS_DLQ)
    async with connected(stack.ws_port, name("alice")) as (alice,):
        sent = event_headers("matchmaking_timed_out", **more)
        offset = topics.append(EVENTS, partition, value, key="alice", headers=sent)
        good = {**TIMED_OUT, "player_id": alice.id}
        topics.append(EVENTS, partition, json.dumps(good), key=alice.id, headers=event_headers(good["type"]))
        message = await alice.expect("matchmaking_timed_out")
        assert message["data"] == good["data"]
        dead = topics.wait_for(EVENTS_DLQ, since, from_offset(offset), "dead letter")
        check_record(dead)
        assert dead.value == value.encode() and dead.headers["dlq_source_partition"] == str(partition)
