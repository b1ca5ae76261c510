"""
Everything that runs: a broker, a Redis or a cluster of them, the proxy between all of them, the daemons, and an init system that starts
again what has ended.

Each daemon is on a side, a or b, by its number: gateway-1 is on a, gateway-2 on b. A side has its own way to Kafka and
to Redis, so that what is cut off is one half of the system and not always the whole. Players have a link to each
gateway. The nodes of a cluster say themselves where they are, so there are no links to them.
"""
import os
import signal
import socket
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

import net
import pools
from kafka import Kafka
from links import Links
from redis_servers import Redis, RedisCluster
from schedule import SHARDS
from shard import NODE_TIMEOUT_MS, shards_of
from stack import BUILD, SANITIZER, Daemon

SERVICES = ("gateway", "matchmaker", "notifier", "metrics")
FROM_THE_START = ("gateway-1", "gateway-2", "matchmaker-1", "matchmaker-2", "notifier-1", "notifier-2", "metrics-1")
LATER = ("gateway-3", "matchmaker-3", "notifier-3")
HOOKED = "matchmaker-hooked"
DIED_OF_POISON = "hook_died"  # its last words (services/matchmaker/hooks.h)
AGAIN_AFTER_S = 0.2           # what ended is started again: not at once, so that a crash at start floods nothing

BROKER_BACK_S = 300           # on a machine that has other things to do

SETTINGS = {
    "AUTH_MODE": "none", "LOG_LEVEL": "info", "PERIOD_S": "5", "METRICS_INTERVAL_MS": "2000",
    "GRACE_MS": "2000", "LEASE_MS": "1500", "SILENCE_MS": "900", "INBOX_TTL_MS": "60000",
    "PING_INTERVAL_MS": "4000", "PONG_TIMEOUT_MS": "3000", "SNAPSHOT_MIN_BYTES": "262144",
}


class Broker(Kafka):
    """A broker with a listener for each side, advertised at the proxy's port; its first one is the harness' own."""

    def __init__(self, state):
        super().__init__(state)
        self.sides = {"kafka-a": net.free_port(), "kafka-b": net.free_port()}

    def advertise(self, ports):
        """`ports`: of the proxy, by link."""
        own = f"PLAINTEXT://127.0.0.1:{self.port}"
        names = {link: link[-1].upper() for link in self.sides}
        here = [f"{names[link]}://127.0.0.1:{port}" for link, port in self.sides.items()]
        there = [f"{names[link]}://127.0.0.1:{ports[link]}" for link in self.sides]
        plain = [f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *names.values())]
        self.env["KAFKA_PROPERTIES"] = "\n".join((
            f"listeners={','.join((own, f'CONTROLLER://127.0.0.1:{self.port + 1}', *here))}",
            f"advertised.listeners={','.join((own, *there))}",
            f"listener.security.protocol.map={','.join(plain)}"))

    def kill(self):
        """Its page cache, and so all that it acknowledged, survives."""
        os.kill(self.pid(), signal.SIGKILL)
        net.wait_until(lambda: refused(self.port), "the broker's last thread to be dead", 60)

    def back(self):
        """Up again, with what it had; a log that was not closed is read through first."""
        self.up_without_topics()
        admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})
        net.wait_until(lambda: answers(admin), "the broker to be back", BROKER_BACK_S, every_s=0.2)


def answers(admin):
    try:
        return admin.list_topics(timeout=2)
    except KafkaException:
        return None


