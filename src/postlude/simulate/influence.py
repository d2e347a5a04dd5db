"""Which judged shares move the result most: each is changed alone, the people being the same otherwise."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.population import Answering, Population, UnsureEntry
from postlude.logic.text import text
from postlude.simulate.population import BLOCK, people
from postlude.simulate.triage import Counting, Key, run

_JUDGED = "design"


class Influence(msgspec.Struct, frozen=True, kw_only=True):
    """The share of people who are told too much: as is, and with the rarer answer of one line doubled and halved."""

    line: str
    rarer: str
    share: float
    as_is: float
    doubled: float
    halved: float


class _Varied(NamedTuple):
    line: str
    rarer: str
    share: float
    doubled: Population
    halved: Population


class _Compared(NamedTuple):
    """So many people of several populations, who differ from the first in few answers."""

    populations: tuple[Population, ...]
    seed: int
    first: int
    people: int


def influences(
    catalogue: Catalogue, population: Population, *, seed: int, screened: int, final: int, most: int
) -> tuple[Influence, ...]:
    """Return the ``most`` influential judged lines.

    Every line marked as our own is tried on ``screened`` people, those that moved most on ``final``.
    """
    varied = list(_each(population))
    as_is, *found = _called(catalogue, (population, *(v.doubled for v in varied)), seed, screened)
    moved = sorted(zip(found, varied, strict=True), key=lambda pair: -abs(pair[0] - as_is))
    first = [v for _, v in moved[:most]]
    both = tuple(changed for v in first for changed in (v.doubled, v.halved))
    as_is, *found = _called(catalogue, (population, *both), seed, final)
    return tuple(
        Influence(line=v.line, rarer=v.rarer, share=v.share, as_is=as_is, doubled=found[2 * n], halved=found[2 * n + 1])
        for n, v in enumerate(first)
    )


def _called(catalogue: Catalogue, populations: tuple[Population, ...], seed: int, count: int) -> list[float]:
    """Return for each population the share of people who are told too much."""
    size = min(BLOCK, max(1, count // 4))
    works = [_Compared(populations, seed, first, min(size, count - first)) for first in range(0, count, size)]
    found: Counter[Key] = Counter()
    for counted in run(catalogue, _compare, works):
        found.update(counted)
    return [found[str(number),] / count for number in range(len(populations))]


def _compare(counting: Counting, work: _Compared) -> Counter[Key]:
    """Count those who are told too much; somebody whom a changed share leaves the same is assessed once."""
    found: Counter[Key] = Counter()
    drawn = [people(counting.catalogue, p, work.people, work.seed, first=work.first) for p in work.populations]
    for same_person in zip(*drawn, strict=True):
        before = same_person[0]
        too_much = counting.too_much(counting.triage(before), work.populations[0])
        for number, intake in enumerate(same_person):
            changed = intake != before
            told = counting.too_much(counting.triage(intake), work.populations[0]) if changed else too_much
            found[str(number),] += told
    return found


def _each(population: Population) -> Iterator[_Varied]:
    seen: set[str] = set()
    for fact, lines in population.answers.items():
        for number, line in enumerate(lines):
            if _JUDGED not in line.marks or (line.share is None and not line.shares):
                continue
            name = f"{fact}, when {text(line.when)}" if line.when is not None else fact
            if 0 < (share := _rarer(line)[1]) <= 0.5:
                by = (_with(population, fact, number, _scaled(line, factor)) for factor in (2.0, 0.5))
                yield _Varied(name, _rarer(line)[0], share, *by)
    for entry in population.unsure.values():
        name = ", ".join(entry.facts) or "every other warning sign"
        if _JUDGED in entry.marks and name not in seen:
            seen.add(name)
            by = (_unsure(population, entry, factor) for factor in (2.0, 0.5))
            # Where few people are unsure, how few moves the result; of how many signs each is hardly does.
            rarer = ("not sure", entry.share) if entry.people == 1 else ("unsure at all", entry.people)
            yield _Varied(name, *rarer, *by)


def _unsure(population: Population, entry: UnsureEntry, factor: float) -> Population:
    part = "share" if entry.people == 1 else "people"
    changed = msgspec.structs.replace(entry, **{part: min(1.0, getattr(entry, part) * factor)})
    unsure = {key: changed if each == entry else each for key, each in population.unsure.items()}
    return msgspec.structs.replace(population, unsure=unsure)


def _rarer(line: Answering) -> tuple[str, float]:
    """Return which answer is doubled: the rarer one of yes and no, all codes but the commonest; and its share."""
    if line.share is not None:
        return ("yes", line.share) if line.share <= 0.5 else ("no", 1 - line.share)
    commonest = max(line.shares, key=lambda code: line.shares[code])
    return f"not {commonest}", 1 - line.shares[commonest]


def _scaled(line: Answering, factor: float) -> Answering:
    if line.share is not None:
        share = line.share * factor if line.share <= 0.5 else 1 - (1 - line.share) * factor
        return msgspec.structs.replace(line, share=share)
    commonest = max(line.shares, key=lambda code: line.shares[code])
    others = {code: share * factor for code, share in line.shares.items() if code != commonest}
    shares = {code: others.get(code, 1 - sum(others.values())) for code in line.shares}
    return msgspec.structs.replace(line, shares=shares)


def _with(population: Population, fact: str, number: int, line: Answering) -> Population:
    lines = population.answers[fact]
    changed = (*lines[:number], line, *lines[number + 1 :])
    return msgspec.structs.replace(population, answers={**population.answers, fact: changed})
