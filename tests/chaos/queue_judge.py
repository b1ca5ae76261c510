"""
Whether a queue kept its promises (libs/queue/queue.h), from what its users wrote down and what the topics hold. Pure; knows
nothing of how the queue is made.

All times are wall-clock milliseconds of one machine, whose clock is also the broker's and Redis'. A step is what
queue_worker.h calls one, as a dict. A receive happened somewhere between `asked` and `at`, so a rule only says what
no moment in between allows.

What is allowed, and counted: after Redis was lost (began empty) counts begin anew and what was deleted or dead-lettered may
come again; what a process received and did not live to write down is a receive that nobody saw.
"""
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field

REASON = "received too often"
MUST_DIE = {"poison", "stubborn"}  # kinds that nobody ever deletes
PRODUCER_MS = 10000                # after that a producer gives up
PURGE_SETTLES_MS = 1000            # it is remembered where Redis' loss does not reach within that


@dataclass(frozen=True)
class Record:
    """A message in the topic, at its first place, or in the dead-letter topic (then with the headers that are not its own)."""
    id: str
    sum: str
    kind: str
    at: int          # the broker's append time
    partition: int
    offset: int
    delay: int = 0
    headers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """redis_lost: it came back empty. Any other kind may cost answers, and processes what they held."""
    kind: str
    begin: int
    end: int

    def meets(self, begin, end):
        return self.begin <= end and begin <= self.end


@dataclass
class Story:
    records: list     # of the topic, without those that are there again
    places: dict      # (partition, offset) -> id, all of them
    dead: list
    steps: list
    faults: list
    max_receives: int
    topic: str


@dataclass
class Verdict:
    violations: list
    counts: Counter


class Life:
    """What is known of one message: its id, and when it was appended, since a producer may append it twice."""

    def __init__(self, key):
        self.id, self.sent_at = key
        self.record, self.sent = None, None
        self.gots, self.dead = [], []
        self.steps = defaultdict(list)  # delete, deleted, change, changed

    def by(self, what, count):
        return [step for step in self.steps[what] if step["n"] == count]

    def deleted(self):
        """The deletes that were confirmed."""
        return [step for step in self.steps["deleted"] if step["err"] == 0]


class World:
    """What concerns all messages."""

    def __init__(self, story):
        self.story = story
        self.faults = story.faults + [Fault("no answer", step["at"], step["at"]) for step in story.steps
                                      if step["do"] == "redis" and not step["ready"]]
        self.gave_up = {(process_of(step["id"]), step["at"]) for step in story.steps if step["do"] == "unsent"}
        self.losses = [fault for fault in story.faults if fault.kind == "redis_lost"]
        self.purges = purges(story.steps)
        self.counts = Counter()

    def lost(self, begin, end):
        return any(loss.meets(begin, end) for loss in self.losses)

    def disturbed(self, begin, end):
        return any(fault.meets(begin, end) for fault in self.faults)

    def gave_up_some(self, process, begin, end):
        return any(one == process and begin <= at <= end for one, at in self.gave_up)

    def may_be_purged(self, record):
        return any(record.at <= end for _, end in self.purges)


def process_of(id):
    """An id is NAME.STARTED.NUMBER."""
    return id.rsplit(".", 1)[0]


def purges(steps):
    """(asked, answered) of each; one without an answer may have happened at any time since."""
    answered = [(step["asked"], step["at"]) for step in steps if step["do"] == "purged" and step["err"] == 0]
    known = {asked for asked, _ in answered}
    return answered + [(step["at"], float("inf")) for step in steps if step["do"] == "purge" and step["at"] not in known]


class Lives(dict):
    def __missing__(self, key):
        self[key] = Life(key)
        return self[key]


def lives_of(story):
    lives = Lives()
    appended = {(record.partition, record.offset): record.at for record in story.records}
    for record in story.records:
        lives[record.id, record.at].record = record
    for letter in story.dead:
        lives[letter.id, int(letter.headers.get("queue_sent_ms", -1))].dead.append(letter)
    for step in story.steps:
        if step["do"] == "sent":
            lives[step["id"], appended.get((step["partition"], step["offset"]))].sent = step
        elif step["do"] == "got":
            lives[step["id"], step["sent"]].gots.append(step)
        elif step["do"] in ("delete", "deleted", "change", "changed"):
            lives[step["id"], step["sent"]].steps[step["do"]].append(step)
    for one in lives.values():
        one.gots.sort(key=lambda got: (got["at"], got["n"]))
    return lives


# ---- what was sent and what came ------------------------------------------------------------------------------------

