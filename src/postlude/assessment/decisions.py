"""The questions that an assessment answers, put together from the knowledge as predicates of the same language.

Urgency, route and the status of an option are not code that looks at rules: they are predicates built from them, so
that one person, a cohort in SQL and the solver all decide them the same way.
"""

from collections.abc import Callable
from typing import Literal as OneOf
from typing import NamedTuple

from postlude.assessment.model import Status
from postlude.catalog.catalogue import Catalogue, Cause, Point, Treatment
from postlude.logic.kleene import Truth
from postlude.logic.nodes import And, DerivedTruth, Not, Or, Predicate

_NEVER = Or(())
WORTH_WEIGHING: tuple[Status, ...] = ("offer", "consider", "caution")
"""Statuses of an option that is known to be worth weighing and not known to be avoided."""


class Weighed(NamedTuple):
    """What is known to speak for and against a cause; ``named`` says whether it is a candidate."""

    speaks_for: tuple[Point, ...]
    against: tuple[Point, ...]
    named: bool

    @property
    def balance(self) -> int:
        """The weights of what speaks for it less those of what speaks against it, by which candidates are ordered."""
        return sum(p.weight for p in self.speaks_for) - sum(p.weight for p in self.against)


def weigh(cause: Cause, holds: Callable[[Predicate], Truth]) -> Weighed:
    """Return what a person, of whom ``holds`` says what is true, makes of a cause.

    Where it is not yet known whether a cause is worth naming, it is named when something speaks for it.
    """
    listed = holds(cause.list_when)
    speaks_for, against = (tuple(p for p in side if holds(p.when)) for side in (cause.speaks_for, cause.against))
    return Weighed(speaks_for, against, listed is True or (listed is None and bool(speaks_for)))


class Choice(NamedTuple):
    """The predicates behind the status of one option."""

    treatment: Treatment
    avoid: Predicate
    caution: Predicate
    offer: Predicate
    consider: Predicate
    """Worth weighing at all: ``consider_when`` or ``offer_when``."""


class Aim(NamedTuple):
    """The predicates behind a goal; ``against`` is false for everybody where nothing can speak against it."""

    matters: Predicate
    against: Predicate


class Decisions(NamedTuple):
    """``rules``, ``options``, ``combinations`` and ``goals`` by id; ``emergency`` and ``urgent`` join the red flags of
    a level, ``refer`` and ``consult`` the rules of a route.
    """

    rules: dict[str, Predicate]
    emergency: Predicate
    urgent: Predicate
    refer: Predicate
    consult: Predicate
    options: dict[str, Choice]
    combinations: dict[str, Predicate]
    goals: dict[str, Aim]


def decisions(catalogue: Catalogue) -> Decisions:
    """Return the predicates of a catalogue. Each rule is a derived truth, so it is evaluated once for each person."""
    rules: dict[str, Predicate] = {key: DerivedTruth(f"rule {key}", rule.when) for key, rule in catalogue.rules.items()}

    def those(key: str, value: str) -> Predicate:
        return Or(tuple(rules[r.id] for r in catalogue.rules.values() if getattr(r, key) == value))

    return Decisions(
        rules=rules,
        emergency=those("urgency", "emergency"),
        urgent=those("urgency", "urgent"),
        refer=those("route", "refer"),
        consult=those("route", "consult"),
        options={key: choice_of(treatment) for key, treatment in catalogue.treatments.items()},
        combinations={key: found.when for key, found in catalogue.combinations.items()},
        goals={
            key: Aim(goal.matters_when, goal.spoken_against_when or _NEVER) for key, goal in catalogue.goals.items()
        },
    )


def choice_of(treatment: Treatment, *, mark: str = "") -> Choice:
    """Return the predicates behind the status of an option; ``mark`` is put behind the names they are remembered by."""

    def objections(kind: str) -> Predicate:
        found = getattr(treatment, kind)
        return DerivedTruth(f"{kind} {treatment.id}{mark}", Or(tuple(o.when for o in found)))

    avoid, caution = objections("avoid"), objections("caution")
    consider: Predicate = treatment.consider_when
    offer: Predicate = Or(())
    if treatment.offer_when is not None:
        consider = Or((treatment.consider_when, treatment.offer_when))
        offer = And((treatment.offer_when, Not(avoid), Not(caution)))
    return Choice(treatment, avoid, caution, offer, DerivedTruth(f"consider {treatment.id}{mark}", consider))


def status(avoid: Truth, caution: Truth, offer: Truth, consider: Truth) -> Status | OneOf["not-listed"]:
    """Return the status of an option.

    ``offer`` is final; an option to ``avoid`` can only leave the list, when it turns out not to be aimed at anything.
    """
    if consider is False:
        return "not-listed"
    if avoid is True:
        return "avoid"
    if offer is True:
        return "offer"
    if consider is None:
        return "cannot-say"
    return "caution" if caution is True else "consider"


def statuses(choice: Choice) -> tuple[Predicate, ...]:
    """Return predicates that are the same for two complete persons only when the option has the same status."""
    listed, open_to = choice.consider, Not(choice.avoid)
    return (
        listed,
        And((listed, choice.avoid)),
        And((listed, open_to, choice.offer)),
        And((listed, open_to, Not(choice.offer), choice.caution)),
    )
