"""Is a finished match legal under a rule set at a time? The answer names every rule that it breaks, and why."""
from rules import all_of


def violations(rule_set, teams, now_ms):
    """[(rule, reason)], empty: legal. teams: the tickets of each concrete team, in the order of rule_set.names. What
    cannot be told (language.py) is not a violation."""
    return [(name, " ".join(map(str, words))) for name, verdict, words in judged(rule_set, teams, now_ms) if verdict is False]


def verdict(rule_set, teams, now_ms):
    """True: legal for sure; False: not legal; None: it cannot be told."""
    verdicts = []
    for _, one, _ in judged(rule_set, teams, now_ms):
        if one is False:
            return False
        verdicts.append(one)
    return all_of(verdicts)


def judged(rule_set, teams, now_ms):
    """Yields (name, verdict, words) of sizes, tickets and rules."""
    tickets = [t for one in teams for t in one]
    if not tickets:
        yield "players", False, ("a match has at least one",)
        return
    yield from judged_in(rule_set.in_force(rule_set.phase(tickets, now_ms)), teams)


def judged_in(in_force, teams):
    """The same, with what is in force known."""
    yield from sizes(in_force, teams)
    stranger = False
    for ticket in (t for one in teams for t in one):
        why = in_force.unmatchable(ticket)
        if why is not None:
            stranger = True
            yield f"ticket {ticket.id}", False, (why,)
    if not stranger:
        yield from in_force.verdicts(teams)


def sizes(in_force, teams):
    total = 0
    for team, tickets in zip(in_force.teams, teams):
        players = sum(len(t.players) for t in tickets)
        total += players
        if not team.least <= players <= team.most:
            yield f"team {team.name}", False, (players, "players, allowed are", team.least, "to", team.most)
    if total > in_force.most_players():
        yield "AdditionalPlayerCount", False, (total, "players, at most", in_force.most_players())
