"""
What kills the matchmaker: a command (J8), and something in its state (J9). A supervisor starts it again each time, as
production does. The matchmaker is one that some tickets kill (services/matchmaker/hooks.h).
"""
import collections
import contextlib
import http.client
import os
import threading

import pytest

import net
from checker import DLQ, JOURNAL, QUEUE, History, check_record, check_story, journal_of, replay
from players import connected
from stack import BUILD, partition_of
from test_standby import put_starts

HOOKED = "matchmaker-hooked"
GOOD = int(os.environ.get("POISON_GOOD", "1000"))  # commands behind the poison, on all partitions together
BEFORE = 100  # and before it, on each: they are read in the same turn of the loop
ATTEMPTS, CAREFUL = 3, 256  # libs/journal/journal.h
TIMEOUT_S = 90 + GOOD // 100


class Supervisor:
    """Starts again what was started and has ended; counts how often."""

    def __init__(self, daemons):
        self.daemons, self.deaths = daemons, collections.Counter()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping.wait(0.05):
            for daemon in self.daemons:
                if daemon.popen is not None and not daemon.running():
                    self.deaths[daemon.name] += 1
                    daemon.start()

    def stop(self):
        self.stopping.set()
        self.thread.join()


@contextlib.contextmanager
def supervised(*daemons):
    supervisor = Supervisor(daemons)
    try:
        yield supervisor
    finally:
        supervisor.stop()


def begin(own_stack, own_kafka, count=1):
    """A stack whose matchmakers can be killed by a ticket, not started."""
    assert (BUILD / HOOKED).exists(), f"not built: make {BUILD.name}/{HOOKED}"
    stack = own_stack(brokers=own_kafka.brokers)
    stack.daemons["matchmaker"] = stack.daemon("matchmaker", HOOKED, INSTANCE="matchmaker-1")
    for n in range(2, count + 1):
        stack.add(f"matchmaker-{n}", HOOKED)
    return stack, [d for name, d in stack.daemons.items() if name.startswith("matchmaker")]


def start(stack):
    """Without waiting for who will die before it is ready."""
    stack.redis.start()
    stack.redis.wait_ready()
    for daemon in stack.daemons.values():
        daemon.start()


def values_of(topics, partition, type_):
    return [value for _, value in replay(journal_of(topics, partition)) if value["type"] == type_]


def attempts(topics):
    return [len(values_of(topics, partition, "attempt")) for partition in (0, 1)]


def fatal(topics, partition):
    """The commands (None: the state) of the attempts that no tick of the same reign follows."""
    values = [value for _, value in replay(journal_of(topics, partition))] + [{"type": "end", "epoch": 0}]
    return [value.get("command") for value, behind in zip(values, values[1:])
            if value["type"] == "attempt" and (behind["type"], behind["epoch"]) != ("tick", value["epoch"])]


def all_matched(topics, tickets):
    return tickets <= History(topics.read(JOURNAL)).matched.keys()


def put_good(topics, number, name, first, count):
    tickets = [name(f"good-{number}-{n}") for n in range(first, first + count)]
    put_starts(topics, f"pool-{number}", [(ticket, ticket, 1500) for ticket in tickets])
    return set(tickets)


