"""
Dead letters: each is the poison that was put, as it was, with why, where from and how often tried. The same source may
be there twice: a process died after the letter and before it had said so.
"""
import collections

from checker import DLQ, EVENTS, EVENTS_DLQ, QUEUE

SOURCES = {DLQ: QUEUE, EVENTS_DLQ: EVENTS}
SUBSCRIPTION = "websocket"  # the key of an event's dead letter
KILLER = "command"  # a kind of poison that kills its reader
KILLER_ATTEMPTS = 3

# key: its own; original: (key, value, headers) of what it was made of, as it says
Letter = collections.namedtuple("Letter", "place reason attempts key original")


def number(text):
    return int(text) if (text or "").isdigit() else None


def kept_of(record):
    """What a dead letter keeps of a record, byte for byte: value and headers."""
    return record.value, {name: text for name, text in record.headers.items() if not name.startswith("dlq_")}


class Letters:
    def __init__(self, folder):
        self.sources = {}  # (topic, partition, offset) of the original -> Letter
        self.repeats = 0
        self.wrong = []
        for topic in SOURCES:
            for record in folder.records(topic):
                self.take(record)
        self.originals = self.read_originals(folder)

    def take(self, record):
        headers = record.headers
        source = (headers.get("dlq_source_topic"), number(headers.get("dlq_source_partition")),
                  number(headers.get("dlq_source_offset")))
        where = f"{record.topic}-{record.partition}:{record.offset}"
        letter = Letter(where, headers.get("dlq_reason"), number(headers.get("dlq_attempts")), record.key,
                        (headers.get("dlq_source_key"), *kept_of(record)))
        if SOURCES[record.topic] != source[0] or None in source:
            self.wrong.append(f"{where}: a dead letter from {source}")
        elif source in self.sources:
            self.repeats += 1
            if self.sources[source][1:] != letter[1:]:
                self.wrong.append(f"{where}: {source} is here twice, and not the same")
        else:
            self.sources[source] = letter

    def read_originals(self, folder):
        """{source: (key, value, headers)} of what was dead-lettered."""
        return {(topic, r.partition, r.offset): (r.key, *kept_of(r)) for topic in SOURCES.values()
                for r in folder.records(topic) if (topic, r.partition, r.offset) in self.sources}

    def judge(self, case):
        yield from self.wrong
        poison = {place: kind for place, kind in case.faults.poison.items() if place[0] in SOURCES.values()}
        for source, letter in self.sources.items():
            if source not in poison:
                yield f"{letter.place}: {source} is dead-lettered and was no poison: {letter.reason}"
            else:
                yield from self.judge_letter(source, letter, poison[source])
        for source, kind in poison.items():
            if source not in self.sources:
                yield f"the poison {kind} at {source} is no dead letter"
        yield from self.judge_journal(case)

    def judge_letter(self, source, letter, kind):
        due_attempts = KILLER_ATTEMPTS if kind == KILLER else 1
        if not letter.reason:
            yield f"{letter.place}: {source} says no reason"
        if letter.attempts != due_attempts:
            yield f"{letter.place}: {source} ({kind}) after {letter.attempts} attempts, not {due_attempts}"
        if letter.original != self.originals.get(source):
            yield f"{letter.place}: is not what stood at {source}"
        if letter.key != (letter.original[0] if source[0] == QUEUE else SUBSCRIPTION):
            yield f"{letter.place}: {source} is under the key {letter.key}"

    def judge_journal(self, case):
        """What the journal calls dead is in the topic, and the other way round."""
        said = {(QUEUE, *place): attempts for place, attempts in case.story.dead_letters.items()}
        lying = {source: letter for source, letter in self.sources.items() if source[0] == QUEUE}
        for source in sorted(set(said) - set(lying)):
            yield f"{source} is dead in the journal, and not in {DLQ}"
        for source in sorted(set(lying) - set(said)):
            yield f"{lying[source].place}: {source} is in {DLQ}, and not dead in the journal"
        for source in sorted(set(said) & set(lying)):
            if said[source] != lying[source].attempts:
                yield f"{lying[source].place}: {lying[source].attempts} attempts, the journal says {said[source]}"
