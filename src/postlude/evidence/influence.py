"""What each prior moves: every figure again with the prior halved, doubled and set to zero.

A prior that is a judgement can be disputed; this says what a dispute would change. The figures are those of a person
of whom no trait is known. Half a minute of work, so the answer for the shipped evidence is kept beside this file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal as OneOf

import msgspec
import numpy as np

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Prior
from postlude.evidence import make
from postlude.evidence.arms import rows
from postlude.evidence.contrasts import contrasts
from postlude.evidence.expect import Predictor
from postlude.evidence.make import Fitted
from postlude.evidence.model import design, mixture
from postlude.evidence.model.fitting import Fit, fit
from postlude.evidence.model.structure import Floats
from postlude.evidence.numbers import main_months, means, target
from postlude.evidence.pool import Benefit
from postlude.logic.person import nobody

SHIPPED = Path(__file__).with_name("influence.json")
CHANGES: dict["Change", float] = {"halved": 0.5, "doubled": 2.0, "zero": 0.0}
"""What mean and standard deviation are multiplied with. Zero holds a term at 0, and switches a scale off."""
_SCALE_NODES = 256
_FEWEST_NODES = 8.0
_ENDS = (0.025, 0.5, 0.975)
_NEXT_TO_NOTHING = 0.01
_CONTRAST = "contrast-"
_MAPPING = "contrast-score-mapping"

Change = OneOf["halved", "doubled", "zero"]


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Movable(_Kept, frozen=True, kw_only=True):
    """A figure that a prior may move, in people of 100: the share with half relief at ``months``, or how many more than
    with the ``comparator``.
    """

    intervention: str
    comparator: str = ""
    months: float | None = None
    value: float


class Posterior(_Kept, frozen=True, kw_only=True):
    """What the evidence made of a prior, on the logit: middle (a term's mean, a scale's median) and 95 %; ``sd`` of a
    term.
    """

    middle: float
    low: float
    high: float
    sd: float | None = None


class Influence(_Kept, frozen=True, kw_only=True):
    """How far each figure moves when the prior is changed, in people of 100, in the order of the figures it can move.

    ``posterior`` is ``None`` for what nothing is learnt of: the error of reading a score, and what each trial has of
    its own.
    """

    prior: str
    moves: OneOf["shares", "benefits"]
    posterior: Posterior | None
    by: dict[Change, tuple[float, ...]]


class Influences(_Kept, frozen=True, kw_only=True):
    """The influence of every prior of a library. ``hash`` is that of the library."""

    hash: str
    shares: tuple[Movable, ...]
    benefits: tuple[Movable, ...]
    priors: dict[str, Influence]

    def moved(self, found: Influence) -> tuple[Movable, ...]:
        """Return the figures that a prior can move."""
        return self.shares if found.moves == "shares" else self.benefits


def load(library: Library) -> Influences | None:
    """Return what is kept for this library, ``None`` when that is of another one."""
    try:
        kept = msgspec.json.decode(SHIPPED.read_bytes(), type=Influences)
    except (OSError, msgspec.MsgspecError):
        return None
    return kept if kept.hash == library.hash else None


def write(library: Library, path: Path = SHIPPED) -> None:
    """Work out the influence of a library's priors and keep it. Raises OSError."""
    path.write_bytes(msgspec.json.encode(influence(library), order="deterministic") + b"\n")


def influence(library: Library) -> Influences:
    """Return the influence of every prior (about half a minute)."""
    fitted = make.fit_library(library)
    pool = make.pool(fitted)
    asked = list(main_months(Predictor(pool), nobody(1)).items())
    wanted = target(fitted, asked, [None] * len(library.covariates))
    shares = means(fitted.arms, wanted)
    gains = _gains(fitted, pool.baselines)
    known = posteriors(fitted)

    def found(prior: Prior) -> Influence:
        of_gains = prior.id.startswith(_CONTRAST)
        by: dict[Change, tuple[float, ...]] = {}
        for change, times in CHANGES.items():
            changed = msgspec.structs.replace(prior, mean=prior.mean * times, sd=prior.sd * times)
            if of_gains:
                moved = _gains(_compared(fitted, changed), pool.baselines) - gains
            else:
                moved = means(_refitted(fitted, changed), wanted) - shares
            by[change] = tuple(round(float(x), 2) for x in moved)
        return Influence(
            prior=prior.id, moves="benefits" if of_gains else "shares", posterior=known.get(prior.id), by=by
        )

    return Influences(
        hash=library.hash,
        shares=tuple(
            Movable(intervention=name, months=months, value=round(float(value), 2))
            for (name, months), value in zip(asked, shares, strict=True)
        ),
        benefits=tuple(
            Movable(intervention=name, comparator=gain.comparator, value=round(gain.mean, 2))
            for name, gain in _pairs(fitted, pool.baselines)
        ),
        priors={key: found(prior) for key, prior in library.priors.items()},
    )


