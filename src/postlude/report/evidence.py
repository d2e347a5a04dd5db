"""Browses the evidence: what there is of every intervention, of one, or of one publication, as data.

``postlude evidence --json`` prints these records key by key; the modules beside this one say them as text.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from postlude.assessment.telling import cite
from postlude.catalog.catalogue import Catalogue, Library
from postlude.catalog.published import Arm, PublishedStudy, Result
from postlude.errors import UsageError, one_of
from postlude.evidence.account import Comparison
from postlude.evidence.arms import Row, SetAside, rows
from postlude.evidence.contrasts import Contrast, contrasts
from postlude.evidence.expect import Predictor
from postlude.evidence.expectation import Expectation
from postlude.evidence.pool import Pool
from postlude.evidence.why import comparison, limits
from postlude.logic.person import nobody

CONTRAST_MAPPING = "contrast-score-mapping"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Line(_Part, frozen=True, kw_only=True):
    """What there is of one intervention: counted trials, people, arms (of which randomised), and publications that
    are shown and never counted.
    """

    intervention: str
    says: str
    in_class: str
    trials: int
    people: int
    arms: int
    randomised_arms: int
    shown_only: int


class Index(_Part, frozen=True, kw_only=True):
    """Every intervention, in the order of the library, and how much there is in all."""

    interventions: tuple[Line, ...]
    publications: int
    trials: int
    arms: int
    results: int
    counted: int
    set_aside: int


class Counted(_Part, frozen=True, kw_only=True):
    """One counted result. ``route`` says how its figures became evidence, ``weight`` how much it counts (less than 1
    when the same people were measured more than once), ``design`` what kind of study it comes from. ``at_least`` and
    ``at_most`` are the limits, in percent, where only those were printed.
    """

    study: str
    arm: str
    intervention: str
    label: str
    outcome: str
    months: float | None
    events: float | None
    n: float | None
    percent: float | None
    at_least: float | None
    at_most: float | None
    route: str
    weight: float
    design: str


class StudyLine(_Part, frozen=True, kw_only=True):
    """One publication: how it is cited, and what decides how far it may be believed."""

    id: str
    cite: str
    url: str
    design: str
    blinding: str
    funding: str
    read: str


class TreatmentPage(_Part, frozen=True, kw_only=True):
    """Everything of one intervention. ``expected`` is that of a person of whom nothing is known but that it is
    started; harms and certainty stand in it.
    """

    intervention: str
    says: str
    in_class: str
    note: str
    treatments: tuple[str, ...]
    expected: Expectation
    counted: tuple[Counted, ...]
    comparisons: tuple[Comparison, ...]
    set_aside: tuple[SetAside, ...]
    studies: tuple[StudyLine, ...]


class StudyPage(_Part, frozen=True, kw_only=True):
    """One publication as it is recorded, and what is made of it. ``same_people`` are other publications of its trial,
    or reviews that count its people too.
    """

    study: PublishedStudy
    cite: str
    counted: tuple[Counted, ...]
    set_aside: tuple[SetAside, ...]
    comparisons: tuple[Comparison, ...]
    same_people: tuple[str, ...]


def index(catalogue: Catalogue, pool: Pool) -> Index:
    """Return what there is of every intervention."""
    library, found = catalogue.library, rows(catalogue.library)
    return Index(
        interventions=tuple(
            Line(
                intervention=summary.intervention,
                says=summary.says,
                in_class=library.interventions[summary.intervention].in_class,
                trials=summary.trials,
                people=summary.people,
                arms=summary.arms,
                randomised_arms=summary.randomised_arms,
                shown_only=len(summary.shown_only),
            )
            for summary in (pool.summaries[key] for key in library.interventions)
        ),
        publications=len(library.studies),
        trials=len({study.people_key for study in library.studies.values()}),
        arms=sum(len(study.arm) for study in library.studies.values()),
        results=sum(len(arm.results()) for study in library.studies.values() for arm in study.arm),
        counted=len(found.counted),
        set_aside=len(found.set_aside),
    )


def pages(catalogue: Catalogue, pool: Pool, key: str) -> tuple[TreatmentPage, ...] | StudyPage:
    """Return the page of a publication, or those of what has the id: what a treatment of an assessment rests on, and
    the intervention of that name where it is another. Raises UsageError when nothing has the id.
    """
    library = catalogue.library
    if key in library.studies:
        return study_page(catalogue, library.studies[key])
    found = [intervention_of(catalogue, key), *([key] if key in library.interventions else [])]
    return tuple(treatment_page(catalogue, pool, name) for name in dict.fromkeys(found))


def intervention_of(catalogue: Catalogue, key: str) -> str:
    """Return what studies of a treatment gave people, or the intervention of that id. Raises UsageError for neither."""
    library = catalogue.library
    if key in catalogue.treatments:
        name = catalogue.treatments[key].intervention or key
        if name in library.interventions:
            return name
        raise UsageError(f"no study of the library gave people {key!r}: there is no evidence to show")
    if key in library.interventions:
        return key
    known = sorted({*library.interventions, *catalogue.treatments, *library.studies})
    raise UsageError(f"no treatment and no study has the id {key!r}: {one_of(known, key, limit=5)}")


def treatment_page(catalogue: Catalogue, pool: Pool, key: str) -> TreatmentPage:
    """Return everything of one intervention."""
    library, found = catalogue.library, rows(catalogue.library)
    intervention = library.interventions[key]
    counted = tuple(_counted(library, row) for row in found.counted if row.intervention == key)
    compared = tuple(comparison(c, library) for c in all_contrasts(library) if c.intervention == key)
    aside = tuple(a for a in found.set_aside if a.intervention == key)
    studied = [study for study in library.studies.values() if any(arm.intervention == key for arm in study.arm)]
    return TreatmentPage(
        intervention=key,
        says=intervention.says,
        in_class=library.classes[intervention.in_class].says,
        note=intervention.note,
        treatments=tuple(t.id for t in catalogue.treatments.values() if (t.intervention or t.id) == key),
        expected=Predictor(pool).expect(nobody(1), [key])[key],
        counted=counted,
        comparisons=compared,
        set_aside=aside,
        studies=tuple(_line(catalogue, study) for study in studied),
    )


def study_page(catalogue: Catalogue, study: PublishedStudy) -> StudyPage:
    """Return one publication with what is made of it."""
    library, found = catalogue.library, rows(catalogue.library)
    same = [
        other.id
        for other in library.studies.values()
        if other.id != study.id
        and ((study.trial and other.trial == study.trial) or study.id in other.includes or other.id in study.includes)
    ]
    return StudyPage(
        study=study,
        cite=cite(catalogue, study.id).cite,
        counted=tuple(_counted(library, row) for row in found.counted if row.study == study.id),
        set_aside=tuple(a for a in found.set_aside if a.study == study.id),
        comparisons=tuple(comparison(c, library) for c in all_contrasts(library) if c.study == study.id),
        same_people=tuple(same),
    )


def all_contrasts(library: Library) -> tuple[Contrast, ...]:
    """Return every comparison inside a trial that counts."""
    return contrasts(library, library.priors[CONTRAST_MAPPING].sd) if library.studies else ()


def results(arm: Arm) -> Iterator[tuple[str, Result]]:
    """Yield every result of an arm with the word for its kind."""
    kinds: dict[str, tuple[Any, ...]] = {
        "good outcome": arm.responders,
        "score": arm.change,
        "against another arm": arm.difference,
        "harm": arm.harm,
        "bad outcome": arm.bad_outcome,
        "description": arm.description,
    }
    for kind, found in kinds.items():
        yield from ((kind, result) for result in found)


def design_of(study: PublishedStudy, *, randomised: bool) -> str:
    """Say what kind of comparison an arm stood in."""
    if not randomised:
        return "uncontrolled"
    return "randomised, blinded" if study.blinding == "double" else "randomised, open"


def _counted(library: Library, row: Row) -> Counted:
    study = library.studies[row.study]
    at_least, at_most = limits(library, row)
    return Counted(
        study=row.study,
        arm=row.arm,
        intervention=row.intervention,
        label=row.label,
        outcome=row.outcome,
        months=row.months,
        events=row.events,
        n=row.n,
        percent=row.percent,
        at_least=at_least,
        at_most=at_most,
        route=row.route,
        weight=row.weight,
        design=design_of(study, randomised=row.randomised),
    )


def _line(catalogue: Catalogue, study: PublishedStudy) -> StudyLine:
    cited = cite(catalogue, study.id)
    return StudyLine(
        id=study.id,
        cite=cited.cite,
        url=cited.url,
        design=study.design,
        blinding=study.blinding,
        funding=study.funding,
        read=study.read,
    )
