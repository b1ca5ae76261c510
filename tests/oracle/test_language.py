"""The oracle itself, on worked examples: expressions, each type of rule, expansions, the search."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import expression  # noqa: E402
import language  # noqa: E402
import legal  # noqa: E402
from search import Search, assignments  # noqa: E402

DECLARED = [{"name": "skill", "type": "number", "default": 10}, {"name": "mode", "type": "string", "default": "duel"},
            {"name": "likes", "type": "string_list", "default": ["cats"]},
            {"name": "maps", "type": "string_number_map", "default": {"sea": 1}},
            {"name": "rank", "type": "number"}]


def rules(*rules, teams=(("red", 0, 5), ("blue", 0, 5)), **more):
    return {"ruleLanguageVersion": "1.0", "playerAttributes": DECLARED,
            "teams": [{"name": name, "minPlayers": least, "maxPlayers": most} for name, least, most in teams],
            "rules": [{"name": f"R{i}", **rule} for i, rule in enumerate(rules)], **more}


def tagged(value):
    tags = {str: "S", list: "SL", dict: "SDM"}
    return {tags.get(type(value), "N"): value}


def player(latency=None, **attributes):
    return {"attributes": {name: tagged(v) for name, v in attributes.items()}, "latency": latency or {}}


def skills(*numbers):
    return [player(skill=n) for n in numbers]


def world_of(document, teams, starts=None):
    """teams: for each team its tickets, for each ticket its players. Returns (rule set, the teams' Tickets)."""
    rule_set, made = language.RuleSet(document, document.get("additional", 0)), 0
    out = []
    for team in teams:
        out.append([])
        for players in team:
            named = [{"id": f"p{made}{chr(97 + i)}", **p} for i, p in enumerate(players)]
            out[-1].append(rule_set.ticket(f"t{made}", (starts or {}).get(made, 0), made, named))
            made += 1
    return rule_set, out


def verdict(document, teams, now_ms=0, starts=None):
    rule_set, tickets = world_of(document, teams, starts)
    found = legal.verdict(rule_set, tickets, now_ms)
    assert (found is False) == bool(legal.violations(rule_set, tickets, now_ms))
    return found


TEAMS = [[skills(10), skills(20, 40)], [skills(60)]]  # red: 10 and a party of two; blue: 60


@pytest.mark.parametrize("text, value", [
    ("teams[red].players.attributes[skill]", [10, 30]),
    ("teams[blue].players.attributes[skill]", [60]),
    ("teams[*].players.attributes[skill]", [[10, 30], [60]]),
    ("teams[red,blue].players.attributes[skill]", [[10, 30], [60]]),
    ("team[blue].players.attributes[skill]", [60]),
    ("teams[ red ].players[playerId]", ["p0a", "p1a", "p1b"]),
    ("flatten(teams[*].players[playerid])", ["p0a", "p1a", "p1b", "p2a"]),
    ("count (teams[red].players)", 3),
    ("count(teams[*].players)", [3, 1]),
    ("max(count(teams[*].players))", 3),
    ("count(teams[*])", 2),
    ("avg(teams[*].players.attributes[skill])", [20, 60]),
    ("max(avg(teams[*].players.attributes[skill]))", 60),
    ("avg(flatten(teams[*].players.attributes[skill]))", 100 / 3),
    ("median(teams[red].players.attributes[skill])", 20),
    ("sum(flatten(teams[*].players.attributes[skill]))", 100),
    ("min(flatten(teams[*].players.attributes[skill]))", 10),
    ("stddev(teams[red].players.attributes[skill])", 10),
    ("teams[red].players.attributes[mode]", ["duel", "duel", "duel"]),
    ("teams[red].players.attributes[likes]", [["cats"], ["cats"]]),
    ("flatten(teams[*].players.attributes[likes])", [["cats"], ["cats"], ["cats"]]),
    ("flatten(flatten(teams[*].players.attributes[likes]))", ["cats"] * 3),
    ("set_intersection(flatten(teams[*].players.attributes[likes]))", ["cats"]),
    ("set_intersection(teams[*].players.attributes[likes])", [["cats"], ["cats"]]),
    ("teams[blue].players.attributes[maps][sea]", [1]),
])
def test_expression(text, value):
    rule_set, tickets = world_of(rules(), TEAMS)
    world = expression.World([(name, base, t) for (name, base), t in zip(rule_set.names, tickets)])
    assert expression.parse(text, rule_set.names, rule_set.kinds).value(world) == value


@pytest.mark.parametrize("text", ["flatten(teams[red].players)", "avg(teams[red].players.attributes[mode])",
                                  "teams[green].players", "teams[red].players.attributes[height]", "avg(medic)",
                                  "set_intersection(teams[red].players[playerId])", "sum(teams[red])"])
def test_wrong_expression(text):
    rule_set = language.RuleSet(rules())
    with pytest.raises(expression.LanguageError):
        expression.parse(text, rule_set.names, rule_set.kinds)


def test_empty_lists_have_no_value():
    rule_set, tickets = world_of(rules(), [[skills(4)], []])
    world = expression.World([(name, base, t) for (name, base), t in zip(rule_set.names, tickets)])

    def value(text):
        return expression.parse(text, rule_set.names, rule_set.kinds).value(world)

    assert value("avg(teams[blue].players.attributes[skill])") is expression.NOTHING
    assert value("avg(teams[*].players.attributes[skill])") == [4]
    assert value("count(teams[*].players)") == [1, 0]


ALL_SKILLS = "flatten(teams[*].players.attributes[skill])"
LIKES = "flatten(teams[*].players.attributes[likes])"
SPREAD = {"type": "distance", "measurements": [f"max({ALL_SKILLS})"], "referenceValue": f"min({ALL_SKILLS})"}
ONE, TWO = skills(10), skills(20)


def likes(*lists):
    return [player(likes=list(one)) for one in lists]


def likes_rule(operation, **more):
    return {"type": "collection", "measurements": [LIKES], "operation": operation, **more}


def pings(*places):
    return [player(latency=one) for one in places]


RULE_CASES = [  # rule, teams of tickets, verdict
    ({"type": "comparison", "measurements": [ALL_SKILLS], "referenceValue": 10, "operation": ">="}, [[ONE], [TWO]], True),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "referenceValue": 10, "operation": ">"}, [[ONE], [TWO]], False),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "operation": "!="}, [[ONE], [TWO]], True),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "operation": "!="}, [[ONE, TWO], [ONE]], False),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "operation": "="}, [[ONE], [TWO]], False),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "operation": "="}, [[TWO], [skills(10, 30)]], True),
    ({"type": "comparison", "measurements": [ALL_SKILLS], "operation": "=", "partyAggregation": "min"},
     [[TWO], [skills(10, 30)]], False),
    ({"type": "comparison", "measurements": ["teams[red].players.attributes[mode]"], "referenceValue": "duel",
      "operation": "="}, [[ONE], [[player(mode="war")]]], True),
    ({"type": "comparison", "measurements": ["teams[*].players.attributes[mode]"], "referenceValue": "duel",
      "operation": "="}, [[ONE], [[player(mode="war")]]], False),
    ({"type": "comparison", "measurements": ["teams[*].players.attributes[mode]"], "operation": "="},
     [[[player(mode="war"), player(mode="duel")]], []], False),
    ({"type": "comparison", "measurements": ["avg(teams[red].players.attributes[skill])"], "operation": ">=",
      "referenceValue": "max(teams[blue].players.attributes[skill])"}, [[], [ONE]], True),
    ({**SPREAD, "maxDistance": 10}, [[ONE], [TWO]], True),
    ({**SPREAD, "maxDistance": 9.5}, [[ONE], [TWO]], False),
    ({**SPREAD, "minDistance": 10}, [[ONE], [TWO]], True),
    ({**SPREAD, "minDistance": 11}, [[ONE], [TWO]], False),
    ({**SPREAD, "maxDistance": 10, "partyAggregation": "max"}, [[ONE], [skills(0, 20)]], True),
    ({**SPREAD, "maxDistance": 10, "partyAggregation": "max"}, [[ONE], [skills(0, 21)]], False),
    ({"type": "batchDistance", "batchAttribute": "skill", "maxDistance": "10"}, [[ONE], [TWO]], True),
    ({"type": "batchDistance", "batchAttribute": "skill", "maxDistance": 9}, [[ONE], [TWO]], False),
    ({"type": "batchDistance", "batchAttribute": "mode"}, [[ONE], [TWO]], True),
    ({"type": "batchDistance", "batchAttribute": "mode"}, [[ONE], [[player(mode="war")]]], False),
    (likes_rule("intersection", minCount=1), [[likes("ab")], [likes("bc")]], True),
    (likes_rule("intersection", minCount=2), [[likes("ab")], [likes("bc")]], False),
    (likes_rule("intersection", minCount=1), [[likes("ab")], [likes("cd", "be")]], True),
    (likes_rule("intersection", minCount=1, partyAggregation="intersection"), [[likes("ab")], [likes("cd", "be")]], False),
    (likes_rule("contains", referenceValue="b"), [[likes("ab")], [likes("c")]], True),
    (likes_rule("contains", referenceValue="d"), [[likes("ab")], [likes("c")]], False),
    (likes_rule("contains", referenceValue="b", maxCount=1), [[likes("ab")], [likes("b")]], False),
    ({"type": "collection", "measurements": ["flatten(teams[*].players.attributes[mode])"], "operation": "contains",
      "referenceValue": "duel", "minCount": 2, "maxCount": 2}, [[ONE], [TWO]], True),
    (likes_rule("reference_intersection_count", referenceValue=["a", "b"], minCount=1), [[likes("ac")], [likes("b")]], True),
    (likes_rule("reference_intersection_count", referenceValue=["a", "b"], minCount=1), [[likes("ac")], [likes("c")]], False),
    ({"type": "latency", "maxLatency": 50}, [[pings({"eu": 50, "us": 60})], [pings({"eu": 49, "us": 20})]], True),
    ({"type": "latency", "maxLatency": 50}, [[pings({"eu": 51, "us": 60})], [pings({"eu": 49, "us": 20})]], False),
    ({"type": "latency", "maxLatency": 50}, [[pings({"eu": 1})], [pings({"us": 1})]], False),
    ({"type": "latency", "maxLatency": 50}, [[pings({"eu": 1})], [ONE]], False),
    ({"type": "latency", "maxLatency": 50}, [[pings({"eu": 1})], [pings({"eu": 80}, {"eu": 20})]], True),
    ({"type": "latency", "maxLatency": 50, "partyAggregation": "max"}, [[pings({"eu": 1})], [pings({"eu": 80}, {"eu": 20})]],
     False),
    ({"type": "latency", "maxDistance": 10, "distanceReference": "min"}, [[pings({"eu": 5})], [pings({"eu": 15})]], True),
    ({"type": "latency", "maxDistance": 10, "distanceReference": "min"}, [[pings({"eu": 5})], [pings({"eu": 16})]], False),
    ({"type": "latency", "maxDistance": 10, "distanceReference": "avg"}, [[pings({"eu": 5})], [pings({"eu": 25})]], True),
    ({"type": "absoluteSort", "sortDirection": "ascending", "sortAttribute": "rank"}, [[ONE], [TWO]], True),
    ({"type": "comparison", "measurements": ["flatten(teams[*].players.attributes[rank])"], "operation": "="},
     [[[player(rank=1)]], [ONE]], False),
]


