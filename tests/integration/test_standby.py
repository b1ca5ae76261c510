"""
A second matchmaker follows the journals and rules when the first falls silent or stops: whatever the consumer group
thinks. And what makes it quick: snapshots, and a past that is deleted.
"""
import itertools
import json
import re
import signal

import net
from checker import JOURNAL, QUEUE, History, check_story, journal_of, replay, reigns_of
from players import both_matched, connected
from stack import PARTITIONS, partition_of
from test_dlq import headers

# The group notices nothing by itself in the time of a test: who rules then, rules by reading. The silences are longer
# than by default, so that a machine that is busy with something else is no silence.
GROUP_ASLEEP = {"KAFKA_CONF": "consumer.session.timeout.ms=45000"}
CROWD = 600  # tickets: more than fit into one part of a snapshot
TIMEOUT_S = 40  # of everything here: less than that


def begin(own_stack, count=2, **settings):
    """A stack with so many matchmakers."""
    stack = own_stack(settings=settings)
    matchmakers = [stack.matchmaker] + [stack.add(f"matchmaker-{n}", "matchmaker") for n in range(2, count + 1)]
    stack.start()
    return stack, matchmakers


def ruler_of(matchmakers, topics, partition):
    """Who rules the partition, and the others."""
    instance = reigns_of(topics, partition)[-1]["instance"]
    ruler = next(m for m in matchmakers if m.env["INSTANCE"] == instance)
    return ruler, [m for m in matchmakers if m is not ruler]


def ruled(*matchmakers):
    return sum(m.metric("matchmaker_partitions_ruled") for m in matchmakers)


async def test_a_standby_rules_before_the_group_notices(own_stack, kafka, topics, name, pool):
    partition = partition_of(pool)
    stack, matchmakers = begin(own_stack, SILENCE_MS="3000", **GROUP_ASLEEP)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        ruler, (standby,) = ruler_of(matchmakers, topics, partition)
        members = kafka.members("matchmaker")
        ruler.kill()
        await bob.start(pool)
        await both_matched(alice, bob, TIMEOUT_S)
        await net.until(lambda: ruled(standby) == PARTITIONS, standby.log_tail, TIMEOUT_S)
        assert sorted(kafka.members("matchmaker")) == sorted(members) and len(members) == 2  # the dead one is there
        assert reigns_of(topics, partition)[-1]["instance"] == standby.env["INSTANCE"]
        ruler.start()
        stack.wait_ready()
    check_story(topics)


async def test_a_clean_stop_hands_over(own_stack, topics, name, pool):
    """No silence, no time-out: neither would end in the time of this test."""
    partition = partition_of(pool)
    stack, matchmakers = begin(own_stack, SILENCE_MS="60000", **GROUP_ASLEEP)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        ruler, (standby,) = ruler_of(matchmakers, topics, partition)
        reign = reigns_of(topics, partition)[-1]
        ruler.signal(signal.SIGTERM)
        ruler.ends(0)
        await bob.start(pool)
        await both_matched(alice, bob, TIMEOUT_S)
        assert reigns_of(topics, partition)[-1]["instance"] == standby.env["INSTANCE"]
        of_the_first = [value for _, value in replay(journal_of(topics, partition)) if value["nonce"] == reign["nonce"]]
        assert of_the_first[-1]["type"] == "abdicate" and of_the_first[-1]["stopping"] is True
        ruler.start()
        stack.wait_ready()
    check_story(topics)


async def test_a_newcomer_makes_nobody_replay(own_stack, kafka, topics, name, pool):
    stack, matchmakers = begin(own_stack, SILENCE_MS="10000")  # only who is given a partition claims it
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        before = [m.metric("matchmaker_replays_total") for m in matchmakers]
        newcomer = stack.add("matchmaker-3", "matchmaker")
        newcomer.start()
        newcomer.wait_ready(TIMEOUT_S)
        await net.until(lambda: ruled(newcomer) > 0, newcomer.log_tail, TIMEOUT_S)
        await net.until(lambda: ruled(*matchmakers, newcomer) == PARTITIONS, stack.logs, TIMEOUT_S)
        assert len(kafka.members("matchmaker")) == 3
        await bob.start(pool)
        await both_matched(alice, bob, TIMEOUT_S)
        assert [m.metric("matchmaker_replays_total") for m in matchmakers] == before
    check_story(topics)


def log_start(topics, partition):
    return topics.bounds(JOURNAL)[partition][0]


def put_starts(topics, configuration, starts):
    """Into the queue by hand: (ticket, player, skill)."""
    for ticket, player, skill in starts:
        value = {"ConfigurationName": configuration, "TicketId": ticket,
                 "Players": [{"PlayerId": player, "PlayerAttributes": {"skill": {"N": skill}}}]}
        topics.producer.produce(QUEUE, value=json.dumps(value), partition=partition_of(configuration),
                                headers=list(headers(player_id=player).items()))
    topics.producer.flush(30)


