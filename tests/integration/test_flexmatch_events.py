"""What game servers and back ends that know GameLift read on game-events."""
import asyncio
import datetime
import json

from checker import EVENTS, QUEUE, check_record
from players import connected
from stack import PARTITIONS, PROPERTIES
from test_acceptance import answer, proposed
from test_path import matched_all

FLEXMATCH = ("MatchmakingSearching", "PotentialMatchCreated", "AcceptMatch", "AcceptMatchCompleted",
             "MatchmakingSucceeded", "MatchmakingTimedOut", "MatchmakingCancelled", "MatchmakingFailed")


def story(topics, since, tickets):
    """The details of FlexMatch's events about these tickets, in the order in which they were decided; each once."""
    events = {}
    for record in topics.read(EVENTS, since):
        if record.headers["ce_type"] not in FLEXMATCH:
            continue
        detail = check_record(record)["detail"]
        if {t["ticketId"] for t in detail["tickets"]} & set(tickets):
            events[tuple(map(int, record.headers["ce_id"].split("-")))] = detail
    return [events[id_] for id_ in sorted(events)]


def types(details):
    return [detail["type"] for detail in details]


def succeeded(topics, since):
    return topics.wait_for(EVENTS, since, lambda r: r.headers["ce_type"] == "MatchmakingSucceeded", "MatchmakingSucceeded")


async def test_a_match(stack, topics, name, shape):
    since, configuration = topics.ends(EVENTS), f"squad-{shape}"
    dead = stack.notifier.metric("notifier_dead_letters_total")
    async with connected(stack.ws_port, *(name(n) for n in range(6))) as players:
        tickets = [await p.start(configuration, attributes={"skill": 1500 + n, "maps": ["mill", "pit"]}, latency_ms={"eu": 9})
                   for n, p in enumerate(players)]
        teams = await matched_all(players)
    record = succeeded(topics, since)
    envelope, details = check_record(record), story(topics, since, tickets)
    assert types(details) == ["MatchmakingSearching"] * 6 + ["PotentialMatchCreated", "MatchmakingSucceeded"]
    assert record.key == envelope["detail"]["tickets"][0]["ticketId"]
    assert envelope["resources"][0].endswith(f"matchmakingconfiguration/{configuration}")
    potential, match = details[-2:]
    assert potential["acceptanceRequired"] is False and potential["matchId"] == match["matchId"]
    assert {metric["ruleName"] for metric in potential["ruleEvaluationMetrics"]} == {"FairTeamSkill"}
    assert match["customEventData"] == f"squad {shape}" and match["gameProperties"] == PROPERTIES
    assert sorted(t["ticketId"] for t in match["tickets"]) == sorted(tickets)
    data = {team["name"]: team["players"] for team in match["matchData"]["teams"]}
    assert {team: [p["playerId"] for p in of] for team, of in data.items()} == teams
    skills = {p["playerId"]: p["attributes"]["skill"] for of in data.values() for p in of}
    assert skills == {p.id: {"attributeType": "DOUBLE", "valueAttribute": 1500 + n} for n, p in enumerate(players)}
    assert all(p["attributes"]["maps"] == {"attributeType": "STRING_LIST", "valueAttribute": ["mill", "pit"]}
               for of in data.values() for p in of)
    assert "eu" not in json.dumps(match), "latencies are nobody's business"
    assert stack.notifier.metric("notifier_dead_letters_total") == dead


async def test_an_accepted_match(stack, topics, name, shape):
    since = topics.ends(EVENTS)
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), tickets, match):
        for player in (ann, ben):
            await answer(player, match, True)
        await matched_all([ann, ben])
    succeeded(topics, since)
    details = story(topics, since, tickets)
    assert types(details) == ["MatchmakingSearching"] * 2 + [
        "PotentialMatchCreated", "AcceptMatch", "AcceptMatch", "AcceptMatchCompleted", "MatchmakingSucceeded"]
    potential, first, second, completed = details[2:6]
    assert (potential["acceptanceRequired"], potential["acceptanceTimeout"]) == (True, 60)
    said = [{p["playerId"]: p.get("accepted") for t in d["tickets"] for p in t["players"]}
            for d in (potential, first, second, completed)]
    assert said == [{ann.id: None, ben.id: None}, {ann.id: True, ben.id: None}, *[{ann.id: True, ben.id: True}] * 2]
    assert completed["acceptance"] == "Accepted"
    assert {d["matchId"] for d in details[2:]} == {match}


