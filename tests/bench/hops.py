#!/usr/bin/python3
"""hops.py PREFIX: where the time of a match goes, from the append times of its records in Kafka.

Reads KAFKA_BROKERS. Takes the matches of players whose id begins with PREFIX and prints, as JSON, the mean milliseconds of each hop,
counted from the start of the later of the two players; the first 2 seconds are left out, as `players` does. The broker's times are
whole milliseconds, so means are meaningful and percentiles are not.
"""
import json
import os
import statistics
import sys
from datetime import datetime

from confluent_kafka import Consumer, TopicPartition

WARM_UP_MS = 2000
HOPS = ("accept_to_queue", "queue_to_journal", "journal_to_events", "events_to_outbox", "accept_to_outbox")


def records(topic):
    """Every (milliseconds, headers, value) that is in the topic now."""
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "group.id": "bench-hops"})
    left = 0
    partitions = []
    for number in consumer.list_topics(topic).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number))
        left += high - low
        partitions.append(TopicPartition(topic, number, low))
    consumer.assign(partitions)
    while left > 0:
        for message in consumer.consume(min(left, 10000), timeout=1):
            left -= 1
            headers = {name: value.decode() for name, value in message.headers() or []}
            yield message.timestamp()[1], headers, json.loads(message.value())
    consumer.close()


def accepted_ms(headers):
    return datetime.fromisoformat(headers["ce_time"].replace("Z", "+00:00")).timestamp() * 1000


def matches(prefix):
    """(time of its tick, its tickets) for each match of our players."""
    for time_ms, _, record in records("game-matchmaking-journal"):
        for transition in record.get("transitions", []):
            players = [player for team in transition.get("teams", []) for player in team["players"]]
            if players and all(player["id"].startswith(prefix) for player in players):
                yield time_ms, [player["ticket"] for player in players]


def by_ticket(topic):
    """Ticket id to the time of its record, of the messages that tell a player of a match."""
    return {
        value["data"]["ticket_id"]: time_ms
        for time_ms, _, value in records(topic)
        if value.get("type") in ("match_ready", "match_found")
    }


def main(prefix):
    queue = {
        value["TicketId"]: (accepted_ms(headers), time_ms)
        for time_ms, headers, value in records("game-matchmaking-queue")
        if headers["ce_type"] == "StartMatchmaking" and headers["player_id"].startswith(prefix)
    }
    begin_ms = min(accept_ms for accept_ms, _ in queue.values()) + WARM_UP_MS
    events, outbox = by_ticket("game-events"), by_ticket("game-client-outbox")
    hops = {name: [] for name in HOPS}
    for journal_ms, tickets in matches(prefix):
        accept_ms, queue_ms = max(queue[ticket] for ticket in tickets)
        if accept_ms < begin_ms:
            continue
        for ticket in tickets:
            event_ms, outbox_ms = events[ticket], outbox[ticket]
            steps = (queue_ms - accept_ms, journal_ms - queue_ms, event_ms - journal_ms, outbox_ms - event_ms,
                     outbox_ms - accept_ms)
            for name, step in zip(HOPS, steps):
                hops[name].append(step)
    print(json.dumps({name: statistics.fmean(steps) for name, steps in hops.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
