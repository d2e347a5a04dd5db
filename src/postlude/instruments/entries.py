"""The tables of an instrument's file, as they are written. ``docs/instruments.md`` explains each key.

An *item* is one question, its *codes* are what can be answered, and the *points* of a code are what it counts.
"""

from typing import Annotated
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import AnsweredBy, Code, Entry, FactId, Id, Mark, Sentence, When

Finite = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6, description="a number")]
Count = Annotated[int, msgspec.Meta(ge=0, le=99, description="a whole number from 0 to 99")]
Better = OneOf["less", "more", "neither"]
InstrumentId = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,40}$", description="lower-case-with-hyphens, beginning with a letter")
]


class Licence(Entry, frozen=True, kw_only=True):
    """Who owns an instrument and what is allowed. ``wording`` says where its words may stand.

    ``ship``: in this repository. ``site``: only in the files of a clinic that holds a licence.
    ``own``: the words are ours.
    """

    holder: Sentence
    wording: OneOf["ship", "site", "own"]
    says: Sentence
    notice: str = ""
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Answers(Entry, frozen=True, kw_only=True):
    """What can be answered to an item.

    ``codes`` of a choice, in the order of the form; ``points`` are what they count, the codes themselves when left out.
    With ``points_by`` they depend on an option: ``points_of`` holds a list for each of its values.
    """

    type: OneOf["choice", "yes-no", "number", "clock"] = "choice"
    codes: tuple[int | FactId, ...] = ()
    points: tuple[Finite, ...] = ()
    points_by: str = ""
    points_of: dict[str, tuple[Finite, ...]] = msgspec.field(default_factory=dict)
    means: tuple[Sentence, ...] = ()
    low: Finite | None = None
    high: Finite | None = None
    whole: bool = True
    unit: str = ""


class Item(Entry, frozen=True, kw_only=True):
    """One question. ``about`` names its topic in our own words; the wording itself stands in a wording file.

    ``answers`` names one of the instrument's lists of answers. ``extra``: a form without it is still a whole form.

    ``same_as`` names the question for several instruments, so that it is asked once. ``several = "highest"``: of two
    answers that were ticked the higher counts.
    """

    id: FactId
    about: Sentence
    answers: str
    extra: bool = False
    alias: tuple[Sentence, ...] = ()
    when: When = ""
    same_as: str = ""
    several: OneOf["", "highest"] = ""
    answered_by: AnsweredBy = "patient"
    codes: tuple[Code, ...] = ()
    marks: tuple[Mark, ...] = ()


class Missing(Entry, frozen=True, kw_only=True):
    """What is done about items that were not answered, as published; without this table all are needed.

    ``fill = "mean"``: each takes the mean of those answered. ``fill = "zero"``: each counts nothing, as long as the
    form was seen to be filled in (one answer at least, or the option ``seen``).
    """

    at_most: Count
    fill: OneOf["mean", "zero"]
    says: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Band(Entry, frozen=True, kw_only=True):
    """A named part of a score's range, from ``from`` (included) to the next."""

    id: FactId
    from_: Finite = msgspec.field(name="from")
    says: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Step(Entry, frozen=True, kw_only=True):
    """What a measured number counts: the first step that holds. Without an end it always holds."""

    is_: Finite = msgspec.field(name="is")
    from_: Finite | None = msgspec.field(name="from", default=None)
    above: Finite | None = None


class ScoreEntry(Entry, frozen=True, kw_only=True):
    """How a score is made: ``of`` items or earlier scores, put together by ``is``, then steps or a table, then scaled.

    ``sum`` and ``mean`` of points; ``ratio``: 100 × the first by the second; ``hours``: from the first clock time to
    the second, over midnight; ``count``: how many are answered with points above 0; ``criterion``: ``when``,
    true or not. ``shown`` is where a reader finds it: among the scores, or in the detail;
    ``places``: the decimals it is given with.
    """

    id: FactId
    title: Sentence
    of: tuple[FactId, ...] = ()
    is_: OneOf["sum", "mean", "count", "ratio", "hours", "criterion"] = msgspec.field(name="is", default="sum")
    when: When = ""
    only_when: When = ""
    named: FactId | OneOf[""] = ""
    weights: tuple[Finite, ...] = ()
    missing: Missing | None = None
    none_published: bool = False
    steps: tuple[Step, ...] = ()
    table: str = ""
    table_by: str = ""
    times: Finite = 1.0
    plus: Finite = 0.0
    shown: OneOf["main", "detail", "inside"] = "main"
    low: Finite | None = None
    high: Finite | None = None
    better: Better = "less"
    unit: str = ""
    as_text: bool = False
    places: Annotated[int, msgspec.Meta(ge=0, le=6, description="a whole number from 0 to 6")] = 6
    bands: tuple[Band, ...] = ()
    codes: tuple[Code, ...] = ()
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Class(Entry, frozen=True, kw_only=True):
    """A group that several scores make together; the first whose ``when`` holds."""

    id: FactId
    when: When
    says: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Threshold(Entry, frozen=True, kw_only=True):
    """A published figure by which a change or a state is read, and in whom it was found.

    ``mcid`` and ``mic``: the least change that matters (``mid``: of groups); ``mdc``: the least beyond the error of
    measurement; ``pass``: an acceptable state. ``absolute`` in points of the score, ``percent`` of the baseline.
    """

    id: Id
    score: FactId
    kind: OneOf["mcid", "mic", "mid", "mdc", "pass"]
    absolute: Finite | None = None
    percent: Finite | None = None
    to: Finite | None = None
    baseline_from: Finite | None = None
    baseline_below: Finite | None = None
    among: Sentence
    preferred: bool = False
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Alert(Entry, frozen=True, kw_only=True):
    """An answer that somebody must hear of, whatever the score. ``ask_again``: it may not stay unanswered."""

    id: Id
    item: FactId
    when: When
    within: str
    says: Sentence
    ask_again: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Option(Entry, frozen=True, kw_only=True):
    """What scoring depends on besides the answers, such as a value set; never guessed."""

    id: FactId
    values: tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,30}$", description="a short word")], ...]
    says: Sentence
    means: tuple[Sentence, ...] = ()


