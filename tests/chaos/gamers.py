"""
The players: real ratings, moods of their own, no patience for a silent server. Everything they see and do is written
down as it happens; nothing is judged here.
"""
import asyncio
import contextlib
import json
import random
import urllib.parse

import websockets

import pools
from evidence import now_ms

OPEN_TIMEOUT_S = 5
ANSWER_S = 6              # without an answer to a start the player tries another connection
LOST_S = pools.TIMEOUT_S + 10  # without word of a ticket the player asks what became of it
THINK_S = 1.0             # between two tickets, in the mean
AWAY_BRIEFLY_S = (0.05, 1.0)
AWAY_LONG_S = (4.0, 8.0)  # beyond grace and lease: the ticket is left
OVER = {"match_found", "matchmaking_cancelled", "matchmaking_timed_out", "matchmaking_failed"}
ENDED = {"COMPLETED", "CANCELLED", "TIMED_OUT", "FAILED"}
REFUSALS = {"start_expired", "unknown_configuration", "party_too_large", "invalid_attributes", "missing_attribute"}

# What a player does with a ticket, of a hundred.
WHIMS = {"wait": 70, "stop": 7, "vanish": 5, "close": 4, "leave": 4, "again": 4, "elsewhere": 3, "describe": 2,
         "double": 1}


class Connection:
    """One WebSocket of a player; writes down all that passes."""

    def __init__(self, player, number, socket):
        self.player, self.number, self.socket = player, number, socket
        self.note("opened")
        self.reader = asyncio.create_task(self.read())

    def note(self, what, more=""):
        self.player.crowd.lines.put(f'{{"ms": {now_ms()}, "player": "{self.player.id}", '
                                    f'"connection": {self.number}, "what": "{what}"{more}}}')

    async def read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                message = json.loads(text)
                self.note("told", f', "message": {text if chr(10) not in text else json.dumps(message)}')
                self.player.take(message)
        self.note("closed", f', "code": {self.socket.close_code or 1006}')
        self.player.news.set()

    @property
    def closed(self):
        return self.reader.done()

    async def send(self, text):
        self.note("sent", f', "message": {text}')
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.socket.send(text)

    async def close(self):
        await self.socket.close()
        await self.reader

    async def vanish(self):
        """Without a close frame, as a phone in a tunnel does."""
        self.socket.transport.abort()
        await self.reader


