"""The three endpoints of each daemon."""
import subprocess

import pytest

import net
from stack import NAMES

NEEDS = {"gateway": {"kafka", "redis"}, "matchmaker": {"kafka", "redis"}, "notifier": {"kafka", "redis"},
         "metrics": {"kafka"}}


@pytest.mark.parametrize("daemon", NAMES)
def test_healthz(stack, daemon):
    assert stack.daemons[daemon].get("/healthz")[0] == 200


@pytest.mark.parametrize("daemon", NAMES)
def test_readyz_names_each_dependency(stack, daemon):
    status, body = net.http_json(stack.daemons[daemon].port, "/readyz")
    assert status == 200 and body["ready"] is True and body["draining"] is False
    assert NEEDS[daemon] <= set(body["dependencies"])
    assert all(state["ready"] is True for state in body["dependencies"].values())


@pytest.mark.parametrize("daemon", NAMES)
def test_promtool_has_nothing_to_say(stack, daemon):
    status, text = stack.daemons[daemon].get("/metrics")
    assert status == 200
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0 and done.stdout == "", done.stdout


@pytest.mark.parametrize("daemon", NAMES)
def test_other_paths_and_methods_are_refused(stack, daemon):
    assert stack.daemons[daemon].get("/nothing-here")[0] == 404


def test_the_matchmaker_rules_every_partition(stack):
    net.wait_until(lambda: stack.matchmaker.metric("matchmaker_partitions_ruled") == 12, stack.matchmaker.log_tail)
