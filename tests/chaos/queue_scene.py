"""A broker, a Redis, and workers on one queue, and what can be done to them."""
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from kafka import Kafka  # noqa: E402
from net import wait_until  # noqa: E402
from process import Process  # noqa: E402
from redis_servers import Redis  # noqa: E402
from stack import BUILD, SANITIZER  # noqa: E402

from queue_evidence import steps_of  # noqa: E402
from queue_judge import Fault  # noqa: E402

VISIBILITY_MS = 4000
SUPERVISED_EVERY_S = 0.05


def now_ms():
    return int(time.time() * 1000)


def is_gone(pid):
    """Its threads, too: they end after it, and its sockets with them."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    return not tasks.exists() or len(list(tasks.iterdir())) <= 1


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


class Worker(Process):
    """build/chaos/queue_worker; `more` are its settings, as flags."""

    def __init__(self, name, scene, seed, **more):
        self.steps = scene.folder / f"{name}.steps"
        settings = {"instance": name, "kafka-brokers": scene.kafka.brokers, "redis-url": scene.redis.url, "http-port": 0,
                    "steps": self.steps, "seed": seed, "visibility-ms": VISIBILITY_MS, "log-level": "warn", **more}
        argv = [BUILD / "chaos/queue_worker", *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items())]
        super().__init__(name, argv, dict(os.environ), scene.folder)
        self.wanted = False  # it is to live; whoever finds it dead starts it again

    def be_quiet(self):
        """It sends no more, neither now nor when it is started again."""
        self.argv = [word for word in self.argv if not str(word).startswith("--rate=")]
        self.signal(signal.SIGUSR1)

    def last(self, what):
        """The last step of that kind among the last few kilobytes; or None."""
        if not self.steps.exists():
            return None
        with open(self.steps, "rb") as file:
            file.seek(max(0, self.steps.stat().st_size - 65536))
            tail = file.read().split(b"\n")[1:-1]
        mark = f'"do":"{what}"'.encode()
        found = [line for line in tail if mark in line]
        return json.loads(found[-1]) if found else None


class Scene:
    def __init__(self, folder, seed, rate, backlog):
        self.folder, self.seed, self.backlog = folder, seed, backlog
        self.kafka, self.redis = Kafka(folder), Redis(folder)
        self.faults, self.problems = [], []
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.supervisor = threading.Thread(target=self.supervise, daemon=True)
        self.workers = [self.worker(f"w{n}", rate=rate // 4, fills=str(n != 4).lower()) for n in (1, 2, 3, 4)]
        self.spare = [self.worker(f"w{n}", rate=0) for n in (5, 6)]
        self.senders = []

    def worker(self, name, **more):
        return Worker(name, self, self.seed * 1000 + sum(map(ord, name)), **more)

    def everybody(self):
        return [*self.workers, *self.spare, *self.senders]

    # ---- life

    def start(self):
        self.kafka.up()
        self.redis.start()
        self.redis.wait_ready()
        for worker in self.workers:
            self.begin(worker)
        for worker in self.workers:
            wait_until(lambda: worker.last("sent"), worker.log_tail)
        self.supervisor.start()

    def begin(self, worker):
        with self.lock:
            worker.start()
            worker.wanted = True

    def supervise(self):
        """Whoever dies is started again, as by an orchestrator. Poison kills with SIGABRT; a lost producer ends with 1."""
        last_ms = now_ms()
        while not self.ended.wait(SUPERVISED_EVERY_S):
            looked_ms = now_ms()
            with self.lock:
                for worker in self.everybody():
                    if worker.wanted and not worker.running():
                        self.faults.append(Fault(f"worker_ended_{worker.popen.returncode}", last_ms, now_ms()))
                        worker.start()
            last_ms = looked_ms

    def end(self, worker):
        """In good order: exit status 0."""
        with self.lock:
            worker.wanted = False
            worker.signal(signal.SIGTERM)
        status = worker.end(30)
        if status != 0:
            self.problems.append(f"{worker.name} ended with {status} on SIGTERM\n{worker.log_tail()}")

    def stop(self):
        for worker in self.everybody():
            if worker.running():
                self.end(worker)
        self.ended.set()
        self.problems += [f"{worker.name}: {worker.log_tail()}" for worker in self.everybody()
                          if SANITIZER.search(worker.log())]

    def close(self):
        self.ended.set()
        for process in (*self.everybody(), self.redis):
            if process.running():
                process.signal(signal.SIGCONT)
                process.kill()
        self.kafka.down()

    # ---- faults: each returns when what it did is over

    def note(self, kind, begin):
        self.faults.append(Fault(kind, begin, now_ms()))

    def pick(self, dice):
        return dice.choice([worker for worker in (*self.workers, *self.spare) if worker.wanted])

    def worker_kill(self, dice):
        with self.lock:
            worker, begin = self.pick(dice), now_ms()
            worker.kill()
            worker.start()
        self.note("worker_kill", begin)

    def all_kill(self, dice):
        with self.lock:
            begin = now_ms()
            for worker in (*self.workers, *self.spare):
                if worker.wanted:
                    worker.restart()
        self.note("all_kill", begin)

    def worker_stop(self, dice):
        """Beyond its messages' time, and sometimes beyond the group's patience."""
        worker, begin = self.pick(dice), now_ms()
        worker.signal(signal.SIGSTOP)
        time.sleep(VISIBILITY_MS / 1000 + dice.choice([0.5, 4]))
        worker.signal(signal.SIGCONT)
        self.note("worker_stop", begin)

    def worker_add(self, dice):
        away = [worker for worker in self.spare if not worker.wanted]
        if not away:
            return self.worker_remove(dice)
        begin = now_ms()
        self.begin(away[0])
        self.note("worker_add", begin)

    def worker_remove(self, dice):
        here = [worker for worker in self.spare if worker.wanted]
        if not here:
            return self.worker_add(dice)
        begin = now_ms()
        self.end(here[0])
        self.note("worker_remove", begin)

    def broker_restart(self, dice):
        begin = now_ms()
        self.kafka.stop()
        self.kafka.up()
        self.note("broker_restart", begin)

    def broker_kill(self, dice):
        begin = now_ms()
        pid = self.kafka.pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: is_gone(pid) and not listens(self.kafka.port), "the broker lives on")
        (self.kafka.state / "kafka/bootstrap").unlink()
        self.kafka.up()
        self.note("broker_kill", begin)

    def broker_pause(self, dice):
        begin = now_ms()
        self.kafka.pause()
        time.sleep(dice.choice([1, 3, 7]))
        self.kafka.resume()
        self.note("broker_pause", begin)

    def redis_empty(self, dice):
        begin = now_ms()
        self.redis.ask("FLUSHALL")
        self.note("redis_lost", begin)

    def redis_restart(self, dice):
        begin = now_ms()
        self.redis.restart()
        self.redis.wait_ready()
        self.note("redis_lost", begin)

    def redis_pause(self, dice):
        begin = now_ms()
        self.redis.signal(signal.SIGSTOP)
        time.sleep(dice.choice([0.5, 2, VISIBILITY_MS / 1000 + 2]))
        self.redis.signal(signal.SIGCONT)
        self.note("redis_pause", begin)

    def send(self, kind, count, rate):
        """By a process of its own, which receives nothing."""
        sender = self.worker(f"s{len(self.senders)}", kind=kind, count=count, rate=rate, receivers=0, fills="false")
        self.senders.append(sender)
        sender.start()
        wait_until(lambda: sender.last("done") or not sender.running(), sender.log_tail, 120, 0.2)
        self.end(sender)

    def poison(self, dice):
        begin = now_ms()
        self.send("poison", 1, 100)
        self.note("poison", begin)

    def fill(self, dice):
        begin = now_ms()
        self.send("plain", self.backlog, 20000)
        self.note("backlog", begin)

    def purge(self, dice):
        begin = now_ms()
        self.pick(dice).signal(signal.SIGUSR2)
        self.note("purge", begin)

    # ---- the calm after it

    def step_files(self):
        return [worker.steps for worker in self.everybody()]

    def sent(self):
        """How many sends were confirmed until now."""
        return sum(path.read_bytes().count(b'"do":"sent"') for path in self.step_files() if path.exists())

    def calm(self, timeout_s):
        """Nobody sends any more; until the queue has been empty for some seconds, or time is over."""
        with self.lock:
            for worker in (*self.workers, *self.spare):
                worker.be_quiet()
        deadline, since = time.monotonic() + timeout_s, None
        while time.monotonic() < deadline and (since is None or time.monotonic() - since < 4):
            time.sleep(0.5)
            stats = self.workers[0].last("stats")
            empty = stats and not (stats["visible"] or stats["flight"] or stats["delayed"])
            since = (since or time.monotonic()) if empty else None
        return since is not None


FAULTS = {"worker_kill": 4, "worker_stop": 2, "worker_add": 1, "worker_remove": 1, "broker_restart": 1, "broker_kill": 1,
          "broker_pause": 1, "redis_empty": 2, "redis_restart": 1, "redis_pause": 2, "poison": 2, "fill": 1, "purge": 1,
          "all_kill": 1}

__all__ = ["FAULTS", "Scene", "steps_of"]
