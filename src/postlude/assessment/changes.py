"""What differs between two assessments of one person, most serious first.

Both are of the same person, by two bases of knowledge. Nothing is said here of why; see
:mod:`postlude.assessment.tracing`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_args
from typing import Literal as OneOf

from postlude.assessment.model import (
    Action,
    Assessment,
    Combination,
    Conclusion,
    GoalView,
    Objection,
    Option,
    Shown,
    Urgency,
)
from postlude.catalog.cases import LEVELS
from postlude.catalog.duration import hours, words

Kind = OneOf[
    "emergency-lost",
    "less-urgent",
    "ceiling-lowered",
    "more-urgent",
    "ceiling-raised",
    "red-flag",
    "route",
    "companion",
    "headline",
    "contraindication-lost",
    "contraindication-gained",
    "option",
    "caution",
    "safety",
    "waiting",
    "combination",
    "finding",
    "figure",
    "cause",
    "cause-order",
    "goal",
    "action",
    "question",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the most serious to the least."""
LESS_URGENT: tuple[Kind, ...] = KINDS[:3]
"""What makes advice less urgent: a floor, the headline or its time frame that fell, or a ceiling that did."""

_FIRST = 3


class Change(NamedTuple):
    """One difference. ``about`` is what changed where a kind has many (``treatment/objection`` for an objection)."""

    kind: Kind
    about: str
    before: str
    after: str


def changes(old: Assessment, new: Assessment) -> Iterator[Change]:
    """Yield every difference, each once, in the order of their seriousness but for ties."""
    urgent = list(_urgency(old, new))
    yield from urgent
    before, after = _by_rule(old), _by_rule(new)
    if not urgent:
        # Else the reasons of the change of urgency name them.
        yield from _came_and_went("red-flag", "red-flag", before, after)
    if old.route != new.route:
        yield Change("route", "", " or ".join(old.route), " or ".join(new.route))
    sides = ({c.route: c.state for c in found.companions} for found in (old, new))
    yield from _kept("companion", *sides, missing="none")
    if old.disposition != new.disposition and not urgent:
        yield Change("headline", "", old.disposition, new.disposition)
    yield from _options(old, new)
    yield from _came_and_went("safety", "safety", before, after)
    yield from _kept(
        "waiting", *({w.rule: w.state for w in found.waiting} for found in (old, new)), missing="not waiting"
    )
    yield from _kept(
        "combination", *({c.id: _makes(c) for c in found.combinations} for found in (old, new)), missing="not said"
    )
    yield from _came_and_went("finding", "finding", before, after)
    if old.route == new.route:
        yield from _came_and_went("finding", "route", before, after)
    yield from _figures(before, after)
    yield from _causes(old, new)
    yield from _kept("goal", *({g.id: _aimed(g) for g in found.goals} for found in (old, new)), missing="not said")
    yield from _actions(old.actions, new.actions, before.keys() & after.keys())
    yield from _questions(old, new)


def _kept(kind: Kind, before: Mapping[Any, str], after: Mapping[Any, str], *, missing: str) -> Iterator[Change]:
    """Yield what has another state, or stands in one only."""
    for key in sorted(before.keys() | after.keys()):
        states = before.get(key, missing), after.get(key, missing)
        if states[0] != states[1]:
            yield Change(kind, key, *states)


def _makes(found: Combination) -> str:
    return f"{'makes sense' if found.makes_sense else 'makes no sense'}: {found.state}"


def _aimed(found: GoalView) -> str:
    against = {True: ", something speaks against it", False: "", None: ", whether something speaks against it is open"}
    matters = {True: "matters", False: "does not matter", None: "may matter"}
    return f"{matters[found.matters]}: {found.answer}{against[found.against]}"


# --- urgency ----------------------------------------------------------------------------------------


def _urgency(old: Assessment, new: Assessment) -> Iterator[Change]:
    floors = _level(old.urgency.at_least), _level(new.urgency.at_least)
    told = _told(old), _told(new)
    if old.urgency.at_least == "emergency" and floors[1] < floors[0]:
        yield Change("emergency-lost", "", _said(old), _said(new))
    elif floors[1] < floors[0] or (floors[1] == floors[0] and told[1] < told[0]):
        yield Change("less-urgent", "", _said(old), _said(new))
    elif (*floors[1:], told[1]) > (floors[0], told[0]):
        yield Change("more-urgent", "", _said(old), _said(new))
    ceilings = _level(old.urgency.at_most), _level(new.urgency.at_most)
    if ceilings[0] != ceilings[1]:
        kind: Kind = "ceiling-lowered" if ceilings[1] < ceilings[0] else "ceiling-raised"
        yield Change(kind, "", _range(old.urgency), _range(new.urgency))


def _level(level: str) -> int:
    return LEVELS.index(level)


def _told(found: Assessment) -> tuple[int, float]:
    """Return how urgent the headline is, policy included, and how soon (less time is more)."""
    word = found.disposition if found.disposition in LEVELS else LEVELS[0]
    return _level(word), -hours(found.within) if found.within else float("-inf")


def _said(found: Assessment) -> str:
    said = f"{found.disposition} within {words(found.within)}" if found.within else found.disposition
    # A policy may call for more than is known.
    return (
        said if found.urgency.at_least in (found.disposition, LEVELS[0]) else f"{said} ({found.urgency.at_least} known)"
    )


