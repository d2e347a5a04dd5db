"""The shape of what made a figure: worked out by :mod:`postlude.evidence.why`, printed key by key as JSON."""

import msgspec

from postlude.evidence.expectation import Expectation
from postlude.evidence.influence import Posterior
from postlude.evidence.numbers import Figure


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class WhyArm(_Part, frozen=True, kw_only=True):
    """One counted result. ``printed`` is its share in percent (worked out from means for a score; ``None`` where only
    limits were printed: ``at_least``, ``at_most``); ``model`` what the model makes of the arm as it was studied, of
    100; ``weight`` its part, in percent, of all that the results of this intervention say.
    """

    study: str
    trial: str
    arm: str
    outcome: str
    months: float | None
    route: str
    events: float | None
    n: float | None
    printed: float | None
    at_least: float | None
    at_most: float | None
    model: Figure
    weight: float


class WhyTerm(_Part, frozen=True, kw_only=True):
    """One term of the model on the logit: its prior, what became of it, its value in each arm (in the order of the
    arms) and in the prediction, and what it adds there (``adds``). ``without`` is the figure with the term held at 0,
    in the prediction and in every arm; ``None`` for the effects of class and treatment, which cannot be taken away.
    """

    id: str
    says: str
    stands_on: str
    prior_mean: float
    prior_sd: float
    mean: float
    sd: float
    in_arms: tuple[float, ...]
    in_prediction: float
    adds: float
    without: float | None


class WhyScale(_Part, frozen=True, kw_only=True):
    """How much things differ, as a standard deviation on the logit: prior (half-normal) and posterior."""

    id: str
    says: str
    stands_on: str
    prior: float
    posterior: Posterior


class WithoutTrial(_Part, frozen=True, kw_only=True):
    """The figure when one trial, with all its publications and arms, is left out."""

    trial: str
    studies: tuple[str, ...]
    figure: Figure


class Comparison(_Part, frozen=True, kw_only=True):
    """One comparison inside a trial: what was printed, and the odds ratio of responding with 95 %."""

    study: str
    comparator: str
    outcome: str
    months: float | None
    route: str
    printed: str
    odds_ratio: float | None
    low: float | None
    high: float | None
    review: bool


class Why(_Part, frozen=True, kw_only=True):
    """All that made the figure of one intervention for one person; ``figure`` is ``None`` where none is given.

    ``raw`` is the mean of the printed shares by weight; ``of_class`` a treatment of the same class that nobody has
    studied, ``of_all`` one of a class that nobody has studied, for the same person and time. ``without`` is in the
    order of how far the figure moves, ``terms`` too behind the effects of class and treatment.
    """

    expected: Expectation
    months: float | None
    figure: Figure | None
    raw: float | None
    of_class: Figure | None
    of_all: Figure | None
    arms: tuple[WhyArm, ...]
    terms: tuple[WhyTerm, ...]
    scales: tuple[WhyScale, ...]
    without: tuple[WithoutTrial, ...]
    comparisons: tuple[Comparison, ...]
