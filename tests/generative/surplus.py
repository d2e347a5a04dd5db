"""How much is asked too much: listed questions against those on which the value exactly still depends."""

from collections import defaultdict
from typing import NamedTuple


class Tally(NamedTuple):
    predicates: int = 0
    listed: int = 0
    decisive: int = 0

    def __str__(self) -> str:
        surplus = self.listed - self.decisive
        share = f"{100 * surplus / self.listed:.1f} %" if self.listed else "nothing listed"
        return f"{self.predicates} predicates, {self.listed} questions listed, {surplus} of them surplus ({share})"


counted: defaultdict[str, Tally] = defaultdict(Tally)


def count(kind: str, listed: int, decisive: int) -> None:
    before = counted[kind]
    counted[kind] = Tally(before.predicates + 1, before.listed + listed, before.decisive + decisive)
