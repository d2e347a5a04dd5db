"""Two groups and one event: difference, ratio, odds ratio, and how many must be treated.

Sources: Newcombe 1998 (Stat Med 17:873); Mee 1984 (Biometrics 40:1175), Miettinen & Nurminen 1985 (Stat Med 4:213);
Koopman 1984 (Biometrics 40:513); Katz 1978 (Biometrics 34:469); Woolf 1955; Altman 1998 (BMJ 317:1309).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy import optimize

from postlude.outcomes.statistics import proportions
from postlude.outcomes.statistics.answers import Estimate, counted, one_of, quantile
from postlude.outcomes.statistics.conditional import conditional_odds_ratio

DIFFERENCES = ("newcombe", "newcombe-corrected", "score", "miettinen-nurminen", "wald", "wald-corrected")
RATIOS = ("katz", "koopman")
ODDS = ("woolf", "conditional")


class _Two(NamedTuple):
    x1: int
    n1: int
    x2: int
    n2: int


def _two(events1: int, n1: int, events2: int, n2: int) -> _Two:
    return _Two(*counted(events1, n1), *counted(events2, n2))


def risk_difference(
    events1: int, n1: int, events2: int, n2: int, *, method: str = "newcombe", level: float = 0.95
) -> Estimate:
    """Return the first share less the second (-1 to 1), with its interval.

    ``method``: ``newcombe`` (square-and-add of two Wilson intervals, method 10 of the paper), ``newcombe-corrected``
    (of two corrected ones, method 11), ``score`` (Mee: every difference that the score test would not reject),
    ``miettinen-nurminen`` (the same with the variance times N / (N - 1)), ``wald`` and ``wald-corrected`` (as R's
    ``prop.test``: the correction is never larger than the difference; cut at -1 and 1).

    ``ValueError`` as for a share, or for an unknown method.
    """
    two = _two(events1, n1, events2, n2)
    z = quantile(level)
    difference = two.x1 / two.n1 - two.x2 / two.n2
    one_of(method, DIFFERENCES, "the interval of a difference of shares")
    if method.startswith("newcombe"):
        low, high = _newcombe(two, difference, level, "wilson" if method == "newcombe" else "wilson-corrected")
    elif method.startswith("wald"):
        low, high = _wald(two, difference, z, corrected=method == "wald-corrected")
    else:
        total = two.n1 + two.n2
        factor = total / (total - 1) if method == "miettinen-nurminen" else 1.0
        low, high = _score_limits(two, difference, z, factor)
    return Estimate(difference, low, high, level)


def _newcombe(two: _Two, difference: float, level: float, method: str) -> tuple[float, float]:
    one = proportions.share(two.x1, two.n1, method=method, level=level)
    other = proportions.share(two.x2, two.n2, method=method, level=level)
    below = math.hypot(one.estimate - one.low, other.high - other.estimate)
    above = math.hypot(one.high - one.estimate, other.estimate - other.low)
    return max(-1.0, difference - below), min(1.0, difference + above)


def _wald(two: _Two, difference: float, z: float, *, corrected: bool) -> tuple[float, float]:
    p1, p2 = two.x1 / two.n1, two.x2 / two.n2
    steps = 1 / two.n1 + 1 / two.n2
    half = z * math.sqrt(p1 * (1 - p1) / two.n1 + p2 * (1 - p2) / two.n2)
    if corrected:
        half += min(0.5, abs(difference) / steps) * steps
    return max(-1.0, difference - half), min(1.0, difference + half)


def _restricted(two: _Two, delta: float) -> tuple[float, float]:
    """Both shares where the likelihood is highest among those that differ by ``delta`` (closed root of the cubic)."""
    x1, n1, x2, n2 = two
    total, events = n1 + n2, x1 + x2
    l2 = (n2 + 2 * n1) * -delta - total - events
    l1 = (n1 * -delta - total - 2 * x1) * -delta + events
    l0 = -x1 * delta * (1 + delta)
    q = l2**3 / (27 * total**3) - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    under = l2**2 / (9 * total**2) - l1 / (3 * total)
    root = math.copysign(math.sqrt(max(under, 0.0)), q) if q else math.sqrt(max(under, 0.0))
    ratio = q / root**3 if root else 0.0
    angle = (math.pi + math.acos(min(1.0, max(-1.0, ratio)))) / 3
    first = 2 * root * math.cos(angle) - l2 / (3 * total)
    least, most = max(0.0, delta), min(1.0, 1 + delta)
    first = min(max(first, least), most)
    return first, min(max(first - delta, 0.0), 1.0)


def _score_limits(two: _Two, difference: float, z: float, factor: float) -> tuple[float, float]:
    def beyond(delta: float) -> float:
        p1, p2 = _restricted(two, delta)
        variance = factor * (p1 * (1 - p1) / two.n1 + p2 * (1 - p2) / two.n2)
        distance = abs(difference - delta)
        if variance <= 0:
            return -z if distance < 1e-12 else math.inf
        return distance / math.sqrt(variance) - z

    return _root(beyond, difference, -1.0), _root(beyond, difference, 1.0)


def _root(beyond: Callable[[float], float], inside: float, outside: float) -> float:
    """Where ``beyond`` turns from negative at ``inside`` to positive towards ``outside``; ``outside`` if nowhere."""
    if abs(inside - outside) < 1e-15:
        return outside
    edge = outside + (inside - outside) * 1e-12
    if beyond(edge) <= 0:
        return outside
    return float(optimize.brentq(lambda at: min(beyond(at), 1e6), inside, edge, xtol=1e-14, rtol=1e-14))


def risk_ratio(
    events1: int, n1: int, events2: int, n2: int, *, method: str = "koopman", level: float = 0.95
) -> Estimate:
    """Return the first share over the second (0 to infinity), with its interval.

    ``method``: ``koopman`` (score; defined with no event in one group, where a limit is 0 or infinite) or ``katz``
    (normal on the logarithm, as most programs print it; NaN limits where a group has no event, and nothing is added
    to cells). With no event in either group the ratio is NaN, and every ratio is possible: 0 to infinity.
    """
    two = _two(events1, n1, events2, n2)
    z = quantile(level)
    one_of(method, RATIOS, "the interval of a ratio of shares")
    p1, p2 = two.x1 / two.n1, two.x2 / two.n2
    ratio = p1 / p2 if p2 else (math.inf if p1 else math.nan)
    if method == "katz":
        if two.x1 == 0 or two.x2 == 0:
            return Estimate(ratio, math.nan, math.nan, level)
        half = z * math.sqrt(1 / two.x1 - 1 / two.n1 + 1 / two.x2 - 1 / two.n2)
        return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half), level)
    if two.x1 == two.x2 == 0:
        return Estimate(ratio, 0.0, math.inf, level)
    return Estimate(ratio, *_koopman(two, z), level)


def _koopman(two: _Two, z: float) -> tuple[float, float]:
    x1, n1, x2, n2 = two

    def beyond(log_ratio: float) -> float:
        """Koopman's statistic less its critical value, for shares whose ratio is held fixed."""
        rho = math.exp(log_ratio)
        a, b, c = rho * (n1 + n2), -(rho * (n1 + x2) + x1 + n2), float(x1 + x2)
        p2 = (-b - math.sqrt(max(b * b - 4 * a * c, 0.0))) / (2 * a)
        p1 = rho * p2
        if p1 >= 1 or p2 >= 1:  # rounding, where everybody had the event
            p1, p2 = min(p1, 1 - 1e-15), min(p2, 1 - 1e-15)
        gap1 = (x1 - n1 * p1) ** 2 / (n1 * p1 * (1 - p1))
        gap2 = (x2 - n2 * p2) ** 2 / (n2 * p2 * (1 - p2))
        return gap1 + gap2 - z * z

    start = math.log((max(x1, 0.5) / n1) / (max(x2, 0.5) / n2))
    low = 0.0 if x1 == 0 else math.exp(_far(beyond, start, -1.0))
    high = math.inf if x2 == 0 else math.exp(_far(beyond, start, 1.0))
    return low, high


