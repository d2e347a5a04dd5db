"""The options for the clinician: in full what may be weighed now, in a line what cannot be said or is to be avoided."""

from collections.abc import Iterable, Iterator, Mapping

from postlude.assessment.model import Assessment, Cited, Objection, Option
from postlude.evidence import telling
from postlude.report.layout import bullet, heading, marked, paragraph
from postlude.report.listing import Listing, listing, unknowns

_STATUS = {
    "offer": "OFFER",
    "consider": "CONSIDER",
    "caution": "CAUTION",
    "avoid": "AVOID",
    "cannot-say": "CANNOT SAY",
}
_SHOWN_UNKNOWNS = 4


def options(assessment: Assessment, say: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the section; nothing when no option is listed."""
    if not assessment.options:
        return
    shown = listing(assessment)
    yield heading("options, side by side")
    if shown.full:
        yield paragraph(
            "Of 100 people like this one, started on it at a clinic that nobody has studied: a prediction, not a "
            "promise, and never a comparison of one option with another. Priors that are our own judgement are in "
            'every figure (postlude evidence priors). "To check" is what nobody has told us yet.'
        )
    for option in shown.full:
        yield from _full(option, say)
    yield from _undecided(shown)
    yield from _avoided(shown)
    yield from _aside(shown)


def cited(assessment: Assessment) -> Iterator[Cited]:
    """Yield the sources of what the section says, in its order."""
    shown = listing(assessment)
    for option in shown.full:
        yield from _sources_of(option)
    for option in shown.avoided:
        yield from (source for objection in _holding(option, "avoid") for source in objection.sources)


def ids(sources: Iterable[Cited]) -> str:
    return ", ".join(dict.fromkeys(source.id for source in sources)) or "none; see the mark"


def _sources_of(option: Option) -> list[Cited]:
    return [*option.sources, *(source for objection in _holding(option) for source in objection.sources)]


def _holding(option: Option, *kinds: str) -> list[Objection]:
    return [o for o in option.objections if o.state == "holds" and (not kinds or o.kind in kinds)]


def _full(option: Option, say: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"{_STATUS[option.status]:<11} {marked(option.name, option.marks)}"
    for objection in _holding(option):
        yield bullet(marked(f"{objection.kind}: {objection.says}", objection.marks), 1)
    to_check = [marked(o.says, o.marks) for o in option.objections if o.state == "to-check"]
    if to_check:
        yield bullet(f"to check: {'; '.join(to_check)}", 1)
    if option.expected is not None:
        for sentence in telling.clinician(option.expected, say):
            yield bullet(sentence, 1, "=")
        for sentence in telling.harms(option.expected, say, most=2):
            yield bullet(sentence, 1, "!")
        yield bullet(telling.certainty(option.expected, say), 1, "~")
    yield paragraph(option.honest, indent="  ")
    if option.steps:
        yield bullet(f"steps: {' → '.join(option.steps)}", 1, ">")
    if option.expect_after:
        yield bullet(f"afterwards: {option.expect_after}", 1, ">")
    if option.watch_for:
        yield bullet(f"watch for: {'; '.join(option.watch_for)}", 1, ">")
    yield from _of_the_clinic(option)
    yield paragraph(f"sources: {ids(_sources_of(option))}", indent="    ")


def _of_the_clinic(option: Option) -> Iterator[str]:
    """Yield what the clinic says of its own price and gain, or who does it instead; the words are its own."""
    if option.here is False and option.elsewhere:
        yield bullet(f"not done here: {option.elsewhere}", 1, "$")
    for key, value in (("price", option.price), ("covered", option.covered), ("interest", option.interest)):
        if value:
            yield bullet(f"{key}, says the clinic: {value}", 1, "$")


def _undecided(shown: Listing) -> Iterator[str]:
    if not shown.undecided:
        return
    yield ""
    yield paragraph(f"Cannot say yet ({len(shown.undecided)}); what is not known and would decide:")
    for option in shown.undecided:
        missing = unknowns(option.because)
        more = len(missing) - _SHOWN_UNKNOWNS
        tail = f"; and {more} more" if more > 0 else ""
        against = len(_holding(option))
        known = f". Cautions that hold already: {against}" if against else ""
        yield bullet(f"{marked(option.name, option.marks)}: {'; '.join(missing[:_SHOWN_UNKNOWNS])}{tail}{known}")
        yield from _of_the_clinic(option)


def _avoided(shown: Listing) -> Iterator[str]:
    if not shown.avoided:
        return
    yield ""
    yield paragraph(f"Avoid ({len(shown.avoided)}):")
    for option in shown.avoided:
        against = _holding(option, "avoid")
        said = "; ".join(marked(objection.says, objection.marks) for objection in against)
        because = "; ".join(dict.fromkeys(reason.says for reason in option.because))
        sources = ids(source for objection in against for source in objection.sources)
        yield bullet(f"{marked(option.name, option.marks)}: {said} (because {because}; sources: {sources})")
        yield from _of_the_clinic(option)


def _aside(shown: Listing) -> Iterator[str]:
    if shown.undecided or shown.avoided or shown.aside:
        yield ""
    if shown.aside:
        by_status: dict[str, list[str]] = {}
        for option in shown.aside:
            by_status.setdefault(_STATUS[option.status].lower(), []).append(marked(option.name, option.marks))
        named = "; ".join(f"{status}: {', '.join(names)}" for status, names in by_status.items())
        yield paragraph(f"Aimed at something not found here ({len(shown.aside)}): {named}.")
    if shown.undecided or shown.avoided or shown.aside:
        yield paragraph("What is said in a line stands in full in --json; postlude explain ID says what each one is.")
