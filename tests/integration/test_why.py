"""Why a ticket waits: asked by its player, by HTTP, and by gsmctl."""
import json
import subprocess

import net
from players import connected
from schemas import validate
from stack import BUILD
from test_tickets import refusal


async def why(player, ticket):
    answer = await player.ask("describe_matchmaking", {"ticket_id": ticket, "why": True})
    assert answer["type"] == "matchmaking_status", answer
    return answer["data"]


async def test_the_nearest_miss(stack, name, pool):
    async with connected(stack.ws_port, name("ann"), name("ben"), name("eve")) as (ann, ben, eve):
        ticket = await ann.start(pool, attributes={"skill": 1000})
        other = await ben.start(pool, attributes={"skill": 1999})
        await ben.wait_state(other, "SEARCHING")
        data = await why(ann, ticket)
        assert (data["ticket_id"], data["state"], data["reason"]) == (ticket, "SEARCHING", "")
        assert data["why"]["waiting"] == {"tickets": 2, "looked_at": 1, "no_room": 0, "pass_all": 0}
        (rule,) = data["why"]["rules"]
        assert (rule["rule"], rule["passed"], rule["failed"]) == ("Close", 0, 1)
        assert rule["nearest"]["found"] == 999 and rule["nearest"]["text"].startswith("skill distance 999, allowed ")
        assert (await refusal(eve, "describe_matchmaking", {"ticket_id": ticket, "why": True}))["code"] == "ticket_not_found"
        assert "why" not in (await ann.ask("describe_matchmaking", {"ticket_id": ticket, "why": False}))["data"]


async def test_what_does_not_wait_has_no_why(stack, name, pool):
    async with connected(stack.ws_port, name("ann")) as (ann,):
        ticket = await ann.start(pool)
        await ann.ask("stop_matchmaking", {"ticket_id": ticket})
        await ann.wait_state(ticket, "CANCELLED")
        data = await why(ann, ticket)
        assert (data["state"], data["reason"]) == ("CANCELLED", "requested") and "why" not in data


async def test_who_is_asked_to_accept(stack, name, shape):
    async with connected(stack.ws_port, name("ann"), name("ben")) as players:
        tickets = [await player.start(f"ready-{shape}") for player in players]
        await players[0].expect("potential_match")
        await players[0].wait_state(tickets[0], "REQUIRES_ACCEPTANCE")
        assert (await why(players[0], tickets[0]))["state"] == "REQUIRES_ACCEPTANCE"


async def test_by_http_and_gsmctl(stack, name, pool):
    url = f"http://127.0.0.1:{stack.matchmaker.port}"

    def gsmctl(*args):
        return subprocess.run([BUILD / "gsmctl", "ticket", "why", *args, "--url", url], capture_output=True, text=True)
    async with connected(stack.ws_port, name("ann")) as (ann,):
        ticket = await ann.start(pool)
        await ann.wait_state(ticket, "SEARCHING")
        status, document = net.http_json(stack.matchmaker.port, f"/v1/tickets/{ticket}/why")
        assert status == 200 and document["ticket_id"] == ticket and document["players_needed"] == 2
        validate("topics/game-matchmaking-journal.transition",
                 {"why": document, "ticket": ticket, "issuer": {"player": ann.id}})
        told = gsmctl(ticket)
        assert told.returncode == 0 and told.stdout.startswith(f"ticket {ticket}, configuration {pool}: SEARCHING for ")
        assert "at least 2 players" in told.stdout
        told = subprocess.run([BUILD / "gsmctl", "ticket", "why", "--url", url, "--json", ticket], capture_output=True, text=True)
        assert told.returncode == 0 and json.loads(told.stdout)["ticket_id"] == ticket  # the id may stand last, too
    for path, says in ((f"/v1/tickets/{name('nobody')}/why", "no such ticket waits"), ("/v1/tickets/a%20b/why", "there is"),
                       (f"/v1/tickets/{ticket}", "there is"), (f"/v1/tickets/{'x' * 129}/why", "there is")):
        status, answer = net.http_json(stack.matchmaker.port, path)
        assert status == 404 and says in answer["message"], (path, answer)
    missing = gsmctl(name("nobody"))
    assert missing.returncode == 1 and "404 no such ticket waits" in missing.stderr
    assert gsmctl().returncode == 2 and gsmctl("a b").returncode == 2


async def test_a_standby_says_what_it_rules(own_stack, name, pool):
    stack = own_stack()
    standby = stack.add("matchmaker-2", "matchmaker")
    stack.start()
    async with connected(stack.ws_port, name("ann")) as (ann,):
        ticket = await ann.start(pool)
        await ann.wait_state(ticket, "SEARCHING")
        answers = [net.http_json(d.port, f"/v1/tickets/{ticket}/why") for d in (stack.matchmaker, standby)]
    assert sorted(status for status, _ in answers) == [200, 404]
    other = next(answer for status, answer in answers if status == 404)
    assert other["message"].startswith("no such ticket waits in a partition that this process rules: ")
