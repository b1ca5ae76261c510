"""
Records that no daemon of ours would write. Tables of what may be wrong with a value, forged journal records, a Topics
that can write them (compressed, larger than the topics' limits, with any header), and the fixtures of the tests that
do: on a broker of their own, because what stands in its topics would not please the checker of the others. Its topics
keep what is compressed as it is, as those do that were made by hand: of ours the broker unpacks it.
"""
import contextlib
import ctypes
import json
import secrets

import confluent_kafka
import confluent_kafka.admin
import pytest

from checker import TOPICS, Topics, journal_of, replay
from conftest import open_lab
from kafka import Kafka, running
from stack import NAMES

MARK = "MARK"  # in a good value: the text that is replaced by a bad one
LEVELS = 10000
MEGABYTES_3_9 = 3_900_000  # below the 4 MB of the large topics, above the 1 MB of the others


def texts():
    """What cannot stand in a JSON string."""
    return {
        "not_utf8": b"\xff", "cut_character": b"\xc3", "overlong": b"\xc0\xaf", "surrogate_in_utf8": b"\xed\xa0\x80",
        "beyond_unicode": b"\xf4\x90\x80\x80", "nul": b"\x00", "escaped_nul": b"\\u0000", "control": b"\x01",
        "lone_surrogate": b"\\ud800", "reversed_surrogates": b"\\udc00\\ud800", "no_such_escape": b"\\x41",
        "half_an_escape": b"\\u12", "open": b'"', "newline": b"\n",
    }


def numbers():
    """What is no integer of ours, wherever one is asked for."""
    return {
        "beyond_double": b"1e999", "2^63": b"9223372036854775808", "below_2^63": b"-9223372036854775809",
        "half": b"0.5",
        "minus_one": b"-1", "text": b'"1"', "nan": b"NaN", "infinity": b"-Infinity", "leading_zero": b"01",
        "plus": b"+1", "hexadecimal": b"0x10", "no_digits": b"1e", "bare_point": b".5", "true": b"true",
        "null": b"null",
        "list": b"[1]", "huge": b"1" + b"0" * 5000,
    }


def documents(text):
    """What cannot be the whole value, made from a good one."""
    good = text.encode()
    return {
        "empty": b"", "tombstone": None, "space": b" \n", "cut_off": good[:-1], "cut_in_half": good[:len(good) // 2],
        "closed_twice": good + b"}", "twice": good + good, "comma": good[:-1] + b",}", "comment": good + b"//",
        "single_quotes": good.replace(b'"', b"'"), "bom": b"\xef\xbb\xbf" + good, "utf16": text.encode("utf-16"),
        "utf16_without_bom": text.encode("utf-16-le"), "utf32": text.encode("utf-32"), "nul_behind": good + b"\x00",
        "nul_before": b"\x00" + good, "zeros": bytes(1000), "array": b"[" + good + b"]",
        "string": b'"' + MARK.encode() + b'"',
        "number": b"7", "number_of_400_digits": b"9" * 400, "null": b"null", "word": b"hello",
        "arrays_in_arrays": b"[" * LEVELS + b"]" * LEVELS, "never_closed": b"[" * LEVELS,
        "objects_in_objects": b'{"a":' * LEVELS + b"1" + b"}" * LEVELS,
        "deep_member": good[:-1] + b',"deep":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        "key_twice": good[:-1] + b"," + good[1:],
        "ten_thousand_keys": json.dumps({f"k{n}": n for n in range(10000)}).encode(),
        "bomb": bytes(MEGABYTES_3_9), "bomb_of_60_megabytes": bytes(60_000_000),
    }


def bad_values(good):
    """{name: value} from a good value (an object that has MARK as one of its strings)."""
    text = json.dumps(good)
    assert MARK in text
    values = documents(text)
    values.update((f"text_{name}", text.encode().replace(MARK.encode(), bad)) for name, bad in texts().items())
    values["text_of_3.9_megabytes"] = text.encode().replace(MARK.encode(), b"x" * MEGABYTES_3_9)
    return values


def bad_numbers(good, numeral):
    """The same with what stands for one number, which is unlike all others in it."""
    text = json.dumps(good).encode()
    assert text.count(numeral) == 1, text
    return {f"{numeral.decode()}_{name}": text.replace(numeral, bad) for name, bad in numbers().items()}


class Strangers(Topics):
    """Topics whose records may be larger than any limit on their way in: they are compressed."""

    def __init__(self, brokers):
        super().__init__(brokers)
        self.producer = self.make_producer(**{"linger.ms": 0})

    def make_producer(self, compression="gzip", **settings):
        return confluent_kafka.Producer({"bootstrap.servers": self.brokers, "log_level": 2,
                                         "compression.type": compression,
                                         "message.max.bytes": 200_000_000, "queue.buffering.max.kbytes": 2_000_000,
                                         **settings})

    def append_all(self, topic, partition, values):
        """Many values at once, in order, with a key and a header that say nothing."""
        for value in values:
            self.producer.produce(topic, value=value, key=b"\xff", headers=[("h", b"\xff")],
                                  partition=partition, on_delivery=self.note)
            self.producer.poll(0)
        assert self.producer.flush(60) == 0, "not all of it was taken"

    def note(self, error, message):
        assert error is None, error
        self.forged.add((message.topic(), message.partition(), message.offset()))

    def configure(self, topic, setting, value):
        """One of the topic's settings; what it was before is returned."""
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.brokers})
        kind = confluent_kafka.admin.ConfigResource.Type.TOPIC
        resource = confluent_kafka.admin.ConfigResource(kind, topic)
        now = admin.describe_configs([resource])[resource].result(15)
        changed = {name: entry.value for name, entry in now.items() if not entry.is_default} | {setting: value}
        change = confluent_kafka.admin.ConfigResource(kind, topic, set_config=changed)
        admin.alter_configs([change])[change].result(15)
        return now[setting].value

    @contextlib.contextmanager
    def configured(self, topic, setting, value):
        before = self.configure(topic, setting, value)
        try:
            yield
        finally:
            self.configure(topic, setting, before)

    def append_raw(self, topic, partition, value, headers):
        """A record whose header names are bytes, which the Python client cannot send."""
        RawProducer(self.brokers).append(topic, partition, value, headers)


