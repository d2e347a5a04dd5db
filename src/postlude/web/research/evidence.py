"""The evidence: every intervention, what may be expected of it, each result behind the figure, each publication."""

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postlude.catalog.published import Arm
from postlude.errors import UsageError
from postlude.evidence import pictures, telling
from postlude.evidence.arms import Rows, rows
from postlude.registry import knowledge
from postlude.registry.roles import Permission
from postlude.report import evidence as browsed
from postlude.report import evidence_treatment
from postlude.report.evidence_study import figures, operated, where
from postlude.report.evidence_words import DESIGNS, ROUTES, flags, how_done, percent, time
from postlude.report.explain import explain
from postlude.web.access import needs


@needs(Permission.SEE_EVIDENCE)
def index(request: HttpRequest) -> HttpResponse:
    """Every intervention, by class."""
    catalogue = knowledge.catalogue()
    found = _index()
    classes = [
        (entry.says, [line for line in found.interventions if line.in_class == key])
        for key, entry in catalogue.library.classes.items()
    ]
    page = {"found": found, "classes": [(says, lines) for says, lines in classes if lines], "part": "evidence"}
    return render(request, "research/evidence.html", page)


@needs(Permission.SEE_EVIDENCE)
def treatment(request: HttpRequest, intervention: str) -> HttpResponse:
    """One intervention, whole."""
    page, say = _page(intervention), knowledge.words()
    aside: dict[str, list[Any]] = {}
    for one in page.set_aside:
        aside.setdefault(one.why, []).append(one)
    shown = {
        "page": page,
        "expected": [*telling.clinician(page.expected, say), *telling.other_times(page.expected, say)],
        "harms": list(telling.harms(page.expected, say, most=len(page.expected.harms))),
        "counted": [
            {
                "row": row,
                "when": time(row.months),
                "percent": percent(row.percent),
                "route": ROUTES[row.route].split(":")[0],
            }
            for row in page.counted
        ],
        "routes": [ROUTES[route] for route in dict.fromkeys(row.route for row in page.counted)],
        "comparisons": [(found, evidence_treatment.said(found, say)) for found in page.comparisons],
        "certainty": telling.certainty(page.expected, say),
        "aside": aside,
        "studies": [
            (line, how_done(line.design, line.blinding, line.funding, line.read), DESIGNS[line.design])
            for line in page.studies
        ],
        "drawn": _forest(intervention) is not None,
        "part": "evidence",
    }
    return render(request, "research/treatment.html", shown)


@needs(Permission.SEE_EVIDENCE)
def forest(request: HttpRequest, intervention: str) -> HttpResponse:
    """The studies of an intervention as a picture, wide or narrow."""
    svg = _forest(intervention, narrow="narrow" in request.GET)
    if svg is None:
        raise Http404("too little was published to draw")
    return HttpResponse(svg, content_type="image/svg+xml")


@needs(Permission.SEE_EVIDENCE)
def publication(request: HttpRequest, study: str) -> HttpResponse:
    """One publication as it is recorded, and what is made of it."""
    catalogue = knowledge.catalogue()
    if study not in catalogue.library.studies:
        raise Http404("there is no such publication")
    page, say = browsed.study_page(catalogue, catalogue.library.studies[study]), knowledge.words()
    found = page.study
    shown = {
        "page": page,
        "where": where(found),
        "how": how_done(found.design, found.blinding, found.funding, found.read),
        "operated": operated(found),
        "arms": [_arm(arm) for arm in found.arm],
        "counted": [(row, time(row.months), percent(row.percent)) for row in page.counted],
        "comparisons": [evidence_treatment.said(one, say) for one in page.comparisons],
        "part": "evidence",
    }
    return render(request, "research/publication.html", shown)


def _arm(arm: Arm) -> dict[str, Any]:
    library = knowledge.catalogue().library
    told = [
        (kind, library.outcomes[result.outcome].says, time(result.months), figures(result), "; ".join(flags(result)))
        for kind, result in browsed.results(arm)
    ]
    return {"arm": arm, "says": library.interventions[arm.intervention].says, "results": told}


@needs(Permission.SEE_EVIDENCE)
def explained(request: HttpRequest, key: str) -> HttpResponse:
    """A rule, fact, treatment, medicine or source of the knowledge, as `postlude explain` says it."""
    try:
        text = explain(knowledge.catalogue(), key)
    except UsageError as error:
        raise Http404(str(error)) from None
    return render(request, "research/entry.html", {"key": key, "text": text, "part": "evidence"})


@cache
def _index() -> browsed.Index:
    return browsed.index(knowledge.catalogue(), knowledge.pool())


@cache
def _rows() -> Rows:
    return rows(knowledge.catalogue().library)


@cache
def _page(intervention: str) -> browsed.TreatmentPage:
    catalogue = knowledge.catalogue()
    try:
        return browsed.treatment_page(catalogue, knowledge.pool(), browsed.intervention_of(catalogue, intervention))
    except UsageError as error:
        raise Http404(str(error)) from None


@cache
def _forest(intervention: str, *, narrow: bool = False) -> str | None:
    return pictures.forest_plot(knowledge.catalogue().library, _rows(), _page(intervention).expected, narrow=narrow)
