"""The judge acquits a good run, and names each thing that is wrong with a bad one by its invariant."""
import copy
import re
import subprocess
import sys

import pytest

from reading import ROOT

from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, OUTBOX, QUEUE
from judge import Case, verdict
from scene import INCARNATION, MATCHES, Scene, good_scene, seats

JUDGE = ROOT / "tests/chaos/judge.py"


def judged(scene, folder):
    """(the case, {invariant: its sentences as one text})"""
    scene.write(folder)
    case = Case(folder)
    return case, {name: "\n".join(found) for name, found in verdict(case).items()}


# ---- what is in a scene ----------------------------------------------------------------------------------------------

def told(s, player, type_):
    """The first line in which the player is told such a message."""
    return next(line for line in s.clients if line["player"] == player and line["what"] == "told"
                and line["message"]["type"] == type_)


def record(s, topic, wanted):
    return next(r for r in s.topics[topic] if wanted(r))


def event(s, player, type_):
    return record(s, EVENTS, lambda r: r["key"] == player and r["headers"].get("ce_type") == type_)


def tick_with(s, wanted):
    """The valid tick with such a transition, and the transition."""
    return next((r["value"], t) for r in s.topics[JOURNAL] if isinstance(r["value"], dict) and r["value"]["type"] == "tick"
                for t in r["value"]["transitions"] if wanted(t))


def decided(s, ticket, state):
    return tick_with(s, lambda t: t.get("ticket") == ticket and t.get("state") == state)


def drop(s, ticket, state):
    tick, transition = decided(s, ticket, state)
    tick["transitions"].remove(transition)


def line_up(s, match):
    return tick_with(s, lambda t: t.get("match") == MATCHES[match] and "teams" in t)[1]


def letter(s, topic=DLQ):
    return s.topics[topic][0]


# ---- I1: ended once ---------------------------------------------------------------------------------------------------

def never_ended(s):
    drop(s, "dave.1", "TIMED_OUT")


def ended_twice(s):
    s.tick("duel", 0, s.over("duel", "carol.1", "TIMED_OUT", "timed_out"))


def matched_after_its_end(s):
    s.tick("duel", 0, s.matched("duel", "refused", {"red": [("carol", "carol.1")], "blue": [("dave", "dave.1")]}))


def in_two_matches(s):
    s.tick("duel", 0, s.matched("duel", "refused", {"red": [("alice", "alice.1")], "blue": [("bob", "bob.1")]}))


def match_id_twice(s):
    s.tick("duel", 0, s.matched("duel", "duel", {"red": [("carol", "carol.1")], "blue": [("dave", "dave.1")]}))


def queued_and_not_in_the_queue(s):
    told(s, "dave", "matchmaking_queued")["message"]["data"]["ticket_id"] = "dave.9"


def queued_for_another(s):
    told(s, "dave", "matchmaking_queued")["message"]["data"]["ticket_id"] = "carol.1"


def started_by_nobody(s):
    s.parties["ghost.1"] = ("ghost",)
    s.tick("duel", 0, s.searching("duel", "ghost.1"))


def ended_and_never_began(s):
    s.parties["ghost.1"] = ("ghost",)
    s.come("ghost")
    s.tick("duel", 0, s.over("duel", "ghost.1", "TIMED_OUT", "timed_out"))


def fell_with_another_s_no(s):
    tick, back = tick_with(s, lambda t: t.get("reason") == "acceptance_failed")
    tick["transitions"][tick["transitions"].index(back)] = s.over("ready", "jane.1", "CANCELLED", "acceptance_rejected")[0]


def silent_and_searches_on(s):
    _, dropped = tick_with(s, lambda t: t.get("outcome"))
    dropped["outcome"] = "timed_out"


def timed_out_early(s):
    s.run["configurations"] = [{"Name": "duel", "RequestTimeoutSeconds": 20}]


def decided_in_a_void_tick_only(s):
    decided(s, "dave.1", "TIMED_OUT")[0]["seq"] += 1000


def decided_by_a_deposed_ruler(s):
    tick, _ = decided(s, "erin.2", "CANCELLED")
    tick["nonce"] = "f" * 32


