"""Runs predicates over cohorts. Knows the language (``logic``), not the knowledge: what is asked comes from above.

A database is imported only by its own module here, so that assessing one person never waits for it, and what is
assessed is handed its engine (:class:`Engine`; the module :mod:`postlude.engine.duckdb` is one).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple, Protocol

from postlude.logic.kleene import Truth
from postlude.logic.nodes import Predicate
from postlude.logic.vocabulary import Vocabulary

TRUTHS: tuple[Truth, ...] = (None, False, True)


class Limits(NamedTuple):
    """What DuckDB may use; ``None`` and an empty text leave it to DuckDB (all cores, four fifths of the memory)."""

    threads: int | None = None
    memory: str = ""
    """Such as ``4GB``."""


class Words(NamedTuple):
    """A column that says in one word what several predicates come to.

    ``says`` holds one word for every combination of their truths, as ``itertools.product`` counts them up over
    ``TRUTHS``, so that the words come from the function that also speaks to one person.
    """

    predicates: tuple[str, ...]
    says: tuple[str, ...]


class Engine(Protocol):
    """What runs over a cohort. The functions are described at :mod:`postlude.engine.duckdb`."""

    def check(
        self,
        vocabulary: Vocabulary,
        source: Path | str,
        *,
        names: Collection[str] | None = None,
        ranged: frozenset[str] = frozenset(),
        limits: Limits = Limits(),  # noqa: B008  # frozen
    ) -> tuple[str, ...]: ...

    def write_truths(
        self,
        predicates: Mapping[str, Predicate],
        source: Path | str,
        out: Path,
        *,
        words: Mapping[str, Words] | None = None,
        keep: Sequence[str] = (),
        ranged: frozenset[str] = frozenset(),
        limits: Limits = Limits(),  # noqa: B008  # frozen
    ) -> int: ...


def combinations(count: int) -> Iterator[tuple[Truth, ...]]:
    """Return every combination of so many truths, in the order of :class:`Words`."""
    return product(TRUTHS, repeat=count)
