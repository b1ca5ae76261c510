"""tools/stack on the embedded broker: what `make demo` and `make run` do."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

import net
from schemas import ROOT
from stack import BUILD, NAMES

PORTS = ("WS", "GATEWAY", "MATCHMAKER", "NOTIFIER", "METRICS", "REDIS")


def hears_ctrl_c():
    """Also when the tests run in the background of a shell, which has its children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A tools/stack with ports and a state folder of its own."""

    def __init__(self, folder, verb, **settings):
        self.folder = folder
        self.ports = {name: net.free_port() for name in PORTS}
        env = {**os.environ, "GSM_STATE": str(folder), "BUILD": str(BUILD), "BROKER": "embedded",
               **{f"{name}_PORT": str(port) for name, port in self.ports.items()}, **settings}
        self.output_path = folder.with_suffix(".out")
        with open(self.output_path, "wb") as output:
            self.popen = subprocess.Popen([ROOT / "tools/stack", verb], env=env, stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=subprocess.STDOUT, preexec_fn=hears_ctrl_c)

    def pids(self):
        """{name: pid} of what it has started."""
        files = (self.folder / "run").glob("*.pid")
        return {f.stem: int(f.read_text()) for f in files if f.read_text().strip()}

    def output(self):
        return self.output_path.read_text()

    def wait_said(self, text):
        net.wait_until(lambda: text in self.output() or self.popen.poll() is not None, self.output, 60)
        assert self.popen.poll() is None, self.output()

    def ready(self, daemon):
        return net.http_get(self.ports[daemon.upper()], "/readyz")[0] == 200

    def end(self, timeout_s):
        """(exit status, output)"""
        try:
            self.popen.wait(timeout_s)
        finally:
            self.popen.terminate()
        return self.popen.returncode, self.output()


def alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


@pytest.fixture
def tool(tmp_path):
    """Starts a tools/stack; whatever a test does, nothing of it is left."""
    runs = []

    def start(verb, **settings):
        runs.append(Run(tmp_path / "state", verb, **settings))
        return runs[-1]

    yield start
    left = {name: pid for run in runs for name, pid in run.pids().items() if alive(pid)}
    for pid in left.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left, f"left behind: {left}"


def test_demo(tool):
    run = tool("demo", DEMO_PLAYERS="200", DEMO_RATE="100")
    status, output = run.end(120)
    assert status == 0, output
    assert re.search(r"matches\D+100\b", output), output


EXAMPLES = ROOT / "deploy/config/rulesets/examples"


def test_demo_of_a_rule_set(tool):
    """Three teams, parties, regions: all it takes, from the rule set alone."""
    run = tool("demo", DEMO_PLAYERS="120", DEMO_RATE="120", RULES=str(EXAMPLES / "three_team_game.json"))
    status, output = run.end(200)
    assert status == 0, output
    assert re.search(r"match(es)? of [345] v [345] v [345]\n", output), output
    assert re.search(r"violations +0\n", output) and re.search(r"errors answered +0\n", output), output


@pytest.mark.parametrize("timeout_s", ["120", "1"])
def test_demo_that_nobody_can_win(tool, timeout_s):
    """It ends by itself, or at its time-out, and says who still waits and why."""
    run = tool("demo", DEMO_PLAYERS="4", PLAYERS_TIMEOUT_S=timeout_s, RULES=str(EXAMPLES / "player_block_list.json"))
    status, output = run.end(60)
    assert "rating" not in output  # the rule set has none
    assert status == 1 and "FAILED: nobody was matched" in output, output
    assert "4 players still wait" in output and "a match has at least 10 players" in output, output


def test_a_rule_set_that_is_none(tool, tmp_path):
    """All that is wrong is told, and nothing is started."""
    (tmp_path / "wrong.json").write_text('{"ruleLanguageVersion": "2.0"}')
    for rules, says in ((tmp_path / "wrong.json", ("ruleLanguageVersion", '"teams" is missing')),
                        (tmp_path / "missing.json", ("No such file",)), (tmp_path, ("Is a directory",))):
        run = tool("demo", DEMO_PLAYERS="4", RULES=str(rules))
        status, output = run.end(60)
        assert status == 1 and all(f"{rules}: " in output and word in output for word in says), output
        assert run.pids() == {}


def test_one_a_folder(tool):
    """A second one would take away the first one's pid files and logs."""
    first = tool("run")
    first.wait_said("Ctrl-C")
    pids = first.pids()
    status, output = tool("run").end(30)
    assert status == 1 and "another one runs in " in output and "GSM_STATE" in output
    assert first.pids() == pids and all(first.ready(name) for name in NAMES)
    first.popen.send_signal(signal.SIGKILL)  # what it left behind does not hold the folder
    first.popen.wait(30)
    net.wait_until(lambda: not any(map(alive, pids.values())), first.output, 30)
    again = tool("run")
    again.wait_said("Ctrl-C")
    again.popen.send_signal(signal.SIGINT)
    assert again.end(30)[0] == 0


def test_one_more_by_hand(tool):
    """As the README says: what `make run` leaves in run/env leads another daemon to its Kafka and Redis."""
    run = tool("run")
    run.wait_said("Ctrl-C")
    port = net.free_port()
    env = {key: value for key, value in os.environ.items() if key not in ("KAFKA_BROKERS", "KAFKA_CONF", "REDIS_URL")}
    second = subprocess.Popen(["bash", "-c", f". {run.folder}/run/env && exec {BUILD}/gateway"], cwd=ROOT,
                              env={**env, "INSTANCE": "gateway-2", "HTTP_PORT": str(port), "WS_PORT": "0"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        net.wait_until(lambda: net.http_get(port, "/readyz")[0] == 200, run.output, 60)
    finally:
        second.terminate()
        second.wait(30)
    run.popen.send_signal(signal.SIGINT)
    assert run.end(30)[0] == 0


def test_run_until_ctrl_c(tool):
    run = tool("run")
    run.wait_said("Ctrl-C")
    assert f"ws://127.0.0.1:{run.ports['WS']}/" in run.output()
    assert all(run.ready(name) for name in NAMES)
    pids = run.pids()
    assert set(NAMES) | {"redis", "devbroker"} <= set(pids)
    os.kill(pids["notifier"], signal.SIGKILL)  # started again, as the text says
    net.wait_until(lambda: run.pids()["notifier"] != pids["notifier"], run.output)
    net.wait_until(lambda: run.ready("notifier"), run.output, 60)
    run.popen.send_signal(signal.SIGINT)
    status, output = run.end(30)
    assert status == 0, output
