"""Which options a report shows in full, and which in a line: with fifty of them, all in full is read by nobody.

Also which questions and which steps are the person's own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from postlude.assessment.model import Assessment, Because, Option, Question
from postlude.assessment.telling import NOT_KNOWN
from postlude.catalog.catalogue import Catalogue

SHOWN_QUESTIONS = 3
"""Questions beside the warning signs that one reader is shown at a time."""


class Listing(NamedTuple):
    """Every option of an assessment, each in one place.

    ``full`` may be weighed now (offer, consider, caution) and is aimed at a candidate. ``undecided`` cannot be said
    yet. ``avoided`` has something against it, whatever it is aimed at. ``aside`` is aimed at no candidate: only named.
    """

    full: tuple[Option, ...]
    undecided: tuple[Option, ...]
    avoided: tuple[Option, ...]
    aside: tuple[Option, ...]


def listing(assessment: Assessment) -> Listing:
    """Sort the options. While no candidate is named, nothing is aimed elsewhere: not known is not no."""
    named = {candidate.id for candidate in assessment.candidates}

    def aimed(option: Option) -> bool:
        return not named or not option.aimed_at or not named.isdisjoint(option.aimed_at)

    def those(*statuses: str) -> tuple[Option, ...]:
        return tuple(o for o in assessment.options if o.status in statuses and aimed(o))

    return Listing(
        full=those("offer", "consider", "caution"),
        undecided=those("cannot-say"),
        avoided=tuple(o for o in assessment.options if o.status == "avoid"),
        aside=tuple(o for o in assessment.options if o.status != "avoid" and not aimed(o)),
    )


def unknowns(because: Sequence[Because]) -> list[str]:
    """Return what is missing without saying of each that it is not known."""
    return [reason.says.removeprefix(NOT_KNOWN) for reason in because]


def chosen(assessment: Assessment, treatments: Sequence[str] | None) -> tuple[Option, ...]:
    """Return the options to speak of, unranked: in the order of the alphabet. ``None`` is all that are shown in full.

    Raises ``ValueError`` for a treatment that is no option of this person.
    """
    options = listing(assessment).full
    if treatments is not None:
        by_id = {option.treatment: option for option in assessment.options}
        if unknown := [treatment for treatment in treatments if treatment not in by_id]:
            raise ValueError(f"options: found {unknown[0]!r}; allowed: {', '.join(sorted(by_id))}")
        options = tuple(by_id[treatment] for treatment in treatments)
    return tuple(sorted(options, key=lambda option: option.name.casefold()))


def without_procedure(assessment: Assessment, catalogue: Catalogue) -> tuple[Option, ...]:
    """Return the options whose evidence is what trials call usual care: those that may be weighed before the others.

    Where none may be, those that cannot be said yet; where each has something against it, these. Empty: none is listed.
    """

    def usual(option: Option) -> bool:
        entry = catalogue.treatments.get(option.treatment)
        intervention = catalogue.library.interventions.get((entry.intervention or entry.id) if entry else "")
        return intervention is not None and intervention.comparator == "usual"

    found = [option for option in assessment.options if usual(option)]
    for statuses in (("offer", "consider", "caution"), ("cannot-say",), ("avoid",)):
        if those := tuple(option for option in found if option.status in statuses):
            return those
    return ()


class Asked(NamedTuple):
    """Questions that the person can be asked now: every warning sign, and the others, those that matter most first."""

    signs: tuple[Question, ...]
    others: tuple[Question, ...]


def asked(assessment: Assessment) -> Asked:
    """Sort the questions for the person; what hangs on another answer waits for it."""
    mine = [q for q in assessment.ask if q.answered_by == "patient" and not q.after]
    return Asked(tuple(q for q in mine if q.warning_sign), tuple(q for q in mine if not q.warning_sign))


class Steps(NamedTuple):
    """What the person is to do, and what goes on at the same time."""

    first: tuple[str, ...]
    alongside: tuple[str, ...]


def steps(assessment: Assessment) -> Steps:
    """Return what to do in plain words, each thing once."""
    alongside = [action for companion in assessment.companions for action in companion.actions]
    first = (action.plain for action in assessment.actions if action.plain and action not in alongside)
    beside = (action.plain for action in alongside if action.plain)
    companions = (companion.plain for companion in assessment.companions)
    return Steps(tuple(dict.fromkeys(first)), (*companions, *dict.fromkeys(beside)))
