"""
A queue under faults: workers send, receive and delete while a seeded schedule kills, stops, empties and fills; then calm,
and the judge. `make chaos-queue SEEDS=1,2 MESSAGES=20000 FAULTS=12`.

A seed gives the faults, their order and lengths, and what the workers draw; not the interleaving of processes. A seed that
failed is run again by SEEDS=N with the same MESSAGES and FAULTS; its folder is kept.
"""
import argparse
import pathlib
import pickle
import random
import shutil
import sys
import tempfile
import time

import queue_evidence
from queue_judge import judge
from queue_scene import FAULTS, Scene, wait_until

PAUSE_S = 0.5, 3.0     # between faults
FAULT_S = 4.0          # of a fault and its pause, about: for the rate of sending
BEGIN_S = 60           # the group forms, and something is deleted everywhere
SEND_S = 3600
CALM_S = 300
BACKLOG_MAX = 100000
SHOWN = 20             # violations


def schedule(seed, count):
    """[(fault, seconds to wait after it)]: each kind comes before any comes far more often than its weight says."""
    dice = random.Random(seed)
    deck = [kind for kind, weight in FAULTS.items() for _ in range(weight)]
    drawn = []
    while len(drawn) < count:
        dice.shuffle(deck)
        drawn += deck
    return [(kind, round(dice.uniform(*PAUSE_S), 2)) for kind in drawn[:count]]


def attack(scene, seed, faults):
    dice = random.Random(seed)
    for n, (kind, pause_s) in enumerate(schedule(seed, faults), 1):
        print(f"  {n:3} {kind}", flush=True)
        getattr(scene, kind)(dice)
        time.sleep(pause_s)


def run(seed, messages, faults, folder):
    """Prints what was done and found; true when all promises were kept."""
    scene = Scene(folder, seed, rate=max(40, int(messages / (faults * FAULT_S))), backlog=min(BACKLOG_MAX, messages // 3))
    try:
        scene.start()
        wait_until(lambda: queue_evidence.all_committed(scene.kafka.brokers), "nothing is committed", BEGIN_S)
        attack(scene, seed, faults)
        wait_until(lambda: scene.sent() >= messages, lambda: f"{scene.sent()} of {messages} sent", SEND_S, every_s=1)
        empty = scene.calm(CALM_S)
        scene.stop()
        story = queue_evidence.story(scene.kafka.brokers, scene.step_files(), scene.faults)
        (folder / "story").write_bytes(pickle.dumps(story))
        verdict = judge(story)
    finally:
        scene.close()
    problems = scene.problems + ([] if empty else [f"not empty after {CALM_S} s of calm"]) + verdict.violations
    report(seed, verdict.counts, problems)
    return not problems


def report(seed, counts, problems):
    print(f"seed {seed}")
    for name, count in sorted(counts.items()):
        print(f"  {count:9} {name}")
    print(f"  {len(problems):9} violations")
    for problem in problems[:SHOWN]:
        print(f"    {problem}")


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--faults", type=int, default=12)
    parser.add_argument("--again", type=pathlib.Path, help="judge the `story` of a folder that was kept, and nothing else")
    options = parser.parse_args()
    if options.again:
        verdict = judge(pickle.loads(options.again.read_bytes()))
        report("again", verdict.counts, verdict.violations)
        return bool(verdict.violations)
    failed = []
    for seed in options.seeds:
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"chaos-queue-{seed}-"))
        if run(seed, options.messages, options.faults, folder):
            shutil.rmtree(folder)
        else:
            failed.append(seed)
            print(f"seed {seed} failed; its logs, steps and `story` (--again) are in {folder}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
