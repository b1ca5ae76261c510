"""Property expressions: a parser, the type of an expression, and its value over a finished match.

    expr := func "(" expr ")" | "teams[" * | name{,name} "]" [".players" ["[playerId]" | ".attributes[name]" ["[key]"]]]

An expression is compiled into an Expression: `depth` (0: one value, 1: a list, 2: a list of lists ...), `kind` of the
innermost values ("team", "player", "number", "string"), the `attributes` it reads, and `value(world)`. NOTHING is "no
value": what an aggregate of an empty list has. In a list of results it is left out.

A division that binary fractions cannot hold sets world.inexact: whoever compares then cannot tell values that are nearly
equal from equal ones, and says so, because another program may add in another order.
"""
import math
import re
import statistics

NOTHING = object()


class LanguageError(Exception):
    pass


class Expression:
    def __init__(self, depth, kind, attributes, value):
        self.depth, self.kind, self.attributes, self.value = depth, kind, attributes, value


class World:
    """What an expression is evaluated over: the tickets of each concrete team, and how a party's values become one."""

    def __init__(self, teams):
        self.teams = teams  # [(concrete name, base name, [Ticket])]
        self.numbers = "avg"
        self.lists = "union"
        self.inexact = False


def is_exact(number):
    return (number * 65536).is_integer() if isinstance(number, float) else True


# What each function makes of a list of numbers that is not empty.
AGGREGATES = {
    "min": min,
    "max": max,
    "sum": sum,
    "avg": lambda numbers: sum(numbers) / len(numbers),
    "median": statistics.median,
    "stddev": lambda numbers: math.sqrt(sum((n - sum(numbers) / len(numbers)) ** 2 for n in numbers) / len(numbers)),
}


def aggregate(function, numbers, world):
    if not numbers:
        return NOTHING
    if function == "stddev" and not is_exact(sum(numbers) / len(numbers)):
        world.inexact = True
    result = AGGREGATES[function](numbers)
    if not is_exact(result):
        world.inexact = True
    return result


def common(lists):
    """Strings present in every list, in the first one's order."""
    if not lists:
        return NOTHING
    return [s for s in dict.fromkeys(lists[0]) if all(s in other for other in lists[1:])]


def mapped(function, value, depth, own):
    """function on lists of depth `own`, wherever they are inside a value of a greater depth."""
    if depth == own:
        return function(value)
    results = (mapped(function, inner, depth - 1, own) for inner in value)
    return [r for r in results if r is not NOTHING]


def apply(function, inner):
    """An Expression: function(inner)."""
    if function == "flatten":
        if inner.depth < 2:
            raise LanguageError("flatten takes a list of lists")
        return Expression(inner.depth - 1, inner.kind, inner.attributes,
                          lambda world: keep_nothing(inner.value(world), lambda v: [x for part in v for x in part]))
    own, kinds, result_depth, result_kind, make = {
        "count": (1, ("team", "player", "number", "string"), 0, "number", lambda world: len),
        "set_intersection": (2, ("string",), 1, "string", lambda world: common),
    }.get(function, (1, ("number",), 0, "number", lambda world: lambda v: aggregate(function, v, world)))
    if inner.depth < own or inner.kind not in kinds:
        raise LanguageError(f"{function} takes a list of {' or '.join(kinds)}s of depth {own} or more")
    return Expression(inner.depth - own + result_depth, result_kind, inner.attributes,
                      lambda world: keep_nothing(inner.value(world),
                                                 lambda v: mapped(make(world), v, inner.depth, own)))


def keep_nothing(value, function):
    return NOTHING if value is NOTHING else function(value)


PATH = re.compile(r"\s*teams?\s*\[([^\]]*)\]\s*(?:(\.\s*players)\s*(?:\[\s*(playerid)\s*\]"
                  r"|\.\s*attributes\s*\[([^\]]+)\]\s*(?:\[([^\]]+)\])?)?)?\s*$", re.IGNORECASE)
CALL = re.compile(r"\s*(min|max|avg|median|sum|count|stddev|flatten|set_intersection)\s*\((.*)\)\s*$", re.DOTALL)


def parse(text, team_names, declared):
    """An Expression, or None when text is none (a literal); LanguageError for one that is wrong. team_names:
    [(concrete, base)], declared: {attribute: type}."""
    call = CALL.match(text)
    if call is not None:
        inner = parse(call.group(2), team_names, declared)
        if inner is None:
            raise LanguageError(f"{call.group(1)} of a literal: {text}")
        return apply(call.group(1), inner)
    path = PATH.match(text)
    return None if path is None else parse_path(text, path.groups(), team_names, declared)


def parse_path(text, groups, team_names, declared):
    selector, players, ids, attribute, key = groups
    wanted = [name.strip() for name in selector.split(",")]
    single = len(wanted) == 1 and wanted[0] != "*"
    known = {name for pair in team_names for name in pair}
    if wanted != ["*"] and not set(wanted) <= known:
        raise LanguageError(f"{text}: no such team")
    if single and sum(wanted[0] in pair for pair in team_names) > 1:
        single = False  # the name of a team with a quantity: all of them
    if players is None:
        return over_teams(wanted, single, 0, "team", set(), lambda tickets, world: tickets)
    if attribute is not None:
        return parse_attribute(text, wanted, single, attribute.strip(), key, declared)
    kind = "player" if ids is None else "string"
    return over_teams(wanted, single, 1, kind, set(), lambda tickets, world: [p.id for t in tickets for p in t.players])


def parse_attribute(text, wanted, single, attribute, key, declared):
    kind = declared.get(attribute)
    if kind is None:
        raise LanguageError(f"{text}: no such attribute")
    if (key is not None) != (kind == "string_number_map"):
        raise LanguageError(f"{text}: a map's element needs its key, and only a map has keys")
    key = None if key is None else key.strip()
    inner = "string" if kind in ("string", "string_list") else "number"
    return over_teams(wanted, single, 2 if kind == "string_list" else 1, inner, {attribute},
                      lambda tickets, world: [v for t in tickets for v in ticket_values(t, attribute, key, kind, world)])


def over_teams(wanted, single, depth, kind, attributes, of_team):
    def chosen(world):
        return [of_team(tickets, world) for name, base, tickets in world.teams
                if wanted == ["*"] or name in wanted or base in wanted]

    if single:
        return Expression(depth, kind, attributes, lambda world: chosen(world)[0])
    return Expression(depth + 1, kind, attributes, chosen)


def ticket_values(ticket, attribute, key, kind, world):
    """What a ticket contributes: its players' values, or one value for a party (strings stay the players' own)."""
    values = [p.attributes[attribute] for p in ticket.players if attribute in p.attributes]
    if kind == "string_number_map":
        values = [v[key] for v in values if key in v]
    if len(ticket.players) < 2 or not values or kind == "string":
        return values
    if kind == "string_list":
        return [common(values)] if world.lists == "intersection" else [list(dict.fromkeys(s for v in values for s in v))]
    return [aggregate(world.numbers, values, world)]
