"""
kill -9 of each daemon, in turn and at random, while a crowd is matched: everybody is, nobody twice, everybody is told.

GSM_FAULT_PLAYERS=2000 GSM_FAULT_KILLS=10 GSM_FAULT_SEED=... make it longer, shorter, or the same again.
"""
import asyncio
import os
import random
import time

import net
from checker import EVENTS, OUTBOX, QUEUE, check_story
from crowd import Crowd
from stack import NAMES
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "2000"))
KILLS = int(os.environ.get("GSM_FAULT_KILLS", "10"))
SEED = int(os.environ.get("GSM_FAULT_SEED", time.time_ns() % 1000000))


def plan(chance):
    """Who is killed, and after which share of a wave of players: each daemon in turn, then at random."""
    victims = chance.sample(NAMES, len(NAMES)) + [chance.choice(NAMES) for _ in range(KILLS)]
    return [(victim, chance.random()) for victim in victims[:KILLS]]


async def wave_and_kill(stack, crowd, size, victim, share):
    daemon, before = stack.daemons[victim], crowd.arrived()
    wave = asyncio.create_task(crowd.arrive(size))
    await net.until(lambda: crowd.arrived() >= before + int(share * size), crowd.summary, 60)
    await net.until(daemon.ready, daemon.log_tail, 60)  # a victim that is still coming back is not worth killing
    print(f"kill -9 {victim} at {crowd.arrived()} queued, {crowd.matched()} matched")
    daemon.restart()
    await wave


async def test_kill_nine(own_stack, topics, name, number):
    print(f"GSM_FAULT_SEED={SEED}")
    chance = random.Random(SEED)
    since = {topic: topics.ends(topic) for topic in (QUEUE, EVENTS, OUTBOX)}
    stack = own_stack(settings={"GRACE_MS": "30000"})
    stack.start()
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, SEED)
    try:
        for victim, share in plan(chance):
            await wave_and_kill(stack, crowd, PLAYERS // KILLS, victim, share)
        await crowd.arrive(PLAYERS % KILLS)
        await crowd.until_matched(120)
        stack.wait_ready()
        judge(Evidence(topics, since), crowd.players)
    finally:
        print(crowd.summary())
        await crowd.leave()


async def test_kill_nine_among_squads(own_stack, topics, name, shape):
    """The same with matches of six: whoever is in one, all are told of the same teams."""
    since = {topic: topics.ends(topic) for topic in (QUEUE, EVENTS, OUTBOX)}
    stack = own_stack(settings={"GRACE_MS": "30000"})
    stack.start()
    crowd = Crowd([stack.ws_port], f"squad-{shape}", name("p"), 240, SEED)
    try:
        for victim in ("matchmaker", "notifier", "gateway", "matchmaker"):
            await wave_and_kill(stack, crowd, 60, victim, 0.5)
        await crowd.until_matched(120)
        stack.wait_ready()
        judge(Evidence(topics, since), crowd.players)
        check_story(topics)
    finally:
        print(crowd.summary())
        await crowd.leave()
