"""The file a synthetic clinic is drawn from, as ``knowledge/simulation/clinic.toml`` is written.

Shares of responders and rates of harm are not in it: they come from the evidence, treatment by treatment.
"""

from typing import Annotated
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import Entry, FactId, Grounded, Id, Sentence, Share

Months = Annotated[float, msgspec.Meta(ge=0, le=240, description="months from 0 to 240")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a day such as 2026-01-31")]


class RateEntry(Grounded, frozen=True, kw_only=True):
    """One number of the clinic. ``says`` what it is, with its unit."""

    id: FactId
    value: float
    says: Sentence


class TraitEntry(Grounded, frozen=True, kw_only=True):
    """A trait that makes somebody worse off: ``worse`` is its weight beside the others. ``facts`` are true with it."""

    id: Id
    share: Share
    worse: float
    facts: tuple[FactId, ...]


class OptionEntry(Grounded, frozen=True, kw_only=True):
    """A treatment that is given. ``share`` of the average person's choices, ``worse`` the log-odds of its being chosen
    for each standard deviation by which somebody is worse off.

    ``again``: the share of those helped who later have it again. ``added`` is given in the same session to some.
    ``values`` fill columns of the table, each one of a list.
    """

    treatment: Id
    share: Annotated[float, msgspec.Meta(gt=0, le=1, description="a share above 0, up to 1")]
    worse: float = 0.0
    again: Share = 0.0
    added: Id | OneOf[""] = ""
    values: dict[FactId, tuple[str, ...]] = msgspec.field(default_factory=dict)


class VisitEntry(Grounded, frozen=True, kw_only=True):
    """A follow-up, and the share of those with half relief who answer when asked."""

    months: Months
    answered: Share


class FormEntry(Grounded, frozen=True, kw_only=True):
    """A questionnaire that is handed out. ``pain`` is the pain that relief is counted from; ``scaled`` follows it,
    ``start`` + ``slope`` x pain with a spread of ``sd``, in steps of ``step`` from ``low`` to ``high``; ``change``
    follows the relief.
    """

    instrument: Id
    measure: FactId
    is_: OneOf["pain", "scaled", "change"] = msgspec.field(name="is")
    months: tuple[Months, ...]
    site: str = ""
    time: str = ""
    start: float = 0.0
    slope: float = 0.0
    sd: float = 0.0
    step: Annotated[float, msgspec.Meta(gt=0, description="a number above 0")] = 1.0
    low: float = 0.0
    high: float = 10.0


class HarmEntry(Grounded, frozen=True, kw_only=True):
    """What follows from a harm: ``grades`` are the shares of grade 1, 2, …; ``ends`` is why the treatment is over then.

    The one without ``outcome`` speaks for all others.
    """

    outcome: Id | OneOf[""] = ""
    grades: tuple[Share, ...]
    ends: str = ""
    operation: FactId | OneOf[""] = ""


class ClinicEntry(Entry, frozen=True, kw_only=True):
    """The clinic. ``like`` is the population whose answers and operations are drawn, for the facts in ``facts``.

    ``years`` is the fact that holds the age and ``pain`` the one that holds the pain before the first treatment;
    ``copied`` fills columns of the table of people from facts, ``set`` gives everybody one answer. ``related`` are the
    shares of harms by how they are judged; ``operation_again`` is what an operation since then is.
    """

    id: Id
    says: Sentence
    readme: Sentence
    like: Id
    facts: tuple[FactId, ...]
    operations: FactId
    years: FactId
    pain: FactId
    copied: dict[FactId, FactId]
    first_day: Day
    last_enrolled: Day
    last_day: Day
    rate: tuple[RateEntry, ...]
    trait: tuple[TraitEntry, ...]
    option: tuple[OptionEntry, ...]
    visit: tuple[VisitEntry, ...]
    form: tuple[FormEntry, ...]
    harm: tuple[HarmEntry, ...]
    set: dict[FactId, bool] = msgspec.field(default_factory=dict)
    related: dict[FactId, Share]
    operation_again: FactId
