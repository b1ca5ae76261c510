"""The four daemons and a Redis of their own. Never two stacks at a time: the consumer groups have fixed names."""
import contextlib
import json
import os
import re
import signal

import net
from process import Process
from redis_servers import ON_CLUSTER, redis_of
from schemas import ROOT

BUILD = ROOT / os.environ.get("GSM_BUILD", "build")
FREED_MB = 256 if "address" in BUILD.name else 0  # what the sanitizer keeps of what was freed
NAMES = ("gateway", "matchmaker", "notifier", "metrics")
PARTITIONS = 12
POOLS = 280  # each test takes one of its own: what earlier tests left in the journal is no concern of it
SHAPES = 40  # the same, for tests that need other matches than duels
PATIENT = {"GRACE_MS": "60000"}  # its players outlive what is done to it
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|ASSERT|assertion failed", re.IGNORECASE)

DUEL = {
    "name": "duel",
    "ruleLanguageVersion": "1.0",
    "playerAttributes": [{"name": "skill", "type": "number", "default": 1500}, {"name": "role", "type": "string"}],
    "teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 1}, {"name": "blue", "minPlayers": 1, "maxPlayers": 1}],
    "rules": [{"name": "Close", "type": "distance",
               "measurements": ["max(flatten(teams[*].players.attributes[skill]))"],
               "referenceValue": "min(flatten(teams[*].players.attributes[skill]))", "maxDistance": 50}],
    "expansions": [{"target": "rules[Close].maxDistance", "steps": [{"waitTimeSeconds": 1, "value": 200}]}],
}
CROWD = {**DUEL, "name": "crowd", "expansions": [{
    "target": "rules[Close].maxDistance",
    "steps": [{"waitTimeSeconds": 1, "value": 200}, {"waitTimeSeconds": 3, "value": 4000}]}]}


SQUAD = {
    "name": "squad",
    "ruleLanguageVersion": "1.0",
    "playerAttributes": [{"name": "skill", "type": "number", "default": 1500},
                         {"name": "maps", "type": "string_list", "default": ["mill"]}],
    "teams": [{"name": "red", "minPlayers": 3, "maxPlayers": 3}, {"name": "blue", "minPlayers": 3, "maxPlayers": 3}],
    "rules": [{"name": "FairTeamSkill", "type": "distance",
               "measurements": ["avg(teams[*].players.attributes[skill])"],
               "referenceValue": "avg(flatten(teams[*].players.attributes[skill]))", "maxDistance": 500}],
}
PROPERTIES = [{"Key": "mode", "Value": "ranked"}]


def configuration(name, rule_set, partition, seconds, acceptance_s=None, **more):
    acceptance = {"AcceptanceTimeoutSeconds": acceptance_s} if acceptance_s else {}
    return {"Name": name, "RuleSetName": rule_set, "Partition": partition, "RequestTimeoutSeconds": seconds,
            "AcceptanceRequired": acceptance_s is not None, **acceptance, **more}


def configurations():
    """
    pool-N: a duel to wait in; brief-N: times out after a second; crowd-N: in the end everybody meets everybody.
    squad-N: three against three; ready-N, hasty-N: a duel that both accept, with time or within a second; guild-N: squads who accept.
    """
    duels = {"pool": ("duel", 120), "brief": ("duel", 1), "crowd": ("crowd", 120)}
    shapes = {"squad": ("squad", None), "ready": ("duel", 60), "hasty": ("duel", 1), "guild": ("squad", 60)}
    return {"MatchmakingConfigurations": [
        *(configuration(f"{kind}-{n}", rule_set, n % PARTITIONS, seconds)
          for kind, (rule_set, seconds) in duels.items() for n in range(POOLS)),
        *(configuration(f"{kind}-{n}", rule_set, n % PARTITIONS, 120, acceptance_s, CustomEventData=f"{kind} {n}",
                        GameProperties=PROPERTIES)
          for kind, (rule_set, acceptance_s) in shapes.items() for n in range(SHAPES))]}


def partition_of(configuration):
    return int(configuration.rsplit("-", 1)[1]) % PARTITIONS


def write_configurations(folder):
    (folder / "rulesets").mkdir(parents=True)
    (folder / "matchmaking.json").write_text(json.dumps(configurations(), indent=1))
    for rule_set in (DUEL, CROWD, SQUAD):
        (folder / "rulesets" / f"{rule_set['name']}.json").write_text(json.dumps(rule_set, indent=1))
    return folder / "matchmaking.json"