class Player:
    def __init__(self, crowd, number, rating, mates=()):
        self.crowd, self.id, self.rating, self.mates = crowd, f"p{number}", rating, mates
        self.random = random.Random(f"{crowd.seed} {self.id}")
        self.follows = False         # starts no tickets: another player's party has it as a member
        self.news = asyncio.Event()  # something was told that matters, or the connection is gone
        self.connection, self.connections, self.requests, self.tickets = None, 0, 0, 0
        self.last_id = None
        self.ticket = self.configuration = None  # the open one, as far as the player knows
        self.over = set()            # tickets whose end was told
        self.asked = None            # (request id, text) of a start without an answer
        self.about = (None, None)    # (request id, ticket) of the last question about one
        self.held_by = None          # a configuration in which the server says that there is an open ticket
        self.whim, self.away_s = "wait", AWAY_BRIEFLY_S
        self.since = 0               # when the ticket was first heard of, by the loop's clock

    # ---- coming and going -------------------------------------------------------------------------------------------

    async def play(self):
        """Until the crowd goes home."""
        while True:
            if await self.enter():
                await self.stay()
            await asyncio.sleep(self.random.uniform(*self.away_s))
            self.away_s = AWAY_BRIEFLY_S

    async def enter(self):
        """True when connected. The older connection, if there is one, is the server's to close."""
        query = {"player_id": self.id}
        if self.last_id is not None and self.random.random() < 0.6:
            query["last_id"] = self.last_id
        url = f"ws://127.0.0.1:{self.crowd.port(self.random)}/?{urllib.parse.urlencode(query)}"
        async with self.crowd.door:
            try:
                socket = await websockets.connect(url, max_size=None, max_queue=None, compression=None,
                                                  ping_interval=None, open_timeout=OPEN_TIMEOUT_S, close_timeout=2)
            except (OSError, websockets.InvalidHandshake, websockets.ConnectionClosed, asyncio.TimeoutError) as refusal:
                self.crowd.refusals[type(refusal).__name__] += 1
                self.away_s = (0.3, 1.5)
                return False
        self.connections += 1
        self.connection = Connection(self, self.connections, socket)
        return True

    async def stay(self):
        if self.asked is not None:
            await self.ask_again()
        while not self.connection.closed:
            if self.crowd.calm:
                await self.rest()
            elif self.ticket is not None:
                await self.hope()
            else:
                await self.idle()

    async def hear(self, seconds):
        """Waits for news; false when there were none."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.news.wait(), seconds)
        heard = self.news.is_set()
        self.news.clear()
        return heard

    # ---- with and without a ticket ----------------------------------------------------------------------------------

    async def idle(self):
        """Thinks, and starts; followers wait for their leader."""
        thinking = 0 if self.crowd.rush else self.random.expovariate(1 / THINK_S)
        if await self.hear(5 if self.follows else thinking) or self.follows:
            return
        if not await self.crowd.turn() or self.ticket is not None or self.connection.closed:
            return
        await self.start(*self.choose())

    def choose(self):
        """(configuration, party)"""
        kind = self.random.choices(list(pools.KINDS), [row[4] for row in pools.KINDS.values()])[0]
        held_by, self.held_by = self.held_by, None
        if held_by is not None:
            return held_by, ()
        if self.mates and self.random.random() < 0.7:
            return self.random.choice(pools.names_of(pools.PARTY_KINDS[0])), self.mates
        return self.random.choice(pools.names_of(kind)), ()

    async def start(self, configuration, party=()):
        self.tickets += 1
        data = {"configuration": configuration}
        if self.random.random() < 0.5:
            data["ticket_id"] = f"{self.id}.{self.tickets}"
        if party:
            data["players"] = [{"player_id": p.id, "attributes": {"skill": p.rating}} for p in (self, *party)]
        else:
            data["attributes"] = {"skill": self.rating}
        self.whim = self.pick_whim()
        request_id = self.next_request()
        self.asked = (request_id, json.dumps({"action": "start_matchmaking", "request_id": request_id, "data": data}))
        await self.connection.send(self.asked[1])
        await self.wait_answer()

    async def wait_answer(self):
        """Nobody waits for ever; whoever gets no answer tries elsewhere."""
        deadline = self.crowd.now() + ANSWER_S
        while self.asked is not None and not self.connection.closed and self.crowd.now() < deadline:
            await self.hear(ANSWER_S)
        if self.asked is not None and not self.connection.closed:
            await self.connection.vanish()

    async def ask_again(self):
        """The answer was lost with a connection: the same start once more, or it is forgotten."""
        if self.crowd.calm or self.ticket is not None or self.random.random() < 0.3:
            self.asked = None
            return
        await self.connection.send(self.asked[1])
        await self.wait_answer()

    async def hope(self):
        """Has a ticket: waits for its end, and follows the whim of it once."""
        patient = self.whim == "wait"
        if not await self.hear(LOST_S if patient else self.random.uniform(0, 2.5)) and self.ticket is not None:
            whim, self.whim = self.whim, "wait"
            await (self.wonder() if patient else getattr(self, whim)())

    async def rest(self):
        """The end of the run: no new tickets; who hears nothing asks."""
        if not await self.hear(5) and self.ticket is not None and not self.connection.closed:
            await self.describe()

    async def wonder(self):
        await self.describe()
        if not await self.hear(3) and self.ticket is not None:
            await self.connection.vanish()

    # ---- whims ------------------------------------------------------------------------------------------------------

    async def ask(self, action, **data):
        request_id = self.next_request()
        self.about = (request_id, data.get("ticket_id"))
        await self.connection.send(json.dumps({"action": action, "request_id": request_id, "data": data}))

    async def stop(self):
        await self.ask("stop_matchmaking", ticket_id=self.ticket)

    async def describe(self):
        await self.ask("describe_matchmaking", ticket_id=self.ticket)

    async def vanish(self):
        await self.connection.vanish()

    async def close(self):
        await self.connection.close()

    async def leave(self):
        self.away_s = AWAY_LONG_S
        await self.connection.vanish()

    async def again(self):
        """In the same pool: the newer ticket replaces the older."""
        if self.configuration is not None and await self.crowd.turn() and not self.follows:
            await self.start(self.configuration)

    async def elsewhere(self):
        """In another pool: refused while this one is open."""
        if await self.crowd.turn() and not self.follows:
            await self.start(*self.choose())

    async def double(self):
        """A second connection, which takes the place of the first."""
        await self.enter()

    def pick_whim(self):
        return self.random.choices(list(WHIMS), list(WHIMS.values()))[0]

    def next_request(self):
        self.requests += 1
        return f"r{self.requests}"

    # ---- what is told -----------------------------------------------------------------------------------------------

    def take(self, message):
        self.last_id = message.get("id", self.last_id)
        type_, data = message["type"], message.get("data")
        if type_ in OVER:
            self.on_over(data["ticket_id"])
        elif type_ in TAKERS:
            TAKERS[type_](self, message, data)
        else:
            return
        self.news.set()

    def on_over(self, ticket):
        self.over.add(ticket)
        if ticket == self.ticket:
            self.ticket = None

    def has(self, ticket, configuration):
        """There is an open ticket; of one whose end was told nothing is believed."""
        if ticket in self.over:
            return
        if ticket != self.ticket:
            self.since = self.crowd.now()
            self.whim = self.pick_whim() if self.follows else self.whim
        self.ticket, self.configuration = ticket, configuration

    def on_queued(self, message, data):
        if self.asked is not None and message.get("request_id") == self.asked[0]:
            self.asked = None
        self.crowd.count_started(data["ticket_id"])
        self.has(data["ticket_id"], data["configuration"])

    def on_searching(self, _, data):
        self.has(data["ticket_id"], data["configuration"])

    def on_potential(self, _, data):
        self.has(data["ticket_id"], self.configuration)
        mood = 1.0 if self.crowd.calm else self.random.random()
        if mood > 0.06:  # else silence
            self.crowd.later(self.answer(data["match_id"], mood > 0.12, self.random.uniform(0, 0.5)))

    async def answer(self, match, accept, delay_s):
        await asyncio.sleep(delay_s)
        if not self.connection.closed:
            await self.ask("accept_match", match_id=match, accept=accept)

    def on_status(self, _, data):
        if data["ticket_id"] == self.ticket and data["state"] in ENDED:
            self.crowd.unheard += 1
            self.ticket = None

    def on_error(self, message, data):
        code = data["code"]
        self.crowd.errors[code] += 1
        of_start = self.asked is not None and message.get("request_id") == self.asked[0]
        if of_start:
            self.asked = None
        if code == "already_queued" and "player_id" not in data:
            self.has(data["ticket_id"], data.get("configuration"))
            self.held_by, self.whim = data.get("configuration"), "stop"
        elif code == "ticket_not_found" and message.get("request_id") == self.about[0]:
            self.forget(self.about[1])
        elif code in REFUSALS:
            self.forget(data.get("ticket_id"))

    def forget(self, ticket):
        if ticket == self.ticket:
            self.ticket = None


TAKERS = {"matchmaking_queued": Player.on_queued, "matchmaking_searching": Player.on_searching,
          "potential_match": Player.on_potential, "matchmaking_status": Player.on_status, "error": Player.on_error}
