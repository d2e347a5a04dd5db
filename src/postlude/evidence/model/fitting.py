"""Fitting the model, and what is kept of the fit.

The posterior is a mixture over nodes of the scales: given a node everything is Gaussian (after expectation
propagation), and a node's weight is its marginal likelihood times prior over proposal density.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy import special
from threadpoolctl import threadpool_limits

from postlude.evidence.model import elimination, nodes, propagation
from postlude.evidence.model.elimination import Gaussian, Plan
from postlude.evidence.model.mixture import Normals
from postlude.evidence.model.nodes import Proposal
from postlude.evidence.model.search import search
from postlude.evidence.model.sites import Sites
from postlude.evidence.model.structure import NO_LEVEL, Booleans, Floats, Integers, Structure

NODES = 64
"""Nodes of an ordinary fit; 256 where the scales themselves are shown."""
_LEFT_OUT_TOLERANCE = 1e-3
_LEAST_WEIGHT = 1e-6


class Fit(msgspec.Struct, frozen=True, eq=False):
    """A fitted model. K nodes, N rows in the order they were given, p columns of phi."""

    model: Structure
    data: Sites
    proposal: Proposal
    zeta: Floats
    """(K, D)"""
    scales: Floats
    """(K, D) in the order of ``model.scale_names``."""
    weight: Floats
    """(K,) summing to 1."""
    log_marginal: float
    """The log marginal likelihood of the data, binomial coefficients included."""
    columns: dict[str, slice]
    """Where the levels of each grouping inside phi stand; the coefficients are the first B columns."""
    phi: Floats
    """(K, p) means: coefficients, then levels."""
    covariance: Floats
    """(K, p, p)"""
    eta: Floats
    """(K, N) means of the linear predictors."""
    eta_variance: Floats
    """(K, N)"""
    effects: dict[str, tuple[Floats, Floats]]
    """For every grouping the means and variances (K, levels) of its effects."""
    precision: Floats
    """(K, N) what each row says about its own linear predictor, as a Gaussian site."""
    linear: Floats
    """(K, N)"""
    rounds: int
    """The most rounds of propagation that a node took."""
    converged: bool
    """Whether all nodes that carry weight have converged."""

    @property
    def effective_nodes(self) -> float:
        """How many equally weighted nodes the weights are worth."""
        return float(1.0 / (self.weight @ self.weight))

    def information(self) -> Floats:
        """The precision (N,) of each row's site, averaged over nodes: its weight in the fit."""
        result: Floats = self.weight @ self.precision
        return result

    def effect(self, name: str) -> Normals:
        """The effects of a grouping, one target for each level; KeyError when there is no such grouping."""
        return Normals(self.weight, *self.effects[name])

    def row(self) -> Normals:
        """The linear predictors of the rows."""
        return Normals(self.weight, self.eta, self.eta_variance)

    def combine(self, coefficients: Floats, new: Sequence[str] = ()) -> Normals:
        """Q linear combinations (Q, p) of phi, plus one new level of every grouping in ``new``."""
        spread = np.einsum("qi,kij,qj->kq", coefficients, self.covariance, coefficients, optimize=True)
        return Normals(self.weight, self.phi @ coefficients.T, spread + self.new_variance(new)[:, None])

    def new_variance(self, new: Sequence[str]) -> Floats:
        """The variance (K,) of the sum of one new, unflagged level of each grouping."""
        return _new_variance(self.model, self.scales, new)

    def prior_variance(self, coefficients: Floats, new: Sequence[str] = ()) -> Floats:
        """The variance (Q,) of the same combinations before the data, the scales averaged over their priors.

        A half-normal scale with parameter h has mean square h^2.
        """
        model = self.model
        expected = model.variances(model.scale_priors[None, :])
        phi = np.zeros(self.phi.shape[1])
        phi[: len(model.sd)] = model.sd**2
        for name, cut in self.columns.items():
            phi[cut] = expected[model.place(name)][0]
        variance: Floats = coefficients**2 @ phi + _new_variance(model, model.scale_priors[None, :], new)[0]
        return variance

    def scale(self, name: str) -> tuple[Floats, Floats]:
        """Values and weights (K,) of one scale, ascending; KeyError when it is not among ``model.scale_names``."""
        if name not in self.model.scale_names:
            raise KeyError(name)
        values = self.scales[:, self.model.scale_names.index(name)]
        order = np.argsort(values, kind="stable")
        return values[order], self.weight[order]

    def scale_quantiles(self, name: str, probabilities: Sequence[float]) -> Floats:
        """Quantiles (P,) of one scale; want 256 nodes. KeyError as for :meth:`scale`."""
        values, weight = self.scale(name)
        # Against normal quantiles the distribution is nearly a straight line, so that linear interpolation serves.
        middle = special.ndtri(np.clip(np.cumsum(weight) - weight / 2.0, 1e-300, 1.0 - 1e-16))
        quantiles: Floats = np.interp(special.ndtri(np.array(probabilities, dtype=np.float64)), middle, values)
        return quantiles

    def without(self, rows: Booleans) -> "Fit":
        """Fit again without the rows (N,) that are true, at the same nodes and starting from these sites.

        Much quicker than a fit from nothing, because sites move little. Good while the rows left out do not
        themselves decide the scales: watch ``effective_nodes``.
        """
        left = np.flatnonzero(~rows)
        model = _take(self.model, left)
        start = self.precision[:, left], self.linear[:, left]
        with threadpool_limits(1, user_api="blas"):
            return _at_nodes(model, self.data.take(left), self.proposal, self.zeta, start, _LEFT_OUT_TOLERANCE)


