"""The checker finds what is wrong: one true story of two players, and what may be told falsely about it."""
import collections
import copy
import json
import types

import pytest

from checker import EVENTS, JOURNAL, OUTBOX, QUEUE, History, Record, check_story
from crowd import Told
from verdicts import Evidence, judge

NONCE = "a" * 32
MATCH, IDS = "m-1", ("1-0-1-2-0", "1-0-1-2-1")
PLAYERS = ("alice", "bob")
TEAMS = {"red": ["alice"], "blue": ["bob"]}


def searching(player, **changes):
    return {"ticket": f"{player}.1", "state": "SEARCHING", "players": [{"id": player}], **changes}


def match(match_id=MATCH):
    teams = [{"name": team, "players": [{"id": player, "ticket": f"{player}.1"}]}
             for team, player in zip(("red", "blue"), PLAYERS)]
    return {"match": match_id, "teams": teams}


def tick(seq, *transitions, epoch=1, nonce=NONCE, **more):
    return {"type": "tick", "epoch": epoch, "nonce": nonce, "seq": seq, "at": 10 + seq, "position": seq,
            "transitions": list(transitions), **more}


def snapshot(seq, part, last, *transitions):
    return tick(seq, *transitions, type="snapshot", part=part, last=last, incarnation=1)


def reign(epoch=1, nonce=NONCE):
    return {"type": "reign", "epoch": epoch, "nonce": nonce, "incarnation": 1}


def found(player, n):
    return {"type": "match_found", "id": IDS[n],
            "data": {"match_id": MATCH, "ticket_id": f"{player}.1", "teams": TEAMS}}


class Story:
    """What really happened; read() as Topics does."""

    def __init__(self):
        self.cut = 0  # journal records that have been deleted
        self.journal = [reign(), tick(1, *map(searching, PLAYERS)), tick(2, match())]
        self.events = [(player, IDS[n], MATCH) for n, player in enumerate(PLAYERS)]
        self.outbox = [(player, IDS[n]) for n, player in enumerate(PLAYERS)]
        self.queue = [(f"{player}.1", player) for player in PLAYERS]
        self.players = [types.SimpleNamespace(id=player, asked=collections.Counter({f"{player}.1": 1}),
                                              queued={f"{player}.1"}, told=[Told(1, found(player, n))])
                        for n, player in enumerate(PLAYERS)]

    def read(self, topic, since=None):
        rows = {JOURNAL: self.journal_row, EVENTS: self.event_row, OUTBOX: self.outbox_row, QUEUE: self.queue_row}
        name = {JOURNAL: "journal", EVENTS: "events", OUTBOX: "outbox", QUEUE: "queue"}[topic]
        deleted = self.cut if topic == JOURNAL else 0
        return [rows[topic](n, row) for n, row in enumerate(getattr(self, name))][deleted:]

    def journal_row(self, n, value):
        return Record(JOURNAL, 0, n, n, None, json.dumps(value).encode(), {})

    def event_row(self, n, row):
        player, id_, match_id = row
        value = {"player_id": player, "data": {"match_id": match_id, "teams": TEAMS}}
        return Record(EVENTS, 0, n, n, player, json.dumps(value).encode(), {"ce_type": "match_ready", "ce_id": id_})

    def outbox_row(self, n, row):
        return Record(OUTBOX, 0, n, n, row[0], b"", {"ce_id": row[1]})

    def queue_row(self, n, row):
        value = {"TicketId": row[0], "Players": [{"PlayerId": row[1]}]}
        return Record(QUEUE, 0, n, n, None, json.dumps(value).encode(), {"ce_type": "StartMatchmaking"})


def two_matches(story):
    story.journal.append(tick(3, match("m-2")))


def match_id_twice(story):
    story.journal.append(tick(3, match()))


def match_only_in_a_void_tick(story):
    story.journal[2] = tick(4, match())


def match_of_a_deposed_ruler(story):
    story.journal[2:] = [reign(2, "b" * 32), tick(2, match())]


def never_ended(story):
    story.journal.pop()


