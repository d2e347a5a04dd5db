"""The slips that would go unnoticed, as text: counted by file, each survivor with a worked patient who would notice."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from postlude.assessment import accepted
from postlude.assessment.checking import published, witnesses
from postlude.assessment.drafting import Draft
from postlude.assessment.mutating import Outcome, Trial
from postlude.catalog.catalogue import Catalogue
from postlude.errors import SurvivorError, UsageError, one_of

LEAST_KILLED = 0.95
"""The share of the mutants which are no equivalents that patients and proofs must notice."""


def check_mutants(
    catalogue: Catalogue, only: Sequence[str], listed: Path | None, *, write: Callable[[str], None]
) -> None:
    """Try the mutants, and write what became of them.

    Raises :class:`SurvivorError` when too many survive, or one survives that is not accepted; :class:`UsageError` when
    ``only`` names an entry without conditions; :class:`KnowledgeError` for a wrong file of accepted survivors.
    """
    conditions = (catalogue.rules, catalogue.causes, catalogue.treatments, catalogue.combinations, catalogue.goals)
    ids = [key for section in (*conditions, catalogue.derived) for key in section]
    for key in only:
        if key not in ids:
            raise UsageError(f"--only: no entry with a condition has the id {key!r}; {one_of(ids, key)}")
    known = accepted.read(listed) if listed is not None else ()
    outcomes = list(Trial(catalogue, (*witnesses(catalogue, []), *published(catalogue))).outcomes(only))
    alive = accepted.unlisted(outcomes, known, listed)
    write("".join(f"{line}\n" for line in (*_counts(outcomes), "", *_survivors(alive))))
    tried = [outcome for outcome in outcomes if outcome.fate != "equivalent"]
    killed = sum(outcome.fate != "survivor" for outcome in tried)
    problems = []
    if killed < LEAST_KILLED * len(tried):
        share = f"{killed} of {len(tried)} mutants ({killed / len(tried):.1%})"
        problems.append(f"patients and proofs notice {share}; at least {LEAST_KILLED:.0%} are needed")
    if alive:
        problems.append(f"{len(alive)} mutants survive that are not accepted")
    if problems:
        raise SurvivorError("; ".join(problems))


def _counts(outcomes: Iterable[Outcome]) -> Iterator[str]:
    by_file: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        by_file.setdefault(outcome.file, Counter())[outcome.fate] += 1
    width = max([*map(len, by_file), 10])
    yield f"{'':{width}}  mutants  by cases  by proofs  equivalent  survivors  killed"
    total: Counter[str] = Counter()
    for file, counts in sorted(by_file.items()):
        yield _row(file, counts, width)
        total += counts
    yield _row("all", total, width)


def _row(name: str, counts: Counter[str], width: int) -> str:
    case, proof, same, alive = (counts[fate] for fate in ("case", "proof", "equivalent", "survivor"))
    tried = case + proof + alive
    killed = f"{(case + proof) / tried:.1%}" if tried else "-"
    return f"{name:{width}}  {tried + same:7}  {case:8}  {proof:9}  {same:10}  {alive:9}  {killed:>6}"


def _survivors(alive: Iterable[Outcome]) -> Iterator[str]:
    """Say what survives; what one patient would notice stands together above them."""
    groups: dict[Any, list[Outcome]] = {}
    for outcome in alive:
        draft = outcome.draft
        groups.setdefault((outcome.entry, outcome.key, id(draft) if draft else outcome.text), []).append(outcome)
    for outcomes in groups.values():
        first = outcomes[0]
        yield f"# {first.file}: {first.entry}, {first.key}"
        yield from (f"# {outcome.text}" for outcome in outcomes)
        yield from _patient(first.draft) if first.draft else _without_draft(first)
        yield ""


def _patient(draft: Draft) -> Iterator[str]:
    kind, _, _ = draft.entry.partition(" ")
    yield f"# a patient of {draft.entry}; with the first slip: {draft.otherwise}"
    yield "[[case]]" if kind == "treatment" else f"[[{kind}.case]]"
    yield 'says = ""  # to be judged and named'
    yield f"intake = {toml(draft.intake)}"
    yield f"expect = {toml(draft.expect)}"
    yield from (f"{key} = {toml(value)}" for key, value in draft.beside.items())


def _without_draft(outcome: Outcome) -> Iterator[str]:
    if outcome.key == "urgency":
        yield "# only a published case that expects this urgency notices it"
    else:
        yield "# no worked patient can notice it, as it changes none of their results; a published case may"


def toml(value: Any) -> str:
    """Return a value of an intake as it stands in a TOML file, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
