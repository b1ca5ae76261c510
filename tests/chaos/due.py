"""
What a decision of the journal owes to its audience, by proto/protocol.md: the players' events, then FlexMatch's, in the
order of their ids.
"""
import datetime
import hashlib
import json

MESSAGES = {"match_ready": "match_found", "matchmaking_refused": "error"}  # others keep their names
ENDS = {"CANCELLED": "matchmaking_cancelled", "TIMED_OUT": "matchmaking_timed_out", "FAILED": "matchmaking_failed"}
ENDS_FLEXMATCH = {"CANCELLED": "MatchmakingCancelled", "TIMED_OUT": "MatchmakingTimedOut",
                  "FAILED": "MatchmakingFailed"}
OUTCOMES = {"rejected": "Rejected", "timed_out": "TimedOut"}
ABOUT_A_TICKET = {"matchmaking_searching", "potential_match", "match_accepted", "match_found", *ENDS.values()}
LAST_WORDS = {"match_found", *ENDS.values()}


def digest(value):
    """Equal for what says the same."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def rfc3339(ms):
    at = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def event_key(text):
    """(journal partition, seq, index), and (incarnation, epoch); an event id's numbers."""
    incarnation, partition, epoch, seq, index = map(int, text.split("-"))
    return (partition, seq, index), (incarnation, epoch)


# ---- what is said, without where and to whom ------------------------------------------------------------------------

def words_of_message(message):
    """Of a frame, or of an outbox record. An error says in the frame what the event says in its data."""
    data = message["data"]
    if message["type"] == "error":
        data = {**data, "message": message.get("message")}
    return digest([message["type"], message.get("request_id"), data])


def words_of_event(value, request_id):
    """Of a player's event; request_id: as JSON text, or nothing."""
    type_ = value["type"]
    return digest([MESSAGES.get(type_, type_), json.loads(request_id) if request_id else None, value["data"]])


def words_of_flexmatch(detail):
    tickets = sorted(ticket["ticketId"] for ticket in detail["tickets"])
    teams = detail.get("matchData", {}).get("teams")
    seats = teams and sorted((team["name"], player["playerId"]) for team in teams for player in team["players"])
    return digest([detail["type"], tickets, detail.get("matchId"), detail.get("acceptance"), seats])


# ---- what is owed ---------------------------------------------------------------------------------------------------

def members(t):
    """(team, player, ticket) of who came: a backfill's players are in the game already."""
    return [(team["name"], p["id"], p["ticket"]) for team in t["teams"] for p in team["players"]
            if p["ticket"] != t.get("backfill")]


def teams_of(t):
    return {team["name"]: [p["id"] for p in team["players"]] for team in t["teams"]}


def opponent(teams, own, player):
    """The first player of the first other team, or the first other one of the only team, or nobody."""
    others = [ids[0] for name, ids in teams.items() if name != own and ids]
    return (others or [id_ for id_ in teams[own] if id_ != player] or [""])[0]


def for_player(type_, player, data, issuer=None):
    """An answer carries the request's id to the one who asked."""
    answers = issuer is not None and issuer["player"] == player
    return type_, player, words_of_event({"type": type_, "data": data}, issuer.get("request") if answers else None)


def for_servers(type_, key, tickets, match=None, acceptance=None, seats=None):
    return type_, key, digest([type_, sorted(tickets), match, acceptance, seats and sorted(seats)])


def of_ticket(t, at):
    ids, issuer, ends = [p["id"] for p in t["players"]], t.get("issuer"), t["state"] != "SEARCHING"
    if "backfill" not in t and (ends or len(ids) > 1 or "reason" in t):
        data = {"ticket_id": t["ticket"]}
        data.update({} if ends else {"configuration": t["configuration"], "players": ids})
        data.update({name: t[own] for name, own in (("reason", "reason"), ("match_id", "match")) if own in t})
        for id_ in ids:
            yield for_player(ENDS.get(t["state"], "matchmaking_searching"), id_, data, issuer)
    type_ = ENDS_FLEXMATCH.get(t["state"], "MatchmakingSearching")
    yield for_servers(type_, t["ticket"], [t["ticket"]], t.get("match"))


def about_all(t):
    """(the key, the tickets) of an event about several tickets."""
    return members(t)[0][2], {p["ticket"] for team in t["teams"] for p in team["players"]}


def of_answer(t):
    """Of the player who gave one; who stopped or left has given none."""
    for team in t["teams"]:
        for p in team["players"]:
            if p["id"] == t["issuer"]["player"] and "accepted" in p:
                data = {"match_id": t["proposal"], "ticket_id": p["ticket"], "accept": p["accepted"]}
                yield for_player("match_accepted", p["id"], data, t["issuer"])
    yield for_servers("AcceptMatch", *about_all(t), t["proposal"])


def of_proposal(t, at):
    if "issuer" in t:
        yield from of_answer(t)
        return
    for _, player, ticket in members(t):
        yield for_player("potential_match", player, {
            "match_id": t["proposal"], "ticket_id": ticket, "acceptance_required": True,
            "acceptance_timeout_seconds": (t["until"] - t["at"]) // 1000, "teams": teams_of(t)})
    yield for_servers("PotentialMatchCreated", *about_all(t), t["proposal"])


def of_dropped(t, at):
    if "issuer" in t:
        yield from of_answer(t)
    yield for_servers("AcceptMatchCompleted", *about_all(t), t["proposal"], OUTCOMES[t["outcome"]])


def of_match(t, at):
    teams = teams_of(t)
    for team, player, ticket in members(t):
        yield for_player("match_ready", player, {
            "match_id": t["match"], "opponent": opponent(teams, team, player), "timestamp": rfc3339(at),
            "ticket_id": ticket, "teams": teams})
    if t.get("accepted"):
        yield for_servers("AcceptMatchCompleted", *about_all(t), t["match"], "Accepted")
    else:
        yield for_servers("PotentialMatchCreated", *about_all(t), t["match"])
    seats = [(team, id_) for team, ids in teams.items() for id_ in ids]
    yield for_servers("MatchmakingSucceeded", *about_all(t), t["match"], seats=seats)


def of_refused(t, at):
    if t["issuer"]["player"]:
        data = {"code": t["refused"], "message": t["message"], "ticket_id": t["ticket"]}
        yield for_player("matchmaking_refused", t["issuer"]["player"], data, t["issuer"])


def of_why(t, at):
    why = t["why"]
    yield for_player("matchmaking_status", t["issuer"]["player"], {
        "ticket_id": t["ticket"], "state": why["state"], "reason": "", "wait_seconds": why["age_seconds"],
        "estimated_wait_seconds": why["estimated_wait_seconds"], "why": why}, t["issuer"])


def owed(t, at):
    """[(ce_type, key, digest)] of a transition in a tick of that time."""
    for name, of in (("outcome", of_dropped), ("proposal", of_proposal), ("state", of_ticket), ("match", of_match),
                     ("refused", of_refused), ("why", of_why)):
        if name in t:
            return list(of(t, at))
    return []
