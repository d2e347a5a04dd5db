"""A problem to pool: what may be asked, and reading it strictly, with every mistake at once."""

import json
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from postlude.catalog.decode import decode
from postlude.catalog.entries import Entry
from postlude.catalog.problems import Place, Problems
from postlude.errors import PoolError, one_of
from postlude.evidence.pooling import rows
from postlude.evidence.pooling.fit import Numbers
from postlude.evidence.pooling.heterogeneity import Tau2
from postlude.evidence.pooling.inverse_variance import Interval

Measure = Literal[
    "proportion", "odds-ratio", "risk-ratio", "risk-difference", "mean", "mean-difference", "smd", "generic"
]
Model = Literal["binomial-normal", "inverse-variance", "mantel-haenszel", "peto"]
Scale = Literal["logit", "freeman-tukey", "raw", "log"]

Level = Annotated[float, msgspec.Meta(gt=0, lt=1, description="a number above 0 and below 1")]

_TABLES = ("events1", "n1", "events2", "n2")
_TWO_MEANS = ("mean1", "sd1", "n1", "mean2", "sd2", "n2")
KEYS: dict[Measure, tuple[str, ...]] = {
    "proportion": ("events", "n"),
    "odds-ratio": _TABLES,
    "risk-ratio": _TABLES,
    "risk-difference": _TABLES,
    "mean": ("mean", "sd", "n"),
    "mean-difference": _TWO_MEANS,
    "smd": _TWO_MEANS,
    "generic": ("yi", "vi"),
}
# The first of each is what holds when nothing is said.
SCALES: dict[Measure, tuple[Scale, ...]] = {
    "proportion": ("logit", "freeman-tukey", "raw", "log"),
    "odds-ratio": ("log",),
    "risk-ratio": ("log",),
    "risk-difference": ("raw",),
    "mean": ("raw",),
    "mean-difference": ("raw",),
    "smd": ("raw",),
    "generic": ("raw", "logit", "log"),
}
MODELS: dict[Measure, tuple[Model, ...]] = {
    "proportion": ("binomial-normal", "inverse-variance"),
    "odds-ratio": ("inverse-variance", "binomial-normal", "mantel-haenszel", "peto"),
    "risk-ratio": ("inverse-variance", "mantel-haenszel"),
    "risk-difference": ("inverse-variance", "mantel-haenszel"),
    "mean": ("inverse-variance",),
    "mean-difference": ("inverse-variance",),
    "smd": ("inverse-variance",),
    "generic": ("inverse-variance",),
}
TAU2: dict[Model, tuple[Tau2, ...]] = {
    "binomial-normal": ("ml",),
    "inverse-variance": ("reml", "ml", "dl", "pm", "fixed"),
    "mantel-haenszel": ("fixed",),
    "peto": ("fixed",),
}
INTERVALS: dict[Model, tuple[Interval, ...]] = {
    "binomial-normal": ("wald",),
    "inverse-variance": ("wald", "hartung-knapp"),
    "mantel-haenszel": ("wald",),
    "peto": ("wald",),
}


class Asked(Entry, frozen=True, kw_only=True):
    """A problem as it is written. Defaults depend on each other: see :class:`Problem`.

    A row may hold more keys than its measure needs: a problem that names a moderator and one that does not can be made
    from the same rows.
    """

    measure: Measure
    model: Model | None = None
    scale: Scale | None = None
    tau2: Tau2 | None = None
    interval: Interval | None = None
    level: Level = 0.95
    rows: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1, description="a list of rows, one or more,")]
    moderators: tuple[str, ...] = ()