def fit(model: Structure, data: Sites, count: int = NODES) -> Fit:
    """Fit the model to the data with ``count`` nodes; ValueError when their rows differ in number.

    The same input gives the same bytes on one machine.
    """
    if data.rows != model.rows:
        raise ValueError(f"the data have {data.rows} rows; the model has {model.rows}")
    # Matrices are small: more threads of BLAS make this several times slower.
    with threadpool_limits(1, user_api="blas"):
        how = elimination.plan(model)
        found = search(how, model, data.take(how.order))
        zeta = nodes.nodes(found.proposal, count)
        back = np.argsort(how.order)
        start = tuple(np.tile(site[back], (len(zeta), 1)) for site in (found.precision, found.linear))
        return _at_nodes(model, data, found.proposal, zeta, (start[0], start[1]), propagation.TOLERANCE)


def _at_nodes(
    model: Structure,
    data: Sites,
    proposal: Proposal,
    zeta: Floats,
    start: tuple[Floats, Floats],
    tolerance: float,
) -> Fit:
    how = elimination.plan(model)
    back = np.argsort(how.order)
    at = nodes.scales(zeta, model.scale_priors)
    before = elimination.prior(how, model, at)
    sorted_start = start[0][:, how.order], start[1][:, how.order]
    found = propagation.propagate(how, before, data.take(how.order), sorted_start, tolerance=tolerance)
    log_weight = found.log_likelihood - 0.5 * (zeta**2).sum(axis=1) - nodes.log_density(proposal, zeta)
    highest = log_weight.max()
    weight = np.exp(log_weight - highest)
    total = weight.sum()
    weight /= total
    now = propagation.posterior(how, before, found.precision, found.linear)
    b = len(model.mean)
    phi = now.phi.copy()
    phi[:, :b] += model.mean
    columns = {
        model.groupings[place].name: slice(first, first + model.groupings[place].levels) for place, first in how.parts
    }
    covariance = now.factor @ now.factor.transpose(0, 2, 1)
    return Fit(
        model=model,
        data=data,
        proposal=proposal,
        zeta=zeta,
        scales=at,
        weight=weight,
        log_marginal=float(highest + np.log(total / len(zeta))),
        columns=columns,
        phi=phi,
        covariance=covariance,
        eta=(how.base + now.shift)[:, back],
        eta_variance=now.variance[:, back],
        effects=_effects(how, model, at, now, columns, covariance),
        precision=found.precision[:, back],
        linear=found.linear[:, back],
        rounds=found.rounds,
        converged=bool(found.converged[weight > _LEAST_WEIGHT].all()),
    )


def _effects(
    how: Plan, model: Structure, at: Floats, now: Gaussian, columns: dict[str, slice], covariance: Floats
) -> dict[str, tuple[Floats, Floats]]:
    """Means and variances of the effects of every grouping; a level without a row keeps its prior."""
    variances = dict(zip((g.name for g in model.groupings), model.variances(at), strict=True))
    found = {name: (np.zeros(v.shape), v) for name, v in variances.items()}
    for name, cut in columns.items():
        found[name] = now.phi[:, cut], np.diagonal(covariance, axis1=1, axis2=2)[:, cut]
    if now.detail is not None:
        for stage, (mean, variance) in zip(how.stages, now.detail.effects, strict=True):
            g = model.groupings[stage.place]
            has = np.flatnonzero(g.level[how.order][stage.starts] != NO_LEVEL)
            means, spreads = found[g.name]
            means[:, stage.level[has]] = mean[:, has]
            spreads[:, stage.level[has]] = variance[:, has]
    return found


def _new_variance(model: Structure, scales: Floats, new: Sequence[str]) -> Floats:
    column = {name: scales[:, i] ** 2 for i, name in enumerate(model.scale_names)}
    result = np.zeros(len(scales))
    for name in new:
        model.place(name)  # a grouping that is switched off adds nothing; one that is not there is a mistake
        result = result + column.get(name, 0.0)
    return result


def _take(model: Structure, rows: Integers) -> Structure:
    groupings = tuple(msgspec.structs.replace(g, level=g.level[rows], weight=g.weight[rows]) for g in model.groupings)
    return msgspec.structs.replace(model, covariates=model.covariates[rows], groupings=groupings)
