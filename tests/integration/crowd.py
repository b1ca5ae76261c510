"""A crowd: players who each want one match, come back however often they are thrown out, and remember everything."""
import asyncio
import collections
import contextlib
import json
import random

import websockets

import net
from players import Player
from schemas import ROOT

CONNECTING_MAX = 50                       # handshakes at a time: a crowd that returns must not starve itself
RUSH_A_SECOND = 1000
COME_BACK_S = (0.05, 0.3)                 # before the first attempt after a connection; doubles with each refusal
COME_BACK_MAX_S = 2
EXPECTED = {"ticket_exists"}              # the answer to a start that was repeated because its answer was lost
RATINGS = ROOT / "tests/data/ratings.txt"

Told = collections.namedtuple("Told", "connection message")  # connection: counted from 1 for each player


class Regular(Player):
    def __init__(self, crowd, player_id, rating, forgetful):
        super().__init__(crowd.port(), player_id)
        self.crowd, self.rating = crowd, rating
        self.forgetful = forgetful  # comes back without last_id, so that what no pong has proved comes again
        self.told = []              # Told: what came with an id, on all connections
        self.queued = set()         # tickets answered with matchmaking_queued
        self.asked = collections.Counter()  # ticket -> how often
        self.ticket = f"{player_id}.1"
        self.connections = 0
        self.match = None           # the first match_found
        self.leaving = False

    @property
    def waiting(self):
        return self.match is None and self.ticket in self.queued

    async def play(self):
        """Until leave(): connects, asks, listens, comes back."""
        refused = 0
        while not self.leaving:
            refused = 0 if await self.enter() else refused + 1
            if refused == 0:
                await self.reader
                self.crowd.closes[self.socket.close_code] += not self.leaving
                if self.fault is not None:
                    raise self.fault
            await self.crowd.pause(refused)

    async def enter(self):
        last = {"last_id": self.told[-1].message["id"]} if self.told and not self.forgetful else {}
        self.port = self.crowd.port()
        self.connections += 1
        async with self.crowd.door:
            try:
                await self.connect(**last)
            except (OSError, websockets.InvalidHandshake, websockets.ConnectionClosed, AssertionError) as refusal:
                if self.fault is not None:
                    raise self.fault
                self.crowd.refusals[type(refusal).__name__] += 1
                await self.give_up()
                return False
        if self.match is None and self.ticket not in self.queued:
            await self.ask_for_a_match()
        return True

    async def give_up(self):
        if self.socket is not None:
            await self.vanish()

    async def ask_for_a_match(self):
        self.asked[self.ticket] += 1
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.send(json.dumps({
                "action": "start_matchmaking", "request_id": self.ticket,
                "data": {"configuration": self.crowd.configuration, "ticket_id": self.ticket,
                         "attributes": {"skill": self.rating}}}))

    def take(self, text):
        super().take(text)
        message = self.messages[-1]
        if "id" in message:
            self.told.append(Told(self.connections, message))
        handle = {"matchmaking_queued": self.on_queued, "match_found": self.on_found, "error": self.on_error,
                  "matchmaking_cancelled": self.on_cancelled}.get(message["type"])
        if handle is not None:
            handle(message["data"])

    def on_queued(self, data):
        self.queued.add(data["ticket_id"])

    def on_found(self, data):
        self.match = self.match or data["match_id"]

    def on_cancelled(self, data):
        """Away for too long: a player would press the button again."""
        if data["ticket_id"] == self.ticket and self.match is None:
            self.crowd.cancelled[data["reason"]] += 1
            self.ticket = f"{self.id}.{len(self.asked) + 1}"
            asyncio.ensure_future(self.ask_for_a_match())

    def on_error(self, data):
        self.crowd.errors[data["code"]] += 1
        if data.get("retryable"):
            asyncio.ensure_future(self.ask_later())
        else:
            assert data["code"] in EXPECTED and self.asked[data["ticket_id"]] > 1, (self.id, data)

    async def ask_later(self):
        connection = self.connections
        await self.crowd.pause()
        if self.connections == connection:  # else enter() has asked
            await self.ask_for_a_match()

    async def leave(self):
        self.leaving = True
        await self.give_up()


class Crowd:
    """`ports` of the gateways, which are taken in turn. Even-numbered, so that nobody is left over."""

    def __init__(self, ports, configuration, prefix, size, seed):
        assert size % 2 == 0
        self.ports, self.configuration, self.seed = ports, configuration, seed
        self.random = random.Random(seed)
        self.door = asyncio.Semaphore(CONNECTING_MAX)
        # by kind of refusal, close code, error code, reason
        self.refusals, self.closes, self.errors, self.cancelled = (collections.Counter() for _ in range(4))
        self.visits = 0
        ratings = [int(line) for line in RATINGS.read_text().split()]
        self.players = [Regular(self, f"{prefix}-{n}", ratings[n % len(ratings)], n % 3 == 0) for n in range(size)]
        self.playing = []

    def port(self):
        self.visits += 1
        return self.ports[self.visits % len(self.ports)]

    async def pause(self, refused=0):
        await asyncio.sleep(min(COME_BACK_MAX_S, self.random.uniform(*COME_BACK_S) * 2 ** min(refused, 10)))

    async def arrive(self, count):
        """So many more of them, in a rush."""
        there = len(self.playing)
        for player in self.players[there:there + count]:
            self.playing.append(asyncio.create_task(player.play()))
            await asyncio.sleep(self.random.expovariate(RUSH_A_SECOND))

    def count(self, wanted):
        self.raise_faults()
        return sum(1 for player in self.players if wanted(player))

    def arrived(self):
        return self.count(lambda player: player.queued)

    def matched(self):
        return self.count(lambda player: player.match is not None)

    def raise_faults(self):
        for task in self.playing:
            if task.done() and task.exception() is not None:
                raise task.exception()

    async def until_matched(self, timeout_s):
        await net.until(lambda: self.matched() == len(self.players), self.summary, timeout_s, every_s=0.2)

    def summary(self):
        waiting = [player.id for player in self.players if player.match is None]
        repeats = sum(len(player.told) - len({t.message["id"] for t in player.told}) for player in self.players)
        return (f"seed {self.seed}: {len(self.players)} players, {self.arrived()} queued, {self.matched()} matched, "
                f"{sum(player.connections for player in self.players)} connections, {repeats} repeats, "
                f"refused {dict(self.refusals)}, closed {dict(self.closes)}, errors {dict(self.errors)}, "
                f"cancelled {dict(self.cancelled)}, waiting {waiting[:5]}")

    async def leave(self):
        for player in self.players:
            await player.leave()
        for task in self.playing:
            task.cancel()
        await asyncio.gather(*self.playing, return_exceptions=True)
