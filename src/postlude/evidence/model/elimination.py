"""The Gaussian step: the posterior of every linear predictor, given Gaussian sites, for many scales at once.

With ``eta = base + F phi + e``, ``phi ~ N(0, P)`` and ``e ~ N(0, D)``, sites of precision ``T`` carry the information
``W = (D + T^-1)^-1`` about ``F phi``. Effects that are not asked for are put into ``e`` whenever their groupings nest
(arms in trials): then ``W`` is a diagonal less one rank-one term for each level (Sherman and Morrison), nothing larger
than ``phi`` is ever factored, and the cost of N rows and p parameters is N p^2 instead of N^3. Groupings that cross the
others join ``phi``. Sites of precision 0 are exact throughout: nothing is divided by a precision or by a scale.

Rows are kept sorted, so that the rows of a level are neighbours. K counts nodes (values of the scales).
"""

from typing import NamedTuple

import numpy as np

from postlude.evidence.model.structure import NO_LEVEL, Floats, Grouping, Integers, Structure


class Stage(NamedTuple):
    """One grouping that is integrated out: neighbouring rows of one level form a segment."""

    place: int
    """Which grouping of the structure."""
    starts: Integers
    """(S,) the first row of each segment."""
    segment: Integers
    """(N,) the segment of each row."""
    level: Integers
    """(S,) the level of each segment; 0 where it has none (then all its weights are 0)."""
    weight: Floats
    """(N,)"""
    single: bool
    """Every segment is one row."""

    def total(self, rows: Floats) -> Floats:
        """Sum (K, N, ...) over the rows of each segment: (K, S, ...)."""
        return rows if self.single else np.add.reduceat(rows, self.starts, axis=1)

    def spread(self, segments: Floats) -> Floats:
        """Give each row the value of its segment: (K, S, ...) to (K, N, ...)."""
        return segments if self.single else segments.take(self.segment, axis=1)


class Plan(NamedTuple):
    """How a structure is solved. Made once, used for all nodes."""

    order: Integers
    """(N,) sorted row i is row order[i] of the structure."""
    base: Floats
    """(N,) prior mean of the linear predictor, sorted."""
    design: Floats
    """(N, p) F, sorted."""
    parts: tuple[tuple[int, int], ...]
    """(grouping, first column) for every grouping inside phi; the coefficients come first."""
    stages: tuple[Stage, ...]
    """Inner groupings before the outer ones that hold them."""


class Prior(NamedTuple):
    """The prior variances of K nodes."""

    root: Floats
    """(K, p) standard deviations of phi."""
    stages: tuple[Floats, ...]
    """For each stage (K, S)."""


class Gaussian(NamedTuple):
    """The posterior under Gaussian sites, at K nodes."""

    shift: Floats
    """(K, N) mean of eta - base."""
    variance: Floats
    """(K, N) variance of eta."""
    log_determinant: Floats
    """(K,) log |I + prior covariance x site precision|."""
    phi: Floats
    """(K, p) mean of phi."""
    factor: Floats
    """(K, p, p) B with covariance of phi = B B'."""
    detail: "Detail | None"
    """Given when asked for."""


class Detail(NamedTuple):
    """What is asked for only once the sites are found."""

    effects: tuple[tuple[Floats, Floats], ...]
    """For each stage mean and variance (K, S) of its effects."""
    slope: Floats
    """(K, p) derivatives of the log marginal likelihood with respect to the prior variances of phi."""
    stage_slopes: tuple[Floats, ...]
    """The same for each stage (K, S)."""


def plan(model: Structure) -> Plan:
    """Decide which groupings are integrated out by nesting and which join phi, and sort the rows."""
    rows = model.rows
    key = np.arange(rows)
    chosen: list[tuple[int, Integers]] = []
    places = [i for i, g in enumerate(model.groupings) if not g.kept]
    for place in sorted(places, key=lambda i: -_used(model.groupings[i])):
        level = model.groupings[place].level
        # Rows without an effect keep the inner key, so that a missing level separates nothing that belongs together.
        outer = np.unique(np.where(level == NO_LEVEL, level.max(initial=0) + 1 + key, level), return_inverse=True)[1]
        if _nests(key, outer):
            chosen.append((place, outer))
            key = outer
    order = np.lexsort([np.arange(rows), *(k for _, k in chosen)])
    inside = {place for place, _ in chosen}
    columns, parts = [model.covariates], []
    width = model.covariates.shape[1]
    for place, g in enumerate(model.groupings):
        if place not in inside:
            parts.append((place, width))
            columns.append((g.level[:, None] == np.arange(g.levels)) * g.weight[:, None])
            width += g.levels
    return Plan(
        order=order,
        base=(model.covariates @ model.mean)[order],
        design=np.ascontiguousarray(np.concatenate(columns, axis=1)[order]),
        parts=tuple(parts),
        stages=tuple(_stage(place, model.groupings[place], outer[order], order) for place, outer in chosen),
    )


