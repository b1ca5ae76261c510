"""A ruler that sleeps through its own deposition: what it appends when it wakes is void, and it steps down."""
import contextlib
import signal

import net
from checker import check_story, journal_of, reigns_of
from players import both_matched, connected
from schemas import strict_json
from stack import partition_of

TIMEOUT_S = 60  # of everything here: less than that


@contextlib.contextmanager
def paused(daemon):
    daemon.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        daemon.signal(signal.SIGCONT)


def ruler_of(stack, topics, partition):
    """The daemon that rules the partition, and its reign."""
    reign = reigns_of(topics, partition)[-1]
    return next(d for d in stack.daemons.values() if d.env["INSTANCE"] == reign["instance"]), reign


def appended_too_late(topics, partition, reign):
    """What came with this reign's nonce after a later reign, and therefore does not count."""
    values = [strict_json(record.value) for record in journal_of(topics, partition)]
    deposed = values.index(next(v for v in values if v["type"] == "reign" and v["epoch"] == reign["epoch"] + 1))
    return [value for value in values[deposed:] if value["nonce"] == reign["nonce"]]


async def test_a_paused_ruler_steps_down(own_stack, topics, name, pool):
    partition = partition_of(pool)
    stack = own_stack()
    stack.add("matchmaker-2", "matchmaker")
    stack.start()
    async with connected(stack.ws_port, *map(name, ("alice", "bob", "carol", "dave"))) as (alice, bob, carol, dave):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        sleeper, reign = ruler_of(stack, topics, partition)
        with paused(sleeper):
            await bob.start(pool)
            await both_matched(alice, bob, TIMEOUT_S)
            ruler, later = ruler_of(stack, topics, partition)
            assert ruler is not sleeper and later["epoch"] == reign["epoch"] + 1
        await net.until(lambda: f"stepped_down partition={partition} " in sleeper.log(), sleeper.log_tail, TIMEOUT_S)
        assert sleeper.metric("matchmaker_stepped_down_total") >= 1
        await net.until(lambda: ruler.metric("matchmaker_void_records_total") >= 1, ruler.log_tail, TIMEOUT_S)
        assert appended_too_late(topics, partition, reign)
        await carol.start(pool)
        await dave.start(pool)
        await both_matched(carol, dave, TIMEOUT_S)
        stack.wait_ready()
    check_story(topics)


async def test_two_with_one_name(own_stack, topics, name, pool):
    """The consumer group takes the younger for the one that came back; the older is fenced, and ends."""
    partition = partition_of(pool)
    stack = own_stack()
    stack.start()
    async with connected(stack.ws_port, *map(name, ("alice", "bob", "carol", "dave"))) as (alice, bob, carol, dave):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        older, reign = ruler_of(stack, topics, partition)
        with paused(older):
            younger = stack.add("twin", "matchmaker", INSTANCE=older.env["INSTANCE"])
            younger.start()
            await bob.start(pool)
            await both_matched(alice, bob, TIMEOUT_S)
            assert reigns_of(topics, partition)[-1]["epoch"] == reign["epoch"] + 1
        older.ends(1, TIMEOUT_S)
        assert "fenced" in older.log().lower()
        assert appended_too_late(topics, partition, reign)
        younger.wait_ready()
        await carol.start(pool)
        await dave.start(pool)
        await both_matched(carol, dave, TIMEOUT_S)
    check_story(topics)
