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

MOMENT, WHILE, LONG = (0.2, 1.0), (1.0, 4.0), (5.0, 9.0)  # seconds: within a lease and a silence, beyond, far beyond

# kind: (how many of a thousand, targets, for how long, {argument: its choices})
KINDS = {
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


def kinds(rng, count):
    """Each kind once while there is room, the rest by weight, shuffled."""
    names = list(KINDS)
    rng.shuffle(names)
    names += rng.choices(names, [KINDS[name][0] for name in names], k=max(0, count - len(names)))
    names = names[:count]
    rng.shuffle(names)
    return names


def fault(rng, when, kind):
    _, targets, durations, choices = KINDS[kind]
    duration = rng.choice(durations)
    seconds = round(rng.uniform(*duration), 2) if duration else 0
    target, arguments = rng.choice(targets), {name: rng.choice(values) for name, values in choices.items()}
    return Fault(when, kind, target, seconds, arguments)


def schedule(seed, tickets, faults):
    """The faults of this seed, in the order in which they begin."""
    rng = random.Random(f"schedule {seed}")
    first, last = int(tickets * FIRST), int(tickets * LAST)
    times = sorted(rng.randint(first, last) for _ in range(faults))
    return [fault(rng, when, kind) for when, kind in zip(times, kinds(rng, faults))]
