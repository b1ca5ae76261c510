"""Started before Kafka and Redis are there: alive, not ready, says for what; ready when they come."""
import pytest
import redis
import websockets

import net
from redis_servers import ON_CLUSTER
from kafka import Kafka, running
from players import connected

BACK_S = 60


def not_ready(daemon, names):
    """The daemon lives and says that each of these is missing, with a reason."""
    daemon.wait_alive()
    status, dependencies = daemon.dependencies()
    assert status == 503
    for name in names:
        assert dependencies[name]["ready"] is False and dependencies[name]["reason"], dependencies


NEEDS_REDIS = ("gateway", "matchmaker", "notifier")


def test_before_kafka_and_redis(own_stack, kafka):
    forward = net.Forward(kafka.port)
    stack = own_stack(settings={"KAFKA_BROKERS": f"127.0.0.1:{forward.port}"})
    for daemon in stack.daemons.values():
        daemon.start()
    for daemon in stack.daemons.values():
        not_ready(daemon, ["kafka", "redis"] if daemon.name in NEEDS_REDIS else ["kafka"])
    stack.redis.start()
    stack.redis.wait_ready()
    for name in NEEDS_REDIS:
        net.wait_until(lambda: stack.daemons[name].dependencies()[1]["redis"]["ready"], stack.daemons[name].log_tail)
        assert stack.daemons[name].dependencies()[0] == 503
    forward.open()
    try:
        stack.wait_ready()
    finally:
        stack.stop_daemons()
        forward.close()


def test_stopped_while_it_waits(own_stack):
    stack = own_stack(settings={"KAFKA_BROKERS": f"127.0.0.1:{net.free_port()}"})
    for daemon in stack.daemons.values():
        daemon.start()
    for daemon in stack.daemons.values():
        daemon.wait_alive()
    stack.stop_daemons()  # each with exit status 0


async def test_the_gateway_lets_nobody_in_before_it_is_ready(own_stack):
    stack = own_stack(settings={"KAFKA_BROKERS": f"127.0.0.1:{net.free_port()}"})
    stack.gateway.start()
    stack.gateway.wait_alive()
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        await websockets.connect(f"ws://127.0.0.1:{stack.ws_port}/?player_id=alice")
    assert refusal.value.status_code == 503


KEYS = 20000
SLOWLY = ["--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024"]  # 10 s of loading


def fill_and_save(stack):
    """A Redis that takes its time the next time it starts."""
    stack.redis.start()
    stack.redis.wait_ready()
    with redis.Redis(port=stack.redis.port) as client:
        client.mset({f"filler:{n}": n for n in range(KEYS)})
        client.save()
    stack.redis.kill()
    stack.redis.argv += SLOWLY


def says(daemon, name, words):
    net.wait_until(lambda: words in daemon.dependencies()[1].get(name, {}).get("reason", ""),
                   lambda: f"{daemon.get('/readyz')}\n{daemon.log_tail()}", BACK_S)
    assert daemon.dependencies()[0] == 503


@pytest.mark.skipif(ON_CLUSTER, reason="a snapshot and slow loading are brought about on one server")
def test_while_redis_loads(own_stack):
    stack = own_stack()
    fill_and_save(stack)
    stack.redis.start()
    for daemon in stack.daemons.values():
        daemon.start()
    for name in NEEDS_REDIS:
        says(stack.daemons[name], "redis", "LOADING ")
    stack.metrics.wait_ready()
    stack.wait_ready(BACK_S)


STEPS = ("gateway", "matchmaker", "notifier", "metrics", "redis", "topics")


@pytest.fixture(scope="module")
def bare_kafka(tmp_path_factory):
    """Without topics: whoever makes them, others must have deleted them before."""
    kafka = Kafka(tmp_path_factory.mktemp("bare-kafka"))
    with running(kafka, kafka.up_without_topics):
        yield kafka


def delete_topics(kafka):
    for topic in kafka.admin().list_topics(timeout=10).topics:
        if not topic.startswith("__"):
            kafka.delete_topic(topic)


def begin(stack, kafka, step):
    if step == "topics":
        kafka.create_topics()
    elif step == "redis":
        stack.redis.start()
        stack.redis.wait_ready()
    else:
        stack.daemons[step].start()
        stack.daemons[step].wait_alive()


@pytest.mark.parametrize("first", range(len(STEPS)), ids=lambda n: STEPS[n])
@pytest.mark.parametrize("backwards", (False, True), ids=("on", "back"))
async def test_any_order(own_stack, bare_kafka, name, pool, first, backwards):
    """Each part comes first once, and each comes before and after each other one; then two players meet."""
    delete_topics(bare_kafka)
    order = [*STEPS[first:], *STEPS[:first]][::-1 if backwards else 1]
    stack = own_stack(brokers=bare_kafka.brokers)
    for n, step in enumerate(order):
        begin(stack, bare_kafka, step)
        begun = order[:n + 1]
        for daemon in (d for name_, d in stack.daemons.items() if name_ in begun):
            if "topics" not in begun:
                says(daemon, "kafka", " is missing")
            if "redis" not in begun and daemon.name in NEEDS_REDIS:
                says(daemon, "redis", "Connection refused")
    stack.wait_ready(BACK_S)
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        for player in (alice, bob):
            await player.start(pool)
        found = [(await player.expect("match_found", BACK_S))["data"]["match_id"] for player in (alice, bob)]
        assert found[0] == found[1]
