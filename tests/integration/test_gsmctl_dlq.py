"""gsmctl dlq: dead letters are seen, sent again, deleted; on a broker alone, and to the daemons who read them."""
import json
import subprocess
import time

import pytest

import net
from bad_records import kafka, lab, topics  # pylint: disable=unused-import  # a broker of our own
from checker import DLQ, EVENTS_DLQ, METRICS, QUEUE
from dlq_tool import INTERRUPTED, STAYS, Gsmctl, count, history, put_letters
from stack import BUILD

N = 300


@pytest.fixture
def gsmctl(kafka):
    """With no letter anywhere."""
    tool = Gsmctl(kafka.brokers)
    for topic in (DLQ, EVENTS_DLQ):
        assert tool.run("dlq", "purge", topic, "--yes")[0] == 0
    return tool


def values(n=N):
    return [f"value {i}" for i in range(n)]


def arrived(topics, since, topic=QUEUE):
    return topics.read(topic, since)


def firsts(records):
    """Their values in the order in which each came first."""
    return list(dict.fromkeys(r.value.decode() for r in records))


# ---- seen ------------------------------------------------------------------------------------------------------------

def test_no_letters(gsmctl):
    rows = gsmctl.rows("dlq", "list")
    assert rows == [{"topic": t, "messages": 0, "oldest": None, "newest": None} for t in (DLQ, EVENTS_DLQ)]
    assert gsmctl.rows("dlq", "list", DLQ) == []
    assert gsmctl.lines("dlq", "list")[0].split() == ["TOPIC", "MESSAGES", "OLDEST", "NEWEST"]


def test_topics_and_their_letters(gsmctl, topics):
    put_letters(topics, 3, values(4))
    put_letters(topics, 0, values(2))
    queue, events = gsmctl.rows("dlq", "list")
    assert (queue["topic"], queue["messages"], events["messages"]) == (DLQ, 6, 0)
    rows = gsmctl.rows("dlq", "list", DLQ)
    assert [r["id"].split(":")[0] for r in rows] == ["3"] * 4 + ["0"] * 2  # the newest last
    assert [rows[0]["time"], rows[-1]["time"]] == [queue["oldest"], queue["newest"]]
    first = rows[0]
    assert (first["source_topic"], first["source_partition"], first["source_offset"]) == (QUEUE, 3, 0)
    assert (first["attempts"], first["redrives"], first["key"], first["type"]) == (3, 0, "pool", "StopMatchmaking")
    assert (first["bytes"], first["value_kept"], first["reason"]) == (len("value 0"), True, "by hand")
    status, out, err = gsmctl.run("dlq", "list", DLQ, "--limit", "3")
    assert status == 0 and [line.split()[0] for line in out.splitlines()[1:]] == [r["id"] for r in rows[3:]]
    assert err == "the newest 3 of 6; --limit shows more\n"


EVIL = "\x1b[2J\x07\u009b31m\u202eevil\\"


def test_a_letter_says_everything_and_does_nothing(gsmctl, topics):
    headers = [("ce_type", "StopMatchmaking"), ("evil", EVIL.encode()), ("bytes", b"\xff\x00"),
               *history(QUEUE, 5, 7, dlq_reason=EVIL).items()]
    offset = topics.append(DLQ, 5, json.dumps({"TicketId": EVIL}, ensure_ascii=False), key=EVIL, headers=headers)
    binary = topics.append(DLQ, 5, b"\x00\x1b[31m" * 1000, headers=headers)
    text = topics.append(DLQ, 5, EVIL, headers=headers)
    out = "\n".join(gsmctl.lines("dlq", "show", DLQ, f"5:{offset}"))
    shown = r"\x1b[2J\x07\u{9b}31m\u{202e}evil\\"
    for line in (f"why       {shown}", f"key       {shown}", f"  evil: {shown}", r"  bytes: \xff\x00", "attempts  3",
                 f"from      {QUEUE} 5:7"):
        assert line in out, out
    body = json.loads(out[out.index("{\n"):])
    assert body == {"TicketId": EVIL}
    out = "\n".join(gsmctl.lines("dlq", "show", DLQ, f"5:{binary}"))
    assert "00000000  00 1b 5b 33 31 6d 00" in out and "... (4976 bytes more)" in out
    assert gsmctl.lines("dlq", "show", DLQ, f"5:{text}")[-1] == shown
    assert gsmctl.rows("dlq", "list", DLQ)[0]["reason"] == EVIL
    assert all(shown in line for line in gsmctl.lines("dlq", "list", DLQ)[1:])


