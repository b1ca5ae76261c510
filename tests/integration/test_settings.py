"""A wrong setting: exit 2 and one line that names it, its value and what is allowed. --help is the manual."""
import os
import subprocess

import pytest

from schemas import ROOT
from stack import BUILD, NAMES

EVERYWHERE = [
    ("HTTP_PORT", "65536", "65535"), ("HTTP_PORT", "http", "65535"),
    ("LOG_LEVEL", "loud", "debug"), ("SHUTDOWN_TIMEOUT_MS", "99", "100"), ("METRICS_INTERVAL_MS", "1e3", "100"),
    ("INSTANCE", "x" * 65, "64"),
]
OWN = [
    ("gateway", "WS_PORT", "-1", "65535"), ("gateway", "GRACE_MS", "soon", "3600000"),
    ("gateway", "AUTH_MODE", "all", "none"), ("gateway", "MESSAGE_MAX_BYTES", "262145", "262144"),
    ("matchmaker", "SILENCE_MS", "0", "60000"), ("matchmaker", "TICK_MAX_BYTES", "x", "4096"),
]
WRONG = [(daemon, *row) for daemon in NAMES for row in EVERYWHERE] + OWN
SECRET = [(daemon, "KAFKA_CONF", "sasl.pasword=hunter2") for daemon in NAMES] + [
    (daemon, "REDIS_URL", "http://user:hunter2@127.0.0.1") for daemon in NAMES if daemon != "metrics"]


def run(daemon, *arguments, **env):
    return subprocess.run([BUILD / daemon, *arguments], cwd=ROOT,
                          env={**os.environ, "HTTP_PORT": "0", "WS_PORT": "0", **env},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5)


def one_line(done):
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1 and done.stdout == "", (done.stdout, done.stderr)
    return done.stderr


@pytest.mark.parametrize("daemon,setting,value,allowed", WRONG)
def test_wrong_setting(daemon, setting, value, allowed):
    line = one_line(run(daemon, **{setting: value}))
    assert setting in line and value in line and allowed in line


@pytest.mark.parametrize("daemon,setting,value", SECRET)
def test_a_secret_is_not_printed(daemon, setting, value):
    line = one_line(run(daemon, **{setting: value}))
    assert setting in line and "hunter2" not in line


@pytest.mark.parametrize("daemon", NAMES)
@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["--http-port"], ["--http-port=0", "more"]])
def test_wrong_arguments(daemon, arguments):
    assert arguments[-1].lstrip("-").split("=")[0] in one_line(run(daemon, *arguments))


@pytest.mark.parametrize("daemon", ["gateway", "matchmaker"])
def test_the_matchmaking_file_is_named(daemon, tmp_path):
    missing = tmp_path / "nothing.json"
    assert str(missing) in one_line(run(daemon, MATCHMAKING_FILE=str(missing)))
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"MatchmakingConfigurations":[{"Name":"a b","RuleSetName":"duel","Partition":99}]}')
    line = one_line(run(daemon, MATCHMAKING_FILE=str(wrong)))
    assert str(wrong) in line and "MatchmakingConfigurations[0]" in line


@pytest.mark.parametrize("daemon", NAMES)
def test_help_is_the_manual(daemon):
    done = run(daemon, "--help")
    assert done.returncode == 0 and done.stderr == ""
    for setting in ("HTTP_PORT", "--http-port", "KAFKA_BROKERS", "REDIS_URL", "SHUTDOWN_TIMEOUT_MS"):
        assert setting in done.stdout


@pytest.mark.parametrize("daemon", NAMES)
def test_a_flag_beats_the_environment(daemon):
    assert "65537" in one_line(run(daemon, "--http-port=65537", HTTP_PORT="0"))


@pytest.mark.parametrize("words, status, says", [
    (["--help"], 0, "usage: "), (["ticket", "--help"], 0, "usage: "), (["--version"], 0, "gsmctl 0."),
    ([], 2, "usage: "), (["ticket"], 2, 'gsmctl: "ticket" is no command'),
    (["rules", "chek", "x.json"], 2, 'gsmctl: "rules chek" is no command'),
])
def test_no_such_command(words, status, says):
    done = run("gsmctl", *words)
    told, silent = (done.stderr, done.stdout) if status else (done.stdout, done.stderr)
    assert (done.returncode, silent) == (status, "") and told.startswith(says)
