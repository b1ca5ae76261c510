#!/usr/bin/env python3
"""
Judges what a run of the chaos harness left behind; shares no code with the daemons.

    judge.py DIR                 exit 0: nothing was violated; 1: violations, printed by invariant; 2: nothing to judge
    judge.py DIR --ticket T      all that the evidence has about a ticket, in the order of time
    judge.py DIR --player P      the same about a player
"""
import argparse
import collections
import pathlib
import resource
import sys
import time

from reading import Complaints, Folder

import due
import excuses
from asked import START, commands_of
from checker import DLQ, EVENTS, EVENTS_DLQ, JOURNAL, OUTBOX, QUEUE
from explain import explain
from heard import Published, Pushed, Told
from letters import Letters
from story import PUBLISHED, TOLD, Story

SHOWN = 20  # sentences of an invariant


class Case:
    """The evidence of a run, read once, in an order in which each part can be held against those before it."""

    def __init__(self, path):
        self.folder = Folder(path)
        self.complaints = Complaints()
        self.faults = excuses.Faults(self.folder)
        self.commands = commands_of(self.folder)
        self.story = Story(self.folder, self.commands, self.complaints)
        self.published = Published(self.folder, self.story, self.faults.poison, self.complaints)
        self.pushed = Pushed(self.folder, self.story, self.faults.poison, self.complaints)
        self.told = Told(self.folder, self.story, self.faults.late, self.complaints)
        self.letters = Letters(self.folder)
        self.starts = {(n, offset): command for n, commands in self.commands.items()
                       for offset, command in commands.items() if command.type == START}
        self.inbox_ttl_ms = self.folder.setting("INBOX_TTL_MS", 3600_000)

    def about(self, *rules):
        return self.complaints.about(*rules)


# ---- the invariants -------------------------------------------------------------------------------------------------

def ended_once(case):
    """I1: every accepted ticket ended exactly once."""
    yield from case.about("ended twice", "ticket", "match", "fell")
    in_queue = collections.defaultdict(set)
    for (partition, offset), start in case.starts.items():
        in_queue[start.ticket].update(start.players)
    for ticket, players in case.told.queued.items():
        if not players <= in_queue.get(ticket, set()):
            yield (f"{ticket}: {sorted(players)} were told that it is queued, the queue has it for "
                   f"{sorted(in_queue[ticket])}")
    for id_, ticket in case.story.tickets.items():
        if id_ not in in_queue:
            yield f"{id_}: is in the journal, and nobody started it"
        if ticket.end is None:
            yield f"{id_} of {list(ticket.players)} never ended: it is {case.story.state[id_]}"
    for end in sorted(set(case.story.state) - set(case.story.tickets)):
        yield f"{end}: the journal says {case.story.state[end]}, and not when it began"


def one_match(case):
    """
    I2: no player is in two matches at the same time. Inside a partition its journal says what is open ("two open");
    between partitions a start takes a claim, which the earlier ticket has until the journal says that it ended.
    """
    yield from case.about("two open")
    for player, tickets in case.story.of_player.items():
        played = sorted((t for t in tickets if t.end == "COMPLETED"), key=lambda t: t.start_ms)
        for n, earlier in enumerate(played):
            for later in played[n + 1:]:
                if later.partition == earlier.partition or later.start_ms >= earlier.ended_ms:
                    continue
                if not case.faults.two_open(earlier, later):
                    yield (f"{player}: plays with {earlier.id} ({earlier.configuration}, {earlier.start_ms} to "
                           f"{earlier.ended_ms}) and with {later.id} ({later.configuration}, {later.start_ms} to "
                           f"{later.ended_ms})")


def agreed(case):
    """I3: all players of a match are told the same, which is what the journal says, each of the own ticket."""
    yield from case.about("line-up", "match words")


def told(case):
    """I4: what is due to a player arrived, at least once, and nothing else did."""
    yield from case.about("told undue", "stranger", "told words", "twice", "unanswered")
    for id_, owing, index in case.story.owed():
        type_, key, _ = owing.events[index]
        if type_[0].isupper() or owing.flags[index] & TOLD:  # FlexMatch's are for nobody here
            continue
        client = case.told.clients.get(key)
        if not case.faults.untold(client, owing.published_ms or owing.ms, case.inbox_ttl_ms):
            yield f"{key}: was never told {due.MESSAGES.get(type_, type_)} {id_}, decided at {owing.ms}"


def in_order(case):
    """I5: the journal is valid; events and messages come in the order of their ids."""
    yield from case.about("journal", "event order", "told order", "event words")


def silent_after_end(case):
    """I6: nothing of a ticket after its end; nothing that no valid tick owes."""
    yield from case.about("after the end", "told after", "undue")


def all_read(case):
    """I7: everything was read, decided, published; dead letters are the poison and nothing else."""
    yield from case.about("asked", "dead", "push")
    yield from case.folder.unread((QUEUE, DLQ, JOURNAL, EVENTS, EVENTS_DLQ, OUTBOX))
    if case.folder.ends.get("unrest"):
        yield f"it did not come to rest: {case.folder.ends['unrest']}"
    yield from unread(case)
    for id_, owing, index in case.story.owed():
        if not owing.flags[index] & PUBLISHED:
            yield f"{id_} ({owing.events[index][0]} for {owing.events[index][1]}) is not in {EVENTS}"
    yield from case.letters.judge(case)


