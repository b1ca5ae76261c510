"""
Killed between two steps of one match. What the next process has to do a second time is dropped by id, what the first
did not get to do is done. The producers dawdle here, so that there is time between the steps.
"""
import net
from checker import EVENTS, JOURNAL, OUTBOX, check_story
from players import connected
from stack import partition_of

SLOWLY = {"KAFKA_CONF": "producer.linger.ms=1000", "SILENCE_MS": "10000"}
TIMEOUT_S = 60


def slow(own_stack, daemon):
    """A stack whose `daemon` sends each record a second late."""
    stack = own_stack()
    stack.daemons[daemon].env.update(SLOWLY)
    stack.start()
    return stack


async def both_matched(alice, bob):
    found = [(await player.expect("match_found", TIMEOUT_S)) for player in (alice, bob)]
    assert found[0]["data"]["match_id"] == found[1]["data"]["match_id"]
    return [message["id"] for message in found]


def told(topics, topic, since, players):
    """The ids of the records for these players."""
    return [r.headers["ce_id"] for r in topics.read(topic, since) if r.key in [player.id for player in players]]


async def test_after_the_tick_before_the_events(own_stack, topics, name, pool):
    stack = slow(own_stack, "matchmaker")
    since = {topic: topics.ends(topic) for topic in (JOURNAL, EVENTS)}
    partition = partition_of(pool)
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        for player in players:
            await player.start(pool)

        def decided():
            journal = topics.read(JOURNAL, since[JOURNAL])
            return any(r.partition == partition and b'"match":' in r.value for r in journal)
        await net.until(decided, "a match in the journal", TIMEOUT_S)
        stack.matchmaker.kill()
        assert told(topics, EVENTS, since[EVENTS], players) == []
        stack.matchmaker.start()
        ids = await both_matched(*players)
        assert set(told(topics, EVENTS, since[EVENTS], players)) == set(ids)
    check_story(topics)


async def test_after_the_inbox_before_the_outbox(own_stack, topics, name, pool):
    stack = slow(own_stack, "notifier")
    since = {topic: topics.ends(topic) for topic in (EVENTS, OUTBOX)}
    async with connected(stack.ws_port, name("alice"), name("bob")) as players:
        for player in players:
            await player.start(pool)
        inboxes = [f"inbox:{{{player.id}}}" for player in players]
        with stack.redis.client() as store:
            await net.until(lambda: all(store.xlen(inbox) for inbox in inboxes), "both inboxes", TIMEOUT_S)
        stack.notifier.kill()
        assert told(topics, OUTBOX, since[OUTBOX], players) == []
        stack.notifier.start()
        ids = await both_matched(*players)  # live: neither has connected again
        assert sorted(told(topics, EVENTS, since[EVENTS], players)) == sorted(ids)
