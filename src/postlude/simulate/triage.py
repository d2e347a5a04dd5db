"""What a synthetic population is told, which rules are responsible, and what the judged shares do to that.

Everybody is read and assessed as a real intake is; only candidates, options and reasons are left out.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec

from postlude.assessment.assess import Assessor, Triage
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.model import Disposition
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.populating import without_a_line
from postlude.catalog.population import Population
from postlude.simulate.population import BLOCK, broken_off, chance, people

DISPOSITIONS: tuple[str, ...] = get_args(Disposition)
POLICY = "same-day policy"
"""Stands among the rules; no rule's id has a space."""
PARTS = ("first third", "second third", "last third")
"""Where an interview broke off, by how much of its script had been answered."""
_LEVELS = ("routine", "urgent", "emergency")
_EVERY = 5
"""Of one in so many people, the interview is also looked at broken off: these are the slower to assess."""
_ALONE = 4
"""Fewer blocks of people than this are not worth a second process."""

W = TypeVar("W")
Key = tuple[str, ...]
"""What is counted: ``("told", disposition)``, ``("alone", rule)`` …"""


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """People in whom a rule holds, is one of those that made the headline, and made it alone."""

    rule: str
    leads_to: str
    holds: int
    decides: int
    alone: int


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """What people are told whose interview ended in one part of its script."""

    part: str
    people: int
    told: dict[str, int]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a population was told. ``too_much`` counts people told emergency or urgent by more than what they are
    rightly called for. ``without_a_line`` names the facts and lists that nobody answered, for want of a line.
    """

    population: str
    seed: int
    people: int
    told: dict[str, int]
    too_much: int
    rules: tuple[RuleCount, ...]
    broken_off: tuple[Broken, ...]
    without_a_line: tuple[str, ...]


class Work(NamedTuple):
    """So many people to look at, from ``first`` on."""

    population: Population
    seed: int
    first: int
    people: int


def measure(catalogue: Catalogue, population: Population, count: int, seed: int) -> Measured:
    """Return what ``count`` people are told; uses every processor when they are many."""
    parts = [Work(population, seed, first, min(BLOCK, count - first)) for first in range(0, count, BLOCK)]
    found: Counter[Key] = Counter()
    for counted in run(catalogue, Counting.count, parts):
        found.update(counted)
    return _measured(catalogue, population, count, seed, found)


def run(
    catalogue: Catalogue, do: Callable[["Counting", W], Counter[Key]], works: Sequence[W]
) -> Iterator[Counter[Key]]:
    """Yield the counts that ``do`` makes of each piece of work, in order; in several processes when they are many."""
    if len(works) < _ALONE:
        counting = Counting(catalogue)
        yield from (do(counting, work) for work in works)
        return
    with ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=_begin, initargs=(catalogue,)) as pool:
        yield from pool.map(_there, repeat(do), works)


_counting: list["Counting"] = []
"""In a process of its own: what counts there."""


def _begin(catalogue: Catalogue) -> None:
    _counting[:] = [Counting(catalogue)]


def _there(do: Callable[["Counting", W], Counter[Key]], work: W) -> Counter[Key]:
    return do(_counting[0], work)


class Counting:
    """Assesses people and counts; made once for each process."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.assessor = Assessor(catalogue)

    def count(self, work: Work) -> Counter[Key]:
        found: Counter[Key] = Counter()
        drawn = people(self.catalogue, work.population, work.people, work.seed, first=work.first)
        for index, intake in enumerate(drawn, start=work.first):
            self._note(found, self.triage(intake), work.population)
            if index % _EVERY == 0:
                kept = chance(work.seed, index, "broken off")
                part = PARTS[int(kept * len(PARTS))]
                told = self.triage(broken_off(self.catalogue, intake, kept)).facing.disposition
                found["broken", part, told] += 1
        return found

    def triage(self, intake: Mapping[str, Any]) -> Triage:
        return self.assessor.triage(understand(intake, self.catalogue, name="synthetic person", today=CASE_DAY))

    def _note(self, found: Counter[Key], told: Triage, population: Population) -> None:
        word = told.facing.disposition
        leads = {rule: self.leads_to(rule) for rule in told.rules}
        if told.facing.actions:
            leads[POLICY] = "urgent"
        deciding = [rule for rule, to in leads.items() if to == word]
        found["told", word] += 1
        found.update(("holds", rule) for rule, to in leads.items() if to)
        found.update(("decides", rule) for rule in deciding)
        if len(deciding) == 1:
            found["alone", deciding[0]] += 1
        found["too much",] += self.too_much(told, population)

    def too_much(self, told: Triage, population: Population) -> bool:
        """Return whether somebody is told emergency or urgent, and more than what they are rightly called for."""
        rightly = [_level(self.leads_to(rule)) for rule in population.right_to_call if rule in told.rules]
        return _level(told.facing.disposition) > max(rightly, default=0)

    def leads_to(self, rule: str) -> str:
        """Return the headline that a rule makes, or an empty string."""
        found = self.catalogue.rules[rule]
        return found.urgency or found.route


def _level(word: str) -> int:
    return _LEVELS.index(word) if word in _LEVELS else 0


def _measured(catalogue: Catalogue, population: Population, count: int, seed: int, found: Counter[Key]) -> Measured:
    order = [*_LEVELS[::-1], "refer", "consult"]
    leading = {key: rule.urgency or rule.route for key, rule in catalogue.rules.items()} | {POLICY: "urgent"}
    rules = [
        RuleCount(
            rule=key,
            leads_to=to,
            holds=found["holds", key],
            decides=found["decides", key],
            alone=found["alone", key],
        )
        for key, to in leading.items()
        if to
    ]
    rules.sort(key=lambda r: (order.index(r.leads_to), -r.decides, r.rule))
    broken = [{word: found["broken", part, word] for word in DISPOSITIONS} for part in PARTS]
    return Measured(
        population=population.id,
        seed=seed,
        people=count,
        told={word: found["told", word] for word in DISPOSITIONS},
        too_much=found["too much",],
        rules=tuple(rules),
        broken_off=tuple(
            Broken(part=part, people=sum(told.values()), told=told) for part, told in zip(PARTS, broken, strict=True)
        ),
        without_a_line=without_a_line(catalogue, population),
    )