@pytest.mark.parametrize("rule, teams, expected", RULE_CASES)
def test_rule(rule, teams, expected):
    assert verdict(rules(rule), teams) is expected


@pytest.mark.parametrize("statement, passing", [
    ("or(R0, R1)", True), ("and(R0, R1)", False), ("xor(R0, R1)", True), ("xor(R0, R0)", False), ("not(R1)", True),
    ("or(and(R0, not(R0)), and(R0, not(R1)))", True)])
def test_compound(statement, passing):
    """R0 holds and R1 does not; neither is enforced by itself."""
    document = rules({**SPREAD, "maxDistance": 10}, {**SPREAD, "maxDistance": 5}, {"type": "compound", "statement": statement})
    assert verdict(document, [[ONE], [TWO]]) is passing


def test_latency_rules_share_a_location():
    document = rules({"type": "latency", "maxLatency": 50}, {"type": "latency", "maxDistance": 5, "distanceReference": "min"})
    assert verdict(document, [[pings({"eu": 10, "us": 90})], [pings({"eu": 15, "us": 90})]]) is True
    assert verdict(document, [[pings({"eu": 10, "us": 90})], [pings({"eu": 16, "us": 90})]]) is False


def test_nearly_equal_cannot_be_told():
    """10/3 - 1/3 is 3, and is not in binary fractions."""
    document = rules({"type": "distance", "measurements": ["avg(teams[red].players.attributes[skill])"],
                      "referenceValue": "avg(teams[blue].players.attributes[skill])", "maxDistance": 3})
    assert verdict(document, [[skills(10), skills(0), skills(0)], [skills(1), skills(0), skills(0)]]) is None
    assert verdict(document, [[skills(10), skills(0), skills(1)], [skills(1), skills(0), skills(0)]]) is False


