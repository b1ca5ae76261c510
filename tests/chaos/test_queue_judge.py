"""Each rule of queue_judge.py, broken on purpose: it says so, and no other does."""
import dataclasses

import pytest

from queue_judge import REASON, RULES, Fault, Record, Story, judge

TOPIC, VISIBLE, UNAVAILABLE, NOT_FOUND = "jobs", 1000, -6, -2


def record(id="m", kind="plain", at=100, offset=5, **more):
    return Record(id, "sum", kind, at, 0, offset, **more)


def letter(at, id="m", count=3, offset=5, sum="sum", **headers):
    said = {"queue_sent_ms": "100", "queue_receives": str(count), "dlq_attempts": str(count), "dlq_reason": REASON,
            "dlq_source_topic": TOPIC, "dlq_source_partition": "0", "dlq_source_offset": str(offset)}
    return Record(id, sum, "plain", at, 0, 0, headers={**said, **headers})


def sent(id="m", **more):
    return {"do": "sent", "at": 101, "id": id, "sum": "sum", "partition": 0, "offset": 5, **more}


def got(count, at, id="m", **more):
    return {"do": "got", "at": at, "asked": at - 10, "visible": VISIBLE, "id": id, "sum": "sum", "n": count, "first": at,
            "sent": 100, **more}


def deleted(count, at, err=0, id="m"):
    return [{"do": "delete", "at": at - 1, "id": id, "sent": 100, "n": count},
            {"do": "deleted", "at": at, "asked": at - 1, "id": id, "sent": 100, "n": count, "err": err}]


def changed(count, at, visible, err=0, id="m"):
    return [{"do": "change", "at": at - 1, "id": id, "sent": 100, "n": count, "visible": visible},
            {"do": "changed", "at": at, "asked": at - 1, "id": id, "sent": 100, "n": count, "visible": visible, "err": err}]


def again(steps, **more):
    return [{**step, **more} for step in steps]


def purged(at):
    return [{"do": "purge", "at": at - 1}, {"do": "purged", "at": at, "asked": at - 1, "err": 0}]


def stats(at=1000000, **more):
    return {"do": "stats", "at": at, "visible": 0, "flight": 0, "delayed": 0, **more}


def story(*steps, records=None, dead=(), faults=(), end=None):
    """One message, sent and confirmed, and what is given here."""
    flat = [one for step in steps for one in (step if isinstance(step, list) else [step])]
    records = [record()] if records is None else records
    places = {(r.partition, r.offset): r.id for r in records}
    return Story(records, places, list(dead), [sent(), *flat, end or stats()], list(faults), 3, TOPIC)


def broken(*args, **more):
    """The names of the rules that the story breaks."""
    return {text.split(":")[0] for text in judge(story(*args, **more)).violations}


def lost(begin, end):
    return Fault("redis_lost", begin, end)


DIED = got(1, 200), got(2, 1300), got(3, 2400)  # each when the time of the one before is over
GOOD = {
    "received and deleted": story(got(1, 200), deleted(1, 210)),
    "received twice": story(got(1, 200), got(2, 1200), deleted(2, 1210)),
    "released": story(got(1, 200), changed(1, 210, 0), got(2, 215), deleted(2, 230)),
    "lengthened": story(got(1, 200), changed(1, 210, 5000), deleted(1, 4000)),
    "a change without an answer": story(got(1, 200), changed(1, 210, 0, UNAVAILABLE), got(2, 230), deleted(2, 240)),
    "a delete without an answer": story(got(1, 200), deleted(1, 210, UNAVAILABLE)),
    "released, lost, released": story(got(1, 200), changed(1, 205, 0), got(2, 206), got(1, 1000), changed(1, 1001, 0),
                                      got(2, 1002), deleted(2, 1010), faults=[lost(500, 501)]),
    "dead": story(*DIED, dead=[letter(3500)]),
    "deadly and dead": story(*DIED, records=[record(kind="poison")], dead=[letter(3500)]),
    "again after Redis was lost": story(got(1, 200), deleted(1, 210), got(1, 400), deleted(1, 410), faults=[lost(300, 301)]),
    "a receive nobody saw": story(got(1, 200), got(3, 3000), deleted(3, 3010), faults=[Fault("worker_kill", 1300, 1301)]),
    "purged": story(purged(150)),
    "not confirmed, and there": story(got(1, 200, id="x"), deleted(1, 210, id="x"), got(1, 200), deleted(1, 210),
                                      records=[record(), record("x", offset=6)]),
    "appended twice after a fault": story(got(1, 200), deleted(1, 210), got(1, 200, sent=105), again(deleted(1, 210), sent=105),
                                          records=[record(), record(at=105, offset=6)],
                                          faults=[Fault("broker_pause", 20, 90)]),
    "appended twice by a producer that gave up": story({"do": "unsent", "at": 103, "id": "m"}, got(1, 200),
                                                       deleted(1, 210), got(1, 200, sent=105), again(deleted(1, 210), sent=105),
                                                       records=[record(), record(at=105, offset=6)]),
    "a receive without an answer": story(got(1, 200), {"do": "redis", "at": 1500, "ready": 0}, got(3, 3000), deleted(3, 3010)),
    "written down late by who was stopped": story(got(2, 1300), got(1, 1900, asked=200, first=210),
                                                  got(3, 5000), deleted(3, 5010),
                                                  faults=[Fault("worker_stop", 205, 1890)]),
    "an old handle deletes after Redis was lost": story(got(2, 200), got(1, 400), deleted(2, 500),
                                                        faults=[lost(300, 301), Fault("worker_kill", 110, 111)]),
}

