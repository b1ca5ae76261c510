"""
Documented exceptions (docs/internals.md, Known limits; tests/integration has them, too): each is counted by name, and
holds only where a fault of the right kind was near enough in time.
"""
import collections

from stack import SANITIZER

EMPTIED = ("redis_flush", "redis_restart", "redis_failover")
REFILLED_MS = 20000      # until every daemon has noticed that Redis is another one, and filled it: pauses are shorter
UNNOTICED_MS = 5000      # what a flushed Redis took before its notifier knew: 250 ms, and a pause
AGAIN_MS = 2000          # until Redis has heard of what was decided

SERVICES = ("gateway", "matchmaker", "notifier", "metrics")
FATAL = ("kafka_fatal",)  # last words of a daemon that documents that it ends
GOOD_EXITS = (0, 1, -9, -15)  # of one that the harness ended; 1: the drain was cut, as Kafka was away


class Faults:
    """What the harness did: done.jsonl."""

    def __init__(self, folder):
        self.kinds = collections.Counter()
        self.windows = []  # (begin, end, kind) of what emptied Redis
        self.poison = {}   # (topic, partition, offset) -> kind
        self.exits = []
        begun = {}
        for line in folder.done():
            self.note(line, begun)
        self.windows += [(ms, float("inf"), kind) for ms, kind in begun.values()]
        self.used = collections.Counter()  # exceptions, by name

    def note(self, line, begun):
        number = line.get("number", (line.get("kind"), line.get("target")))
        if line["what"] == "fault":
            self.kinds[line["kind"]] += 1
            if line["kind"] in EMPTIED:
                begun[number] = (line["ms"], line["kind"])
        elif line["what"] == "mended" and number in begun:
            ms, kind = begun.pop(number)
            self.windows.append((ms, line["ms"], kind))
        elif line["what"] == "poison":
            self.poison[line["topic"], line["partition"], line["offset"]] = line["kind"]
        elif line["what"] == "exit":
            self.exits.append(line)

    def excuse(self, name):
        self.used[name] += 1
        return True

    # ---- one for each exception -------------------------------------------------------------------------------------

    def two_open(self, earlier, later):
        """Two tickets of a player were open at a time, in different pools. A claim is older than its start."""
        return any(earlier.start_ms <= end + AGAIN_MS and begin - AGAIN_MS <= later.start_ms <= end + REFILLED_MS
                   for begin, end, _ in self.windows) and self.excuse("a claim was lost with Redis")

    def late(self, newest_ms):
        """A flushed Redis took the newer message before anybody knew that older ones were gone."""
        return any(begin - UNNOTICED_MS <= newest_ms <= end + UNNOTICED_MS for begin, end, _ in self.windows) \
            and self.excuse("a message before older ones, when Redis was emptied")

    def untold(self, client, published_ms, inbox_ttl_ms):
        """A message that was never told."""
        if client is None:  # nobody whom the harness knows
            return False
        if client.last_ms < published_ms:
            return self.excuse("never told: the player did not come back")
        gone_ms = published_ms + inbox_ttl_ms
        if not any(opened < gone_ms and closed > published_ms for opened, closed in client.spans.values()):
            return self.excuse("never told: the player was away for longer than an inbox lives")
        return False

    def fatal(self, line):
        """A daemon that documents that it ends by itself, and said so."""
        words = " ".join(line.get("words") or line.get("last") or ())
        return line["status"] == 1 and any(name in words for name in FATAL) and self.excuse("a documented fatal exit")

    def bad_words(self, logs):
        """What no log may have in it."""
        for path in (path for service in SERVICES for path in sorted(logs.glob(f"{service}*"))):
            with path.open(encoding="utf-8", errors="replace") as log:
                for line in log:
                    if SANITIZER.search(line):
                        yield f"{path.name}: {line.strip()[:200]}"