def _range(of: Urgency) -> str:
    return of.at_least if of.at_least == of.at_most else f"{of.at_least} to {of.at_most}"


# --- conclusions ------------------------------------------------------------------------------------


def _by_rule(found: Assessment) -> dict[str, Conclusion]:
    return {conclusion.rule: conclusion for conclusion in found.conclusions}


def _came_and_went(
    kind: Kind, of: str, before: dict[str, Conclusion], after: dict[str, Conclusion]
) -> Iterator[Change]:
    old = {rule for rule, conclusion in before.items() if conclusion.kind == of}
    new = {rule for rule, conclusion in after.items() if conclusion.kind == of}
    yield from (Change(kind, rule, "said", "not said") for rule in sorted(old - new))
    yield from (Change(kind, rule, "not said", "said") for rule in sorted(new - old))


def _figures(before: dict[str, Conclusion], after: dict[str, Conclusion]) -> Iterator[Change]:
    old, new = _shown(before.values()), _shown(after.values())
    for fact in sorted(old.keys() & new.keys()):
        if old[fact] != new[fact]:
            yield Change("figure", fact, _ends(old[fact]), _ends(new[fact]))


def _shown(conclusions: Iterable[Conclusion]) -> dict[str, Shown]:
    return {value.fact: value for conclusion in conclusions for value in conclusion.values}


def _ends(shown: Shown) -> str:
    low, high = ("no limit" if end is None else f"{end:g}" for end in (shown.low, shown.high))
    return f"{low if low == high else f'{low} to {high}'} {shown.unit}".strip()


# --- options ----------------------------------------------------------------------------------------


def _options(old: Assessment, new: Assessment) -> Iterator[Change]:
    before, after = _by_treatment(old), _by_treatment(new)
    both = sorted(before.keys() | after.keys())
    objections = [(key, *pair) for key in both if (pair := _pair(key, before, after))]
    yield from (c for key, was, now in objections for c in _objections(key, was, now, "avoid"))
    for key in both:
        was, now = before.get(key), after.get(key)
        status = was.status if was else "not listed", now.status if now else "not listed"
        if status[0] != status[1]:
            yield Change("option", key, *status)
    yield from (c for key, was, now in objections for c in _objections(key, was, now, "caution"))


def _by_treatment(found: Assessment) -> dict[str, Option]:
    return {option.treatment: option for option in found.options}


def _pair(key: str, before: dict[str, Option], after: dict[str, Option]) -> tuple[Option, Option] | None:
    """Return the option in both, where it is listed in both: what speaks against what is not listed is not told."""
    return (before[key], after[key]) if key in before and key in after else None


def _objections(treatment: str, was: Option, now: Option, kind: str) -> Iterator[Change]:
    old, new = _states(was.objections, kind), _states(now.objections, kind)
    order = ("not told", "to check", "holds")
    for key in sorted(old.keys() | new.keys()):
        states = old.get(key, order[0]), new.get(key, order[0])
        if states[0] != states[1]:
            gained = order.index(states[1]) > order.index(states[0])
            hard: Kind = "contraindication-gained" if gained else "contraindication-lost"
            yield Change(hard if kind == "avoid" else "caution", f"{treatment}/{key}", *states)


def _states(objections: Iterable[Objection], kind: str) -> dict[str, str]:
    return {o.id: o.state.replace("-", " ") for o in objections if o.kind == kind}


# --- causes, actions, questions ---------------------------------------------------------------------


def _causes(old: Assessment, new: Assessment) -> Iterator[Change]:
    before, after = ([candidate.id for candidate in found.candidates] for found in (old, new))
    yield from (Change("cause", key, "named", "not named") for key in sorted({*before} - {*after}))
    yield from (Change("cause", key, "not named", "named") for key in sorted({*after} - {*before}))
    # The order of those that are named in both.
    was, now = ([key for key in found if key in before and key in after] for found in (before, after))
    if was != now:
        yield Change("cause-order", "", ", ".join(before[:_FIRST]), ", ".join(after[:_FIRST]))


def _actions(old: tuple[Action, ...], new: tuple[Action, ...], rules: Iterable[str]) -> Iterator[Change]:
    """Compare what is to be done because of rules that are true in both: what came with a rule is said with it."""
    for rule in sorted(rules):
        was, now = ([_doing(a) for a in actions if rule in a.because] for actions in (old, new))
        if was != now:
            gone, come = [a for a in was if a not in now], [a for a in now if a not in was]
            yield Change("action", rule, "; ".join(gone) or "nothing more", "; ".join(come) or "nothing more")


def _doing(action: Action) -> str:
    return f"{action.do} ({action.who}{', within ' + words(action.within) if action.within else ''})"


def _questions(old: Assessment, new: Assessment) -> Iterator[Change]:
    before, after = ({unnumbered(q.fact): q.question for q in found.ask} for found in (old, new))
    for fact in sorted(before.keys() | after.keys()):
        if fact not in after:
            yield Change("question", fact, "asked", "not asked")
        elif fact not in before:
            yield Change("question", fact, "not asked", "asked")
        elif "[" not in fact and before[fact] != after[fact]:
            yield Change("question", fact, before[fact], after[fact])


def unnumbered(path: str) -> str:
    """One question for every entry of a list: ``medications[0].sig`` and ``medications[1].sig`` are the same to ask."""
    return re.sub(r"\[\d+\]", "[]", path)
