"""What every function here asks of its arrays, in one place, so that every refusal reads alike."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Numbers: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


def column(values: ArrayLike, what: str, *, missing: bool = False) -> Numbers:
    """One dimension of finite floats; NaN is let through where ``missing`` says so.

    Raises ValueError naming ``what`` for another shape, for infinity, and for NaN where it is not let through.
    """
    found = np.asarray(values, np.float64)
    if found.ndim != 1:
        raise ValueError(f"{what}: one column is wanted, not an array with {found.ndim} dimensions")
    bad = np.isinf(found) if missing else ~np.isfinite(found)
    if bad.any():
        raise ValueError(f"{what}: value {int(np.argmax(bad)) + 1} is not a finite number")
    return found


def whole(values: ArrayLike, what: str) -> Whole:
    """One dimension of whole numbers ≥ 0."""
    found = column(values, what)
    if (found < 0).any() or (found != np.floor(found)).any():
        raise ValueError(f"{what}: whole numbers from 0 are wanted")
    return found.astype(np.int64)


def flags(values: ArrayLike, what: str) -> Flags:
    """One dimension of no (0) and yes (1)."""
    found = column(values, what)
    if not np.isin(found, (0.0, 1.0)).all():
        raise ValueError(f"{what}: only 0 and 1 are wanted")
    return np.asarray(found == 1, np.bool_)


def same_length(**columns: NDArray[Any]) -> int:
    """The common length. Raises ValueError for none, and for columns of different lengths."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"the columns differ in length: {told}")
    length = next(iter(lengths.values()))
    if length == 0:
        raise ValueError(f"no rows: {', '.join(columns)}")
    return length


def levels(values: ArrayLike | Sequence[Any], what: str) -> tuple[tuple[Any, ...], Whole]:
    """The different values in sorted order, and for each row the place of its value among them."""
    found = np.asarray(values)
    if found.ndim != 1:
        raise ValueError(f"{what}: one column is wanted, not an array with {found.ndim} dimensions")
    if found.dtype == object:
        if any(value is None for value in found):
            raise ValueError(f"{what}: a value is missing")
        found = found.astype(str)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise ValueError(f"{what}: a value is missing")
    names, places = np.unique(found, return_inverse=True)
    return tuple(names.tolist()), places.astype(np.int64)


def matrix(values: ArrayLike, what: str, *, rows: int | None = None) -> Numbers:
    """Two dimensions of finite floats: a row for each observation."""
    found = np.asarray(values, np.float64)
    if found.ndim != 2:
        raise ValueError(f"{what}: a table of rows and columns is wanted, not {found.ndim} dimensions")
    if rows is not None and len(found) != rows:
        raise ValueError(f"{what}: {len(found)} rows, where {rows} are wanted")
    if not np.isfinite(found).all():
        raise ValueError(f"{what}: a value is not a finite number")
    return found


def share(value: float, what: str) -> float:
    """A number between 0 and 1, both left out."""
    if not 0 < value < 1:
        raise ValueError(f"{what}: a number between 0 and 1 is wanted, not {value}")
    return float(value)


def normal_quantile(level: float) -> float:
    """How many standard errors a two-sided interval of this level reaches to either side."""
    return float(special.ndtri((1 + share(level, "level")) / 2))


def t_quantile(level: float, df: float) -> float:
    """The same with Student's t on ``df`` degrees of freedom, which may be infinite; NaN where ``df`` is."""
    return normal_quantile(level) if np.isinf(df) else float(special.stdtrit(df, (1 + share(level, "level")) / 2))


def t_p(t: float, df: float) -> float:
    """Two-sided p of a t value; ``df`` may be infinite."""
    return float(2 * (special.ndtr(-abs(t)) if np.isinf(df) else special.stdtr(df, -abs(t))))
