"""gsmctl dlq as a process, and dead letters made by hand."""
import json
import re
import signal
import subprocess
import time

import confluent_kafka

from checker import DLQ, QUEUE
from stack import BUILD

CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f\x9b]|\xc2[\x80-\x9f]")  # but for the end of a line
INTERRUPTED, STAYS = 130, 3


class Gsmctl:
    """Of a broker. What it prints never has a byte that a terminal would obey."""

    def __init__(self, brokers):
        self.brokers = brokers

    def argv(self, *words):
        return [BUILD / "gsmctl", *words, "--brokers", self.brokers, "--timeout-s", "30"]

    def start(self, *words):
        return Running(subprocess.Popen(self.argv(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE))

    def run(self, *words, says=b""):
        """(exit status, stdout, stderr)"""
        return self.start(*words).end(says)

    def lines(self, *words):
        """Of stdout; it must succeed."""
        status, out, err = self.run(*words)
        assert (status, err) == (0, ""), (status, out, err)
        return out.splitlines()

    def rows(self, *words):
        return [json.loads(line) for line in self.lines(*words, "--json")]


class Running:
    def __init__(self, popen):
        self.popen = popen

    def end(self, says=b""):
        out, err = self.popen.communicate(says, timeout=60)
        for text in (out, err):
            assert not CONTROL.search(text), text
        return self.popen.returncode, out.decode(), err.decode()

    def kill(self):
        self.popen.kill()
        self.popen.communicate(timeout=60)

    def interrupt(self):
        self.popen.send_signal(signal.SIGINT)


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def history(source, partition, offset, **more):
    """The headers that say why a letter is one."""
    return {"dlq_reason": "by hand", "dlq_source_topic": source, "dlq_source_partition": str(partition),
            "dlq_source_offset": str(offset), "dlq_source_time": utc(time.time() - 3600), "dlq_attempts": "3", **more}


def put_letters(topics, partition, values, topic=DLQ, source=QUEUE):
    """Many, in order, each with a number of its own as its source's offset."""
    producer = confluent_kafka.Producer({"bootstrap.servers": topics.brokers, "linger.ms": 5})
    for n, value in enumerate(values):
        producer.produce(topic, value=value, key="pool", partition=partition,
                         headers=list({"ce_type": "StopMatchmaking", **history(source, partition, n)}.items()))
        producer.poll(0)
    assert producer.flush(30) == 0


def count(topics, topic):
    return sum(end - first for first, end in topics.bounds(topic).values())