async def test_a_rejected_one(stack, topics, name, shape):
    since = topics.ends(EVENTS)
    async with proposed(stack, name, f"ready-{shape}", "ann", "ben") as ((ann, ben), (ann_s, ben_s), match):
        await answer(ben, match, False)
        await ann.expect("matchmaking_searching")
        await ann.ask("stop_matchmaking", {"ticket_id": ann_s})
    topics.wait_for(EVENTS, since, lambda r: r.headers["ce_type"] == "MatchmakingCancelled" and r.key == ann_s, "the stop")
    details = story(topics, since, [ann_s, ben_s])
    assert types(details)[2:5] == ["PotentialMatchCreated", "AcceptMatch", "AcceptMatchCompleted"]
    assert sorted(types(details)[5:7]) == ["MatchmakingCancelled", "MatchmakingSearching"]
    assert types(details)[7:] == ["MatchmakingCancelled"]
    assert details[4]["acceptance"] == "Rejected" and details[7]["message"] == "Cancelled by request."


async def test_ends_without_a_match(stack, topics, name, number):
    since = topics.ends(EVENTS)
    async with connected(stack.ws_port, name("ann"), name("ben")) as (ann, ben):
        late = await ann.start(f"brief-{number}")
        stopped = await ben.start(f"pool-{number}")
        await ben.ask("stop_matchmaking", {"ticket_id": stopped})
        await ann.expect("matchmaking_timed_out")
    for ticket, type_, message in ((late, "MatchmakingTimedOut", "Removed from matchmaking due to timing out."),
                                   (stopped, "MatchmakingCancelled", "Cancelled by request.")):
        record = topics.wait_for(EVENTS, since, lambda r: r.headers["ce_type"] == type_ and r.key == ticket, type_)
        assert check_record(record)["detail"]["message"] == message
        assert types(story(topics, since, [ticket])) == ["MatchmakingSearching", type_]


def backfill(topics, configuration, partition, ticket, players):
    """What a game server asks for its game."""
    value = {"ConfigurationName": configuration, "TicketId": ticket, "GameSessionArn": f"game/{ticket}",
             "Players": [{"PlayerId": player, "Team": team, "PlayerAttributes": {"skill": {"N": 1500}}}
                         for player, team in players]}
    headers = {"ce_id": f"{ticket}-1", "ce_type": "StartMatchBackfill", "ce_source": "gateway/test",
               "ce_time": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    topics.append(QUEUE, partition, json.dumps(value), key=configuration, headers=headers)


async def test_a_backfill(stack, topics, name, shape):
    """Who plays already is in the match and hears nothing; who comes does, and the game server reads who is where."""
    since, configuration, ticket = topics.ends(EVENTS), f"squad-{shape}", name("game")
    async with connected(stack.ws_port, name("ann"), name("ben"), name("dan")) as (ann, ben, dan):
        inside = [(name(f"p{n}"), "red" if n < 3 else "blue") for n in range(3)] + [(dan.id, "blue")]
        backfill(topics, configuration, shape % PARTITIONS, ticket, inside)
        await asyncio.to_thread(topics.wait_for, EVENTS, since, lambda r: r.key == ticket, "the backfill's search")
        tickets = [await player.start(configuration) for player in (ann, ben)]
        teams = [(await player.expect("match_found"))["data"]["teams"] for player in (ann, ben)]
        assert teams[0] == teams[1] and {ann.id, ben.id} < set(teams[0]["blue"])
        await dan.ping()
        assert not any(message["type"] == "match_found" for message in dan.messages)
        detail = check_record(succeeded(topics, since))["detail"]
        assert [t["ticketId"] for t in detail["tickets"]][-1] == ticket, "the backfill's comes last"
        assert {t["ticketId"]: sorted((p["playerId"], p["team"]) for p in t["players"]) for t in detail["tickets"]} == {
            ticket: sorted(inside), tickets[0]: [(ann.id, "blue")], tickets[1]: [(ben.id, "blue")]}
