"""What is known of one person at one time, in the form that predicates read."""

from collections.abc import Mapping, Sequence

from postlude.logic.nodes import Range

Value = bool | str | Range
"""A known value: a yes/no, a code, or the range of a number or day (a point when exact)."""

Record = Mapping[str, Value]


class Person:
    """Known facts only: a name that is missing is not known, whatever the reason.

    ``facts`` maps fact ids to values; ``records`` maps list ids to their records; ``complete`` names the lists
    that hold everything there is; ``as_of`` is the day number for which questions are answered.
    Treat it as frozen: values of derived facts are remembered after their first use.
    """

    __slots__ = ("as_of", "complete", "facts", "records", "remembered")

    def __init__(
        self,
        facts: Mapping[str, Value],
        records: Mapping[str, Sequence[Record]],
        complete: frozenset[str],
        as_of: int,
    ) -> None:
        self.facts = facts
        self.records = records
        self.complete = complete
        self.as_of = as_of
        self.remembered: dict[str, bool | Range | None] = {}

    def knowing(self, name: str, value: Value) -> "Person":
        """Return the same person with one fact more (or another value of it)."""
        return Person({**self.facts, name: value}, self.records, self.complete, self.as_of)


def nobody(as_of: int) -> Person:
    """Return a person of whom nothing is known."""
    return Person({}, {}, frozenset(), as_of)
