"""What missing answers could do to a share of responders, and to a comparison of two.

The rules stand beside each other because none of them is right: those who did not answer are neither all failures nor
like those who did. Source of the tipping point: Yan, Lee & Li 2009 (J Biopharm Stat 19:1085).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from postlude.outcomes.statistics.answers import Estimate, Numbers, counted, one_of, whole
from postlude.outcomes.statistics.conditional import fisher_2x2
from postlude.outcomes.statistics.differences import risk_difference
from postlude.outcomes.statistics.proportions import share

TESTS = ("chi-square", "chi-square-corrected", "fisher")


class Arm(NamedTuple):
    """One group: how many there are, how many answered, how many of them responded."""

    n: int
    answered: int
    responders: int

    @property
    def missing(self) -> int:
        """Those of whom nothing is known."""
        return self.n - self.answered


def arm(n: int, answered: int, responders: int) -> Arm:
    """Return the group; ``ValueError`` unless 0 <= responders <= answered <= n and n >= 1."""
    counted(answered, n)
    if whole(responders, "the number of responders") > answered:
        raise ValueError(f"{responders} responders of {answered} who answered: there are more responders than answers")
    return Arm(int(n), int(answered), int(responders))


class Bounds(NamedTuple):
    """A share of responders under each rule, with its interval (of chance alone)."""

    complete: Estimate
    """Of those who answered; NaN, 0 to 1, if nobody did."""
    missing_as_failure: Estimate
    """Of everybody; this is also the worst case."""
    best: Estimate
    """Of everybody, had all the missing responded."""


def bounds(group: Arm, *, method: str = "wilson", level: float = 0.95) -> Bounds:
    """Return the share of responders by complete cases, missing as failure (worst case), and best case."""
    n, answered, x = arm(*group)
    complete = share(x, answered, method=method, level=level) if answered else Estimate(math.nan, 0.0, 1.0, level)
    return Bounds(
        complete, share(x, n, method=method, level=level), share(x + n - answered, n, method=method, level=level)
    )


class Differences(NamedTuple):
    """A difference of two shares, first less second, under each rule."""

    complete: Estimate
    """NaN, -1 to 1, where nobody of a group answered."""
    missing_as_failure: Estimate
    worst: Estimate
    """None of the first group's missing responded, all of the second's."""
    best: Estimate
    """All of the first group's missing responded, none of the second's."""


def differences(first: Arm, second: Arm, *, method: str = "newcombe", level: float = 0.95) -> Differences:
    """Return the difference under each rule; whatever the missing did, it lies between ``worst`` and ``best``."""
    a, b = arm(*first), arm(*second)

    def of(x1: int, n1: int, x2: int, n2: int) -> Estimate:
        if n1 == 0 or n2 == 0:
            return Estimate(math.nan, -1.0, 1.0, level)
        return risk_difference(x1, n1, x2, n2, method=method, level=level)

    return Differences(
        of(a.responders, a.answered, b.responders, b.answered),
        of(a.responders, a.n, b.responders, b.n),
        of(a.responders, a.n, b.responders + b.missing, b.n),
        of(a.responders + a.missing, a.n, b.responders, b.n),
    )


class Tipping(NamedTuple):
    """What a comparison would say for every number of responders among the missing of either group."""

    p: Numbers
    """(missing of the first + 1) x (missing of the second + 1): row i, i of the first group's missing responded."""
    difference: Numbers
    """First share less second, same shape."""
    significant: NDArray[np.bool_]
    """Whether p is below ``alpha``, same shape."""
    reference: float
    """p of those who answered alone; NaN where nobody of a group did."""
    turns: bool
    """Whether any cell of the grid decides otherwise than those who answered alone (or in the other direction)."""
    least: tuple[int, int] | None
    """The cell that decides otherwise and is nearest to what the answered would lead to expect; None if none does."""
    alpha: float


def tipping(first: Arm, second: Arm, *, test: str = "chi-square", alpha: float = 0.05) -> Tipping:
    """Return the whole grid of what the missing could have done.

    ``test``: ``chi-square`` (without correction), ``chi-square-corrected`` (R's ``prop.test`` as it comes) or
    ``fisher``. p is 1 where nobody or everybody responds. ``least``: distance is in people, from the number expected
    if the missing were like those who answered; of equally near cells the first in reading order. ``ValueError`` for
    an alpha outside 0 to 1.
    """
    a, b = arm(*first), arm(*second)
    one_of(test, TESTS, "the test of a tipping point")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not {alpha}")
    x1 = (a.responders + np.arange(a.missing + 1.0))[:, None]
    x2 = (b.responders + np.arange(b.missing + 1.0))[None, :]
    difference = x1 / a.n - x2 / b.n
    p = _p(test, x1, float(a.n), x2, float(b.n))
    reference, direction = math.nan, 0.0
    expected = np.array([0.0, 0.0])
    if a.answered and b.answered:
        one, other = np.array([[float(a.responders)]]), np.array([[float(b.responders)]])
        reference = float(_p(test, one, float(a.answered), other, float(b.answered))[0, 0])
        direction = math.copysign(1.0, a.responders / a.answered - b.responders / b.answered)
        expected = np.array([a.missing * a.responders / a.answered, b.missing * b.responders / b.answered])
    significant = p < alpha
    verdict = np.where(significant, np.sign(difference), 0.0)
    other_verdict = verdict != (direction if reference < alpha else 0.0)
    least = None
    if other_verdict.any():
        rows, columns = np.nonzero(other_verdict)
        distance = np.abs(rows - expected[0]) + np.abs(columns - expected[1])
        nearest = int(np.argmin(np.round(distance, 9)))
        least = (int(rows[nearest]), int(columns[nearest]))
    return Tipping(p, difference, significant, reference, least is not None, least, alpha)


def _p(test: str, x1: Numbers, n1: float, x2: Numbers, n2: float) -> Numbers:
    if test == "fisher":
        exact: Callable[..., Numbers] = np.vectorize(
            lambda one, other: fisher_2x2(int(one), int(n1 - one), int(other), int(n2 - other)), otypes=[np.float64]
        )
        return exact(x1, x2)
    total, events = n1 + n2, x1 + x2
    distance = np.abs(x1 / n1 - x2 / n2)
    if test == "chi-square-corrected":
        step = 1 / n1 + 1 / n2
        distance = distance - np.minimum(0.5 * step, distance)
    overall = events / total
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = distance**2 / (overall * (1 - overall) * (1 / n1 + 1 / n2))
    found: Numbers = np.where((events == 0) | (events == total), 1.0, special.chdtrc(1, statistic))
    return found