class RawProducer:
    """librdkafka as it is."""

    TOPIC, PARTITION, VALUE, FLAGS, HEADERS, END, COPY = 1, 3, 4, 7, 10, 0, 2

    def __init__(self, brokers):
        self.lib = ctypes.CDLL("librdkafka.so.1")
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_headers_new"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        conf = ctypes.c_void_p(self.lib.rd_kafka_conf_new())
        why = ctypes.create_string_buffer(512)
        assert self.lib.rd_kafka_conf_set(conf, b"bootstrap.servers", brokers.encode(), why, len(why)) == 0, why.value
        self.rk = ctypes.c_void_p(self.lib.rd_kafka_new(0, conf, why, len(why)))
        assert self.rk.value, why.value

    def append(self, topic, partition, value, headers):
        names = ctypes.c_void_p(self.lib.rd_kafka_headers_new(ctypes.c_size_t(len(headers))))
        for name, text in headers:
            length = ctypes.c_ssize_t(len(text) if text is not None else 0)
            self.lib.rd_kafka_header_add(names, name, ctypes.c_ssize_t(len(name)), text, length)
        sent = self.lib.rd_kafka_producev(
            self.rk, ctypes.c_int(self.TOPIC), topic.encode(), ctypes.c_int(self.PARTITION), ctypes.c_int32(partition),
            ctypes.c_int(self.VALUE), value, ctypes.c_size_t(len(value)), ctypes.c_int(self.FLAGS),
            ctypes.c_int(self.COPY),
            ctypes.c_int(self.HEADERS), names, ctypes.c_int(self.END))
        assert sent == 0, sent
        assert self.lib.rd_kafka_flush(self.rk, 15000) == 0
        self.lib.rd_kafka_destroy(self.rk)


def now_in(topics, partition):
    """The members of the last valid record, and of those before it what it does not have."""
    state = {}
    for _, value in replay(journal_of(topics, partition), forged=True):
        state.update(value)
    return state


def forged_reign(topics, partition, ahead=1, **more):
    now = now_in(topics, partition)
    return {"type": "reign", "epoch": now["epoch"] + ahead, "nonce": secrets.token_hex(16), "instance": "by-hand",
            "incarnation": now["incarnation"], **more}


def forged_tick(topics, partition, ahead=1, **more):
    """What the ruler's next tick could look like."""
    now = now_in(topics, partition)
    head = {name: now[name] for name in ("epoch", "nonce", "at", "position", "published")}
    return {"type": "tick", **head, "seq": now["seq"] + ahead, "transitions": [], **more}


# ---- fixtures --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with running(Kafka(tmp_path_factory.mktemp("kafka"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def topics(kafka):
    strangers = Strangers(kafka.brokers)
    for topic in TOPICS:
        strangers.configure(topic, "compression.type", "producer")
    return strangers


@pytest.fixture(scope="module")
def lab(kafka, topics, tmp_path_factory):
    with open_lab(tmp_path_factory.mktemp("stacks"), kafka.brokers) as lab:
        yield lab


@pytest.fixture(autouse=True)
def alive(stack):
    """All daemons live through the test (a test that restarts one sees to it itself)."""
    yield
    assert [name for name in NAMES if not stack.daemons[name].running()] == [], stack.logs()
    stack.wait_ready()
