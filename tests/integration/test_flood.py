"""More at once than fits into a tick: nothing stalls, nothing is left open, every tick stays small."""
import json

import net
from checker import JOURNAL, QUEUE
from players import connected
from stack import partition_of
from test_dlq import headers

TICKETS = 30000
TICK_MAX_BYTES = 1 << 20  # twice where ticks are cut: far below the 4 MB that the topic takes


def flood(topics, configuration, name):
    """Players so far apart that nobody can meet; their ids."""
    for n in range(TICKETS):
        ticket = name(f"t{n}")
        value = {"ConfigurationName": configuration, "TicketId": ticket,
                 "Players": [{"PlayerId": ticket, "PlayerAttributes": {"skill": {"N": 1000 * n}}}]}
        topics.producer.produce(QUEUE, value=json.dumps(value), partition=partition_of(configuration),
                                headers=list(headers(player_id=ticket).items()))
        topics.producer.poll(0)
    topics.producer.flush(30)


async def test_thousands_of_tickets_time_out_at_once(stack, topics, name, number):
    since, journal = stack.matchmaker.metric("matchmaker_tickets_ended_total", "timed_out"), topics.ends(JOURNAL)
    flood(topics, f"brief-{number}", name)

    def ended():
        return stack.matchmaker.metric("matchmaker_tickets_ended_total", "timed_out") - since

    net.wait_until(lambda: ended() == TICKETS, lambda: f"{ended()} of {TICKETS} ended\n{stack.matchmaker.log_tail()}", 60)
    assert max(len(r.value) for r in topics.read(JOURNAL, journal)) < TICK_MAX_BYTES
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(f"pool-{number}")
        await bob.start(f"pool-{number}")
        await alice.expect("match_found")
