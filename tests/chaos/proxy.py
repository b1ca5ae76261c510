#!/usr/bin/env python3
"""
A TCP proxy whose links can be disturbed; a process of its own, so that it forwards while its user is busy.

    proxy.py NAME=PORT:TARGET ...        listens on 127.0.0.1, both ports; writes "ready" when all links are open
    stdin, a line each: {"link": NAME, "mode": MODE, "ms": for slow}     answered by "ok" when it is in force

Modes: "open" forwards; "slow" forwards each piece `ms` late, in order; "stall" forwards nothing and closes nothing;
"drop_new" closes new connections and leaves the others alone; "cut" resets all connections, and new ones.
Nothing is lost on a connection that lives: what was held back by a stall goes on when the link is open again.
"""
import asyncio
import collections
import contextlib
import json
import resource
import signal
import socket
import struct
import sys

HELD_MAX_BYTES = 262144  # of a connection that is held up; beyond it nothing more is read
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset
REFUSING = ("drop_new", "cut")


class End(asyncio.Protocol):
    """One side of a forwarded connection; what it reads goes to its peer."""

    def __init__(self, link):
        self.link, self.peer, self.transport = link, None, None
        self.held = collections.deque()  # (when it may be written, bytes; None: nothing follows)
        self.held_bytes = 0
        self.ended = False               # all that it read was written, up to the end
        self.timer = None

    def connection_made(self, transport):
        self.transport = transport
        self.link.ends.add(self)

    def data_received(self, data):
        if self.peer is not None and self.link.mode == "open" and not self.held:
            self.peer.transport.write(data)
        else:
            self.hold(data)

    def eof_received(self):
        self.hold(None)
        return True  # the other direction goes on

    def connection_lost(self, _):
        self.link.ends.discard(self)
        self.drop()
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()

    def hold(self, data):
        self.held.append((self.link.now() + self.link.delay_s, data))
        self.held_bytes += len(data or b"")
        if self.held_bytes > HELD_MAX_BYTES:
            self.transport.pause_reading()
        self.flush()

    def drop(self):
        self.held.clear()
        if self.timer is not None:
            self.timer.cancel()

    def flush(self):
        """Writes what is due, and sets the timer for what is not."""
        if self.link.mode == "stall" or self.peer is None:
            return
        while self.held and (self.held[0][0] <= self.link.now() or self.link.mode != "slow"):
            self.write(self.held.popleft()[1])
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.link.loop.call_at(self.held[0][0], self.flush) if self.held else None
        if self.held_bytes <= HELD_MAX_BYTES and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, data):
        if data is not None:
            self.held_bytes -= len(data)
            self.peer.transport.write(data)
        else:
            self.end()

    def end(self):
        """This direction is over; with both the connection is."""
        self.ended = True
        with contextlib.suppress(OSError):  # it may be gone already
            self.peer.transport.write_eof()
        if self.peer.ended:
            self.transport.close()
            self.peer.transport.close()

    def pause_writing(self):
        self.peer.transport.pause_reading()

    def resume_writing(self):
        if self.peer.held_bytes <= HELD_MAX_BYTES:
            self.peer.transport.resume_reading()

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()


class Link:
    def __init__(self, port, target):
        self.port, self.target = port, target
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time
        self.mode, self.delay_s = "open", 0.0
        self.ends = set()

    async def listen(self):
        return await self.loop.create_server(lambda: Near(self), "127.0.0.1", self.port, backlog=1024)

    def set(self, mode, ms=0):
        self.mode, self.delay_s = mode, ms / 1000
        for end in list(self.ends):
            end.reset() if mode == "cut" else end.flush()


class Near(End):
    """The side that was connected to: it opens the other one."""

    def connection_made(self, transport):
        super().connection_made(transport)
        if self.link.mode in REFUSING:
            self.reset()
        else:
            asyncio.ensure_future(self.join())

    async def join(self):
        far = End(self.link)
        far.peer = self
        try:
            await self.link.loop.create_connection(lambda: far, "127.0.0.1", self.link.target)
        except OSError:
            self.reset()
            return
        self.peer = far
        if self.transport.is_closing():
            far.transport.abort()
        else:
            self.flush()


async def commands(links):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        links[command.pop("link")].set(**command)
        print("ok", flush=True)


async def main(arguments):
    links = {}
    for argument in arguments:
        name, _, ports = argument.partition("=")
        links[name] = Link(*map(int, ports.split(":")))
        await links[name].listen()
    print("ready", flush=True)
    await commands(links)


def open_files():
    """As many as there may be: each connection takes two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    open_files()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: its user closes stdin
    asyncio.run(main(sys.argv[1:]))
