"""Clients that do not behave, on raw sockets; and couples that do, whose matches go on meanwhile."""
import asyncio
import collections
import contextlib
import json
import select
import socket
import statistics
import struct
import subprocess
import sys
import time

from players import TIMEOUT_S, connected

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"


def upgrade(query):
    return f"GET /?{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{KEY}\r\n".encode()


def frame(payload, opcode=TEXT, first=0x80, mask=True):
    """One frame, masked with zeros; `first`: the bits beside the opcode."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size) if size < 65536 else \
        b"\x7f" + struct.pack(">Q", size)
    length = bytes([length[0] | (0x80 if mask else 0)]) + length[1:]
    return bytes([first | opcode]) + length + (bytes(4) if mask else b"") + payload


def http(port, request):
    """Whatever is answered until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as s:
        s.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while data := s.recv(65536):
                answer += data
        return answer


class Raw:
    """An upgraded connection without any manners."""

    def __init__(self, port, query):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.sendall(upgrade(query))
        self.data = self.unsent = b""
        while b"\r\n\r\n" not in self.data:
            self.more()
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise EOFError
        self.data += data

    def frame(self):
        """(opcode, payload) of the next frame that is here; None when it is not all here."""
        if len(self.data) < 2:
            return None
        head, size = 2, self.data[1]
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(self.data[2:head], "big")
        if len(self.data) < head + size:
            return None
        opcode, payload, self.data = self.data[0] & 15, self.data[head:head + size], self.data[head + size:]
        return opcode, payload

    def close_code(self):
        """Reads to the end; the code of the close frame, None when the socket ended without one."""
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                while (got := self.frame()) is None:
                    self.more()
                if got[0] == CLOSE:
                    return int.from_bytes(got[1][:2], "big")
        return None

    def send(self, data):
        self.socket.sendall(data)

    def push(self, data):
        """Sends as much as is taken now, the rest with the next call; `data` only when nothing is left of the last."""
        self.unsent = self.unsent or data
        self.socket.setblocking(False)
        with contextlib.suppress(OSError):
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        self.socket.settimeout(TIMEOUT_S)

    def ended(self):
        """The close code when the other side has closed, 0 when it has just hung up, None while it is there."""
        self.socket.setblocking(False)
        try:
            self.more()
        except BlockingIOError:
            pass
        except (EOFError, OSError):
            return 0
        finally:
            self.socket.settimeout(TIMEOUT_S)
        while got := self.frame():
            if got[0] == CLOSE:
                return int.from_bytes(got[1][:2], "big")
        return None

    def close(self):
        self.socket.close()


# ---- a flood, in a process of its own: python3 strangers.py PORT PLAYER FRAMES_A_SECOND ----

BAD = [frame(b"hello"), frame(b'{"action":"dance"}'), frame(b'{"action":"ping","data":[]}'), frame(b"\xff\xfe"),
       frame(b"\x00\x01", BINARY), frame(b'{"action":' + b'{"a":' * 40)]
TICK_S = 0.005


def flood(port, player_id, rate):
    """Bad frames at that rate, connecting again at once, until stdin ends; prints how many, and how connections ended."""
    count = int(rate * TICK_S)
    batch = b"".join(BAD[n % len(BAD)] for n in range(count))
    sent, ends, raw, due = 0, collections.Counter(), None, time.monotonic()
    while not select.select([sys.stdin], [], [], max(0, due - time.monotonic()))[0]:
        due += TICK_S
        code = None
        try:
            raw = raw or Raw(port, f"player_id={player_id}")
            raw.send(batch)
            sent += count
            code = raw.ended()
        except (OSError, EOFError, AssertionError) as fault:
            code = type(fault).__name__
        if code is not None:
            ends[str(code)] += 1
            if raw is not None:
                raw.close()
            raw = None
    print(json.dumps({"sent": sent, "ends": ends}))


class Flood:
    def __init__(self, port, player_id, rate):
        self.began = time.monotonic()
        self.popen = subprocess.Popen([sys.executable, __file__, str(port), player_id, str(rate)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self):
        """What it did: "sent", a second, and "ends", how often connections ended with which code."""
        out, _ = self.popen.communicate(input="stop", timeout=TIMEOUT_S)
        done = json.loads(out)
        done["sent"] = int(done["sent"] / (time.monotonic() - self.began))
        return done


# ---- those who behave ----

class Couple:
    """Two players who are matched with each other again and again. `skill`: nobody else in the pool has one near."""

    def __init__(self, pool, first, second, skill):
        self.pool, self.first, self.second, self.skill = pool, first, second, {"skill": skill}
        self.match_ms, self.ping_ms = [], []

    async def round(self):
        began = time.monotonic()
        await self.first.ping()
        self.ping_ms.append((time.monotonic() - began) * 1000)
        await self.first.start(self.pool, attributes=self.skill)
        began = time.monotonic()
        await self.second.start(self.pool, attributes=self.skill)
        for player, other in ((self.first, self.second), (self.second, self.first)):
            assert (await player.expect("match_found"))["data"]["opponent"] == other.id
        self.match_ms.append((time.monotonic() - began) * 1000)


class Couples:
    def __init__(self, couples):
        self.couples = couples

    async def rounds(self, count):
        """So many matches of each couple, one after the other."""
        async def go(couple):
            for _ in range(count):
                await couple.round()
        await asyncio.gather(*map(go, self.couples))

    async def rounds_while(self, condition, what, timeout_s=60):
        """On until the condition ends."""
        deadline = time.monotonic() + timeout_s
        while condition():
            assert time.monotonic() < deadline, f"still {what} after {timeout_s} s"
            await self.rounds(1)

    def figures(self, what):
        """One line to read, and the counting begins anew."""
        text = []
        for name in ("ping_ms", "match_ms"):
            values = sorted(ms for couple in self.couples for ms in getattr(couple, name))
            text.append(f"{name} p50 {statistics.median(values):.1f} max {values[-1]:.1f}")
        line = f"{what}: {len(values)} matches, " + ", ".join(text)
        for couple in self.couples:
            couple.match_ms, couple.ping_ms = [], []
        return line


@contextlib.asynccontextmanager
async def couples(port, pool, name, count=4):
    ids = [name(f"good{n}") for n in range(2 * count)]
    async with connected(port, *ids) as players:
        yield Couples([Couple(pool, players[2 * n], players[2 * n + 1], 100000 * n) for n in range(count)])


if __name__ == "__main__":
    flood(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
