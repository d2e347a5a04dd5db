"""Turns what was drawn of a block of people into the rows of the tables, and counts it for the truth."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from postlude.simulate.clinic.chance import NONE, Chance, Numbers, Places, Rows, among
from postlude.simulate.clinic.draw import (
    ROUNDS,
    Course,
    People,
    Session,
    course,
    first_session,
    next_session,
    operations,
    people,
)
from postlude.simulate.clinic.entries import FormEntry
from postlude.simulate.clinic.setting import Setting

COUNTED = ("given", "due", "followed", "asked", "answered", "half", "third", "half_answered", "third_answered")
"""What is counted of the first treatment at each visit. ``half`` and ``third`` are those with at least 50 and 30 %
relief among the ``followed``: due and neither dead nor gone.
"""
_EMPTY = 0
"""Place of the reason for a form that was left empty."""
Drawn = dict[str, npt.NDArray[np.generic]]


class Block(NamedTuple):
    """The rows of the tables, and counts (treatment, added or not, visit, what)."""

    people: Drawn
    facts: dict[str, Numbers]
    operations: Drawn
    treatments: Drawn
    scores: Drawn
    contacts: Drawn
    harms: Drawn
    decisions: Drawn
    counts: npt.NDArray[np.int64]


def block(setting: Setting, chance: Chance) -> Block:
    """Draw one block of people."""
    who = people(setting, chance)
    cut = operations(setting, who, chance)
    treatments, scores, contacts, harms, decisions = (Rows() for _ in range(5))
    given = np.zeros(chance.n, np.int64)
    session, done = first_session(setting, who, chance), None
    counts = np.zeros(0, np.int64)
    for nth in range(ROUNDS):
        if done is not None:
            session = next_session(setting, who, chance, nth, session, done)
        done = course(setting, who, chance, nth, session)
        if not nth:
            counts = _counts(setting, session, done)
        main = given + 1
        for added, treatment in ((0, session.chosen), (1, session.added)):
            has = session.has & (treatment >= 0)
            here = np.flatnonzero(has)
            about = main[here] + added
            ended = _harms(setting, who, chance, f"{nth} {added}", here, treatment, session, about, harms, cut)
            treatments.add(
                here,
                given=about,
                on=session.day[here],
                treatment=treatment[here],
                together=np.where(added, main[here], NONE),
                pick=np.floor(chance.even(f"pick {nth} {added}")[here] * 1000).astype(np.int64),
                ended_on=ended[0],
                ended_because=ended[1],
            )
        _contacts(contacts, session, done, main)
        _scores(setting, chance, nth, scores, session, done, main)
        _decisions(setting, who, chance, nth, decisions, session, main)
        given = given + np.where(session.has, 1 + (session.added >= 0), 0)
    clinic = np.floor(chance.even("clinic") * setting.rates["clinics"]).astype(np.int64)
    return Block(
        people={
            "clinic": clinic,
            "enrolled": who.enrolled,
            "left": who.left,
            "because": who.left_because,
        },
        facts=who.facts,
        operations=cut.ordered("on", "line", "kind"),
        treatments=_courses(treatments.ordered("given")),
        scores=scores.ordered("on", "about", "form"),
        contacts=contacts.ordered("due_on", "about"),
        harms=harms.ordered("on", "about", "harm"),
        decisions=decisions.ordered("on", "said"),
        counts=counts,
    )


def _courses(given: Drawn) -> Drawn:
    """Add to each treatment the how-manieth of its kind it is for that person."""
    order = np.lexsort((given["given"], given["treatment"], given["person"]))
    place = np.arange(len(order))
    starts = np.ones(len(order), bool)
    starts[1:] = False
    for column in ("person", "treatment"):
        starts[1:] |= given[column][order][1:] != given[column][order][:-1]
    course = np.empty(len(order), np.int64)
    course[order] = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
    return {**given, "course": course}


def _counts(setting: Setting, session: Session, done: Course) -> npt.NDArray[np.int64]:
    """Count the first treatment at each visit: (K, 2, H, what)."""
    kinds, visits = len(setting.weight), len(setting.entry.visit)
    group = session.chosen * 2 + (session.added >= 0)
    answered = done.answered_on >= 0
    still = (done.silent < 3) | (done.silent == 6)  # neither dead nor gone
    followed = done.due & still
    each = (
        np.broadcast_to(session.has[:, None], done.due.shape),
        done.due,
        followed,
        done.asked_on >= 0,
        answered,
        followed & done.half,
        followed & done.third,
        answered & done.half,
        answered & done.third,
    )
    found = np.zeros((kinds * 2, visits, len(COUNTED)), np.int64)
    for place, what in enumerate(each):
        for visit in range(visits):
            found[:, visit, place] = np.bincount(group[what[:, visit]], minlength=kinds * 2)
    return found.reshape(kinds, 2, visits, len(COUNTED))


def _harms(
    setting: Setting,
    who: People,
    chance: Chance,
    name: str,
    here: Places,
    treatment: Places,
    session: Session,
    about: Places,
    harms: Rows,
    cut: Rows,
) -> tuple[Places, Places]:
    """Draw the harms of one treatment each; return when and why it was over because of them."""
    rates = setting.rates
    ended, because = np.full(len(here), NONE), np.full(len(here), NONE)
    columns = setting.tables["treatments"].columns["ended_because"].codes
    judged = setting.entry.related
    outcomes = setting.tables["adverse_events"].columns["event"].codes
    for place, risks in enumerate(setting.risks):
        mine = np.flatnonzero(treatment[here] == place)
        if not len(mine) and chance.n:
            continue
        for risk in risks:
            stream = f"{name} {place} {risk.outcome}"
            # A chance for everybody of the block, so that nobody's depends on who else was given it.
            hit = mine[chance.even(f"harm {stream}")[here[mine]] < risk.share]
            at = here[hit]
            on = session.day[at] + 1 + chance.days(f"harm on {stream}", rates["harm_within"])[at]
            inside = on < who.until[at]
            hit, at, on = hit[inside], at[inside], on[inside]
            grades = {str(grade): share for grade, share in enumerate(risk.then.grades, start=1)}
            grade = 1 + among(grades, chance.even(f"grade {stream}")[at])
            over = on + 1 + chance.days(f"over {stream}", rates["resolved_within"])[at]
            harms.add(
                at,
                on=on,
                about=about[hit],
                harm=outcomes.index(risk.outcome),
                grade=grade,
                related=among(judged, chance.even(f"related {stream}")[at]),
                over=np.where((grade < 3) & (over < who.until[at]), over, NONE),  # mild, moderate
            )
            if risk.then.ends:
                first = (ended[hit] < 0) | (on < ended[hit])
                ended[hit[first]] = on[first]
                because[hit[first]] = columns.index(risk.then.ends)
            if risk.then.operation:
                cut.add(at, on=on, line=NONE, kind=NONE, result=NONE)
    # A table without a row has its columns all the same.
    harms.add(here[:0], on=0, about=0, harm=0, grade=0, related=0, over=0)
    return ended, because


def _contacts(contacts: Rows, session: Session, done: Course, main: Places) -> None:
    for visit in range(done.due.shape[1]):
        at = np.flatnonzero(done.due[:, visit])
        contacts.add(
            at,
            about=main[at],
            visit=visit,
            due_on=done.due_on[at, visit],
            asked_on=done.asked_on[at, visit],
            answered_on=done.answered_on[at, visit],
            silent=done.silent[at, visit],
        )


def _scores(
    setting: Setting, chance: Chance, nth: int, scores: Rows, session: Session, done: Course, main: Places
) -> None:
    months = [visit.months for visit in setting.entry.visit]
    for number, form in enumerate(setting.entry.form):
        for month in form.months:
            stream = f"{nth} {number} {month:g}"
            if not month:
                on, pain, relief = session.day, session.pain, session.pain * 0
                at = np.flatnonzero(session.has)
            else:
                visit = months.index(month)
                on, pain = done.answered_on[:, visit], done.pain[:, visit]
                at = np.flatnonzero(on >= 0)
                relief = done.third[:, visit].astype(np.int64) + done.half[:, visit]
            value = _value(form, pain, relief, chance, stream)[at]
            empty = np.zeros(len(at), bool)
            if form.is_ != "pain":
                empty = chance.even(f"empty {stream}")[at] < setting.rates["not_filled_in"]
            scores.add(
                at,
                on=on[at],
                about=main[at],
                form=number,
                months=month,
                value=np.where(empty, np.nan, value),
                reason=np.where(empty, _EMPTY, NONE),
            )


def _value(form: FormEntry, pain: Places, relief: Places, chance: Chance, stream: str) -> Numbers:
    """Return what a form comes to, for everybody of the block; ``relief`` is 2 for half, 1 for 30 %, 0 for less."""
    if form.is_ == "pain":
        return pain.astype(np.float64)
    if form.is_ == "scaled":
        value = form.start + form.slope * pain + form.sd * chance.normal(f"form {stream}")
    else:
        # From 1, very much better, to 7, very much worse: most with half relief say 1 or 2.
        value = form.low + 3.0 - 1.25 * relief + 0.7 * chance.normal(f"form {stream}")
    steps = np.round((np.clip(value, form.low, form.high) - form.low) / form.step)
    return np.asarray(np.clip(form.low + steps * form.step, form.low, form.high))


def _decisions(
    setting: Setting, who: People, chance: Chance, nth: int, decisions: Rows, session: Session, main: Places
) -> None:
    """Draw what was talked about a week before: what was chosen, and for some what was declined first."""
    codes = setting.tables["decisions"].columns["said"].codes
    on = np.maximum(session.day - 7, who.enrolled)
    at = np.flatnonzero(session.has)
    decisions.add(at, on=on[at], option=session.chosen[at], said=codes.index("chosen"), about=main[at])
    kinds = len(setting.weight)
    other = np.floor(chance.even(f"declined {nth}") * (kinds - 1)).astype(np.int64)
    other = other + (other >= session.chosen)
    at = np.flatnonzero(session.has & chance.below(f"declines {nth}", setting.rates["declined"]))
    decisions.add(at, on=on[at], option=other[at], said=codes.index("declined"), about=NONE)
