"""What is done to a shard has happened when it says so. A real cluster, without anything that uses it."""
import contextlib
import signal

import pytest
from redis_servers import RedisCluster
from shard import NODE_TIMEOUT_MS, shards_of

KEY = "a"  # of the last shard


@pytest.fixture(name="cluster", scope="module")
def running_cluster(tmp_path_factory):
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"), NODE_TIMEOUT_MS)
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.stop)
        cluster.start()
        cluster.wait_ready()
        yield cluster


@pytest.fixture(name="shard")
def well_shard(cluster):
    shard = shards_of(cluster)[-1]
    shard.wait_ready()
    shard.ask("SET", KEY, "here")
    shard.ask("WAIT", 1, 5000)
    return shard


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_primary_that_fails_over_comes_back_as_the_replica(shard, how):
    old = shard.primary()
    shard.fail_over(how)
    shard.start()
    shard.wait_ready()
    new = shard.primary()
    assert new is not old and new.ask("GET", KEY) == "here"
    assert "slave" in str(old.ask("ROLE")) and old.ask("DBSIZE") == new.ask("DBSIZE") == 1


def test_a_primary_that_is_back_at_once_is_empty_and_so_is_its_replica(shard):
    shard.kill()
    shard.start()
    shard.wait_ready()
    assert [node.ask("DBSIZE") for node in shard.nodes] == [0, 0]


def test_a_full_shard_refuses_and_takes_again(shard):
    shard.configure("maxmemory", 1)
    assert not shard.primary().says("True", "SET", KEY, "more")
    shard.configure("maxmemory", 0)
    assert shard.primary().says("True", "SET", KEY, "more")
