"""What made a number, as text: the arms, what was borrowed, the terms, and the trial that moves it most."""

from collections.abc import Iterator, Mapping

from postlude.evidence import telling
from postlude.evidence.account import Why, WhyTerm
from postlude.report.evidence_treatment import said
from postlude.report.evidence_words import moved, of_100, people, published, signed, time
from postlude.report.layout import WIDTH, bullet, heading, paragraph

_SMALL = 0.05
"""What moves a figure by less (of 100 people) is summed up in one line."""


def why(found: Why, say: Mapping[str, str], *, title: str) -> str:
    """Return what made a number; ``title`` says for whom."""
    return "\n".join(_lines(found, say, title)) + "\n"


def _lines(found: Why, say: Mapping[str, str], title: str) -> Iterator[str]:
    yield "=" * WIDTH
    yield paragraph(title)
    yield "=" * WIDTH
    yield from _number(found, say)
    yield from _arms(found)
    if found.figure is not None:
        yield from _borrowed(found)
        yield from _terms(found)
        yield from _scales(found)
        yield from _without(found)
    yield heading("the benefit, from comparisons inside trials")
    for comparison in found.comparisons:
        yield bullet(said(comparison, say))
    if not found.comparisons:
        yield paragraph("No trial of the library compares it with sham or usual care.")


def _number(found: Why, say: Mapping[str, str]) -> Iterator[str]:
    yield heading("the number")
    for sentence in telling.clinician(found.expected, say):
        yield bullet(sentence, sign="=")
    known = [trait.says if trait.has else trait.says_not for trait in found.expected.traits if trait.has is not None]
    yield paragraph(f"Known of this person: {', '.join(known) or 'none of the traits that populations differ in'}.")


def _arms(found: Why) -> Iterator[str]:
    yield heading("the arms behind it")
    if not found.arms:
        yield paragraph("No result of it could be counted as relief.")
        return
    yield paragraph(
        "Printed: the share as published. Model: what the model makes of that very arm, with its interval. Weight: its "
        "part of all that the results of this treatment say."
    )
    yield ""
    yield f"  {'outcome':<22}{'when':<12}{'people':>11}{'printed':>9}{'model':>16}{'weight':>8}"
    study = ""
    for arm in found.arms:
        if arm.study != study:
            study = arm.study
            yield study
        outcome = arm.outcome
        if len(outcome) > 21:
            yield f"  {outcome}"
            outcome = ""
        size = "not told" if arm.n is None else people(arm.events, arm.n).removesuffix(" people")
        when = time(arm.months).replace(" months", " mo").replace(" month", " mo").replace("time not told", "not told")
        printed = published(arm.printed, arm.at_least, arm.at_most)
        cells = f"{size:>11}{printed:>9}{of_100(arm.model):>16}{arm.weight:>6.0f} %"
        yield f"  {outcome:<22}{when:<12}{cells}"


def _borrowed(found: Why) -> Iterator[str]:
    yield heading("what was borrowed")
    if found.raw is not None:
        yield bullet(f"the printed shares, by weight: {telling.whole(found.raw)} of 100")
    if found.figure is not None:
        yield bullet(f"this person, this treatment, next clinic: {of_100(found.figure)}")
    if found.of_class is not None:
        yield bullet(f"an unstudied treatment of its class, same person: {of_100(found.of_class)}")
    if found.of_all is not None:
        yield bullet(f"an unstudied treatment of an unstudied class: {of_100(found.of_all)}")
    left = 100 * found.expected.borrowed
    yield paragraph(
        f"Next to an unstudied treatment of its class, its own studies leave {left:.0f} % of the variance: that part "
        "is borrowed. Between the first line and the second lie the terms below, the pull toward the class, and that "
        "the mean of a wide range lies nearer to 50."
    )


def _terms(found: Why) -> Iterator[str]:
    now = found.figure.mean if found.figure else 0.0
    yield heading("the terms that entered")
    yield paragraph(
        "On the logit scale (0.1 is about 2 of 100 near the middle): prior and posterior as mean (SD); the value in "
        "the arms and in the prediction; what it adds to the prediction. Without: the number with that term held at 0 "
        "everywhere, and the people of 100 that the term moves it by. Largest first."
    )
    small = []
    for term in found.terms:
        if term.without is not None and abs(now - term.without) < _SMALL:
            small.append(term.says)
            continue
        yield from _term(term, now)
    if small:
        yield bullet(f"moving it by less than {_SMALL:g} of 100: {'; '.join(small)}")


def _term(term: WhyTerm, now: float) -> Iterator[str]:
    values = sorted(set(term.in_arms))
    arms = signed(values[0]) if len(values) == 1 else f"{signed(values[0])} to {signed(values[-1])}" if values else "-"
    yield bullet(f"{term.says} [{term.stands_on}]")
    yield paragraph(
        f"prior {signed(term.prior_mean)} ({term.prior_sd:.2f}), now {signed(term.mean)} ({term.sd:.2f}); in the arms "
        f"{arms}, in the prediction {signed(term.in_prediction)}: adds {signed(term.adds)}",
        indent="    ",
    )
    if term.without is not None:
        yield paragraph(
            f"without: {term.without:.1f} of 100; the term moves it by {moved(now - term.without)}", indent="    "
        )


def _scales(found: Why) -> Iterator[str]:
    yield heading("how much things differ")
    yield paragraph("Standard deviations on the logit scale: median and 95 %.")
    for scale in found.scales:
        after = scale.posterior
        yield bullet(
            f"{scale.says}: {after.middle:.2f} ({after.low:.2f} to {after.high:.2f}); prior half-normal "
            f"({scale.prior:g}) [{scale.stands_on}]"
        )


def _without(found: Why) -> Iterator[str]:
    now = found.figure.mean if found.figure else 0.0
    yield heading("without each trial")
    if found.without:
        mover = found.without[0]
        if len(found.without) == 1:
            yield paragraph("It is the only trial: without it, nothing of the treatment's own is left.")
        yield paragraph(
            f"The one that moves it most is {mover.trial}: without it, {of_100(mover.figure)} of 100 in place of "
            f"{telling.whole(now)}."
        )
        yield ""
    for left in found.without:
        publications = "" if left.studies == (left.trial,) else f" ({', '.join(left.studies)})"
        yield bullet(f"{left.trial}{publications}: {of_100(left.figure)}; moves by {moved(left.figure.mean - now)}")
