"""Each type of rule over a finished match: its verdict, and why.

A verdict is True, False or None. None: it cannot be told, because values that are not binary fractions are nearly equal.
Where the language is silent, the decisions are those of the project, and are stated at the function that takes them.
"""
import expression
from expression import LanguageError, NOTHING


# Verdicts put together, where None may be either.
def all_of(verdicts):
    return False if False in verdicts else None if None in verdicts else True


def any_of(verdicts):
    return True if True in verdicts else None if None in verdicts else False


def one_of(verdicts):
    if sum(v is True for v in verdicts) > 1:
        return False
    return None if None in verdicts else verdicts.count(True) == 1


def compare(a, operation, b, world):
    if world.inexact and not isinstance(a, str) and abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)):
        return None
    return {"=": a == b, "!=": a != b}[operation] if operation in ("=", "!=") else \
        {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operation]


def innermost(value, depth):
    """The single values inside, whatever the depth; none of NOTHING."""
    if value is NOTHING:
        return []
    return [value] if depth == 0 else [v for inner in value for v in innermost(inner, depth - 1)]


class Rule:
    """One rule with the values of now: `attributes` that it reads, and its verdict."""

    def __init__(self, rule, team_names, kinds):
        self.json, self.name, self.type, self.attributes = rule, rule["name"], rule["type"], set()
        if self.type not in TYPES and self.type not in ("latency", "compound") + SORTS:
            raise LanguageError(f"rule type {self.type}")
        texts = rule.get("measurements", [])
        self.measured = [self.read(t, team_names, kinds) for t in ([texts] if isinstance(texts, str) else texts)]
        self.reference = self.read(rule.get("referenceValue"), team_names, kinds)
        if "batchAttribute" in rule:
            self.batch_kind = kinds[rule["batchAttribute"]]
            self.attributes.add(rule["batchAttribute"])

    def read(self, text, team_names, kinds):
        """An Expression; for a literal, one that has always its value."""
        found = expression.parse(text, team_names, kinds) if isinstance(text, str) else None
        if found is None:
            depth = 1 if isinstance(text, list) else 0
            return expression.Expression(depth, "literal", set(), lambda world: NOTHING if text is None else text)
        self.attributes |= found.attributes
        return found

    def verdict(self, world, tickets):
        """(verdict, the words of a reason). A rule without a value passes, and so does a single measurement."""
        how = self.json.get("partyAggregation")
        world.numbers = how if how in ("min", "max", "avg") else "avg"
        world.lists = how if how in ("union", "intersection") else "union"
        world.inexact = False
        return TYPES[self.type](self, world, tickets)

    def bound(self, name):
        value = self.json.get(name)
        return None if value is None else float(value)


def comparison(rule, world, tickets):
    """Every measured value against the reference; without one, the values against each other."""
    operation, reference = rule.json["operation"], rule.reference.value(world)
    if "referenceValue" not in rule.json:
        values = [innermost(m.value(world), m.depth) for m in rule.measured]
        return across(operation, values, world), (operation, "across", values)
    if reference is NOTHING:
        return True, ("no reference",)
    values = [v for m in rule.measured for v in innermost(m.value(world), m.depth)]
    return all_of([compare(v, operation, reference, world) for v in values]), (values, operation, reference)


def across(operation, measurements, world):
    """=: all equal; !=: pairwise different. Each measurement by itself."""
    return all_of([compare(a, operation, b, world) for values in measurements
                   for i, a in enumerate(values) for b in values[:i]])


def distance(rule, world, tickets):
    """|measured - reference| of each measured number."""
    reference = rule.reference.value(world)
    if reference is NOTHING:
        return True, ("no reference",)
    values = [v for m in rule.measured for v in innermost(m.value(world), m.depth)]
    return all_of([within(abs(v - reference), rule, world) for v in values]), (values, "from", reference)


def within(measured, rule, world):
    most, least = rule.bound("maxDistance"), rule.bound("minDistance")
    return all_of([most is None or compare(measured, "<=", most, world),
                   least is None or compare(measured, ">=", least, world)])


def batch_distance(rule, world, tickets):
    """Numbers: the greatest less the smallest, a party's being one; strings: all equal."""
    name = rule.json["batchAttribute"]
    values = [v for t in tickets for v in expression.ticket_values(t, name, None, rule.batch_kind, world)]
    if not values:
        return True, ("no values",)
    if rule.batch_kind == "string":
        return len(set(values)) == 1, (values,)
    return within(max(values) - min(values), rule, world), (values,)


def collection(rule, world, tickets):
    """minCount <= n <= maxCount of each measurement; contains without bounds: at least one."""
    least, most = rule.bound("minCount"), rule.bound("maxCount")
    operation, reference = rule.json["operation"], rule.reference.value(world)
    if operation == "contains" and least is None and most is None:
        least = 1
    if operation != "intersection" and reference is NOTHING:
        return True, ("no reference",)
    counts = [n for m in rule.measured for n in COUNTS[operation](m.value(world), m.depth, reference)]
    return all((least is None or n >= least) and (most is None or n <= most) for n in counts), ("counts", counts)


def innermost_lists(value, depth):
    if value is NOTHING:
        return []
    return [value] if depth == 1 else [v for inner in value for v in innermost_lists(inner, depth - 1)]


def count_intersection(value, depth, reference):
    """How many values all lists have in common; no lists: no value."""
    shared = expression.common(innermost_lists(value, depth))
    return [] if shared is NOTHING else [len(shared)]


def count_contains(value, depth, reference):
    """How many lists have the reference in them; of one list: how many of its elements are it."""
    if value is NOTHING:
        return []
    return [sum(e == reference for e in value) if depth == 1
            else sum(reference in one for one in innermost_lists(value, depth))]


def count_reference(value, depth, reference):
    """For each list by itself."""
    wanted = {reference} if isinstance(reference, str) else set(reference)
    return [len(set(one) & wanted) for one in innermost_lists(value, depth)]


COUNTS = {"intersection": count_intersection, "contains": count_contains,
          "reference_intersection_count": count_reference}


def latency(rules, tickets, large):
    """Some location suits every ticket under every one of the rules. Of large matches only maxLatency counts."""
    reports = [(rule, [t.latency(rule.json.get("partyAggregation", "avg")) for t in tickets]) for rule in rules]
    places = set.intersection(*(set(values) for _, of_tickets in reports for values in of_tickets))
    return any_of([all_of([suits(rule, [values[place] for values in of_tickets], large)
                           for rule, of_tickets in reports]) for place in sorted(places)])


def suits(rule, values, large):
    world = expression.World([])
    world.inexact = not all(expression.is_exact(v) for v in values)
    most, spread = rule.bound("maxLatency"), rule.bound("maxDistance")
    verdicts = [compare(v, "<=", most, world) for v in values] if most is not None else [True]
    if spread is not None and not large:
        middle = expression.aggregate(rule.json.get("distanceReference", "avg"), values, world)
        verdicts += [compare(abs(v - middle), "<=", spread, world) for v in values]
    return all_of(verdicts)


SORTS = ("absoluteSort", "distanceSort")
TYPES = {"comparison": comparison, "distance": distance, "batchDistance": batch_distance, "collection": collection}
