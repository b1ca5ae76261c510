"""A third of a Redis Cluster, as faults touch it: the primary of the moment and its replica, who may change places."""
import net
from redis_servers import PRIMARIES

NODE_TIMEOUT_MS = 3000  # a primary that is silent for longer loses its place; beyond what a busy machine does by itself
WELL_S = 120            # a failover, and all that is to be copied


def shards_of(cluster):
    return [Shard(*nodes) for nodes in zip(cluster.nodes, cluster.nodes[PRIMARIES:])]


class Shard:
    """Used as a lone server is."""

    def __init__(self, *nodes):
        self.nodes = nodes

    def log_tail(self):
        return "\n".join(node.log_tail() for node in self.nodes)

    def primary(self):
        def one():
            found = [node for node in self.nodes if node.says("master", "ROLE")]
            return found[0] if len(found) == 1 else None
        return net.wait_until(one, self.log_tail, WELL_S)

    def ask(self, *command):
        return self.primary().ask(*command)

    def configure(self, setting, value):
        for node in self.nodes:
            node.configure(setting, value)

    def kill(self):
        self.primary().kill()

    def pause(self):
        self.primary().pause()

    def resume(self):
        for node in self.nodes:
            node.resume()

    def fail_over(self, how):
        """The primary gets the signal and is nobody any more when this returns; its replica is the primary."""
        old = self.primary()
        replica, = (node for node in self.nodes if node is not old)
        old.signal(how)
        net.wait_until(lambda: replica.says("master", "ROLE"), self.log_tail, WELL_S)

    def start(self):
        """Again, who was killed or stopped."""
        self.resume()
        for node in self.nodes:
            if not node.running():
                node.start()

    def is_well(self):
        """Each says that all slots are served; one is the primary, the other has all that it has."""
        roles = [str(node.ask("ROLE")) for node in self.nodes if node.says("cluster_state:ok", "CLUSTER", "INFO")]
        return len(roles) == 2 and sum("'master'" in role for role in roles) == 1 \
            and sum("'connected'" in role for role in roles) == 1

    def wait_ready(self):
        net.wait_until(self.is_well, self.log_tail, WELL_S)
