"""What is put on the topics by hand, and must change nothing: records that cannot be read, and a command that kills."""
import collections
import json

import confluent_kafka

import pools
from checker import EVENTS, JOURNAL, METRICS, OUTBOX, QUEUE
from test_dlq import MALFORMED, MALFORMED_EVENTS, event_headers, headers

JUNK = {"not_json": b"hello", "empty": b"", "array": b"[]", "not_utf8": b"\xff", "cut_off": b'{"type":"tick","seq":1,'}

Poison = collections.namedtuple("Poison", "topic partition key value headers name")


def on_queue(number, _):
    name = list(MALFORMED)[number % len(MALFORMED)]
    value, sent = MALFORMED[name]
    pool = f"duel-{number % 12}"
    value = value if isinstance(value, bytes) else value.replace("POOL", pool).encode()
    return Poison(QUEUE, pools.partition_of(pool), pool, value, sent, name)


def on_events(number, _):
    name = list(MALFORMED_EVENTS)[number % len(MALFORMED_EVENTS)]
    value, more = MALFORMED_EVENTS[name]
    return Poison(EVENTS, number % 12, "alice", value.encode(), event_headers("matchmaking_timed_out", **more), name)


def junk(topic):
    def put(number, busy):
        name = list(JUNK)[number % len(JUNK)]
        return Poison(topic, busy[number % len(busy)], None, JUNK[name], {}, name)
    return put


def command(number, _):
    """A good start, but for the name of its ticket (services/matchmaker/hooks.h)."""
    pool = f"duel-{number % 12}"
    player = f"mallory-{number}"
    value = json.dumps({"ConfigurationName": pool, "TicketId": f"poison-command-{number}",
                        "Players": [{"PlayerId": player, "PlayerAttributes": {"skill": {"N": 1500}}}]})
    return Poison(QUEUE, pools.partition_of(pool), pool, value.encode(), headers(player_id=player), "command")


# by the target of a fault; each is given a number, and the partitions of its topic that have readers
RECORDS = {"queue": on_queue, "events": on_events, "outbox": junk(OUTBOX), "metrics": junk(METRICS),
           "journal": junk(JOURNAL)}
TOPIC_OF = {"queue": QUEUE, "events": EVENTS, "outbox": OUTBOX, "metrics": METRICS, "journal": JOURNAL}


class Poisoner:
    def __init__(self, brokers):
        self.producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "enable.idempotence": True,
                                                  "linger.ms": 0, "log_level": 0})

    def put(self, poison):
        """Its offset, when the broker has it; a broker that is away is waited for."""
        reported = []
        self.producer.produce(poison.topic, value=poison.value, key=poison.key, partition=poison.partition,
                              headers=list(poison.headers.items()),
                              on_delivery=lambda error, message: reported.append((error, message)))
        while not reported:
            self.producer.poll(1)
        (error, message), = reported
        assert error is None, error
        return message.offset()
