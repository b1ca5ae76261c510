"""What the judge of a queue is given: the steps that workers wrote down, and what the topics hold."""
import hashlib
import json

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from queue_judge import Record, Story

TOPIC, DEAD_TOPIC, MAX_RECEIVES = "game-matchmaking-queue", "game-matchmaking-dlq", 3
GROUP = "queue-chaos"  # of the workers that fill windows
OWN = ("queue_", "dlq_")  # headers that are not the message's attributes


def steps_of(path):
    """The whole lines of a worker's file: it may have been killed in the middle of the last one."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def read_all(brokers, topic):
    """Every record of the topic."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "judge", "enable.auto.commit": False})
    try:
        partitions = list(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
        left = sum(high - low for low, high in
                   (consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30) for p in partitions))
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
        while left > 0:
            found = consumer.consume(min(left, 10000), timeout=60)
            assert found, f"{left} records of {topic} cannot be read"
            for record in found:
                assert record.error() is None, record.error()
                yield record
            left -= len(found)
    finally:
        consumer.close()


def all_committed(brokers):
    """Every partition has a committed offset: the group stands, and messages were deleted."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": GROUP})
    try:
        partitions = consumer.list_topics(TOPIC, timeout=30).topics[TOPIC].partitions
        return all(found.offset > 0 for found in consumer.committed([TopicPartition(TOPIC, p) for p in partitions], 30))
    finally:
        consumer.close()


def sum_of(value, attributes):
    """As steps_sum of queue_worker.h."""
    text = value + b"".join(b"\0" + name.encode() + b"=" + said for name, said in attributes)
    return hashlib.sha256(text).hexdigest()[:16]


def record_of(found):
    headers = found.headers() or []
    attributes = [(name, said) for name, said in headers if not name.startswith(OWN)]
    own = {name: said.decode() for name, said in headers if name.startswith(OWN)}
    return Record(own.get("queue_id"), sum_of(found.value() or b"", attributes), dict(attributes).get("kind", b"").decode(),
                  found.timestamp()[1], found.partition(), found.offset(), int(own.get("queue_delay_ms", 0)), own)


def story(brokers, step_files, faults):
    records, places = [], {}
    for found in read_all(brokers, TOPIC):
        record = record_of(found)
        places[record.partition, record.offset] = record.id
        if "queue_origin" not in record.headers:  # else it is there again
            records.append(record)
    dead = [record_of(found) for found in read_all(brokers, DEAD_TOPIC)]
    steps = [step for path in step_files for step in steps_of(path)]
    return Story(records, places, dead, steps, faults, MAX_RECEIVES, TOPIC)
