"""The tables of published evidence: what a study reported, and the terms that its arms and outcomes are written in.

A file of ``knowledge/evidence/`` is one publication. Several publications of one trial name the same ``trial``: their
people are the same people. ``docs/knowledge-format.md`` explains each key; :mod:`postlude.catalog.figures` checks that
the figures can be true.
"""

from typing import Annotated
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import Entry, Id, Mark, OutcomeDomain, Sentence, Source, When

Design = OneOf[
    "rct",
    "crossover-rct",
    "cohort-prospective",
    "cohort-retrospective",
    "case-series",
    "case-report",
    "registry",
    "systematic-review",
    "meta-analysis",
]
Read = OneOf["abstract", "excerpt", "table", "full-text", "second-hand", "announcement"]
Denominator = OneOf["randomised", "treated", "implanted", "followed", "completers", "analysed", "unknown"]
"""Whom a figure counts: all who were assigned, all who began, those with the device in place, those still seen at the
visit, those who finished as planned, those whom the paper analysed without saying why these, or nobody knows."""
Site = OneOf["overall", "back", "leg", "neck", "arm"]
Domain = OneOf["risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias"]
"""GRADE's five grounds for being less certain."""
ThresholdId = OneOf[
    "most-people",
    "operated-population",
    "few-people",
    "very-few-people",
    "useful-benefit",
    "large-benefit",
    "beyond-chance",
    "wide-range",
    "small-trial",
    "several-studies",
]
"""The numbers that the rules of :mod:`postlude.evidence.certainty` compare with."""
Percent = Annotated[float, msgspec.Meta(ge=0, le=100, description="a percentage from 0 to 100")]
Months = Annotated[float, msgspec.Meta(ge=0, le=600, description="months from 0 to 600")]
People = Annotated[int, msgspec.Meta(ge=1, le=10_000_000, description="a number of people, at least 1")]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000, description="a count, at least 0")]
Doi = Annotated[str, msgspec.Meta(pattern=r"^(10\.\d{4,9}/\S+)?$", description="a DOI such as 10.1000/xyz")]
Pmid = Annotated[str, msgspec.Meta(pattern=r"^\d{0,9}$", description="a PubMed number")]


_INITIALS = 4
"""A first author's last word is initials when it is no longer than this."""


class OutcomeEntry(Entry, frozen=True, kw_only=True):
    """What was measured. ``relief`` is the least fall of pain, in percent, that counts as a response; 0 where the paper
    defines success itself. ``low`` and ``high`` are the ends of a score's usual scale. ``pooled_as`` says how the
    expectation model uses it; without it the outcome is shown and never pooled as relief of pain.
    """

    id: Id
    kind: OneOf["responders", "score", "harm", "bad-outcome", "description"]
    better: OneOf["more", "less", "neither"]
    says: Sentence
    plain: Sentence
    site: Site = "overall"
    domain: OutcomeDomain
    pooled_as: OneOf["", "relief-50", "relief-30", "own-success", "pain-score"] = ""
    relief: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""


class InterventionClass(Entry, frozen=True, kw_only=True):
    """What the expectation model lets interventions borrow within."""

    id: Id
    says: Sentence


class Intervention(Entry, frozen=True, kw_only=True):
    """What the people of an arm were given. ``comparator`` says what a contrast with it means."""

    id: Id
    says: Sentence
    plain: Sentence
    in_class: Id = msgspec.field(name="class")
    comparator: OneOf["", "sham", "usual"] = ""
    note: str = ""