def _far(beyond: Callable[[float], float], start: float, step: float) -> float:
    """The root of ``beyond`` from ``start`` in the direction of ``step``: where the ratio is too extreme."""
    inside = start
    while beyond(inside) > 0:  # the start is a guess where a cell is empty: walk to where the data are
        inside -= step / 4
    outside = inside + step
    while beyond(outside) <= 0:
        inside, outside = outside, outside + step
    return float(optimize.brentq(beyond, inside, outside, xtol=1e-14, rtol=1e-14))


def odds_ratio(
    events1: int, n1: int, events2: int, n2: int, *, method: str = "conditional", level: float = 0.95
) -> Estimate:
    """Return the odds in the first group over those in the second (0 to infinity), with its interval.

    ``method``: ``conditional`` (maximum of the conditional likelihood with exact limits, as R's ``fisher.test``; it
    is not the cross-product) or ``woolf`` (cross-product, normal on the logarithm; NaN limits where a cell is empty).
    NaN with limits 0 and infinity where nobody or everybody had the event.
    """
    two = _two(events1, n1, events2, n2)
    z = quantile(level)
    one_of(method, ODDS, "the interval of an odds ratio")
    a, b, c, d = two.x1, two.n1 - two.x1, two.x2, two.n2 - two.x2
    if method == "conditional":
        return conditional_odds_ratio(a, b, c, d, level=level)
    top, bottom = a * d, b * c
    ratio = top / bottom if bottom else (math.inf if top else math.nan)
    if min(a, b, c, d) == 0:
        return Estimate(ratio, math.nan, math.nan, level)
    half = z * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half), level)


