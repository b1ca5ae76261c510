"""What was asked of the matchmaker: the commands of the queue, and what a tick that has read them must have decided."""
import collections
import json

from checker import QUEUE

START, LEFT = "StartMatchmaking", "PlayerLeft"

# type: ce_type, "" when it is no command of ours; asker: (player, connection, request id as text)
Command = collections.namedtuple("Command", "type ticket asker players timestamp")


def command_of(record):
    headers = record.headers
    asker = (headers.get("player_id", ""), headers.get("connection_id", ""), headers.get("request_id", ""))
    try:
        value = json.loads(record.value)
        players = tuple(player["PlayerId"] for player in value.get("Players", ()))
        return Command(headers.get("ce_type", ""), value.get("TicketId", ""), asker, players, record.timestamp)
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return Command("", "", asker, (), record.timestamp)


def asker_of(issuer):
    return issuer["player"], issuer.get("connection", ""), issuer.get("request", "")


def commands_of(folder):
    """{partition: {offset: Command}}"""
    commands = collections.defaultdict(dict)
    for record in folder.records(QUEUE):
        commands[record.partition][record.offset] = command_of(record)
    return commands


def decision_of(t):
    """What of a transition a command may have led to; None: nobody asked for it."""
    if "dead_letter" in t:
        return "dead", t["dead_letter"]
    if t.get("issuer", {}).get("player"):
        return "answer", asker_of(t["issuer"])
    if t.get("state") == "SEARCHING" and "reason" not in t and "backfill" not in t:
        return "begun", t["ticket"]
    if t.get("reason") in ("player_left", "requested"):
        return t["reason"], t["ticket"]
    return None


def take(decisions, wanted):
    if decisions[wanted] == 0:
        return False
    decisions[wanted] -= 1
    return True


def unanswered(commands, first, position, transitions):
    """
    Holds a tick that read the queue from `first` up to `position` against what was asked there: a sentence for each
    command without a decision, and for each decision without a command.
    """
    decisions = collections.Counter(filter(None, map(decision_of, transitions)))
    newcomers = set()
    for offset in range(first, position):
        command = commands.get(offset)
        if take(decisions, ("dead", offset)) or command is None:  # a gap: a transaction's marker
            continue
        newcomers.update(command.players)
        if not answered(decisions, command):
            yield f"offset {offset} was read and nothing was decided of it: {tuple(command)}"
    for decision in decisions.elements():
        yield f"{decision} was decided, and nobody had asked for it between offsets {first} and {position}"
    for t in transitions:
        if t.get("reason") == "replaced" and not newcomers & {player["id"] for player in t["players"]}:
            yield f"{t['ticket']} was replaced, and nobody started anew between offsets {first} and {position}"


def answered(decisions, command):
    if command.type == START and take(decisions, ("begun", command.ticket)):
        return True
    if command.type == LEFT:  # a ticket that has ended meanwhile is nothing to leave
        take(decisions, ("player_left", command.ticket))
        return True
    return take(decisions, ("answer", command.asker))
