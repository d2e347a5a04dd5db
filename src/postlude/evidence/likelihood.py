"""What a printed figure says about the true share: a mixture of binomials, or a normal on the logit."""

from math import erf, exp, log, pi, sqrt

import msgspec

from postlude.catalog.figures import counts
from postlude.catalog.published import Change, OutcomeEntry, Prior

_STEPS = 5
_SIZE_SHARE = 0.7
_SIZE_SD = 0.6
USUAL_SD = 2.3
"""Spread of a pain score from 0 to 10 among people of one study, where none is printed."""
_USUAL_BASELINE_SD = 1.4
_LOW_R, _HIGH_R = 0.2, 0.6
_EDGE = 0.005
"""A share worked out from means is never taken to be nearer to 0 or 1 than this."""


class Component(msgspec.Struct, frozen=True, array_like=True):
    """``events`` of ``n`` people (fractions allowed), and the log of its weight among the alternatives."""

    events: float
    n: float
    log_weight: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A share worked out from a pain score: ``mean`` and ``variance`` on the logit, ``share`` as worked out."""

    mean: float
    variance: float
    share: float


def from_count(events: float, n: float) -> tuple[Component, ...]:
    """Return the one binomial of a count."""
    return (Component(float(events), float(n), 0.0),)


def from_bounds(events: float, n: float, starters: float) -> tuple[Component, ...]:
    """Return the shares between "all who were lost failed" and "those lost did as the others", evenly weighted.

    The weight of evidence stays that of the ``n`` people who were seen.
    """
    shares = [events / starters + (events / n - events / starters) * step / (_STEPS - 1) for step in range(_STEPS)]
    return tuple(Component(share * n, float(n), -log(_STEPS)) for share in shares)


def from_percent(percent: float, n: int) -> tuple[Component, ...]:
    """Return every count of ``n`` people that gives the printed percentage, evenly weighted."""
    possible = counts(n, percent)
    return tuple(Component(float(events), float(n), -log(len(possible))) for events in possible)


def from_limits(at_least: float, at_most: float, n: int) -> tuple[Component, ...]:
    """Return every count of ``n`` people whose percentage lies between the limits, both included.

    Their weights are whole: the likelihood is the probability of a count within the limits.
    """
    within = [events for events in range(n + 1) if at_least <= 100 * events / n <= at_most]
    return tuple(Component(float(events), float(n), 0.0) for events in within)


def from_size(percent: float, most: int) -> tuple[Component, ...]:
    """Return binomials over the unknown size of the group, at most the ``most`` people of the arm.

    Sizes are log-normal with median 0.7 of the arm and standard deviation 0.6 of the log (a judgement), cut at the arm.
    """
    sizes = sorted({max(1, round(most * step / 8)) for step in range(1, 9)})
    weights = [exp(-((log(size / (_SIZE_SHARE * most)) / _SIZE_SD) ** 2) / 2) for size in sizes]
    total = sum(weights)
    return tuple(
        Component(percent / 100 * size, float(size), log(w / total)) for size, w in zip(sizes, weights, strict=True)
    )


def ten_points(value: float | None, scale: tuple[float, float] | None) -> float | None:
    """Return a score on 0 to 10; a spread or a difference has no origin, so ``scale`` then begins at 0."""
    if value is None or scale is None:
        return value
    return (value - scale[0]) / (scale[1] - scale[0]) * 10


def ends(scale: tuple[float, float] | None, outcome: OutcomeEntry) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of a score as printed (or the usual ones), and those of its differences, which begin at 0."""
    low, high = scale or (outcome.low or 0.0, outcome.high or 10.0)
    return (low, high), (0.0, high - low)


def score(result: Change, outcome: OutcomeEntry, n: int | None, mapping: Prior, borrowed: Prior) -> Score | None:
    """Return the share with at least half relief that means of a pain score imply, or ``None`` if they say too little.

    Scores before and after are taken as bivariate normal with correlation 0.2 to 0.6, so that "after at most half of
    before" is one normal probability. ``mapping`` is the error of that step, ``borrowed`` that of a borrowed spread.
    """
    if result.average != "mean" or result.baseline_mean is None or n is None:
        return None
    width, span = ends(result.scale, outcome)
    before = ten_points(result.baseline_mean, width)
    change = ten_points(result.change, span)
    after = ten_points(result.mean, width)
    if before is None or (after is None and change is None):
        return None
    if after is None and change is not None:
        after = before + change
    sd_after = ten_points(result.sd, span)
    sd_before = ten_points(result.baseline_sd, span) or _USUAL_BASELINE_SD
    spread = sd_after if sd_after is not None else USUAL_SD
    assert after is not None  # noqa: S101
    logits = []
    for r in (_LOW_R, (_LOW_R + _HIGH_R) / 2, _HIGH_R):
        sd = sqrt(max(spread**2 + sd_before**2 / 4 - r * spread * sd_before, 1e-6))
        share = 0.5 * (1 + erf((before / 2 - after) / sd / sqrt(2)))
        share = min(max(share, _EDGE), 1 - _EDGE)
        logits.append(log(share / (1 - share)))
    middle = logits[1]
    share = 1 / (1 + exp(-middle))
    sampling = 1 / (n * share * (1 - share))
    from_r = ((logits[2] - logits[0]) / (2 * sqrt(3))) ** 2
    variance = sampling + from_r + mapping.sd**2 + (borrowed.sd**2 if sd_after is None else 0.0)
    return Score(mean=middle + mapping.mean, variance=variance, share=share)


ODDS_PER_SD = pi / sqrt(3)
"""A log odds ratio over a standardised mean difference (Chinn 2000: 1.81)."""