class NumberNeeded(NamedTuple):
    """How many people must be treated for one more (or one fewer) of them to have the event, against the other group.

    ``benefit`` and ``harm`` say what the interval of the difference allows. Where it holds 0, the number needed runs
    from ``benefit_least`` up to infinity and from infinity down to ``harm_least``: ``through_infinity`` says so, and
    there is no upper limit to print.
    """

    estimate: float
    """At least 1, infinite where the shares are equal; which of the two it counts is ``more``."""
    more: bool
    """True: one more person has the event with treatment; False: one fewer (or as many)."""
    low: float
    """The smallest number on the side of the estimate that the interval allows."""
    high: float
    """The greatest; infinite where the interval of the difference holds 0."""
    through_infinity: bool
    other_least: float
    """Where the interval goes through infinity: the smallest number on the other side. Else NaN."""
    level: float


def number_needed(difference: Estimate) -> NumberNeeded:
    """Return the number needed to treat that belongs to a difference of shares (treated less untreated; Altman 1998).

    It is printed rounded away from 0 by custom; here it is not rounded. ``ValueError`` for a difference outside -1 to
    1.
    """
    if not -1 <= difference.low <= difference.estimate <= difference.high <= 1:
        raise ValueError(
            "a number needed to treat belongs to a difference of shares with its limits, each from -1 to 1"
        )
    more = difference.estimate > 0 or (difference.estimate == 0 and difference.high > -difference.low)
    sign = 1 if more else -1
    near, far = sorted((sign * difference.low, sign * difference.high))
    through = near <= 0
    return NumberNeeded(
        _inverse(sign * difference.estimate),
        more,
        _inverse(far),
        math.inf if through else _inverse(near),
        through,
        _inverse(-near) if through else math.nan,
        difference.level,
    )


def _inverse(share: float) -> float:
    return 1 / share if share > 0 else math.inf
