"""
What was said, held against what the journal owes: the records of game-events and of the outbox, and what each player
saw. Each reader goes through its file once; `complain(rule, sentence)`.
"""
import collections
import json
import math

import due
from asked import START
from checker import EVENTS, OUTBOX
from story import PUBLISHED, TOLD

ANSWER_MS = 60000    # a request that is older when its connection closes was forgotten


def place_of(record):
    return f"{record.topic}-{record.partition}:{record.offset}"


class Published:
    """game-events. `strange`: places of what the harness put there."""

    def __init__(self, folder, story, strange, complain):
        self.story, self.complain = story, complain
        self.greatest = {}  # (partition, journal partition) -> (seq, index)
        self.records = self.repeats = 0
        for record in folder.records(EVENTS):
            self.records += 1
            if (EVENTS, record.partition, record.offset) not in strange:
                self.take(record)

    def take(self, record):
        id_ = record.headers.get("ce_id", "")
        found = self.story.find(id_)
        if found is None:
            self.complain("undue", self.undue(record, id_))
            return
        owing, index = found
        self.check(record, id_, owing.events[index])
        if owing.flags[index] & PUBLISHED:
            self.repeats += 1
        else:
            self.first_time(record, id_, owing, index)

    def undue(self, record, id_):
        return f"{id_} ({record.headers.get('ce_type')} for {record.key}) at {place_of(record)}: no valid tick owes it"

    def check(self, record, id_, event):
        type_, key, words = event
        if (record.headers.get("ce_type"), record.key) != (type_, key):
            self.complain("event words", f"{id_} is {record.headers.get('ce_type')} for {record.key} at "
                                         f"{place_of(record)}, owed is {type_} for {key}")
        elif self.words(record) != words:
            self.complain("match words" if type_ == "match_ready" else "event words",
                          f"{id_} ({type_} for {key}) at {place_of(record)} is not what the journal says")

    def words(self, record):
        try:
            value = json.loads(record.value)
            if "detail" in value:
                return due.words_of_flexmatch(value["detail"])
            return due.words_of_event(value, record.headers.get("request_id"))
        except (ValueError, RecursionError, KeyError, TypeError):
            return None

    def first_time(self, record, id_, owing, index):
        """A consumer keeps the greatest id of each journal partition: a smaller one that is new is lost on it."""
        owing.flags[index] |= PUBLISHED
        owing.published_ms = max(owing.published_ms or 0, record.timestamp)
        (partition, seq, _), _ = due.event_key(id_)
        place = (record.partition, partition)
        if (seq, index) < self.greatest.get(place, (0, 0)):
            self.complain("event order", f"{id_} at {place_of(record)} comes for the first time after "
                                         f"{self.greatest[place]} of the same journal partition")
        else:
            self.greatest[place] = (seq, index)


class Pushed:
    """The outbox: what is on its way to a player is what is owed to that player."""

    def __init__(self, folder, story, strange, complain):
        self.story, self.complain = story, complain
        self.records = self.replaced = 0
        for record in folder.records(OUTBOX):
            self.records += 1
            if (OUTBOX, record.partition, record.offset) in strange:
                continue
            if record.headers.get("ce_type") == "replaced":
                self.replaced += 1
            else:
                self.take(record)

    def take(self, record):
        id_ = record.headers.get("ce_id", "")
        found = self.story.find(id_)
        if found is None:
            self.complain("push", f"{id_} for {record.key} at {place_of(record)}: no valid tick owes it")
            return
        owing, index = found
        _, key, words = owing.events[index]
        if record.key != key:
            self.complain("stranger", f"{id_} is pushed to {record.key} at {place_of(record)}, it is for {key}")
        elif self.words(record) != words:
            self.complain("told words", f"{id_} for {key} at {place_of(record)} is not what the journal says")

    def words(self, record):
        try:
            return due.words_of_message(json.loads(record.value))
        except (ValueError, RecursionError, KeyError, TypeError):
            return None


def taken_requests(commands):
    """(player, request) of what is answered by an event, when the matchmaker has read so far; not so a start."""
    return {(command.asker[0], command.asker[2]) for of_partition in commands.values()
            for command in of_partition.values() if command.type != START}


class Client:
    """
    One player. By connection: seen: the ids, while it is open; asked: {request: ms}; spans: [opened, closed]. greatest:
    journal partition -> (seq, index, ms) of the newest message; over: tickets whose end was told.
    """

    __slots__ = ("seen", "asked", "spans", "greatest", "over", "last_ms")

    def __init__(self):
        self.seen, self.asked, self.spans, self.greatest, self.over = {}, {}, {}, {}, set()
        self.last_ms = 0