class Daemon(Process):
    """Its program is `binary`, or what `name` says before a number: gateway-2."""

    def __init__(self, name, settings, folder, binary=None):
        self.port = net.free_port()
        env = {**os.environ, "HTTP_PORT": str(self.port), **settings}
        super().__init__(name, [BUILD / (binary or name.split("-")[0])], env, folder)

    def get(self, path):
        return net.http_get(self.port, path)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def dependencies(self):
        """/readyz: its status, and the dependencies with their states."""
        status, body = net.http_json(self.port, "/readyz")
        return status, body["dependencies"] if body else {}

    def wait_alive(self):
        net.wait_until(lambda: self.get("/healthz")[0] == 200, self.log_tail)

    def wait_ready(self, timeout_s=60):
        def told():
            return f"{self.name} not ready: {self.get('/readyz')}\n{self.log_tail()}"
        net.wait_until(lambda: self.ready() or not self.running(), told, timeout_s)
        assert self.running(), f"{self.name} ended: {self.popen.returncode}\n{self.log_tail()}"

    def ends(self, status, timeout_s=20):
        """It must end by itself, with that exit status; after that it is no longer the stack's business."""
        net.wait_until(lambda: not self.running(), self.log_tail, timeout_s)
        assert self.popen.returncode == status, f"{self.name} ended with {self.popen.returncode}\n{self.log_tail()}"
        assert not SANITIZER.search(self.log()), self.log()
        self.popen = None

    def metrics(self):
        """Prometheus text as {'name{labels}': value}."""
        status, text = self.get("/metrics")
        assert status == 200, f"/metrics of {self.name}: {status}"
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {key: float(value) for key, value in rows}

    def metric(self, name, labels=""):
        """The sum over all rows of that name whose labels contain the text."""
        return sum(v for k, v in self.metrics().items() if k.split("{")[0] == name and labels in k)


class Stack:
    """
    gateways: how many; `gateway` is the first one, at `ws_port`, all are `gateways`, at `ws_ports`.
    cluster: whether its Redis is one.
    """

    def __init__(self, folder, brokers, settings=None, gateways=1, cluster=ON_CLUSTER):
        folder.mkdir(parents=True)
        self.folder, self.brokers = folder, brokers
        self.redis = redis_of(folder, cluster)
        self.ws_ports = [net.free_port() for _ in range(gateways)]
        self.ws_port = self.ws_ports[0]
        self.settings = {
            "KAFKA_BROKERS": brokers, "REDIS_URL": self.redis.url, "AUTH_MODE": "none", "LOG_LEVEL": "info",
            "GRACE_MS": "500", "LEASE_MS": "900", "METRICS_INTERVAL_MS": "500", "PERIOD_S": "1",
            "MATCHMAKING_FILE": str(write_configurations(folder / "config")), **(settings or {}),
        }
        self.daemons = {name: self.daemon(name, name, INSTANCE=f"{name}-1", WS_PORT=str(self.ws_port)) for name in NAMES}
        for n, port in enumerate(self.ws_ports[1:], 2):
            self.add(f"gateway-{n}", "gateway", WS_PORT=str(port))
        self.gateways = [d for name, d in self.daemons.items() if name.startswith("gateway")]

    def daemon(self, name, binary, **settings):
        return Daemon(name, {**self.settings, **settings}, self.folder, binary)

    def add(self, name, binary, **settings):
        """One more daemon, not started: `name` is its attribute, its log and, unless INSTANCE says otherwise, its instance."""
        self.daemons[name] = self.daemon(name, binary, **{"INSTANCE": name, **settings})
        return self.daemons[name]

    def __getattr__(self, name):
        try:
            return self.__dict__["daemons"][name]
        except KeyError:
            raise AttributeError(name) from None

    def start(self):
        self.redis.start()
        self.redis.wait_ready()
        for daemon in self.daemons.values():
            daemon.start()
        self.wait_ready()

    def wait_ready(self, timeout_s=60):
        for daemon in self.daemons.values():
            daemon.wait_ready(timeout_s)

    def logs(self):
        return "\n".join(d.log_tail() for d in self.daemons.values())

    def stop_daemons(self):
        """Each must be there, stop with 0 on SIGTERM, leave no process and no sanitizer's report."""
        started = [d for d in self.daemons.values() if d.popen is not None]
        died = [d.name for d in started if not d.running()]
        for daemon in started:
            daemon.signal(signal.SIGTERM)
        exits = {d.name: d.end() for d in started}
        left = [d.name for d in started if d.leftovers()]
        reports = [d.name for d in started if SANITIZER.search(d.log())]
        for daemon in started:
            daemon.popen = None
        assert not died, f"ended by themselves: {died} {exits}\n{self.logs()}"
        assert all(code == 0 for code in exits.values()), f"exit statuses {exits}\n{self.logs()}"
        assert not left, f"left processes behind: {left}"
        assert not reports, f"sanitizer or assertion: {reports}\n{self.logs()}"

    def stop(self):
        try:
            self.stop_daemons()
        finally:
            if self.redis.popen is not None:
                self.redis.stop()


@contextlib.contextmanager
def started(stack):
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
