"""Reads a topic as it grows: what its writer deletes behind itself (J7) stays here for the checker."""
import collections
import threading

import confluent_kafka
from confluent_kafka import KafkaError, TopicPartition

LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # deleted before it was read


class Tail:
    """`convert` makes of a message what is kept. A broker that is away is waited for."""

    def __init__(self, brokers, topic, partitions, convert):
        self.topic, self.convert = topic, convert
        self.records = collections.defaultdict(list)  # partition -> in order
        self.next = dict.fromkeys(partitions, 0)      # partition -> the offset after the last record read
        self.fault = None
        self.changed = threading.Condition()
        self.stopping = False
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": brokers, "group.id": "tail", "enable.auto.commit": False, "log_level": 0,
            "auto.offset.reset": "error"})
        self.consumer.assign([TopicPartition(topic, n, 0) for n in partitions])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            messages = self.consumer.consume(1000, timeout=0.2)
            with self.changed:
                for message in messages:
                    self.take(message)
                self.changed.notify_all()

    def take(self, message):
        error = message.error()
        if error is None:
            self.records[message.partition()].append(self.convert(message))
            self.next[message.partition()] = message.offset() + 1
        elif error.code() in LOST:
            self.fault = f"{self.topic}-{message.partition()}: deleted before it was read: {error}"

    def read(self, since, ends, timeout_s=60):
        """All records from `since` up to `ends`, partition by partition; waits until they are here."""
        def there():
            return self.fault is not None or all(self.next[n] >= end for n, end in ends.items())
        with self.changed:
            assert self.changed.wait_for(there, timeout_s), f"{self.topic}: read up to {self.next}, not to {ends}"
            assert self.fault is None, self.fault
            return [r for n in sorted(self.records) for r in self.records[n] if since.get(n, 0) <= r.offset < ends[n]]

    def stop(self):
        self.stopping = True
        self.thread.join()
        self.consumer.close()
