"""The judge acquits a good run, and names each thing that is wrong with a bad one by its invariant."""
import copy
import re
import subprocess
import sys

import pytest

from reading import ROOT

from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, OUTBOX, QUEUE
from judge import Case, verdict
from good_run import good_scene
from scene import INCARNATION, MATCHES, Scene, seats

JUDGE = ROOT / "tests/chaos/judge.py"


LIES, EXCEPTIONS = [], []  # (invariant, words, what spoils a scene), (words, what happens in a scene)


def lie(invariant, words):
    """What it does to a good scene is named by the invariant, in words that match."""
    return lambda spoil: LIES.append((invariant, words, spoil)) or spoil


def exception(words):
    """What happens is no violation, and counted under a name with these words."""
    return lambda happen: EXCEPTIONS.append((words, happen)) or happen


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
    ticks = (r["value"] for r in s.topics[JOURNAL] if isinstance(r["value"], dict) and r["value"]["type"] == "tick")
    return next((tick, t) for tick in ticks for t in tick["transitions"] if wanted(t))


def decided(s, ticket, state):
    return tick_with(s, lambda t: t.get("ticket") == ticket and t.get("state") == state)


def drop(s, ticket, state):
    tick, transition = decided(s, ticket, state)
    tick["transitions"].remove(transition)


def line_up(s, match):
    return tick_with(s, lambda t: t.get("match") == MATCHES[match] and "teams" in t)[1]


def letter(s, topic=DLQ):
    return s.topics[topic][0]


# ---- I1: ended once --------------------------------------------------------------------------------------------------

@lie("I1", "dave.1 of .* never ended")
def never_ended(s):
    drop(s, "dave.1", "TIMED_OUT")


@lie("I1", "carol.1 was CANCELLED already")
def ended_twice(s):
    s.tick("duel", 0, s.over("duel", "carol.1", "TIMED_OUT", "timed_out"))


@lie("I1", "carol.1 was CANCELLED already")
def matched_after_its_end(s):
    s.tick("duel", 0, s.matched("duel", "refused", {"red": [("carol", "carol.1")], "blue": [("dave", "dave.1")]}))


@lie("I1", "in two matches")
def in_two_matches(s):
    s.tick("duel", 0, s.matched("duel", "refused", {"red": [("alice", "alice.1")], "blue": [("bob", "bob.1")]}))


@lie("I1", "a match id twice")
def match_id_twice(s):
    s.tick("duel", 0, s.matched("duel", "duel", {"red": [("carol", "carol.1")], "blue": [("dave", "dave.1")]}))


@lie("I1", "dave.9: .* told that it is queued")
def queued_and_not_in_the_queue(s):
    told(s, "dave", "matchmaking_queued")["message"]["data"]["ticket_id"] = "dave.9"


@lie("I1", "carol.1: .* told that it is queued")
def queued_for_another(s):
    told(s, "dave", "matchmaking_queued")["message"]["data"]["ticket_id"] = "carol.1"


@lie("I1", "nobody started it")
def started_by_nobody(s):
    s.parties["ghost.1"] = ("ghost",)
    s.tick("duel", 0, s.searching("duel", "ghost.1"))


@lie("I1", "ghost.1.* was None")
def ended_and_never_began(s):
    s.parties["ghost.1"] = ("ghost",)
    s.come("ghost")
    s.tick("duel", 0, s.over("duel", "ghost.1", "TIMED_OUT", "timed_out"))


@lie("I1", "jane.1 of a dropped proposal")
def fell_with_another_s_no(s):
    tick, back = tick_with(s, lambda t: t.get("reason") == "acceptance_failed")
    fell, _ = s.over("ready", "jane.1", "CANCELLED", "acceptance_rejected")
    tick["transitions"][tick["transitions"].index(back)] = fell


@lie("I1", "jane.1 of a dropped proposal")
def silent_and_searches_on(s):
    _, dropped = tick_with(s, lambda t: t.get("outcome"))
    dropped["outcome"] = "timed_out"


@lie("I1", "before its time")
def timed_out_early(s):
    s.run["configurations"] = [{"Name": "duel", "RequestTimeoutSeconds": 20}]


@lie("I1", "dave.1 of .* never ended")
def decided_in_a_void_tick_only(s):
    decided(s, "dave.1", "TIMED_OUT")[0]["seq"] += 1000


