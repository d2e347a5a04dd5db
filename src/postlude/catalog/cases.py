"""Published patients as a clinician writes them: what a paper told of one person, and what ought to be said of them.

A case is a source too, and may be named wherever a source may. Whether the software says what was expected is found
out by :mod:`postlude.assessment.cases`.
"""

from typing import Annotated, Any, get_args
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import Entry, FactId, Id, Mark, Route, Sentence, Source
from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of

Level = OneOf["routine", "urgent", "emergency"]
LEVELS: tuple[str, ...] = get_args(Level)
"""From the least urgent to the most."""


class Expected(Entry, frozen=True, kw_only=True):
    """What ought to be said: a floor and a ceiling for the urgency that is known, and what must be among the rest.

    ``raises`` holds rules that must be true, or objections to treatments that must hold; ``to_check`` objections that
    must be listed as still to be checked; ``shows`` the low end of derived numbers.
    """

    at_least: Level | OneOf[""] = ""
    at_most: Level | OneOf[""] = ""
    route: Route | OneOf[""] = ""
    among_first: tuple[Id, ...] = ()
    raises: tuple[Id, ...] = ()
    to_check: tuple[Id, ...] = ()
    shows: dict[FactId, float] = msgspec.field(default_factory=dict)


class PublishedCase(Entry, frozen=True, kw_only=True):
    """One published patient. ``intake`` holds only what was told; what was not told stays out, and so unknown."""

    id: Id
    says: Sentence
    told: Sentence
    not_told: str = ""
    worked: str = ""
    cite: Sentence
    doi: Annotated[str, msgspec.Meta(pattern=r"^10\.\d{4,9}/\S+$", description="a DOI such as 10.1000/xyz")] = ""
    pmid: Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}$", description="a PubMed number")] = ""
    body: str = ""
    url: str
    read: OneOf["abstract", "excerpt", "table", "full-text", "second-hand", "announcement"]
    year: int | None = None
    marks: tuple[Mark, ...] = ()
    intake: dict[str, Any]
    expect: Expected

    def source(self) -> Source:
        """Return the paper as a source that other knowledge may name. (That the expectation is ours marks no paper.)"""
        return Source(
            id=self.id,
            cite=self.cite,
            doi=self.doi,
            pmid=self.pmid,
            body=self.body,
            url=self.url,
            read=self.read,
            year=self.year,
            marks=tuple(mark for mark in self.marks if mark != "design"),
        )


def check_case(case: PublishedCase, place: Place, problems: Problems) -> None:
    """Note what is wrong with a case in itself; ids are followed when it is run, since a clinic may drop a caution."""
    if "design" not in case.marks:
        what = 'needs "design": what is expected is the judgement of a reader, not of the paper'
        problems.note(place.at("marks"), what)
    expect = case.expect
    if expect == Expected():
        keys = [field.encode_name for field in msgspec.structs.fields(Expected)]
        problems.note(place.at("expect"), f"expects nothing; {one_of(keys)}")
    if expect.at_least and expect.at_most and LEVELS.index(expect.at_least) > LEVELS.index(expect.at_most):
        what = f"found {expect.at_most!r}; at_least already asks for {expect.at_least!r}"
        problems.note(place.at("expect").at("at_most"), what)
