"""Can we help this person reach a goal? Maybe, not known, or not seen; with what carries the answer, never a promise.

An option counts for a goal when its entry names the goal, it is worth weighing, and it is aimed at a candidate that is
listed. What others are compared with (usual care) is no help of ours and does not count.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from postlude.assessment.decisions import WORTH_WEIGHING, Decisions
from postlude.assessment.model import Because, Candidate, GoalOption, GoalView, Option
from postlude.assessment.telling import Teller
from postlude.assessment.view import View
from postlude.catalog.catalogue import Catalogue, Goal, Treatment
from postlude.catalog.published import PublishedStudy
from postlude.logic.kleene import Truth
from postlude.logic.nodes import Predicate
from postlude.logic.reasons import reasons


class Measured(NamedTuple):
    """How published studies measure a goal: ``compared`` are publications by intervention; ``pooled`` says whether the
    figures of the expectation are made of its outcomes.
    """

    compared: Mapping[str, tuple[str, ...]]
    pooled: bool


def measured(catalogue: Catalogue) -> dict[str, Measured]:
    """Return for each goal what the library holds on it. The same for everybody: worked out once."""
    return {key: _measured(catalogue, goal) for key, goal in catalogue.goals.items()}


def _measured(catalogue: Catalogue, goal: Goal) -> Measured:
    outcomes = {
        key: outcome
        for key, outcome in catalogue.library.outcomes.items()
        if key in goal.outcomes or outcome.domain == goal.domain
    }
    compared: dict[str, list[str]] = {}
    for study in catalogue.library.studies.values():
        for intervention in _compared_in(study, set(outcomes)):
            compared.setdefault(intervention, []).append(study.id)
    return Measured({k: tuple(v) for k, v in compared.items()}, any(o.pooled_as for o in outcomes.values()))


def _compared_in(study: PublishedStudy, outcomes: set[str]) -> set[str]:
    """Return the interventions that a study compares by one of the outcomes."""
    found: set[str] = set()
    given = {arm.id: arm.intervention for arm in study.arm}
    by_outcome: dict[str, set[str]] = {}
    for arm in study.arm:
        for result in arm.results():
            by_outcome.setdefault(result.outcome, set()).add(arm.intervention)
    for outcome in outcomes & by_outcome.keys():
        if len(by_outcome[outcome]) > 1:
            found |= by_outcome[outcome]
    for arm in study.arm:
        for difference in arm.difference:
            if difference.outcome in outcomes:
                found |= {arm.intervention, given[difference.versus]}
    return found


class _For(NamedTuple):
    """Whether a treatment counts for a goal, the option it is, and the unknown facts that would decide."""

    counts: Truth
    option: Option | None
    missing: tuple[Because, ...]


def helped(
    catalogue: Catalogue,
    decisions: Decisions,
    known: Mapping[str, Measured],
    options: Sequence[Option],
    candidates: Sequence[Candidate],
    view: View,
    teller: Teller,
) -> tuple[GoalView, ...]:
    """Return the answer for each goal, in the order of the knowledge."""
    listed = {option.treatment: option for option in options}
    causes = {candidate.id for candidate in candidates}
    counted = {
        key: _counts(catalogue, decisions, treatment, listed.get(key), causes, view, teller)
        for key, treatment in catalogue.treatments.items()
        if not _compares(catalogue, treatment)
    }
    # Options in their own order (the best status first), then what is not on the list.
    order = [*(key for key in listed if key in counted), *(key for key in counted if key not in listed)]
    return tuple(
        _view(
            goal,
            decisions,
            known[key],
            [counted[t] for t in order if key in catalogue.treatments[t].goals],
            catalogue,
            view,
            teller,
        )
        for key, goal in catalogue.goals.items()
    )


def _compares(catalogue: Catalogue, treatment: Treatment) -> bool:
    intervention = catalogue.library.interventions.get(treatment.intervention or treatment.id)
    return intervention is not None and bool(intervention.comparator)


def _counts(
    catalogue: Catalogue,
    decisions: Decisions,
    treatment: Treatment,
    option: Option | None,
    causes: set[str],
    view: View,
    teller: Teller,
) -> _For:
    if option is None or option.status == "avoid":
        return _For(False, option, ())
    aims = [catalogue.causes[key].list_when for key in treatment.aimed_at]
    aimed = any(key in causes for key in treatment.aimed_at)
    open_aims = [aim for aim in aims if view.truth(aim) is None]
    if not aimed and not open_aims:
        return _For(False, option, ())
    worth = option.status in WORTH_WEIGHING
    if worth and aimed:
        return _For(True, option, ())
    waiting = [] if worth else [decisions.options[treatment.id].consider]
    waiting += [] if aimed else open_aims
    key = ("waiting", *map(id, waiting))
    return _For(None, option, view.once(key, lambda: waiting, partial(_missing, waiting, teller)))


def _missing(waiting: Sequence[Predicate], teller: Teller, view: View) -> tuple[Because, ...]:
    return teller.missing(chain.from_iterable(map(view.questions, waiting)))


def _view(
    goal: Goal,
    decisions: Decisions,
    known: Measured,
    counted: Sequence[_For],
    catalogue: Catalogue,
    view: View,
    teller: Teller,
) -> GoalView:
    aim = decisions.goals[goal.id]
    matters, against = view.truth(aim.matters), view.truth(aim.against)
    options = tuple(
        _option(found.option, catalogue, known) for found in counted if found.counts and found.option is not None
    )
    undecided = [found for found in counted if found.counts is None]
    shown = any(option.compared for option in options)
    silent = bool(options) and not shown
    return GoalView(
        id=goal.id,
        asks=goal.asks,
        plain=goal.plain,
        matters=matters,
        because=_because(aim.matters, matters, view, teller),
        answer="maybe" if options else "not-known" if undecided else "not-seen",
        options=options,
        would_decide=() if options else tuple({b.fact: b for found in undecided for b in found.missing}.values()),
        against=against,
        against_says=goal.spoken_against,
        against_plain=goal.plain_spoken_against,
        against_because=_because(aim.against, against, view, teller) if against is not False else (),
        honest=goal.honest,
        plain_honest=goal.plain_honest,
        nothing_shows=goal.nothing_shows if silent else "",
        plain_nothing_shows=goal.plain_nothing_shows if silent else "",
        sources=teller.cited(goal.sources),
        marks=goal.marks,
    )


def _because(node: Predicate, value: Truth, view: View, teller: Teller) -> tuple[Because, ...]:
    """Return what carries a known value, or what is missing to know it."""
    return teller.missing(view.questions(node)) if value is None else teller.because(reasons(node, view.person))


def _option(option: Option, catalogue: Catalogue, known: Measured) -> GoalOption:
    expected = option.expected
    benefits = expected.benefits if expected is not None and known.pooled else ()
    return GoalOption(
        treatment=option.treatment,
        name=option.name,
        status=option.status,
        benefit=benefits[0] if benefits else None,
        compared=known.compared.get(catalogue.treatments[option.treatment].intervention or option.treatment, ()),
    )
