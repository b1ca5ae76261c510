"""Redis for a stack: one server, or with GSM_REDIS=cluster a cluster of six. Both start empty, also again, and are used alike."""
import contextlib
import os
import secrets
import shutil
import signal

import redis
from redis.cluster import RedisCluster as ClusterClient

import net
from process import Process

ON_CLUSTER = os.environ.get("GSM_REDIS", "server") == "cluster"
AWAY = (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError)
SLOTS = 16384
PRIMARIES = 3
NODE_TIMEOUT_MS = 1500


class Server(Process):
    """One redis-server, on a port of its own; its bus, in a cluster, is on the next one."""

    def __init__(self, folder, name="redis", *options):
        self.port = net.free_port(2)
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        argv = [shutil.which("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", str(self.folder), *options]
        super().__init__(name, argv, dict(os.environ), folder)

    def ask(self, *command):
        with contextlib.closing(redis.Redis(port=self.port, decode_responses=True)) as client:
            return client.execute_command(*command)

    def says(self, text, *command):
        """The answer to the command has this text; False while nobody answers."""
        with contextlib.suppress(*AWAY):
            return text in str(self.ask(*command))
        return False

    def wait_up(self):
        net.wait_until(lambda: self.says("True", "PING"), self.log_tail)

    def configure(self, setting, value):
        self.ask("CONFIG", "SET", setting, value)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        self.popen.terminate()
        self.end()


class Redis(Server):
    def __init__(self, folder):
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def wait_ready(self):
        self.wait_up()

    @contextlib.contextmanager
    def client(self):
        with contextlib.closing(redis.Redis(port=self.port, decode_responses=True)) as client:
            yield client

    def generation(self):
        """What says that it is the same Redis as before; None when nobody has said so yet."""
        with contextlib.suppress(*AWAY):
            return self.ask("GET", "generation")
        return None

    def be_another(self):
        """What a generation says, and nothing else."""
        self.ask("SET", "generation", secrets.token_hex(8))

    def uptime_s(self):
        with self.client() as client:
            return client.info()["uptime_in_seconds"]


class RedisCluster:
    """Three primaries, of a third of the slots each, and a replica of each: `nodes` in that order, until one fails over."""

    def __init__(self, folder, node_timeout_ms=NODE_TIMEOUT_MS):
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout_ms),
                   "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
                   "--rdb-del-sync-files", "yes")  # or a replica comes back with what it once copied
        self.nodes = [self.node(folder, n, options) for n in range(2 * PRIMARIES)]
        self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        self.popen = None
        self.made = False

    @staticmethod
    def node(folder, n, options):
        node = Server(folder, f"redis-{n}", *options)
        node.argv += ["--cluster-port", str(node.port + 1)]
        return node

    def start(self):
        for node in self.nodes:
            node.start()
        self.popen = self.nodes[0].popen

    def kill(self):
        for node in self.nodes:
            node.kill()

    def restart(self):
        self.kill()
        self.start()

    def signal(self, how):
        for node in self.nodes:
            node.signal(how)

    def stop(self):
        for node in self.nodes:
            if node.running():
                node.stop()

    def log_tail(self):
        return "\n".join(node.log_tail() for node in self.nodes)

    def wait_ready(self):
        for node in self.nodes:
            node.wait_up()
        if not self.made:
            self.make()
        self.wait_well()

    def wait_well(self, nodes=None):
        for node in nodes or self.nodes:
            net.wait_until(lambda n=node: n.says("cluster_state:ok", "CLUSTER", "INFO"), node.log_tail, 30)
            net.wait_until(lambda n=node: "slave" not in str(n.ask("ROLE")) or n.says("'connected'", "ROLE"),
                           node.log_tail, 30)

    def make(self):
        self.made = True
        for n, node in enumerate(self.nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", n + 1)
            node.ask("CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port, self.nodes[0].port + 1)
            node.id = node.ask("CLUSTER", "MYID")
        for n, node in enumerate(self.nodes[:PRIMARIES]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", n * SLOTS // PRIMARIES, (n + 1) * SLOTS // PRIMARIES - 1)
        for primary, replica in zip(self.nodes, self.nodes[PRIMARIES:]):
            net.wait_until(lambda p=primary, r=replica: r.says(p.id, "CLUSTER", "NODES"), replica.log_tail)
            replica.ask("CLUSTER", "REPLICATE", primary.id)

    @contextlib.contextmanager
    def client(self):
        at = next(node for node in self.nodes if node.running())
        with contextlib.closing(ClusterClient(host="127.0.0.1", port=at.port, decode_responses=True)) as client:
            yield client

    def configure(self, setting, value):
        for node in self.nodes:
            node.configure(setting, value)

    def generation(self):
        """As of one server: the values of all its keys."""
        with contextlib.suppress(*AWAY), self.client() as client:
            return "".join(client.get(key) for key in sorted(client.keys("generation:*"))) or None
        return None

    def be_another(self):
        with self.client() as client:
            for key in client.keys("generation:*"):
                client.set(key, secrets.token_hex(8))

    def uptime_s(self):
        return min(int(node.ask("INFO", "server")["uptime_in_seconds"]) for node in self.nodes)


def redis_of(folder, cluster=ON_CLUSTER):
    return RedisCluster(folder) if cluster else Redis(folder)
