"""A reference to one thing that is known or not known of a person."""

from typing import NamedTuple


class Ref(NamedTuple):
    """What reasons and questions point at.

    ``Ref("fever")`` is a fact; ``Ref("daily_dose", "medications", 0)`` a field of the first medication;
    ``Ref("", "medications", 0)`` that record itself; ``Ref("", "medications")`` whether the list is complete.
    """

    name: str
    records: str = ""
    at: int = -1

    def __str__(self) -> str:
        if not self.records:
            return self.name
        place = f"{self.records}[{self.at}]" if self.at >= 0 else self.records
        return f"{place}.{self.name}" if self.name else place