class Prior(Entry, frozen=True, kw_only=True):
    """A prior of the expectation model on the logit scale: normal(mean, sd), or half-normal(sd) for a scale.

    ``stands_on`` says whether the prior rests on published measurements or on our own judgement; it is shown with
    every figure that it moves.
    """

    id: Id
    form: OneOf["normal", "half-normal"]
    mean: Annotated[float, msgspec.Meta(ge=-10, le=10, description="a number from -10 to 10")] = 0.0
    sd: Annotated[float, msgspec.Meta(ge=0, le=10, description="a number from 0 to 10")]
    says: Sentence
    stands_on: OneOf["measurements", "judgement"]
    why: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class CovariateText(Entry, frozen=True, kw_only=True):
    """A trait that published populations differ in, and that a person has or has not.

    ``study`` maps a key of a study (``pain``, ``region``, ``operated_share``) and its values to the share of that
    population with the trait.
    """

    id: Id
    says: Sentence
    says_not: Sentence
    key: OneOf["pain", "region", "operated_share"]
    shares: dict[str, Annotated[float, msgspec.Meta(ge=0, le=1)]] = msgspec.field(default_factory=dict)
    prior: Id


class CovariateEntry(CovariateText, frozen=True, kw_only=True):
    when: When


class Result(Entry, frozen=True, kw_only=True):
    """What every kind of result says. ``how`` tells how a derived figure was derived."""

    outcome: Id
    months: Months | None = None
    months_assumed: bool = False
    n: People | None = None
    denominator: Denominator
    basis: OneOf["printed", "derived"]
    how: str = ""
    note: str = ""


class Share(Result, frozen=True, kw_only=True):
    """A share of people. ``low`` and ``high`` are its printed interval in percent,
    ``at_most`` and ``at_least`` what the paper says where it prints no figure ("under 10 percent");
    ``not_whole_people`` says that no
    whole number of the ``n`` people gives the printed percentage, so that ``n`` or the percentage is not what it seems;
    ``cut_off`` that the percentage is that of the count, cut off and not rounded.
    """

    events: Count | None = None
    percent: Percent | None = None
    at_most: Percent | None = None
    at_least: Percent | None = None
    low: Percent | None = None
    high: Percent | None = None
    not_whole_people: bool = False
    cut_off: bool = False


class Responders(Share, frozen=True, kw_only=True):
    """People with a good outcome. ``success`` says what was counted, where the outcome does not; ``due`` how many of
    the arm had come to that visit's time, of whom ``n`` were seen. Without it, all of the arm were due.
    """

    success: str = ""
    due: People | None = None


class Harm(Share, frozen=True, kw_only=True):
    """Something that went wrong. ``counted`` says what the shares are of: people, procedures, or nothing that
    has a share (happenings, reports to a register).
    """

    event: Sentence
    counted: OneOf["people", "procedures", "events", "reports"] = "people"


class BadOutcome(Share, frozen=True, kw_only=True):
    """People with an outcome that nobody wants: never a success, not caused by what they were given."""

    says: str = ""


class Description(Share, frozen=True, kw_only=True):
    """A figure that is neither benefit nor harm; ``value`` with its interval and ``unit`` where it is not a share."""

    says: str = ""
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    sd: float | None = None
    unit: str = ""


class Change(Result, frozen=True, kw_only=True):
    """A score before and after, within one arm. ``interval_of`` says what ``low`` and ``high`` enclose."""

    scale: tuple[float, float] | None = None
    baseline_mean: float | None = None
    baseline_sd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    mean: float | None = None
    sd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    change: float | None = None
    change_sd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    low: float | None = None
    high: float | None = None
    interval_of: OneOf["", "mean", "change"] = ""
    average: OneOf["mean", "median"] = "mean"


class Difference(Result, frozen=True, kw_only=True):
    """This arm against another one of the file (``versus``): this minus that, or this over that for a ratio."""

    versus: Id
    measure: OneOf["mean-difference", "odds-ratio", "risk-ratio", "hazard-ratio", "percent-difference"]
    value: float
    low: float | None = None
    high: float | None = None
    scale: tuple[float, float] | None = None
    adjusted: bool = False


