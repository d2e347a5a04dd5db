"""How figures of evidence are written: shares, times, weights, and the words for designs and routes."""

from postlude.catalog.published import Result, Share
from postlude.evidence.numbers import Figure
from postlude.evidence.telling import whole

ROUTES = {
    "count": "count: people who responded, of how many",
    "tried": "tried: counted among all who tried it, not only those who kept the device",
    "bounded": "bounded: some were lost; between all of those failed and they did as the others",
    "limits": 'limits: only "at most" or "at least" was printed; every count within it, evenly',
    "rounded": "rounded: a percentage of known people; every count that gives it, evenly",
    "size": "size: a percentage of a group whose size at the start is known",
    "spread": "spread: worked out from means and standard deviations of a pain score",
    "mean": "mean: worked out from means of a pain score; the spread is borrowed",
}
"""How a printed figure became evidence."""
CONTRAST_ROUTES = {"counts": "", "difference": " (a difference of scores)", "means": " (means of scores)"}
DESIGNS = {
    "rct": "randomised trial",
    "crossover-rct": "randomised crossover trial",
    "cohort-prospective": "prospective cohort",
    "cohort-retrospective": "retrospective cohort",
    "case-series": "case series",
    "case-report": "case report",
    "registry": "registry",
    "systematic-review": "systematic review",
    "meta-analysis": "meta-analysis",
}
BLINDING = {
    "none": "open",
    "single": "single-blind",
    "double": "double-blind",
    "unclear": "blinding unclear",
}
FUNDING = {
    "industry": "paid for by industry",
    "public": "paid for publicly",
    "none": "without funding",
    "not-reported": "funding not reported",
}


def how_done(design: str, blinding: str, funding: str, read: str) -> str:
    """Say what decides how far a study may be believed."""
    return f"{DESIGNS[design]}, {BLINDING[blinding]}, {FUNDING[funding]}; read: {read}"


def time(months: float | None) -> str:
    return "time not told" if months is None else "1 month" if months == 1 else f"{months:g} months"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0") + " %"


def of_100(figure: Figure) -> str:
    """Say a figure with its interval."""
    return f"{whole(figure.mean)} ({whole(figure.low)} to {whole(figure.high)})"


def moved(value: float) -> str:
    """Say by how many of 100 people a figure moves."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def signed(value: float) -> str:
    """Say a number of the logit scale."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def people(events: float | None, n: float | None) -> str:
    """Say how many of how many."""
    if n is None:
        return "size not told"
    return f"{n:g} people" if events is None else f"{events:g} of {n:g}"


def published(value: float | None, at_least: float | None, at_most: float | None) -> str:
    """Say a percentage as it was printed, or the limits that stand in its place."""
    if at_most is not None:
        return f"≤ {at_most:g} %" if at_least is None else f"{at_least:g}-{at_most:g} %"
    return percent(value) if at_least is None else f"≥ {at_least:g} %"


def share(result: Share) -> str:
    """Say a share of people as it was printed."""
    said = people(result.events, result.n)
    if result.percent is not None:
        said += f", {percent(result.percent)}"
        if result.low is not None and result.high is not None:
            said += f" ({result.low:g} to {result.high:g})"
    if (result.at_least, result.at_most) != (None, None):
        said += f", {published(None, result.at_least, result.at_most)}"
    return said


def flags(result: Result) -> list[str]:
    """Say what a reader of a figure must know of it."""
    found = [f"denominator: {result.denominator}"]
    if result.months_assumed:
        found.append("the time is assumed")
    if result.basis == "derived":
        found.append(f"derived: {result.how}" if result.how else "derived")
    if isinstance(result, Share):
        if result.not_whole_people:
            found.append("no whole number of these people gives this percentage")
        if result.cut_off:
            found.append("the percentage was cut off, not rounded")
    if result.note:
        found.append(result.note)
    return found