def prior(how: Plan, model: Structure, scales: Floats) -> Prior:
    """Lay out the prior variances of nodes with ``scales`` (K, D)."""
    variances = model.variances(scales)
    root = np.empty((len(scales), how.design.shape[1]))
    root[:, : len(model.sd)] = model.sd
    for place, first in how.parts:
        root[:, first : first + model.groupings[place].levels] = np.sqrt(variances[place])
    return Prior(root=root, stages=tuple(_of(stage, variances[stage.place]) for stage in how.stages))


def solve(how: Plan, before: Prior, precision: Floats, linear: Floats, *, detail: bool = False) -> Gaussian:
    """Combine the prior with sites ``exp(-precision eta^2 / 2 + linear eta)``, both (K, N) in sorted order."""
    w = precision
    log_determinant = np.zeros(len(precision))
    ranked: list[_Rank] = []
    for stage, v in zip(how.stages, before.stages, strict=True):
        if stage.single:  # these come first: W is still diagonal
            growth = 1.0 + v * stage.weight**2 * w
            log_determinant += np.log(growth).sum(axis=1)
            w = w / growth
            continue
        q = _apply(w, ranked, np.broadcast_to(stage.weight, w.shape))
        growth = 1.0 + v * stage.total(stage.weight * q)
        log_determinant += np.log(growth).sum(axis=1)
        ranked.append(_Rank(stage, q, v / growth))

    residual = linear - precision * how.base
    lifted = residual - _apply(w, ranked, _local(how, before, residual))
    design = np.broadcast_to(how.design, (len(w), *how.design.shape))
    informed = _apply(w, ranked, design)
    information = how.design.T @ informed
    inner = np.eye(how.design.shape[1]) + before.root[:, :, None] * information * before.root[:, None, :]
    lower = np.linalg.cholesky((inner + inner.transpose(0, 2, 1)) / 2)
    log_determinant += 2.0 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    factor = before.root[:, :, None] * np.linalg.inv(lower).transpose(0, 2, 1)
    pull = (lifted @ how.design)[:, None, :] @ factor
    phi = (factor @ pull.transpose(0, 2, 1))[:, :, 0]

    rest = lifted - (informed @ phi[:, :, None])[:, :, 0]
    seen = (design - _local(how, before, informed)) @ factor
    variance = _local_variance(how, before, w, ranked) + np.einsum("knp,knp->kn", seen, seen)
    return Gaussian(
        shift=phi @ how.design.T + _local(how, before, rest),
        variance=variance,
        log_determinant=log_determinant,
        phi=phi,
        factor=factor,
        detail=_detail(how, before, w, ranked, rest, informed @ factor, information) if detail else None,
    )


class _Rank(NamedTuple):
    """One stage's part of W: for every segment, less ``c q q'``."""

    stage: Stage
    q: Floats
    c: Floats


def _apply(w: Floats, ranked: list[_Rank], y: Floats) -> Floats:
    """W y for y (K, N) or (K, N, p)."""
    wide = y.ndim == 3
    result = (w[:, :, None] if wide else w) * y
    for stage, q, c in ranked:
        qq, cc = (q[:, :, None], c[:, :, None]) if wide else (q, c)
        result -= qq * stage.spread(cc * stage.total(qq * y))
    return result


def _local(how: Plan, before: Prior, y: Floats) -> Floats:
    """D y for y (K, N) or (K, N, p)."""
    wide = y.ndim == 3
    result = np.zeros(y.shape)
    for stage, v in zip(how.stages, before.stages, strict=True):
        z, vv = (stage.weight[:, None], v[:, :, None]) if wide else (stage.weight, v)
        result += z * stage.spread(vv * stage.total(z * y))
    return result


def _within(w: Floats, ranked: list[_Rank], stage: Stage, depth: int) -> Floats:
    """W z_l at the rows of segment l of ``stage``, for all its segments at once: (K, N).

    A wider stage would couple other segments of this one, so its sums are taken over this stage's segments.
    """
    result = w * stage.weight
    for i, (other, q, c) in enumerate(ranked):
        inner = other if i < depth else stage
        result -= q * other.spread(c) * inner.spread(inner.total(q * stage.weight))
    return result