@pytest.mark.parametrize("players, additional, passing", [(2, 0, True), (4, 0, True), (1, 0, False), (5, 0, False),
                                                          (3, 1, True), (4, 1, False), (2, 9, True), (3, 9, False)])
def test_sizes(players, additional, passing):
    document = {**rules(teams=(("red", 2, 4),)), "additional": additional}
    assert verdict(document, [[ONE] * players]) is passing


def test_large_matches_know_latency_and_batch_distance_only():
    wide = {**SPREAD, "maxDistance": 5}, {"type": "batchDistance", "batchAttribute": "mode"}
    teams = (("red", 1, 30), ("blue", 1, 30))
    assert verdict(rules(*wide, teams=teams), [[ONE], [TWO]]) is True
    assert verdict(rules(*wide, teams=teams), [[ONE], [[player(mode="war")]]]) is False


def test_quantity_makes_teams_with_numbers():
    document = rules(teams=(("trio", 1, 3),))
    document["teams"][0]["quantity"] = 3
    assert [name for name, _ in language.RuleSet(document).names] == ["trio_1", "trio_2", "trio_3"]


FOUR = rules(teams=(("all", 4, 4),), expansions=[{"target": "teams[all].minPlayers", "steps": [
    {"waitTimeSeconds": 30, "value": 3}, {"waitTimeSeconds": 40, "value": 2}, {"waitTimeSeconds": 45, "value": 1}]}])