@lie("I1", "erin.2 of .* never ended")
def decided_by_a_deposed_ruler(s):
    tick, _ = decided(s, "erin.2", "CANCELLED")
    tick["nonce"] = "f" * 32


# ---- I2: one match ---------------------------------------------------------------------------------------------------

@lie("I2", "erin.2 begins while erin.1 is open")
def two_open_in_a_pool(s):
    drop(s, "erin.1", "CANCELLED")


@lie("I2", "xena: plays with xena.1")
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


@lie("I2", "xena: plays with xena.1")
def two_pools_long_after_a_flush(s):
    def wait(scene):
        flush(scene, scene.ms)
        scene.ms += 60_000
    two_pools_at_once(s, wait)


@lie("I2", "xena: plays with xena.1")
def two_pools_after_an_earlier_flush(s):
    flush(s, s.ms)
    s.ms += 5000
    two_pools_at_once(s)


@lie("I2", "erin.2 begins while erin.1 is open")
def two_in_a_pool_after_a_flush(s):
    flush(s, s.ms)
    two_open_in_a_pool(s)


@lie("I2", "xena: plays with xena.1")
def two_pools_in_the_moment_of_an_end(s):
    """What the claim named had just ended; the start in its place was not decided when the other was asked for."""
    s.come("xena")
    s.start("duel", "xena.0", "xena")
    stop = s.stop("duel", "xena.0", "xena")
    s.tick("duel", 2, s.searching("duel", "xena.0"), s.over("duel", "xena.0", "CANCELLED", "requested", stop))
    s.go("xena")
    two_pools_at_once(s)


# ---- I3: agreed ------------------------------------------------------------------------------------------------------

@lie("I3", "bob: told")
def told_other_teams(s):
    told(s, "bob", "match_found")["message"]["data"]["teams"] = {"red": ["bob"], "blue": ["alice"]}


@lie("I3", "bob: told")
def told_another_match(s):
    told(s, "bob", "match_found")["message"]["data"]["match_id"] = MATCHES["squad"]


@lie("I3", "liam: told")
def told_of_another_ticket(s):
    told(s, "liam", "match_found")["message"]["data"]["ticket_id"] = "mona.1"


@lie("I3", "kate: told")
def told_another_opponent(s):
    told(s, "kate", "match_found")["message"]["data"]["opponent"] = "nick"


@lie("I3", "match_ready for kate")
def published_other_teams(s):
    event(s, "kate", "match_ready")["value"]["data"]["teams"]["red"].reverse()


@lie("I5", "MatchmakingSucceeded for alice.1")
def servers_told_other_teams(s):
    event(s, "alice.1", "MatchmakingSucceeded")["value"]["detail"]["matchData"]["teams"][0]["players"] = []


@lie("I3", "kate.1 plays as")
def party_torn(s):
    whole = [("mona", "mona.1"), ("nick", "mona.1")]
    line_up(s, "squad")["teams"] = seats({"red": [("kate", "kate.1")], "blue": whole})


@lie("I3", "stands in it twice")
def player_twice_in_a_match(s):
    line_up(s, "duel")["teams"] = seats({"red": [("alice", "alice.1")], "blue": [("alice", "alice.1")]})


@lie("I3", "alice.1 of duel plays in ready")
def match_of_another_pool(s):
    line_up(s, "duel")["configuration"] = "ready"


@lie("I3", "gina.1 plays as")
def proposed_without_its_mate(s):
    _, proposal = tick_with(s, lambda t: "proposal" in t)
    proposal["teams"] = seats({"red": [("gina", "gina.1"), ("gina", "gina.1")], "blue": [("hugo", "hugo.1")]})


# ---- I4: told --------------------------------------------------------------------------------------------------------

@lie("I4", "dave: was never told matchmaking_timed_out")
def never_told(s):
    s.clients.remove(told(s, "dave", "matchmaking_timed_out"))


@lie("I4", "nick: was never told match_found")
def one_of_a_party_never_told(s):
    s.clients.remove(told(s, "nick", "match_found"))


@lie("I4", "carol: told")
def told_in_other_words(s):
    told(s, "carol", "matchmaking_cancelled")["message"]["data"]["reason"] = "player_left"


@lie("I4", "carol: told")
def told_in_answer_to_another_request(s):
    told(s, "carol", "matchmaking_cancelled")["message"]["request_id"] = "r99"


