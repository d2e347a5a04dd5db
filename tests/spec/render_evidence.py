"""Writes the tables of docs/evidence.md from the shipped evidence: ``make docs``. The prose around them is by hand.

A table stands between ``<!-- begin NAME -->`` and ``<!-- end -->``; what stands there is replaced.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from math import exp
from pathlib import Path

from postlude.catalog.catalogue import Library
from postlude.catalog.load import load
from postlude.catalog.published import Prior
from postlude.evidence import arms, audit, expect, likelihood, make
from postlude.evidence.audit import Holding, LeftOut
from postlude.evidence.make import Fitted
from postlude.evidence.pool import Pool

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
SLOW = frozenset({"left-out", "outside"})
"""Tables that take many fits."""
_TABLE = re.compile(r"(?s)(<!-- begin ([a-z-]+) -->\n).*?(<!-- end -->)")
_NORMAL_95 = 1.96

ROUTES = {
    "count": "events and people were printed: those counts",
    "tried": "events among those with the device, and how many were tried: events of those tried",
    "bounded": "events among those still followed, and how many started: five shares evenly from *all who were lost "
    "failed* to *they did as the others*, each with the weight of those followed",
    "limits": "that a share is at most, or at least, something: every count that fits",
    "rounded": "a percentage and the people it is of: every count that gives the percentage, evenly",
    "size": "a percentage, and only the size of the arm: eight sizes of the group up to that of the arm",
    "spread": "means and standard deviations of a pain score: the share that a normal distribution of scores implies",
    "mean": "means of a pain score: the same, with a borrowed spread",
}
COMPARISONS = {
    "counts": "responders of both arms",
    "difference": "a printed difference between the arms: an odds ratio of responders, or of mean scores",
    "means": "mean scores of both arms",
}


@cache
def shipped() -> Library:
    return load().library


@cache
def fitted() -> Fitted:
    return make.fit_library(shipped())


@cache
def pool() -> Pool:
    return make.pool(fitted())


@cache
def left_out() -> tuple[LeftOut, ...]:
    return audit.left_out(fitted())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are as they come."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


# --- what is held -----------------------------------------------------------------------------------


def _held(first: str, found: dict[str, Holding]) -> str:
    head = (first, "publications", "trials", "with a counted share", "with a counted comparison", "shown only")
    return table(head, ([f"**{name}**" if name == "all" else name, *held] for name, held in found.items()))


def design() -> str:
    return _held("design", audit.holdings(fitted(), lambda study: study.design))


def region() -> str:
    return _held("region", audit.holdings(fitted(), lambda study: study.region))


def read() -> str:
    return _held("what was read", audit.holdings(fitted(), lambda study: study.read))


def read_twice() -> str:
    said = {"": "read once", "confirmed": "confirmed", "corrected": "corrected", "not-found": "page not found again"}
    counts = Counter(said[study.second_reading] for study in shipped().studies.values())
    return table(("second reading", "publications"), ([name, counts[name]] for name in said.values()))


def weak_sources() -> str:
    """Publications of which no page of their own was read, or that cannot be found by a number."""
    shares, compared = ({part.study for part in parts} for parts in (fitted().rows.counted, fitted().contrasts))
    rows = [
        (f"`{s.id}`", s.read, ", ".join(n for n, used in (("share", shares), ("comparison", compared)) if s.id in used))
        for s in shipped().studies.values()
        if s.read in ("second-hand", "announcement")
    ]
    return table(("publication", "what was read", "counted as"), ((*row[:2], row[2] or "shown only") for row in rows))


def unnumbered() -> str:
    found = [s for s in shipped().studies.values() if not s.doi and not s.pmid]
    rest = ", ".join(f"`{s.id}`" for s in found if not s.volume)
    return f"{len(found)} publications carry neither a DOI nor a PMID; these have no volume either: {rest}."


def results() -> str:
    named = ("responders", "change", "difference", "harm", "bad_outcome", "description")
    studies = shipped().studies.values()
    rows = [[name.replace("_", " "), sum(len(getattr(a, name)) for s in studies for a in s.arm)] for name in named]
    return table(("kind of result", "results"), [*rows, ["**arms**", sum(len(s.arm) for s in studies)]])


def conduct() -> str:
    head = (
        "intervention",
        "trials and series",
        "randomised",
        "paid by industry, by others, not told",
        "blinded double, single, open, not clear",
        "arms counted (randomised)",
        "people",
        "borrowed",
        "trials against sham, usual care",
    )
    rows = []
    for key, found in audit.conduct(fitted()).items():
        summary = pool().summaries[key]
        money, blind = Counter(found.funding), Counter(found.blinding)
        compared = {b.comparator: "review" if b.stands_on_review else b.trials for b in summary.benefits}
        rows.append(
            (
                f"`{key}`",
                found.trials,
                found.randomised_trials,
                f"{money['industry']}, {money['public'] + money['none']}, {money['not-reported']}",
                f"{blind['double']}, {blind['single']}, {blind['none']}, {blind['unclear']}",
                f"{found.arms} ({found.randomised})",
                summary.people or "–",
                f"{100 * summary.borrowed:.0f} %",
                "itself" if summary.comparator else f"{compared.get('sham', 0)}, {compared.get('usual', 0)}",
            )
        )
    return table(head, rows)


# --- how a number is made ---------------------------------------------------------------------------


def routes() -> str:
    counts = Counter(row.route for row in fitted().rows.counted)
    rows = [[f"`{name}`", what, counts[name]] for name, what in ROUTES.items()]
    return table(
        ("route", "what was printed, and what is made of it", "results"), [*rows, ["**all**", "", counts.total()]]
    )


def set_aside() -> str:
    """Reasons that name a publication are put together."""
    whys = Counter(re.sub(r" in [a-z0-9-]+$", " in another publication", a.why) for a in fitted().rows.set_aside)
    return table(
        ("a result on pain is set aside because", "results"), sorted(whys.items(), key=lambda w: (-w[1], w[0]))
    )


def comparisons() -> str:
    rows = []
    for kind in ("sham", "usual"):
        for route, what in COMPARISONS.items():
            found = [c for c in fitted().contrasts if (c.comparator, c.route) == (kind, route)]
            double, reviews = sum(c.double_blind for c in found), sum(c.review for c in found)
            rows.append((kind, what, len(found), double, reviews))
    return table(("against", "from", "comparisons", "of which double-blind", "of which a review's"), rows)


def numbers() -> str:
    """The judgements that stand in code rather than in a knowledge file."""
    rows = [
        ("correlation of results of the same people", arms._REPEAT),
        ("latest result that is counted, months", arms._MOST_MONTHS),
        ("a study is small below, people", arms._SMALL),
        ("size of a group of which only the arm is known: median, of the arm", likelihood._SIZE_SHARE),
        ("the same: standard deviation of the log", likelihood._SIZE_SD),
        ("correlation of scores before and after", f"{likelihood._LOW_R} to {likelihood._HIGH_R}"),
        ("spread of a score after treatment, where none is printed, points of 10", likelihood.USUAL_SD),
        ("the same before treatment", likelihood._USUAL_BASELINE_SD),
        ("*mostly borrowed* above", f"{100 * expect._MOSTLY:.0f} %"),
        ("*wide* above, people of 100", expect._WIDE),
        ("a trait is told apart when its prior variance fell by", f"{100 * expect._LEARNT:.0f} %"),
    ]
    return table(("judgement", "value"), ((what, f"{v:g}" if isinstance(v, float) else v) for what, v in rows))


def priors() -> str:
    head = ("prior", "what it is about", "logit scale", "in other words", "stands on", "why")
    return table(head, (_prior(prior) for prior in shipped().priors.values()))


def _prior(prior: Prior) -> tuple[str, ...]:
    marks = [*prior.sources, *(f"*{mark}*" for mark in prior.marks)]
    why = f"{prior.why} ({', '.join(marks)})" if marks else prior.why
    form = f"N({prior.mean:g}, {prior.sd:g})" if prior.form == "normal" else f"half-N({prior.sd:g})"
    return f"`{prior.id}`", prior.says, form, _in_other_words(prior), f"**{prior.stands_on}**", why


def _in_other_words(prior: Prior) -> str:
    if prior.form == "half-normal":
        return f"standard deviation of logits, 95 % below {_NORMAL_95 * prior.sd:.2f}"
    ends = (prior.mean, prior.mean - _NORMAL_95 * prior.sd, prior.mean + _NORMAL_95 * prior.sd)
    if prior.id in ("overall", "contrast-intercept"):
        middle, low, high = (f"{100 / (1 + exp(-end)):.0f}" for end in ends)
        return f"{middle} of 100 ({low} to {high})"
    middle, low, high = (f"{exp(end):.2f}" for end in ends)
    return f"odds × {middle} ({low} to {high})"


def traits() -> str:
    rows = []
    for covariate in shipped().covariates.values():
        shares = ", ".join(f"{name} {share:g}" for name, share in covariate.shares.items())
        rows.append((covariate.says, covariate.says_not, f"`{covariate.key}`: {shares or 'as printed'}"))
    return table(("with it", "without it", "share of a published population that has it"), rows)


# --- how well it predicts ---------------------------------------------------------------------------


def left_out_table() -> str:
    found = left_out()
    groups = {
        "all counted shares": found,
        "those whose count is known": [o for o in found if o.exact],
        "those with several possible counts": [o for o in found if not o.exact],
        "one for each arm": [o for o in found if o.first],
        "one for each arm, randomised": [o for o in found if o.first and o.row.randomised],
        "one for each arm, no control group": [o for o in found if o.first and not o.row.randomised],
    }
    head = ("shares", "number", "inside 80 %", "inside 95 %", "score: model", "score: same intervention", "score: all")
    rows = []
    for name, group in groups.items():
        got = audit.agreement(group)
        rows.append(
            (
                name,
                got.shares,
                f"{100 * got.inside80:.0f} %",
                f"{100 * got.inside95:.0f} %",
                *(f"{score:.1f}".replace("-", "−") for score in (got.model, got.pooled, got.everything)),
            )
        )
    return table(head, rows)


def outside() -> str:
    rows = [
        (
            f"`{o.row.study}`",
            o.row.intervention,
            o.row.outcome,
            "–" if o.row.months is None else f"{o.row.months:g}",
            _printed(o),
            "higher" if o.below > 0.5 else "lower",
        )
        for o in left_out()
        if o.inside95 < 0.5
    ]
    return table(("study", "intervention", "outcome", "months", "printed", "than predicted"), rows)


def _printed(found: LeftOut) -> str:
    if found.row.percent is not None:
        return f"{found.row.percent:.0f} %"
    events = [part.events for part in found.row.binomial]
    return f"{min(events):.0f} to {max(events):.0f} of {found.row.n:.0f}"


TABLES: dict[str, Callable[[], str]] = {
    "design": design,
    "region": region,
    "read": read,
    "read-twice": read_twice,
    "weak-sources": weak_sources,
    "unnumbered": unnumbered,
    "results": results,
    "conduct": conduct,
    "routes": routes,
    "set-aside": set_aside,
    "comparisons": comparisons,
    "numbers": numbers,
    "priors": priors,
    "traits": traits,
    "left-out": left_out_table,
    "outside": outside,
}


def render(page: str, names: Iterable[str] = TABLES) -> str:
    """Return the page with the named tables made anew. Raises KeyError for a table that nobody makes."""
    wanted = set(names)

    def made(found: re.Match[str]) -> str:
        make_table = TABLES[found[2]]
        return f"{found[1]}{make_table()}\n{found[3]}" if found[2] in wanted else found[0]

    return _TABLE.sub(made, page)


def named(page: str) -> list[str]:
    """Return the names of the tables that a page holds, in order."""
    return [found[2] for found in _TABLE.finditer(page)]


def write() -> None:
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