@pytest.mark.parametrize("selection, at_s, tickets, passing", [
    ("newest", 45, (0, 10), False), ("newest", 45, (0,), True), ("newest", 54.999, (10,), False), ("newest", 55, (10,), True),
    ("oldest", 39.999, (0, 10), False), ("oldest", 40, (0, 10), True)])
def test_expansion_by_the_newest_or_the_oldest(selection, at_s, tickets, passing):
    document = {**FOUR, "algorithm": {"expansionAgeSelection": selection}}
    starts = {i: 1000 * start_s for i, start_s in enumerate(tickets)}
    assert verdict(document, [[ONE for _ in tickets]], int(at_s * 1000), starts) is passing


def test_a_step_replaces_the_one_before():
    document = rules({**SPREAD, "maxDistance": 5}, expansions=[
        {"target": "rules[R0].maxDistance", "steps": [{"waitTimeSeconds": 5, "value": 10}, {"waitTimeSeconds": 9, "value": 7}]}])
    assert [verdict(document, [[ONE], [TWO]], ms) for ms in (4999, 5000, 8999, 9000)] == [False, True, True, False]


def test_search_finds_the_oldest_that_can_be_matched():
    document = rules({**SPREAD, "maxDistance": 5}, teams=(("red", 1, 1), ("blue", 1, 1)))
    rule_set, ((a, b, c, d), _) = world_of(document, [[skills(90), skills(10), skills(40), skills(14)], []])
    found, teams = Search(rule_set).oldest_matchable([d, c, b, a], 0)
    assert found is b and sorted(t.id for one in teams for t in one) == ["t1", "t3"]
    assert Search(rule_set).oldest_matchable([a, b, c], 0) == (None, None)


def ways(document, tickets):
    rule_set, (tickets, *_) = world_of(document, [tickets, []])
    s = Search(rule_set)
    return len(list(assignments(tickets, rule_set.in_force(()), s.alike, [t.shape for t in tickets])))


def test_search_leaves_out_what_is_the_same():
    """Four different players in two teams of two: 3 pairs when the teams are alike, 6 when not; all the same: one."""
    even = (("red", 2, 2), ("blue", 2, 2))
    red = {"type": "comparison", "measurements": ["count(teams[red].players)"], "referenceValue": 2, "operation": "="}
    assert ways(rules(teams=even), [skills(n) for n in (1, 2, 3, 4)]) == 3
    assert ways(rules(red, teams=even), [skills(n) for n in (1, 2, 3, 4)]) == 6
    assert ways(rules(red, teams=even), [skills(1)] * 4) == 1
