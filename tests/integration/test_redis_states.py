"""
A Redis that lives and cannot be used, or is away and comes back with its data: players keep their connections and
tickets, matches are made meanwhile and delivered afterwards, what needs Redis is refused until then.
"""
import contextlib
import signal

import pytest
import redis as redis_client
import websockets

import net
from checker import EVENTS
from players import connected
from redis_servers import ON_CLUSTER

pytestmark = pytest.mark.skipif(ON_CLUSTER, reason="brings about what one server can be; tests/unit has a cluster's nodes")

NEEDS_REDIS = ("gateway", "matchmaker", "notifier")
BACK_S = 30


def ask(redis, *command, password=None):
    with contextlib.closing(redis_client.Redis(port=redis.port, password=password)) as client:
        return client.execute_command(*command)


def require_password(redis):
    ask(redis, "CONFIG", "SET", "requirepass", "secret")
    ask(redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", password="secret")  # old ones need none


def save_and_die(redis):
    ask(redis, "SAVE")
    redis.kill()


def start_again(redis):
    redis.start()
    redis.wait_ready()


# How it begins, what /readyz says in the end, how it ends.
STATES = {
    "read-only": (lambda r: ask(r, "REPLICAOF", "127.0.0.1", "1"), "READONLY this Redis is a replica",
                  lambda r: ask(r, "REPLICAOF", "NO", "ONE")),
    "password": (require_password, "NOAUTH Authentication required.",
                 lambda r: ask(r, "CONFIG", "SET", "requirepass", "", password="secret")),
    "writes-held": (lambda r: ask(r, "CLIENT", "PAUSE", 600000, "WRITE"), " did not answer within ",
                    lambda r: ask(r, "CLIENT", "UNPAUSE")),
    "silent": (lambda r: r.signal(signal.SIGSTOP), " did not answer within ", lambda r: r.signal(signal.SIGCONT)),
    "away": (save_and_die, "Connection refused", start_again),
}


async def redis_is_not_ready(daemon, reason):
    """Its dependency says why; not ready, and said once."""
    def said():
        return reason in daemon.dependencies()[1]["redis"]["reason"]
    await net.until(said, lambda: f"{daemon.dependencies()}\n{daemon.log_tail()}")
    status, dependencies = daemon.dependencies()
    assert status == 503 and not dependencies["redis"]["ready"] and dependencies["kafka"]["ready"]


def is_unavailable(answer):
    return (answer["type"], answer["data"]["code"], answer["data"]["retryable"]) == ("error", "unavailable", True)


@pytest.mark.parametrize("state", STATES)
async def test_matches_go_on(stack, topics, name, number, state):
    begin, reason, end = STATES[state]
    crowd = f"crowd-{number}"  # these two meet three seconds after they came
    async with connected(stack.ws_port, name("alice"), name("bob"), name("carol")) as (alice, bob, carol):
        await alice.start(crowd, attributes={"skill": 1000})
        await bob.start(crowd, attributes={"skill": 2000})
        marks = {stack.daemons[daemon]: len(stack.daemons[daemon].log()) for daemon in NEEDS_REDIS}
        since = topics.ends(EVENTS)
        begin(stack.redis)
        try:
            for daemon in marks:
                await redis_is_not_ready(daemon, reason)
            with pytest.raises(websockets.InvalidStatusCode) as refusal:
                await websockets.connect(f"ws://127.0.0.1:{stack.ws_port}/?player_id={name('late')}")
            assert refusal.value.status_code == 503
            assert is_unavailable(await carol.ask("start_matchmaking", {"configuration": f"pool-{number}"}))
            await net.until(lambda: {alice.id, bob.id} <= {r.key for r in topics.read(EVENTS, since)
                                                           if r.headers["ce_type"].endswith("match_ready")}, stack.logs)
        finally:
            end(stack.redis)
        for daemon in marks:
            await net.until(daemon.ready, daemon.log_tail, BACK_S)
        found = [(await player.expect("match_found"))["data"]["match_id"] for player in (alice, bob)]
        assert found[0] == found[1]
        await carol.ask("stop_matchmaking", {"ticket_id": await carol.start(f"pool-{number}")})
    for daemon, mark in marks.items():
        changes = [line for line in daemon.log()[mark:].splitlines() if "dependency name=redis" in line]
        assert ["ready=true" in line for line in changes] == [False, True], changes