def sent_is_kept(life, world):
    """What the broker confirmed stands in the topic, where it said, as it was sent."""
    sent, record = life.sent, life.record
    if sent and record is None:
        yield "its send was confirmed, and it is not in the topic"
    elif sent and (sent["partition"], sent["offset"], sent["sum"]) != (record.partition, record.offset, record.sum):
        yield f"confirmed as {sent}, and in the topic as {record}"


def received_is_sent(life, world):
    """Nobody receives what was never sent, or sent otherwise."""
    for got in life.gots:
        if life.record is None:
            yield f"received and never sent: {got}"
        elif got["sum"] != life.record.sum:
            yield f"received otherwise than sent: {got}, {life.record}"


def all_is_received(life, world):
    if life.record and not life.gots and not life.dead and not world.may_be_purged(life.record):
        yield f"never received: {life.record}"


def all_ends(life, world):
    """What was received was deleted (or its delete has no answer), dead-lettered, or purged."""
    if not life.gots or life.record is None or life.dead or world.may_be_purged(life.record):
        return
    answered = {(step["n"], step["asked"]) for step in life.steps["deleted"] if step["err"] not in (0, UNKNOWN)}
    if not any((step["n"], step["at"]) not in answered for step in life.steps["delete"]):
        yield f"neither deleted nor dead-lettered: last {life.gots[-1]}"


UNKNOWN = -6  # err of an answer that never came: it may be done


# ---- one receiver at a time, in order ------------------------------------------------------------------------------

def earliest_end(got, life, until):
    """The first moment at which the time of this receive may have been over, as far as was said until then."""
    begin = got["first"] if got["n"] == 1 else got["asked"]
    end = begin + got["visible"]
    changed = {step["asked"]: step for step in life.by("changed", got["n"])}
    for change in life.by("change", got["n"]):
        if not got["at"] <= change["at"] <= until:
            continue
        answer = changed.get(change["at"])
        new_end = change["at"] + change["visible"]
        if answer is None or answer["err"] == UNKNOWN:
            end = min(end, new_end)
        elif answer["err"] == 0:
            end = new_end
    return end


def one_holder(life, world):
    """Nobody receives it while another's time runs."""
    for one, later in itertools.permutations(life.gots, 2):  # who was stopped writes down late
        if one["n"] >= later["n"] or world.lost(min(one["asked"], later["asked"]), max(one["at"], later["at"])):
            continue
        end = earliest_end(one, life, later["at"])
        if later["at"] < end:
            yield f"received again {end - later['at']} ms too early: {one}, {later}"


def counts_ascend(life, world):
    """1, 2, 3; begun anew only when Redis was lost; one is missing only where a fault took its answer."""
    before = {"n": 0, "asked": life.record.at if life.record else 0, "at": 0}
    for got in life.gots:
        if world.lost(before["asked"], got["at"]):
            world.counts["received again after Redis was lost"] += before["n"] > 0
        elif got["n"] <= before["n"] and (got["n"] == before["n"] or got["asked"] > before["at"]):
            yield f"receive {got['n']} after {before['n']}: {got}"
        elif got["n"] < before["n"]:
            continue  # written down late
        elif got["n"] > before["n"] + 1:
            world.counts["receives that nobody saw"] += got["n"] - before["n"] - 1
            if not world.disturbed(before["asked"], got["at"]):
                yield f"receive {got['n']} after {before['n']}, and no fault in between: {got}"
        before = got


def not_too_often(life, world):
    for got in life.gots:
        if got["n"] > world.story.max_receives:
            yield f"received more than {world.story.max_receives} times: {got}"


def not_early(life, world):
    """A delay runs from the broker's append time."""
    for got in life.gots:
        if life.record and got["at"] < life.record.at + life.record.delay:
            yield f"received {life.record.at + life.record.delay - got['at']} ms before its time: {got}"


# ---- what is gone stays gone ---------------------------------------------------------------------------------------

def deleted_stays_deleted(life, world):
    """A delete that was confirmed was that of the last receive."""
    for delete in life.deleted():
        handle = [got for got in life.gots if got["n"] == delete["n"] and got["at"] <= delete["at"]]
        since = handle[-1]["asked"] if handle else delete["asked"]
        for got in life.gots:
            if got["at"] < since or (got["n"] <= delete["n"] and got["asked"] <= delete["at"]):
                continue
            if world.lost(since, got["at"]):
                world.counts["deleted, and came again after Redis was lost"] += 1
            else:
                yield f"deleted {delete}, and received again: {got}"


def dead_stays_dead(life, world):
    for dead in life.dead:
        last = [got["asked"] for got in life.gots if got["n"] == world.story.max_receives and got["at"] <= dead.at]
        for got in life.gots:
            if got["asked"] <= dead.at:
                continue
            if world.lost(max(last, default=dead.at), got["at"]):
                world.counts["dead-lettered, and came again after Redis was lost"] += 1
            else:
                yield f"dead-lettered at {dead.at}, and received again: {got}"


