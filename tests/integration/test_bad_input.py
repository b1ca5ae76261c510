"""Whatever comes in by the socket: an error with a code, a counter, and nobody else is harmed."""
import json
import socket

import pytest
import websockets

import net
from players import Player, connected


UUID = "5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b10"


def request(action, data=None, **more):
    return json.dumps({"action": action, **({} if data is None else {"data": data}), **more})


def start(**data):
    return request("start_matchmaking", {"configuration": "POOL", **data})


def nested(depth):
    return '{"action":"ping","data":' + '{"a":' * depth + "1" + "}" * depth + "}"


# POOL in a frame becomes the test's own configuration.
BAD = {
    "not_json": ("hello", "invalid_json"),
    "empty": ("", "invalid_json"),
    "cut_off": ('{"action":"ping"', "invalid_json"),
    "single_quotes": ("{'action':'ping'}", "invalid_json"),
    "comment": ('{"action":"ping"} // hello', "invalid_json"),
    "two_values": ('{"action":"ping"}{"action":"ping"}', "invalid_json"),
    "trailing_comma": ('{"action":"ping",}', "invalid_json"),
    "nan": ('{"action":"start_matchmaking","data":{"attributes":{"skill":NaN}}}', "invalid_json"),
    "infinity": ('{"action":"start_matchmaking","data":{"attributes":{"skill":-Infinity}}}', "invalid_json"),
    "too_big_a_number": ('{"action":"start_matchmaking","data":{"attributes":{"skill":1e400}}}', "invalid_json"),
    "nothing_but_400_digits": ("9" * 400, "invalid_json"),
    "duplicate_action": ('{"action":"ping","action":"stop_matchmaking"}', "invalid_json"),
    "duplicate_deep": ('{"action":"ping","data":{"a":{"b":1,"b":2}}}', "invalid_json"),
    "nul_in_a_string": ('{"action":"ping\\u0000"}', "invalid_json"),
    "lone_surrogate": ('{"action":"ping","request_id":"\\ud800"}', "invalid_json"),
    "nested_33": (nested(33), "invalid_json"),
    "nested_20000": (nested(20000), "invalid_json"),
    "array": ('[{"action":"ping"}]', "invalid_request"),
    "string": ('"ping"', "invalid_request"),
    "number": ("7", "invalid_request"),
    "null": ("null", "invalid_request"),
    "no_action": ('{"data":{}}', "invalid_request"),
    "action_number": ('{"action":7}', "invalid_request"),
    "action_null": ('{"action":null}', "invalid_request"),
    "action_unknown": ('{"action":"dance"}', "unknown_action"),
    "action_other_case": ('{"action":"Ping"}', "unknown_action"),
    "data_array": ('{"action":"ping","data":[]}', "invalid_request"),
    "data_text": ('{"action":"ping","data":"{}"}', "invalid_request"),
    "member_unknown": ('{"action":"ping","admin":true}', "invalid_request"),
    "request_id_object": ('{"action":"ping","request_id":{}}', "invalid_request"),
    "request_id_long": (request("ping", request_id="x" * 300), "invalid_request"),
    "configuration_unknown": (start(configuration="no-such-pool"), "unknown_configuration"),
    "configuration_number": (start(configuration=1), "invalid_request"),
    "ticket_id_number": (start(ticket_id=12), "invalid_request"),
    "ticket_id_space": (start(ticket_id="a b"), "invalid_request"),
    "ticket_id_empty": (start(ticket_id=""), "invalid_request"),
    "ticket_id_reserved": (start(ticket_id="gsm-1"), "invalid_request"),
    "ticket_id_long": (start(ticket_id="x" * 129), "invalid_request"),
    "start_member_unknown": (start(skill=1500), "invalid_request"),
    "party_of_others": (start(players=[{"player_id": "a"}, {"player_id": "b"}]), "invalid_request"),
    "party_of_nobody": (start(players=[]), "invalid_request"),
    "party_of_11": (start(players=[{"player_id": f"p{n}"} for n in range(11)]), "invalid_request"),
    "party_beside_attributes": (start(players=[{"player_id": "a"}], attributes={"skill": 1}), "invalid_request"),
    "party_member_unknown": (start(players=[{"player_id": "a", "team": "red"}]), "invalid_request"),
    "attributes_array": (start(attributes=[1500]), "invalid_request"),
    "attribute_bool": (start(attributes={"skill": True}), "invalid_request"),
    "attribute_null": (start(attributes={"skill": None}), "invalid_request"),
    "attributes_11": (start(attributes={f"a{n}": n for n in range(11)}), "invalid_request"),
    "attribute_text_101": (start(attributes={"role": "x" * 101}), "invalid_request"),
    "attribute_list_101": (start(attributes={"maps": ["m"] * 101}), "invalid_request"),
    "attribute_list_mixed": (start(attributes={"maps": ["m", 1]}), "invalid_request"),
    "attribute_map_11": (start(attributes={"heroes": {f"h{n}": n for n in range(11)}}), "invalid_request"),
    "attribute_map_text": (start(attributes={"heroes": {"ann": "strong"}}), "invalid_request"),
    "latency_zero": (start(latency_ms={"eu-west-1": 0}), "invalid_request"),
    "latency_fraction": (start(latency_ms={"eu-west-1": 1.5}), "invalid_request"),
    "latency_33": (start(latency_ms={f"l{n}": 5 for n in range(33)}), "invalid_request"),
    "latency_text": (start(latency_ms={"eu-west-1": "40"}), "invalid_request"),
    "accept_without_match": (request("accept_match", {"accept": True}), "invalid_request"),
    "accept_no_uuid": (request("accept_match", {"match_id": "m" * 36, "accept": True}), "invalid_request"),
    "accept_without_answer": (request("accept_match", {"match_id": UUID}), "invalid_request"),
    "accept_text": (request("accept_match", {"match_id": UUID, "accept": "yes"}), "invalid_request"),
    "accept_ticket": (request("accept_match", {"match_id": UUID, "accept": True, "ticket_id": "t"}), "invalid_request"),
    "describe_why_text": (request("describe_matchmaking", {"ticket_id": "t", "why": "yes"}), "invalid_request"),
    "stop_without_ticket": (request("stop_matchmaking", {}), "invalid_request"),
    "stop_ticket_number": (request("stop_matchmaking", {"ticket_id": 1}), "invalid_request"),
    "stop_unknown_ticket": (request("stop_matchmaking", {"ticket_id": "no-such-ticket"}), "ticket_not_found"),
    "stop_made_up_ticket": (request("stop_matchmaking", {"ticket_id": "gsm-3-made-up"}), "ticket_not_found"),
    "ping_with_data": (request("ping", {"a": 1}), "invalid_request"),
    "describe_without_ticket": (request("describe_matchmaking", {}), "invalid_request"),
    "describe_unknown_ticket": (request("describe_matchmaking", {"ticket_id": "no-such-ticket"}), "ticket_not_found"),
    "binary": (b'{"action":"ping"}', "unsupported_data"),
}


