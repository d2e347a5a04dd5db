"""Checks how combinations and goals refer to treatments, their steps and published outcomes."""

from collections.abc import Mapping

from postlude.catalog.catalogue import treatment_of
from postlude.catalog.entries import CombinationEntry, GoalEntry, TreatmentEntry
from postlude.catalog.problems import Place, Problems
from postlude.catalog.published import OutcomeEntry
from postlude.errors import one_of

_FORMS = (("first", "then"), ("together", "beside"), ("again",), ("alone",))
_SAID = "first and then; together (two, or one and beside); again; alone"


def check_combination(
    entry: CombinationEntry, treatments: Mapping[str, TreatmentEntry], place: Place, problems: Problems
) -> None:
    """Note a combination that has not exactly one form, or names a treatment or step that does not exist."""
    written = tuple(key for form in _FORMS for key in form if getattr(entry, key))
    whole = written in _FORMS or (written == ("together",) and len(entry.together) > 1)
    if not whole:
        problems.note(place, f"found {' and '.join(written) or 'no treatments'}; one form is needed: {_SAID}")
    for key in written:
        for part in getattr(entry, key):
            _check_part(part, treatments, place.at(key), problems)


def _check_part(part: str, treatments: Mapping[str, TreatmentEntry], place: Place, problems: Problems) -> None:
    found = treatment_of(part)
    if found not in treatments:
        problems.note(place, f"there is no treatment {found!r}; {one_of(sorted(treatments), found)}")
        return
    step = part.partition("/")[2]
    steps = treatments[found].steps
    if step and step not in steps:
        problems.note(place, f"{found} has no step {step!r}; {one_of(steps, step) if steps else 'it has none'}")


def check_goal(entry: GoalEntry, outcomes: Mapping[str, OutcomeEntry], place: Place, problems: Problems) -> None:
    """Note a goal that nothing measures, and words against it that have no condition (or the other way round)."""
    for found in entry.outcomes:
        if found not in outcomes:
            problems.note(place.at("outcomes"), f"there is no outcome {found!r}; {one_of(sorted(outcomes), found)}")
    if not entry.domain and not entry.outcomes:
        problems.note(place, "needs domain or outcomes: what measures it in published studies")
    keys = ("spoken_against_when", "spoken_against", "plain_spoken_against")
    missing = [key for key in keys if not getattr(entry, key).strip()]
    if 0 < len(missing) < len(keys):
        problems.note(place.at(missing[0]), f"is missing; {', '.join(keys)} belong together")
