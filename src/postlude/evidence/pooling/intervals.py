"""Intervals of a single share."""

from math import sqrt

NORMAL_95 = 1.959963984540054
"""Standard deviations of a normal that enclose 95 %, on either side."""


def wilson(events: float, n: float, z: float = NORMAL_95) -> tuple[float, float]:
    """Return Wilson's score interval of ``events`` of ``n``, both ends in 0 to 1 (Wilson 1927)."""
    share = events / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)
