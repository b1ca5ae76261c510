"""
The fixtures. One real broker a run; one stack at a time: `stack` is shared by the tests that leave it as it was,
`own_stack` gives a test one of its own. `pool` is a matchmaking configuration that no other test uses.
"""
import asyncio
import contextlib
import inspect
import itertools
import re

import pytest

from checker import check_records, check_story, following
from kafka import Kafka, running
from stack import BUILD, NAMES, PATIENT, POOLS, SHAPES, Stack, started


def pytest_pyfunc_call(pyfuncitem):
    """A test that is a coroutine is run."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    with running(Kafka(tmp_path_factory.mktemp("kafka"))) as broker:
        yield broker


@pytest.fixture(scope="session")
def topics(kafka):
    with following(kafka.brokers) as topics:
        yield topics


@pytest.fixture
def own_kafka(tmp_path_factory):
    """A broker that a test may stop. Another than the session's: that one is everybody's."""
    with running(Kafka(tmp_path_factory.mktemp("own-kafka"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """One whose topics the tests of a file may change."""
    with running(Kafka(tmp_path_factory.mktemp("broker"))) as broker:
        yield broker


@pytest.fixture
def changing_stack(broker, tmp_path_factory):
    """On that one; its players outlive what is done to the topics."""
    broker.create_topics()
    with started(Stack(tmp_path_factory.mktemp("changing") / "stack", broker.brokers, settings=PATIENT)) as stack:
        yield stack


@pytest.fixture
def own_topics(own_kafka):
    with following(own_kafka.brokers) as topics:
        yield topics


class Lab:
    """Holds the one stack that runs."""

    def __init__(self, folder, brokers):
        self.folder, self.brokers = folder, brokers
        self.count = itertools.count()
        self.stack = self.shared = None

    def begin(self, brokers=None, **settings):
        self.end()
        self.stack = Stack(self.folder / f"stack-{next(self.count)}", brokers or self.brokers, **settings)
        return self.stack

    def begin_shared(self):
        if self.stack is None or self.stack is not self.shared:
            self.shared = self.begin()
            self.shared.start()
        return self.shared

    def end(self):
        stack, self.stack, self.shared = self.stack, None, None
        if stack is not None:
            stack.stop()


@contextlib.contextmanager
def open_lab(folder, brokers):
    missing = [name for name in NAMES if not (BUILD / name).exists()]
    assert not missing, f"not built: {missing}; run make"
    lab = Lab(folder, brokers)
    try:
        yield lab
    finally:
        lab.end()


@pytest.fixture(scope="session")
def lab(kafka, topics, tmp_path_factory):
    with open_lab(tmp_path_factory.mktemp("stacks"), kafka.brokers) as lab:
        yield lab
    check_records(topics)
    _, told, promised = check_story(topics)
    assert told == promised, f"players never told of their match: {sorted(promised - told)[:5]}"


@pytest.fixture
def stack(lab):
    """The shared one, ready. A test may stop and start its processes if it brings them back."""
    shared = lab.begin_shared()
    shared.wait_ready()
    return shared


@pytest.fixture
def own_stack(lab):
    """Makes a stack with settings of its own, not started; at the end it is stopped, and must stop well."""
    yield lab.begin
    lab.end()


pool_numbers = itertools.count()


@pytest.fixture
def number():
    """Of this test's pools: pool-N, brief-N and crowd-N (stack.py) are its own."""
    n = next(pool_numbers)
    assert n < POOLS, "more tests than pools: raise POOLS"
    return n


@pytest.fixture
def pool(number):
    return f"pool-{number}"


shape_numbers = itertools.count()


@pytest.fixture
def shape():
    """Of this test's squad-N, ready-N, hasty-N and guild-N (stack.py)."""
    n = next(shape_numbers)
    assert n < SHAPES, "more tests than shapes: raise SHAPES"
    return n


name_numbers = itertools.count()


@pytest.fixture
def name(request):
    """Player ids of this test's own: name("alice")."""
    number = next(name_numbers)
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40]
    return lambda who: f"{test}-{number}-{who}"
