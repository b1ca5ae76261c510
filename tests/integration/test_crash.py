"""kill -9 of the matchmaker in the middle of a crowd: every player is matched, none twice."""
import json
import os
import subprocess

import net
from checker import QUEUE, check_story
from schemas import ROOT
from stack import BUILD

PLAYERS = int(os.environ.get("GSM_PLAYERS", "500"))


def crowd(stack, configuration, prefix):
    return subprocess.Popen(
        [BUILD / "players", "--mode=demo", f"--url=ws://127.0.0.1:{stack.ws_port}", f"--players={PLAYERS}",
         f"--rate={PLAYERS // 4}", f"--configuration={configuration}", f"--prefix={prefix}", "--timeout-s=60",
         "--quiet=true", f"--ratings={ROOT / 'tests/data/ratings.txt'}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def delivered(stack):
    return stack.gateway.metric("gateway_commands_total", "delivered")


def starts_of(topics, since, prefix):
    """The tickets that the crowd's requests in the log opened."""
    return {json.loads(r.value)["TicketId"] for r in topics.read(QUEUE, since)
            if r.headers["ce_type"] == "StartMatchmaking" and r.headers["player_id"].startswith(prefix)}


def test_kill_the_matchmaker(stack, topics, name, number):
    since, prefix = topics.ends(QUEUE), name("p")[:60]
    before = delivered(stack)
    players = crowd(stack, f"crowd-{number}", prefix)
    try:
        for part in (4, 2):  # once after a quarter of the requests, once after half of them
            net.wait_until(lambda: delivered(stack) - before > PLAYERS / part, "requests in the log", 30)
            stack.matchmaker.restart()
        output, _ = players.communicate(timeout=90)
    finally:
        players.kill()
    assert players.returncode == 0, output
    stack.wait_ready()

    history, told, promised = check_story(topics)
    starts = starts_of(topics, since, prefix)
    assert len(starts) >= PLAYERS
    still_open = starts & history.open_tickets()
    assert not still_open, f"{len(still_open)} tickets never ended: {sorted(still_open)[:5]}"
    decided = set(history.state) | {t["ticket"] for t in history.refused}
    assert starts <= decided, f"requests without a decision: {sorted(starts - decided)[:5]}"
    ours = {(match, player) for match, player in promised if player.startswith(prefix)}
    assert len(ours) == PLAYERS and ours <= told