# ---- I2: one match ----------------------------------------------------------------------------------------------------

def two_open_in_a_pool(s):
    drop(s, "erin.1", "CANCELLED")


def two_pools_at_once(s, meanwhile=lambda s: None):
    """Xena waits in one pool, starts in another, and is matched in both."""
    s.come("xena", "yuri", "zoe")
    s.start("duel", "xena.1", "xena")
    s.tick("duel", 1, s.searching("duel", "xena.1"))
    meanwhile(s)
    s.start("ready", "xena.2", "xena")
    s.start("ready", "zoe.1", "zoe")
    s.start("duel", "yuri.1", "yuri")
    s.tick("ready", 2, s.searching("ready", "xena.2"), s.searching("ready", "zoe.1"),
           s.matched("ready", "one", {"red": [("xena", "xena.2")], "blue": [("zoe", "zoe.1")]}))
    s.tick("duel", 1, s.searching("duel", "yuri.1"),
           s.matched("duel", "other", {"red": [("xena", "xena.1")], "blue": [("yuri", "yuri.1")]}))
    s.go("xena", "yuri", "zoe")


def flush(s, ms):
    s.done += [{"ms": ms, "what": what, "number": 7, "kind": "redis_flush", "target": "redis"}
               for what in ("fault", "mended")]


def two_pools_long_after_a_flush(s):
    def wait(scene):
        flush(scene, scene.ms)
        scene.ms += 60_000
    two_pools_at_once(s, wait)


def two_pools_after_an_earlier_flush(s):
    flush(s, s.ms)
    two_pools_at_once(s)


def two_in_a_pool_after_a_flush(s):
    flush(s, s.ms)
    two_open_in_a_pool(s)


# ---- I3: agreed -------------------------------------------------------------------------------------------------------

def told_other_teams(s):
    told(s, "bob", "match_found")["message"]["data"]["teams"] = {"red": ["bob"], "blue": ["alice"]}


def told_another_match(s):
    told(s, "bob", "match_found")["message"]["data"]["match_id"] = MATCHES["squad"]


def told_of_another_ticket(s):
    told(s, "liam", "match_found")["message"]["data"]["ticket_id"] = "mona.1"


def told_another_opponent(s):
    told(s, "kate", "match_found")["message"]["data"]["opponent"] = "nick"


def published_other_teams(s):
    event(s, "kate", "match_ready")["value"]["data"]["teams"]["red"].reverse()


def servers_told_other_teams(s):
    event(s, "alice.1", "MatchmakingSucceeded")["value"]["detail"]["matchData"]["teams"][0]["players"] = []


def party_torn(s):
    line_up(s, "squad")["teams"] = seats({"red": [("kate", "kate.1")], "blue": [("mona", "mona.1"), ("nick", "mona.1")]})


def player_twice_in_a_match(s):
    line_up(s, "duel")["teams"] = seats({"red": [("alice", "alice.1")], "blue": [("alice", "alice.1")]})


def match_of_another_pool(s):
    line_up(s, "duel")["configuration"] = "ready"


def proposed_without_its_mate(s):
    _, proposal = tick_with(s, lambda t: "proposal" in t)
    proposal["teams"] = seats({"red": [("gina", "gina.1"), ("gina", "gina.1")], "blue": [("hugo", "hugo.1")]})


# ---- I4: told ---------------------------------------------------------------------------------------------------------

def never_told(s):
    s.clients.remove(told(s, "dave", "matchmaking_timed_out"))


def one_of_a_party_never_told(s):
    s.clients.remove(told(s, "nick", "match_found"))


def told_in_other_words(s):
    told(s, "carol", "matchmaking_cancelled")["message"]["data"]["reason"] = "player_left"


def told_in_answer_to_another_request(s):
    told(s, "carol", "matchmaking_cancelled")["message"]["request_id"] = "r99"


def told_again_in_other_words(s):
    again = [line for line in s.clients if line["player"] == "alice" and "id" in line.get("message", ())][-1]
    again["message"] = copy.deepcopy(again["message"])
    again["message"]["data"]["opponent"] = "carol"


