"""A schedule is its seed's, has every kind of fault, and nothing that cannot be done and mended."""
import faults
import poison
from schedule import CLUSTER, DAEMONS, FIRST, KINDS, LAST, LINKS, SERVER, SHARDS, THIRDS, schedule
from world import FROM_THE_START, LATER

MANY = 200


def test_a_seed_has_one_schedule():
    assert schedule(7, 100000, MANY) == schedule(7, 100000, MANY)
    assert schedule(7, 100000, MANY) != schedule(8, 100000, MANY)


def test_every_kind_is_there_as_soon_as_there_is_room():
    for redis, table in KINDS.items():
        for seed in range(20):
            assert {fault.kind for fault in schedule(seed, 100000, len(table), redis)} == set(table)


def test_fewer_faults_than_kinds_are_as_many_as_asked_for():
    for seed in range(20):
        chosen = [fault.kind for fault in schedule(seed, 1500, 12)]
        assert len(chosen) == len(set(chosen)) == 12


def test_faults_begin_in_order_while_tickets_are_started():
    times = [fault.when for fault in schedule(1, 100000, MANY)]
    assert times == sorted(times) and 100000 * FIRST <= times[0] and times[-1] <= 100000 * LAST


def test_every_kind_can_be_done_and_mended():
    assert faults.KINDS.keys() == CLUSTER.keys() == {*SERVER, "redis_failover"}
    for kind, (do, mend) in faults.KINDS.items():
        assert callable(do) and callable(mend), kind


def test_every_target_is_there():
    known = {*FROM_THE_START, *LATER, *LINKS, "broker", "redis", "matchmakers", *poison.RECORDS}
    known_on = {"server": known, "cluster": known - {"redis-a", "redis-b"} | {*SHARDS}}
    for redis, targets in known_on.items():
        for seed in range(20):
            assert {fault.target for fault in schedule(seed, 100000, MANY, redis)} <= targets
    assert set(DAEMONS) == set(FROM_THE_START) and set(THIRDS) == set(LATER)


def test_what_is_held_up_is_held_up_for_a_bounded_time():
    for redis, table in KINDS.items():
        for fault in schedule(3, 100000, 2000, redis):
            _, _, durations, choices = table[fault.kind]
            assert fault.seconds <= max((most for _, most in filter(None, durations)), default=0), fault
            assert fault.arguments.keys() == choices.keys(), fault


def test_no_other_primary_is_touched_while_one_fails_over():
    of_shards = [fault for fault in schedule(3, 100000, 2000, "cluster") if fault.kind.startswith("redis")]
    for fault in of_shards:
        assert set(faults.held_by(fault)) <= set(SHARDS) and fault.target in ("redis", *faults.held_by(fault)), fault
    assert {faults.held_by(fault) for fault in of_shards if fault.kind == "redis_failover"} == {SHARDS}


def test_poison_is_made_of_every_number():
    for make in (*poison.RECORDS.values(), poison.command):
        for number in range(100):
            record = make(number, [3])
            assert isinstance(record.value, bytes) and 0 <= record.partition < 64, record