def unread(case):
    for n, end in case.folder.end_of(QUEUE).items():
        if case.story.position.get(n, 0) != end:
            yield f"{QUEUE}-{n}: read up to {case.story.position.get(n, 0)}, its end is {end}"
    committed = case.folder.committed("notifier", EVENTS)
    for n, end in case.folder.end_of(EVENTS).items():
        if committed.get(n, 0) != end:
            yield f"{EVENTS}-{n}: the notifier committed {committed.get(n, 0)}, its end is {end}"


def alive(case):
    """I8: no daemon ended by itself, but for what is documented; no sanitizer had anything to say."""
    for line in case.faults.exits:
        what = f"{line['daemon']} ended with {line['status']} at {line['ms']}: {line.get('last', '')}"
        if line.get("sanitizer"):
            yield f"a sanitizer: {what}"
        elif line["expected"]:
            if not line.get("poisoned") and line["status"] not in excuses.GOOD_EXITS:
                yield f"it was to end, but not so: {what}"
        elif not case.faults.fatal(line):
            yield f"by itself: {what}"
    yield from case.faults.bad_words(case.folder.path / "logs")


INVARIANTS = {
    "I1": ("ended-once", ended_once), "I2": ("one-match", one_match), "I3": ("agreed", agreed), "I4": ("told", told),
    "I5": ("order", in_order), "I6": ("silent-after-end", silent_after_end), "I7": ("all-read", all_read),
    "I8": ("alive", alive),
}


def verdict(case):
    """{invariant: its sentences}, of those that are violated."""
    sentences = {name: list(judge(case)) for name, (_, judge) in INVARIANTS.items()}
    assert set(case.complaints.counts) <= case.complaints.asked, "a complaint that is no invariant's"
    return {name: found for name, found in sentences.items() if found}


# ---- printing -------------------------------------------------------------------------------------------------------

def ends_of(case):
    """How the tickets ended: {words: count}."""
    ends = collections.Counter()
    for ticket in case.story.tickets.values():
        ends[ticket.end if ticket.end in (None, "COMPLETED", "TIMED_OUT") else f"{ticket.end} {ticket.reason}"] += 1
    for place, start in case.starts.items():
        if place in case.story.dead_letters:
            ends["dead-lettered"] += 1
        elif start.ticket not in case.story.tickets:
            ends["refused " + "/".join(case.story.refused_starts.get(start.ticket, ("?",)))] += 1
    return ends


def table(counts):
    rows = sorted(counts.items(), key=lambda row: (-row[1], str(row[0])))
    return ", ".join(f"{count} {name}" for name, count in rows) or "none"


def counts_of(case):
    """(what, how many), a line each."""
    run, faults, story, told_ = case.folder.run, case.faults, case.story, case.told
    yield "seed", run.get("seed")
    yield "players", len(told_.clients)
    yield "tickets wanted", run.get("tickets")
    yield "starts", f"{told_.starts} sent, {len(case.starts)} in the queue, {len(told_.queued)} tickets told queued"
    yield "tickets by end", table(ends_of(case))
    yield "matches", len(story.matches)
    yield "proposals", table(collections.Counter(story.proposals.values()))
    yield "refused", table(story.refusals)
    yield "errors told", table(told_.errors)
    yield "journal", f"{story.read} records, {sum(story.kinds.values())} valid: {table(story.kinds)}"
    yield "events", f"{case.published.records}, {case.published.repeats} of them repeats"
    yield "pushes", f"{case.pushed.records}, {case.pushed.replaced} of them `replaced`"
    yield "messages told", f"{told_.messages}, {told_.repeats} of them repeats"
    yield "dead letters", f"{len(case.letters.sources)}, {case.letters.repeats} of them twice"
    yield "faults", f"{sum(faults.kinds.values())}: {table(faults.kinds)}"
    yield "poison", table(collections.Counter(topic for topic, _, _ in faults.poison))
    yield "exits", table(collections.Counter(f"{line['daemon']} {line['status']}" for line in faults.exits))
    yield "documented exceptions", table(faults.used)


def report(case, violations):
    for what, count in counts_of(case):
        print(f"{what:>22}: {count}")
    for name, sentences in violations.items():
        print(f"\n{name} {INVARIANTS[name][0]}: {len(sentences)} violations")
        for sentence in sentences[:SHOWN]:
            print(f"  {name}: {sentence}")
    print(f"\n{sum(map(len, violations.values()))} violations")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ticket")
    parser.add_argument("--player")
    wanted = parser.parse_args()
    missing = Folder(wanted.folder).missing()
    if missing:
        print(f"{wanted.folder} has no {', '.join(missing)}", file=sys.stderr)
        return 2
    if wanted.ticket or wanted.player:
        explain(Folder(wanted.folder), wanted.ticket, wanted.player)
        return 0
    began = time.monotonic()
    case = Case(wanted.folder)
    if not case.story.tickets:
        print(f"{wanted.folder}: there was no ticket", file=sys.stderr)
        return 2
    violations = verdict(case)
    report(case, violations)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"judged in {time.monotonic() - began:.1f} s, {peak_mb} MB")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
