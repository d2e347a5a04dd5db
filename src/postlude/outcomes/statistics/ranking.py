"""Ranks with ties, and the exact distribution of a sum of scores.

Source of the shift algorithm: Streitberg & Röhmel 1986 (Stat Softw Newsl 12:10); here each step is a chance, so that
nothing overflows.
"""

from collections.abc import Callable

import numpy as np

from postlude.outcomes.statistics.answers import Numbers

Whole = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def midranks(values: Numbers) -> Numbers:
    """Return the rank of each value among all (1 is the smallest); equal values share the mean of their ranks."""
    _, where, many = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(many)
    found: Numbers = (last - (many - 1) / 2)[where]
    return found


def tie_sum(values: Numbers) -> float:
    """Return the sum of t^3 - t over groups of t equal values; 0 without ties."""
    many = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((many**3 - many).sum())


def scores_of(ranks: Numbers) -> Whole:
    """Return midranks as whole numbers in their least terms: twice each rank."""
    found: Whole = np.rint(2 * ranks).astype(np.int64)
    return found


def drawn_sums(scores: Whole, many: int) -> Numbers:
    """Return the chance of each sum 0, 1, 2, ... when ``many`` of the scores are drawn without replacement."""
    top = int(np.sort(scores)[len(scores) - many :].sum())
    chances = np.zeros((many + 1, top + 1))
    chances[0, 0] = 1.0
    for seen, score in enumerate(sorted(scores.tolist())):
        left = len(scores) - seen
        drawn = chances * ((many - np.arange(many + 1)) / left)[:, None]
        chances -= drawn
        chances[1:, score:] += drawn[:-1, : top + 1 - score]
    found: Numbers = np.maximum(chances[many], 0.0)  # a difference of equal numbers may leave -1e-17
    return found


def signed_sums(scores: Whole) -> Numbers:
    """Return the chance of each sum 0, 1, 2, ... when every score enters or does not with one half."""
    chances = np.zeros(int(scores.sum()) + 1)
    chances[0] = 1.0
    for score in scores.tolist():
        moved = np.zeros_like(chances)
        moved[score:] = chances[: len(chances) - score]
        chances = (chances + moved) / 2
    return chances


def tails(chances: Numbers, at: int) -> tuple[float, float, float]:
    """Return the chance of a sum at most ``at``, at least ``at``, and at least as far from the mean in either
    direction.
    """
    sums = np.arange(len(chances))
    mean = float(sums @ chances)
    far = np.abs(sums - mean) >= abs(at - mean) - 1e-6  # sums are whole: this only takes out the rounding of the mean
    parts = (chances[: at + 1].sum(), chances[at:].sum(), chances[far].sum())
    less, greater, either = (min(1.0, float(part)) for part in parts)
    return less, greater, either


def turning_point(beyond: Callable[[float], float], candidates: Numbers) -> float:
    """Return the candidate (sorted, each once) at which a falling step function turns from above 0 to 0 or below.

    The function is asked only between candidates, where it is defined. Minus infinity if it is never above 0,
    infinity if it always is.
    """

    def above(gap: int) -> bool:
        """Whether the function is above 0 in the gap before the candidate of that number."""
        if gap == 0:
            point = candidates[0] - 1.0
        elif gap == len(candidates):
            point = candidates[-1] + 1.0
        else:
            point = (candidates[gap - 1] + candidates[gap]) / 2
        return beyond(float(point)) > 0

    if not above(0):
        return float("-inf")
    if above(len(candidates)):
        return float("inf")
    low, high = 0, len(candidates)
    while high - low > 1:
        middle = (low + high) // 2
        if above(middle):
            low = middle
        else:
            high = middle
    return float(candidates[low])
