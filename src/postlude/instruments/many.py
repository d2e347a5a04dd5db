"""Scores a table of forms in a Parquet file, on DuckDB, by the same definitions as one form."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from postlude.engine import Limits
from postlude.engine import duckdb as engine
from postlude.engine.duckdb import Rows
from postlude.errors import AnswersError, FileError
from postlude.instruments import sql
from postlude.instruments.instrument import Instrument
from postlude.instruments.reading import allowed_said

_SAID = {"boolean": "BOOLEAN", "choice": "VARCHAR", "number": "a number"}


def check(instrument: Instrument, source: Path | str) -> tuple[str, ...]:
    """Return the columns that hold items. Every value is looked at.

    Raises :class:`AnswersError` for a column of another kind or with an answer that its item does not have,
    :class:`FileError` when the file cannot be read or holds no item at all.
    """
    kinds = engine.kinds(source)
    present = tuple(key for key in instrument.items if key in kinds)
    if not present:
        raise FileError(f"{source}: has no column of {instrument.id}; its items are {', '.join(instrument.items)}")
    wrong = [
        f"{source}: column {key!r} is not what its answers need, {_SAID[kind]}"
        for key, kind in sql.needed_kinds(instrument)
        if key in kinds and kinds[key] != kind
    ]
    if not wrong:
        counted = engine.selected(lambda file: sql.wrong_values(instrument, file, present), source)
        wrong = [
            f"{source}: column {key!r} holds {count:,} times an answer that it does not have; "
            f"{allowed_said(instrument.items[key].answers)}"
            for key, count in zip(counted.columns, counted.rows[0], strict=True)
            if count
        ]
    if wrong:
        raise AnswersError(wrong)
    return present


def score_table(
    instrument: Instrument,
    source: Path | str,
    *,
    options: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> Rows:
    """Return the scores of every row, in the order of the file: columns as :mod:`postlude.instruments.sql` names them.

    ``keep`` names columns to hand through. Raises as :func:`check`.
    """
    present = check(instrument, source)
    return engine.selected(_select(instrument, present, options, keep), source, limits=limits)


def write_scores(
    instrument: Instrument,
    source: Path | str,
    out: Path,
    *,
    options: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> int:
    """Write what :func:`score_table` returns to a Parquet file; returns the number of rows. Raises as :func:`check`."""
    present = check(instrument, source)
    return engine.write_selected(_select(instrument, present, options, keep), source, out, limits=limits)


def _select(
    instrument: Instrument, present: Sequence[str], options: Mapping[str, str] | None, keep: Sequence[str]
) -> "partial[str]":
    return partial(_written, instrument, tuple(present), dict(options or {}), tuple(keep))


def _written(
    instrument: Instrument, present: Sequence[str], options: Mapping[str, str], keep: Sequence[str], file: str
) -> str:
    return sql.scoring(instrument, file, present, options, keep)