class Problem(NamedTuple):
    """A problem that makes sense; what was left open is settled.

    model: "binomial-normal" for a proportion on the logit, else "inverse-variance".
    scale: "logit" for a proportion, "log" for the ratios, else "raw". For "generic" it says what ``yi`` is already,
    and so how to get back.
    tau2: "reml"; "ml" for "binomial-normal"; "fixed" for "mantel-haenszel" and "peto", which know nothing else.
    interval: "wald". level: 0.95.
    """

    measure: Measure
    model: Model
    scale: Scale
    tau2: Tau2
    interval: Interval
    level: float
    studies: tuple[str, ...]
    columns: dict[str, Numbers]
    """What ``KEYS`` names for the measure, each (k,)."""
    names: tuple[str, ...]
    """Of the coefficients, the intercept ("intrcpt") first."""
    x: Numbers | None
    """The design (k, p), when there are moderators."""


def read(data: bytes, name: str) -> Problem:
    """Return the problem of a JSON text; ``name`` stands before every message. Raises :class:`PoolError`."""
    return understand(_parse(data, name), name)


def understand(content: Any, name: str) -> Problem:
    """Return the problem of a decoded JSON value. Raises :class:`PoolError` with everything that is wrong with it."""
    place, problems = Place(name), Problems()
    asked: Asked | None
    try:
        asked = msgspec.convert(content, Asked)
    except msgspec.ValidationError:
        asked = decode(content, Asked, place, problems)  # slower, and in the reader's words
    problem = None if asked is None else _settled(asked, place, problems)
    if problem is None or problems:
        raise PoolError(problems)
    return problem


def _settled(asked: Asked, place: Place, problems: Problems) -> Problem | None:
    before = len(problems)
    measure = asked.measure
    model, scale = asked.model, asked.scale
    if model is None:
        model = MODELS[measure][0] if scale in (None, "logit") else "inverse-variance"
    scale = scale or SCALES[measure][0]
    tau2, interval = asked.tau2 or TAU2[model][0], asked.interval or INTERVALS[model][0]

    def check(key: str, found: str, allowed: tuple[str, ...], what: str) -> None:
        if found not in allowed:
            problems.note(place.at(key), f"{found!r} does not go with {what}; {one_of(allowed)}")

    check("model", model, MODELS[measure], f"measure {measure!r}")
    check("scale", scale, SCALES[measure], f"measure {measure!r}")
    check("tau2", tau2, TAU2[model], f"model {model!r}")
    check("interval", interval, INTERVALS[model], f"model {model!r}")
    if model == "binomial-normal" and measure == "proportion":
        check("scale", scale, ("logit",), f"model {model!r}")
    if asked.moderators and model in ("mantel-haenszel", "peto"):
        problems.note(place.at("moderators"), f"model {model!r} takes none")
    reserved = {"study", *KEYS[measure]}
    for i, key in enumerate(asked.moderators):
        if key in reserved or key in asked.moderators[:i] or not key.strip() or not key.isprintable():
            problems.note(place.at("moderators"), f"{key!a} cannot be a moderator here, or stands twice")
    if len(problems) > before:
        return None

    columns = rows.columns(asked.rows, KEYS[measure], place, problems)
    studies = rows.studies(asked.rows, place, problems)
    names, x = rows.design(asked.rows, asked.moderators, place, problems)
    k, p = len(asked.rows), len(names)
    if x is not None and k < p + (tau2 != "fixed"):
        problems.note(place.at("rows"), f"found {k}; {p} coefficients need at least {p + (tau2 != 'fixed')}")
    if measure == "smd" and {"n1", "n2"} <= columns.keys() and (columns["n1"] + columns["n2"] < 3).any():
        problems.note(place.at("rows"), "a standardised difference needs 3 people or more in the two groups together")
    return Problem(measure, model, scale, tau2, interval, asked.level, studies, columns, names, x)


def _parse(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise PoolError([f"{name}: is not UTF-8 text (byte {error.start})"]) from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise PoolError([f"{name}: is not JSON: {error.msg} ({at})"]) from None
    except RecursionError:
        raise PoolError([f"{name}: is nested too deep to be a problem"]) from None
    except ValueError as error:
        raise PoolError([f"{name}: {error}"]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!a} stands twice; only one of its values could be kept")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")