def errors_counted(stack, code):
    """By the gateway with its code; by the matchmaker when it is the one that refuses."""
    return (stack.gateway.metric("gateway_errors_total", f'code="{code}"')
            + stack.matchmaker.metric("matchmaker_refused_total"))


async def unharmed(stack, name, pool, waiting, bystander):
    """A ticket that waited all the time is still matched."""
    await bystander.start(pool)
    assert (await waiting.expect("match_found"))["data"]["opponent"] == bystander.id
    assert (await bystander.expect("match_found"))["data"]["opponent"] == waiting.id


@pytest.mark.parametrize("case", BAD)
async def test_bad_frame(stack, name, pool, case):
    frame, code = BAD[case]
    frame = frame.replace("POOL", pool) if isinstance(frame, str) else frame
    async with connected(stack.ws_port, name("bob"), name("mallory"), name("carol")) as (bob, mallory, carol):
        await bob.start(pool)
        before = errors_counted(stack, code)
        await mallory.refused(frame, code)
        assert errors_counted(stack, code) == before + 1
        await mallory.ping()
        await unharmed(stack, name, pool, bob, carol)


async def test_invalid_utf8(stack, name, pool):
    async with connected(stack.ws_port, name("bob"), name("mallory"), name("carol")) as (bob, mallory, carol):
        await bob.start(pool)
        before = errors_counted(stack, "invalid_utf8")
        await mallory.socket.write_frame(True, websockets.frames.OP_TEXT, b'{"action":"ping\xff"}')
        assert (await mallory.expect("error"))["data"]["code"] == "invalid_utf8"
        assert errors_counted(stack, "invalid_utf8") == before + 1
        await mallory.ping()
        await unharmed(stack, name, pool, bob, carol)