def told_again_in_other_words(s):
    again = [line for line in s.clients if line["player"] == "alice" and "id" in line.get("message", ())][-1]
    again["message"] = copy.deepcopy(again["message"])
    again["message"]["data"]["opponent"] = "carol"


@lie("I4", "carol: told .* which is for dave")
def told_another_s_message(s):
    line = told(s, "dave", "matchmaking_timed_out")
    s.clients.insert(s.clients.index(line), {**line, "player": "carol"})


@lie("I4", "dave: told .* no valid tick")
def told_what_nobody_decided(s):
    told(s, "dave", "matchmaking_timed_out")["message"]["id"] = f"{INCARNATION}-0-1-99-0"


@lie("I4", "dave: told .* no valid tick")
def told_of_another_incarnation(s):
    message = told(s, "dave", "matchmaking_timed_out")["message"]
    message["id"] = message["id"].replace(str(INCARNATION), "1")


@lie("I4", "dave: .* twice on connection 1")
def twice_on_a_connection(s):
    line = told(s, "dave", "matchmaking_timed_out")
    s.clients.insert(s.clients.index(line), dict(line))


@lie("I4", "is pushed to carol")
def pushed_to_another(s):
    record(s, OUTBOX, lambda r: r["key"] == "dave")["key"] = "carol"


@lie("I4", "for dave at .* is not what")
def pushed_in_other_words(s):
    r = record(s, OUTBOX, lambda r: r["key"] == "dave")
    r["value"] = {**r["value"], "type": "matchmaking_failed"}


@lie("I4", "dave: .* was not answered")
def never_answered(s):
    sent = next(line for line in s.clients if line["player"] == "dave" and line["what"] == "sent")
    s.clients.remove(told(s, "dave", "matchmaking_queued"))
    sent["ms"] -= 100_000


# ---- I5: order -------------------------------------------------------------------------------------------------------

@lie("I5", "went back")
def position_went_back(s):
    s.record("duel", "tick", read=-1, transitions=[])


@lie("I5", "the position moved in attempt")
def position_moved_in_an_attempt(s):
    record(s, JOURNAL, lambda r: "attempt" in str(r["value"]))["value"]["position"] += 1


@lie("I5", "another incarnation")
def another_incarnation(s):
    s.reign("squad")
    s.topics[JOURNAL][-1]["value"]["incarnation"] += 1


@lie("I5", "names what does not wait")
def snapshot_of_what_is_over(s):
    r = record(s, JOURNAL, lambda r: "snapshot" in str(r["value"]))
    r["value"]["transitions"] = [s.searching("duel", "alice.1")[0]]


@lie("I5", "left out")
def snapshot_left_somebody_out(s):
    s.start("duel", "carol.2", "carol")
    s.tick("duel", 1, s.searching("duel", "carol.2"))
    s.record("duel", "snapshot", incarnation=INCARNATION, part=1, last=True, transitions=[])


@lie("I5", "comes for the first time after")
def events_out_of_order(s):
    first, last = event(s, "carol", "matchmaking_cancelled"), event(s, "erin", "matchmaking_cancelled")
    for name in ("key", "value", "headers"):
        first[name], last[name] = last[name], first[name]


@lie("I5", "is matchmaking_failed for dave")
def event_of_another_type(s):
    event(s, "dave", "matchmaking_timed_out")["headers"]["ce_type"] = "matchmaking_failed"


@lie("I5", "is not what the journal says")
def event_in_other_words(s):
    event(s, "dave", "matchmaking_timed_out")["value"]["data"]["reason"] = "tired"


@lie("I5", "for carol at .* for dave")
def event_under_another_key(s):
    event(s, "dave", "matchmaking_timed_out")["key"] = "carol"


@lie("I5", "erin: .* comes for the first time")
def told_out_of_order(s):
    first, last = [line for line in s.clients if line["player"] == "erin" and "id" in line.get("message", ())]
    first["message"], last["message"] = last["message"], first["message"]


# ---- I6: silent after the end ----------------------------------------------------------------------------------------

@lie("I6", "carol.1 was CANCELLED already")
def searches_after_its_end(s):
    s.tick("duel", 0, s.searching("duel", "carol.1", reason="acceptance_failed"))


