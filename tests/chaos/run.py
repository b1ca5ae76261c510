#!/usr/bin/python3
"""
One run: a broker, a Redis or a cluster of them, the daemons, a crowd of players, and the faults of a seed. Leaves the evidence in a folder
and has it judged (docs/chaos.md).

A seed gives the same faults at the same numbers of started tickets, and the same dice to every player. What it cannot
give again is the machine's timing: in which of two nearly simultaneous steps a fault falls.
"""
import argparse
import asyncio
import collections
import concurrent.futures
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import pools  # noqa: E402
from calm import Calm  # noqa: E402
from checker import TOPICS  # noqa: E402
from evidence import Lines, Recorder, now_ms  # noqa: E402
from faults import Attack  # noqa: E402
from gathering import Crowd  # noqa: E402
from poison import Poisoner  # noqa: E402
from schedule import KINDS, schedule  # noqa: E402
from stack import BUILD  # noqa: E402
from world import SETTINGS, World  # noqa: E402

PROGRESS_S = 5
ATTEND_S = 0.1
STUCK_S = 300   # without a ticket: the run is given up
CALM_S = 120
THREADS = 16    # faults at a time that wait for something


class Lab:
    """What a fault may touch."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.done = Lines(folder / "done.jsonl")
        self.clients = Lines(folder / "clients.jsonl")
        self.counts = collections.Counter()
        self.exits = collections.Counter()
        self.world = World(folder, self.note, cluster=arguments.redis == "cluster")
        self.recorder = self.poisoner = self.crowd = self.attack = None
        self.unrest = ""  # what the calm waits for

    def note(self, what, **more):
        self.done.note(what, **more)
        if what == "fault":
            self.counts[more["kind"]] += 1
        elif what == "exit" and not more["expected"]:
            self.exits[f"{more['daemon']} {more['status']}"] += 1
            say(f"unexpected: {more['daemon']} ended with {more['status']}: {more['last']}")

    def open(self):
        self.world.start()
        brokers = self.world.broker.brokers
        self.recorder, self.poisoner = Recorder(brokers, self.folder / "topics"), Poisoner(brokers)
        a, links = self.arguments, self.world.links.ports
        ports = [links["players-1"], links["players-2"]]
        self.crowd = Crowd(a.seed, ports, a.players, a.tickets, a.rate, self.clients)
        self.attack = Attack(self, schedule(a.seed, a.tickets, a.faults, a.redis))

    def close(self):
        self.world.close()
        self.done.close()
        self.clients.close()


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


# ---- what goes on all the time --------------------------------------------------------------------------------------

async def attend(lab):
    while True:
        lab.world.attend()
        await asyncio.sleep(ATTEND_S)


async def progress(lab):
    before = 0
    while True:
        await asyncio.sleep(PROGRESS_S)
        crowd, attack = lab.crowd, lab.attack
        say(f"{crowd.started} tickets ({(crowd.started - before) // PROGRESS_S}/s), {crowd.connected()} connected, "
            f"{crowd.waiting()} waiting, faults {attack.begun}/{len(attack.schedule)}, "
            f"{attack.begun - attack.ended} open  {lab.unrest}")
        before = crowd.started
        lab.done.flush()


async def watch(lab):
    """Raises what is wrong with the harness; returns when the system has stopped."""
    started, since = 0, time.monotonic()
    while True:
        await asyncio.sleep(1)
        lab.crowd.check()
        if lab.recorder.faults:
            raise RuntimeError(lab.recorder.faults[0])
        if lab.crowd.started != started or lab.crowd.calm:
            started, since = lab.crowd.started, time.monotonic()
        if time.monotonic() > since + STUCK_S:
            return f"no ticket was started for {STUCK_S} s"


@contextlib.asynccontextmanager
async def beside(*coroutines):
    tasks = [asyncio.create_task(c) for c in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# ---- the phases -----------------------------------------------------------------------------------------------------

async def attacked(lab):
    lab.note("phase", name="attack")
    await asyncio.gather(lab.attack.run(), lab.crowd.reached(lab.arguments.tickets))


async def calmed(lab):
    lab.note("phase", name="calm")
    lab.crowd.calm = True
    return await Calm(lab).come(CALM_S)


async def first(always, phase):
    """What the phase returns, unless one of the tasks that go on all the time ends before it."""
    task = asyncio.create_task(phase)
    done, _ = await asyncio.wait((*always, task), return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    return done.pop().result()


async def play(lab):
    """Attack and calm; returns what did not come to an end, or None."""
    lab.crowd.arrive()
    async with beside(attend(lab), progress(lab), watch(lab)) as always:
        unrest = await first(always, attacked(lab))
        if unrest is None:
            unrest = await first(always, calmed(lab))
    await lab.crowd.go_home()
    return unrest


def collect(lab, unrest):
    """Stops the daemons and writes what the topics hold."""
    lab.note("phase", name="evidence")
    lab.world.stop()
    ends = lab.recorder.ends()
    lab.recorder.read_up_to(ends)
    committed = lab.recorder.committed()
    lab.recorder.finish()
    write(lab.folder / "ends.json", {"ends": ends, "committed": committed, "positions": lab.recorder.positions,
                                     "unrest": unrest})
    counts = {topic: sum(n.values()) for topic, n in ends.items()}
    say("records: " + ", ".join(f"{topic} {counts[topic]}" for topic in TOPICS))


def describe(lab, started_ms, **more):
    a = lab.arguments
    version = subprocess.run([BUILD / "gateway", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    write(lab.folder / "run.json", {
        "seed": a.seed, "tickets": a.tickets, "faults": a.faults, "redis": a.redis, "rate": a.rate, "started_ms": started_ms,
        "settings": SETTINGS, "version": version.stdout.strip(),
        "configurations": pools.configurations(), "rule_sets": {r["name"]: r for r in pools.RULE_SETS},
        "players": {p.id: p.rating for p in lab.crowd.players}, **more})


def write(path, value):
    path.write_text(json.dumps(value, indent=1))


async def run(lab):
    asyncio.get_running_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(THREADS))
    started_ms = now_ms()
    try:
        lab.open()
        describe(lab, started_ms)
        say(f"seed {lab.arguments.seed}: {lab.arguments.players} players, evidence in {lab.folder}")
        unrest = await play(lab)
        collect(lab, unrest)
        describe(lab, started_ms, ended_ms=now_ms(), tickets_started=lab.crowd.started, unrest=unrest)
    finally:
        lab.close()
    return unrest


def summary(lab, unrest):
    crowd = lab.crowd
    say(f"seed {lab.arguments.seed}: {crowd.started} tickets, {sum(lab.counts.values())} faults: "
        + ", ".join(f"{kind} {n}" for kind, n in sorted(lab.counts.items())))
    say(f"connections refused {dict(crowd.refusals)}; errors told {dict(crowd.errors)}; ends found out by asking "
        f"{crowd.unheard}; unexpected exits {dict(lab.exits)}")
    if unrest is not None:
        say(f"it did not come to rest: {unrest}")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tickets", type=int, default=1500)
    parser.add_argument("--faults", type=int, default=12)
    parser.add_argument("--players", type=int, default=150)
    parser.add_argument("--redis", choices=KINDS, default="server")
    parser.add_argument("--rate", type=int, default=150, help="tickets a second, at most")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the evidence; must not be there")
    parser.add_argument("--keep", action="store_true", help="keep the evidence also when nothing was violated")
    return parser.parse_args(arguments)


def main(arguments):
    a = parse(arguments)
    folder = a.out or pathlib.Path(tempfile.mkdtemp(prefix=f"chaos-{a.seed}-"))
    folder.mkdir(parents=True, exist_ok=a.out is None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then everything is ended
    lab = Lab(a, folder.resolve())
    unrest = asyncio.run(run(lab))
    summary(lab, unrest)
    verdict = subprocess.run([sys.executable, HERE / "judge.py", folder], check=False).returncode
    failed = unrest is not None or verdict != 0
    if failed or a.keep:
        say(f"the evidence is in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
