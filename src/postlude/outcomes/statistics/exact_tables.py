"""Fisher's exact test of tables of any size.

Every table with the margins of the one seen has a chance; p is the chance of all that are at most as likely (Freeman
& Halton 1951, Biometrika 38:141). The columns are parted in two halves. For each way to part the row totals between
the halves, the chances of all fillings of either half are known from filling one column after another; one sorted
list with its running sum then answers for every filling of the other how much lies at or below what was seen. Row
totals in another order have the same fillings, so only one order is kept. The number of steps grows with the fillings
of half a table, not of a whole one, and no table is left out: the answer is exact.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.answers import Numbers, table_of, whole
from postlude.outcomes.statistics.conditional import TIE, fisher_2x2

Whole = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

MOST = 8_000_000
"""Fillings held at once: about half a gigabyte and ten seconds. Beyond it ``TooLarge`` is raised."""


class TooLarge(ValueError):
    """A table with too many others of the same margins for an exact answer."""


class _Fillings(NamedTuple):
    logs: Numbers
    """Sum of -log(cell!) of each filling with a chance of its own, sorted."""
    many: Numbers
    """How many fillings share it."""


def fisher_exact(counts: ArrayLike, *, most: int = MOST) -> float:
    """Return the two-sided p of Fisher's exact test of a table of counts (at least 2 x 2), as R's ``fisher.test``.

    Tables whose chances differ by less than one part in ten million count as equally likely. Empty rows and columns
    say nothing and are left out; p is 1 if then fewer than two are left. ``TooLarge`` (a ``ValueError``) when more
    than ``most`` fillings would have to be held: ask ``fisher_simulated`` instead, which needs a generator.
    """
    table = _filled(table_of(counts))
    if min(table.shape, default=0) < 2:
        return 1.0
    if table.shape == (2, 2):
        (a, b), (c, d) = table.astype(np.int64).tolist()
        return fisher_2x2(a, b, c, d)
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows = np.sort(table.sum(1).astype(np.int64))
    columns = sorted((int(n) for n in table.sum(0)), reverse=True)
    halves = columns[::2], columns[1::2]
    seen = float(-special.gammaln(table + 1).sum()) + math.log(TIE)
    one, other = (_fill(rows, half, most) for half in halves)
    # The chances must sum to 1; dividing by their sum takes out the rounding of the logarithms.
    margins = [*rows.tolist(), *columns]
    scale = math.lgamma(rows.sum() + 1) - sum(math.lgamma(n + 1) for n in margins)
    return min(1.0, _at_most(seen, scale, _partings(rows, sum(halves[0]), most), one, other))


_Half = dict[tuple[int, ...], _Fillings]


def _at_most(
    seen: float, scale: float, partings: list[tuple[tuple[int, ...], tuple[int, ...], int]], one: _Half, other: _Half
) -> float:
    """The share of the chances of all tables that is in those whose logarithm is at most ``seen``."""
    running: dict[tuple[int, ...], Numbers] = {}
    at_most, every = [], []
    for used, rest, many in partings:
        left, right = one[used], other[rest]
        if rest not in running:
            sums = np.cumsum(np.exp(right.logs - right.logs[-1]) * right.many)
            running[rest] = np.concatenate([[0.0], sums])
        weights = many * np.exp(left.logs + right.logs[-1] - scale) * left.many
        until = np.searchsorted(right.logs, seen - left.logs, side="right")
        at_most.append(float(weights @ running[rest][until]))
        every.append(float(weights.sum() * running[rest][-1]))
    return math.fsum(at_most) / math.fsum(every)


def _partings(rows: Whole, size: int, most: int) -> list[tuple[tuple[int, ...], tuple[int, ...], int]]:
    """Every way to part the row totals, ``size`` people to one half: both halves, sorted, and how often that pair
    comes.
    """
    used = _ways(rows, size, most)
    pairs = np.concatenate([np.sort(used, axis=1), np.sort(rows - used, axis=1)], axis=1)
    found, many = np.unique(pairs, axis=0, return_counts=True)
    middle = len(rows)
    return [(tuple(p[:middle]), tuple(p[middle:]), n) for p, n in zip(found.tolist(), many.tolist(), strict=True)]


def _filled(table: Numbers) -> Numbers:
    kept: Numbers = table[table.sum(1) > 0][:, table.sum(0) > 0]
    return kept


def _fill(rows: Whole, columns: list[int], most: int) -> _Half:
    """Fill the columns one after another; by what each row has got (sorted), all fillings that lead there.

    On the way ``many`` counts the fillings of every order of the rows together; at the end those of one order.
    """
    base = int(rows.max()) + 1
    reached: _Half = {(0,) * len(rows): _Fillings(np.zeros(1), np.ones(1))}
    for size in columns:
        keys, logs, many = [], [], []
        held = 0
        for used, fillings in reached.items():
            ways = _ways(int(rows.max()) - np.array(used), size, most)
            after = np.sort(ways + np.array(used), axis=1)
            fits = (after <= rows).all(1)
            ways, after = ways[fits], after[fits]
            held += len(ways) * len(fillings.logs)
            if held > most:
                raise TooLarge(f"more than {most} ways to fill half of this table: too many for an exact answer")
            terms = -special.gammaln(ways + 1.0).sum(1)
            keys.append(np.repeat(_key(after, base), len(fillings.logs)))
            logs.append((terms[:, None] + fillings.logs).ravel())
            many.append(np.tile(fillings.many, len(ways)))
        reached = _merged(np.concatenate(keys), np.concatenate(logs), np.concatenate(many), base, len(rows))
    return {used: _Fillings(found.logs, found.many / _orders(used)) for used, found in reached.items()}


def _key(states: Whole, base: int) -> Whole:
    if states.shape[1] * math.log2(base) > 62:
        raise TooLarge("a table with so many rows and people is too large for an exact answer")
    key = np.zeros(len(states), np.int64)
    for column in states.T:
        key = key * base + column
    return key


def _orders(state: tuple[int, ...]) -> float:
    """In how many orders these numbers can stand."""
    repeats = (state.count(value) for value in set(state))
    return math.factorial(len(state)) / math.prod(math.factorial(n) for n in repeats)


def _ways(room: Whole, size: int, most: int) -> Whole:
    """Every way to part ``size`` among rows with ``room`` left: ways x rows; ``TooLarge`` beyond ``most``."""
    made = np.zeros((1, 0), np.int64)
    left = np.full(1, size, np.int64)
    later = int(room.sum())
    for space in room.tolist():
        later -= space
        low, high = np.maximum(left - later, 0), np.minimum(left, space)
        many = np.maximum(high - low + 1, 0)
        if many.sum() > most:
            raise TooLarge(f"more than {most} ways to fill a column of this table: too many for an exact answer")
        who = np.repeat(np.arange(len(left)), many)
        step = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        value = low[who] + step
        made = np.concatenate([made[who], value[:, None]], axis=1)
        left = left[who] - value
    return made


def _merged(keys: Whole, logs: Numbers, many: Numbers, base: int, rows: int) -> _Half:
    """All fillings by state, those of one chance (to nine digits after the point of its logarithm) as one."""
    order = np.lexsort((logs, keys))
    keys, logs, many = keys[order], logs[order], many[order]
    new = np.concatenate([[True], (np.diff(keys) != 0) | (np.diff(logs) > 1e-9)])
    starts = np.flatnonzero(new)
    keys, logs, many = keys[starts], logs[starts], np.add.reduceat(many, starts)
    edges = np.flatnonzero(np.concatenate([[True], np.diff(keys) != 0, [True]]))
    found: _Half = {}
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        left, state = int(keys[first]), []
        for _ in range(rows):
            left, digit = divmod(left, base)
            state.append(digit)
        found[tuple(reversed(state))] = _Fillings(logs[first:last], many[first:last])
    return found


class Simulated(NamedTuple):
    """A p-value from tables drawn by chance."""

    p: float
    se: float
    """Its standard error from the number of draws."""
    draws: int


def fisher_simulated(counts: ArrayLike, generator: np.random.Generator, *, draws: int = 100_000) -> Simulated:
    """Return Fisher's p of a table too large for the exact answer, from ``draws`` tables with the same margins.

    (1 + tables at most as likely) / (1 + draws), as R's ``simulate.p.value``; the same generator gives the same p.
    """
    many = whole(draws, "the number of draws")
    if many < 1:
        raise ValueError("at least one table must be drawn")
    table = _filled(table_of(counts))
    if min(table.shape, default=0) < 2:
        return Simulated(1.0, 0.0, many)
    rows, columns = table.sum(1).astype(np.int64), table.sum(0).astype(np.int64)
    seen = -special.gammaln(table + 1).sum() + math.log(TIE)
    logs = np.zeros(many)
    left = np.tile(rows, (many, 1))
    for size in columns[:-1]:
        drawn = np.stack([generator.multivariate_hypergeometric(one, size) for one in left])
        logs -= special.gammaln(drawn + 1.0).sum(1)
        left = left - drawn
    logs -= special.gammaln(left + 1.0).sum(1)
    p = (1 + int((logs <= seen).sum())) / (1 + many)
    return Simulated(p, math.sqrt(p * (1 - p) / many), many)
