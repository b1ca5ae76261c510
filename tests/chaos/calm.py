"""The end of a run: when is everything over, delivered and committed?"""
import asyncio
import time

from checker import EVENTS, OUTBOX, QUEUE

STILL_S = 2  # for so long nothing new is appended


class Calm:
    """Asks the system itself; the judge asks again, without it."""

    def __init__(self, lab):
        self.lab, self.ends = lab, None
        self.still_since = time.monotonic()

    async def come(self, timeout_s):
        """Waits for it; what was still going on when the time was up, or None."""
        deadline = time.monotonic() + timeout_s
        while (unrest := await asyncio.to_thread(self.unrest)) is not None:
            self.lab.unrest = unrest
            if time.monotonic() > deadline:
                return f"not within {timeout_s} s: {unrest}"
            await asyncio.sleep(0.5)
        return None

    def unrest(self):
        for look in (self.daemons, self.players, self.topics, self.inboxes, self.stillness):
            found = look()
            if found:
                return found
        return None

    def daemons(self):
        return None if self.lab.world.ready() else "a daemon is not ready"

    def players(self):
        crowd = self.lab.crowd
        away = [p.id for p in crowd.players if p.connection is None or p.connection.closed]
        waiting = [f"{p.id} for {p.ticket}" for p in crowd.players if p.ticket is not None]
        if away or waiting:
            return f"away: {len(away)} {away[:5]}; waiting: {len(waiting)} {waiting[:5]}"
        waits = sum(d.metric("matchmaker_tickets_waiting") for d in self.lab.world.running("matchmaker"))
        return f"{waits:.0f} tickets are open" if waits else None

    def topics(self):
        """The queue is read, by the journal; the events are, by the notifiers' commits."""
        recorder = self.lab.recorder
        ends = recorder.ends()
        appended_to = {topic: ends[topic] for topic in (QUEUE, EVENTS, OUTBOX)}
        if appended_to != self.ends:
            self.ends, self.still_since = appended_to, time.monotonic()
        committed = recorder.committed_by("notifier")[EVENTS]
        unread = [f"queue-{n}: {recorder.positions[n]} of {end}" for n, end in ends[QUEUE].items()
                  if recorder.positions[n] < end]
        unread += [f"events-{n}: {committed.get(n, 0)} of {end}" for n, end in ends[EVENTS].items()
                   if committed.get(n, 0) < end]
        return f"not read: {unread[:5]}" if unread else None

    def inboxes(self):
        """Whatever is in one was not proved to be delivered."""
        with self.lab.world.redis.client() as client:
            pipeline = client.pipeline(transaction=False)
            for player in self.lab.crowd.players:
                pipeline.xlen(f"inbox:{{{player.id}}}")
            left = [p.id for p, length in zip(self.lab.crowd.players, pipeline.execute()) if length]
        return f"messages wait for {len(left)} players: {left[:5]}" if left else None

    def stillness(self):
        return None if time.monotonic() > self.still_since + STILL_S else "records are still appended"
