"""
A run's folder, as the harness left it (docs/chaos.md): read line by line, nothing of a run's size is kept in memory.
"""
import base64
import functools
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from checker import TOPICS, Record  # noqa: E402 (the path comes first)


def raw(text):
    """What stands for bytes: text, or {"base64"}; None stays."""
    return base64.b64decode(text["base64"]) if isinstance(text, dict) else text


def shown(text):
    return text.decode(errors="replace") if isinstance(text, bytes) else text


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.next = {}   # (topic, partition) -> the offset after the last record read
        self.known_ends = {}
        self.holes = []  # what of a topic is not in the evidence: sentences

    def lines(self, name):
        """The objects of a file of lines; no file, no lines."""
        path = self.path / name
        if path.exists():
            with path.open(encoding="utf-8") as file:
                for line in file:
                    yield json.loads(line)

    def records(self, topic):
        """Record by Record, partition by partition in order. A value is text where it is UTF-8."""
        for line in self.lines(f"topics/{topic}.jsonl"):
            self.note(topic, line["partition"], line["offset"])
            headers = {name: shown(raw(text)) for name, text in line["headers"].items()}
            yield Record(topic, line["partition"], line["offset"], line["timestamp"], shown(raw(line["key"])),
                         raw(line["value"]), headers)

    def note(self, topic, partition, offset):
        due = self.next.get((topic, partition), 0)
        if due not in (offset, self.end_of(topic).get(partition)):  # its end: the topic is read again
            self.holes.append(f"{topic}-{partition}: after offset {due - 1} the evidence has {offset}")
        self.next[topic, partition] = offset + 1

    def unread(self, topics):
        """The holes of these topics, which have been read, and what is missing at their ends."""
        yield from self.holes
        for topic in topics:
            for partition, end in self.end_of(topic).items():
                if self.next.get((topic, partition), 0) != end:
                    yield f"{topic}-{partition}: the evidence is up to {self.next.get((topic, partition), 0)} of {end}"

    def clients(self):
        return self.lines("clients.jsonl")

    def done(self):
        return self.lines("done.jsonl")

    @functools.cached_property
    def ends(self):
        """{"ends": {topic: {partition: offset}}, "committed": {group: {topic: {partition: offset}}}}"""
        return json.loads((self.path / "ends.json").read_text(encoding="utf-8"))

    @functools.cached_property
    def run(self):
        return json.loads((self.path / "run.json").read_text(encoding="utf-8"))

    def end_of(self, topic):
        """{partition: where the next record will be}"""
        if topic not in self.known_ends:
            self.known_ends[topic] = {int(n): end for n, end in self.ends["ends"].get(topic, {}).items()}
        return self.known_ends[topic]

    def committed(self, group, topic):
        return {int(n): offset for n, offset in self.ends["committed"].get(group, {}).get(topic, {}).items()}

    def setting(self, name, default):
        return int(self.run.get("settings", {}).get(name, default))

    def missing(self):
        """The files without which there is nothing to judge."""
        names = ("clients.jsonl", "done.jsonl", "ends.json", "run.json", *(f"topics/{topic}.jsonl" for topic in TOPICS))
        return [name for name in names if not (self.path / name).exists()]


class Complaints:
    """Sentences by rule: the first of each, and how many."""

    KEPT = 200

    def __init__(self):
        self.kept, self.counts = {}, {}
        self.asked = set()  # rules that somebody wanted to hear of

    def __call__(self, rule, sentence):
        self.counts[rule] = self.counts.get(rule, 0) + 1
        kept = self.kept.setdefault(rule, [])
        if len(kept) < self.KEPT:
            kept.append(sentence)

    def about(self, *rules):
        """The sentences kept, and one more that says how many were not."""
        self.asked.update(rules)
        for rule in rules:
            yield from self.kept.get(rule, ())
            if self.counts.get(rule, 0) > self.KEPT:
                yield f"and {self.counts[rule] - self.KEPT} more like it ({rule})"
