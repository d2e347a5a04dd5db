"""The result page: what happens next, and the options side by side, each as 100 people, for the person to keep.

:func:`result` says it once, for the page on a screen and the page on paper; :func:`pdf` is the page on paper.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from postlude.assessment.model import Assessment, Option
from postlude.assessment.retelling import OPEN, english, has_english, unsigned
from postlude.catalog.catalogue import Catalogue
from postlude.evidence import telling
from postlude.evidence.expectation import Expectation
from postlude.evidence.pictures import harmed, helped
from postlude.evidence.plots.people import sign
from postlude.evidence.pool import HarmRate
from postlude.report.layout import capital, marked
from postlude.report.letters.letter import Letterhead, Say, facing, numbering, onward, spoken_date, stamp
from postlude.report.letters.typesetting import typeset
from postlude.report.listing import asked, chosen, listing, steps, without_procedure

_SHOWN_HARMS = 3


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """100 people as SVG, or none where no figure is known; ``says`` is what stands under it, in plain words."""

    svg: str
    says: tuple[str, ...]


class ResultOption(msgspec.Struct, frozen=True, kw_only=True):
    """One option: what it is, what is honest to say of it, its steps, whom it helps and whom it harms of 100.

    ``compared`` says what is known and not known beside a dummy treatment or usual care; ``says``, whether it is
    offered, worth talking about or needs care.
    """

    treatment: str
    name: str
    says: str
    what: tuple[str, ...]
    benefit: Figure
    harm: Figure
    compared: tuple[str, ...]


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the legend: the figures as SVG, and what they mean."""

    svgs: tuple[str, ...]
    says: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A heading with sentences under it; ``listed`` as items."""

    heading: str
    says: tuple[str, ...]
    listed: bool = True


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the person sees, in its order: ``first`` before the options, ``last`` after them.

    In an emergency ``options`` is empty and ``last`` holds only what always stands at the end. ``in_english`` says that
    parts stayed English, each between the signs of :mod:`postlude.assessment.retelling`; empty where none did.
    """

    title: str
    told: str
    headline: str
    first: tuple[Part, ...]
    heading: str
    order: str
    columns: tuple[str, ...]
    legend_says: str
    no_picture: str
    legend: tuple[Sign, ...]
    options: tuple[ResultOption, ...]
    last: tuple[Part, ...]
    stamp: str
    page: str
    language: str = "en"
    in_english: str = ""


def result(
    assessment: Assessment,
    catalogue: Catalogue,
    as_of: date,
    *,
    next_steps: tuple[str, ...] = (),
    options: tuple[str, ...] | None = None,
    confirmed: bool = False,
) -> Result:
    """Return what the person sees of an assessment that a clinician has released.

    ``as_of`` is the intake's day; ``next_steps`` say who will call and when; ``options`` are the treatments to show,
    ``None`` all that a report shows in full; ``confirmed``: a clinician has confirmed that the clinic cannot help.
    Where options are shown, what happens without a procedure is among them, or that it is not known.
    Raises ``ValueError`` for a treatment that is no option of this person.
    """
    say = catalogue.say
    emergency = assessment.disposition == "emergency"
    shown, unknown = ((), False) if emergency else _shown(assessment, catalogue, options)
    found = Result(
        title=say["result.title"],
        told=say["result.told"].format(on=spoken_date(as_of, say)),
        headline=facing(assessment, catalogue, confirmed=confirmed),
        first=tuple(part for part in _first(assessment, catalogue, next_steps, confirmed=confirmed) if part.says),
        heading=say["result.options"],
        order=say["result.order"],
        columns=(say["result.option"], say["result.benefit"], say["result.harm"]),
        legend_says=say["result.legend"],
        no_picture=say["result.no_picture"],
        legend=tuple(_legend(say)),
        options=tuple(
            sorted(
                [*(_option(option, say) for option in shown), *([_not_known(say)] if unknown else [])],
                key=lambda option: option.name.casefold(),
            )
        ),
        last=tuple(part for part in _last(assessment, catalogue, shown, emergency=emergency) if part.says),
        stamp=stamp(assessment, say),
        page=numbering(say),
        language=catalogue.language,
    )
    return msgspec.structs.replace(found, in_english=say["result.in_english"]) if has_english(found) else found


def pdf(page: Result, letterhead: Letterhead) -> bytes:
    """Return the result page as a tagged PDF; the letterhead's banner stands on every page."""
    return typeset("result", {"letterhead": msgspec.to_builtins(letterhead), **msgspec.to_builtins(page)})


def _first(
    assessment: Assessment, catalogue: Catalogue, next_steps: tuple[str, ...], *, confirmed: bool
) -> Iterator[Part]:
    say = catalogue.say
    flags = tuple(marked(c.plain, c.marks) for c in assessment.conclusions if c.kind == "red-flag")
    yield Part(heading="", says=flags, listed=False)
    emergency = assessment.disposition == "emergency"
    first, alongside = steps(assessment)
    elsewhere = () if emergency else onward(assessment, say, confirmed=confirmed)
    yield Part(heading=say["letter.next"], says=(*next_steps, *first, *alongside, *elsewhere))
    if emergency:
        stop = say["plain.emergency_stop"].format(emergency_number=catalogue.clinic.emergency_number)
        yield Part(heading="", says=(stop,), listed=False)
    else:
        yield Part(heading=say["plain.ask_signs"], says=tuple(q.question for q in asked(assessment).signs))


