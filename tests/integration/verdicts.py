"""
What became of each ticket of a crowd, from every side: what the players were told (crowd.py) and what the topics say,
as checker.py reads them. A verdict is a list of sentences; an empty one is an acquittal.
"""
import collections
import json

from checker import EVENTS, JOURNAL, OUTBOX, QUEUE, History, match_events


class Evidence:
    """`topics` need not be real: anything with read(topic, since)."""

    def __init__(self, topics, since=None):
        since = since or {}
        self.starts = collections.defaultdict(set)  # ticket -> the players who asked for it
        for record in topics.read(QUEUE, since.get(QUEUE)):
            if record.headers.get("ce_type") == "StartMatchmaking":
                value = json.loads(record.value)
                self.starts[value["TicketId"]] |= {player["PlayerId"] for player in value["Players"]}
        self.history = History(topics.read(JOURNAL))
        self.ids = match_events(topics.read(EVENTS, since.get(EVENTS)))  # (match, player) -> event id
        self.pushed = collections.defaultdict(set)                       # event id -> the players it was pushed to
        for record in topics.read(OUTBOX, since.get(OUTBOX)):
            self.pushed[record.headers["ce_id"]].add(record.key)


def judge_ticket(evidence, player, ticket):
    """One ticket that this player asked for."""
    history, state = evidence.history, evidence.history.state.get(ticket)
    if ticket not in evidence.starts:
        if ticket in player.queued:
            yield f"{ticket}: answered matchmaking_queued, but not in the queue"
        return
    if evidence.starts[ticket] != {player.id}:
        yield f"{ticket}: asked for by {evidence.starts[ticket]}"
    if state == "COMPLETED":
        yield from judge_match(evidence, player, ticket, history.matched[ticket])
    elif state != "CANCELLED" or len(player.asked) == 1:
        yield f"{ticket}: is {state} in the journal"


def found(player):
    """What the player was told of matches, repeats included."""
    return [t.message for t in player.told if t.message["type"] == "match_found"]


def judge_match(evidence, player, ticket, match):
    """A match of the journal, as this player heard of it."""
    members = evidence.history.matches[match]
    told = [message for message in found(player) if message["data"]["match_id"] == match]
    event = evidence.ids.get((match, player.id))
    if event is None:
        yield f"{ticket}: {match} has no event for {player.id}"
    if not told:
        yield f"{ticket}: {player.id} was never told of {match}"
    if any(message != told[0] for message in told):
        yield f"{ticket}: told of {match} in different words: {told}"
    for message in told[:1]:
        data = message["data"]
        if message["id"] != event:
            yield f"{ticket}: told of {match} as {message['id']}, the event is {event}"
        if (data["ticket_id"], sorted(id_ for team in data["teams"].values() for id_ in team)) != \
                (ticket, sorted(id_ for id_, _ in members)):
            yield f"{ticket}: told {data}, the journal says {members}"
    if not evidence.pushed[event] <= {player.id}:
        yield f"{ticket}: {event} was pushed to {evidence.pushed[event]}"


def judge_player(evidence, player):
    for ticket in player.asked:
        yield from judge_ticket(evidence, player, ticket)
    matches = {evidence.history.matched.get(ticket) for ticket in player.asked} - {None}
    if len(matches) != 1:
        yield f"{player.id}: in {len(matches)} matches: {sorted(matches)}"
    told = {message["data"]["match_id"] for message in found(player)}
    if told - matches:
        yield f"{player.id}: told of {sorted(told - matches)}, which the journal does not give them"
    times = collections.Counter((t.connection, t.message["id"]) for t in player.told)
    twice = [key for key, n in times.items() if n > 1]
    if twice:
        yield f"{player.id}: twice on one connection: {twice}"


def judge(evidence, players):
    """Fails with the first sentences of the verdict."""
    sentences = [sentence for player in players for sentence in judge_player(evidence, player)]
    assert not sentences, f"{len(sentences)} complaints:\n" + "\n".join(sentences[:10])
