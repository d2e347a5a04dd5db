"""Understands the file of a synthetic clinic: every share of responders and every harm taken from the evidence."""

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.decode import decode
from postlude.catalog.populating import grounded
from postlude.catalog.population import Population
from postlude.catalog.problems import Place, Problems
from postlude.errors import KnowledgeError, one_of
from postlude.evidence.expect import RELIEF, Predictor
from postlude.evidence.pool import Pool
from postlude.outcomes.tables import Table
from postlude.simulate.clinic.entries import ClinicEntry, HarmEntry

FILE = "simulation/clinic.toml"
WITHOUT = ("confounding", "loss", "hidden")
"""What can be left out: worse people being given other things; silence of those not helped; what no column shows."""
Numbers = npt.NDArray[np.float64]
RATES = (
    "clinics", "pain_mean", "pain_sd", "pain_least", "pain_shared", "hidden", "spread", "persistence", "loss",
    "treated_within", "added", "added_helps", "later", "later_helps", "not_asked", "not_filled_in", "dies", "moves",
    "withdraws", "refuses", "too_ill", "operated_again", "harm_within", "resolved_within", "declined",
)  # fmt: skip
_NODES = 41
"""Points at which the hidden part is integrated over."""


class Risk(NamedTuple):
    """A harm of a treatment: its id, the share of people who have it, and what follows."""

    outcome: str
    share: float
    then: HarmEntry


class Spread(NamedTuple):
    """How far people are worse off, as points with weights: the truth is integrated over these."""

    at: Numbers
    weight: Numbers

    def mean(self, of: Numbers) -> Numbers:
        """Return the mean over everybody; the last axis is that of the points."""
        return of @ self.weight


class Setting(NamedTuple):
    """A clinic understood.

    ``treatments`` are those of the menu, then those that are only added. ``level`` (2, K, H) is the log-odds of an
    average person of half and of 30 % relief after each treatment of the menu at each visit, and ``shares`` the share
    of everybody.
    """

    entry: ClinicEntry
    catalogue: Catalogue
    population: Population
    tables: dict[str, Table]
    rates: dict[str, float]
    without: tuple[str, ...]
    treatments: tuple[str, ...]
    level: Numbers
    shares: Numbers
    weight: Numbers
    worse: Numbers
    risks: tuple[tuple[Risk, ...], ...]
    spread: Spread

    def chosen(self, worse_off: Numbers) -> Numbers:
        """Return the shares (n, K) in which people so much worse off are given each treatment of the menu."""
        odds = np.exp(np.log(self.weight) + self.worse * worse_off[:, None])
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def trait_weights(self) -> Numbers:
        """Return by how many standard deviations each trait makes somebody worse off."""
        shares = np.array([trait.share for trait in self.entry.trait])
        weights = np.array([trait.worse for trait in self.entry.trait])
        scale = float(np.sqrt(np.sum(weights**2 * shares * (1 - shares))))
        return np.asarray(np.sqrt(1 - self.rates["hidden"]) * weights / scale)


def read(folders: Iterable[Path], problems: Problems) -> ClinicEntry | None:
    """Return the file of the last folder that has one."""
    path = [folder / FILE for folder in folders if (folder / FILE).is_file()][-1]
    place = Place(FILE if path.is_relative_to(files.SHIPPED) else path.as_posix())
    content = files.parse(path, place.file, problems)
    return None if content is None else decode(content, ClinicEntry, place, problems)


def load(
    catalogue: Catalogue,
    pool: Pool,
    tables: dict[str, Table],
    *,
    without: tuple[str, ...] = (),
    overlay: Path | None = None,
) -> Setting:
    """Return the clinic. Raises :class:`KnowledgeError` with every mistake of its file."""
    problems = Problems()
    entry = read([files.SHIPPED, *([overlay] if overlay else [])], problems)
    if entry is not None:
        for key, what in _mistakes(entry, catalogue, pool, tables):
            problems.note(Place(FILE).at(key), what)
        for kind in ("rate", "trait", "option", "visit", "form", "harm"):
            for number, line in enumerate(getattr(entry, kind), start=1):
                grounded(line, catalogue.sources, Place(FILE).at(f"{kind}.[{number}]"), problems)
    if entry is None or problems:
        raise KnowledgeError(problems)
    rates = {rate.id: rate.value for rate in entry.rate}
    rates |= {"loss": 0.0} if "loss" in without else {}
    rates |= {"hidden": 0.0} if "hidden" in without else {}
    menu = [option.treatment for option in entry.option]
    treatments = (*menu, *dict.fromkeys(o.added for o in entry.option if o.added and o.added not in menu))
    shares = _shares(menu, [visit.months for visit in entry.visit], pool)
    steered = "confounding" not in without
    setting = Setting(
        entry=entry,
        catalogue=catalogue,
        population=catalogue.populations[entry.like],
        tables=tables,
        rates=rates,
        without=without,
        treatments=treatments,
        level=shares,
        shares=shares,
        weight=np.array([option.share for option in entry.option]),
        worse=np.array([option.worse if steered else 0.0 for option in entry.option]),
        risks=tuple(tuple(_risks(entry, pool, treatment)) for treatment in treatments),
        spread=Spread(np.zeros(1), np.ones(1)),
    )
    spread = _spread(setting)
    return setting._replace(spread=spread, level=_level(shares, rates["spread"] * spread.at, spread.weight))