class Told:
    """
    clients.jsonl. `late(newest_ms)`: may a message come for the first time after a newer one, told at newest_ms, since
    Redis was emptied?
    """

    def __init__(self, folder, story, late, complain):
        self.story, self.late, self.complain = story, late, complain
        self.taken = taken_requests(story.commands)
        self.clients = collections.defaultdict(Client)
        self.queued = {}                    # ticket -> players told that it is queued
        self.starts = 0                     # sent
        self.asked_ids = set()              # tickets named in a start that was sent
        self.errors = collections.Counter() # codes of the gateways' and the matchmakers' refusals
        self.messages = self.repeats = 0
        steps = {"opened": self.opened, "closed": self.closed, "sent": self.sent, "told": self.told}
        for line in folder.clients():
            client = self.clients[line["player"]]
            client.last_ms = line["ms"]
            steps[line["what"]](client, line)

    def opened(self, client, line):
        client.seen[line["connection"]], client.asked[line["connection"]] = set(), {}
        client.spans[line["connection"]] = [line["ms"], math.inf]

    def closed(self, client, line):
        client.seen.pop(line["connection"], None)
        client.spans[line["connection"]][1] = line["ms"]
        for request, ms in client.asked.pop(line["connection"], {}).items():
            if line["ms"] - ms > ANSWER_MS and (line["player"], request) not in self.taken:
                self.complain("unanswered", f"{line['player']}: {request} on connection {line['connection']} was not "
                                            f"answered in the {line['ms'] - ms} ms that it stood")

    def sent(self, client, line):
        message = line["message"]
        if message.get("action") == "start_matchmaking":
            self.starts += 1
            if "ticket_id" in message.get("data", {}):
                self.asked_ids.add(message["data"]["ticket_id"])
        if "request_id" in message:
            client.asked.setdefault(line["connection"], {})[json.dumps(message["request_id"])] = line["ms"]

    def told(self, client, line):
        message = line["message"]
        self.messages += 1
        if "request_id" in message:
            client.asked.get(line["connection"], {}).pop(json.dumps(message["request_id"]), None)
        if message["type"] == "error":
            self.errors[message["data"]["code"]] += 1
        elif message["type"] == "matchmaking_queued":
            self.queued.setdefault(message["data"]["ticket_id"], set()).add(line["player"])
        if "id" in message:
            self.take(client, line, message)

    def take(self, client, line, message):
        player, id_ = line["player"], message["id"]
        found = self.story.find(id_)
        if found is None:
            self.complain("told undue", f"{player}: told {message['type']} {id_}, which no valid tick owes")
            return
        owing, index = found
        type_, key, words = owing.events[index]
        if key != player:
            self.complain("stranger", f"{player}: told {message['type']} {id_}, which is for {key}: {message['data']}")
            return
        if due.words_of_message(message) != words:
            self.complain("match words" if type_ == "match_ready" else "told words",
                          f"{player}: told {id_} as {message}, which is not what the journal says ({type_})")
        self.note_connection(client, line, id_)
        if owing.flags[index] & TOLD:
            self.repeats += 1
        else:
            owing.flags[index] |= TOLD
            self.first_time(client, line, message)

    def note_connection(self, client, line, id_):
        seen = client.seen.setdefault(line["connection"], set())
        if id_ in seen:
            self.complain("twice", f"{line['player']}: {id_} twice on connection {line['connection']}")
        seen.add(id_)

    def first_time(self, client, line, message):
        (partition, seq, index), _ = due.event_key(message["id"])
        newest = client.greatest.get(partition, (0, 0, 0))
        excused = False
        if (seq, index) < newest[:2]:
            excused = self.late(newest[2])
            if not excused:
                self.complain("told order", f"{line['player']}: {message['type']} {message['id']} comes for the first "
                                            f"time at {line['ms']}, after {newest[:2]} at {newest[2]}")
        else:
            client.greatest[partition] = (seq, index, line["ms"])
        self.note_end(client, line, message, excused)

    def note_end(self, client, line, message, excused):
        if message["type"] not in due.ABOUT_A_TICKET:
            return
        ticket = message["data"]["ticket_id"]
        if ticket in client.over and not excused:
            self.complain("told after", f"{line['player']}: told {message['type']} {message['id']} of {ticket} after "
                                        "its end")
        if message["type"] in due.LAST_WORDS:
            client.over.add(ticket)
