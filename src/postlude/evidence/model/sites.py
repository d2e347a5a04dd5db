"""What was observed of each row: a binomial count, one of several possible counts, or a number with its variance.

The likelihood of row j given its linear predictor ``eta`` is, to the power ``w_j`` (at most 1: further results of the
same people count less),

- counted: ``sum over components i of exp(log weight_i) Binomial(events_i | n_i, 1 / (1 + exp(-eta)))``. Several
  components say that the count itself is uncertain. Events and people need not be whole numbers; the binomial
  coefficient is the one of gamma functions, so that components with different n are weighed rightly.
- measured: ``Normal(y_j | eta, variance_j)``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import special

from postlude.evidence.model.structure import Booleans, Floats, Integers

# Moments of a tilted density are sums over this grid, in standard deviations of the current approximation. For smooth
# densities the trapezium rule converges exponentially (Trefethen and Weideman 2014, doi 10.1137/130932132) and, unlike
# Gauss-Hermite nodes, keeps its accuracy when a tail is heavier than the approximation's.
_REACH = 8.0
_POINTS = 25
_LEAST_VARIANCE = 0.04  # less than a step of the grid can tell; where it is less, the next round looks more closely
GRID: Floats = np.linspace(-_REACH, _REACH, _POINTS)
_LOG_STEP = float(np.log(GRID[1] - GRID[0]) - 0.5 * np.log(2.0 * np.pi))


class Sites(msgspec.Struct, frozen=True, eq=False):
    """The observations of N rows. Make them with :func:`counted`, :func:`measured` or :func:`both`."""

    events: Floats
    """(N, C)"""
    n: Floats
    """(N, C)"""
    log_weight: Floats
    """(N, C); -inf where a row has fewer components."""
    y: Floats
    """(N,) the measured number; 0 in counted rows."""
    variance: Floats
    """(N,) its variance; infinite in counted rows."""
    power: Floats
    """(N,) in (0, 1]"""

    @property
    def rows(self) -> int:
        return len(self.y)

    @property
    def exact(self) -> Booleans:
        """(N,) rows that are Gaussian already."""
        return np.isfinite(self.variance)

    def take(self, rows: Integers) -> "Sites":
        """The observations of these rows, in this order."""
        return Sites(
            events=self.events[rows],
            n=self.n[rows],
            log_weight=self.log_weight[rows],
            y=self.y[rows],
            variance=self.variance[rows],
            power=self.power[rows],
        )


class Tilted(NamedTuple):
    """Moments of the densities ``likelihood x cavity``, in standard deviations from the current means: (K, M)."""

    log_mass: Floats
    mean: Floats
    variance: Floats


class Likelihood:
    """The counted rows of some sites, laid out for evaluation at many points. M counts these rows, G points."""

    def __init__(self, sites: Sites) -> None:
        counted = np.flatnonzero(~sites.exact)
        constant = _coefficient(sites.events[counted], sites.n[counted]) + sites.log_weight[counted]
        self.rows: Integers = counted
        """(M,) which rows these are."""
        self._power = sites.power[counted][:, None]
        best = np.argmax(sites.log_weight[counted], axis=1)[:, None]
        self._events, self._n, self._constant = (
            np.take_along_axis(part, best, axis=1) for part in (sites.events[counted], sites.n[counted], constant)
        )
        self._several = np.flatnonzero(np.isfinite(constant).sum(axis=1) > 1)
        """Among the M rows, those with more than one component."""
        many = counted[self._several]
        self._many = tuple(
            part[:, None, :] for part in (sites.events[many], sites.n[many], constant[self._several])
        )  # each (rows, 1, C)

    def start(self) -> tuple[Floats, Floats]:
        """Precision and linear term (M,) of a first guess: the logit of the share, one half added to both sides."""
        share = (self._events + 0.5) / (self._n + 1.0)
        precision = self._power * self._n * share * (1.0 - share)
        return precision[:, 0], (precision * special.logit(share))[:, 0]

    def log(self, eta: Floats) -> Floats:
        """The log likelihood at ``eta``, both (K, M, G)."""
        softplus = np.exp(-np.abs(eta))
        np.log1p(softplus, out=softplus)
        softplus += np.maximum(eta, 0.0)
        value = self._events * eta
        value -= self._n * softplus
        value += self._constant
        if len(self._several):
            events, n, constant = self._many
            terms = events * eta[:, self._several, :, None] - n * softplus[:, self._several, :, None] + constant
            highest = terms.max(axis=-1)
            terms -= highest[..., None]
            value[:, self._several] = highest + np.log(np.exp(terms).sum(axis=-1))
        value *= self._power
        return value

    def tilt(self, mean: Floats, sd: Floats, cavity: Floats, pull: Floats) -> Tilted:
        """Moments of the likelihood times the cavity, around the current approximation.

        All arguments are (K, M). In ``z = (eta - mean) / sd`` the cavity is ``exp(-cavity z^2 / 2 - pull z)``. The log
        mass is relative to a normal of this mean and sd.
        """
        log = self.log(mean[:, :, None] + sd[:, :, None] * GRID)
        log -= 0.5 * cavity[:, :, None] * GRID**2 + pull[:, :, None] * GRID
        highest = log.max(axis=2)
        log -= highest[:, :, None]
        mass = np.exp(log, out=log)
        total = mass.sum(axis=2)
        first = mass @ GRID / total
        second = mass @ GRID**2 / total
        return Tilted(highest + np.log(total) + _LOG_STEP, first, np.maximum(second - first**2, _LEAST_VARIANCE))


def counted(
    events: Sequence[float] | Floats,
    n: Sequence[float] | Floats,
    log_weight: Sequence[float] | Floats | None = None,
    power: Sequence[float] | Floats | None = None,
) -> Sites:
    """Counts of N rows: arrays (N,), or (N, C) padded with a log weight of -inf.

    ValueError unless 0 <= events <= n, every row has a component, and 0 < power <= 1. A row with n = 0 says nothing.
    """
    x, size = np.array(events, dtype=np.float64), np.array(n, dtype=np.float64)
    weight = np.zeros(x.shape) if log_weight is None else np.array(log_weight, dtype=np.float64)
    if x.shape != size.shape or x.shape != weight.shape or x.ndim not in {1, 2}:
        raise ValueError(f"events {x.shape}, n {size.shape} and log_weight {weight.shape} must have one shape")
    x, size, weight = (part if part.ndim == 2 else part[:, None] for part in (x, size, weight))
    used = weight > -np.inf
    if not used.any(axis=1).all() or not (weight[used] < np.inf).all():
        raise ValueError("every row needs at least one component with a finite log weight")
    if not (np.isfinite(size) & (x >= 0) & (x <= size))[used].all():
        raise ValueError("every row needs 0 <= events <= n")
    return Sites(
        events=np.where(used, x, 0.0),
        n=np.where(used, size, 0.0),
        log_weight=weight,
        y=np.zeros(len(x)),
        variance=np.full(len(x), np.inf),
        power=_powers(power, len(x)),
    )


def measured(
    y: Sequence[float] | Floats, variance: Sequence[float] | Floats, power: Sequence[float] | Floats | None = None
) -> Sites:
    """Numbers with their variances, (N,). ValueError unless finite, variance > 0 and 0 < power <= 1."""
    value, spread = np.array(y, dtype=np.float64), np.array(variance, dtype=np.float64)
    if value.ndim != 1 or value.shape != spread.shape:
        raise ValueError(f"y {value.shape} and variance {spread.shape} must be lists of one length")
    if not (np.isfinite(value).all() and np.isfinite(spread).all() and (spread > 0).all()):
        raise ValueError("y must be finite, and every variance finite and positive")
    nothing = np.zeros((len(value), 1))
    return Sites(
        events=nothing, n=nothing, log_weight=nothing, y=value, variance=spread, power=_powers(power, len(value))
    )


def both(first: Sites, second: Sites) -> Sites:
    """The rows of the first, then those of the second."""
    width = max(first.events.shape[1], second.events.shape[1])

    def padded(part: npt.NDArray[np.float64], fill: float) -> Floats:
        return np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=fill)

    return Sites(
        events=np.concatenate([padded(first.events, 0.0), padded(second.events, 0.0)]),
        n=np.concatenate([padded(first.n, 0.0), padded(second.n, 0.0)]),
        log_weight=np.concatenate([padded(first.log_weight, -np.inf), padded(second.log_weight, -np.inf)]),
        y=np.concatenate([first.y, second.y]),
        variance=np.concatenate([first.variance, second.variance]),
        power=np.concatenate([first.power, second.power]),
    )


def _powers(power: Sequence[float] | Floats | None, rows: int) -> Floats:
    given = np.ones(rows) if power is None else np.array(power, dtype=np.float64)
    if given.shape != (rows,) or not ((given > 0) & (given <= 1)).all():
        raise ValueError(f"power must be {rows} numbers above 0 and at most 1")
    return given


def _coefficient(events: Floats, n: Floats) -> Floats:
    """Logarithm of the binomial coefficient."""
    value: Floats = special.gammaln(n + 1.0) - special.gammaln(events + 1.0) - special.gammaln(n - events + 1.0)
    return value