def purge_leaves_nothing(life, world):
    for asked, answered in world.purges:
        if life.record is None or life.record.at >= asked or answered == float("inf"):
            continue
        for got in life.gots:
            if got["asked"] > answered and not world.lost(asked, answered + PURGE_SETTLES_MS):
                yield f"sent at {life.record.at}, purged at {asked}, and received: {got}"


# ---- dead letters ---------------------------------------------------------------------------------------------------

def wrong_letter(letter, life, story):
    """What of a dead letter is not as it must be."""
    said, record = letter.headers, life.record
    expected = {"queue_receives": str(story.max_receives),
                "dlq_attempts": str(story.max_receives), "dlq_reason": REASON, "dlq_source_topic": story.topic}
    wrong = [f"{name}={said.get(name)}, not {value}" for name, value in expected.items() if said.get(name) != value]
    if letter.sum != record.sum:
        wrong.append("body or attributes are others")
    source = int(said.get("dlq_source_partition", -1)), int(said.get("dlq_source_offset", -1))
    if story.places.get(source) != letter.id:
        wrong.append(f"the source {source} is not its place")
    return wrong


def letters_are_right(life, world):
    """Each is a message's, and says all that is to be known of it."""
    for letter in life.dead:
        if life.record is None:
            yield f"dead-lettered and never sent: {letter}"
        else:
            for wrong in wrong_letter(letter, life, world.story):
                yield f"dead letter: {wrong}: {letter}"


def dead_only_when_due(life, world):
    """It was received the last time, as far as no fault took the answer."""
    for letter in life.dead:
        seen = any(got["n"] == world.story.max_receives and got["asked"] <= letter.at for got in life.gots)
        if not seen and life.record and not world.disturbed(life.record.at, letter.at):
            yield f"dead-lettered before its last receive: {letter}"


def dead_once(life, world):
    letters = sorted(life.dead, key=lambda letter: letter.at)
    for one, next_one in zip(letters, letters[1:]):
        world.counts["dead-lettered again after a fault"] += 1
        if not world.disturbed(one.at, next_one.at):
            yield f"dead-lettered twice: {one}, {next_one}"


def deadly_is_dead(life, world):
    """What nobody deletes is in the dead-letter topic in the end."""
    record = life.record
    if record and record.kind in MUST_DIE and not life.dead and not world.may_be_purged(record):
        yield f"{record.kind}, and not dead-lettered: {record}"


RULES = (sent_is_kept, received_is_sent, all_is_received, all_ends, one_holder, counts_ascend, not_too_often, not_early,
         deleted_stays_deleted, dead_stays_dead, purge_leaves_nothing, letters_are_right, dead_only_when_due, dead_once,
         deadly_is_dead)


# ---- the verdict ----------------------------------------------------------------------------------------------------

def ends_empty(story):
    """The last that was said of the whole queue: nothing visible, in flight, delayed."""
    stats = [step for step in story.steps if step["do"] == "stats"]
    last = max(stats, key=lambda step: step["at"], default=None)
    if last is None or (last["visible"], last["flight"], last["delayed"]) != (0, 0, 0):
        yield f"ends_empty: {last}"


def appended_once(world):
    """But when a producer gave up others that were on their way: then it may append again what came after them."""
    first = {}
    for record in sorted(world.story.records, key=lambda record: record.at):
        before = first.setdefault(record.id, record)
        if before is record:
            continue
        world.counts["appended twice after a fault"] += 1
        begin = before.at - PRODUCER_MS
        if not world.disturbed(begin, record.at) and not world.gave_up_some(process_of(record.id), begin, record.at):
            yield f"appended_once: {before}, {record}"


def count(world, lives):
    counts, story = world.counts, world.story
    counts["messages in the topic"] = len(story.records)
    counts["sends confirmed"] = sum(life.sent is not None for life in lives)
    counts["receives"] = sum(len(life.gots) for life in lives)
    counts["deletes confirmed"] = sum(len(life.deleted()) for life in lives)
    counts["appended again"] = len(story.places) - len(story.records)
    counts["purged, perhaps"] = sum(life.record is not None and not life.gots and not life.dead for life in lives)
    for life in lives:
        if life.dead and life.record:
            counts[f"dead letters: {life.record.kind}"] += 1
    for fault in world.faults:
        counts[f"fault: {fault.kind}"] += 1


def judge(story):
    world, lives = World(story), list(lives_of(story).values())
    violations = [*ends_empty(story), *appended_once(world)]
    for life in lives:
        for rule in RULES:
            violations += [f"{rule.__name__}: {life.id}: {text}" for text in rule(life, world)]
    count(world, lives)
    return Verdict(violations, world.counts)
