"""How many minutes a follow-up or questionnaires take, as a person is told before they begin."""

import math
from collections.abc import Iterable

from postlude.instruments.sets import ReadSet

SECONDS_A_SIGN, SECONDS_ROUND = 3, 60
"""Of one sign, and of the first and the last page: estimates, as those of the sets are."""
READING = 1.5
"""The sets reckon taps. With what is read, each part takes half as long again, as tests measure [design]."""


def minutes(seconds: float) -> int:
    """Return whole minutes, never fewer than it takes."""
    return max(1, math.ceil(seconds / 60))


def of_follow_up(seconds: float, signs: int) -> int:
    """Return how long a follow-up takes: the seconds of its parts, and so many warning signs before them."""
    return minutes(READING * seconds + SECONDS_ROUND + SECONDS_A_SIGN * signs)


def minutes_of(sets: Iterable[ReadSet]) -> int:
    """Return how long the longest of these questionnaires takes, with all that an answer may open."""
    return minutes(max(60 * one.minutes()[1] for one in sets) * READING)
