"""The likelihoods of single arms, and of trials of two arms, with a normal random effect on the logit.

Single arms: logit of arm i is x_i·beta + u_i with u ~ N(0, tau²).

Trials: alpha_i + x_i·theta + u_i/2 in arm 1 and alpha_i - u_i/2 in arm 2, so that both arms vary alike. Each trial
keeps its own level alpha_i (the unconditional model with fixed study effects; Jackson et al. 2018, model 4).
"""

import numpy as np

from postlude.evidence.pooling.ascent import Rows, Slope
from postlude.evidence.pooling.first_guess import Basis
from postlude.evidence.pooling.fit import Numbers
from postlude.evidence.pooling.quadrature import Pair, Rule, integrate, integrate_pairs, modes, pair_modes


class Arms:
    """The likelihoods of b problems of k single arms; remembers the modes, from which the next ones are sought."""

    def __init__(self, events: Numbers, n: Numbers, basis: Basis, eta: Numbers) -> None:
        self.events, self.n, self.basis, self.eta = events, n, basis, eta.copy()

    def slope(self, rows: Rows, beta: Numbers, tau: Numbers, rule: Rule) -> Slope:
        events, n, t = self.events[rows], self.n[rows], tau[:, None]
        m = beta if self.basis is None else np.matvec(self.basis[rows], beta)
        eta = self.eta[rows] = modes(events, n, m, t, self.eta[rows])
        found = integrate(events, n, m, t, eta, rule)
        value, tau1, tau2 = found.value.sum(-1), found.tau.sum(-1), found.tautau.sum(-1)
        if self.basis is None:
            m1, mtau, mm = (part.sum(-1)[:, None] for part in (found.m, found.mtau, found.mm))
            return Slope(value, m1, tau1, mm[..., None], mtau, tau2)
        across = np.swapaxes(self.basis[rows], -1, -2)
        curved = (across * found.mm[:, None, :]) @ self.basis[rows]
        return Slope(value, np.matvec(across, found.m), tau1, curved, np.matvec(across, found.mtau), tau2)

    def logits(self, rows: Rows, beta: Numbers) -> Numbers:
        m = beta if self.basis is None else np.matvec(self.basis[rows], beta)
        greatest: Numbers = np.abs(m).max(-1)
        return greatest

    def width(self, rows: Rows, tau: Numbers) -> Numbers:
        p, n = 1 / (1 + np.exp(-self.eta[rows])), self.n[rows]
        told = tau[:, None] ** 2 * n * p * (1 - p)
        widest: Numbers = ((told / (1 + told) ** 3) ** 0.25).max(-1)
        return tau * widest


class Trials:
    """The likelihoods of b problems of k trials; coefficients are those of the design, then the trials' levels.

    An absent trial (n = 0 in both arms) has a level too, which is held at 0.
    """

    def __init__(self, events: Pair, n: Pair, basis: Basis) -> None:
        self.events, self.n = events, n
        self.basis = np.ones((*n[0].shape, 1)) if basis is None else basis
        self.u = np.zeros(n[0].shape)

    def _levels(self, rows: Rows, beta: Numbers) -> Pair:
        basis = self.basis[rows]
        level = beta[:, basis.shape[-1] :]
        return level + np.matvec(basis, beta[:, : basis.shape[-1]]), level

    def slope(self, rows: Rows, beta: Numbers, tau: Numbers, rule: Rule) -> Slope:
        events, n = ((pair[0][rows], pair[1][rows]) for pair in (self.events, self.n))
        basis, m, t = self.basis[rows], self._levels(rows, beta), tau[:, None]
        p, k = basis.shape[-1], basis.shape[-2]
        u = self.u[rows] = pair_modes(events, n, m, t, self.u[rows])
        value, (d1, d2, dt), curvature = integrate_pairs(events, n, m, t, u, rule)
        across = np.swapaxes(basis, -1, -2)
        of_level = curvature[0] + curvature[1]  # the level moves both arms
        bent = np.empty((len(rows), p + k, p + k))
        bent[:, :p, :p] = (across * curvature[0, 0][:, None, :]) @ basis
        bent[:, :p, p:] = across * of_level[0][:, None, :]
        bent[:, p:, :p] = np.swapaxes(bent[:, :p, p:], -1, -2)
        present = n[0] + n[1] > 0
        bent[:, p:, p:] = np.where(present, of_level[0] + of_level[1], -1.0)[:, :, None] * np.eye(k)
        by_beta = np.concatenate([np.matvec(across, d1), d1 + d2], axis=-1)
        by_both = np.concatenate([np.matvec(across, curvature[0, 2]), of_level[2]], axis=-1)
        return Slope(value.sum(-1), by_beta, dt.sum(-1), bent, by_both, curvature[2, 2].sum(-1))

    def logits(self, rows: Rows, beta: Numbers) -> Numbers:
        # A trial without an event in one arm lies far out there and is no sign of separation; the effect would be.
        p = self.basis.shape[-1]
        greatest: Numbers = np.abs(np.matvec(self.basis[rows], beta[:, :p])).max(-1)
        return greatest

    def width(self, rows: Rows, tau: Numbers) -> Numbers:
        # Of the logit of one arm, at most: that of an arm whose counts say little.
        return tau / 2