def _local_variance(how: Plan, before: Prior, w: Floats, ranked: list[_Rank]) -> Floats:
    """The diagonal of D - D W D: the variance of e given phi, (K, N)."""
    single = np.zeros(w.shape)
    wide: list[tuple[Stage, Floats]] = []
    for stage, v in zip(how.stages, before.stages, strict=True):
        if stage.single:
            single += v * stage.weight**2
        else:
            wide.append((stage, stage.spread(v) * stage.weight))
    diagonal = w.copy()
    for stage, q, c in ranked:
        diagonal -= stage.spread(c) * q * q
    result = single - single * single * diagonal
    for outer, (stage, pull) in enumerate(wide):
        response = _within(w, ranked, stage, outer)
        result += pull * stage.weight - 2.0 * single * pull * response
        for depth in range(outer + 1):
            smaller, other = wide[depth]
            shared = smaller.spread(smaller.total(smaller.weight * response))
            result -= (1.0 if depth == outer else 2.0) * pull * other * shared
    return result


def _detail(
    how: Plan, before: Prior, w: Floats, ranked: list[_Rank], rest: Floats, seen: Floats, information: Floats
) -> Detail:
    """Effects and slopes. ``rest`` is K^-1 (mean - base) for the prior covariance K; ``seen`` is W F B.

    With ``U = (K + T^-1)^-1`` the slope for a variance whose effect enters the rows by z is
    ``((z' rest)^2 - z' U z) / 2``: the sites do not move to first order at a fixed point.
    """
    effects, slopes = [], []
    depth = 0
    for stage, v in zip(how.stages, before.stages, strict=True):
        pulled = stage.total(stage.weight * rest)
        carried = stage.total(stage.weight[:, None] * seen)
        sharpness = stage.total(stage.weight * _within(w, ranked, stage, depth)) - (carried**2).sum(axis=2)
        effects.append((v * pulled, v - v * v * sharpness))
        slopes.append(0.5 * (pulled**2 - sharpness))
        depth += not stage.single
    sharp = np.diagonal(information, axis1=1, axis2=2) - ((how.design.T @ seen) ** 2).sum(axis=2)
    return Detail(tuple(effects), 0.5 * ((rest @ how.design) ** 2 - sharp), tuple(slopes))


def _used(g: Grouping) -> int:
    """How finely a grouping cuts the rows."""
    return len(np.unique(g.level)) + int((g.level == NO_LEVEL).sum())


def _nests(inner: Integers, outer: Integers) -> bool:
    """Whether rows that share an inner key always share the outer one."""
    first = np.full(inner.max(initial=0) + 1, NO_LEVEL)
    first[inner] = outer
    return bool((first[inner] == outer).all())


def _stage(place: int, g: Grouping, key: Integers, order: Integers) -> Stage:
    starts = np.flatnonzero(np.diff(key, prepend=NO_LEVEL))
    return Stage(
        place=place,
        starts=starts,
        segment=np.cumsum(np.isin(np.arange(len(key)), starts)) - 1,
        level=np.maximum(g.level[order][starts], 0),
        weight=g.weight[order],
        single=len(starts) == len(key),
    )


def _of(stage: Stage, variance: Floats) -> Floats:
    """The variances (K, levels) at the segments (K, S); a segment without a level has weight 0 and any will do."""
    return variance[:, stage.level] if variance.shape[1] else np.zeros((len(variance), len(stage.level)))


def slopes(how: Plan, model: Structure, scales: Floats, detail: Detail) -> Floats:
    """The derivatives (K, D) of the log marginal likelihood with respect to the scales."""
    by_grouping: dict[int, tuple[Floats, Floats]] = {}
    for place, first in how.parts:
        g = model.groupings[place]
        by_grouping[place] = (detail.slope[:, first : first + g.levels], g.flagged.astype(np.float64))
    for stage, slope in zip(how.stages, detail.stage_slopes, strict=True):
        g = model.groupings[stage.place]
        by_grouping[stage.place] = (slope, _of(stage, g.flagged[None, :].astype(np.float64))[0])
    columns = []
    for place, g in enumerate(model.groupings):
        slope, flagged = by_grouping[place]
        columns += [slope.sum(axis=1)] * (g.scale > 0) + [(slope * flagged).sum(axis=1)] * g.has_extra
    return 2.0 * scales * np.stack(columns, axis=1) if columns else np.zeros((len(scales), 0))