def told_another_s_message(s):
    line = told(s, "dave", "matchmaking_timed_out")
    s.clients.insert(s.clients.index(line), {**line, "player": "carol"})


def told_what_nobody_decided(s):
    told(s, "dave", "matchmaking_timed_out")["message"]["id"] = f"{INCARNATION}-0-1-99-0"


def told_of_another_incarnation(s):
    message = told(s, "dave", "matchmaking_timed_out")["message"]
    message["id"] = message["id"].replace(str(INCARNATION), "1")


def twice_on_a_connection(s):
    line = told(s, "dave", "matchmaking_timed_out")
    s.clients.insert(s.clients.index(line), dict(line))


def pushed_to_another(s):
    record(s, OUTBOX, lambda r: r["key"] == "dave")["key"] = "carol"


def pushed_in_other_words(s):
    r = record(s, OUTBOX, lambda r: r["key"] == "dave")
    r["value"] = {**r["value"], "type": "matchmaking_failed"}


def never_answered(s):
    sent = next(line for line in s.clients if line["player"] == "dave" and line["what"] == "sent")
    s.clients.remove(told(s, "dave", "matchmaking_queued"))
    sent["ms"] -= 100_000


# ---- I5: order --------------------------------------------------------------------------------------------------------

def position_went_back(s):
    s.record("duel", "tick", read=-1, transitions=[])


def position_moved_in_an_attempt(s):
    record(s, JOURNAL, lambda r: "attempt" in str(r["value"]))["value"]["position"] += 1


def another_incarnation(s):
    s.reign("squad")
    s.topics[JOURNAL][-1]["value"]["incarnation"] += 1


def snapshot_of_what_is_over(s):
    r = record(s, JOURNAL, lambda r: "snapshot" in str(r["value"]))
    r["value"]["transitions"] = [s.searching("duel", "alice.1")[0]]


def snapshot_left_somebody_out(s):
    s.start("duel", "carol.2", "carol")
    s.tick("duel", 1, s.searching("duel", "carol.2"))
    s.record("duel", "snapshot", incarnation=INCARNATION, part=1, last=True, transitions=[])


def events_out_of_order(s):
    first, last = event(s, "carol", "matchmaking_cancelled"), event(s, "erin", "matchmaking_cancelled")
    for name in ("key", "value", "headers"):
        first[name], last[name] = last[name], first[name]


def event_of_another_type(s):
    event(s, "dave", "matchmaking_timed_out")["headers"]["ce_type"] = "matchmaking_failed"


def event_in_other_words(s):
    event(s, "dave", "matchmaking_timed_out")["value"]["data"]["reason"] = "tired"


def event_under_another_key(s):
    event(s, "dave", "matchmaking_timed_out")["key"] = "carol"


def told_out_of_order(s):
    first, last = [line for line in s.clients if line["player"] == "erin" and "id" in line.get("message", ())]
    first["message"], last["message"] = last["message"], first["message"]


# ---- I6: silent after the end -------------------------------------------------------------------------------------------

def searches_after_its_end(s):
    s.tick("duel", 0, s.searching("duel", "carol.1", reason="acceptance_failed"))


def proposed_after_its_end(s):
    s.tick("ready", 0, s.proposed("ready", "duel", {"red": [("gina", "gina.1")], "blue": [("ivan", "ivan.1")]}))


def event_after_the_end(s):
    end = event(s, "carol", "matchmaking_cancelled")
    s.put(EVENTS, end["partition"], end["value"], "carol", {**end["headers"], "ce_id": f"{INCARNATION}-0-1-99-0"})
    s.ends[EVENTS] = s.committed["notifier"][EVENTS] = s.end_of(EVENTS)


def published_from_a_void_tick(s):
    end = event(s, "carol", "matchmaking_cancelled")
    incarnation, partition, _, seq, index = end["headers"]["ce_id"].split("-")
    end["headers"]["ce_id"] = "-".join((incarnation, partition, "7", seq, index))


def told_after_the_end(s):
    proposal, found = told(s, "gina", "potential_match"), told(s, "gina", "match_found")
    proposal["message"], found["message"] = found["message"], proposal["message"]


