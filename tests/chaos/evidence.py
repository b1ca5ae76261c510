"""
What a run leaves behind for the judge: lines of JSON, written as they come; nothing of a run's size is kept in memory.
Which files there are, and what is in them, is in docs/chaos.md.
"""
import base64
import collections
import json
import re
import shutil
import threading
import time

import confluent_kafka
from confluent_kafka import TopicPartition

import net
from checker import EVENTS, JOURNAL, QUEUE, TOPICS
from tail import LOST

GROUPS = ("matchmaker", "notifier")
POSITION = re.compile(rb'"position":(\d+)')
BUFFER_BYTES = 1 << 18


def now_ms():
    return time.time_ns() // 1_000_000


class Lines:
    """A file of JSON objects, a line each, in the order of note()."""

    def __init__(self, path):
        self.file = open(path, "w", buffering=BUFFER_BYTES, encoding="utf-8")

    def note(self, what, **more):
        self.put(json.dumps({"ms": now_ms(), "what": what, **more}))

    def put(self, line):
        self.file.write(line + "\n")

    def flush(self):
        self.file.flush()

    def close(self):
        self.file.close()


def as_text(raw):
    """JSON's form of bytes: text where it is text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def as_line(message):
    key, value = message.key(), message.value()
    return json.dumps({
        "partition": message.partition(), "offset": message.offset(), "timestamp": message.timestamp()[1],
        "key": None if key is None else as_text(key), "value": as_text(value or b""),
        "headers": {name: as_text(text or b"") for name, text in message.headers() or []}})


class Recorder:
    """Writes every record of every topic, as they are appended: also what its writer deletes later (J7)."""

    def __init__(self, brokers, folder):
        self.brokers, self.folder = brokers, folder
        self.parts = folder / "parts"
        self.parts.mkdir(parents=True)
        self.files = {}                                    # (topic, partition) -> open file
        self.next = collections.defaultdict(int)           # (topic, partition) -> offset after the last one read
        self.positions = collections.defaultdict(int)      # partition -> how far the journal says the queue was read
        self.faults = []
        self.stopping = False
        self.consumer = self.connect("recorder")
        self.asker = self.connect("asker")                 # its requests do not wait behind a fetch
        self.partitions = self.all_partitions()
        self.consumer.assign([TopicPartition(topic, n, 0) for topic, n in self.partitions])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def connect(self, group):
        return confluent_kafka.Consumer({"bootstrap.servers": self.brokers, "group.id": group, "log_level": 0,
                                         "enable.auto.commit": False, "auto.offset.reset": "error"})

    def all_partitions(self):
        topics = self.consumer.list_topics(timeout=30).topics
        return [(topic, n) for topic in TOPICS for n in sorted(topics[topic].partitions)]

    def run(self):
        while not self.stopping:
            for message in self.consumer.consume(1000, timeout=0.2):
                self.take(message)

    def take(self, message):
        error, place = message.error(), (message.topic(), message.partition())
        if error is None:
            self.file(place).write(as_line(message) + "\n")
            if message.topic() == JOURNAL:
                self.note_position(message)
            self.next[place] = message.offset() + 1
        elif error.code() in LOST:
            self.faults.append(f"{place[0]}-{place[1]}: deleted before it was read: {error}")

    def note_position(self, message):
        found = POSITION.search(message.value() or b"")
        if found is not None:
            self.positions[message.partition()] = max(self.positions[message.partition()], int(found[1]))

    def file(self, place):
        if place not in self.files:
            path = self.parts / f"{place[0]}-{place[1]}"
            self.files[place] = open(path, "w", buffering=BUFFER_BYTES, encoding="utf-8")
        return self.files[place]

    def ends(self):
        """{topic: {partition: where the next record will be}}, as the broker says now."""
        ends = collections.defaultdict(dict)
        for topic, n in self.partitions:
            ends[topic][n] = self.asker.get_watermark_offsets(TopicPartition(topic, n), timeout=10)[1]
        return ends

    def committed(self):
        """{group: {topic: {partition: offset}}}"""
        return {group: self.committed_by(group) for group in GROUPS}

    def committed_by(self, group):
        committed = collections.defaultdict(dict)
        consumer = self.connect(group)
        asked = [TopicPartition(topic, n) for topic, n in self.partitions if topic in (QUEUE, EVENTS)]
        for place in consumer.committed(asked, timeout=10):
            if place.offset >= 0:
                committed[place.topic][place.partition] = place.offset
        consumer.close()
        return committed

    def read_up_to(self, ends, timeout_s=120):
        """Waits until everything before `ends` is written."""
        def behind():
            return [p for p in self.partitions if self.next[p] < ends[p[0]][p[1]]]
        net.wait_until(lambda: not behind(), lambda: f"not read to the end: {behind()[:5]}; {self.faults[:3]}",
                       timeout_s, every_s=0.1)

    def finish(self):
        """Ends the reading and puts each topic's partitions into one file."""
        self.stopping = True
        self.thread.join()
        self.consumer.close()
        self.asker.close()
        for file in self.files.values():
            file.close()
        for topic in TOPICS:
            with open(self.folder / f"{topic}.jsonl", "wb") as whole:
                for part in (self.parts / f"{topic}-{n}" for t, n in self.partitions if t == topic):
                    if part.exists():
                        with open(part, "rb") as source:
                            shutil.copyfileobj(source, whole)
        shutil.rmtree(self.parts)