def _last(
    assessment: Assessment, catalogue: Catalogue, shown: tuple[Option, ...], *, emergency: bool
) -> Iterator[Part]:
    say, clinic = catalogue.say, catalogue.clinic
    if not emergency:
        undecided = ", ".join(option.name for option in listing(assessment).undecided if option not in shown)
        known = (say["result.not_compared"], *([say["letter.undecided"].format(names=undecided)] if undecided else []))
        yield Part(heading=say["result.not_known"], says=known)
    yield Part(
        heading=say["letter.help"],
        says=(
            say["letter.help_call"].format(telephone=clinic.telephone, hours=clinic.hours),
            say["letter.help_crisis"].format(crisis_line=clinic.crisis_line),
            say["plain.limits"].format(emergency_number=clinic.emergency_number),
            say["plain.marks"],
        ),
        listed=False,
    )


def _shown(
    assessment: Assessment, catalogue: Catalogue, options: tuple[str, ...] | None
) -> tuple[tuple[Option, ...], bool]:
    """Return the options to show, and whether of doing without a procedure nothing is known."""
    shown = chosen(assessment, options)
    if options == ():
        return shown, False
    usual = without_procedure(assessment, catalogue)
    if not any(option in shown for option in usual):
        shown = (*shown, *usual)
    return shown, not usual


def _not_known(say: Say) -> ResultOption:
    """Return the option of doing nothing new for somebody of whom the knowledge says nothing of it."""
    return ResultOption(
        treatment="",
        name=say["result.usual"],
        says="",
        what=(say["result.usual_what"],),
        benefit=Figure(svg="", says=(say["result.usual_not_known"],)),
        harm=Figure(svg="", says=(say["result.no_harm"],)),
        compared=(),
    )


def _legend(say: Say) -> Iterator[Sign]:
    for key, kinds in (
        ("people.legend_yes", ((True, False),)),
        ("people.legend_no", ((False, False),)),
        ("people.legend_may", ((True, True), (False, True))),
    ):
        yield Sign(svgs=tuple(sign(has=has, may=may) for has, may in kinds), says=say[key])


def _option(option: Option, say: Say) -> ResultOption:
    what = [marked(option.what, option.marks), option.plain_honest]
    if option.steps:
        what.append(say["plain.steps"].format(steps=", ".join(option.steps)))
    what += filter(None, (option.expect_after,))
    if option.watch_for:
        what.append(say["plain.watch_for"].format(signs="; ".join(option.watch_for)))
    helps, compared = _told(option.expected, say)
    drawn = option.expected and helped(
        unsigned(_capital(option.name)), option.expected, say, key=f"{option.treatment}-help"
    )
    return ResultOption(
        treatment=option.treatment,
        name=_capital(option.name),
        says=say["result.usual_not_now"] if option.status == "avoid" else say.get(f"plain.status_{option.status}", ""),
        what=tuple(what),
        benefit=Figure(svg=drawn or "", says=helps),
        harm=_harm(option, say),
        compared=compared,
    )


def _told(expected: Expectation | None, say: Say) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is said of the people who had the option, and of them beside others who had not."""
    if expected is None:
        return (say["expect_plain.none"],), ()
    alone = msgspec.structs.replace(expected, benefits=(), tested_only={}, never_compared=(), harms=())
    helps = tuple(telling.plain(alone, say))
    beside = tuple(telling.plain(msgspec.structs.replace(expected, harms=()), say))
    return helps, beside[len(helps) :]


def _harm(option: Option, say: Say) -> Figure:
    harms = [harm for harm in option.harms or () if harm.people is not None and harm.per == "people"]
    if not harms:
        return Figure(svg="", says=(say["result.no_harm"],))
    first = msgspec.structs.replace(harms[0], plain=unsigned(harms[0].plain))
    drawn = harmed(unsigned(_capital(option.name)), first, say, key=f"{option.treatment}-harm")
    told = [_harm_line(harm, say) for harm in harms[:_SHOWN_HARMS]]
    if (more := len(harms) - _SHOWN_HARMS) > 0:
        told.append(say["result.more_harms"].format(count=more))
    return Figure(svg=drawn or "", says=tuple(told))


def _harm_line(harm: HarmRate, say: Say) -> str:
    mean = telling.whole(harm.mean)
    figure = say["result.count"].format(mean=mean)
    if harm.low is not None and harm.high is not None:
        low, high = telling.whole(harm.low), telling.whole(harm.high)
        figure = say["result.count_range"].format(mean=mean, low=low, high=high)
    return say["result.harm_line"].format(says=_capital(harm.plain), figure=figure)


def _capital(text: str) -> str:
    """Return a text with a capital letter at its beginning, also one between the signs of what stayed English."""
    plain = capital(unsigned(text))
    return english(plain) if text.startswith(OPEN) else plain
