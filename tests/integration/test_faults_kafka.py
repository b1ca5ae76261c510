"""Kafka goes away for a while under load: everybody waits, nobody is lost. What is said of it: test_kafka_away.py."""
import asyncio
import os

import net
from checker import check_records
from crowd import Crowd
from players import connected
from stack import PATIENT
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "600"))
WAKES_MAX = 300  # a second, of a daemon that can do nothing but wait: one that looks each millisecond has a thousand
AWAY_S = int(os.environ.get("GSM_FAULT_AWAY_S", "20"))  # how long; nothing is waited for


def says_kafka(daemon, ready):
    return daemon.dependencies()[1].get("kafka", {}).get("ready") is ready


async def all_say_kafka(stack, ready):
    for daemon in stack.daemons.values():
        await net.until(lambda: says_kafka(daemon, ready), lambda: f"{daemon.dependencies()}\n{daemon.log_tail()}", 60)


async def refused_for_a_while(player, pool):
    """Asks while Kafka is away: in time, the documented error, which says that it is worth another try."""
    answer = await player.ask("start_matchmaking", {"configuration": pool})
    assert answer["type"] == "error" and answer["data"] == {"code": "unavailable", "retryable": True}, answer


async def test_kafka_away(own_kafka, own_topics, own_stack, name, number):
    stack = own_stack(brokers=own_kafka.brokers, settings=PATIENT)
    stack.start()
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, seed=number)
    try:
        async with connected(stack.ws_port, name("alice")) as (alice,):
            wave = asyncio.create_task(crowd.arrive(PLAYERS // 2))
            await net.until(lambda: crowd.arrived() >= PLAYERS // 4, crowd.summary, 60)
            await asyncio.to_thread(own_kafka.stop)
            away = asyncio.create_task(asyncio.sleep(AWAY_S))
            await all_say_kafka(stack, False)
            await refused_for_a_while(alice, f"pool-{number}")
            await wave
            await crowd.arrive(PLAYERS // 4)
            wakes = {daemon: daemon.wakes() for daemon in stack.daemons.values()}
            with net.stopwatch() as watch:
                await away
            for daemon, before in wakes.items():
                assert daemon.wakes() - before < WAKES_MAX * max(watch.took_s, 1), f"{daemon.name} spins"
            assert all(daemon.running() and not daemon.ready() for daemon in stack.daemons.values()), stack.logs()
            await asyncio.to_thread(own_kafka.up)
            await all_say_kafka(stack, True)
            await crowd.arrive(PLAYERS)
            await crowd.until_matched(120)
            await alice.ping()  # the same connection: nobody was thrown out
        stack.wait_ready()
        assert set(crowd.errors) <= {"unavailable", "ticket_exists"} and not crowd.closes, crowd.summary()
        judge(Evidence(own_topics), crowd.players)
        check_records(own_topics)
    finally:
        print(crowd.summary())
        await crowd.leave()
