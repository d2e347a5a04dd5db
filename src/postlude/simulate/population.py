"""Draws synthetic people from a population file: intakes as somebody who answers every question would leave them.

Each question has its own stream of chance, named after it. So the same seed gives the same people; the hundredth person
is the same whether 100 or 100,000 are drawn; and a changed share or a new question changes no other answer.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import NormalDist
from typing import Any
from zlib import crc32

import numpy as np

from postlude.assessment.cases import CASE_DAY
from postlude.assessment.intake import person
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue, Fact
from postlude.catalog.population import Answering, ItemEntry, Listed, Population
from postlude.logic.evaluate import truth
from postlude.logic.person import Person, Value

BLOCK = 1000
"""People whose chances are drawn at once; part of what makes a person, so that changing it changes everybody."""
_NAME = "synthetic person"


def people(
    catalogue: Catalogue, population: Population, count: int, seed: int, *, first: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield ``count`` intakes, the ``first`` to begin with. Each is marked as synthetic, which its report says.

    Every question that makes sense for a person and has a line is answered, or answered with "not sure". The lists are
    complete. All are of the day :data:`postlude.assessment.cases.CASE_DAY`.
    """
    drawing = _Drawing(catalogue, population, seed)
    for index in range(first, first + count):
        yield drawing.draw(index)


def broken_off(catalogue: Catalogue, intake: Mapping[str, Any], kept: float) -> dict[str, Any]:
    """Return what an interview leaves that ends early: the first ``kept`` share of its answers, lists at their place.

    The order is that of the script (warning signs, each with its follow-ups, then the rest), which is not quite the
    order of an interview: there, each answer moves the next question. Answers that a record holds come last.
    """
    told = intake["facts"]
    asked = [f for f in catalogue.facts.values() if f.id in told]
    script = [((f.answered_by != "patient", not f.warning_sign, f.order, f.id), f.id) for f in asked]
    drawn = [records for records in catalogue.records.values() if records.key in intake]
    script += [((False, True, records.order, records.id), records.key) for records in drawn]
    reached = [name for _, name in sorted(script)][: round(kept * len(script))]
    lists = [records.key for records in drawn if records.key in reached]
    return {
        "as_of": intake["as_of"],
        "synthetic": True,
        "facts": {name: told[name] for name in reached if name in told},
        **{key: intake[key] for key in lists},
        "complete": lists,
    }


def chance(seed: int, index: int, name: str) -> float:
    """Return a chance of one person, from 0 to 1, that stands beside those of their answers."""
    return _Chances(seed).of(index, name)


