"""Started before Kafka and Redis are there: alive, not ready, says for what; ready when they come."""
import pytest
import websockets

import net


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
