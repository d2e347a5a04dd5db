"""The evidence of one intervention as text, and the index of all."""

from collections.abc import Iterator, Mapping

from postlude.catalog.catalogue import Catalogue
from postlude.evidence import telling
from postlude.evidence.account import Comparison
from postlude.evidence.expectation import Expectation
from postlude.report.evidence import Counted, Index, Line, TreatmentPage
from postlude.report.evidence_words import CONTRAST_ROUTES, ROUTES, how_done, people, published, time
from postlude.report.layout import WIDTH, bullet, heading, paragraph

_PRIORS = "Priors that are our own judgement are in every figure: postlude evidence priors {id}"


def index(catalogue: Catalogue, found: Index) -> str:
    """Return one line for each intervention, by class."""
    return "\n".join(_index(catalogue, found)) + "\n"


def _index(catalogue: Catalogue, found: Index) -> Iterator[str]:
    yield paragraph(
        f"The library holds {found.publications} publications of {found.trials} trials and series, {found.arms} arms "
        f"and {found.results} results. {found.counted} results on relief of pain are counted; {found.set_aside} are "
        "shown and not counted, each with its reason."
    )
    classes: dict[str, list[Line]] = {}
    for line in found.interventions:
        classes.setdefault(line.in_class, []).append(line)
    yield ""
    yield _row("", "counted:", "", "", "of which", "only")
    yield _row("", "trials", "people", "arms", "randomised", "shown")
    for key, lines in classes.items():
        yield ""
        yield paragraph(catalogue.library.classes[key].says)
        for line in lines:
            figures = (line.trials, line.people, line.arms, line.randomised_arms, line.shown_only)
            yield _row(f"  {line.intervention}", *(str(f) if f else "-" for f in figures))
    yield ""
    yield paragraph(
        "Trials and people are those with a result on relief of pain that could be counted; people are counted once "
        "in each line. Only shown: publications whose results could not be counted as relief."
    )
    yield ""
    yield bullet("postlude evidence ID: one of these, a treatment or a publication")
    yield bullet("postlude evidence why ID --for INTAKE.json: what made a number for one person")
    yield bullet("postlude evidence priors: what was assumed, and what each assumption moves")


def _row(name: str, *cells: str) -> str:
    widths = (10, 9, 7, 12, 8)
    return (f"{name:<30}" + "".join(cell.rjust(w) for cell, w in zip(cells, widths, strict=True))).rstrip()


def treatment(page: TreatmentPage, say: Mapping[str, str]) -> str:
    """Return everything of one intervention; ``say`` holds the sentences of the interface."""
    return "\n".join(_lines(page, say)) + "\n"


def _lines(page: TreatmentPage, say: Mapping[str, str]) -> Iterator[str]:
    yield "=" * WIDTH
    yield paragraph(f"{page.says} ({page.intervention})")
    yield "=" * WIDTH
    yield paragraph(f"Class: {page.in_class}.")
    if page.treatments:
        yield paragraph(f"Rests on it: {', '.join(page.treatments)} (postlude explain ID).")
    if page.note:
        yield paragraph(page.note)
    yield from _expected(page.expected, say)
    yield from _counted(page)
    yield from _comparisons(page, say)
    yield from _aside(page)
    yield heading("harms")
    for sentence in telling.harms(page.expected, say, most=len(page.expected.harms)):
        yield bullet(sentence, sign="!")
    yield from _certainty(page.expected, say)
    yield heading("studies")
    for study in page.studies:
        yield bullet(f"{study.id}: {study.cite}")
        yield paragraph(how_done(study.design, study.blinding, study.funding, study.read), indent="    ")
    if not page.studies:
        yield paragraph("None in the library.")
    yield ""
    yield "-" * WIDTH
    yield paragraph("Each publication as it is recorded: postlude evidence ID")


def _expected(expected: Expectation, say: Mapping[str, str]) -> Iterator[str]:
    yield heading("what may be expected")
    yield paragraph(
        "Of 100 people, started on it at a clinic that nobody has studied; here a person of whom nothing is known. A "
        "prediction, not a promise, and never a comparison of one treatment with another."
    )
    for sentence in (*telling.clinician(expected, say), *telling.other_times(expected, say)):
        yield bullet(sentence, sign="=")
    if expected.shares:
        yield paragraph(_PRIORS.format(id=expected.intervention))


def _counted(page: TreatmentPage) -> Iterator[str]:
    yield heading("results that are counted")
    if not page.counted:
        yield paragraph("None.")
        return
    groups: dict[str, list[Counted]] = {}
    for row in page.counted:
        groups.setdefault(row.study, []).append(row)
    yield f"  {'outcome':<22}{'when':<14}{'people':>13}{'share':>10}  {'route':<9}{'weight':>6}"
    for study, rows in groups.items():
        yield f"{study} ({', '.join(dict.fromkeys(row.design for row in rows))})"
        for row in rows:
            yield from counted_row(row)
    yield ""
    for route in dict.fromkeys(row.route for row in page.counted):
        yield bullet(ROUTES.get(route, route))
    yield bullet("weight: below 1 where the same people were measured more than once")


def counted_row(row: Counted) -> Iterator[str]:
    """Yield one counted result as a line of the table."""
    outcome = row.outcome
    if len(outcome) > 21:
        yield f"  {outcome}"
        outcome = ""
    yield (
        f"  {outcome:<22}{time(row.months):<14}{people(row.events, row.n):>13}"
        f"{published(row.percent, row.at_least, row.at_most):>10}  {row.route:<9}{row.weight:>6.2f}"
    )


def _comparisons(page: TreatmentPage, say: Mapping[str, str]) -> Iterator[str]:
    yield heading("comparisons inside trials")
    if not page.comparisons:
        yield paragraph("None that gives a figure for relief of pain.")
    for found in page.comparisons:
        yield bullet(said(found, say))


def said(found: Comparison, say: Mapping[str, str]) -> str:
    """Return one comparison in words: what was printed, and what it says of responding."""
    whose = "a review's pooled figure" if found.review else CONTRAST_ROUTES[found.route].strip(" ()")
    ratio = "its precision is not known"
    if found.odds_ratio is not None and found.low is not None and found.high is not None:
        ratio = f"odds ratio {found.odds_ratio:.2g} ({found.low:.2g} to {found.high:.2g}), above 1 favours it"
    return (
        f"{found.study} against {say[f'expect.{found.comparator}']}: {found.outcome}, {time(found.months)}: "
        f"{found.printed}{f' ({whose})' if whose else ''}; {ratio}"
    )


def _aside(page: TreatmentPage) -> Iterator[str]:
    yield heading("results set aside")
    if not page.set_aside:
        yield paragraph("No result on relief of pain.")
    reasons: dict[str, list[str]] = {}
    for aside in page.set_aside:
        reasons.setdefault(aside.why, []).append(f"{aside.study} ({aside.outcome})")
    for why, results in reasons.items():
        yield bullet(f"{why}: {', '.join(dict.fromkeys(results))}")


def _certainty(expected: Expectation, say: Mapping[str, str]) -> Iterator[str]:
    yield heading("certainty")
    yield paragraph(telling.certainty(expected, say))
    found = expected.certainty
    if found is None:
        return
    yield paragraph(f"Judged is {found.about}.")
    for judgement in found.judgements:
        step = f"−{-judgement.step}" if judgement.step else "0"
        by = "" if judgement.by == "rule" else f" (judged by {judgement.by})"
        yield bullet(f"{judgement.domain} {step}{by}: {judgement.why}")
    for sentence in found.missing:
        yield bullet(sentence, sign="?")
