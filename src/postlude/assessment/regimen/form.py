"""The form of a regimen, with the names of FHIR Dosage."""

from __future__ import annotations

import msgspec

GRAMS_TO_MG = {"mg": 1.0, "g": 1000.0, "mcg": 0.001}
MEASURES = (*GRAMS_TO_MG, "mcg/h", "mL", "mmol", "unit")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dose with its timing. None means not written, or not readable."""

    text: str  # as typed, with single spaces
    dose_low: float | None = None  # amount each time, in dose_unit; equal to dose_high unless a range
    dose_high: float | None = None
    dose_unit: str | None = None  # mg, g, mcg, mcg/h, mL, mmol, unit, or a form: tablet, capsule, patch, …
    dose_from_previous: bool = (
        False  # no dose written here: the previous step's is carried, and the reader is to be told
    )
    form: str | None = None  # tablet, patch, … also when the dose is in mg
    times_low: float | None = None  # how many times per period_days; "every 4-6 hours" is 4 to 6 per 1 day
    times_high: float | None = None
    period_days: float | None = None  # a month counts as 30 days
    once: bool = False  # a single dose; the times are then None
    for_days: float | None = None  # None: open-ended
    as_needed: bool = False
    max_times: float | None = None  # most doses in a day
    max_amount: float | None = None  # most in a day, in max_unit
    max_unit: str | None = None
    with_previous: bool = False  # taken alongside the previous step, not after it
    route: str | None = None
    reason: str | None = None  # what it is for, lower case; says nothing about as needed


class Regimen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole line: `text` exactly as typed, its steps in order, and every fragment that could not be read."""

    text: str
    steps: tuple[Step, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all was read and each step has a dose and says how often (or once)."""
        return (
            not self.unread
            and bool(self.steps)
            and all(step.dose_low is not None and (step.once or step.times_low is not None) for step in self.steps)
        )