async def test_a_megabyte_closes_the_connection(stack, name, pool):
    async with connected(stack.ws_port, name("bob"), name("mallory"), name("carol")) as (bob, mallory, carol):
        await bob.start(pool)
        before = stack.gateway.metric("gateway_disconnects_total", "too_large")
        try:
            await mallory.send("x" * (1 << 20))
        except websockets.ConnectionClosed:
            pass
        assert await mallory.closed() == 1009
        await net.until(lambda: stack.gateway.metric("gateway_disconnects_total", "too_large") == before + 1, "counter")
        await unharmed(stack, name, pool, bob, carol)


async def test_too_many_bad_frames_close_the_connection(stack, name, pool):
    async with connected(stack.ws_port, name("bob"), name("mallory"), name("carol")) as (bob, mallory, carol):
        await bob.start(pool)
        for _ in range(51):  # BAD_FRAMES_MAX is 50
            await mallory.send("hello")
        assert await mallory.closed() == 1008
        assert [m["type"] for m in mallory.messages] == ["error"] * 51  # each was answered, also the one too many
        await unharmed(stack, name, pool, bob, carol)


async def test_other_protocols_are_not_let_in(stack):
    """The library would speak HTTP/2 to whoever asks for it."""
    with socket.create_connection(("127.0.0.1", stack.ws_port)) as s:
        s.sendall(b"GET /?player_id=mallory HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                  b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 400 ")


async def test_stop_on_a_partition_that_nobody_reads(stack, name):
    async with connected(stack.ws_port, name("mallory")) as (mallory,):
        await mallory.refused('{"action":"stop_matchmaking","data":{"ticket_id":"gsm-99-x"}}', "ticket_not_found")


# Attributes that only the rule set can judge: refused by the matchmaker, after `matchmaking_queued`.
async def test_attribute_of_the_wrong_type_for_the_rule_set(stack, name, pool):
    async with connected(stack.ws_port, name("bob"), name("mallory"), name("carol")) as (bob, mallory, carol):
        await bob.start(pool)
        before = errors_counted(stack, "invalid_attributes")
        ticket = await mallory.start(pool, attributes={"skill": "high"})
        error = await mallory.expect("error")
        assert error["data"] == {"code": "invalid_attributes", "ticket_id": ticket}
        assert error["request_id"] == "r1"
        await net.until(lambda: errors_counted(stack, "invalid_attributes") == before + 1, "the counter")
        await mallory.ping()
        await mallory.start(pool.replace("pool", "crowd"))  # and its claim is free again
        await unharmed(stack, name, pool, bob, carol)


@pytest.mark.parametrize("query", ["", "?player_id=", "?player_id=a%20b", "?player_id=a%7Bb", 
                                   "?player_id=" + "x" * 129, "?player_id=%C3%A4"])
async def test_malformed_player_ids_are_not_let_in(stack, query):
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        await websockets.connect(f"ws://127.0.0.1:{stack.ws_port}/{query}")
    assert refusal.value.status_code == 401


async def test_a_nul_in_the_query_is_not_let_in(stack):
    with pytest.raises(websockets.InvalidHandshake):
        await websockets.connect(f"ws://127.0.0.1:{stack.ws_port}/?player_id=a%00b")


async def test_a_second_connection_replaces_the_first(stack, name, pool):
    async with connected(stack.ws_port, name("alice")) as (first,):
        ticket = await first.start(pool)
        second = await Player(stack.ws_port, first.id).connect()
        assert await first.closed() == 1008
        await second.wait_state(ticket, "SEARCHING")
        await second.close()
