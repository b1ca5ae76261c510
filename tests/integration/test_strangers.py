"""
Who comes from the internet and does not behave: each is answered, cut or left waiting, memory stays bounded, and the matches
of those who behave go on; how fast, before and meanwhile, is printed (a person reads it: machines are noisy).
"""
import asyncio
import contextlib
import socket

import pytest
import websockets

import net
from players import Player
from stack import FREED_MB
from strangers import CLOSE, KEY, PING, Flood, Raw, couples, frame, http, upgrade

RSS_GROWTH_MAX = (64 + FREED_MB) << 20  # generous


@contextlib.asynccontextmanager
async def watched(stack, pool, name, capsys, what):
    """Couples, whose figures are printed, and the gateway's memory, which must not grow."""
    before = stack.gateway.status("VmRSS")
    async with couples(stack.ws_port, pool, name) as good:
        await good.rounds(10)
        quiet = good.figures("before")
        yield good
        growth = (stack.gateway.status("VmRSS") - before) * 1024
        with capsys.disabled():
            print(f"\n{what}\n  {quiet}\n  {good.figures('meanwhile')}\n  gateway memory {growth / 1e6:+.1f} MB")
        assert growth < RSS_GROWTH_MAX, f"{growth} bytes more"


def hung_up(s):
    """Has the other side ended it? Reads what is there; the socket must not block."""
    with contextlib.suppress(BlockingIOError):
        try:
            while s.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True
    return False


def drip(sockets):
    for s in sockets:
        with contextlib.suppress(OSError):
            s.send(b"x")


class Crowd:
    """Sockets that are opened and left."""

    def __init__(self, port, first=b""):
        self.port, self.first, self.sockets = port, first, []

    def grow(self, count):
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            s.sendall(self.first)
            s.setblocking(False)
            self.sockets.append(s)

    def left(self):
        return [s for s in self.sockets if not hung_up(s)]

    def close(self):
        for s in self.sockets:
            s.close()


@contextlib.contextmanager
def crowd(port, first=b""):
    c = Crowd(port, first)
    try:
        yield c
    finally:
        c.close()


# ---- handshakes ----

HALF = upgrade("player_id=mallory")[:60]


@pytest.mark.parametrize("first", [b"", HALF], ids=["silent", "dripping"])
async def test_half_open_handshakes(stack, pool, name, capsys, first):
    def refused():
        return stack.gateway.metric("gateway_refused_total", 'code="handshakes"')

    async with watched(stack, pool, name, capsys, f"300 handshakes, {'dripping' if first else 'silent'}") as good:
        since = refused()
        with crowd(stack.ws_port, first) as strangers:
            strangers.grow(300)

            def all_fit():  # the oldest go when more come
                drip(strangers.sockets if first else [])
                strangers.grow(10)
                return refused() == since
            await good.rounds_while(all_fit, "room for more")

            def some_are_left():
                drip(strangers.sockets if first else [])
                return strangers.left()
            await good.rounds_while(some_are_left, "some half open")


async def test_who_comes_when_many_are_half_open_is_let_in(stack, name):
    with crowd(stack.ws_port) as strangers:
        strangers.grow(600)
        late = await Player(stack.ws_port, name("late")).connect()
        await late.ping()
        await late.close()


