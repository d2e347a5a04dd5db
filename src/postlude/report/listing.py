"""Which options a report shows in full, and which in a line: with fifty of them, all in full is read by nobody."""

from collections.abc import Sequence
from typing import NamedTuple

from postlude.assessment.model import Assessment, Because, Option
from postlude.assessment.telling import NOT_KNOWN


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
