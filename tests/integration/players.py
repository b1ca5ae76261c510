"""Players by WebSocket, who hold every message against proto's schemas."""
import asyncio
import contextlib
import json
import urllib.parse

import websockets

from schemas import strict_json, validate

TIMEOUT_S = 15


class Player:
    def __init__(self, port, player_id):
        self.port, self.id = port, player_id
        self.messages = []  # received and not yet taken by expect()
        self.ids = []       # of everything with an id, on this connection
        self.connection_id = None
        self.fault = None   # of the reader
        self.changed = asyncio.Condition()
        self.socket = self.reader = None
        self.requests = 0

    async def connect(self, **query):
        query = urllib.parse.urlencode({"player_id": self.id, **query})
        self.socket = await websockets.connect(f"ws://127.0.0.1:{self.port}/?{query}", max_size=None,
                                               max_queue=None, compression=None, ping_interval=None)
        self.messages, self.ids, self.fault = [], [], None
        self.reader = asyncio.create_task(self.read())
        data = (await self.expect("connected"))["data"]
        assert data["player_id"] == self.id
        self.connection_id = data["connection_id"]
        return self

    async def read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                try:
                    self.take(text)
                except (AssertionError, ValueError) as fault:
                    self.fault = self.fault or fault
                async with self.changed:
                    self.changed.notify_all()
        async with self.changed:
            self.changed.notify_all()

    def take(self, text):
        assert isinstance(text, str), f"a binary frame: {text!r}"
        message = strict_json(text)
        validate(f"socket/message.{message.get('type')}", message)
        if "id" in message:
            assert message["id"] not in self.ids, f"twice on one connection: {text}"
            self.ids.append(message["id"])
        self.messages.append(message)

    def pick(self, wanted):
        for i, message in enumerate(self.messages):
            if wanted(message):
                return self.messages.pop(i)
        return None

    async def expect_that(self, wanted, what, timeout_s=TIMEOUT_S):
        found = None

        def done():
            nonlocal found
            found = self.pick(wanted)
            return found is not None or self.fault is not None or self.reader.done()
        async with self.changed:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.changed.wait_for(done), timeout_s)
        if self.fault is not None:
            raise self.fault
        closed = f", closed {self.socket.close_code}" if self.socket.closed else ""
        assert found is not None, f"{self.id}: no {what}; has {self.messages}{closed}"
        return found

    async def expect(self, type_, timeout_s=TIMEOUT_S):
        return await self.expect_that(lambda m: m["type"] == type_, type_, timeout_s)

    async def send(self, frame):
        await self.socket.send(frame)

    async def ask(self, action, data=None, request_id=None):
        """Sends a request and returns what answers it, whatever its type."""
        self.requests += 1
        request_id = request_id if request_id is not None else f"r{self.requests}"
        await self.send(json.dumps({"action": action, "request_id": request_id, "data": data or {}}))
        return await self.expect_that(lambda m: m.get("request_id") == request_id, f"answer to {action}")

    async def start(self, configuration, **data):
        """start_matchmaking that must be taken; returns the ticket id."""
        answer = await self.ask("start_matchmaking", {"configuration": configuration, **data})
        assert answer["type"] == "matchmaking_queued", answer
        return answer["data"]["ticket_id"]

    async def refused(self, frame, code):
        """Sends a frame that must be answered with that error."""
        await self.send(frame)
        error = await self.expect("error")
        assert error["data"]["code"] == code, error
        assert error["connectionId"] == self.connection_id
        return error

    async def ping(self):
        assert (await self.ask("ping"))["type"] == "pong"

    async def wait_described(self, ticket_id, wanted, what, timeout_s=TIMEOUT_S):
        """Asks until the description is as wanted: the Redis view follows the journal a moment later."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            answer = await self.ask("describe_matchmaking", {"ticket_id": ticket_id})
            if wanted(answer["data"]):
                return answer["data"]
            assert asyncio.get_running_loop().time() < deadline, f"not {what}: {answer}"
            await asyncio.sleep(0.02)

    async def wait_state(self, ticket_id, state, timeout_s=TIMEOUT_S):
        return await self.wait_described(ticket_id, lambda data: data.get("state") == state, state, timeout_s)

    async def close(self):
        if self.socket is not None:
            await self.socket.close()
            await self.reader
        if self.fault is not None:
            raise self.fault

    async def closed(self):
        """Waits until the server has closed the connection; its close code."""
        await asyncio.wait_for(self.reader, TIMEOUT_S)
        await asyncio.wait_for(self.socket.wait_closed(), TIMEOUT_S)
        return self.socket.close_code

    async def vanish(self):
        """Goes away without a close frame, as a phone in a tunnel does."""
        self.socket.transport.abort()
        await self.reader


@contextlib.asynccontextmanager
async def connected(port, *player_ids):
    """The players of these ids, connected; closed at the end."""
    players = [Player(port, player_id) for player_id in player_ids]
    try:
        for player in players:
            await player.connect()
        yield players
    finally:
        for player in players:
            await player.close()


async def both_matched(alice, bob, timeout_s=TIMEOUT_S):
    """They are told of one match, each with the other as opponent."""
    found = [(await player.expect("match_found", timeout_s))["data"] for player in (alice, bob)]
    assert found[0]["match_id"] == found[1]["match_id"]
    assert (found[0]["opponent"], found[1]["opponent"]) == (bob.id, alice.id)
