"""Three real brokers that are their own controllers, in one quorum: replication 3, two in sync at least."""
import subprocess

from kafka import Kafka
from net import wait_until
from stack import BUILD

BROKERS = 3
SETTINGS = {"min.insync.replicas": 2, "offsets.topic.replication.factor": BROKERS,
            "transaction.state.log.replication.factor": BROKERS, "transaction.state.log.min.isr": 2,
            "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}
UP_S = 60


class Cluster:
    def __init__(self, folder):
        self.nodes = [Kafka(folder / f"node-{n + 1}") for n in range(BROKERS)]
        self.brokers = ",".join(node.brokers for node in self.nodes)
        voters = ",".join(f"{n}@127.0.0.1:{node.port + 1}" for n, node in enumerate(self.nodes, 1))
        for n, node in enumerate(self.nodes, 1):
            extra = {"node.id": n, "controller.quorum.voters": voters, **SETTINGS}
            node.env.update(KAFKA_HEAP="256m", KAFKA_PROPERTIES="\n".join(f"{k}={v}" for k, v in extra.items()))

    def up(self):
        for node in self.nodes:
            node.up_without_topics()
        subprocess.run([BUILD / "gsmctl", "topics", "create", "--brokers", self.brokers, "--replication", str(BROKERS),
                        "--timeout-s", str(UP_S)], check=True)
        self.wait_in_sync()

    def down(self):
        for node in self.nodes:
            node.down()

    def in_sync(self):
        """Every partition has all its replicas in sync."""
        topics = self.nodes[0].admin(self.brokers).list_topics(timeout=10).topics.values()
        partitions = [p for topic in topics for p in topic.partitions.values()]
        return bool(partitions) and all(len(p.isrs) == BROKERS for p in partitions)

    def wait_in_sync(self):
        wait_until(self.in_sync, "replicas are behind", UP_S, every_s=0.2)
