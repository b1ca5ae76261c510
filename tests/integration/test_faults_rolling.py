"""
A rolling restart of all daemons under load: a player has to connect again, or to repeat a request that came while the
gateway was stopping, and notices no more.
"""
import asyncio
import os

import net
from checker import EVENTS, OUTBOX, QUEUE
from crowd import Crowd
from stack import NAMES
from test_restart import restart_gently
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "800"))


async def test_rolling_restart(own_stack, topics, name, number):
    since = {topic: topics.ends(topic) for topic in (QUEUE, EVENTS, OUTBOX)}
    stack = own_stack(settings={"GRACE_MS": "30000"})
    stack.start()
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, seed=number)
    try:
        for n, daemon in enumerate(NAMES):
            wave = asyncio.create_task(crowd.arrive(PLAYERS // len(NAMES)))
            await net.until(lambda: crowd.arrived() >= (n + 0.5) * PLAYERS // len(NAMES), crowd.summary, 60)
            await asyncio.to_thread(restart_gently, stack.daemons[daemon])
            await wave
        await crowd.until_matched(120)
        assert set(crowd.errors) <= {"unavailable"} and set(crowd.closes) <= {1001}, crowd.summary()
        judge(Evidence(topics, since), crowd.players)
    finally:
        print(crowd.summary())
        await crowd.leave()
