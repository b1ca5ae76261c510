"""The proxy does what its modes say, on connections that stand and on new ones."""
import pathlib
import socket
import socketserver
import threading
import time

import pytest

import net
from links import Links

SOON_S, LATE_S, SLOW_MS = 5, 0.3, 400


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except ConnectionResetError:
            pass


@pytest.fixture
def echo():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def links(echo):
    links = Links({"a": echo, "b": echo, "nowhere": net.free_port()})
    links.open()
    yield links
    links.close()


def connect(links, name="a"):
    return socket.create_connection(("127.0.0.1", links.ports[name]), timeout=SOON_S)


def received(s, count):
    data = b""
    while len(data) < count and (more := s.recv(65536)):
        data += more
    return data


def says(s, data=b"hello"):
    s.sendall(data)
    return received(s, len(data)) == data


def is_silent(s):
    s.settimeout(LATE_S)
    try:
        return s.recv(1) is None
    except socket.timeout:
        return True
    finally:
        s.settimeout(SOON_S)


def descriptors(links):
    return len(list(pathlib.Path(f"/proc/{links.process.pid}/fd").iterdir()))


def is_refused(links, name="a"):
    """At once, or as soon as it was taken."""
    try:
        with connect(links, name) as s:
            return is_gone(s)
    except ConnectionResetError:
        return True


def is_gone(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_open_forwards_much_and_in_order(links):
    data = bytes(range(256)) * 20000
    with connect(links) as s:
        writer = threading.Thread(target=s.sendall, args=(data,))
        writer.start()
        assert received(s, len(data)) == data
        writer.join()


def test_one_direction_may_end_before_the_other(links):
    with connect(links) as s:
        s.sendall(b"last words")
        s.shutdown(socket.SHUT_WR)
        assert received(s, 100) == b"last words"


@pytest.mark.parametrize("mode", ["open", "slow"])
def test_what_has_ended_is_closed(links, mode):
    """Whoever ends first, both or nobody there: the proxy keeps no descriptor."""
    before = descriptors(links)
    links.set("a", mode)
    for _ in range(20):
        with connect(links) as s:
            s.shutdown(socket.SHUT_WR)
            assert is_gone(s)
        assert is_refused(links, "nowhere")
    net.wait_until(lambda: descriptors(links) == before, lambda: f"{descriptors(links)} descriptors, not {before}")


def test_nobody_there(links):
    assert is_refused(links, "nowhere")


def test_cut_ends_what_stands_and_what_comes(links):
    with connect(links) as old, connect(links, "b") as other:
        assert says(old) and says(other)
        links.set("a", "cut")
        assert is_gone(old)
        assert is_refused(links)
        assert says(other)
        links.set("a", "open")
        with connect(links) as new:
            assert says(new)


def test_drop_new_leaves_what_stands(links):
    with connect(links) as old:
        assert says(old)
        links.set("a", "drop_new")
        assert says(old)
        assert is_refused(links)


def test_stall_holds_back_and_loses_nothing(links):
    with connect(links) as old:
        assert says(old)
        links.set("a", "stall")
        old.sendall(b"before ")
        with connect(links) as new:
            new.sendall(b"new")
            assert is_silent(old) and is_silent(new)
            old.sendall(b"after")
            links.set("a", "open")
            assert received(old, 12) == b"before after" and received(new, 3) == b"new"


def test_slow_is_late_both_ways_and_in_order(links):
    links.set("a", "slow", ms=SLOW_MS)
    with connect(links) as s:
        begun = time.monotonic()
        s.sendall(b"one ")
        s.sendall(b"two")
        assert received(s, 7) == b"one two"
        assert time.monotonic() - begun >= 2 * SLOW_MS / 1000
        links.set("a", "open")
        assert says(s)