@lie("I6", "gina.1 was COMPLETED already")
def proposed_after_its_end(s):
    s.tick("ready", 0, s.proposed("ready", "duel", {"red": [("gina", "gina.1")], "blue": [("ivan", "ivan.1")]}))


@lie("I6", "no valid tick owes it")
def event_after_the_end(s):
    end = event(s, "carol", "matchmaking_cancelled")
    s.put(EVENTS, end["partition"], end["value"], "carol", {**end["headers"], "ce_id": f"{INCARNATION}-0-1-99-0"})
    s.measure()


@lie("I6", "no valid tick owes it")
def published_from_a_void_tick(s):
    end = event(s, "carol", "matchmaking_cancelled")
    incarnation, partition, _, seq, index = end["headers"]["ce_id"].split("-")
    end["headers"]["ce_id"] = "-".join((incarnation, partition, "7", seq, index))


@lie("I6", "gina: told .* after its end")
def told_after_the_end(s):
    proposal, found = told(s, "gina", "potential_match"), told(s, "gina", "match_found")
    proposal["message"], found["message"] = found["message"], proposal["message"]


# ---- I7: all read ----------------------------------------------------------------------------------------------------

@lie("I7", "its end is")
def queue_not_read(s):
    s.ends[QUEUE][2] += 1


@lie("I7", "the notifier committed")
def events_not_committed(s):
    s.committed["notifier"][EVENTS][0] -= 1


@lie("I7", "is not in game-events")
def never_published(s):
    s.topics[EVENTS].remove(event(s, "dave", "matchmaking_timed_out"))


@lie("I7", "MatchmakingCancelled for ivan.1.* is not in")
def servers_never_told(s):
    s.topics[EVENTS].remove(event(s, "ivan.1", "MatchmakingCancelled"))


@lie("I7", "nothing was decided of it")
def start_ignored(s):
    drop(s, "dave.1", "SEARCHING")


@lie("I7", "nothing was decided of it")
def refusal_forgotten(s):
    tick, refusal = tick_with(s, lambda t: t.get("refused"))
    tick["transitions"].remove(refusal)


@lie("I7", "nobody had asked")
def stopped_by_nobody(s):
    s.tick("duel", 0, s.over("duel", "carol.1", "CANCELLED", "requested"))


@lie("I7", "player_left.* nobody had asked")
def left_and_was_there(s):
    r = record(s, QUEUE, lambda r: r["headers"]["ce_type"] == "PlayerLeft")
    r["value"]["TicketId"] = "erin.3"


@lie("I7", "nobody started anew")
def replaced_by_nothing(s):
    decided(s, "carol.1", "CANCELLED")[1]["reason"] = "replaced"


@lie("I7", "is no dead letter")
def poison_not_buried(s):
    s.topics[DLQ].remove(letter(s))


@lie("I7", "is no dead letter")
def bad_event_not_buried(s):
    s.topics[EVENTS_DLQ].clear()


@lie("I7", "was no poison")
def innocent_buried(s):
    s.bury(DLQ, QUEUE, s.topics[QUEUE][0])


@lie("I7", "was no poison")
def buried_without_poison(s):
    s.done = [line for line in s.done if line.get("kind") != "not_json"]


@lie("I7", "says no reason")
def buried_without_reason(s):
    letter(s)["headers"]["dlq_reason"] = ""


@lie("I7", "after 1 attempts, not 3")
def buried_too_early(s):
    killer = next(r for r in s.topics[DLQ] if r["headers"]["dlq_attempts"] == "3")
    killer["headers"]["dlq_attempts"] = "1"


@lie("I7", "not what stood")
def buried_and_changed(s):
    letter(s)["value"] = "hell"


@lie("I7", "not what stood")
def buried_without_its_headers(s):
    del letter(s)["headers"]["ce_type"]


@lie("I7", "under the key alice")
def bad_event_buried_under_another_key(s):
    letter(s, EVENTS_DLQ)["key"] = "alice"


@lie("I7", "dead-lettered twice")
def dead_twice_in_the_journal(s):
    s.tick("duel", 0, ({"dead_letter": int(letter(s)["headers"]["dlq_source_offset"]), "reason": "again"}, []))


@lie("I7", "announced were 2")
def attempts_not_announced(s):
    attempt = record(s, JOURNAL, lambda r: "attempt" in str(r["value"]["type"]))
    attempt["value"]["command"] -= 1