def left_and_never_asked_again(story):
    story.journal[2] = tick(2, searching("alice", state="CANCELLED"))


def two_event_ids(story):
    story.events.append(("alice", "1-0-1-3-0", MATCH))


def no_event(story):
    story.events.pop()


def never_told(story):
    story.players[0].told.clear()


def told_as_another_id(story):
    story.players[0].told[0].message["id"] = IDS[1]


def told_in_other_words(story):
    again = copy.deepcopy(story.players[0].told[0].message)
    again["id"] = "1-0-1-9-9"
    story.players[0].told.append(Told(2, again))


def told_twice_on_a_connection(story):
    story.players[0].told.append(story.players[0].told[0])


def told_of_another_match(story):
    other = copy.deepcopy(found("alice", 0))
    other["data"]["match_id"], other["id"] = "m-2", "1-0-1-5-0"
    story.players[0].told.append(Told(1, other))


def pushed_to_another(story):
    story.outbox.append(("bob", IDS[0]))


def lost_before_the_queue(story):
    story.queue.pop()


LIES = {
    two_matches: "in two matches",
    match_id_twice: "a match id twice",
    match_only_in_a_void_tick: "is SEARCHING in the journal",
    match_of_a_deposed_ruler: "is SEARCHING in the journal",
    never_ended: "is SEARCHING in the journal",
    left_and_never_asked_again: "is CANCELLED in the journal",
    two_event_ids: "two ids for",
    no_event: "has no event for bob",
    never_told: "alice was never told",
    told_as_another_id: "the event is",
    told_in_other_words: "in different words",
    told_twice_on_a_connection: "twice on one connection",
    told_of_another_match: "which the journal does not give them",
    pushed_to_another: "was pushed to",
    lost_before_the_queue: "but not in the queue",
}


def test_a_true_story():
    story = Story()
    judge(Evidence(story), story.players)


def test_a_repeat_is_no_lie():
    story = Story()
    story.events *= 2
    story.outbox *= 2
    story.players[0].told.append(Told(2, copy.deepcopy(story.players[0].told[0].message)))
    judge(Evidence(story), story.players)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_found(lie):
    story = Story()
    lie(story)
    with pytest.raises(AssertionError, match=LIES[lie]):
        judge(Evidence(story), story.players)


def snapshots_under_way():
    """Two snapshots, while players come and are matched: a longer story, of which the first half may be deleted."""
    story = Story()
    story.journal += [tick(3, searching("carol"), searching("dave")), snapshot(4, 1, False, searching("carol")),
                      tick(5, searching("erin")), snapshot(6, 2, True, searching("dave")),
                      snapshot(7, 1, False, searching("carol"), searching("erin")),
                      tick(8, searching("dave", state="CANCELLED")),
                      snapshot(9, 2, True, {"ended": 1, "hashes": "0" * 16})]
    return story


@pytest.mark.parametrize("cut", [0, 4, 7])
def test_a_journal_without_its_past(cut):
    story = snapshots_under_way()
    story.cut = cut
    history, _, _ = check_story(story)
    assert history.open_tickets() == {"carol.1", "erin.1"}


def cut_in_a_tick(story):
    story.cut = 3


def cut_in_a_snapshot(story):
    story.cut = 6


def left_out(story):
    story.journal[-3]["transitions"].pop()


def named_what_was_over(story):
    story.journal[-1]["transitions"].append(searching("dave"))


def part_missing(story):
    story.journal[-3]["part"] = 2


SNAPSHOT_LIES = {
    cut_in_a_tick: "the journal does not begin",
    cut_in_a_snapshot: "the journal does not begin",
    left_out: "a snapshot left out",
    named_what_was_over: "a snapshot names what does not wait",
    part_missing: "where 3 was due",
}


@pytest.mark.parametrize("lie", SNAPSHOT_LIES, ids=lambda lie: lie.__name__)
def test_a_wrong_snapshot_is_found(lie):
    story = snapshots_under_way()
    lie(story)
    with pytest.raises(AssertionError, match=SNAPSHOT_LIES[lie]):
        History(story.read(JOURNAL))