class _Chances:
    """The chances of all people, a number from 0 to 1 for each name; drawn a block of people at a time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._block = -1
        self._drawn: dict[str, list[float]] = {}

    def of(self, index: int, name: str) -> float:
        block, at = divmod(index, BLOCK)
        if block != self._block:
            self._block, self._drawn = block, {}
        if name not in self._drawn:
            self._drawn[name] = np.random.default_rng([self._seed, block, crc32(name.encode())]).random(BLOCK).tolist()
        return self._drawn[name][at]


class _Drawing:
    def __init__(self, catalogue: Catalogue, population: Population, seed: int) -> None:
        self.catalogue = catalogue
        self.population = population
        self._chances = _Chances(seed)
        self._normal: dict[tuple[float, ...], tuple[NormalDist, float, float]] = {}

    def draw(self, index: int) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        lists: dict[str, list[dict[str, Any]]] = {}
        # One person, filled in as answers come. What is remembered of a derived fact stays right: whatever asks for
        # one stands in the order behind everything that the fact is made of.
        known: dict[str, Value] = {}
        records: dict[str, Any] = {}
        complete: set[str] = set()
        who = Person(known, records, complete, CASE_DAY.toordinal())  # type: ignore[arg-type]
        for key in self.population.order:
            if key in self.population.listed:
                listed = self._list(index, key, who)
                lists[self.catalogue.records[key].key] = listed
                records[key] = self._read(key, listed)
                complete.add(key)
                continue
            fact = self.catalogue.facts[key]
            if fact.applies is not None and truth(fact.applies, who) is not True:
                continue
            answer = self._answer(index, fact, who)
            if answer is None:
                continue
            facts[key] = answer
            if not isinstance(answer, dict):
                known[key] = answer if isinstance(answer, bool | str) else (float(answer), float(answer))
        ordered = {key: facts[key] for key in self.catalogue.facts if key in facts}
        intake = {"as_of": CASE_DAY.isoformat(), "synthetic": True, "facts": ordered, **lists}
        return {**intake, "complete": list(lists)}

    # --- answers --------------------------------------------------------------------------------

    def _answer(self, index: int, fact: Fact, who: Person) -> Any:
        """Return the answer to one question, a state in place of it, or ``None`` when it is not on record."""
        unsure = self.population.unsure.get(fact.id)
        # One chance for all signs: whoever is unsure of one is of others too.
        if unsure is not None and (unsure.people == 1 or self._chances.of(index, "unsure") < unsure.people):
            chance = self._chances.of(index, f"unsure {fact.id}")
            if chance < unsure.share:
                return {"state": "declined" if chance < unsure.share * unsure.declined else "not_known"}
        line = next(line for line in self.population.answers[fact.id] if line.when is None or truth(line.when, who))
        if line.known < 1 and self._chances.of(index, f"known {fact.id}") >= line.known:
            return None
        chance = self._chances.of(index, fact.id)
        if line.shares:
            code = _chosen(line.shares, chance)
            return int(code) if fact.type == "integer" else code
        return chance < line.share if line.share is not None else self._number(line, fact, chance)

    def _number(self, line: Answering, fact: Fact, chance: float) -> float:
        low, high = line.low or 0.0, line.high or 0.0
        value = low + chance * (high - low)
        if line.mean is not None and line.sd is not None:
            key = (line.mean, line.sd, low, high)
            if key not in self._normal:
                spread = NormalDist(line.mean, line.sd)
                self._normal[key] = (spread, spread.cdf(low), spread.cdf(high))
            spread, least, most = self._normal[key]
            share = least + chance * (most - least)
            value = min(max(spread.inv_cdf(share), low), high) if 0 < share < 1 else (low if share <= 0 else high)
        step = line.round or (1.0 if fact.type == "integer" else 0.0)
        value = min(max(round(value / step) * step, low), high) if step else value
        return int(value) if value == int(value) else value

    # --- lists ----------------------------------------------------------------------------------

    def _list(self, index: int, key: str, who: Person) -> list[dict[str, Any]]:
        """Return all entries of one list: every line whose condition holds adds its own."""
        found: list[dict[str, Any]] = []
        for number, line in enumerate(self.population.listed[key]):
            if line.when is None or truth(line.when, who):
                name = f"{key} {number}"
                count = self._times(line, self._chances.of(index, name))
                found += [self._entry(index, line.entry, f"{name} {nth}") for nth in range(count)]
        return found

    @staticmethod
    def _times(line: Listed, chance: float) -> int:
        if line.share is not None:
            return int(chance < line.share)
        return int(_chosen({str(count): share for count, share in enumerate(line.times)}, chance))

    def _entry(self, index: int, kinds: tuple[ItemEntry, ...], name: str) -> dict[str, Any]:
        shares = {str(number): kind.share for number, kind in enumerate(kinds)}
        kind = kinds[int(_chosen(shares, self._chances.of(index, f"{name} kind")))]
        drawn = {f: _chosen(of, self._chances.of(index, f"{name} {f}")) for f, of in kind.shares.items()}
        for field, (least, most) in kind.days_ago.items():
            days = least + int(self._chances.of(index, f"{name} {field}") * (most - least + 1))
            drawn[field] = (CASE_DAY - timedelta(days=days)).isoformat()
        return {**kind.set, **drawn}

    def _read(self, key: str, listed: list[dict[str, Any]]) -> Any:
        """Return a list as predicates read it, through the reader that a real intake goes through."""
        told = {self.catalogue.records[key].key: listed}
        return person(self.catalogue, understand(told, self.catalogue, name=_NAME, today=CASE_DAY)).records[key]


def _chosen(shares: Mapping[str, float], chance: float) -> str:
    """Return the code whose part of the line from 0 to 1 holds ``chance``; the commonest takes what rounding leaves."""
    reached = 0.0
    for code, share in shares.items():
        reached += share
        if chance < reached:
            return code
    return max(shares, key=lambda code: shares[code])
