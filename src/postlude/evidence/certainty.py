"""How certain a figure is, by GRADE's five domains: each judged by a stated rule, or by an editor who gives a reason.

Comparisons inside randomised trials begin at high, shares of single groups at low. A domain takes away 0, 1 or 2
levels; nothing adds any. ``docs/certainty.md`` states each rule; the numbers stand in ``terms/certainty.toml``.
"""

from collections.abc import Sequence
from typing import NamedTuple

from postlude.catalog.catalogue import Library
from postlude.evidence import grounds
from postlude.evidence.arms import Row
from postlude.evidence.contrasts import Contrast, tested
from postlude.evidence.grounds import Grounds, threshold
from postlude.evidence.pool import Benefit, Certainty, Comparator, Domain, Judgement, Level

_LEVELS: tuple[Level, ...] = ("very low", "low", "moderate", "high")
_COMPARATORS: dict[Comparator, str] = {"sham": "certainty.sham", "usual": "certainty.usual"}
"""What a benefit may be over, the better ground first."""


class _Ruled(NamedTuple):
    step: int
    why: str


def certainty(
    library: Library,
    intervention: str,
    benefits: Sequence[Benefit],
    rows: Sequence[Row],
    contrasts: Sequence[Contrast],
) -> Certainty | None:
    """Return the certainty of the best figure there is: benefit over sham, over usual care, or share of responders.

    ``benefits``, ``rows`` (those counted) and ``contrasts`` are the intervention's own. ``None`` when nothing counts.
    Raises :class:`ValueError` for a benefit without a comparison that it could come from.
    """
    benefit = next((b for kind in _COMPARATORS for b in benefits if b.comparator == kind), None)
    if benefit is None and not rows:
        return None
    figure = grounds.single(rows, library) if benefit is None else grounds.compared(benefit, contrasts, library)
    start: Level = "low" if benefit is None else "high"
    ruled: dict[Domain, _Ruled] = {
        "risk of bias": _risk_of_bias(figure, library),
        "inconsistency": _inconsistency(figure, library),
        "indirectness": _indirectness(figure, library),
        "imprecision": _imprecision(figure, library),
        "publication bias": _publication_bias(figure, library),
    }
    judgements = tuple(_judged(library, intervention, benefit, domain, rule) for domain, rule in ruled.items())
    left = _LEVELS.index(start) + sum(judgement.step for judgement in judgements)
    return Certainty(
        level=_LEVELS[max(left, 0)],
        about=_about(figure, start, library),
        judgements=judgements,
        missing=missing(library, intervention),
    )


def missing(library: Library, intervention: str) -> tuple[str, ...]:
    """Return a sentence for each comparison that nobody has made in operated people; none for a comparator itself."""
    named = library.interventions[intervention]
    if named.comparator:
        return ()
    say = library.sentences
    made = tested(library, intervention)
    found = []
    for kind, word in _COMPARATORS.items():
        studies = made.get(kind, {})
        if not studies:
            found.append(say["certainty.missing"].format(intervention=named.says, comparator=say[word]))
        elif not any(studies.values()):
            found.append(
                say["certainty.missing_operated"].format(
                    intervention=named.says, comparator=say[word], studies=", ".join(studies)
                )
            )
    return tuple(found)


def _about(figure: Grounds, start: Level, library: Library) -> str:
    say = library.sentences
    studies = len(figure.trials())
    if figure.benefit is None:
        return say["certainty.about_share"].format(studies=studies, level=start)
    comparator = say[_COMPARATORS[figure.benefit.comparator]]
    if figure.benefit.stands_on_review:
        return say["certainty.about_review"].format(comparator=comparator, level=start)
    return say["certainty.about_benefit"].format(comparator=comparator, studies=studies, level=start)


def _judged(library: Library, intervention: str, benefit: Benefit | None, domain: Domain, rule: _Ruled) -> Judgement:
    """Return the editor's judgement if there is one, the one for this very comparison first; else the rule's."""
    comparator = benefit.comparator if benefit is not None else ""
    for wanted in dict.fromkeys((comparator, "")):
        for entry in library.certainty.values():
            if (entry.intervention, entry.comparator, entry.domain) == (intervention, wanted, domain):
                why = library.sentences["certainty.overridden"].format(why=entry.why, step=rule.step, rule=rule.why)
                return Judgement(domain=domain, step=entry.step, why=why, by=entry.by)
    return Judgement(domain=domain, step=rule.step, why=rule.why)


# --- the rules --------------------------------------------------------------------------------------