# Partitions with poison, and how many processes there are to be killed.
@pytest.mark.parametrize("poisoned, processes", [((0,), 1), ((0, 1), 1), ((1,), 2)])
def test_a_command_that_kills(own_kafka, own_topics, own_stack, name, poisoned, processes):
    """It lies between good ones, on a partition whose neighbour is ruled by the same process."""
    topics, poison, good = own_topics, {}, set()
    stack, matchmakers = begin(own_stack, own_kafka, processes)
    for partition in (0, 1):
        good |= put_good(topics, partition, name, 0, BEFORE)
        if partition in poisoned:
            poison[partition] = topics.ends(QUEUE)[partition]
            put_starts(topics, f"pool-{partition}", [(f"poison-command-{partition}", name("mallory"), 1500)])
        good |= put_good(topics, partition, name, BEFORE, GOOD // 2)
    with supervised(*matchmakers) as supervisor:
        start(stack)
        net.wait_until(lambda: all_matched(topics, good), stack.logs, TIMEOUT_S, every_s=0.5)
        stack.wait_ready()
        deaths = sum(supervisor.deaths.values())

        dead = topics.read(DLQ)
        assert {r.partition: int(r.headers["dlq_source_offset"]) for r in dead} == poison and len(dead) == len(poison)
        for record in dead:
            check_record(record)
            assert record.headers["dlq_attempts"] == str(ATTEMPTS), record.headers
            assert "died" in record.headers["dlq_reason"]
            assert b"poison-command" in record.value
        for partition in (0, 1):  # whoever died, died of these: nothing innocent was under way
            assert fatal(topics, partition) == ([poison[partition]] * ATTEMPTS if partition in poison else [])
        # In mid-reign, or at its start, nobody had announced it; then three had.
        assert ATTEMPTS * len(poison) <= deaths <= (ATTEMPTS + 2) * len(poison), supervisor.deaths

        # Also a partition that had nothing to do died young each time; when it has moved far enough, nothing is announced.
        more = put_good(topics, 0, name, BEFORE + GOOD, CAREFUL) | put_good(topics, 1, name, BEFORE + GOOD, CAREFUL)
        net.wait_until(lambda: all_matched(topics, more), stack.logs, TIMEOUT_S, every_s=0.5)
        announced = attempts(topics)
        more = put_good(topics, 0, name, BEFORE + GOOD + CAREFUL, 50) | put_good(topics, 1, name, BEFORE + GOOD + CAREFUL, 50)
        net.wait_until(lambda: all_matched(topics, more), stack.logs, TIMEOUT_S, every_s=0.5)
        assert attempts(topics) == announced
        assert sum(supervisor.deaths.values()) == deaths
    check_story(topics)


def post(daemon, path):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=5)
    connection.request("POST", path)
    status = connection.getresponse().status
    connection.close()
    return status


def parked(daemon):
    """As /readyz and /metrics name it; the process is ready all the same."""
    status, body = net.http_json(daemon.port, "/readyz")
    return status == 200 and body["dependencies"]["partitions"]["reason"] == "ok, but parked: 0" \
        and daemon.metric("matchmaker_partitions_parked") == 1


async def match(stack, name, pool, round_):
    async with connected(stack.ws_port, name(f"alice-{round_}"), name(f"bob-{round_}")) as (alice, bob):
        await alice.start(pool)
        await bob.start(pool)
        assert (await alice.expect("match_found", TIMEOUT_S))["data"]["opponent"] == bob.id


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_state_that_kills(own_kafka, own_topics, own_stack, name, processes):
    topics, state = own_topics, "brief-0"
    stack, matchmakers = begin(own_stack, own_kafka, processes)
    first = matchmakers[0]
    assert partition_of(state) == 0 and partition_of("pool-1") == 1
    with supervised(*matchmakers) as supervisor:
        stack.start()
        put_starts(topics, state, [("poison-timer-0", name("mallory"), 1500)])
        await net.until(lambda: all(d.running() and parked(d) for d in matchmakers), stack.logs, TIMEOUT_S)
        deaths = sum(supervisor.deaths.values())
        assert ATTEMPTS <= deaths <= ATTEMPTS + 2, supervisor.deaths
        assert fatal(topics, 0) == [None] * ATTEMPTS and fatal(topics, 1) == []
        await match(stack, name, "pool-1", 1)
        assert "partition_parked partition=0" in first.log() and topics.read(DLQ) == []

        # Nothing is mended: one more reign, and no more.
        assert post(first, "/v1/partitions/1/unpark") == 409
        assert post(first, "/v1/partitions/0/unpark") == 202
        await net.until(lambda: sum(supervisor.deaths.values()) == deaths + 1, stack.logs, TIMEOUT_S)
        await net.until(lambda: all(d.running() and parked(d) for d in matchmakers), stack.logs, TIMEOUT_S)
        await match(stack, name, "pool-1", 2)
        assert sum(supervisor.deaths.values()) == deaths + 1
    for matchmaker in matchmakers:
        matchmaker.argv = [BUILD / "matchmaker"]
        matchmaker.restart()
    stack.wait_ready()
    await net.until(lambda: all(parked(d) for d in matchmakers), stack.logs, TIMEOUT_S)
    assert post(first, "/v1/partitions/0/unpark") == 202
    await match(stack, name, "pool-0", 3)
    await net.until(lambda: not any(d.metric("matchmaker_partitions_parked") for d in matchmakers), stack.logs)
    assert History(topics.read(JOURNAL)).state["poison-timer-0"] == "TIMED_OUT"
    check_story(topics)
