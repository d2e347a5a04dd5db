"""What a person is told after an intake was handed in, as long as no clinician has released more."""

from typing import Any

from postlude.catalog.duration import told
from postlude.registry.assessments import last, read
from postlude.registry.clinic import clinic
from postlude.registry.models import Intake
from postlude.web.patient.speaking import Speaking
from postlude.web.patient.urgency import what_to_do


def what_next(say: Speaking, intake: Intake) -> dict[str, Any]:
    """Return what happens next, who calls and when.

    Whether the clinic can help is never said here: that comes from a person who has looked.
    """
    row = last(intake)
    if row is None:
        return {"who": say["who_calls"], **_called(say, intake)}
    found = say.retold(read(row))
    flags = [c for c in found.conclusions if c.urgency]
    do = what_to_do(say, found, flags)
    hurried = do["urgent"] or do["emergency"]
    within = told(row.within, say.catalogue.say) if row.within and (hurried or do["call_today"]) else ""
    if not within:
        within = say("patient.hours", count=clinic().call_within_hours)
    return {
        **do,
        "who": say["who_calls"],
        "when": say("patient.calls_within", within=within),
        **_called(say, intake),
    }


def _called(say: Speaking, intake: Intake) -> dict[str, str]:
    number, time = intake.person.phone, intake.person.preferred_time
    return {
        "calls_number": say("patient.calls_number", number=number) if number else "",
        "calls_time": say("patient.calls_time", time=time) if time else "",
    }