def _risk_of_bias(figure: Grounds, library: Library) -> _Ruled:
    """One step without blinding (or without any control), one when most results leave people out."""
    say, most, benefit = library.sentences, threshold(library, "most-people"), figure.benefit
    whole = figure.share(lambda part: part.whole)
    if benefit is None:
        sound = figure.share(lambda part: part.controlled)
        first = say["certainty.controlled"].format(share=_percent(sound))
    elif benefit.comparator == "sham":
        sound = figure.share(lambda part: part.blinded)
        first = say["certainty.blinded"].format(share=_percent(sound))
    else:
        # With usual care there is nothing that a person could take for the treatment, whatever a trial calls itself.
        sound = 0.0
        first = say["certainty.open"].format(comparator=say[_COMPARATORS[benefit.comparator]])
    return _Ruled(-sum((sound < most, whole < most)), f"{first} {say['certainty.whole'].format(share=_percent(whole))}")


def _inconsistency(figure: Grounds, library: Library) -> _Ruled:
    """One step when trials disagree on whether there is a benefit at all, or published shares lie far apart."""
    say, studies, benefit = library.sentences, len(figure.trials()), figure.benefit
    if studies == 1:
        review = benefit is not None and benefit.stands_on_review
        return _Ruled(0, say["certainty.one_review" if review else "certainty.one_study"])
    if benefit is not None:
        why = say["certainty.predicted"].format(
            studies=studies,
            times=f"{figure.spread():.1f}",
            low=f"{benefit.low95:.0f}",
            high=f"{benefit.high95:.0f}",
            beyond=f"{threshold(library, 'beyond-chance'):g}",
            limit=f"{threshold(library, 'large-benefit'):g}",
        )
        return _Ruled(-int(_disagree(figure, library)), why)
    several = [trials for trials in figure.shares.values() if len(trials) > 1]
    if not several:
        return _Ruled(0, say["certainty.no_shares"])
    limit = threshold(library, "wide-range")
    ranges = [(min(map(min, t.values())), max(map(max, t.values())), len(t)) for t in several]
    low, high, printed = max(ranges, key=lambda r: r[1] - r[0])
    why = say["certainty.range"].format(low=f"{low:.0f}", high=f"{high:.0f}", studies=printed, limit=f"{limit:g}")
    return _Ruled(-int(high - low > limit), why)


def _indirectness(figure: Grounds, library: Library) -> _Ruled:
    """One step when most people were not operated on, one when nobody counted responders."""
    say, most = library.sentences, threshold(library, "most-people")
    operated = figure.share(lambda part: part.operated)
    counted = sum(part.counted for part in figure.parts)
    who = say["certainty.operated"].format(
        share=_percent(operated), least=_percent(threshold(library, "operated-population"))
    )
    what = say["certainty.counted"].format(counted=counted, results=len(figure.parts))
    return _Ruled(-sum((operated < most, not counted)), f"{who} {what}")


def _imprecision(figure: Grounds, library: Library) -> _Ruled:
    """One step for few people or an interval that decides nothing, two for very few people."""
    say, people, benefit = library.sentences, figure.people(), figure.benefit
    few, very_few = threshold(library, "few-people"), threshold(library, "very-few-people")
    step = -2 if people < very_few else -1 if people < few else 0
    why = say["certainty.people"].format(people=people, few=f"{few:g}", very_few=f"{very_few:g}")
    if benefit is None:
        return _Ruled(step, why)
    # What counted as disagreement is not held against the figure twice.
    if _disagree(figure, library):
        return _Ruled(step, f"{why} {say['certainty.interval_counted']}")
    limit = threshold(library, "useful-benefit")
    low, high = f"{benefit.low95:.0f}", f"{benefit.high95:.0f}"
    if benefit.low95 < 0 and benefit.high95 > limit:
        return _Ruled(
            min(step, -1), f"{why} {say['certainty.interval'].format(low=low, high=high, limit=f'{limit:g}')}"
        )
    return _Ruled(step, f"{why} {say['certainty.interval_clear'].format(low=low, high=high, limit=f'{limit:g}')}")


def _publication_bias(figure: Grounds, library: Library) -> _Ruled:
    """One step when every comparison is small and of an interested payer, or several series are all small."""
    say, trials = library.sentences, figure.trials()
    limit, several = threshold(library, "small-trial"), threshold(library, "several-studies")
    largest = max(trials.values())
    if figure.benefit is None:
        why = say["certainty.series"].format(
            studies=len(trials), largest=largest, several=f"{several:g}", limit=f"{limit:g}"
        )
        return _Ruled(-int(len(trials) >= several and largest < limit), why)
    interested = sum(part.interested for part in figure.parts)
    studies = len(figure.parts)
    why = say["certainty.payers"].format(interested=interested, studies=studies, largest=largest, limit=f"{limit:g}")
    return _Ruled(-int(interested == studies and largest < limit), why)


def _disagree(figure: Grounds, library: Library) -> bool:
    """Return whether trials spread beyond chance, so far that one clinic may expect harm and another a large benefit.

    A wide prediction alone may come from few trials, and is then imprecise rather than inconsistent.
    """
    benefit = figure.benefit
    if benefit is None or figure.spread() < threshold(library, "beyond-chance"):
        return False
    return benefit.low95 < 0 and benefit.high95 > threshold(library, "large-benefit")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
