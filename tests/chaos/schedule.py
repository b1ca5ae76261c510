"""
What is done to the system, and when: a pure function of the seed. "When" is counted in tickets, because a machine's
speed is no property of a seed.
"""
import collections
import random

Fault = collections.namedtuple("Fault", "when kind target seconds arguments")  # when: so many tickets were started

FIRST, LAST = 0.03, 0.95  # the part of a run that has faults

DAEMONS = ("gateway-1", "gateway-2", "matchmaker-1", "matchmaker-2", "notifier-1", "notifier-2", "metrics-1")
SECONDS = ("gateway-2", "matchmaker-2", "notifier-2")   # one of two: may be taken away for a while
THIRDS = ("gateway-3", "matchmaker-3", "notifier-3")    # there for a while
LINKS = ("players-1", "players-2", "redis-a", "redis-b", "kafka-a", "kafka-b")
LINKS_BESIDE_A_CLUSTER = ("players-1", "players-2", "kafka-a", "kafka-b")  # its nodes say themselves where they are
SHARDS = ("redis-1", "redis-2", "redis-3")

MOMENT, WHILE, LONG = (0.2, 1.0), (1.0, 4.0), (5.0, 9.0)  # seconds: within a lease and a silence, beyond, far beyond

# kind: (how many of a thousand, targets, for how long, {argument: its choices})
SERVER = {
    "kill": (150, DAEMONS, (None,), {}),
    "pause": (130, DAEMONS, (MOMENT, WHILE, LONG), {}),
    "restart": (80, DAEMONS, (None,), {}),
    "add": (50, THIRDS, (LONG,), {}),
    "take_away": (50, SECONDS, (WHILE, LONG), {}),
    "broker_restart": (20, ("broker",), (None,), {}),
    "broker_kill": (20, ("broker",), (None,), {}),
    "broker_pause": (35, ("broker",), (MOMENT, WHILE), {}),
    "redis_flush": (35, ("redis",), (None,), {}),
    "redis_restart": (35, ("redis",), (MOMENT, WHILE), {}),
    "redis_pause": (35, ("redis",), (MOMENT, WHILE), {}),
    "redis_refuse": (35, ("redis",), (MOMENT, WHILE), {}),
    "cut": (70, LINKS, (MOMENT, WHILE), {}),
    "stall": (60, LINKS, (MOMENT, WHILE), {}),
    "slow": (60, LINKS, (WHILE,), {"ms": (5, 30, 150)}),
    "drop_new": (30, LINKS, (WHILE,), {}),
    "fill": (20, ("matchmakers",), (WHILE,), {}),
    "poison": (65, ("queue", "events", "outbox", "metrics", "journal"), (None,), {"number": range(1000)}),
    "poison_command": (20, ("queue",), (None,), {"number": range(1000)}),
}


def at(targets, *kinds):
    """The same kinds, at other targets."""
    return {kind: (SERVER[kind][0], targets, *SERVER[kind][2:]) for kind in kinds}


CLUSTER = {
    **SERVER,
    **at((*SHARDS, "redis"), "redis_flush"),
    **at(LINKS_BESIDE_A_CLUSTER, "cut", "stall", "slow", "drop_new"),
    "redis_restart": (20, SHARDS, (MOMENT, WHILE), {}),
    "redis_pause": (20, SHARDS, (MOMENT,), {}),  # for longer it is a failover
    "redis_refuse": (20, SHARDS, (MOMENT, WHILE), {}),
    "redis_failover": (45, SHARDS, (MOMENT, WHILE), {"signal": ("SIGKILL", "SIGSTOP")}),
}
KINDS = {"server": SERVER, "cluster": CLUSTER}  # by the sort of Redis


def kinds(rng, table, count):
    """Each kind once while there is room, the rest by weight, shuffled."""
    names = list(table)
    rng.shuffle(names)
    names += rng.choices(names, [table[name][0] for name in names], k=max(0, count - len(names)))
    names = names[:count]
    rng.shuffle(names)
    return names


def fault(rng, table, when, kind):
    _, targets, durations, choices = table[kind]
    duration = rng.choice(durations)
    seconds = round(rng.uniform(*duration), 2) if duration else 0
    target, arguments = rng.choice(targets), {name: rng.choice(values) for name, values in choices.items()}
    return Fault(when, kind, target, seconds, arguments)


def schedule(seed, tickets, faults, redis="server"):
    """The faults of this seed, in the order in which they begin. redis: one of KINDS."""
    rng, table = random.Random(f"schedule {seed}"), KINDS[redis]
    first, last = int(tickets * FIRST), int(tickets * LAST)
    times = sorted(rng.randint(first, last) for _ in range(faults))
    return [fault(rng, table, when, kind) for when, kind in zip(times, kinds(rng, table, faults))]