# ---- I7: all read -------------------------------------------------------------------------------------------------------

def queue_not_read(s):
    s.ends[QUEUE][2] += 1


def events_not_committed(s):
    s.committed["notifier"][EVENTS][0] -= 1


def never_published(s):
    s.topics[EVENTS].remove(event(s, "dave", "matchmaking_timed_out"))


def servers_never_told(s):
    s.topics[EVENTS].remove(event(s, "ivan.1", "MatchmakingCancelled"))


def start_ignored(s):
    drop(s, "dave.1", "SEARCHING")


def refusal_forgotten(s):
    tick, refusal = tick_with(s, lambda t: t.get("refused"))
    tick["transitions"].remove(refusal)


def stopped_by_nobody(s):
    s.tick("duel", 0, s.over("duel", "carol.1", "CANCELLED", "requested"))


def left_and_was_there(s):
    r = record(s, QUEUE, lambda r: r["headers"]["ce_type"] == "PlayerLeft")
    r["value"]["TicketId"] = "erin.3"


def replaced_by_nothing(s):
    decided(s, "carol.1", "CANCELLED")[1]["reason"] = "replaced"


def poison_not_buried(s):
    s.topics[DLQ].remove(letter(s))


def bad_event_not_buried(s):
    s.topics[EVENTS_DLQ].clear()


def innocent_buried(s):
    s.bury(DLQ, QUEUE, s.topics[QUEUE][0])


def buried_without_poison(s):
    s.done = [line for line in s.done if line.get("kind") != "not_json"]


def buried_without_reason(s):
    letter(s)["headers"]["dlq_reason"] = ""


def buried_too_early(s):
    killer = next(r for r in s.topics[DLQ] if r["headers"]["dlq_attempts"] == "3")
    killer["headers"]["dlq_attempts"] = "1"


def buried_and_changed(s):
    letter(s)["value"] = "hell"


def buried_without_its_headers(s):
    del letter(s)["headers"]["ce_type"]


def dead_twice_in_the_journal(s):
    s.tick("duel", 0, ({"dead_letter": int(letter(s)["headers"]["dlq_source_offset"]), "reason": "again"}, []))


def attempts_not_announced(s):
    attempt = record(s, JOURNAL, lambda r: "attempt" in str(r["value"]["type"]))
    attempt["value"]["command"] -= 1


def pushed_what_nobody_decided(s):
    record(s, OUTBOX, lambda r: r["key"] == "dave")["headers"]["ce_id"] = f"{INCARNATION}-0-1-99-0"


def no_rest(s):
    s.unrest = "2 tickets are open"


def pushes_missing_in_the_evidence(s):
    s.topics[OUTBOX].pop()


def hole_in_the_evidence(s):
    s.topics[OUTBOX].pop(3)


# ---- I8: alive ----------------------------------------------------------------------------------------------------------

def exit_of(s, status, expected, **more):
    s.done.append({"ms": s.now(), "what": "exit", "daemon": "notifier-1", "status": status, "expected": expected,
                   "poisoned": False, "sanitizer": False, "last": ["started"], **more})


def died_by_itself(s):
    exit_of(s, -11, False)


def gave_up(s):
    exit_of(s, 1, False)


def crashed_when_stopped(s):
    exit_of(s, -6, True)


def sanitizer_spoke(s):
    exit_of(s, 1, True, sanitizer=True)