# What comes instead of an upgrade is answered, and the socket closed.
ODD = {
    "get": ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "head": ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "post": ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400),
    "post_without_length": ("POST / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "post_upgrade": (f"POST /?player_id=a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{KEY}\r\n", 400),
    "options": ("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "delete": ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "other_path": ("GET /chat HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "head_other_path": ("HEAD /chat HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "connect": ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", None),
    "no_method": ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", None),
    "no_http": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", None),
    "header_too_long": ("GET / HTTP/1.1\r\nHost: x\r\nCookie: " + "x" * 5000 + "\r\n\r\n", None),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_no_upgrade_is_answered_and_closed(stack, case):
    request, status = ODD[case]
    answer = http(stack.ws_port, 2 * request.encode("latin-1"))  # the second is not looked at
    if status is None:  # nothing, or the library's own
        assert answer == b"" or answer.startswith(b"HTTP/1.0 40") and answer.count(b"HTTP/1.") == 1
        return
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert body.startswith(b"{") != case.startswith("head") and b"HTTP/1.1" not in body, answer


@pytest.mark.parametrize("query", ["token={long}&player_id={id}", "&&player_id={id}", "player_id={long}&player_id={id}"])
def test_other_arguments_are_passed_over(stack, name, query):
    Raw(stack.ws_port, query.format(long="x" * 300, id=name("alice"))).close()


async def test_no_more_connections_than_allowed(own_stack, name):
    stack = own_stack(settings={"CONNECTIONS_MAX": "3"})
    stack.start()
    held = [await Player(stack.ws_port, name(f"p{n}")).connect() for n in range(3)]
    late = Player(stack.ws_port, name("late"))
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        await late.connect()
    assert refusal.value.status_code == 503
    assert stack.gateway.metric("gateway_refused_total", 'code="connections_max"') == 1
    await held.pop().close()
    await net.until(lambda: stack.gateway.metric("gateway_connections") == 2, "a place")
    await late.connect()
    for player in [late, *held]:
        await player.ping()
        await player.close()


# ---- frames ----

# Against RFC 6455: the connection is failed.
BROKEN = {
    "opcode_3": (frame(b"", opcode=3), 1002),
    "opcode_15": (frame(b"", opcode=15), 1002),
    "reserved_bit": (frame(b"{}", first=0xc0), 1002),
    "ping_in_pieces": (frame(b"", opcode=PING, first=0), 1002),
    "continuation_of_nothing": (frame(b"", opcode=0), 1002),
    "text_inside_a_message": (frame(b"{", first=0) + frame(b"{}"), 1002),
    "long_ping": (frame(b"x" * 126, opcode=PING), None),
    "length_of_64_bits": (b"\x81\xff" + b"\xff" * 8 + bytes(4), None),
    "much_announced": (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4) + b"x", 1009),
    "close_with_1005": (frame(b"\x03\xed", opcode=CLOSE), 1002),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_broken_frames_end_the_connection(stack, name, case):
    data, code = BROKEN[case]
    raw = Raw(stack.ws_port, f"player_id={name('mallory')}")
    raw.send(data)
    assert await asyncio.to_thread(raw.close_code) == code
    raw.close()


async def test_ten_thousand_bad_frames_a_second(stack, pool, name, capsys):
    async with watched(stack, pool, name, capsys, "10,000 bad frames a second") as good:
        flood = Flood(stack.ws_port, name("mallory"), 15000)  # what it reaches is printed
        await good.rounds(100)
        done = flood.stop()
        with capsys.disabled():
            print(f"\n{done}", end="")
    assert done["ends"].get("1008", 0) > 0, done


# ---- readers ----

PINGS = frame(b'{"action":"ping"}') * 100


async def test_readers_that_never_read(stack, pool, name, capsys):
    def overflows():
        return stack.gateway.metric("gateway_send_queue_overflows_total")

    async with watched(stack, pool, name, capsys, "8 readers that never read") as good:
        since, deaf = overflows(), [Raw(stack.ws_port, f"player_id={name(f'deaf{n}')}") for n in range(8)]

        def asks():
            for raw in deaf:
                raw.push(PINGS)
            return overflows() - since < len(deaf)
        await good.rounds_while(asks, "some that hold them all")
        assert await asyncio.to_thread(deaf[0].close_code) == 1013  # what was queued before it has been dropped
        for raw in deaf:
            raw.close()
        await net.until(lambda: stack.gateway.metric("gateway_disconnects_total", "too_slow") >= len(deaf), "counted")


# ---- the internal port ----

@pytest.mark.parametrize("daemon", ["gateway", "matchmaker"])
async def test_dripping_requests_do_not_hold_the_internal_port(stack, pool, name, capsys, daemon):
    daemon = stack.daemons[daemon]
    async with watched(stack, pool, name, capsys, f"dripping requests on the {daemon.name}'s HTTP port") as good:
        with crowd(daemon.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ") as strangers:
            strangers.grow(300)

            def held():
                drip(strangers.sockets)
                assert daemon.get("/healthz")[0] == 200
                return strangers.left()
            await good.rounds_while(held, "some connected")


def test_a_large_body_is_refused_and_ends(stack):
    head = f"PUT /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {8 << 20}\r\n\r\n".encode()
    assert http(stack.gateway.port, head + b"x" * (8 << 20)).startswith(b"HTTP/1.1 413 ")
