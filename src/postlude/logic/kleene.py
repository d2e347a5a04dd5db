"""Kleene's strong three-valued logic. ``None`` is *not known*; it is never read as no.

Source of the tables: S. C. Kleene, Introduction to Metamathematics (1952), section 64.
"""

from collections.abc import Iterable

Truth = bool | None


def negation(a: Truth) -> Truth:
    return None if a is None else not a


def conjunction(args: Iterable[Truth]) -> Truth:
    """False as soon as one is false, true when all are true, else not known."""
    result: Truth = True
    for arg in args:
        if arg is False:
            return False
        if arg is None:
            result = None
    return result


def disjunction(args: Iterable[Truth]) -> Truth:
    """True as soon as one is true, false when all are false, else not known."""
    result: Truth = False
    for arg in args:
        if arg is True:
            return True
        if arg is None:
            result = None
    return result


def at_least(k: int, args: Iterable[Truth]) -> Truth:
    """True when ``k`` are true, false when ``k`` can no longer be reached, else not known."""
    certain = possible = 0
    for arg in args:
        if arg is True:
            certain += 1
        if arg is not False:
            possible += 1
    if certain >= k:
        return True
    return False if possible < k else None
