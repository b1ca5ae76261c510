"""gsmctl simulate: the same again by its seed, figures that a second computation finds too, a page on its own."""
import collections
import csv
import html.parser
import io
import json
import math
import random
import re
import subprocess

import pytest

from stack import BUILD, ROOT

DUEL = ROOT / "deploy/config/rulesets/duel.json"
RATINGS = ROOT / "tests/data/ratings.txt"


def run(*arguments, fails=None):
    """stdout; or, when it is to fail, the line on stderr."""
    done = subprocess.run([BUILD / "gsmctl", "simulate", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == (fails or 0), done.stderr
    return done.stderr if fails else done.stdout


def simulated(folder, *arguments, rules=("--rules", DUEL)):
    """(table, CSV, page)"""
    table = run(*rules, "--ratings", RATINGS, "--for", "30m", "--csv", folder / "out.csv", "--html", folder / "out.html",
                *arguments)
    return table, (folder / "out.csv").read_text(), (folder / "out.html").read_text()


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first = simulated(tmp_path, "--arrivals", "poisson:2", "--seed", 7)
    assert simulated(tmp_path, "--arrivals", "poisson:2", "--seed", 7) == first
    assert simulated(tmp_path, "--arrivals", "poisson:2", "--seed", 8)[1] != first[1]


# ---- the figures, from the CSV ----

def percentile(values, percent):
    """Nearest rank."""
    return sorted(values)[max(math.ceil(percent / 100 * len(values) - 1e-9), 1) - 1]


def parse(table):
    """{heading: {label: [value a run]}}; '' is the heading of the counts."""
    sections, heading = collections.defaultdict(dict), ""
    for line in table.split("\n\n")[0].splitlines()[1:]:
        label, values = line[:42].rstrip(), line[42:].split()
        if not values:
            heading = label
        elif label.startswith("  "):
            sections[heading][label.strip()] = values
        else:
            sections[""][label] = values
    return sections


def spread(values):
    return {"mean": sum(values) / len(values), "p50": percentile(values, 50), "p90": percentile(values, 90),
            "p99": percentile(values, 99), "max": max(values)}


def compute(rows, prefix=""):
    matches = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        if row[prefix + "state"] == "COMPLETED":
            matches[row[prefix + "match"]][row[prefix + "team"]] += [float(n) for n in row["skill"].split("|")]
    players = [[value for team in match.values() for value in team] for match in matches.values()]
    averages = [[sum(team) / len(team) for team in match.values()] for match in matches.values()]
    states = collections.Counter(row[prefix + "state"] for row in rows)
    return {
        "": {"tickets": len(rows), "players": sum(int(row["players"]) for row in rows), "matches": len(matches),
             "tickets matched": states["COMPLETED"], "tickets matched, %": 100 * states["COMPLETED"] / len(rows),
             "tickets timed out": states["TIMED_OUT"], "tickets timed out, %": 100 * states["TIMED_OUT"] / len(rows),
             "tickets still waiting at the end": states["SEARCHING"], "tickets refused": states["REFUSED"],
             "players a match, mean": sum(map(len, players)) / len(matches)},
        "wait of matched tickets, s": spread([float(row[prefix + "end_s"]) - float(row["arrival_s"]) for row in rows
                                              if row[prefix + "state"] == "COMPLETED"]),
        "skill: spread in a match": spread([max(values) - min(values) for values in players]),
        "skill: difference of team averages": spread([max(values) - min(values) for values in averages]),
        "matches by number of players": collections.Counter(str(len(values)) for values in players),
    }


def assert_figures(table, rows, run_number=0, prefix=""):
    told, computed = parse(table), compute(rows, prefix)
    assert set(told) == set(computed)
    for heading, figures in computed.items():
        assert set(told[heading]) == set(figures)
        for label, value in figures.items():
            assert float(told[heading][label][run_number]) == pytest.approx(value, abs=0.0051), (heading, label)


def test_the_figures_are_those_of_the_tickets(tmp_path):
    table, tickets, _ = simulated(tmp_path, "--arrivals", "poisson:0.2", "--timeout", 20)
    rows = list(csv.DictReader(io.StringIO(tickets)))
    assert {row["state"] for row in rows} == {"COMPLETED", "TIMED_OUT", "SEARCHING"}
    assert_figures(table, rows)
    for row in rows:  # nobody is matched at or after the time-out, and everybody is told at it
        if row["state"] == "TIMED_OUT":
            assert float(row["wait_s"]) == 20
        elif row["state"] == "COMPLETED":
            assert float(row["wait_s"]) < 20


def test_the_bands_are_those_of_the_tickets(tmp_path):
    table, tickets, _ = simulated(tmp_path, "--arrivals", "poisson:1")
    rows = list(csv.DictReader(io.StringIO(tickets)))
    lines = table.split("\n\n")[1].splitlines()[2:]
    assert len(lines) == 10
    for line in lines:
        least, greatest, count, share, p50, p90, p99 = map(float, re.findall(r"[\d.]+", line))
        band = [row for row in rows if least <= float(row["skill"]) <= greatest]
        waits = [float(row["wait_s"]) for row in band if row["state"] == "COMPLETED"]
        assert len(band) == count
        assert len(rows) * 0.08 < count < len(rows) * 0.12
        assert share == pytest.approx(100 * len(waits) / len(band), abs=0.0051)
        assert [p50, p90, p99] == pytest.approx([percentile(waits, n) for n in (50, 90, 99)], abs=0.0051)


@pytest.fixture
def narrow(tmp_path):
    rules = json.loads(DUEL.read_text())
    del rules["expansions"]
    path = tmp_path / "narrow.json"
    path.write_text(json.dumps(rules))
    return path


def test_two_rule_sets_meet_the_same_tickets(tmp_path, narrow):
    table, tickets, page = simulated(tmp_path, "--arrivals", "poisson:0.5", rules=("--compare", DUEL, narrow))
    rows = list(csv.DictReader(io.StringIO(tickets)))
    assert table.splitlines()[0].split() == ["duel", "narrow"]
    assert_figures(table, rows, 0, "duel.")
    assert_figures(table, rows, 1, "narrow.")
    matched = parse(table)[""]["tickets matched"]
    assert int(matched[0]) > int(matched[1])  # what the expansions are for
    alone = simulated(tmp_path, "--arrivals", "poisson:0.5")[1]
    assert [row["duel.match"] for row in rows] == [row["match"] for row in csv.DictReader(io.StringIO(alone))]
    assert [run["name"] for run in Page.read(page).data["runs"]] == ["duel", "narrow"]


def test_recorded_tickets_come_in_order(tmp_path):
    (tmp_path / "players.csv").write_text("skill\n1000\n1010\n2000\n")
    (tmp_path / "times.txt").write_text("0\n1.5\n2\n40\n")
    run("--rules", DUEL, "--players", tmp_path / "players.csv", "--arrivals", tmp_path / "times.txt", "--for", "60s",
        "--timeout", 30, "--csv", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [(row["skill"], row["state"], row["wait_s"]) for row in rows] == [
        ("1000", "COMPLETED", "1.500"), ("1010", "COMPLETED", "0.000"), ("2000", "TIMED_OUT", "30.000"),
        ("1000", "SEARCHING", "")]


# ---- teams, parties, locations ----

EXAMPLES = ROOT / "deploy/config/rulesets/examples"


def matches_of(rows):
    """{match: {team: [row]}}"""
    matches = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        if row["state"] == "COMPLETED":
            matches[row["match"]][row["team"]].append(row)
    return matches


def test_parties_play_in_teams(tmp_path):
    table, tickets, _ = simulated(tmp_path, "--arrivals", "poisson:2", "--party", "1:6,2:3,4:1",
                                  rules=("--rules", EXAMPLES / "aliens_vs_cowboys.json"))
    rows = list(csv.DictReader(io.StringIO(tickets)))
    assert {row["players"] for row in rows} == {"1", "2", "4"}
    assert_figures(table, rows)
    matches = matches_of(rows)
    assert len(matches) > 20
    for teams in matches.values():
        sizes = [sum(int(row["players"]) for row in team) for team in teams.values()]
        assert len(sizes) == 2 and sizes[0] == sizes[1] and 4 <= sizes[0] <= 8


def test_a_match_has_a_location(tmp_path):
    chance = random.Random(5)
    lines = [",".join(["12", "x;medic" if chance.random() < 0.2 else "peasant"] + [
        "" if chance.random() < 0.2 else str(chance.randint(10, 200)) for _ in range(3)]) for _ in range(500)]
    (tmp_path / "players.csv").write_text(
        "skill,character,latency:eu,latency:us,latency:ap\n"
        + "".join(line + "\n" for line in lines if not line.endswith(",,,")))
    table = run("--rules", EXAMPLES / "three_team_game.json", "--players", tmp_path / "players.csv", "--for", "30m",
                "--arrivals", "poisson:2", "--csv", tmp_path / "out.csv")
    worst = []
    for teams in matches_of(csv.DictReader((tmp_path / "out.csv").open())).values():
        players = [row for team in teams.values() for row in team]
        worst.append(min(max(float(row["latency:" + place] or "inf") for row in players) for place in ("eu", "us", "ap")))
    assert len(worst) > 20
    assert max(worst) <= 150  # what the last expansion allows
    told = parse(table)["latency of a match's worst-off player, ms"]
    assert {label: float(value[0]) for label, value in told.items()} == pytest.approx(spread(worst), abs=0.0051)


def test_a_fresh_ticket_undoes_an_expansion(tmp_path):
    """The worked example of docs/rules.md."""
    rules = {"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "nick", "type": "string"}],
             "teams": [{"name": "party", "minPlayers": 4, "maxPlayers": 4}],
             "expansions": [{"target": "teams[party].minPlayers", "steps": [
                 {"waitTimeSeconds": 30, "value": 3}, {"waitTimeSeconds": 40, "value": 2},
                 {"waitTimeSeconds": 45, "value": 1}]}]}
    (tmp_path / "newest.json").write_text(json.dumps(rules))
    rules["algorithm"] = {"expansionAgeSelection": "oldest"}
    (tmp_path / "oldest.json").write_text(json.dumps(rules))
    (tmp_path / "players.csv").write_text("nick\nalice\nbob\n")
    (tmp_path / "times.txt").write_text("0\n10\n")
    run("--compare", tmp_path / "newest.json", tmp_path / "oldest.json", "--players", tmp_path / "players.csv",
        "--arrivals", tmp_path / "times.txt", "--for", "90s", "--csv", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [(row["nick"], row["newest.end_s"], row["newest.match"], row["oldest.end_s"], row["oldest.match"])
            for row in rows] == [("alice", "45.000", "1", "40.000", "1"), ("bob", "55.000", "2", "40.000", "1")]


# ---- the page ----

class Page(html.parser.HTMLParser):
    """What is open, what would be fetched, and the data inside."""
    VOID = {"meta", "link", "br", "img", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.references, self.title, self.data = [], [], "", None

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs)))
        self.references += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tag, attrs = self.open[-1] if self.open else ("", {})
        if tag == "title":
            self.title = data
        elif tag == "style":
            assert "url(" not in data and "@import" not in data
        elif attrs.get("id") == "data":
            self.data = json.loads(data)

    @classmethod
    def read(cls, text):
        page = cls()
        page.feed(text)
        page.close()
        assert page.open == []
        return page


def test_the_page_needs_nothing_else(tmp_path):
    table, _, text = simulated(tmp_path, "--arrivals", "poisson:1", "--seed", 3)
    page = Page.read(text)
    assert page.title == "Simulation of duel"
    assert page.references == ["data:,"]
    assert "default-src 'none'" in text  # the browser holds it to that
    own = text[text.rindex("<script>"):]
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|import\(", own)
    inputs = dict(page.data["inputs"])
    assert inputs == {"ratings": str(RATINGS), "attribute": "skill", "party": "1:1", "arrivals": "poisson:1",
                      "for": "30m", "seed": "3", "time-out, s": "120"}
    assert page.data["runs"][0]["rules"] == DUEL.read_text()
    assert page.data["figures"][0]["values"] == [int(parse(table)[""]["tickets"][0])]


def test_what_has_no_value_is_no_heading(tmp_path):
    """Pairs in a duel: all are refused, nobody is matched."""
    table, _, text = simulated(tmp_path, "--party", "2:1")
    assert parse(table)[""]["players a match, mean"] == ["-"]
    assert parse(table)["wait of matched tickets, s"]["p50"] == ["-"]
    page = Page.read(text)
    headings = [figure["label"] for figure in page.data["figures"] if figure["heading"]]
    assert "wait of matched tickets, s" in headings and "players a match, mean" not in headings
    assert "party_too_large" in page.data["runs"][0]["refusal"]


# ---- what is wrong is said ----

@pytest.mark.parametrize("arguments, says", [
    (["--ratings", RATINGS], "one of --rules FILE and --compare A.json B.json must be given"),
    (["--compare", DUEL, "--ratings", RATINGS], "--compare: two files must follow"),
    (["--rules", DUEL], "one of --players FILE.csv and --ratings FILE must be given"),
    (["--rules", DUEL, "--ratings", RATINGS, "--for", "1x"], "--for: must be a number and s, m, h or d"),
    (["--rules", DUEL, "--ratings", RATINGS, "--attribute", "x"], "--attribute: must be a number attribute"),
    (["--rules", DUEL, "--ratings", RATINGS, "--arrivals", "poisson:x"], "the rate must be a number"),
    (["--rules", DUEL, "--ratings", RATINGS, "--party", "20:1"], "sizes from 1 to 10"),
    (["--rules", "nowhere.json", "--ratings", RATINGS], "nowhere.json: cannot be read: No such file"),
    (["--rules", RATINGS, "--ratings", RATINGS], f"{RATINGS}: "),
    (["--rules", DUEL, "--ratings", DUEL], f"{DUEL}:1: must be a number"),
    (["--rules", DUEL, "--players", RATINGS], f"{RATINGS}:1: column"),
    (["--rules", DUEL, "--ratings", RATINGS, "--timeout", "14"], "--timeout must be at least 15, the last step, is 14"),
    (["--rules", DUEL, "--ratings", RATINGS, "--timeout", "0"], "must be an integer from 1 to 43200"),
])
def test_bad_input_is_named(arguments, says):
    said = run(*arguments, fails=2)
    assert says in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("flag", ["--csv", "--html"])
def test_a_report_that_cannot_be_written(tmp_path, flag):
    """It is said before the work."""
    said = run("--rules", DUEL, "--ratings", RATINGS, "--for", "1m", flag, tmp_path / "none/out", fails=2)
    assert "none/out: cannot be written: No such file" in said and len(said.splitlines()) == 1


def test_a_report_that_would_replace_what_is_read(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(DUEL.read_text())
    for flags in (["--csv", rules], ["--html", rules], ["--csv", tmp_path / "out", "--html", tmp_path / "out"]):
        assert "no other setting names" in run("--rules", rules, "--ratings", RATINGS, *flags, fails=2)
    assert rules.read_text() == DUEL.read_text()
