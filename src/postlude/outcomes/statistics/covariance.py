"""How repeated measurements of one person may vary together: families of covariance matrices with their derivatives.

A structure turns a vector of parameters into the covariance of all visits; a person with some of the visits has the
rows and columns of those. Heterogeneous Toeplitz and compound symmetry have a standard deviation for each visit (kept
as its logarithm) and correlations shared by the pairs of visits of one class.
"""

from typing import NamedTuple, Protocol

import numpy as np

from postlude.outcomes.statistics.arrays import Numbers


class Derivatives(NamedTuple):
    """Of the covariance by the parameters: ``first`` k × v × v, ``second`` k × k × v × v or None where all are 0."""

    first: Numbers
    second: Numbers | None


class Structure(Protocol):
    """A family of v × v covariance matrices."""

    name: str
    linear: bool
    """Whether the matrix is a sum of parameters times fixed matrices."""

    def start(self, covariance: Numbers) -> Numbers:
        """Parameters near a covariance matrix."""
        ...

    def matrix(self, parameters: Numbers) -> Numbers:
        """The covariance of all visits; it need not be positive definite, which the fit looks after."""
        ...

    def derivatives(self, parameters: Numbers) -> Derivatives: ...


class Unstructured:
    """Every variance and every covariance by itself: v (v + 1) / 2 parameters."""

    name = "unstructured"
    linear = True

    def __init__(self, visits: int) -> None:
        self.rows, self.columns = np.tril_indices(visits)
        self.visits = visits
        self._first = np.zeros((len(self.rows), visits, visits))
        places = np.arange(len(self.rows))
        self._first[places, self.rows, self.columns] = 1
        self._first[places, self.columns, self.rows] = 1

    def start(self, covariance: Numbers) -> Numbers:
        return covariance[self.rows, self.columns].copy()

    def matrix(self, parameters: Numbers) -> Numbers:
        return np.asarray(np.einsum("k,kij->ij", parameters, self._first))

    def derivatives(self, parameters: Numbers) -> Derivatives:
        return Derivatives(self._first, None)


class Exchangeable:
    """One variance between people and one within: the random intercept. Parameters: within, between (≥ 0)."""

    name = "random intercept"
    linear = True

    def __init__(self, visits: int) -> None:
        self.visits = visits
        self._first = np.stack([np.eye(visits), np.ones((visits, visits))])

    def start(self, covariance: Numbers) -> Numbers:
        variance = float(np.diag(covariance).mean())
        return np.array([variance / 2, variance / 2])

    def matrix(self, parameters: Numbers) -> Numbers:
        return np.asarray(np.einsum("k,kij->ij", parameters, self._first))

    def derivatives(self, parameters: Numbers) -> Derivatives:
        return Derivatives(self._first, None)


class Heterogeneous:
    """A standard deviation for each visit, and correlations shared by pairs of visits of one class."""

    linear = False

    def __init__(self, name: str, classes: Numbers) -> None:
        """``classes``: v × v, symmetric; the number of the correlation that a pair of visits has, from 0; the diagonal
        is not looked at.
        """
        self.name = name
        self.visits = len(classes)
        off = ~np.eye(self.visits, dtype=bool)
        self.correlations = int(classes[off].max()) + 1 if self.visits > 1 else 0
        self._same = np.stack([(classes == one) & off for one in range(self.correlations)]).astype(np.float64)
        own = np.eye(self.visits)
        # How often the standard deviation of visit m enters the cell (i, j): 0, 1 or 2 times.
        self._times = own[:, :, None] + own[:, None, :]

    def start(self, covariance: Numbers) -> Numbers:
        sd = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(sd, sd)
        means = [float((correlation * same).sum() / same.sum()) for same in self._same]
        return np.concatenate([np.log(sd), means])

    def _parts(self, parameters: Numbers) -> tuple[Numbers, Numbers]:
        sd = np.exp(parameters[: self.visits])
        correlation = np.eye(self.visits) + np.einsum("k,kij->ij", parameters[self.visits :], self._same)
        return np.outer(sd, sd), correlation

    def matrix(self, parameters: Numbers) -> Numbers:
        products, correlation = self._parts(parameters)
        return np.asarray(products * correlation)

    def derivatives(self, parameters: Numbers) -> Derivatives:
        products, correlation = self._parts(parameters)
        matrix, v = products * correlation, self.visits
        by_correlation = self._same * products
        first = np.concatenate([self._times * matrix, by_correlation])
        second = np.zeros((len(first), len(first), v, v))
        second[:v, :v] = self._times[:, None] * self._times[None, :] * matrix
        second[:v, v:] = self._times[:, None] * by_correlation[None, :]
        second[v:, :v] = second[:v, v:].swapaxes(0, 1)
        return Derivatives(first, second)


def heterogeneous_toeplitz(visits: int) -> Heterogeneous:
    """Pairs of visits as far apart have the same correlation."""
    place = np.arange(visits)
    return Heterogeneous("heterogeneous Toeplitz", np.abs(place[:, None] - place) - 1.0)


def heterogeneous_symmetry(visits: int) -> Heterogeneous:
    """All pairs of visits have the same correlation."""
    return Heterogeneous("heterogeneous compound symmetry", np.zeros((visits, visits)))