def open_tickets(records, prefix):
    return {ticket for ticket in History(records).open_tickets() if ticket.startswith(prefix)}


async def wait_cut(stack, topics, pool, name, beyond):
    """Until the journal begins after that offset: the ruler waits ten seconds before it cuts. A player who asks again and
    again makes the journal grow, and the pool not."""
    again = itertools.count()

    def is_cut():
        put_starts(topics, pool, [(name(f"again-{next(again)}"), name("fickle"), -10000) for _ in range(20)])
        return log_start(topics, partition_of(pool)) > beyond
    await net.until(is_cut, lambda: f"no snapshot, or nothing is deleted\n{stack.matchmaker.log_tail()}", TIMEOUT_S, 0.1)


async def test_snapshots(own_stack, topics, name, pool):
    """Small ones, often: the log begins later and later, and a newcomer still knows who waits and who has waited."""
    stack = own_stack(settings={"SNAPSHOT_MIN_BYTES": "4096"})
    stack.start()
    async with connected(stack.ws_port, *(name(f"p{n}") for n in range(10))) as players:
        ended = await players[9].start(pool, ticket_id=name("ended"))
        assert (await players[9].ask("stop_matchmaking", {"ticket_id": ended}))["type"] == "matchmaking_cancelled"
        for n, player in enumerate(players[:5]):
            await player.start(pool, attributes={"skill": 1000 * n})
        put_starts(topics, pool, [(name(f"t{n}"), name(f"t{n}"), 10000 + 1000 * n) for n in range(CROWD)])
        await net.until(lambda: stack.matchmaker.metric("matchmaker_tickets_waiting") >= CROWD, stack.logs, TIMEOUT_S)
        await wait_cut(stack, topics, pool, name, topics.ends(JOURNAL)[partition_of(pool)])

        stack.matchmaker.restart()
        stack.matchmaker.wait_ready(TIMEOUT_S)
        for n, player in enumerate(players[5:9]):
            await player.start(pool, attributes={"skill": 1000 * n})
        for one, other in zip(players[:4], players[5:9]):
            await both_matched(one, other, TIMEOUT_S)
        await players[9].start(pool, ticket_id=ended)
        assert (await players[9].expect("error"))["data"]["code"] == "ticket_exists"
        whole, left = (open_tickets(records, name("t")) for records in (topics.read(JOURNAL), topics.read_log(JOURNAL)))
        assert whole == left and len(whole) == CROWD
    check_story(topics)


async def test_a_standby_that_is_behind_the_cut(own_stack, topics, name, pool):
    """It stands still while the log that it has not read is deleted; then it knows again who waits, and rules."""
    partition = partition_of(pool)
    stack, matchmakers = begin(own_stack, SNAPSHOT_MIN_BYTES="4096", SILENCE_MS="3000", **GROUP_ASLEEP)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.wait_state(await alice.start(pool), "SEARCHING")
        ruler, (standby,) = ruler_of(matchmakers, topics, partition)
        standby.signal(signal.SIGSTOP)
        await wait_cut(stack, topics, pool, name, topics.ends(JOURNAL)[partition] + 20)  # more than is on its way to it
        standby.signal(signal.SIGCONT)
        await net.until(lambda: f"journal_place_lost partition={partition} " in standby.log(), standby.log_tail,
                        TIMEOUT_S)
        ruler.kill()
        await bob.start(pool)
        await both_matched(alice, bob, TIMEOUT_S)
        assert reigns_of(topics, partition)[-1]["instance"] == standby.env["INSTANCE"]
        ruler.start()
        stack.wait_ready()
    check_story(topics)


async def test_a_journal_without_a_beginning_is_refused(own_kafka, own_topics, own_stack, name, number):
    """Somebody has deleted what was there: to rule from nothing would be to forget everybody who waits."""
    lost, other = f"pool-{number}", f"pool-{number + 1}"
    partition = partition_of(lost)
    stack = own_stack(brokers=own_kafka.brokers)
    stack.start()
    async with connected(stack.ws_port, name("alice"), name("bob"), name("carol")) as (alice, bob, carol):
        await alice.wait_state(await alice.start(lost), "SEARCHING")
        stack.matchmaker.kill()
        end = own_topics.ends(JOURNAL)[partition]
        own_kafka.delete_records(JOURNAL, partition)
        stack.matchmaker.start()
        for player in (bob, carol):
            await player.start(other)
        await both_matched(bob, carol, TIMEOUT_S)
        status, dependencies = stack.matchmaker.dependencies()
        assert status == 503 and f"partition {partition} " in dependencies["partitions"]["reason"]
        assert re.search(rf"error .*partition={partition} ", stack.matchmaker.log())
        await net.until(lambda: ruled(stack.matchmaker) == PARTITIONS - 1, stack.matchmaker.log_tail, TIMEOUT_S)
        assert own_topics.ends(JOURNAL)[partition] == end  # nobody rules, so nobody writes
    check_story(own_topics)