class Form(Entry, frozen=True, kw_only=True):
    """A filled-in form with what it comes to: run by ``postlude check``. Published ones name their source.

    ``"-"`` stands for an item that was not answered, and in ``expect`` for a score that cannot be given.
    """

    says: Sentence
    answers: tuple[int | float | bool | str | tuple[int, ...], ...] | dict[str, int | float | bool | str]
    options: dict[str, str] = msgspec.field(default_factory=dict)
    expect: dict[str, float | str | bool]
    sources: tuple[Id, ...] = ()


class InstrumentEntry(Entry, frozen=True, kw_only=True):
    """A questionnaire, or a clinician's form. ``version`` is the publisher's; ``scoring`` counts our readings of it."""

    id: InstrumentId
    title: Sentence
    version: Sentence
    scoring: Count
    about: Sentence
    recall: Sentence
    domains: tuple[FactId, ...]
    licence: Licence
    answers: dict[str, Answers] = msgspec.field(default_factory=dict)
    item: tuple[Item, ...]
    score: tuple[ScoreEntry, ...] = ()
    option: tuple[Option, ...] = ()
    class_: tuple[Class, ...] = msgspec.field(name="class", default=())
    threshold: tuple[Threshold, ...] = ()
    alert: tuple[Alert, ...] = ()
    form: tuple[Form, ...] = ()
    notes: tuple[Sentence, ...] = ()
    codes: tuple[Code, ...] = ()
    sources: tuple[Id, ...]
    marks: tuple[Mark, ...] = ()


class Permission(Entry, frozen=True, kw_only=True):
    """On what ground a clinic holds somebody else's words."""

    holder: Sentence
    reference: Sentence
    granted_on: Sentence


class Wording(Entry, frozen=True, kw_only=True):
    """The words of an instrument in one language: of each item, and of each code that can be answered.

    ``answers`` by the list of answers; by the item where the words of one list differ from item to item.
    """

    instrument: InstrumentId
    version: Sentence
    language: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="a language such as en")]
    lead: str = ""
    items: dict[FactId, Sentence]
    answers: dict[str, tuple[Sentence, ...]] = msgspec.field(default_factory=dict)
    notice: str = ""
    permission: Permission | None = None
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Part(Entry, frozen=True, kw_only=True):
    """A part of a set: an instrument (or some of its items), or facts of the interview, asked when ``when`` holds.

    ``when`` reads scores of earlier parts as ``instrument.score``, written with underscores. In a follow-up ``later``
    parts are offered to whoever has sent the others and likes to go on.
    """

    id: FactId
    instrument: InstrumentId | OneOf[""] = ""
    items: tuple[FactId, ...] = ()
    facts: tuple[FactId, ...] = ()
    sites: OneOf["", "main", "others"] = ""
    times: tuple[OneOf["now", "average", "worst"], ...] = ()
    when: When = ""
    only_licensed: bool = False
    later: bool = False
    seconds: Finite
    why: Sentence


class SetEntry(Entry, frozen=True, kw_only=True):
    """Which questionnaires are given, to whom and at which visit; ``dated`` is the day from which it holds."""

    id: Id
    title: Sentence
    dated: Sentence
    regions: tuple[OneOf["lumbar", "thoracic", "cervical"], ...]
    phase: OneOf["intake", "follow-up", "anchor"]
    months: tuple[int, ...] = ()
    part: tuple[Part, ...]
    notes: tuple[Sentence, ...] = ()
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()