@lie("I7", "for dave at .* no valid tick")
def pushed_what_nobody_decided(s):
    record(s, OUTBOX, lambda r: r["key"] == "dave")["headers"]["ce_id"] = f"{INCARNATION}-0-1-99-0"


@lie("I7", "did not come to rest")
def no_rest(s):
    s.unrest = "2 tickets are open"


@lie("I7", "the evidence is up to")
def pushes_missing_in_the_evidence(s):
    s.topics[OUTBOX].pop()


@lie("I7", "after offset 2 the evidence has 4")
def hole_in_the_evidence(s):
    s.topics[OUTBOX].pop(3)


# ---- I8: alive -------------------------------------------------------------------------------------------------------

def exit_of(s, status, expected, **more):
    s.done.append({"ms": s.now(), "what": "exit", "daemon": "notifier-1", "status": status, "expected": expected,
                   "poisoned": False, "sanitizer": False, "last": ["started"], **more})


@lie("I8", "by itself: notifier-1")
def died_by_itself(s):
    exit_of(s, -11, False)


@lie("I8", "by itself: notifier-1")
def gave_up(s):
    exit_of(s, 1, False)


@lie("I8", "but not so")
def crashed_when_stopped(s):
    exit_of(s, -6, True)


@lie("I8", "a sanitizer")
def sanitizer_spoke(s):
    exit_of(s, 1, True, sanitizer=True)


@pytest.mark.parametrize("invariant, words, spoil", LIES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_lie_is_named(invariant, words, spoil, tmp_path):
    scene = good_scene()
    spoil(scene)
    _, violations = judged(scene, tmp_path)
    assert re.search(words, violations.get(invariant, "")), violations


def test_a_good_run(tmp_path):
    case, violations = judged(good_scene(), tmp_path)
    assert violations == {} and not case.faults.used


# ---- documented exceptions -------------------------------------------------------------------------------------------

@exception("a claim was lost")
def claim_lost(s):
    two_pools_at_once(s, lambda s: flush(s, s.ms))


@exception("a claim was lost")
def claim_lost_before_its_start_was_appended(s):
    flush(s, s.ms)
    two_pools_at_once(s)


@exception("a message before older ones")
def newer_first_after_a_flush(s):
    told_out_of_order(s)
    flush(s, told(s, "erin", "matchmaking_cancelled")["ms"] - 100)


@exception("did not come back")
def never_came_back(s):
    place = s.clients.index(told(s, "dave", "matchmaking_timed_out"))
    gone = {**s.clients[place - 1], "player": "dave", "connection": 1, "what": "closed", "code": 1006}
    s.clients = s.clients[:place] + [gone] + [line for line in s.clients[place:] if line["player"] != "dave"]


@exception("away for longer")
def away_for_longer_than_an_inbox(s):
    never_came_back(s)
    s.ms += 61_000
    s.come("dave")
    s.go("dave")


@exception("fatal exit")
def fenced_twice(s):
    exit_of(s, 1, False, last=["kafka_fatal topic=game-events: fenced"])


@pytest.mark.parametrize("words, happen", EXCEPTIONS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_documented_exception_is_counted(words, happen, tmp_path):
    scene = good_scene()
    happen(scene)
    scene.measure()
    case, violations = judged(scene, tmp_path)
    assert violations == {}
    assert any(words in name for name in case.faults.used), case.faults.used


# ---- as a command ----------------------------------------------------------------------------------------------------

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
    assert status == 0 and "0 violations" in said and "10 COMPLETED" in said, said
    scene = good_scene()
    never_told(scene)
    scene.write(tmp_path / "bad")
    status, said = run_judge(tmp_path / "bad")
    assert status == 1 and "I4 told: 1 violations" in said, said


def test_an_answer_may_come_on_the_next_connection(tmp_path):
    """The matchmaker was behind: the stop is in the queue, and its answer is an event like any other."""
    scene = good_scene()
    sent = next(line for line in scene.clients if line["player"] == "carol" and "stop" in str(line.get("message")))
    sent["ms"] -= 100_000
    answer = told(scene, "carol", "matchmaking_cancelled")
    scene.clients.remove(answer)
    scene.come("carol")
    scene.clients.append({**answer, "ms": scene.now(), "connection": 2})
    assert judged(scene, tmp_path)[1] == {}


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
