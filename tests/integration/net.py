"""Ports, HTTP and waiting for conditions."""
import asyncio
import contextlib
import http.client
import json
import random
import socket
import socketserver
import threading
import time
import types


def is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


PORTS = 10000, 30000  # below those that the system gives to outgoing connections
next_port = random.randrange(*PORTS)


def free_port(count=1):
    """The first of `count` free ports in a row. Never one twice: who was given one before may not listen yet."""
    global next_port
    while True:
        port, next_port = next_port, next_port + count
        if next_port >= PORTS[1]:
            next_port = PORTS[0]
        if all(is_free(port + n) for n in range(count)):
            return port


def http_get(port, path, timeout_s=3):
    """(status, body), or (None, "") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


def http_json(port, path):
    status, body = http_get(port, path)
    return status, json.loads(body) if body else None


def wait_until(condition, what, timeout_s=15, every_s=0.02):
    """Waits for a true value and returns it; `what` may be a function that describes the last state."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what() if callable(what) else what}")
        time.sleep(every_s)


async def until(condition, what, timeout_s=15, every_s=0.02):
    """wait_until for a test with players: they go on answering pings meanwhile."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what() if callable(what) else what}")
        await asyncio.sleep(every_s)


@contextlib.contextmanager
def stopwatch():
    """How long its block took: took_s, from its end on."""
    watch, began = types.SimpleNamespace(took_s=None), time.monotonic()
    yield watch
    watch.took_s = time.monotonic() - began


class Forward:
    """A port that refuses until open() and then leads to another one: a broker that comes up later."""

    def __init__(self, target):
        self.port, self.target = free_port(), target
        self.server = None

    def open(self):
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), self.handler(), bind_and_activate=False)
        self.server.daemon_threads = self.server.allow_reuse_address = True
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handler(self):
        target = self.target

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", target)) as there:
                    back = threading.Thread(target=copy, args=(there, self.request), daemon=True)
                    back.start()
                    copy(self.request, there)
                    back.join()
        return Handler

    def close(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


def copy(source, sink):
    """Until one of the two ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
