"""A small run, told truthfully, in which a little of everything happens; the tests spoil one thing of it at a time."""
from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, QUEUE
from scene import INCARNATION, Scene, nonce


def duels(s):
    """A match; a stop; a time-out; a newer ticket, which is left; a start that was repeated."""
    s.come("alice", "bob", "carol", "dave", "erin")
    s.reign("duel")
    s.start("duel", "alice.1", "alice")
    s.start("duel", "carol.1", "carol")
    s.tick("duel", 2, s.searching("duel", "alice.1"), s.searching("duel", "carol.1"))
    s.start("duel", "bob.1", "bob")
    again = s.start("duel", "bob.1", "bob")
    s.tick("duel", 2, s.searching("duel", "bob.1"),
           s.matched("duel", "duel", {"red": [("alice", "alice.1")], "blue": [("bob", "bob.1")]}),
           s.refused("bob.1", "ticket_exists", again))
    stop = s.stop("duel", "carol.1", "carol")
    s.tick("duel", 1, s.over("duel", "carol.1", "CANCELLED", "requested", stop))
    s.start("duel", "dave.1", "dave")
    s.start("duel", "erin.1", "erin")
    s.tick("duel", 2, s.searching("duel", "dave.1"), s.searching("duel", "erin.1"))
    s.start("duel", "erin.2", "erin")
    s.tick("duel", 1, s.over("duel", "erin.1", "CANCELLED", "replaced"), s.searching("duel", "erin.2"))
    s.tick("duel", 0, s.over("duel", "dave.1", "TIMED_OUT", "timed_out"))
    s.go("erin")
    s.command("duel", "PlayerLeft", {"TicketId": "erin.2", "PlayerId": "erin", "ConnectionId": "x"},
              {"player": "erin", "connection": "x"})
    s.come("erin")
    s.tick("duel", 1, s.over("duel", "erin.2", "CANCELLED", "player_left"))


def started_before_it_was_matched(s):
    """Olga starts anew, and is matched before that is read: one match after the other, in the journal's order."""
    s.come("olga", "paul", "quin")
    for ticket in ("olga.1", "paul.1", "olga.2", "quin.1"):
        s.start("duel", ticket, ticket[:4])
    s.tick("duel", 2, s.searching("duel", "olga.1"), s.searching("duel", "paul.1"),
           s.matched("duel", "before", {"red": [("olga", "olga.1")], "blue": [("paul", "paul.1")]}))
    s.tick("duel", 2, s.searching("duel", "olga.2"), s.searching("duel", "quin.1"),
           s.matched("duel", "after", {"red": [("olga", "olga.2")], "blue": [("quin", "quin.1")]}))


def proposals(s):
    """One that all accept; one that is rejected: who did falls with it, the other searches again, and is stopped."""
    s.come("gina", "hugo", "ivan", "jane")
    s.reign("ready")
    for name in ("gina", "hugo"):
        s.start("ready", f"{name}.1", name)
    teams = {"red": [("gina", "gina.1")], "blue": [("hugo", "hugo.1")]}
    s.tick("ready", 2, s.searching("ready", "gina.1"), s.searching("ready", "hugo.1"),
           s.proposed("ready", "ready", teams))
    yes = s.accept("ready", "gina.1", "gina", "ready", True)
    s.tick("ready", 1, s.proposed("ready", "ready", teams, {"gina": True}, yes))
    yes = s.accept("ready", "hugo.1", "hugo", "ready", True)
    s.tick("ready", 1, s.proposed("ready", "ready", teams, {"gina": True, "hugo": True}, yes),
           s.matched("ready", "ready", teams, accepted=True))
    for name in ("ivan", "jane"):
        s.start("ready", f"{name}.1", name)
    teams = {"red": [("ivan", "ivan.1")], "blue": [("jane", "jane.1")]}
    s.tick("ready", 2, s.searching("ready", "ivan.1"), s.searching("ready", "jane.1"),
           s.proposed("ready", "refused", teams))
    no = s.accept("ready", "ivan.1", "ivan", "refused", False)
    s.tick("ready", 1, s.proposed("ready", "refused", teams, {"ivan": False}, no, "rejected"),
           s.over("ready", "ivan.1", "CANCELLED", "acceptance_rejected", match="refused"),
           s.searching("ready", "jane.1", reason="acceptance_failed"))
    stop = s.stop("ready", "jane.1", "jane")
    s.tick("ready", 1, s.over("ready", "jane.1", "CANCELLED", "requested", stop))


