"""All the players of a run, and how fast they may start tickets."""
import asyncio
import collections
import itertools

from gamers import Player
from schemas import ROOT

RATINGS = ROOT / "tests/data/ratings.txt"
CONNECTING_MAX = 40  # handshakes at a time: a crowd that returns must not starve itself
PARTY_EVERY = 8      # of so many players one leads a party


class Crowd:
    """
    `ports` of the gateways. `tickets`: how many are started in all, no more than `rate` a second but in a rush.
    A ticket counts as started when its player is told that it is queued.
    """

    def __init__(self, seed, ports, size, tickets, rate, lines):
        self.seed, self.ports, self.tickets, self.rate, self.lines = seed, ports, tickets, rate, lines
        self.now = asyncio.get_running_loop().time
        self.door = asyncio.Semaphore(CONNECTING_MAX)
        self.calm = self.rush = False
        self.started, self.unheard = 0, 0  # unheard: ends that were found out by asking
        self.seen = set()                  # tickets counted
        self.marks = []                    # (tickets, event) that somebody waits for
        self.refusals, self.errors = collections.Counter(), collections.Counter()
        self.next_turn = self.now()
        ratings = [int(line) for line in RATINGS.read_text().split()]
        self.players = [Player(self, n, ratings[n % len(ratings)]) for n in range(size)]
        self.make_parties()
        self.tasks, self.errands = [], set()

    def make_parties(self):
        """Every so many players one has one or two followers."""
        for leader, first, second in zip(*(self.players[n::PARTY_EVERY] for n in range(3))):
            leader.mates = (first, second) if leader.random.random() < 0.5 else (first,)
            for mate in leader.mates:
                mate.follows = True

    def port(self, rng):
        return rng.choice(self.ports)

    def later(self, errand):
        task = asyncio.create_task(errand)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def turn(self):
        """Waits until one more ticket may be started; false when there are enough."""
        pace = 0 if self.rush else 1 / self.rate
        self.next_turn = max(self.next_turn + pace, self.now())
        await asyncio.sleep(self.next_turn - self.now())
        return not self.calm and self.started < self.tickets

    def count_started(self, ticket):
        if ticket in self.seen:
            return
        self.seen.add(ticket)
        self.started += 1
        for tickets, mark in self.marks:
            if tickets <= self.started:
                mark.set()

    async def reached(self, tickets):
        """Until so many were started."""
        if self.started < tickets:
            waiting = (tickets, asyncio.Event())
            self.marks.append(waiting)
            await waiting[1].wait()
            self.marks.remove(waiting)

    def arrive(self):
        self.tasks = [asyncio.create_task(player.play()) for player in self.players]

    def check(self):
        """A player whose code failed fails the run."""
        for task in itertools.chain(self.tasks, self.errands):
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise task.exception()

    def connected(self):
        return sum(1 for p in self.players if p.connection is not None and not p.connection.closed)

    def waiting(self):
        return sum(1 for p in self.players if p.ticket is not None)

    async def go_home(self):
        for task in (*self.tasks, *self.errands):
            task.cancel()
        await asyncio.gather(*self.tasks, *self.errands, return_exceptions=True)
        for player in self.players:
            if player.connection is not None and not player.connection.closed:
                await player.connection.close()
