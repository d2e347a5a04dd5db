"""The shape of what is expected of one treatment for one person: part of an assessment, key by key."""

from typing import Literal as OneOf

import msgspec

from postlude.evidence.pool import Benefit, Certainty, Comparator, HarmRate, OwnResult

State = OneOf["none", "shown-only", "no-time", "short", "one-study", "mostly-borrowed", "wide", "pooled"]
"""How much stands behind the figures: nobody studied it; studies are shown but none can be counted; counted, but no
time of measurement is told; counted, but not for as long as the first horizon; one study; mostly the prior; a
prediction too wide to be called knowledge (or without any randomised arm); none of these."""


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Share(_Part, frozen=True, kw_only=True):
    """People of 100 with at least ``relief`` percent less pain, ``months`` after the start, at a new clinic."""

    relief: int
    months: float
    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


class Trait(_Part, frozen=True, kw_only=True):
    """A trait that populations differ in. ``has`` is ``None`` when it is not known of the person; ``distinguished``
    says whether the evidence tells people with and without it apart.
    """

    id: str
    says: str
    says_not: str
    has: bool | None
    distinguished: bool


class Expectation(_Part, frozen=True, kw_only=True):
    """``icons`` says whether a picture of 100 people is honest; without it the interval leads.

    ``shares`` is empty where nobody can be counted. ``unmatched`` says those traits of the person that no counted arm
    was made of.
    """

    intervention: str
    says: str
    state: State
    icons: bool
    shares: tuple[Share, ...]
    longest: float
    borrowed: float
    studies: tuple[str, ...]
    trials: int
    people: int
    arms: int
    randomised_arms: int
    half_relief_trials: int
    published_low: float | None
    published_high: float | None
    traits: tuple[Trait, ...]
    unmatched: tuple[str, ...]
    shown_only: tuple[str, ...]
    benefits: tuple[Benefit, ...]
    never_compared: tuple[Comparator, ...]
    """Kinds of comparator that no study of the library tested it against."""
    tested_only: dict[Comparator, tuple[str, ...]]
    """Publications that tested it, but printed nothing that can be read as relief."""
    harms: tuple[HarmRate, ...]
    certainty: Certainty | None
    own: tuple[OwnResult, ...] = ()
    """Counted results of the clinic's own people, which the shares rest on too."""