LIES = {
    "I1": {
        never_ended: "dave.1 of .* never ended", ended_twice: "carol.1 was CANCELLED already",
        matched_after_its_end: "carol.1 was CANCELLED already", in_two_matches: "in two matches",
        match_id_twice: "a match id twice", queued_and_not_in_the_queue: "dave.9: .* told that it is queued",
        queued_for_another: "carol.1: .* told that it is queued", started_by_nobody: "nobody started it",
        ended_and_never_began: "ghost.1.* was None", fell_with_another_s_no: "jane.1 of a dropped proposal",
        silent_and_searches_on: "jane.1 of a dropped proposal", timed_out_early: "before its time",
        decided_in_a_void_tick_only: "dave.1 of .* never ended", decided_by_a_deposed_ruler: "erin.2 of .* never ended"},
    "I2": {
        two_open_in_a_pool: "erin.2 begins while erin.1 is open", two_pools_at_once: "xena: plays with xena.1",
        two_pools_long_after_a_flush: "xena: plays with xena.1",
        two_pools_after_an_earlier_flush: "xena: plays with xena.1",
        two_in_a_pool_after_a_flush: "erin.2 begins while erin.1 is open"},
    "I3": {
        told_other_teams: "bob: told", told_another_match: "bob: told", told_of_another_ticket: "liam: told",
        told_another_opponent: "kate: told", published_other_teams: "match_ready for kate",
        party_torn: "kate.1 plays as", player_twice_in_a_match: "stands in it twice",
        match_of_another_pool: "alice.1 of duel plays in ready", proposed_without_its_mate: "gina.1 plays as"},
    "I4": {
        never_told: "dave: was never told matchmaking_timed_out", one_of_a_party_never_told: "nick: was never told match_found",
        told_in_other_words: "carol: told", told_in_answer_to_another_request: "carol: told",
        told_another_s_message: "carol: told .* which is for dave", told_what_nobody_decided: "dave: told .* no valid tick",
        told_of_another_incarnation: "dave: told .* no valid tick", twice_on_a_connection: "dave: .* twice on connection 1",
        pushed_to_another: "is pushed to carol", pushed_in_other_words: "for dave at .* is not what",
        never_answered: "dave: .* was not answered"},
    "I5": {
        position_went_back: "went back", position_moved_in_an_attempt: "the position moved in attempt",
        another_incarnation: "another incarnation", snapshot_of_what_is_over: "names what does not wait",
        snapshot_left_somebody_out: "left out", events_out_of_order: "comes for the first time after",
        event_of_another_type: "is matchmaking_failed for dave", event_in_other_words: "is not what the journal says",
        event_under_another_key: "for carol at .* for dave", servers_told_other_teams: "MatchmakingSucceeded for alice.1",
        told_out_of_order: "erin: .* comes for the first time"},
    "I6": {
        searches_after_its_end: "carol.1 was CANCELLED already", proposed_after_its_end: "gina.1 was COMPLETED already",
        event_after_the_end: "no valid tick owes it", published_from_a_void_tick: "no valid tick owes it",
        told_after_the_end: "gina: told .* after its end"},
    "I7": {
        queue_not_read: "its end is", events_not_committed: "the notifier committed", never_published: "is not in game-events",
        servers_never_told: "MatchmakingCancelled for ivan.1.* is not in", start_ignored: "nothing was decided of it",
        refusal_forgotten: "nothing was decided of it", stopped_by_nobody: "nobody had asked",
        left_and_was_there: "player_left.* nobody had asked", replaced_by_nothing: "nobody started anew",
        poison_not_buried: "is no dead letter", bad_event_not_buried: "is no dead letter",
        innocent_buried: "was no poison", buried_without_poison: "was no poison", buried_without_reason: "says no reason",
        buried_too_early: "after 1 attempts, not 3", buried_and_changed: "not what stood",
        buried_without_its_headers: "not what stood", dead_twice_in_the_journal: "dead-lettered twice",
        attempts_not_announced: "announced were 2", pushed_what_nobody_decided: "for dave at .* no valid tick", no_rest: "did not come to rest",
        pushes_missing_in_the_evidence: "the evidence is up to", hole_in_the_evidence: "after offset 2 the evidence has 4"},
    "I8": {
        died_by_itself: "by itself: notifier-1", gave_up: "by itself: notifier-1", crashed_when_stopped: "but not so",
        sanitizer_spoke: "a sanitizer"},
}


@pytest.mark.parametrize("invariant, lie", [(name, lie) for name, lies in LIES.items() for lie in lies],
                         ids=lambda value: getattr(value, "__name__", value))
def test_a_lie_is_named(invariant, lie, tmp_path):
    scene = good_scene()
    lie(scene)
    _, violations = judged(scene, tmp_path)
    assert invariant in violations, violations
    assert re.search(LIES[invariant][lie], violations[invariant]), violations