def parties(s):
    s.come("kate", "liam", "mona", "nick")
    s.reign("squad")
    s.start("squad", "kate.1", "kate", "liam")
    s.start("squad", "mona.1", "mona", "nick")
    s.tick("squad", 2, s.searching("squad", "kate.1"), s.searching("squad", "mona.1"),
           s.matched("squad", "squad", {"red": [("kate", "kate.1"), ("liam", "kate.1")],
                                        "blue": [("mona", "mona.1"), ("nick", "mona.1")]}))


def dead_letters(s):
    """A command that cannot be read; one that kills three readers; an event that is none."""
    bury = [(s.poison(QUEUE, 0, "hello", "not_json", "duel", {"ce_type": "StartMatchmaking"}), 1)]
    s.tick("duel", 1, ({"dead_letter": bury[0][0]["offset"], "reason": "not JSON"}, []))
    bury.append((s.poison(QUEUE, 0, {"ConfigurationName": "duel", "TicketId": "poison-command-1",
                                     "Players": [{"PlayerId": "mallory"}]}, "command", "duel",
                          {"ce_type": "StartMatchmaking", "player_id": "mallory"}), 3))
    for n in range(4):
        s.done.append({"ms": s.now(), "what": "exit", "daemon": "matchmaker-1", "status": -6, "expected": True,
                       "poisoned": True, "sanitizer": False, "last": ["hook_died"]})
        s.reign("duel")
        if n < 3:
            s.record("duel", "attempt", command=bury[1][0]["offset"])
    s.tick("duel", 1, ({"dead_letter": bury[1][0]["offset"], "reason": "3 processes died", "attempts": 3}, []))
    for record, attempts in bury:
        s.bury(DLQ, QUEUE, record, attempts)
    s.bury(DLQ, QUEUE, *bury[1])  # it died between the letter and the tick
    s.bury(EVENTS_DLQ, EVENTS, s.poison(EVENTS, 0, "{}", "no_type", "alice", {"ce_type": "match_ready"}))


def faults(s):
    """A void tick, a snapshot, a successor's repeats, a message that comes again on the next connection."""
    s.done.append({"ms": s.now(), "what": "fault", "number": 1, "kind": "pause", "target": "matchmaker-2", "seconds": 1,
                   "arguments": {}})
    s.put(JOURNAL, 0, {"type": "tick", "epoch": 1, "nonce": nonce(1), "seq": 99, "at": s.ms, "position": 9,
                       "published": {"epoch": 1, "seq": 98}, "transitions": [s.searching("duel", "alice.1")[0]]})
    s.done.append({"ms": s.now(), "what": "mended", "number": 1, "kind": "pause", "target": "matchmaker-2"})
    s.poison(JOURNAL, 1, "[]", "array")
    s.record("duel", "snapshot", incarnation=INCARNATION, part=1, last=True, transitions=[])
    for record in [r for r in s.topics[EVENTS] if "squad" in str(r["value"]) or r["key"] in ("kate", "liam")]:
        s.put(EVENTS, record["partition"], record["value"], record["key"], record["headers"])
    again = next(line for line in s.clients if line["player"] == "alice" and "id" in line.get("message", ()))
    s.go("alice")
    s.come("alice")
    s.line("alice", "told", message=again["message"])


def good_scene():
    s = Scene()
    for part in (duels, started_before_it_was_matched, proposals, parties, dead_letters, faults):
        part(s)
    s.close()
    return s
