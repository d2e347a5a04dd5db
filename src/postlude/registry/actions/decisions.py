"""Actions on what was decided, with whom, and what is planned."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from postlude.registry.actions.acting import Did, RecordError, action, corrected, saved, withdrawn
from postlude.registry.actor import Actor
from postlude.registry.models import Assessment, Decision, Meeting, Override, Person, Plan


@action
def override(*, assessment: Assessment, about: str, said: str, instead: str, by: Actor, why: str) -> Any:
    """Depart from what an assessment said of its headline or of one option; a second word on it corrects the first."""
    if said == instead:
        raise RecordError({"instead": "this is what the assessment says already"})
    before = assessment.overrides.current().filter(about=about).first()
    if before is not None:
        row = corrected(before, {"instead": instead}, by, why)
    else:
        row = saved(
            Override(
                person=assessment.person,
                assessment=assessment,
                about=about,
                said=said,
                instead=instead,
                why=why,
                by=by.text,
            )
        )
    return Did(row, row, assessment.person, {"about": about, "said": said, "instead": instead})


@action
def decide(
    *,
    person: Person,
    on: date,
    said: str,
    by: Actor,
    option: str = "",
    option_says: str = "",
    because: str = "",
    decided_by: str = "",
    assessment: Assessment | None = None,
    meeting: Meeting | None = None,
    why: str = "",
) -> Any:
    """Keep what came of one option that was talked about."""
    row = saved(
        Decision(
            person=person,
            on=on,
            option=option,
            option_says=option_says,
            said=said,
            because=because,
            decided_by=decided_by,
            assessment=assessment,
            meeting=meeting,
            by=by.text,
        )
    )
    return Did(row, row, person, {"option": option or option_says, "said": said})


@action
def meet(*, person: Person, on: date, took_part: Sequence[str], advice: str, by: Actor, why: str = "") -> Any:
    """Keep what several professions advise together, and who took part."""
    names = _several(took_part)
    row = saved(Meeting(person=person, on=on, took_part=names, advice=advice, by=by.text))
    return Did(row, row, person, {"people": len(names)})


@action
def plan(
    *, person: Person, on: date, what: str, goal: str, review_on: date, stop_when: str, by: Actor, why: str = ""
) -> Any:
    """Keep what is tried, what for, when it is looked at, and when it is stopped."""
    row = saved(Plan(person=person, on=on, what=what, goal=goal, review_on=review_on, stop_when=stop_when, by=by.text))
    return Did(row, row, person)


@action
def correct(*, row: Decision | Meeting | Plan, changes: Mapping[str, Any], by: Actor, why: str) -> Any:
    """Replace a decision, a meeting or a plan by what is so; the old one stays, with the reason."""
    _still(row, why)
    if "took_part" in changes:
        changes = {**changes, "took_part": _several(changes["took_part"])}
    kept = {key: value for key, value in changes.items() if getattr(row, key) != value}
    if not kept:
        raise RecordError({"": "nothing was changed"})
    new = corrected(row, kept, by, why)
    return Did(new, new, new.person, {"fields": sorted(kept)})


@action
def withdraw(*, row: Decision | Meeting | Plan | Override, by: Actor, why: str) -> Any:
    """Say that a decision, a meeting, a plan or an override is not so; it stays, with the reason."""
    _still(row, why)
    new = withdrawn(row, by, why)
    return Did(new, new, new.person)


def _several(took_part: Sequence[str]) -> list[str]:
    names = [name.strip() for name in took_part if name.strip()]
    if len(names) < 2:
        raise RecordError({"took_part": "name at least two people, each on a line of its own"})
    return names


def _still(row: Any, why: str) -> None:
    """Hold that there is a reason, and that nobody corrected or withdrew the row since it was read."""
    if not why.strip():
        raise RecordError({"why": "say why; the reason is kept with it"})
    if row.withdrawn or type(row).objects.filter(replaces=row).exists():
        raise RecordError({"": "this was corrected or withdrawn meanwhile; look at it as it stands now"})
