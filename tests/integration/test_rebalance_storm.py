"""
Matchmakers and notifiers come and go, some cleanly and some killed, faster than their groups can settle, under a crowd:
everybody is matched once and told; and when it is over, the groups are what they were, and stay so.
"""
import asyncio
import os
import signal

import net
from checker import EVENTS, OUTBOX, QUEUE
from crowd import Crowd
from stack import PARTITIONS, PATIENT
from verdicts import Evidence, judge

PLAYERS = int(os.environ.get("GSM_FAULT_PLAYERS", "400"))
GUESTS = int(os.environ.get("GSM_FAULT_GUESTS", "40"))
STAY_S = (0.3, 2.0)   # less than a group needs to take in a newcomer, or a little more
EVERY_S = (0.2, 0.6)
SETTLED_LOOKS = 100   # in a row, over several of the group's session time-outs
TIMEOUT_S = 120


async def guest(stack, chance, n):
    """One process: it comes, stays for a while and goes; its exit status, and whether it was killed."""
    kind = ("matchmaker", "notifier")[n % 2]
    daemon = stack.daemon(f"{kind}-guest-{n}", kind, INSTANCE=f"guest-{n}")
    killed = chance.random() < 0.5
    daemon.start()
    await asyncio.sleep(chance.uniform(*STAY_S))
    assert daemon.running(), daemon.log_tail()
    daemon.signal(signal.SIGKILL if killed else signal.SIGTERM)
    status = await asyncio.to_thread(daemon.end)
    assert status == (-signal.SIGKILL if killed else 0), f"{status}\n{daemon.log_tail()}"


async def storm(stack, chance):
    guests = []
    for n in range(GUESTS):
        guests.append(asyncio.create_task(guest(stack, chance, n)))
        await asyncio.sleep(chance.uniform(*EVERY_S))
    await asyncio.gather(*guests)


async def settled(stack, kafka):
    """Each group has one member, who has everything, and keeps it."""
    looks = 0

    def look():
        nonlocal looks
        alone = all(len(kafka.members(group)) == 1 for group in ("matchmaker", "notifier"))
        whole = (stack.notifier.metric("notifier_partitions") == PARTITIONS ==
                 stack.matchmaker.metric("matchmaker_partitions_ruled"))
        looks = looks + 1 if alone and whole else 0
        return looks >= SETTLED_LOOKS
    await net.until(look, lambda: f"{looks} looks\n{stack.logs()}", TIMEOUT_S, every_s=0.1)


async def test_members_come_and_go(own_stack, kafka, topics, name, number):
    since = {topic: topics.ends(topic) for topic in (QUEUE, EVENTS, OUTBOX)}
    stack = own_stack(settings=PATIENT)
    stack.start()
    crowd = Crowd([stack.ws_port], f"crowd-{number}", name("p"), PLAYERS, seed=number)
    try:
        going_on = asyncio.create_task(storm(stack, crowd.random))
        for _ in range(8):
            await crowd.arrive(PLAYERS // 8)
            await asyncio.sleep(1)
        await going_on
        await crowd.until_matched(TIMEOUT_S)
        await settled(stack, kafka)
        stack.wait_ready()
        judge(Evidence(topics, since), crowd.players)
    finally:
        print(crowd.summary())
        await crowd.leave()
