"""Random rule sets: every type of rule, teams, expansions, with attributes of the four types. Numbers are small."""

TYPES = {"skill": "number", "rank": "number", "mode": "string", "likes": "string_list", "maps": "string_number_map"}
AGGREGATES = ("min", "max", "avg", "median", "sum", "stddev")


class Draft:
    """A rule set while it is made."""

    def __init__(self, r):
        self.r = r
        self.kinds, self.rules, self.expansions = dict(TYPES), [], []
        self.large = r.random() < 0.05
        self.teams = self.make_teams()

    def rule_set(self):
        r = self.r
        if r.random() < 0.15:
            self.duel()
        else:
            for _ in range(r.choice((0, 1, 1, 2, 2, 3))):
                self.add_rule()
            self.add_compound()
        self.expand_teams()
        document = {"name": "random", "ruleLanguageVersion": "1.0", "playerAttributes": self.declared(),
                    "teams": self.teams, "rules": self.rules, "expansions": self.expansions}
        algorithm = self.algorithm()
        return {**document, **({"algorithm": algorithm} if algorithm else {})}

    def duel(self):
        """One against one: what fast paths are made for."""
        self.large = False
        self.teams = [{"name": name, "minPlayers": 1, "maxPlayers": 1} for name in ("red", "blue")]
        everyone = "flatten(teams[*].players.attributes[skill])"
        self.rules.append({"name": "Close", "type": "distance", "measurements": [f"max({everyone})"],
                           "referenceValue": f"min({everyone})", "maxDistance": self.r.randint(0, 3)})
        self.expand("Close", "maxDistance", self.r.randint(2, 9))

    def make_teams(self):
        r = self.r
        teams = []
        names = ("red", "blue", "green")[:r.choice((1, 2, 2, 2, 3))]
        for name in names:
            most = r.choice((1, 2, 2, 3, 4)) if len(names) > 1 else r.randint(2, 5)
            least = 0 if r.random() < 0.08 else r.randint(1 if len(names) > 1 or r.random() < 0.2 else 2, most)
            teams.append({"name": name, "minPlayers": least, "maxPlayers": most})
        if self.large:
            for team in teams:
                team["maxPlayers"] = 41
        elif r.random() < 0.2:
            teams[-1]["quantity"] = 2
        return teams

    def declared(self):
        samples = {"skill": 5, "rank": 1, "mode": "duel", "likes": ["cats"], "maps": {"sea": 3, "sky": 4}}
        return [{"name": name, "type": kind, **({"default": samples[name]} if self.r.random() < 0.7 else {})}
                for name, kind in TYPES.items()]

    def algorithm(self):
        r, out = self.r, {}
        if r.random() < 0.3:
            out["expansionAgeSelection"] = r.choice(("newest", "oldest"))
        if self.large:
            return {**out, "strategy": "balanced", "balancedAttribute": "skill",
                    "batchingPreference": r.choice(("largestPopulation", "fastestRegion"))}
        if r.random() < 0.2:
            out.update(strategy="exhaustiveSearch", batchingPreference="sorted", sortByAttributes=["rank", "skill"])
        return out

    # Expressions. A number's or a string's, of a depth; the empty team's and the odd ones come by themselves.
    def one_team(self):
        """A selector of exactly one team."""
        team = self.r.choice(self.teams)
        return team["name"] if team.get("quantity", 1) == 1 else f"{team['name']}_{self.r.randint(1, team['quantity'])}"

    def many_teams(self):
        names = [t["name"] for t in self.teams if t.get("quantity", 1) == 1]
        return ",".join(names) if len(names) > 1 and self.r.random() < 0.2 else "*"

    def number_attribute(self):
        return self.r.choice(("skill", "skill", "skill", "rank", "maps][sea", "maps][sky"))

    def numbers(self, depth):
        r = self.r
        if depth == 2:
            return f"teams[{self.many_teams()}].players.attributes[{self.number_attribute()}]"
        if depth == 1:
            return r.choice((lambda: f"teams[{self.one_team()}].players.attributes[{self.number_attribute()}]",
                             lambda: f"flatten({self.numbers(2)})", lambda: f"flatten({self.numbers(2)})",
                             lambda: f"{r.choice(AGGREGATES)}({self.numbers(2)})",
                             lambda: f"count(teams[{self.many_teams()}].players)"))()
        if r.random() < 0.15:
            return f"count(teams[{self.one_team()}].players)"
        return f"{r.choice(AGGREGATES)}({self.numbers(1)})"

    def strings(self):
        return self.r.choice(("flatten(teams[*].players.attributes[mode])", "teams[*].players.attributes[mode]",
                              f"teams[{self.one_team()}].players.attributes[mode]"))

    def lists(self):
        """A list of string lists, one for each ticket."""
        return self.r.choice(("flatten(teams[*].players.attributes[likes])",) * 3 +
                             (f"teams[{self.one_team()}].players.attributes[likes]",))

    # Rules.
    def add_rule(self):
        makers = (self.comparison, self.comparison, self.across, self.distance, self.distance, self.distance,
                  self.batch_distance, self.batch_distance, self.collection, self.collection, self.latency, self.sort)
        if self.large:
            makers = (self.batch_distance, self.latency)
        rule = {"name": f"Rule{len(self.rules)}", **self.r.choice(makers)()}
        if len(rule.get("measurements", [])) == 1 and self.r.random() < 0.1:
            rule["measurements"] = rule["measurements"][0].replace("(", " ( ").replace("playerId", "playerid")
        self.rules.append(rule)
        self.expand_rule(rule)

    def party(self, *allowed):
        return {"partyAggregation": self.r.choice(allowed)} if self.r.random() < 0.4 else {}

    def comparison(self):
        r = self.r
        if r.random() < 0.3:
            return {"type": "comparison", "measurements": [self.strings()], "operation": r.choice(("=", "=", "!=")),
                    "referenceValue": r.choice(("duel", "war"))}
        operation = r.choice(("<", "<=", "<=", ">", ">=", ">=", "!=", "="))
        reference = {"<": 8, "<=": 8, ">": 1, ">=": 2, "!=": 3, "=": 2}[operation] + r.randint(-1, 1)
        return {"type": "comparison", "measurements": [self.numbers(r.randint(0, 2)) for _ in range(r.choice((1, 1, 1, 2)))],
                "operation": operation, "referenceValue": self.numbers(0) if r.random() < 0.3 else reference,
                **self.party("min", "max", "avg")}

    def across(self):
        r = self.r
        if r.random() < 0.6:
            measured = r.choice((self.strings(), "flatten(teams[*].players[playerId])"))
            return {"type": "comparison", "measurements": [measured], "operation": "!=" if "Id" in measured else "="}
        return {"type": "comparison", "measurements": [self.numbers(r.randint(1, 2))], "operation": r.choice(("=", "!=", "!=")),
                **self.party("min", "max", "avg")}

    def usual_distance(self):
        """What most rule sets have, and engines have a way of their own for."""
        each = f"teams[*].players.attributes[{self.number_attribute()}]"
        measured, reference = self.r.choice((
            (f"max(flatten({each}))", f"min(flatten({each}))"), (f"min(flatten({each}))", f"max(flatten({each}))"),
            (f"avg({each})", f"avg(flatten({each}))"), (f"flatten({each})", f"avg(flatten({each}))"),
            (f"max(avg({each}))", f"min(avg({each}))"), ("max(count(teams[*].players))", "min(count(teams[*].players))")))
        return [measured], reference

    def distance(self):
        r = self.r
        measured = [self.numbers(r.randint(0, 2)) for _ in range(r.choice((1, 1, 1, 2)))]
        reference = self.numbers(0) if r.random() < 0.85 else r.randint(2, 8)
        if r.random() < 0.4:
            measured, reference = self.usual_distance()
        rule = {"type": "distance", "measurements": measured, "referenceValue": reference, **self.party("min", "max", "avg")}
        if r.random() < 0.9:
            rule["maxDistance"] = r.choice((0, 1, 2, 2, 3, 3, 4, 5, 2.5))
        if "maxDistance" not in rule or r.random() < 0.1:
            rule["minDistance"] = r.choice((0, 1, 1, 2))
        return rule

    def batch_distance(self):
        r = self.r
        if r.random() < 0.4:
            return {"type": "batchDistance", "batchAttribute": "mode"}
        return {"type": "batchDistance", "batchAttribute": r.choice(("skill", "rank")),
                "maxDistance": r.choice((1, 2, 3, 4, "3")), **self.party("min", "max", "avg")}

    def collection(self):
        r, party = self.r, self.party("union", "intersection")
        operation = r.choice(("intersection", "contains", "reference_intersection_count", "blocked"))
        if operation == "blocked":
            return {"type": "collection", "measurements": [self.lists()], "operation": "reference_intersection_count",
                    "referenceValue": "flatten(teams[*].players[playerId])", "maxCount": r.choice((0, 1)), **party}
        bounds = r.choice(({"minCount": 1}, {"minCount": 1}, {"maxCount": 1}, {"maxCount": 2},
                           {"minCount": 1, "maxCount": 2}, {"minCount": 0}))
        rule = {"type": "collection", "measurements": [self.lists()], "operation": operation, **bounds, **party}
        if operation == "contains":
            rule["referenceValue"] = r.choice(("cats", "dogs", "fish"))
        if operation == "reference_intersection_count":
            rule["referenceValue"] = r.choice((["cats", "dogs"], ["fish"], f"set_intersection({self.lists()})"))
        return rule

    def latency(self):
        r = self.r
        rule = {"type": "latency", **self.party("min", "max", "avg")}
        if r.random() < 0.85:
            rule["maxLatency"] = r.choice((30, 50, 50, 80))
        if "maxLatency" not in rule or r.random() < 0.3:
            rule.update(maxDistance=r.choice((10, 20, 40)), distanceReference=r.choice(("min", "avg")))
        return rule

    def sort(self):
        r = self.r
        attribute = r.choice(("skill", "rank", "maps"))
        return {"type": r.choice(("absoluteSort", "distanceSort")), "sortAttribute": attribute,
                "sortDirection": r.choice(("ascending", "descending")),
                **({"mapKey": r.choice(("minValue", "maxValue"))} if attribute == "maps" else {}),
                **self.party("min", "max", "avg")}

    def add_compound(self):
        r = self.r
        names = [rule["name"] for rule in self.rules if rule["type"] not in ("batchDistance", "absoluteSort", "distanceSort")]
        alone = sum(rule["type"] == "latency" for rule in self.rules) < 2  # whether two share a place then, nobody says
        if names and alone and not self.large and r.random() < 0.2:
            statement = f"not({r.choice(names)})" if len(names) == 1 else self.statement(names, 2)
            self.rules.append({"name": "Together", "type": "compound", "statement": statement})

    def statement(self, names, depth):
        r = self.r
        if depth == 0 or r.random() < 0.2 and depth < 2:
            return r.choice(names)
        word = r.choice(("and", "or", "or", "xor", "not"))
        inner = [self.statement(names, depth - 1) for _ in range(1 if word == "not" else 2)]
        return f"{word}({', '.join(inner)})"

    # Expansions: mostly to the wider.
    def expand_rule(self, rule):
        r = self.r
        for member, step in (("maxDistance", 2), ("maxLatency", 15), ("maxCount", 1), ("minCount", -1), ("minDistance", -1)):
            if member in rule and r.random() < 0.5:
                by = step if r.random() < 0.9 else -step
                self.expand(rule["name"], member, max(0, float(rule[member]) + by), by)
        if isinstance(rule.get("referenceValue"), int) and r.random() < 0.3:
            self.expand(rule["name"], "referenceValue", rule["referenceValue"] + r.choice((-1, 1)), r.choice((-1, 1)))

    def steps(self, value, by):
        r, at_s, out = self.r, 0, []
        for _ in range(r.choice((1, 1, 2, 3))):
            at_s += r.choice((1, 1, 2, 5))
            out.append({"waitTimeSeconds": at_s, "value": int(value) if float(value).is_integer() else value})
            value = max(0, value + by)
        return out

    def expand(self, rule, member, value, by=2):
        self.expansions.append({"target": f"rules[{rule}].{member}", "steps": self.steps(value, by)})

    def expand_teams(self):
        r = self.r
        for team in self.teams:
            if team["minPlayers"] > 1 and r.random() < 0.45:
                steps = self.steps(team["minPlayers"] - 1, -1)
                self.expansions.append({"target": f"teams[{team['name']}].minPlayers", "steps": steps})
            elif not self.large and r.random() < 0.1:
                self.expansions.append({"target": f"teams[{team['name']}].maxPlayers",
                                        "steps": self.steps(team["maxPlayers"] + 1, 0)})
