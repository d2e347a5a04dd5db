"""Understands synthetic populations: every share in its place, every figure on its ground, and an order to draw in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import msgspec

from postlude.catalog.catalogue import Catalogue, Fact, Records, Rule
from postlude.catalog.population import (
    AnswerEntry,
    Answering,
    ItemEntry,
    LinesEntry,
    Listed,
    ListedEntry,
    Population,
    PopulationEntry,
    UnsureEntry,
)
from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of
from postlude.logic.nodes import Predicate, names
from postlude.logic.vocabulary import FactType, Vocabulary

_NEAR = 1e-6
"""How far shares that are everybody may be from 1: the last digit of a written share."""

When = Callable[[str, Place], Any]
Written = tuple[PopulationEntry, Place, int]
"""What begins a population, where it stands and in which layer: 0 is the shipped base."""
Lines = tuple[LinesEntry, Place, int]
Part = tuple[PopulationEntry | LinesEntry, Place]


def populations(
    entries: Sequence[Written],
    lines: Sequence[Lines],
    facts: Mapping[str, Fact],
    records: Mapping[str, Records],
    rules: Mapping[str, Rule],
    vocabulary: Vocabulary,
    sources: Mapping[str, Any],
    when: When,
    problems: Problems,
) -> dict[str, Population]:
    """Return the populations by id, each with the lines of all its files; notes every mistake.

    ``when`` reads a predicate. Files with lines add to a population of their own folder or of one below; a population
    that a later folder begins anew is made of the files of that folder alone.
    """
    understood = _Understanding(facts, records, rules, vocabulary, sources, when, problems)
    ids = [entry.id for entry, _, _ in entries]
    for part, place, _ in lines:
        if part.population not in ids:
            what = f"no file begins a population {part.population!r}; {one_of(ids, part.population)}"
            problems.note(place.at("population"), what)
        if not (part.answer or part.listed):
            problems.note(place, "holds no line: neither an [[answer]] nor a [[listed]]")
    found: dict[str, Population] = {}
    for entry, place, layer in entries:
        further = [(part, at) for part, at, later in lines if part.population == entry.id and later >= layer]
        found[entry.id] = understood.population(entry, [(entry, place), *further])
    return found


def without_a_line(catalogue: Catalogue, population: Population) -> tuple[str, ...]:
    """Return the facts and lists of which the file says nothing, so that nobody of the population answers them.

    A text is never drawn, and no predicate reads one.
    """
    facts = [
        key
        for key, fact in catalogue.facts.items()
        if fact.type != "text" and key not in population.answers and fact.answered_by not in population.left_open
    ]
    return (*facts, *(key for key in catalogue.records if key not in population.listed))


def grounded(entry: Any, sources: Mapping[str, Any], place: Place, problems: Problems) -> None:
    """Note a figure that stands on nothing, on an unknown source, or on a mark that does not say why."""
    if entry.source and entry.source not in sources:
        problems.note(
            place.at("source"), f"there is no source {entry.source!r}; {one_of(sorted(sources), entry.source)}"
        )
    if not (entry.source or entry.marks):
        problems.note(place.at("source"), "names no source; without one, marks must say unverified or design")
    if entry.marks and not entry.why.strip():
        problems.note(place.at("why"), "is missing; a figure that is a judgement says why it is this one")


def frequencies(fact: Any, sources: Mapping[str, Any], place: Place, problems: Problems) -> None:
    """Check what a fact says of how common its answers are."""
    for number, item in enumerate(fact.frequency, start=1):
        here = place.at(f"frequency.[{number}]")
        allowed = fact.answers()
        if not allowed:
            problems.note(here, f"belongs to a yes/no or a choice; this is a {fact.type}")
        elif item.answer not in allowed:
            problems.note(here.at("answer"), f"found {item.answer!r}; {one_of([str(a).lower() for a in allowed])}")
        grounded(item, sources, here, problems)


class _Understanding(NamedTuple):
    facts: Mapping[str, Fact]
    records: Mapping[str, Records]
    rules: Mapping[str, Rule]
    vocabulary: Vocabulary
    sources: Mapping[str, Any]
    when: When
    problems: Problems

    def population(self, entry: PopulationEntry, parts: Sequence[Part]) -> Population:
        """Understand a population: its ``entry``, and the ``parts`` its lines stand in, the entry's own first."""
        place = parts[0][1]
        answers: dict[str, tuple[Answering, ...]] = {}
        listed: dict[str, tuple[Listed, ...]] = {}
        filed: dict[str, Place] = {}
        for part, at in parts:
            self._one_file(part, at, filed)
            for fact, lines in self._answers(part, at).items():
                self._reached(fact, lines, at)
                answers[fact] = lines
            listed |= self._lists(part, at)
        return Population(
            id=entry.id,
            says=entry.says,
            marks=entry.marks,
            right_to_call=self._red_flags(entry.right_to_call, place.at("right_to_call")),
            answers=answers,
            listed=listed,
            unsure=self._unsure(entry.unsure, place),
            left_open={open_.answered_by: open_ for open_ in self._checked(entry.left_open, place)},
            order=self._order(answers, listed, place),
        )

    def _one_file(self, part: PopulationEntry | LinesEntry, place: Place, filed: dict[str, Place]) -> None:
        """The first line of a fact that holds speaks, and files have no order: its lines stand in one file."""
        answered = [fact for line in part.answer for fact in (line.fact, *line.also)]
        for name in dict.fromkeys([*answered, *(row.list for row in part.listed)]):
            other = filed.setdefault(name, place)
            if other.file != place.file:
                what = f"{name} has a line in {other.file} too; all lines of one fact or list stand in one file"
                self.problems.note(place, what)

    def _answers(self, part: PopulationEntry | LinesEntry, place: Place) -> dict[str, tuple[Answering, ...]]:
        answers: dict[str, tuple[Answering, ...]] = {}
        for number, line in enumerate(part.answer, start=1):
            here = place.at(f"answer.[{number}] {line.fact}")
            grounded(line, self.sources, here, self.problems)
            condition = self.when(line.when, here.at("when")) if line.when else None
            for fact in (line.fact, *line.also):
                if (made := self._answer(line, fact, condition, here)) is not None:
                    answers[fact] = (*answers.get(fact, ()), made)
        return answers

    def _lists(self, part: PopulationEntry | LinesEntry, place: Place) -> dict[str, tuple[Listed, ...]]:
        listed: dict[str, tuple[Listed, ...]] = {}
        for number, row in enumerate(part.listed, start=1):
            here = place.at(f"listed.[{number}] {row.list}")
            grounded(row, self.sources, here, self.problems)
            if (found := self._listed(row, here)) is not None:
                listed[row.list] = (*listed.get(row.list, ()), found)
        return listed

    def _checked(self, left_open: Iterable[Any], place: Place) -> Iterator[Any]:
        for number, entry in enumerate(left_open, start=1):
            grounded(entry, self.sources, place.at(f"left_open.[{number}]"), self.problems)
            yield entry

    def _red_flags(self, ids: tuple[str, ...], place: Place) -> tuple[str, ...]:
        for key in ids:
            if key not in self.rules or not self.rules[key].urgency:
                flags = sorted(rule.id for rule in self.rules.values() if rule.urgency)
                self.problems.note(place, f"there is no red flag {key!r}; {one_of(flags, key)}")
        return ids

    # --- answers --------------------------------------------------------------------------------

    def _answer(self, line: AnswerEntry, key: str, condition: Predicate | None, place: Place) -> Answering | None:
        fact = self.facts.get(key)
        if fact is None:
            self.problems.note(
                place.at("fact"), f"there is no fact {key!r}; {one_of(sorted(self.facts), key, limit=5)}"
            )
            return None
        share = line.share
        if line.frequency:
            share = self._frequency(fact, line.frequency, place)
        given = {
            "share": line.share is not None or bool(line.frequency),
            "shares": bool(line.shares),
            "low": line.low is not None or line.high is not None,
        }
        needed = {"boolean": ("share",), "choice": ("shares",), "integer": ("low", "shares"), "number": ("low",)}
        allowed = needed.get(fact.type, ())
        if not allowed:
            self.problems.note(place, f"{key} is a {fact.type}, which is never drawn")
        elif [name for name, there in given.items() if there] not in [[name] for name in allowed]:
            says = {"share": "`share` (or `frequency`)", "shares": "`shares`", "low": "`low` and `high`"}
            self.problems.note(
                place, f"{key} is a {fact.type}: give {' or '.join(says[name] for name in allowed)} alone"
            )
        elif line.shares:
            self._shares(line.shares, self._codes(fact), place.at("shares"))
        elif given["low"]:
            self._number(line, fact, place)
        plain = {k: v for k, v in msgspec.structs.asdict(line).items() if k not in ("fact", "also", "when", "share")}
        return Answering(**plain, share=share, when=condition)

    def _frequency(self, fact: Fact, source: str, place: Place) -> float | None:
        found = [item for item in fact.frequency if item.source == source and item.answer is True]
        if len(found) != 1:
            have = [item.source for item in fact.frequency if item.answer is True]
            what = f"{fact.id} has {len(found)} figures for yes from {source!r}; {one_of(have, source)}"
            self.problems.note(place.at("frequency"), what)
            return None
        return found[0].share

    def _codes(self, fact: Fact) -> tuple[str, ...]:
        if fact.type == "integer" and fact.low is not None and fact.high is not None:
            return tuple(str(n) for n in range(int(fact.low), int(min(fact.high, fact.low + 1000)) + 1))
        return tuple(fact.values)

    def _shares(self, shares: Mapping[str, float], allowed: tuple[str, ...], place: Place) -> None:
        for code in shares:
            if code not in allowed:
                self.problems.note(place, f"found {code!r}; {one_of(allowed, code)}")
        if abs(sum(shares.values()) - 1) > _NEAR:
            self.problems.note(place, f"add up to {sum(shares.values()):g}; together they are everybody, 1")

    def _number(self, line: AnswerEntry, fact: Fact, place: Place) -> None:
        least, most = fact.low or 0.0, fact.high or 0.0
        if line.low is None or line.high is None or not least <= line.low <= line.high <= most:
            found = f"found {line.low} to {line.high}"
            self.problems.note(
                place.at("low"), f"{found}; two numbers from {least:g} to {most:g} are needed, least first"
            )
        elif (line.mean is None) is not (line.sd is None):
            self.problems.note(place.at("mean"), "mean and sd belong together")
        elif line.mean is not None and not line.low <= line.mean <= line.high:
            self.problems.note(place.at("mean"), f"found {line.mean:g}; it lies between low and high")

    def _reached(self, fact: str, lines: tuple[Answering, ...], place: Place) -> None:
        """The first line that holds speaks: the last one holds for all who are left, and none stands behind it."""
        always = [number for number, line in enumerate(lines) if line.when is None]
        if not always:
            what = f"every line of {fact} has a `when`; the last one has none, so that nobody is left without an answer"
            self.problems.note(place.at("answer"), what)
        elif always[0] != len(lines) - 1:
            self.problems.note(
                place.at("answer"), f"a line of {fact} stands behind one without `when`, so never speaks"
            )

    # --- lists ----------------------------------------------------------------------------------

    def _listed(self, row: ListedEntry, place: Place) -> Listed | None:
        if row.list not in self.records:
            what = f"there is no list {row.list!r}; {one_of(sorted(self.records), row.list)}"
            self.problems.note(place.at("list"), what)
            return None
        if (row.share is None) is not bool(row.times):
            self.problems.note(place, "give `share` (of people with one) or `times` (shares with none, one, two …)")
        if row.times and abs(sum(row.times) - 1) > _NEAR:
            self.problems.note(place.at("times"), f"add up to {sum(row.times):g}; together they are everybody, 1")
        if abs(sum(item.share for item in row.entry) - 1) > _NEAR:
            self.problems.note(place.at("entry"), "the shares of its kinds do not add up to 1")
        for number, item in enumerate(row.entry, start=1):
            self._item(item, row.list, place.at(f"entry.[{number}]"))
        plain = {k: v for k, v in msgspec.structs.asdict(row).items() if k not in ("list", "when")}
        return Listed(**plain, when=self.when(row.when, place.at("when")) if row.when else None)

    def _item(self, item: ItemEntry, key: str, place: Place) -> None:
        fields, told = self.vocabulary.records[key], self.records[key].fields
        kinds = {"set": item.set, "shares": item.shares, "days_ago": item.days_ago}
        for name, given in kinds.items():
            for field in given:
                if field not in told:
                    self.problems.note(place.at(name), f"there is no field {field!r}; {one_of(sorted(told), field)}")
        for field, value in item.set.items():
            if field in told and (needed := _needed(fields[field], value)):
                self.problems.note(place.at(f"set.{field}"), f"found {value!r}; {needed}")
        for field, shares in item.shares.items():
            if field in told:
                self._shares(shares, fields[field].values, place.at(f"shares.{field}"))
        for field, (first, last) in item.days_ago.items():
            if field in told and fields[field].kind != "date":
                self.problems.note(place.at(f"days_ago.{field}"), f"belongs to a date; this is a {fields[field].kind}")
            if first > last:
                self.problems.note(
                    place.at(f"days_ago.{field}"), f"found {first} to {last}; the fewest days come first"
                )

    # --- what is not answered, and the order ----------------------------------------------------

    def _unsure(self, entries: tuple[UnsureEntry, ...], place: Place) -> dict[str, UnsureEntry]:
        signs = [key for key, fact in self.facts.items() if fact.warning_sign]
        found: dict[str, UnsureEntry] = {}
        for number, entry in enumerate(entries, start=1):
            here = place.at(f"unsure.[{number}]")
            grounded(entry, self.sources, here, self.problems)
            for key in entry.facts or signs:
                if key not in signs:
                    self.problems.note(here.at("facts"), f"{key!r} is no warning sign; {one_of(signs, key, limit=5)}")
                found.setdefault(key, entry)
        return found

    def _order(
        self, answers: Mapping[str, tuple[Answering, ...]], listed: Mapping[str, tuple[Listed, ...]], place: Place
    ) -> tuple[str, ...]:
        drawn = {*answers, *listed}
        graph: dict[str, list[str]] = {}
        conditions = {key: [line.when for line in rows] for key, rows in listed.items()}
        for key, lines in answers.items():
            conditions[key] = [self.facts[key].applies, *(line.when for line in lines)]
        for key, nodes in conditions.items():
            read = [node for node in nodes if node is not None]
            graph[key] = sorted({name for node in read for name in names(node)} & drawn)
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            self.problems.note(place.at("answer"), f"each of these waits for the next: {circle}")
            return ()


def _needed(kind: FactType, value: Any) -> str:
    """Say what a field needs in place of a value, or nothing."""
    if kind.kind == "choice":
        return "" if value in kind.values else one_of(kind.values, value, limit=5)
    if kind.kind == "boolean":
        return "" if isinstance(value, bool) else "true or false is needed"
    if kind.kind == "number":
        right = isinstance(value, int | float) and not isinstance(value, bool) and kind.low <= value <= kind.high
        return "" if right else f"a number from {kind.low:g} to {kind.high:g} is needed"
    return "" if isinstance(value, str) and value.strip() else "a text is needed"