def test_a_good_run(tmp_path):
    case, violations = judged(good_scene(), tmp_path)
    assert violations == {} and not case.faults.used


# ---- documented exceptions ----------------------------------------------------------------------------------------------

def claim_lost(s):
    two_pools_at_once(s, lambda s: flush(s, s.ms))


def started_in_the_moment_of_an_end(s):
    """What the claim named had just ended; the start in the same pool was not decided when the other one was asked for."""
    s.come("xena")
    s.start("duel", "xena.0", "xena")
    stop = s.stop("duel", "xena.0", "xena")
    s.tick("duel", 2, s.searching("duel", "xena.0"), s.over("duel", "xena.0", "CANCELLED", "requested", stop))
    s.go("xena")
    two_pools_at_once(s)


def newer_first_after_a_flush(s):
    told_out_of_order(s)
    flush(s, told(s, "erin", "matchmaking_cancelled")["ms"] - 100)


def never_came_back(s):
    place = s.clients.index(told(s, "dave", "matchmaking_timed_out"))
    gone = {**s.clients[place - 1], "player": "dave", "connection": 1, "what": "closed", "code": 1006}
    s.clients = s.clients[:place] + [gone] + [line for line in s.clients[place:] if line["player"] != "dave"]


def away_for_longer_than_an_inbox(s):
    never_came_back(s)
    s.ms += 61_000
    s.come("dave")
    s.go("dave")


def fenced_twice(s):
    exit_of(s, 1, False, last=["kafka_fatal topic=game-events: fenced"])


EXCEPTIONS = {
    claim_lost: "a claim was lost", started_in_the_moment_of_an_end: "in the moment of an end",
    newer_first_after_a_flush: "a message before older ones", never_came_back: "did not come back",
    away_for_longer_than_an_inbox: "away for longer", fenced_twice: "fatal exit",
}


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
def test_a_documented_exception_is_counted(exception, tmp_path):
    scene = good_scene()
    exception(scene)
    scene.ends = {topic: scene.end_of(topic) for topic in scene.topics}
    scene.committed = {"notifier": {EVENTS: scene.end_of(EVENTS)}}
    case, violations = judged(scene, tmp_path)
    assert violations == {}
    assert any(EXCEPTIONS[exception] in name for name in case.faults.used), case.faults.used


# ---- as a command -------------------------------------------------------------------------------------------------------

def run_judge(*arguments):
    done = subprocess.run([sys.executable, JUDGE, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_command(tmp_path):
    status, said = run_judge(tmp_path)
    assert status == 2 and "clients.jsonl" in said
    Scene().write(tmp_path / "nothing")
    status, said = run_judge(tmp_path / "nothing")
    assert status == 2 and "no ticket" in said
    good_scene().write(tmp_path / "good")
    status, said = run_judge(tmp_path / "good")
    assert status == 0 and "0 violations" in said and "6 COMPLETED" in said, said
    scene = good_scene()
    never_told(scene)
    scene.write(tmp_path / "bad")
    status, said = run_judge(tmp_path / "bad")
    assert status == 1 and "I4 told: 1 violations" in said, said


def test_a_sanitizer_s_words_in_a_log(tmp_path):
    scene = good_scene()
    scene.write(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/gateway-1.log").write_text("fine\n==1==ERROR: AddressSanitizer: heap-use-after-free\n")
    assert "I8" in verdict(Case(tmp_path))


@pytest.mark.parametrize("asked, words", [
    (("--ticket", "erin.1"), ("StartMatchmaking", "replaced", "erin.2", "matchmaking_queued", "closed")),
    (("--ticket", "gina.1"), ("potential_match", "accept_match", "AcceptMatch", "match_found", "hugo(hugo.1)")),
    (("--player", "alice"), ("alice#2", "match_ready", "VOID", "-- harness"))])
def test_it_explains(asked, words, tmp_path):
    good_scene().write(tmp_path)
    status, said = run_judge(tmp_path, *asked)
    assert status == 0 and [word for word in words if word not in said] == [], said
    times = [line.split()[0] for line in said.splitlines()]
    assert times == sorted(times)
