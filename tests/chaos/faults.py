"""
How each kind of fault is done, and how it is mended: a table, and what carries out a schedule. The functions block;
they run beside the players' loop.
"""
import asyncio
import contextlib
import signal

import net
import poison
from checker import OUTBOX
from schedule import SHARDS

MATCHMAKERS = ("matchmaker-1", "matchmaker-2", "matchmaker-3")
BACK_S = 60  # what ended is running again: nobody waits for it in vain


# ---- daemons --------------------------------------------------------------------------------------------------------

def daemon(lab, fault):
    """The target, running."""
    found = lab.world.daemons[fault.target]
    net.wait_until(found.running, f"{found.name} to run", BACK_S)
    return found


def back(lab, fault):
    """The init system has started it again."""
    daemon(lab, fault)


def kill(lab, fault):
    lab.world.doom(daemon(lab, fault), signal.SIGKILL)
    gone(lab.world.daemons[fault.target])


def gone(instance):
    net.wait_until(lambda: not instance.doomed, f"{instance.name} to end", BACK_S)


def pause(lab, fault):
    daemon(lab, fault).signal(signal.SIGSTOP)


def resume(lab, fault):
    lab.world.daemons[fault.target].signal(signal.SIGCONT)


def restart(lab, fault):
    lab.world.doom(daemon(lab, fault), signal.SIGTERM)
    gone(lab.world.daemons[fault.target])


def take_away(lab, fault):
    lab.world.doom(daemon(lab, fault), signal.SIGTERM, wanted=False)
    gone(lab.world.daemons[fault.target])


def bring(lab, fault):
    lab.world.daemons[fault.target].wanted = True
    daemon(lab, fault)


# ---- the broker, Redis, links ---------------------------------------------------------------------------------------

def broker_up(lab, _):
    lab.world.broker.back()


def redis(do):
    """Is done to the server or to the shards that are the target."""
    def each(lab, fault):
        for server in lab.world.redis_at[fault.target]:
            do(server)
    return each


def redis_back(server):
    server.start()
    server.wait_ready()


def fail_over(lab, fault):
    for shard in lab.world.redis_at[fault.target]:
        shard.fail_over(signal.Signals[fault.arguments["signal"]])


def link(mode):
    def do(lab, fault):
        lab.world.links.set(fault.target, mode, **fault.arguments)
    return do


# ---- a full queue, and poison ---------------------------------------------------------------------------------------

def matchmakers(lab):
    """The two that are there from the start; the third one is held, and so is not there."""
    return [lab.world.daemons[name] for name in MATCHMAKERS[:2]]


def fill(lab, _):
    """Nobody reads the queue while players start as fast as they can."""
    lab.crowd.rush = True
    for instance in matchmakers(lab):
        lab.world.doom(instance, signal.SIGKILL, wanted=False)
    for instance in matchmakers(lab):
        gone(instance)


def drain(lab, _):
    lab.crowd.rush = False
    for instance in matchmakers(lab):
        instance.wanted = True
    for instance in matchmakers(lab):
        net.wait_until(instance.running, f"{instance.name} to run", BACK_S)


def put(lab, record):
    offset = lab.poisoner.put(record)
    lab.note("poison", topic=record.topic, partition=record.partition, offset=offset, kind=record.name)


def put_poison(lab, fault):
    topic = poison.TOPIC_OF[fault.target]
    busy = sorted(n for (name, n), end in list(lab.recorder.next.items()) if name == topic and end > 0)
    if busy or topic != OUTBOX:
        put(lab, poison.RECORDS[fault.target](fault.arguments["number"], busy or [0]))


def put_command(lab, fault):
    put(lab, poison.command(fault.arguments["number"], None))


def nothing(_lab, _fault):
    """Mends itself."""


KINDS = {  # kind: (do, mend)
    "kill": (kill, back),
    "pause": (pause, resume),
    "restart": (restart, back),
    "add": (bring, take_away),
    "take_away": (take_away, bring),
    "broker_restart": (lambda lab, _: lab.world.broker.stop(), broker_up),
    "broker_kill": (lambda lab, _: lab.world.broker.kill(), broker_up),
    "broker_pause": (lambda lab, _: lab.world.broker.pause(), lambda lab, _: lab.world.broker.resume()),
    "redis_flush": (redis(lambda server: server.ask("FLUSHALL")), nothing),
    "redis_restart": (redis(lambda server: server.kill()), redis(redis_back)),
    "redis_pause": (redis(lambda server: server.pause()), redis(lambda server: server.resume())),
    "redis_refuse": (redis(lambda server: server.configure("maxmemory", 1)),
                     redis(lambda server: server.configure("maxmemory", 0))),
    "redis_failover": (fail_over, redis(redis_back)),
    "cut": (link("cut"), link("open")),
    "stall": (link("stall"), link("open")),
    "slow": (link("slow"), link("open")),
    "drop_new": (link("drop_new"), link("open")),
    "fill": (fill, drain),
    "poison": (put_poison, nothing),
    "poison_command": (put_command, nothing),
}


PARTS = {"matchmakers": MATCHMAKERS, "redis": SHARDS}


def held_by(fault):
    """What no other fault may touch meanwhile."""
    if fault.kind == "redis_failover":  # an election takes two primaries of three
        return SHARDS
    return () if fault.kind.startswith("poison") else PARTS.get(fault.target, (fault.target,))


class Attack:
    """Carries out a schedule: each fault begins when so many tickets were started and its target is free."""

    def __init__(self, lab, schedule):
        self.lab, self.schedule = lab, schedule
        self.locks = {name: asyncio.Lock() for fault in schedule for name in held_by(fault)}
        self.begun, self.ended = 0, 0

    async def run(self):
        async with asyncio.TaskGroup() as tasks:
            for number, fault in enumerate(self.schedule, 1):
                await self.lab.crowd.reached(fault.when)
                tasks.create_task(self.carry_out(number, fault))

    async def carry_out(self, number, fault):
        do, mend = KINDS[fault.kind]
        async with contextlib.AsyncExitStack() as stack:
            for name in sorted(held_by(fault)):
                await stack.enter_async_context(self.locks[name])
            what = {"number": number, "kind": fault.kind, "target": fault.target}
            self.begun += 1
            self.lab.note("fault", **what, seconds=fault.seconds, arguments=fault.arguments)
            await asyncio.to_thread(do, self.lab, fault)
            await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(mend, self.lab, fault)
            self.lab.note("mended", **what)
            self.ended += 1
