"""What the model is: which effects a row carries, and what is held of them before the data.

Row ``j`` has the linear predictor ``eta_j = x_j . b + sum over groupings g of z_gj * u_(g, level of j in g)`` with
``b ~ N(mean, sd^2)``, independent, and ``u_gl ~ N(0, scale_g^2 [+ extra_g^2 when level l is flagged])``. Each scale
and each extra scale has a half-normal prior. Nothing here knows what a row, a covariate or a grouping stands for.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

NO_LEVEL = -1
"""The level of a row that carries no effect of a grouping."""


class Grouping(msgspec.Struct, frozen=True, eq=False):
    """Exchangeable effects: one for each level, normal around 0. Make one with :func:`grouping`."""

    name: str
    level: Integers
    """(N,) the level of each row, or NO_LEVEL."""
    levels: int
    """How many levels there are; some may have no row: their effect keeps its prior."""
    scale: float
    """The parameter of the half-normal prior of the effects' standard deviation; 0 switches the grouping off."""
    weight: Floats
    """(N,) what the effect is multiplied with in each row."""
    flagged: Booleans
    """(levels,) where the extra variance applies."""
    extra: float
    """The parameter of the half-normal prior of the extra standard deviation; 0 switches it off."""
    kept: bool
    """Whether the posterior keeps the joint distribution of these effects; the others are integrated out."""

    @property
    def has_extra(self) -> bool:
        return self.extra > 0 and bool(self.flagged.any())


class Structure(msgspec.Struct, frozen=True, eq=False):
    """The model of N rows. Make one with :func:`structure`."""

    covariates: Floats
    """(N, B)"""
    mean: Floats
    """(B,) prior means of the coefficients."""
    sd: Floats
    """(B,) prior standard deviations; 0 holds a coefficient at its mean."""
    groupings: tuple[Grouping, ...]

    @property
    def rows(self) -> int:
        return int(self.covariates.shape[0])

    @property
    def scale_names(self) -> tuple[str, ...]:
        """The names of the unknown scales, in the order of the columns of a node: ``name`` or ``name+`` (extra)."""
        return tuple(name for g in self.groupings for name in _scales_of(g))

    @property
    def scale_priors(self) -> Floats:
        """(D,) the parameter of each scale's half-normal prior."""
        priors = [h for g in self.groupings for h in _scales_of(g).values()]
        return np.array(priors, dtype=np.float64)

    def variances(self, scales: Floats) -> tuple[Floats, ...]:
        """For each grouping the prior variance (K, levels) of its effects, given scales (K, D)."""
        column = {name: scales[:, i] ** 2 for i, name in enumerate(self.scale_names)}
        nothing = np.zeros(len(scales))
        return tuple(
            column.get(g.name, nothing)[:, None] + column.get(_extra(g.name), nothing)[:, None] * g.flagged
            for g in self.groupings
        )

    def grouping(self, name: str) -> Grouping:
        """Return the grouping of this name; KeyError when there is none."""
        return self.groupings[self.place(name)]

    def place(self, name: str) -> int:
        """Return where the grouping of this name stands; KeyError when there is none."""
        for i, g in enumerate(self.groupings):
            if g.name == name:
                return i
        raise KeyError(name)


def grouping(
    name: str,
    level: Sequence[int] | Integers,
    scale: float,
    *,
    levels: int | None = None,
    weight: Sequence[float] | Floats | None = None,
    flagged: Sequence[bool] | Booleans | None = None,
    extra: float = 0.0,
    kept: bool = False,
) -> Grouping:
    """Check and freeze one grouping; ``levels`` is one more than the highest level used unless given.

    ValueError when a level lies outside the range, a scale is negative or not finite, or lengths differ.
    """
    given = np.asarray(level)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise ValueError(f"grouping {name!r}: level must be a list of whole numbers")
    rows = given.astype(np.int64)
    highest = int(rows.max(initial=NO_LEVEL))
    count = highest + 1 if levels is None else levels
    if rows.size and (int(rows.min()) < NO_LEVEL or highest >= count):
        raise ValueError(f"grouping {name!r}: every level must lie between {NO_LEVEL} and {count - 1}")
    for what, value in (("scale", scale), ("extra", extra)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"grouping {name!r}: {what} is {value}; it must be a number that is not negative")
    z = np.ones(len(rows)) if weight is None else np.array(weight, dtype=np.float64)
    if z.shape != rows.shape or not np.isfinite(z).all():
        raise ValueError(f"grouping {name!r}: weight must be {len(rows)} finite numbers, one for each row")
    flags = np.zeros(count, dtype=np.bool_) if flagged is None else np.array(flagged, dtype=np.bool_)
    if flags.shape != (count,):
        raise ValueError(f"grouping {name!r}: flagged must have {count} entries, one for each level")
    return Grouping(
        name=name,
        level=_fixed(rows),
        levels=count,
        scale=float(scale),
        weight=_fixed(np.where(rows == NO_LEVEL, 0.0, z)),
        flagged=_fixed(flags),
        extra=float(extra),
        kept=kept,
    )


def structure(
    covariates: Sequence[Sequence[float]] | Floats,
    mean: Sequence[float] | Floats,
    sd: Sequence[float] | Floats,
    groupings: Sequence[Grouping] = (),
) -> Structure:
    """Check and freeze a model; ValueError when shapes differ, a number is not finite, or a name comes twice."""
    m, s = np.array(mean, dtype=np.float64), np.array(sd, dtype=np.float64)
    x = np.array(covariates, dtype=np.float64)
    if m.ndim != 1 or s.shape != m.shape or x.ndim != 2 or x.shape[1] != len(m):
        raise ValueError(f"covariates {x.shape}, mean {m.shape} and sd {s.shape} must be (N, B), (B,) and (B,)")
    if not (np.isfinite(x).all() and np.isfinite(m).all() and np.isfinite(s).all()):
        raise ValueError("covariates, mean and sd must be finite")
    if (s < 0).any():
        raise ValueError("no prior standard deviation may be negative")
    names = [g.name for g in groupings]
    for name in names:
        if names.count(name) > 1 or name.endswith(_EXTRA):
            raise ValueError(f"grouping {name!r}: the name comes twice or ends with {_EXTRA!r}")
    for g in groupings:
        if len(g.level) != len(x):
            raise ValueError(f"grouping {g.name!r} has {len(g.level)} rows; the covariates have {len(x)}")
    return Structure(covariates=_fixed(x), mean=_fixed(m), sd=_fixed(s), groupings=tuple(groupings))


_EXTRA = "+"


def _extra(name: str) -> str:
    return name + _EXTRA


def _scales_of(g: Grouping) -> dict[str, float]:
    """The unknown scales of a grouping with the parameter of their prior."""
    own = {g.name: g.scale} if g.scale > 0 else {}
    return own | ({_extra(g.name): g.extra} if g.has_extra else {})


def _fixed(array: Any) -> Any:
    array.setflags(write=False)
    return array