@pytest.mark.parametrize("words, status, says", [
    (["list", "no-such"], 2, f'"no-such" is no dead-letter topic; there are: {DLQ} {EVENTS_DLQ}'),
    (["list", QUEUE], 2, "is no dead-letter topic"),
    (["show", DLQ], 2, "needs a letter's id, PARTITION:OFFSET"),
    (["show", DLQ, "12:0"], 2, "needs a letter's id"),
    (["show", DLQ, "0:99999"], 1, "has no letter 0:99999 (any more)"),
    (["redrive"], 2, "needs a topic"),
    (["redrive", DLQ, "--rate", "0"], 2, "must be a number of letters a second"),
    (["redrive", DLQ, "--to", DLQ], 2, "they are in that topic"),
    (["redrive", DLQ, "--to", "no-such"], 2, "no topic of ours"),
    (["purge"], 2, "needs a topic"),
])
def test_what_is_wrong_is_said(gsmctl, words, status, says):
    done, out, err = gsmctl.run("dlq", *words)
    assert (done, out) == (status, "") and says in err, err


@pytest.mark.parametrize("words", [["list"], ["list", DLQ], ["show", DLQ, "0:0"], ["redrive", DLQ], ["purge", DLQ, "--yes"]])
def test_nobody_answers(words):
    run = subprocess.run([BUILD / "gsmctl", "dlq", *words, "--brokers", f"127.0.0.1:{net.free_port()}", "--timeout-s", "2"],
                         capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1 and "no answer" in run.stderr, run


# ---- sent again ------------------------------------------------------------------------------------------------------

def test_all_go_where_they_came_from_in_order(gsmctl, topics):
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values())
    put_letters(topics, 7, values(5))
    letters = {(r.partition, r.value): r for r in topics.read(DLQ)}
    assert gsmctl.lines("dlq", "redrive", DLQ, "--dry-run") == [f"{N + 5} would go to {QUEUE}", "0 would stay"]
    assert count(topics, DLQ) == N + 5
    assert gsmctl.lines("dlq", "redrive", DLQ) == [f"{N + 5} moved, 0 stay, 0 left"]
    records = arrived(topics, since)
    assert [r.value.decode() for r in records] == values() + values(5)
    for record in records:
        letter = letters[record.partition, record.value]
        assert record.headers == {
            **letter.headers, "dlq_redrives": "1", "dlq_start_time": letter.headers["dlq_source_time"]}
        assert record.key == letter.key
    assert count(topics, DLQ) == 0


def test_what_is_killed_goes_on(gsmctl, topics):
    """Nothing is lost, and what comes twice came before: the order of each partition is kept."""
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values())
    for _ in range(2):
        left = count(topics, DLQ)
        run = gsmctl.start("dlq", "redrive", DLQ, "--rate", "20/s")
        net.wait_until(lambda left=left: count(topics, DLQ) <= left - 10, "letters on their way", 30)
        run.kill()
    assert 0 < count(topics, DLQ) < N
    status, out, _ = gsmctl.run("dlq", "redrive", DLQ)
    records = arrived(topics, since)
    assert status == 0 and out.endswith(", 0 stay, 0 left\n") and count(topics, DLQ) == 0
    assert firsts(records) == values()
    assert len(records) < N * 3 / 2


def test_ctrl_c_ends_it_in_good_order(gsmctl, topics):
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values())
    run = gsmctl.start("dlq", "redrive", DLQ, "--rate", "20")
    net.wait_until(lambda: topics.ends(QUEUE)[3] >= since[3] + 10, "letters on their way", 30)
    run.interrupt()
    status, out, err = run.end()
    moved = topics.ends(QUEUE)[3] - since[3]
    assert status == INTERRUPTED and out == f"{moved} moved, 0 stay, {N - moved} left\n"
    assert "the same command goes on" in err and count(topics, DLQ) == N - moved > 0
    assert gsmctl.lines("dlq", "redrive", DLQ) == [f"{N - moved} moved, 0 stay, 0 left"]
    assert [r.value.decode() for r in arrived(topics, since)] == values()  # none of them twice


