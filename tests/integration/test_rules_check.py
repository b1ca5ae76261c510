"""gsmctl rules check: what a designer sees of a rule set."""
import json
import subprocess

import pytest

from schemas import ROOT
from stack import BUILD, DUEL

EXAMPLES = sorted((ROOT / "deploy/config/rulesets").rglob("*.json"))


def check(*arguments):
    """(exit status, lines of output, what stands on stderr)"""
    run = subprocess.run([BUILD / "gsmctl", "rules", "check", *arguments], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines(), run.stderr


@pytest.fixture
def rules(tmp_path):
    """Writes a duel with changes to a file."""
    def write(name="rules.json", **changes):
        path = tmp_path / name
        path.write_text(json.dumps({**DUEL, **changes}))
        return path
    return write


def test_what_is_right(rules):
    path = rules()
    assert check(path) == (0, [f"{path}: ok: 2 teams, 2 players, 1 rule, 2 phases"], "")


def test_what_we_deploy():
    status, lines, _ = check(*EXAMPLES)
    assert status == 0
    assert len(lines) == len(EXAMPLES) and all(": ok: " in line for line in lines)  # no note either


def test_all_problems_of_all_files(rules):
    team = {"name": "red", "minPlayers": 3, "maxPlayers": 2}
    first = rules("first.json", teams=[team], rules=[{"name": "a\nb", "type": "sort"}], expansions=[])
    second = rules("second.json")
    third = rules("third.json", algorithm={"balancedAttribute": "skill"})
    missing = first.parent / "missing.json"
    assert check(first, missing, second, third) == (1, [
        f'{first}: $.rules[0].type: must be comparison, distance, batchDistance, collection, latency, compound, '
        'absoluteSort or distanceSort, is "sort"',
        f'{first}: $.teams[0]: from 0 s on, team "red" has minPlayers 3, more than maxPlayers 2',
        f"{missing}: cannot be read: No such file or directory",
        f"{second}: ok: 2 teams, 2 players, 1 rule, 2 phases",
        f"{third}: $.algorithm.balancedAttribute: note: has no effect: only strategy balanced reads it",
        f"{third}: ok: 2 teams, 2 players, 1 rule, 2 phases",
    ], "")


def test_a_problem_is_one_line(rules):
    path = rules(**{"x\ny": 1})
    status, lines, _ = check(path)
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith(f'{path}: $: unknown member "x?y"; known are name, ')


def test_more_problems_than_are_told(rules):
    path = rules(expansions=[7] * 150)
    status, lines, _ = check(path)
    assert status == 1
    assert len(lines) == 101 and lines[-1] == f"{path}: 150 errors in all; these are the first"


@pytest.mark.parametrize("arguments", [[], ["--all"]])
def test_wrong_use(arguments):
    status, lines, told = check(*arguments)
    assert (status, lines) == (2, [])
    assert told.startswith("usage: gsmctl rules check FILE...")


def test_help():
    status, lines, told = check("--help")
    assert (status, told) == (0, "")
    assert lines[0] == "usage: gsmctl rules check FILE..."
