"""
On a Redis Cluster, whatever the rest of the run has: a match, and a crowd that loses a primary, has slots moved under it, or a
third of what Redis knew. (`make test-cluster` runs the other tests on one, too.)
"""
import asyncio
import subprocess

import pytest

import net
from checker import EVENTS, JOURNAL, OUTBOX, QUEUE, History
from crowd import Crowd
from players import Player, connected
from redis_servers import PRIMARIES
from verdicts import Evidence, judge

SIZE, WAVES = 600, 3
FAILOVER_S = 30


@pytest.fixture
def on_cluster(lab):
    """A stack on a cluster of its own, ready."""
    stack = lab.begin(cluster=True, settings={"GRACE_MS": "30000", "LEASE_MS": "5000"})
    stack.start()
    yield stack
    lab.end()


def keys_at(node):
    return node.ask("DBSIZE")


async def test_players_are_matched(on_cluster, name, pool):
    """Each node has something to do with it."""
    before = [keys_at(node) for node in on_cluster.redis.nodes[:PRIMARIES]]
    pairs = [(Player(on_cluster.ws_port, name(f"a{n}")), Player(on_cluster.ws_port, name(f"b{n}"))) for n in range(10)]
    for n, pair in enumerate(pairs):
        for player in pair:
            await player.connect()
            await player.start(pool, attributes={"skill": 10000 * n})
    for one, other in pairs:
        assert (await one.expect("match_found"))["data"]["opponent"] == other.id
        await other.expect("match_found")
    assert all(keys_at(node) > had for node, had in zip(on_cluster.redis.nodes, before))
    for pair in pairs:
        for player in pair:
            await player.vanish()


class Waves:
    """A crowd that comes in waves, each with a fault in the middle; in the end all are matched, and judged."""

    def __init__(self, stack, topics, crowd):
        self.stack, self.topics, self.crowd = stack, topics, crowd
        self.since = {topic: topics.ends(topic) for topic in (QUEUE, EVENTS, OUTBOX)}

    async def under(self, faults):
        try:
            for fault in faults:
                await self.wave(fault)
            await self.crowd.until_matched(120)
            self.stack.wait_ready()
            judge(Evidence(self.topics, self.since), self.crowd.players)
        finally:
            print(self.crowd.summary())
            await self.crowd.leave()

    async def wave(self, fault):
        before = self.crowd.arrived()
        arrival = asyncio.create_task(self.crowd.arrive(SIZE // WAVES))
        await net.until(lambda: self.crowd.arrived() >= before + SIZE // WAVES // 3, self.crowd.summary, 60)
        await fault(self.stack)
        await arrival
        await net.until(lambda: all(d.ready() for d in self.stack.daemons.values()), self.stack.logs, 60)


@pytest.fixture
def waves(on_cluster, topics, name, number):
    return Waves(on_cluster, topics, Crowd([on_cluster.ws_port], f"crowd-{number}", name("p"), SIZE, number))


def is_primary(node):
    return node.says("master", "ROLE")


def kill_primary(n):
    async def fault(stack):
        """Its replica takes over, and it comes back as that one's."""
        primary, replica = stack.redis.nodes[n], stack.redis.nodes[n + PRIMARIES]
        primary.kill()
        await net.until(lambda: is_primary(replica), replica.log_tail, FAILOVER_S)
        primary.start()
        await net.until(lambda: primary.says("slave", "ROLE"), primary.log_tail, FAILOVER_S)
    return fault


async def test_a_primary_is_killed_under_a_crowd(waves):
    await waves.under([kill_primary(n) for n in range(PRIMARIES)])


def move_slots(n):
    async def fault(stack):
        """A thousand from one primary to the next, keys and all."""
        source, target = stack.redis.nodes[n], stack.redis.nodes[(n + 1) % PRIMARIES]
        mover = await asyncio.create_subprocess_exec(
            "redis-cli", "--cluster", "reshard", f"127.0.0.1:{source.port}", "--cluster-from", source.id, "--cluster-to",
            target.id, "--cluster-slots", "1000", "--cluster-yes", stdout=subprocess.DEVNULL)
        assert await mover.wait() == 0
    return fault


async def test_slots_move_under_a_crowd(on_cluster, waves):
    generation = on_cluster.redis.generation()
    await waves.under([move_slots(n) for n in range(PRIMARIES)])
    assert on_cluster.redis.generation() == generation
    assert not any("generation_new" in daemon.log() for daemon in on_cluster.daemons.values())


def empty_shard(n):
    async def fault(stack):
        primary, replica = stack.redis.nodes[n], stack.redis.nodes[n + PRIMARIES]
        replica.kill()  # first: it would take over, with the data
        primary.restart()
        replica.start()
        await asyncio.to_thread(stack.redis.wait_well, [primary])
    return fault


async def test_a_shard_is_emptied_under_a_crowd(on_cluster, waves):
    await waves.under([empty_shard(n) for n in range(PRIMARIES)])
    for daemon in (on_cluster.gateway, on_cluster.matchmaker, on_cluster.notifier):
        assert daemon.log().count("generation_new") >= PRIMARIES, daemon.log_tail()


async def test_an_emptied_shard_is_filled_again(on_cluster, topics, name, pool):
    """Open tickets, claims and presence: what was lost is written again, what was not stays."""
    ids = [name(f"p{n}") for n in range(40)]
    async with connected(on_cluster.ws_port, *ids) as players:
        tickets = {player: await player.start(pool, attributes={"skill": 10000 * n}) for n, player in enumerate(players)}

        def missing():
            with on_cluster.redis.client() as client:
                return [player.id for player, ticket in tickets.items()
                        if client.hget(f"claim:{{{player.id}}}", "ticket") != ticket
                        or client.hget(f"ticket:{{{ticket}}}", "state") != "SEARCHING"
                        or client.hget(f"presence:{{{player.id}}}", "connection") != player.connection_id]

        await net.until(lambda: not missing(), "all written")
        primary = on_cluster.redis.nodes[0]
        had = keys_at(primary)
        await empty_shard(0)(on_cluster)
        await net.until(lambda: not missing() and keys_at(primary) >= had, lambda: f"{missing()}\n{on_cluster.logs()}", 30)
        on_cluster.wait_ready()
        assert set(tickets.values()) <= set(History(topics.read(JOURNAL)).open_tickets())
        for player in players[:5]:
            await player.ping()
