"""
The broker's disk is full: it ends, as Kafka does with its last log directory. Nothing that was accepted is lost, what is
not accepted is answered, everybody says who is missing; and when there is room and the broker is back, all goes on.
"""
import asyncio
import os
import resource
import subprocess

import pytest

import net
from checker import check_records, following
from crowd import Crowd
from kafka import Kafka, running
from players import connected
from stack import PATIENT, Stack, started
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "300"))
DISK = "size=256m"
BACK_S = 90
CHUNK = bytes(1 << 20)


class SmallDisk:
    """A file system of its own, which only root may mount."""

    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", folder], capture_output=True,
                                      check=False).returncode == 0

    def fill(self, pid):
        with open(self.ballast, "wb", buffering=0) as ballast:
            for chunk in (CHUNK, CHUNK[:4096]):
                try:
                    while ballast.write(chunk) == len(chunk):
                        pass
                except OSError:
                    pass

    def empty(self):
        self.ballast.unlink()

    def remove(self):
        subprocess.run(["umount", self.folder], check=True)


class NoRoom:
    """Stands in for it: no file of the broker can grow any more. Its successor is another process."""

    def fill(self, pid):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))

    def empty(self):
        pass

    def remove(self):
        pass


def disks(folder):
    small = SmallDisk(folder)
    return small if small.mounted else NoRoom()


@pytest.fixture
def disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    disk = disks(folder)
    disk.state = folder
    print(f"the disk is a {type(disk).__name__}")
    yield disk
    disk.remove()


@pytest.fixture
def broker(disk):
    with running(Kafka(disk.state)) as kafka:
        yield kafka


@pytest.fixture
def topics(broker):
    with following(broker.brokers) as topics:
        yield topics


@pytest.fixture
def stack(broker, tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("full") / "stack", broker.brokers, settings=PATIENT)) as stack:
        yield stack


async def wait_for(stack, daemon, condition):
    """As an init system does: whom the broker refused something for good has ended, and is started again."""
    def holds():
        for ended in (d for d in stack.daemons.values() if not d.running()):
            ended.ends(1)
            ended.start()
        return condition()
    await net.until(holds, lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)


def says_away(daemon, reason):
    kafka = daemon.dependencies()[1].get("kafka")
    return kafka is not None and kafka["reason"].startswith(reason)


async def test_the_disk_is_full(disk, broker, topics, stack, name, number):
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, seed=number)
    pid, away = broker.pid(), f"cannot reach {broker.brokers}: "
    try:
        async with connected(stack.ws_port, name("alice")) as (alice,):
            await crowd.arrive(PLAYERS // 4)
            await net.until(lambda: crowd.arrived() >= PLAYERS // 8, crowd.summary, BACK_S)
            await asyncio.to_thread(disk.fill, pid)
            await crowd.arrive(PLAYERS // 4)
            await net.until(lambda: not broker.alive(pid), lambda: f"the broker still lives: {crowd.summary()}", BACK_S)
            for daemon in stack.daemons.values():
                await wait_for(stack, daemon, lambda: says_away(daemon, away))
                assert not daemon.ready()
            answer = await alice.ask("start_matchmaking", {"configuration": f"pool-{number}"})
            assert (answer["type"], answer["data"]) == ("error", {"code": "unavailable", "retryable": True})
            disk.empty()
            await asyncio.to_thread(broker.stop)  # what is left of it
            await asyncio.to_thread(broker.up)
            for daemon in stack.daemons.values():
                await wait_for(stack, daemon, daemon.ready)
            await crowd.arrive(PLAYERS)
            await crowd.until_matched(BACK_S)
        assert crowd.errors["unavailable"] > 0 and set(crowd.errors) <= {"unavailable", "ticket_exists"}, crowd.summary()
        assert not crowd.closes, crowd.summary()
        judge(Evidence(topics), crowd.players)
        check_records(topics)
    finally:
        print(crowd.summary())
        await crowd.leave()
