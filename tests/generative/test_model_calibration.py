"""Does the engine say 95 % where it is right 95 times in 100? Data are drawn from the model and the model is fitted.

The layout (arms, interventions, trials, designs) is the one of the sampled reference, so that thin and thick evidence
stand side by side as they do in life: eight arms of one intervention, one arm of five others.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from scipy import special
from scipy.stats import kstest

from postlude.evidence.model import mixture, sites
from postlude.evidence.model.fitting import fit
from postlude.evidence.model.structure import Floats, Structure, grouping, structure

_REFERENCE = Path(__file__).parents[2] / "validation" / "reference" / "J06_hierarchy_stan_domain.json"
_DATA_SETS = 300
_CELLS = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "8": (8, 8)}
_LEVELS = (0.5, 0.8, 0.9, 0.95)
Draw = Callable[[Structure, np.random.Generator, "Truth"], Floats]
published: dict[str, str] = {}
"""What a run of the slow tests found, as text to print or publish: title, then table or figures."""


class Truth(NamedTuple):
    """One draw from the prior."""

    scales: Floats
    coefficients: Floats
    effects: dict[str, Floats]


class Run(NamedTuple):
    """Probability integral transforms of many data sets: where the truth fell in its own posterior."""

    arms: npt.NDArray[np.int64]
    """(targets,) how many arms each target has."""
    predicted: Floats
    """(data sets, targets) of the linear predictor of a new trial."""
    effect: Floats
    """(data sets, targets) of the mean over trials."""
    coefficient: Floats
    """(data sets,) of the bias of a design."""
    row: Floats
    """(data sets,) of the linear predictor of one arm that was observed."""
    scale: Floats
    """(data sets, D)"""
    too_high: float
    """By how much the mean predicted share exceeds the true one, averaged over targets without a controlled arm."""
    converged: bool

    def table(self, title: str) -> str:
        """Coverage of the predictive intervals by number of arms, in percent, as Markdown."""
        lines = [
            f"{title}, {len(self.predicted)} data sets",
            "",
            "| arms | " + " | ".join(f"{level:.0%}" for level in _LEVELS) + " |",
            "|---|" + "---|" * len(_LEVELS),
        ]
        for name, (least, most) in _CELLS.items():
            pits = self.predicted[:, (self.arms >= least) & (self.arms <= most)]
            lines.append(f"| {name} | " + " | ".join(f"{100 * covered(pits, level):.1f}" for level in _LEVELS) + " |")
        lines.append("| all | " + " | ".join(f"{100 * covered(self.predicted, x):.1f}" for x in _LEVELS) + " |")
        return "\n".join(lines)


def covered(pits: Floats, level: float = 0.95) -> float:
    """The share of truths inside the central interval."""
    return float((np.abs(pits - 0.5) <= level / 2).mean())


def layout() -> tuple[Structure, Floats]:
    """The model and the numbers of people (N,)."""
    given = json.loads(_REFERENCE.read_text())["input"]
    rows = len(given["n"])
    trial, uncontrolled = np.array(given["s"]), np.array(given["Z"])[:, 0]
    flagged = np.zeros(trial.max() + 1, dtype=np.bool_)
    flagged[trial[uncontrolled == 1]] = True
    model = structure(
        np.column_stack([np.ones(rows), uncontrolled]),
        [-0.4, 0.4],
        [1.0, 0.3],
        [
            grouping("intervention", given["t"], 0.75, kept=True),
            grouping("trial", trial, 0.75, flagged=flagged, extra=0.3),
            grouping("arm", np.arange(rows), 0.3),
        ],
    )
    return model, np.array(given["n"], dtype=np.float64)


def truth(model: Structure, rng: np.random.Generator) -> Truth:
    """Draw scales, coefficients and effects from their priors."""
    scales = model.scale_priors * np.abs(rng.normal(size=len(model.scale_priors)))
    variances = model.variances(scales[None, :])
    effects = {
        g.name: np.sqrt(v[0]) * rng.normal(size=g.levels) for g, v in zip(model.groupings, variances, strict=True)
    }
    return Truth(scales, model.mean + model.sd * rng.normal(size=len(model.sd)), effects)


def predictors(model: Structure, true: Truth) -> Floats:
    eta: Floats = model.covariates @ true.coefficients
    for g in model.groupings:
        eta = eta + g.weight * true.effects[g.name][g.level]
    return eta


def wild(rng: np.random.Generator, count: int) -> Floats:
    """Draws with heavy tails and variance 1."""
    draws: Floats = rng.standard_t(3, size=count) / np.sqrt(3.0)
    return draws


def as_the_model_says(model: Structure, rng: np.random.Generator, true: Truth) -> Floats:
    del rng
    return predictors(model, true)


@cache
def run(draw: Draw, data_sets: int = _DATA_SETS, *, smallest_published: float = 0.0, heavy: bool = False) -> Run:
    """Draw, fit and look where the truth fell.

    ``smallest_published``: trials with fewer than 40 people in every arm are drawn again until their first arm shows
    at least this share (a hundred times at most). ``heavy``: the new trials have heavy tails as well.
    """
    model, n = layout()
    rng = np.random.default_rng(20261122)
    target, trial = model.grouping("intervention"), model.grouping("trial")
    arms = np.bincount(target.level)
    chosen = np.arange(target.levels)
    uncontrolled_only = np.array([model.covariates[target.level == t, 1].all() for t in chosen])
    coefficients = np.concatenate([np.tile([1.0, 0.0], (len(chosen), 1)), np.eye(len(chosen))], axis=1)
    predicted, effect, coefficient, row, scale, excess, converged = [], [], [], [], [], [], True
    for _ in range(data_sets):
        true = truth(model, rng)
        eta = draw(model, rng, true)
        events = rng.binomial(n.astype(int), special.expit(eta)).astype(np.float64)
        if smallest_published:
            for level in range(trial.levels):
                rows = np.flatnonzero(trial.level == level)
                for _ in range(100):
                    if n[rows].max() >= 40 or events[rows[0]] >= smallest_published * n[rows[0]]:
                        break
                    spread = np.sqrt(model.variances(true.scales[None, :])[1][0, level])
                    fresh = eta[rows] - true.effects["trial"][level] + spread * rng.normal()
                    events[rows] = rng.binomial(n[rows].astype(int), special.expit(fresh))
        done = fit(model, sites.counted(events, n))
        converged &= done.converged
        mean = true.coefficients[0] + true.effects["intervention"]
        unit = wild(rng, len(mean)) if heavy else rng.normal(size=len(mean))
        new = mean + true.scales[1] * unit + true.scales[3] * rng.normal(size=len(mean))
        normals = done.combine(coefficients, ["trial", "arm"])
        predicted.append(mixture.cumulative(normals, new))
        effect.append(mixture.cumulative(done.combine(coefficients), mean))
        bias = np.eye(len(chosen) + 2)[1:2]
        coefficient.append(mixture.cumulative(done.combine(bias), true.coefficients[1:2])[0])
        place = rng.integers(len(eta))
        one = mixture.Normals(done.weight, done.eta[:, [place]], done.eta_variance[:, [place]])
        row.append(mixture.cumulative(one, eta[[place]])[0])
        below = done.scales < true.scales
        tied = (done.weight[:, None] * below).sum(axis=0)
        scale.append(tied)
        excess.append((mixture.share(normals)[0] - special.expit(new))[uncontrolled_only].mean())
    return Run(
        arms,
        np.array(predicted),
        np.array(effect),
        np.array(coefficient),
        np.array(row),
        np.array(scale),
        float(np.mean(excess)),
        converged,
    )


# --- the truth is as the model says -----------------------------------------------------------------


@pytest.mark.slow
def test_where_the_truth_falls_is_uniform() -> None:
    """Simulation-based calibration (Talts 2018): of new trials, interventions, a coefficient, and an observed arm."""
    done = run(as_the_model_says)
    assert done.converged
    rng = np.random.default_rng(1)
    one = rng.integers(len(done.arms), size=len(done.predicted))  # targets of one data set share their errors
    each = np.arange(len(one))
    for name, pits in {
        "new trial": done.predicted[each, one],
        "intervention": done.effect[each, one],
        "coefficient": done.coefficient,
        "arm": done.row,
    }.items():
        p = float(kstest(pits, "uniform").pvalue)
        published[f"Kolmogorov-Smirnov p, {name}"] = f"{p:.3f}; 95 % intervals cover {covered(pits):.1%}"
        assert p > 0.001, name
    published["95 % intervals of the four scales cover"] = ", ".join(f"{covered(pits):.1%}" for pits in done.scale.T)
    assert 0.93 <= covered(done.predicted) <= 0.97
    assert 0.93 <= covered(done.effect) <= 0.97
    assert 0.90 <= covered(done.scale) <= 0.99  # 64 nodes are coarse here


@pytest.mark.slow
def test_intervals_are_honest_with_one_arm_and_with_eight() -> None:
    done = run(as_the_model_says)
    published["As the model says"] = done.table("As the model says")
    for name, (least, most) in _CELLS.items():
        pits = done.predicted[:, (done.arms >= least) & (done.arms <= most)]
        assert pits.size
        assert covered(pits) >= 0.92, name


# --- the truth is not as the model says -------------------------------------------------------------


def more_bias(model: Structure, rng: np.random.Generator, true: Truth) -> Floats:
    """Uncontrolled trials lie 1.2 logits too high; the prior expects 0.4, give or take 0.3."""
    del rng
    return predictors(model, true) + (1.2 - true.coefficients[1]) * model.covariates[:, 1]


def heavy_tails(model: Structure, rng: np.random.Generator, true: Truth) -> Floats:
    """Effects of trials from t with three degrees of freedom, of the same variance."""
    trial = true.scales[1] * wild(rng, len(true.effects["trial"]))
    return predictors(model, true._replace(effects={**true.effects, "trial": trial}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "draw", "smallest_published", "heavy"),
    [
        ("Bias of 1.2 where the prior says 0.4 +/- 0.3", more_bias, 0.0, False),
        ("Effects of trials with heavy tails (t, 3 df)", heavy_tails, 0.0, True),
        ("Small trials published only above 40 %", as_the_model_says, 0.4, False),
    ],
)
def test_a_wrong_model_still_covers(title: str, draw: Draw, smallest_published: float, heavy: bool) -> None:
    done = run(draw, 150, smallest_published=smallest_published, heavy=heavy)
    published[title] = f"{done.table(title)}\n\nToo high by {100 * done.too_high:.1f} points without a controlled arm"
    assert done.converged
    assert covered(done.predicted) >= 0.90


def test_calibration_of_a_few_data_sets() -> None:
    """The quick form, for every run: gross miscalibration shows at once."""
    done = run(as_the_model_says, 12)
    assert done.converged
    assert covered(done.predicted) >= 0.88
    assert 0.35 < done.predicted.mean() < 0.65
