"""Two groups, one event, all margins held: the hypergeometric distribution, central and not.

Fisher's exact test of 2 x 2 and the odds ratio that belongs to it, as R's ``fisher.test`` gives them. scipy's own
``fisher_exact`` gives the same p; its interval costs the import of ``scipy.stats``, which takes longer than all of
this.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize, special

from postlude.outcomes.statistics.answers import Estimate, Numbers

TIE = 1 + 1e-7
"""Tables whose chances differ by less than this factor count as equally likely, as in R."""


def _support(a: int, b: int, c: int, d: int) -> tuple[Numbers, Numbers]:
    """Every first cell that the margins allow, and the logarithm of its chance but for a constant."""
    first, second, events = a + b, c + d, a + c
    cells = np.arange(max(0, events - second), min(first, events) + 1, dtype=np.float64)
    logs = _choose(first, cells) + _choose(second, events - cells)
    return cells, logs - logs.max()


def _choose(n: int, k: Numbers) -> Numbers:
    found: Numbers = special.gammaln(n + 1.0) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return found


def _chances(cells: Numbers, logs: Numbers, log_odds: float) -> Numbers:
    tilted = logs + cells * log_odds
    weights: Numbers = np.exp(tilted - tilted.max())
    found: Numbers = weights / weights.sum()
    return found


def fisher_2x2(a: int, b: int, c: int, d: int) -> float:
    """Return the two-sided p of Fisher's test: the chance of every table at most as likely as this one."""
    cells, logs = _support(a, b, c, d)
    chances = _chances(cells, logs, 0.0)
    observed = chances[int(a - cells[0])]
    return min(1.0, float(chances[chances <= observed * TIE].sum()))


def conditional_odds_ratio(a: int, b: int, c: int, d: int, *, level: float) -> Estimate:
    """Return the odds ratio of a table [[a, b], [c, d]] of counts that is likeliest given all margins, with exact
    limits.

    0 or infinite where the first cell is as small or large as its margins allow; NaN, 0 to infinity, where they allow
    one table only. Limits are where a one-sided test at (1 - level) / 2 turns.
    """
    cells, logs = _support(a, b, c, d)
    least, most = int(cells[0]), int(cells[-1])
    if least == most:
        return Estimate(math.nan, 0.0, math.inf, level)
    tail = (1 - level) / 2

    def mean(log_odds: float) -> float:
        return float(_chances(cells, logs, log_odds) @ cells) - a

    def above(log_odds: float) -> float:
        return float(_chances(cells, logs, log_odds)[cells >= a].sum()) - tail

    def below(log_odds: float) -> float:
        return tail - float(_chances(cells, logs, log_odds)[cells <= a].sum())

    middle = 0.0 if a == least else math.inf if a == most else math.exp(_root(mean))
    low = 0.0 if a == least else math.exp(_root(above))
    high = math.inf if a == most else math.exp(_root(below))
    return Estimate(middle, low, high, level)


def _root(rising: Callable[[float], float]) -> float:
    """The root of a rising function of a log odds ratio."""
    reach = 1.0
    while rising(-reach) > 0 or rising(reach) < 0:
        reach *= 2
    return float(optimize.brentq(rising, -reach, reach, xtol=1e-14, rtol=1e-14))
