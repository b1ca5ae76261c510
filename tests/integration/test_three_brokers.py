"""
Three brokers: one is killed under a crowd, then all are restarted in turn, and nobody notices; two are down, and nothing is
accepted that could be lost.
"""
import asyncio
import os

import pytest

import net
from checker import check_records, following
from cluster import Cluster
from crowd import Crowd
from kafka import running
from players import connected
from stack import PATIENT, Stack, started
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "400"))
BACK_S = 90
SETTINGS = {**PATIENT, "SILENCE_MS": "10000"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(Cluster(tmp_path_factory.mktemp("three-brokers"))) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def topics(cluster):
    with following(cluster.brokers) as topics:
        yield topics


@pytest.fixture
def stack(cluster, tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("on-three") / "stack", cluster.brokers, settings=SETTINGS)) as stack:
        yield stack


async def come_back(cluster, node):
    await asyncio.to_thread(node.up_without_topics)
    await asyncio.to_thread(cluster.wait_in_sync)


async def test_one_is_killed_then_all_are_restarted(stack, cluster, topics, name, number):
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, seed=number)
    waves = len(cluster.nodes) + 1
    try:
        for n, node in enumerate([cluster.nodes[0], *cluster.nodes]):
            wave = asyncio.create_task(crowd.arrive(PLAYERS // waves))
            await net.until(lambda: crowd.arrived() >= (n + 0.5) * PLAYERS // waves, crowd.summary, BACK_S)
            await asyncio.to_thread(node.kill if n == 0 else node.stop)
            await wave
            await net.until(lambda: crowd.arrived() == (n + 1) * PLAYERS // waves, crowd.summary, BACK_S)
            await come_back(cluster, node)
        await crowd.until_matched(BACK_S)
        assert set(crowd.errors) <= {"unavailable", "ticket_exists"} and not crowd.closes, crowd.summary()
        for daemon in stack.daemons.values():
            await net.until(daemon.ready, daemon.log_tail, BACK_S)
        judge(Evidence(topics), crowd.players)
        check_records(topics)
    finally:
        print(crowd.summary())
        await crowd.leave()


async def test_two_are_down(stack, cluster, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        ticket = await alice.start(pool)
        await alice.wait_state(ticket, "SEARCHING")
        for node in cluster.nodes[1:]:
            node.kill()
        answer = await bob.ask("start_matchmaking", {"configuration": pool})
        assert (answer["type"], answer["data"]) == ("error", {"code": "unavailable", "retryable": True})
        for daemon in (stack.gateway, stack.matchmaker):
            await net.until(lambda: not daemon.ready(), daemon.log_tail, BACK_S)
            print(daemon.get("/readyz"))
        for node in cluster.nodes[1:]:
            await asyncio.to_thread(node.up_without_topics)
        await asyncio.to_thread(cluster.wait_in_sync)
        for daemon in stack.daemons.values():
            await net.until(daemon.ready, lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)
        while (await bob.ask("start_matchmaking", {"configuration": pool}))["type"] == "error":
            await asyncio.sleep(0.2)
        found = [(await player.expect("match_found", BACK_S))["data"]["match_id"] for player in (alice, bob)]
        assert found[0] == found[1]
