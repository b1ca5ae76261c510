"""One real broker for the whole run, by the project's own script, with its state in a folder of this run."""
import os
import subprocess

import pytest

from net import free_port
from schemas import ROOT
from stack import BUILD

SCRIPT = ROOT / "deploy/kafka/kafka"


class Kafka:
    def __init__(self, state):
        self.port = free_port(2)  # the next one is the controller's
        self.brokers = f"127.0.0.1:{self.port}"
        self.env = {**os.environ, "GSM_STATE": str(state), "KAFKA_PORT": str(self.port),
                    "GSMCTL": str(BUILD / "gsmctl")}

    def up(self):
        self.run("up")

    def down(self):
        self.run("down")

    def run(self, verb):
        done = subprocess.run([SCRIPT, verb], env=self.env, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        if done.returncode != 0:  # nothing else can run: say it once
            pytest.exit(f"kafka {verb}: exit {done.returncode}\n{done.stdout}", 1)