def refused(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


class Instance(Daemon):
    """A daemon under the init system. `wanted`: it should run; `doomed`: the harness has ended it, not yet buried."""

    def __init__(self, name, settings, folder, binary):
        super().__init__(name, settings, folder, binary)
        self.wanted, self.doomed = False, False
        self.ended_at = None
        self.read_to = 0  # of its log

    def last_words(self):
        """What it has logged since the last call."""
        with open(self.log_path, "rb") as log:
            log.seek(self.read_to)
            words = log.read()
        self.read_to += len(words)
        return words.decode(errors="replace")


class World:
    def __init__(self, folder, note, cluster=False):
        """`note(what, **more)`: told of every exit. redis_at: by target, the servers or shards that are meant."""
        self.folder, self.note = folder, note
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.broker = Broker(folder / "kafka")
        self.redis = RedisCluster(self.logs, NODE_TIMEOUT_MS) if cluster else Redis(self.logs)
        shards = shards_of(self.redis) if cluster else []
        self.redis_at = {"redis": shards or [self.redis], **{name: [shard] for name, shard in zip(SHARDS, shards)}}
        self.ws_ports = {f"players-{n}": net.free_port() for n in (1, 2, 3)}
        redis_sides = {} if cluster else {"redis-a": self.redis.port, "redis-b": self.redis.port}
        self.links = Links({**self.broker.sides, **redis_sides, **self.ws_ports})
        self.broker.advertise(self.links.ports)
        self.configuration = pools.write(folder / "config")
        self.daemons = {name: self.instance(name) for name in (*FROM_THE_START, *LATER)}

    def instance(self, name):
        service, number = name.split("-")
        side = "ab"[(int(number) + 1) % 2]
        settings = {**SETTINGS, "INSTANCE": name, "MATCHMAKING_FILE": str(self.configuration),
                    "KAFKA_BROKERS": f"127.0.0.1:{self.links.ports[f'kafka-{side}']}",
                    "REDIS_URL": self.redis_url(f"redis-{side}")}
        if service == "gateway":
            settings["WS_PORT"] = str(self.ws_ports[f"players-{number}"])
        return Instance(name, settings, self.logs, HOOKED if service == "matchmaker" else service)

    def redis_url(self, link):
        port = self.links.ports.get(link)
        return f"redis://127.0.0.1:{port}/0" if port else self.redis.url

    def running(self, service):
        return [d for name, d in self.daemons.items() if name.startswith(service) and d.running()]

    def start(self):
        missing = [name for name in (*SERVICES, HOOKED) if not (BUILD / name).exists()]
        assert not missing, f"not built: {missing}"
        self.links.open()
        self.broker.up()
        self.redis.start()
        self.redis.wait_ready()
        for name in FROM_THE_START:
            self.begin(self.daemons[name])
        for name in FROM_THE_START:
            self.daemons[name].wait_ready()

    # ---- the init system --------------------------------------------------------------------------------------------

    def begin(self, daemon):
        daemon.wanted, daemon.doomed = True, False
        daemon.start()

    def doom(self, daemon, how, wanted=True):
        """Ends it, and says that it was us. wanted: it is to be started again."""
        daemon.wanted, daemon.doomed = wanted, daemon.popen is not None
        daemon.signal(how)

    def attend(self):
        """Notes what has ended and starts again what should run; called often."""
        for daemon in self.daemons.values():
            if daemon.popen is not None and not daemon.running():
                self.bury(daemon)
            if daemon.wanted and daemon.popen is None and time.monotonic() > (daemon.ended_at or 0) + AGAIN_AFTER_S:
                self.begin(daemon)

    def bury(self, daemon):
        words = daemon.last_words()
        poisoned = DIED_OF_POISON in words
        self.note("exit", daemon=daemon.name, status=daemon.popen.returncode, expected=daemon.doomed or poisoned,
                  poisoned=poisoned, sanitizer=bool(SANITIZER.search(words)), last=words.splitlines()[-1:])
        daemon.popen, daemon.ended_at, daemon.doomed = None, time.monotonic(), False

    def ready(self):
        """All that should run does, and says that it is ready."""
        return all(d.popen is not None and d.ready() for d in self.daemons.values() if d.wanted)

    def stop(self):
        """Everything, in good order; what ended otherwise was noted."""
        for daemon in self.daemons.values():
            self.doom(daemon, signal.SIGCONT, wanted=False)
            daemon.signal(signal.SIGTERM)
        for daemon in (d for d in self.daemons.values() if d.popen is not None):
            daemon.end()
            self.bury(daemon)

    def close(self):
        try:
            self.stop()
        finally:
            self.redis.signal(signal.SIGCONT)
            if self.redis.popen is not None:
                self.redis.stop()
            self.links.close()
            self.broker.down()
