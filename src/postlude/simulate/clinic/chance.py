"""Chance, in streams: each question of each block of people has its own, named after it.

So the same seed gives the same people, and the first of them are the same however many are drawn.
"""

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from postlude.catalog.catalogue import Fact
from postlude.catalog.population import Answering

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
NONE = -1
"""A place with nothing in it, in columns of whole numbers."""


class Chance:
    """The streams of one block of ``n`` people."""

    def __init__(self, seed: int, block: int, n: int) -> None:
        self._seed, self._block, self.n = seed, block, n

    def even(self, name: str, *each: int) -> Numbers:
        """Return numbers from 0 to 1, one a person, or as many as ``each`` says."""
        return self._stream(name).random((self.n, *each))

    def normal(self, name: str, *each: int) -> Numbers:
        return self._stream(name).standard_normal((self.n, *each))

    def below(self, name: str, share: float) -> npt.NDArray[np.bool_]:
        """Return whom a chance of this size meets."""
        return self.even(name) < share

    def days(self, name: str, within: float) -> Places:
        """Return whole days from 0 up to, but not including, ``within``."""
        return np.floor(self.even(name) * within).astype(np.int64)

    def _stream(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, self._block, crc32(name.encode())])


def among(shares: Mapping[str, float], even: Numbers) -> Places:
    """Return the place of the code whose part of the line from 0 to 1 holds each chance."""
    reached = np.cumsum(list(shares.values()))
    return np.minimum(np.searchsorted(reached / reached[-1], even, side="right"), len(shares) - 1).astype(np.int64)


def answers(line: Answering, fact: Fact, chance: Chance) -> Numbers:
    """Return how people answer one question: 0 or 1, the place of a code, or a number; NaN where it is not known."""
    even = chance.even(fact.id)
    if line.shares:
        found = among(line.shares, even).astype(np.float64)
        if fact.type == "integer":
            found = np.array([float(code) for code in line.shares])[found.astype(np.int64)]
    elif line.share is not None:
        found = (even < line.share).astype(np.float64)
    else:
        found = _spread(line, fact, even)
    return np.where(chance.even(f"known {fact.id}") < line.known, found, np.nan) if line.known < 1 else found


def _spread(line: Answering, fact: Fact, even: Numbers) -> Numbers:
    low, high = line.low or 0.0, line.high or 0.0
    value = low + even * (high - low)
    if line.mean is not None and line.sd is not None:
        least, most = ndtr((np.array([low, high]) - line.mean) / line.sd)
        value = np.clip(line.mean + line.sd * ndtri(least + even * (most - least)), low, high)
    step = line.round or (1.0 if fact.type == "integer" else 0.0)
    return np.clip(np.round(value / step) * step, low, high) if step else value


class Rows:
    """The rows of one table, gathered part by part; each has the place of its person in the block."""

    def __init__(self) -> None:
        self._parts: list[dict[str, npt.NDArray[np.generic]]] = []

    def add(self, person: Places, **columns: npt.ArrayLike) -> None:
        """Add rows; a single value stands for all of them."""
        self._parts.append({k: np.broadcast_to(v, person.shape) for k, v in {"person": person, **columns}.items()})

    def ordered(self, *by: str) -> dict[str, npt.NDArray[np.generic]]:
        """Return all rows, person by person and then ``by`` these columns, each numbered within its person from 1."""
        whole = {key: np.concatenate([part[key] for part in self._parts]) for key in self._parts[0]}
        order = np.lexsort(tuple(whole[key] for key in (*reversed(by), "person")))
        found = {key: np.ascontiguousarray(values[order]) for key, values in whole.items()}
        person = found["person"]
        place = np.arange(len(person))
        starts = np.concatenate([[True], person[1:] != person[:-1]]) if len(person) else np.zeros(0, bool)
        found["number"] = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
        return found
