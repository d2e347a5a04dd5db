"""Reads a prescription line ("sig") into a structured regimen, after FHIR Dosage. Pure: text in, values out.

The rule throughout: what is not understood, or could mean two things, is kept in `unread` and never guessed. While
anything is unread, `daily_amount` gives no number: an unread word ("not", "increase to") may change all the others.
"""

from __future__ import annotations

from postlude.assessment.regimen.amount import daily_amount
from postlude.assessment.regimen.form import Regimen, Step
from postlude.assessment.regimen.steps import read

__all__ = ["LONGEST", "Regimen", "Step", "daily_amount", "explain", "read_regimen"]

# A longer text is not a prescription line.
LONGEST = 2000


def read_regimen(text: str) -> Regimen:
    """The regimen a line says. Never raises; a text over 2,000 characters is unread as a whole."""
    if len(text) > LONGEST:
        return Regimen(text, unread=(text,))
    reader = read(text)
    return Regimen(text, steps=reader.steps, unread=tuple(f for kind, f in reader.spans() if kind == "unread"))


def explain(text: str) -> tuple[tuple[str, str], ...]:
    """The line cut into (kind, fragment) in order: what each stretch was taken for, "unread" where nothing was."""
    return (("unread", text),) if len(text) > LONGEST else read(text).spans()
