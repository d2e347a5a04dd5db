"""The expectation model: which terms a row carries, and the priors of each, read from the knowledge files."""

from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Prior
from postlude.evidence.arms import Row
from postlude.evidence.contrasts import Contrast
from postlude.evidence.likelihood import Component
from postlude.evidence.model.sites import Sites, both, counted, measured
from postlude.evidence.model.structure import NO_LEVEL, Structure, grouping, structure

OVERALL = "overall"
DECAY = "decay"
BIASES = ("uncontrolled", "industry", "small-or-retrospective", "implanted", "completers")
"""Terms of how a study was done, 0 at an ordinary clinic."""
UNBLINDED = "unblinded"
"""Also a term of how a study was done; 1 at an ordinary clinic, where people know what they are given."""
DEFINITIONS = ("relief-30", "own-success", "back", "leg", "neck", "arm")
CLASS, INTERVENTION, TRIAL, ARM = "class", "intervention", "trial", "arm"
SHORTEST = 0.25
REFERENCE_MONTHS = 6.0


def terms(library: Library) -> tuple[str, ...]:
    """Return the ids of the priors of all fixed terms, in the order of the columns."""
    traits = tuple(covariate.prior for covariate in library.covariates.values())
    return (OVERALL, DECAY, *DEFINITIONS, UNBLINDED, *BIASES, *traits)


def decay(months: float | None) -> float:
    """Return what the loss per log of months is multiplied with; 0 at six months, and where no time is told."""
    return 0.0 if months is None else -log(max(months, SHORTEST) / REFERENCE_MONTHS)


def trait(share: float) -> float:
    """Return the value of a trait's term: -0.5 where nobody has it, 0.5 where everybody has."""
    return share - 0.5


def covariates(row: Row, library: Library) -> list[float]:
    """Return the values (B,) of one row's terms, in the order of :func:`terms`."""
    traits = [trait(row.features[covariate.prior]) for covariate in library.covariates.values()]
    named = [row.features[name] for name in (*DEFINITIONS, UNBLINDED, *BIASES)]
    return [1.0, decay(row.months), *named, *traits]


def arm_model(rows: Sequence[Row], library: Library, priors: Mapping[str, Prior]) -> tuple[Structure, Sites]:
    """Return the model of all rows and what was observed of them, rows in the order given."""
    names = terms(library)
    interventions = list(library.interventions)
    classes = list(library.classes)
    trials = list(dict.fromkeys(row.trial for row in rows))
    arms = list(dict.fromkeys(row.people for row in rows))
    controlled = {row.trial for row in rows if row.randomised}
    groupings = [
        grouping(
            CLASS,
            [classes.index(library.interventions[row.intervention].in_class) for row in rows],
            priors["between-classes"].sd,
            levels=len(classes),
            kept=True,
        ),
        grouping(
            INTERVENTION,
            [interventions.index(row.intervention) for row in rows],
            priors["between-interventions"].sd,
            levels=len(interventions),
            kept=True,
        ),
        grouping(
            TRIAL,
            [trials.index(row.trial) for row in rows],
            priors["between-trials"].sd,
            flagged=[trial not in controlled for trial in trials],
            extra=priors["between-uncontrolled"].sd,
        ),
        grouping(ARM, [arms.index(row.people) for row in rows], priors["between-arms"].sd),
    ]
    model = structure(
        np.array([covariates(row, library) for row in rows]).reshape(len(rows), len(names)),
        [priors[name].mean for name in names],
        [priors[name].sd for name in names],
        groupings,
    )
    return model, _sites(rows)


def _sites(rows: Sequence[Row]) -> Sites:
    """Counts and scores in the order of the rows."""
    counts = [i for i, row in enumerate(rows) if row.binomial]
    scores = [i for i, row in enumerate(rows) if row.normal is not None]
    first = _counted([rows[i].binomial for i in counts], [rows[i].weight for i in counts])
    found = [rows[i].normal for i in scores]
    second = measured([s.mean for s in found if s], [s.variance for s in found if s], [rows[i].weight for i in scores])
    return both(first, second).take(np.argsort(np.array(counts + scores, dtype=np.int64)))


def _counted(components: Sequence[Sequence[Component]], weights: Sequence[float]) -> Sites:
    width = max((len(c) for c in components), default=1)
    shape = (len(components), width)
    events, n, log_weight = np.zeros(shape), np.zeros(shape), np.full(shape, -np.inf)
    for i, row in enumerate(components):
        for j, component in enumerate(row):
            events[i, j], n[i, j], log_weight[i, j] = component.events, component.n, component.log_weight
    return counted(events, n, log_weight, weights)


def contrast_model(
    found: Sequence[Contrast], library: Library, priors: Mapping[str, Prior]
) -> tuple[Structure, Sites, tuple[tuple[str, str], ...]]:
    """Return the model of comparisons inside trials, its observations, and the pairs (intervention, comparator).

    A comparison by counts is two rows that share the intercept of their comparison group, which is so vague that
    nothing passes between trials; treatments compared with one group share it too. Any other comparison is one row on
    the log odds ratio.
    """
    pairs = tuple(sorted({(c.intervention, c.comparator) for c in found}))
    kinds = sorted({kind for _, kind in pairs})
    by_counts = [(i, c) for i, c in enumerate(found) if c.route == "counts"]
    others = [(i, c) for i, c in enumerate(found) if c.route != "counts"]
    groups = {c.group: c for _, c in by_counts}
    intercepts = {key: len(kinds) + i for i, key in enumerate(groups)}
    rows = len(by_counts) + len(groups) + len(others)
    x = np.zeros((rows, len(kinds) + len(groups)))
    pair, trial = np.full(rows, NO_LEVEL), np.full(rows, NO_LEVEL)
    of_measured = range(len(by_counts) + len(groups), rows)
    for at, (i, contrast) in zip([*range(len(by_counts)), *of_measured], [*by_counts, *others], strict=True):
        x[at, kinds.index(contrast.comparator)] = 1.0
        pair[at] = pairs.index((contrast.intervention, contrast.comparator))
        trial[at] = i
        if contrast.route == "counts":
            x[at, intercepts[contrast.group]] = 1.0
    for at, key in enumerate(groups, start=len(by_counts)):
        x[at, intercepts[key]] = 1.0
    own = [*(priors[f"contrast-{kind}"] for kind in kinds), *([priors["contrast-intercept"]] * len(groups))]
    model = structure(
        x,
        [prior.mean for prior in own],
        [prior.sd for prior in own],
        [
            grouping(INTERVENTION, pair, priors["contrast-between-interventions"].sd, levels=len(pairs), kept=True),
            grouping(TRIAL, trial, priors["contrast-between-trials"].sd, levels=len(found)),
        ],
    )
    counts = [(c.events, c.n) for _, c in by_counts] + [(c.versus_events, c.versus_n) for c in groups.values()]
    observed = both(
        counted(np.array([events or 0.0 for events, _ in counts]), np.array([n or 0.0 for _, n in counts])),
        measured([c.log_odds or 0.0 for _, c in others], [c.variance or 1.0 for _, c in others]),
    )
    return model, observed, pairs
