"""The engine's values and verdicts are the oracle's; and a difference is seen when there is one."""
import collections
import json

import pytest

import values


def test_values_are_the_oracles():
    differing, counts = values.run(values.VALUES, 1, 1501)
    assert differing == 0
    assert counts["values"] > 5000
    assert all(counts[f"{kind} {verdict}"] > 50 for kind in ("comparison", "distance", "collection", "batchDistance")
               for verdict in (True, False))


@pytest.mark.parametrize("lie", ["passed", "measured", "match"])
def test_a_lie_is_seen(lie):
    rule = {"name": "Close", "type": "distance", "measurements": ["flatten(teams[*].players.attributes[skill])"],
            "referenceValue": 5, "maxDistance": 3}
    case = {"age_ms": 0, "teams": {"red": [[{"id": "a", "attributes": {"skill": {"N": 4}}}]]},
            "rules": {"ruleLanguageVersion": "1.0", "playerAttributes": [{"name": "skill", "type": "number"}],
                      "teams": [{"name": "red", "minPlayers": 1, "maxPlayers": 2}], "rules": [rule]}}
    truth = {"rules": {"Close": {"passed": True, "measured": [[4]], "reference": 5}}, "match": True}
    told = json.loads(json.dumps(truth))
    if lie == "match":
        told["match"] = False
    else:
        told["rules"]["Close"][lie] = {"passed": False, "measured": [[4.5]]}[lie]
    assert values.Comparison(case, truth, collections.Counter()).differences() == []
    assert len(values.Comparison(case, told, collections.Counter()).differences()) == 1
