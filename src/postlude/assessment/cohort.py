"""Assesses a cohort: for every row of a Parquet table what an assessment would conclude, in one pass of the engine.

The words (urgency, route, status of an option) come from the same functions that speak to one person, tabulated over
the truths they read.
"""

from collections.abc import Callable
from pathlib import Path

from postlude.assessment.decisions import decisions, status
from postlude.assessment.disposition import routes, urgency
from postlude.catalog.catalogue import Catalogue
from postlude.engine import Engine, Limits, Words, combinations
from postlude.errors import FileError
from postlude.logic.nodes import Predicate, names


def cohort_predicates(catalogue: Catalogue) -> tuple[dict[str, Predicate], dict[str, Words]]:
    """Return the predicates behind a cohort's columns, and the columns that are words made of several of them.

    Rules keep their ids; the others are named as in ``decisions``, with a space, which no id has.
    """
    made = decisions(catalogue)
    predicates: dict[str, Predicate] = {
        **made.rules,
        "is emergency": made.emergency,
        "is urgent": made.urgent,
        "is refer": made.refer,
        "is consult": made.consult,
    }
    levels, ways = ("is emergency", "is urgent"), ("is refer", "is consult")
    words = {
        "urgency_at_least": _words(levels, lambda *of: urgency(*of).at_least),
        "urgency_at_most": _words(levels, lambda *of: urgency(*of).at_most),
        "route": _words(ways, lambda *of: " ".join(routes(*of))),
    }
    for key, choice in made.options.items():
        parts = {f"{part} {key}": getattr(choice, part) for part in ("avoid", "caution", "offer", "consider")}
        predicates |= parts
        words[f"option {key}"] = _words(tuple(parts), status)
    return predicates, words


def assess_cohort(
    engine: Engine,
    catalogue: Catalogue,
    source: Path | str,
    out: Path,
    *,
    keep: tuple[str, ...] = (),
    ranged: frozenset[str] = frozenset(),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> int:
    """Write one row for each intake of ``source`` and return how many.

    Columns: those to ``keep``; the truth of each rule under its id; ``urgency_at_least`` and ``urgency_at_most``;
    ``route``, the routes still possible with spaces between them; ``option <id>``, the status of each treatment.
    Raises :class:`FileError` with every column and kind of value that is wrong.
    """
    predicates, words = cohort_predicates(catalogue)
    read = frozenset[str]().union(*map(names, predicates.values()))
    wrong = engine.check(catalogue.vocabulary, source, names=read, ranged=ranged, limits=limits)
    if wrong:
        raise FileError("\n".join(wrong))
    return engine.write_truths(predicates, source, out, words=words, keep=keep, ranged=ranged, limits=limits)


def _words(predicates: tuple[str, ...], say: Callable[..., str]) -> Words:
    return Words(predicates, tuple(say(*of) for of in combinations(len(predicates))))