def test_no_faster_than_asked(gsmctl, topics):
    put_letters(topics, 3, values(41))
    began = time.monotonic()
    assert gsmctl.lines("dlq", "redrive", DLQ, "--rate", "20/s") == ["41 moved, 0 stay, 0 left"]
    assert time.monotonic() - began >= 2


def test_no_more_than_asked(gsmctl, topics):
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values(10))
    assert gsmctl.lines("dlq", "redrive", DLQ, "--max", "4") == ["4 moved, 0 stay, 0 left"]
    assert [r.value.decode() for r in arrived(topics, since)] == values(4) and count(topics, DLQ) == 6


def test_elsewhere(gsmctl, topics):
    """As new messages, by their keys."""
    since = topics.ends(METRICS)
    put_letters(topics, 3, values(4))
    assert gsmctl.lines("dlq", "redrive", DLQ, "--to", METRICS) == ["4 moved, 0 stay, 0 left"]
    records = arrived(topics, since, METRICS)
    assert [r.value.decode() for r in records] == values(4) and len({r.partition for r in records}) == 1
    assert all("dlq_redrives" not in r.headers and r.headers["dlq_reason"] == "by hand" for r in records)


def test_what_cannot_be_sent_stays(gsmctl, topics):
    """At the end, so that it is in nobody's way; again and again, until somebody purges it."""
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values(2))
    topics.append(DLQ, 3, b"", headers=history(QUEUE, 3, 41, dlq_value_bytes="6000000"))
    topics.append(DLQ, 3, b"whose?", key="key", headers=[("dlq_reason", "unknown"), ("h", "1"), ("h", "2")])
    topics.append(DLQ, 3, b"x" * 1_040_000 * 2, headers=history(QUEUE, 3, 42))
    put_letters(topics, 3, ["value 2"])
    for moved in (3, 0):
        assert gsmctl.run("dlq", "redrive", DLQ, "--dry-run")[0] == STAYS
        status, out, err = gsmctl.run("dlq", "redrive", DLQ)
        assert (status, out) == (STAYS, f"{moved} moved, 3 stay, 0 left\n")
        assert f"its value was too large to be kept with it; it is at {QUEUE} 3:41" in err
        assert "it does not say where it came from" in err and "larger than the topic takes" in err
        rows = topics.read(DLQ)
        assert [r.value[:6] for r in rows] == [b"", b"whose?", b"xxxxxx"]
        assert rows[0].headers == history(QUEUE, 3, 41, dlq_value_bytes="6000000") | {
            "dlq_source_time": rows[0].headers["dlq_source_time"]}
        assert rows[1].key == "key" and rows[1].headers == {"dlq_reason": "unknown", "h": "2"}
    assert firsts(arrived(topics, since)) == values(3)


def test_two_at_once_do_no_harm(gsmctl, topics):
    since = topics.ends(QUEUE)
    put_letters(topics, 3, values())
    runs = [gsmctl.start("dlq", "redrive", DLQ, "--rate", "300") for _ in range(2)]
    ends = [run.end() for run in runs]
    assert [status for status, _, _ in ends] == [0, 0], ends
    assert firsts(arrived(topics, since)) == values() and count(topics, DLQ) == 0


# ---- deleted ---------------------------------------------------------------------------------------------------------

def test_purge_asks(gsmctl, topics):
    put_letters(topics, 3, values(5))
    put_letters(topics, 4, values(2))
    for says in (b"n\n", b"", b"\n"):
        status, out, _ = gsmctl.run("dlq", "purge", DLQ, says=says)
        assert status == 1 and "Delete the 7 letters" in out and "nothing was deleted" in out
    assert count(topics, DLQ) == 7
    status, out, _ = gsmctl.run("dlq", "purge", DLQ, says=b"y\n")
    assert status == 0 and out.endswith("7 deleted\n") and count(topics, DLQ) == 0


def test_purge_leaves_what_came_since_it_counted(gsmctl, topics):
    put_letters(topics, 3, values(5))
    run = gsmctl.start("dlq", "purge", DLQ)
    assert b"Delete the 5 letters" in run.popen.stdout.read(22)
    put_letters(topics, 3, ["later"])
    assert run.end(b"y\n")[0] == 0
    assert [r.value for r in topics.read(DLQ)] == [b"later"]