BROKEN = {
    "sent_is_kept": [
        story(records=[]),
        story(got(1, 200), deleted(1, 210), records=[record(offset=6)]),
    ],
    "received_is_sent": [
        story(got(1, 200), deleted(1, 210), got(1, 200, id="x")),
        story(got(1, 200, sum="another"), deleted(1, 210)),
        story(got(1, 200, sent=99), deleted(1, 210)),
    ],
    "all_is_received": [story(), story(purged(90))],
    "all_ends": [
        story(got(1, 200)),
        story(got(1, 200), deleted(1, 210, NOT_FOUND)),
    ],
    "one_holder": [
        story(got(1, 200), got(2, 1199), deleted(2, 1210)),
        story(got(1, 200), changed(1, 210, 5000), got(2, 1300), deleted(2, 1310)),
        story(got(1, 200), changed(1, 210, 0, NOT_FOUND), got(2, 300), deleted(2, 310)),
    ],
    "counts_ascend": [
        story(got(1, 200), got(2, 1300), got(1, 2400, asked=2390), deleted(1, 2410)),
        story(got(1, 200), got(1, 1300), deleted(1, 1310)),
        story(got(1, 200), got(2, 1300), got(1, 2400), got(2, 3500), deleted(2, 3510)),
        story(got(1, 200), got(3, 1300), deleted(3, 1310)),
        story(got(2, 200), deleted(2, 210)),
    ],
    "not_too_often": [story(*DIED, got(4, 3500), deleted(4, 3510))],
    "not_early": [story(got(1, 200), deleted(1, 210), records=[record(delay=101)])],
    "deleted_stays_deleted": [
        story(got(1, 200), deleted(1, 210), got(2, 1300), deleted(2, 1310)),
        story(got(1, 200), deleted(1, 210), got(2, 1300), deleted(2, 1310), faults=[lost(150, 160)]),
    ],
    "dead_stays_dead": [story(*DIED, {**got(3, 3600), "n": 3, "at": 3700, "asked": 3650}, dead=[letter(3500)])],
    "purge_leaves_nothing": [story(purged(150), got(1, 200), deleted(1, 210))],
    "letters_are_right": [
        *(story(*DIED, dead=[letter(3500, **wrong)]) for wrong in (
            {"count": 2}, {"sum": "another"}, {"offset": 6}, {"dlq_reason": "bad luck"}, {"dlq_source_topic": "other"},
            {"dlq_attempts": "2"})),
        story(*DIED, dead=[letter(3500, queue_sent_ms="99")]),
        story(got(1, 200), deleted(1, 210), dead=[letter(3500, id="x")]),
    ],
    "dead_only_when_due": [story(got(1, 200), got(2, 1300), dead=[letter(2400)])],
    "dead_once": [story(*DIED, dead=[letter(3500), letter(3501)])],
    "deadly_is_dead": [story(got(1, 200), deleted(1, 210), records=[record(kind="poison")])],
    "appended_once": [story(got(1, 200), deleted(1, 210), got(1, 200, sent=105), again(deleted(1, 210), sent=105),
                            records=[record(), record(at=105, offset=6)])],
    "ends_empty": [story(got(1, 200), deleted(1, 210), end=stats(**{what: 1})) for what in ("visible", "flight", "delayed")],
}
# What is received once too often in the same time also breaks the order of its counts; what says another sent time is
# another message, and the one that was sent has no such step.
ALSO = {"dead_stays_dead": {"counts_ascend", "one_holder"}, "received_is_sent": {"all_is_received"},
        "counts_ascend": {"one_holder"},
        "letters_are_right": {"all_ends"}}


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_said_of_what_is_right(name):
    assert judge(GOOD[name]).violations == []


@pytest.mark.parametrize("rule,one", [(rule, one) for rule, stories in BROKEN.items() for one in stories])
def test_a_broken_promise_is_seen(rule, one):
    said = {text.split(":")[0] for text in judge(one).violations}
    assert rule in said
    assert said <= {rule} | ALSO.get(rule, set())


def test_every_rule_is_broken_here():
    assert {rule.__name__ for rule in RULES} | {"ends_empty", "appended_once"} == set(BROKEN)


def test_a_loss_excuses_only_what_it_is_between():
    for begin in (100, 500):
        assert broken(got(1, 200), got(2, 400), deleted(2, 410), faults=[lost(begin, begin)]) == {"one_holder"}
    assert broken(got(1, 200), got(2, 400), deleted(2, 410), faults=[lost(300, 300)]) == set()


def test_what_comes_again_after_a_loss_is_counted():
    counts = judge(GOOD["again after Redis was lost"]).counts
    assert counts["deleted, and came again after Redis was lost"] == 1
    assert counts["receives"] == 2 and counts["deletes confirmed"] == 2


def test_a_loss_does_not_excuse_what_was_never_sent():
    wrong = dataclasses.replace(story(got(1, 200), deleted(1, 210)), records=[], faults=[lost(0, 1000000)])
    assert {text.split(":")[0] for text in judge(wrong).violations} == {"sent_is_kept", "received_is_sent"}
