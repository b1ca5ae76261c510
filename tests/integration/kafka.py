"""A real broker, by the project's own script, with its state in a folder of its own."""
import contextlib
import os
import signal
import socket
import struct
import subprocess

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from net import free_port, wait_until
from schemas import ROOT
from stack import BUILD

SCRIPT = ROOT / "deploy/kafka/kafka"
DELETE_RECORDS, DELETE_RECORDS_VERSION = 21, 1  # of Kafka's protocol
EVERYTHING = -1


@contextlib.contextmanager
def running(broker, up=None):
    """A Kafka or a Cluster; up: its way up, if not with its topics."""
    try:
        (up or broker.up)()
        yield broker
    finally:
        broker.down()


class Kafka:
    def __init__(self, state):
        self.state = state
        self.port = free_port(2)  # the next one is the controller's
        self.brokers = f"127.0.0.1:{self.port}"
        self.env = {**os.environ, "GSM_STATE": str(state), "KAFKA_PORT": str(self.port),
                    "GSMCTL": str(BUILD / "gsmctl")}

    def up(self):
        self.run("up")

    def up_without_topics(self):
        self.run("up", GSMCTL="/bin/true")

    def create_topics(self):
        subprocess.run([BUILD / "gsmctl", "topics", "create", "--brokers", self.brokers, "--timeout-s", "60"], check=True)

    def down(self):
        self.resume()
        self.run("down")

    def stop(self):
        """In good order; the data stay for the next up()."""
        self.run("down", KEEP_DATA="1")

    def kill(self):
        """As a power cut would; the data stay for the next up()."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.alive(pid), f"kafka {pid} is still there")
        self.stop()

    def alive(self, pid):
        """That process of it; a zombie is none."""
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def pid(self):
        path = self.state / "kafka/pid"
        return int(path.read_text()) if path.exists() else None

    def pause(self):
        """It keeps its connections and answers nothing until resume()."""
        os.kill(self.pid(), signal.SIGSTOP)

    def resume(self):
        if self.pid() is not None and self.alive(self.pid()):
            os.kill(self.pid(), signal.SIGCONT)

    def delete_records(self, topic, partition, before=EVERYTHING):
        """Deletes the records before that offset; what is there then begins with it. Not in this confluent_kafka yet."""
        name = topic.encode()
        request = struct.pack(f">hhihih{len(name)}siiqi", DELETE_RECORDS, DELETE_RECORDS_VERSION, 0, -1, 1, len(name), name,
                              1, partition, before, 10000)
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as broker:
            broker.sendall(struct.pack(">i", len(request)) + request)
            answer = broker.makefile("rb")
            size, = struct.unpack(">i", answer.read(4))
            error, = struct.unpack(">h", answer.read(size)[-2:])
        assert error == 0, f"deleting records of {topic}-{partition}: error {error}"

    def delete_topic(self, topic):
        """Returns when the broker knows it no more."""
        admin = self.admin()
        admin.delete_topics([topic], operation_timeout=30)[topic].result()
        wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, f"{topic} is still there", 30)

    def grow_topic(self, topic, partitions):
        admin = self.admin()
        admin.create_partitions([NewPartitions(topic, partitions)])[topic].result()
        wait_until(lambda: len(admin.list_topics(timeout=10).topics[topic].partitions) == partitions,
                   f"{topic} does not have {partitions} partitions", 30)

    def admin(self, brokers=None):
        return AdminClient({"bootstrap.servers": brokers or self.brokers, "log_level": 2})

    def members(self, group):
        """Client ids of its members, as the broker sees them: the dead are among them until their session times out."""
        groups = self.admin().list_groups(group, timeout=10)
        return [member.client_id for found in groups for member in found.members]

    def run(self, verb, **env):
        done = subprocess.run([SCRIPT, verb], env={**self.env, **env}, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        if done.returncode != 0:  # nothing else can run: say it once
            pytest.exit(f"kafka {verb}: exit {done.returncode}\n{done.stdout}", 1)