def posteriors(fitted: Fitted) -> dict[str, Posterior]:
    """Return what the evidence made of each prior, by its id."""
    found = dict(_terms(fitted.arms, dict(enumerate(design.terms(fitted.library)))))
    scales = {"trial+": "between-uncontrolled"}
    scales |= {name: f"between-{word}" for name, word in _SCALES.items()}
    found |= dict(_scales(fitted.arms, scales))
    if fitted.effects is not None:
        kinds = sorted({kind for _, kind in fitted.pairs})
        found |= dict(_terms(fitted.effects, {i: f"contrast-{kind}" for i, kind in enumerate(kinds)}))
        between = {name: f"contrast-between-{_SCALES[name]}" for name in (design.INTERVENTION, design.TRIAL)}
        found |= dict(_scales(fitted.effects, between))
    return found


_SCALES = {
    design.CLASS: "classes",
    design.INTERVENTION: "interventions",
    design.TRIAL: "trials",
    design.ARM: "arms",
}


def _terms(fitted: Fit, names: Mapping[int, str]) -> Iterator[tuple[str, Posterior]]:
    chosen = np.eye(fitted.phi.shape[1])[list(names)]
    normals = fitted.combine(chosen)
    mean, sd = mixture.moments(normals)
    low, high = mixture.quantiles(normals, (0.025, 0.975))
    for i, name in enumerate(names.values()):
        yield (
            name,
            Posterior(
                middle=round(float(mean[i]), 3),
                low=round(float(low[i]), 3),
                high=round(float(high[i]), 3),
                sd=round(float(sd[i]), 3),
            ),
        )


def _scales(fitted: Fit, names: Mapping[str, str]) -> Iterator[tuple[str, Posterior]]:
    """Look at more nodes: quantiles of a scale need them."""
    closer = fit(fitted.model, fitted.data, _SCALE_NODES)
    for scale, name in names.items():
        if scale in closer.model.scale_names:
            low, middle, high = (round(float(x), 3) for x in closer.scale_quantiles(scale, _ENDS))
            yield name, Posterior(middle=middle, low=low, high=high)


def _refitted(fitted: Fitted, prior: Prior) -> Fit:
    """Fit the arms with one prior changed."""
    library, arms = fitted.library, fitted.arms
    names = design.terms(library)
    if prior.id in names:
        again = with_term(arms, names.index(prior.id), prior.mean, prior.sd)
        if again.effective_nodes >= _FEWEST_NODES:
            return again
    priors = {**library.priors, prior.id: prior}
    # A score is read with two of the priors before the model sees it.
    changed = msgspec.structs.replace(library, priors=priors)
    return fit(*design.arm_model(rows(changed).counted, changed, priors))


def with_term(fitted: Fit, column: int, mean: float, sd: float) -> Fit:
    """Return the fit with another prior of one coefficient, at the same nodes and begun from the same sites."""
    model = fitted.model
    means_, sds = np.array(model.mean), np.array(model.sd)
    means_[column], sds[column] = mean, sd
    changed = msgspec.structs.replace(fitted, model=msgspec.structs.replace(model, mean=means_, sd=sds))
    return changed.without(np.zeros(model.rows, dtype=np.bool_))


def _compared(fitted: Fitted, prior: Prior) -> Fitted:
    """Fit the comparisons with one prior changed."""
    library = fitted.library
    # A comparison group of which nothing at all is left open cannot be fitted: next to nothing is left.
    open_ = msgspec.structs.replace(prior, sd=max(prior.sd, _NEXT_TO_NOTHING)) if prior.form == "normal" else prior
    priors = {**library.priors, prior.id: open_}
    found = contrasts(library, priors[_MAPPING].sd)
    if not found:
        return fitted
    model, data, pairs = design.contrast_model(found, library, priors)
    return msgspec.structs.replace(fitted, contrasts=found, effects=fit(model, data), pairs=pairs)


def _pairs(fitted: Fitted, baselines: Mapping[str, tuple[float, float]]) -> list[tuple[str, Benefit]]:
    return [(name, gain) for name, gains in make.benefits(fitted, baselines).items() for gain in gains]


def _gains(fitted: Fitted, baselines: Mapping[str, tuple[float, float]]) -> Floats:
    return np.array([gain.mean for _, gain in _pairs(fitted, baselines)])