class Arm(Entry, frozen=True, kw_only=True):
    """People who were given the same. ``same_people_as`` names an earlier arm of the file with the same people."""

    id: Id
    intervention: Id
    label: Sentence
    n: People | None = None
    n_is: Denominator = "unknown"
    same_people_as: Id | OneOf[""] = ""
    randomised: bool | None = None
    operated_share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    note: str = ""
    responders: tuple[Responders, ...] = ()
    change: tuple[Change, ...] = ()
    difference: tuple[Difference, ...] = ()
    harm: tuple[Harm, ...] = ()
    bad_outcome: tuple[BadOutcome, ...] = ()
    description: tuple[Description, ...] = ()

    def results(self) -> tuple[Result, ...]:
        """Return every result of the arm, in the order of the kinds."""
        return (
            *self.responders,
            *self.change,
            *self.difference,
            *self.harm,
            *self.bad_outcome,
            *self.description,
        )


class PublishedStudy(Entry, frozen=True, kw_only=True):
    """One publication. ``includes`` names publications whose people a review or pooled analysis counts too;
    ``patient_level`` says that a pooled analysis counted the people of its trials themselves.
    """

    id: Id
    title: Sentence
    authors: Sentence
    journal: Sentence
    year: Annotated[int, msgspec.Meta(ge=1950, le=2100, description="a year")] | None
    volume: str = ""
    pages: str = ""
    doi: Doi = ""
    pmid: Pmid = ""
    trial: str = ""
    includes: tuple[Id, ...] = ()
    patient_level: bool = False
    design: Design
    blinding: OneOf["none", "single", "double", "unclear"]
    funding: OneOf["industry", "public", "none", "not-reported"]
    region: OneOf["lumbar", "cervical", "thoracic", "mixed"]
    pain: OneOf["radicular", "axial", "mixed", "complex-regional", "other"]
    population: Sentence
    operated_share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    read: Read
    url: Sentence
    second_reading: OneOf["", "confirmed", "corrected", "not-found"] = ""
    note: str = ""
    arm: tuple[Arm, ...]

    @property
    def people_key(self) -> str:
        """Return what publications on the same people share: the trial, or the publication itself."""
        return self.trial or self.id

    @property
    def review(self) -> bool:
        """Whether the publication puts other studies together."""
        return self.design in ("systematic-review", "meta-analysis")

    def operated(self, arm: Arm) -> float | None:
        """Return the share of an arm's people who had spine surgery before: its own, else that of the study."""
        return self.operated_share if arm.operated_share is None else arm.operated_share

    def source(self) -> Source:
        """Return the publication as a source that other knowledge may name."""
        names = [name.strip() for name in self.authors.split(",")]
        first = names[0].rsplit(" ", 1)[0] if len(names[0].rsplit(" ", 1)[-1]) <= _INITIALS else names[0]
        several = " et al." if len(names) > 1 else ""
        return Source(
            id=self.id,
            cite=f"{first}{several} {self.year or ''}".rstrip() + f", {self.journal}: {self.title}",
            doi=self.doi,
            pmid=self.pmid,
            body="" if self.doi or self.pmid else self.journal,
            url=self.url,
            read=self.read,
            year=self.year,
        )


class Override(Entry, frozen=True, kw_only=True):
    """An editor's judgement of one domain of certainty, in place of the rule's. Without ``comparator`` it holds for
    whatever figure of the intervention is judged.
    """

    id: Id
    intervention: Id
    comparator: OneOf["", "sham", "usual"] = ""
    domain: Domain
    step: Annotated[int, msgspec.Meta(ge=-2, le=0, description="0, -1 or -2")]
    why: Sentence
    by: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Threshold(Entry, frozen=True, kw_only=True):
    """A number that a rule of certainty compares with."""

    id: ThresholdId
    value: Annotated[float, msgspec.Meta(ge=0, le=100_000, description="a number from 0 to 100,000")]
    why: Sentence
    sources: tuple[Id, ...] = ()
    marks: tuple[Mark, ...] = ()


class Terms(Entry, frozen=True, kw_only=True):
    """The terms that studies are written in, by id."""

    outcomes: dict[Id, OutcomeEntry]
    classes: dict[Id, InterventionClass]
    interventions: dict[Id, Intervention]
