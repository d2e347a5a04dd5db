"""Says what a synthetic population was told, and by which rules."""

from collections.abc import Iterator

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.population import Population
from postlude.errors import UsageError, one_of
from postlude.evidence.pooling.intervals import wilson
from postlude.report.layout import heading, marked, paragraph
from postlude.simulate.triage import Measured


def population_of(catalogue: Catalogue, key: str) -> Population:
    """Return the population of that id, or the only one. Raises :class:`UsageError`."""
    have = sorted(catalogue.populations)
    if key in catalogue.populations:
        return catalogue.populations[key]
    if key or len(have) != 1:
        raise UsageError(f"there is no population {key!r}; {one_of(have, key)}" if have else "there is no population")
    return catalogue.populations[have[0]]


def told(population: Population, found: Measured) -> str:
    """Return the tables as text."""
    return "\n".join(_told(population, found)) + "\n"


def _told(population: Population, found: Measured) -> Iterator[str]:
    people = found.people
    yield paragraph(f"{people:,} synthetic people, seed {found.seed}: {marked(population.says, population.marks)}.")
    yield paragraph(
        "None of them exists. The figures say what the rules do with these shares of answers; "
        "what is marked [design] there is a judgement, and they move with it."
    )
    yield heading("what they are told")
    for word, count in found.told.items():
        yield f"  {word:<20}{share(count, people)}"
    yield f"  {'more than is right':<20}{share(found.too_much, people)}"
    rightly = f" (right in any case: {', '.join(population.right_to_call)})" if population.right_to_call else ""
    yield paragraph(f"More than is right: told emergency or urgent, though nothing is new{rightly}.", "  ")
    yield heading("the rules that are responsible, in % of the people")
    yield f"  {'rule':<32}{'leads to':<12}{'holds':>8}{'decides':>10}{'alone':>8}"
    for rule in found.rules:
        counts = (100 * count / people for count in (rule.holds, rule.decides, rule.alone))
        holds, decides, alone = (f"{percent:.2f}" for percent in counts)
        yield f"  {rule.rule:<32}{rule.leads_to:<12}{holds:>8}{decides:>10}{alone:>8}"
    yield heading("interviews that end early, in % of the people")
    words = list(found.told)
    yield f"  {'ended in the':<16}{'people':>7}" + "".join(f"{word:>11}" for word in words[:4]) + f"{'other':>9}"
    for part in found.broken_off:
        shares = [100 * part.told[word] / part.people if part.people else 0.0 for word in words]
        cells = "".join(f"{percent:>11.1f}" for percent in shares[:4])
        yield f"  {part.part:<16}{part.people:>7,}{cells}{sum(shares[4:]):>9.1f}"
    if found.without_a_line:
        yield ""
        yield paragraph(f"No line, so nobody answered: {', '.join(found.without_a_line)}.")


def share(count: int, people: int) -> str:
    """Return a share in percent with its 95 % interval, by Wilson."""
    low, high = wilson(count, people)
    return f"{100 * count / people:6.2f} %   ({100 * low:.2f} to {100 * high:.2f})"