def _shares(menu: list[str], months: list[float], pool: Pool) -> Numbers:
    """Return the shares (2, K, H) of responders at a new clinic, by relief, as the evidence predicts them."""
    unknown = np.full((1, len(pool.covariates)), np.nan)
    predictor = Predictor(pool)
    each = [predictor.shares(menu, unknown, months, relief)[0].mean for relief in RELIEF]
    half, third = (share.reshape(len(menu), len(months)) for share in each)
    return np.stack([half, np.maximum(half, third)])


def _risks(entry: ClinicEntry, pool: Pool, treatment: str) -> Iterator[Risk]:
    """Return the harms of a treatment: where people and procedures were counted, people; the first of several."""
    summary = pool.summaries.get(treatment)
    then = {harm.outcome: harm for harm in entry.harm}
    seen: set[str] = set()
    for harm in sorted(summary.harms if summary else (), key=lambda harm: harm.per != "people"):
        if harm.outcome not in seen and harm.mean > 0:
            seen.add(harm.outcome)
            yield Risk(harm.outcome, harm.mean / 100, then.get(harm.outcome, then[""]))


def _spread(setting: Setting) -> Spread:
    weights, hidden = setting.trait_weights(), setting.rates["hidden"]
    shares = [trait.share for trait in setting.entry.trait]
    centre = float(weights @ np.array(shares))
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES if hidden else 1)
    at, weight = [], []
    for has in product((0.0, 1.0), repeat=len(shares)):
        chance = float(np.prod([share if x else 1 - share for x, share in zip(has, shares, strict=True)]))
        at.append(float(weights @ np.array(has)) - centre + np.sqrt(hidden) * nodes)
        weight.append(chance * node_weights / node_weights.sum())
    return Spread(np.concatenate(at), np.concatenate(weight))


def _level(shares: Numbers, lower: Numbers, weight: Numbers) -> Numbers:
    """Return the log-odds of an average person with which everybody together comes to each share, by bisection."""
    low, high = np.full(shares.shape, -20.0), np.full(shares.shape, 20.0)
    for _ in range(60):
        middle = (low + high) / 2
        less = expit(middle[..., None] - lower) @ weight < shares
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray((low + high) / 2)


def _mistakes(
    entry: ClinicEntry, catalogue: Catalogue, pool: Pool, tables: dict[str, Table]
) -> Iterator[tuple[str, str]]:
    given = [rate.id for rate in entry.rate]
    yield from (("rate", f"{key} is missing") for key in RATES if key not in given)
    yield from (("rate", f"there is no {key!r}; {one_of(RATES, key)}") for key in given if key not in RATES)
    if entry.like not in catalogue.populations:
        yield "like", f"there is no population {entry.like!r}; {one_of(list(catalogue.populations), entry.like)}"
        return
    population = catalogue.populations[entry.like]
    for fact in (*entry.facts, entry.years, *entry.copied.values()):
        lines = population.answers.get(fact, ())
        if len(lines) != 1 or lines[0].when is not None:
            yield "facts", f"{fact!r} has no line, or one with a condition, in the population {entry.like}"
    booleans = [fact for trait in entry.trait for fact in trait.facts] + list(entry.set)
    for fact in (*booleans, entry.pain):
        if fact not in catalogue.facts:
            yield "trait", f"there is no fact {fact!r}; {one_of(list(catalogue.facts), fact)}"
    if entry.operations not in population.listed:
        yield "operations", f"the population {entry.like} has no list {entry.operations!r}"
    known = list(pool.mixture.interventions)
    for option in entry.option:
        if option.treatment not in known or option.treatment not in catalogue.treatments:
            yield "option", f"the evidence has no treatment {option.treatment!r}; {one_of(known, option.treatment)}"
        if option.added and option.added not in catalogue.treatments:
            yield "option", f"there is no treatment {option.added!r}"
        for column in option.values:
            if column not in tables["treatments"].columns:
                yield "option", f"there is no column {column!r} in treatments"
    if [form.is_ for form in entry.form].count("pain") != 1:
        yield "form", "exactly one form holds the pain that relief is counted from"
    measures = tables["scores"].columns["measure"].pairs
    for form in entry.form:
        if form.measure not in measures.get(form.instrument, ()):
            yield "form", f"{form.instrument!r} has no score {form.measure!r}"
    if "" not in [harm.outcome for harm in entry.harm]:
        yield "harm", "one without an outcome is needed, for all others"
