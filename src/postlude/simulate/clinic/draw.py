"""Draws a block of people: who they are, what they are given, what comes of it, and who answers.

Everything is an array over the people of the block; days are counted from 1970, and :data:`NONE` stands for no day.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from postlude.simulate.clinic.chance import NONE, Chance, Numbers, Places, Rows, among, answers
from postlude.simulate.clinic.setting import Setting

YEAR, MONTH = 365.25, 365.25 / 12
ROUNDS = 3
"""Times that somebody is treated at most, each time with up to two treatments in one session."""
SIX = 6.0
"""Months after which it is decided whether to go on to something else."""
WINDOW = 45
"""Days that a follow-up stays open; one whose window has not closed by the last day is not due."""
LEFT = ("died", "moved", "withdrew")
SILENT = ("no_answer", "refused", "too_ill", *LEFT, "not_asked")
_LEAVES = ("dies", "moves", "withdraws")
_ASKED_WITHIN, _ANSWERED_WITHIN = 7, 21
_NO_ANSWER, _REFUSED, _TOO_ILL, _FIRST_LEFT, _NOT_ASKED = 0, 1, 2, 3, 6
Booleans = npt.NDArray[np.bool_]


class People(NamedTuple):
    """Who is there. ``worse_off`` in standard deviations; ``until`` is the last day on which anybody is followed."""

    facts: dict[str, Numbers]
    worse_off: Numbers
    pain: Places
    enrolled: Places
    left: Places
    left_because: Places
    until: Places


class Session(NamedTuple):
    """One time of treating: for whom (``has``), what, when, from which pain, with what added (place, or NONE)."""

    has: Booleans
    chosen: Places
    added: Places
    day: Places
    pain: Places


class Course(NamedTuple):
    """What comes of a session, (n, H) for each visit: relief and pain, who was due, asked and answered, and when."""

    half: Booleans
    third: Booleans
    pain: Places
    due: Booleans
    due_on: Places
    asked_on: Places
    answered_on: Places
    silent: Places


def day_of(text: str) -> int:
    """Return a day as it is counted here."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def people(setting: Setting, chance: Chance) -> People:
    """Draw who is there."""
    entry, rates = setting.entry, setting.rates
    facts: dict[str, Numbers] = {}
    for fact in entry.facts:
        facts[fact] = answers(setting.population.answers[fact][0], setting.catalogue.facts[fact], chance)
    worse_off = np.sqrt(rates["hidden"]) * chance.normal("hidden")
    for trait, weight in zip(entry.trait, setting.trait_weights(), strict=True):
        has = chance.below(f"trait {trait.id}", trait.share)
        worse_off = worse_off + weight * (has - trait.share)
        facts |= dict.fromkeys(trait.facts, has.astype(np.float64))
    facts |= {fact: np.full(chance.n, float(value)) for fact, value in entry.set.items()}
    shared = rates["pain_shared"]
    own = shared * worse_off + np.sqrt(1 - shared**2) * chance.normal("pain")
    pain = np.clip(np.round(rates["pain_mean"] + rates["pain_sd"] * own), rates["pain_least"], 10).astype(np.int64)
    facts[entry.pain] = pain.astype(np.float64)
    first, last, end = map(day_of, (entry.first_day, entry.last_enrolled, entry.last_day))
    enrolled = first + chance.days("enrolled", last - first + 1)
    years = np.stack([_waits(chance, leave, rates[leave]) for leave in _LEAVES])
    because = years.argmin(axis=0).astype(np.int64)
    left = enrolled + 1 + np.floor(np.minimum(years.min(axis=0), 1e4) * YEAR).astype(np.int64)
    gone = left <= end
    return People(
        facts=facts,
        worse_off=worse_off,
        pain=pain,
        enrolled=enrolled,
        left=np.where(gone, left, NONE),
        left_because=np.where(gone, because, NONE),
        until=np.where(gone, left, end),
    )


def _waits(chance: Chance, name: str, yearly: float) -> Numbers:
    """Return after how many years something comes that meets this share of people every year."""
    return np.asarray(np.log1p(-chance.even(name)) / np.log1p(-yearly) if yearly else np.full(chance.n, np.inf))


def first_session(setting: Setting, who: People, chance: Chance) -> Session:
    """Draw the first treatment, which people who are worse off do not get in the same shares as others."""
    day = who.enrolled + 1 + chance.days("day 0", setting.rates["treated_within"])
    return _session(setting, who, chance, 0, np.ones(chance.n, bool), day, who.pain, None)


def next_session(setting: Setting, who: People, chance: Chance, nth: int, was: Session, course: Course) -> Session:
    """Draw who goes on: those whom it did not help to something else, some whom it helped to the same again."""
    months = [visit.months for visit in setting.entry.visit]
    at = min(range(len(months)), key=lambda place: abs(months[place] - SIX))
    helped = course.half[:, at]
    again = np.array([option.again for option in setting.entry.option])[was.chosen]
    on = chance.even(f"again {nth}") < np.where(helped, again, setting.rates["later"])
    day = was.day + round(SIX * MONTH) + chance.days(f"day {nth}", SIX * MONTH)
    least = int(setting.rates["pain_least"])
    pain = np.where(helped, was.pain, np.maximum(course.pain[:, at], least))
    return _session(setting, who, chance, nth, was.has & on, day, pain, np.where(helped, was.chosen, NONE))


def _session(
    setting: Setting,
    who: People,
    chance: Chance,
    nth: int,
    wanted: Booleans,
    day: Places,
    pain: Places,
    same: Places | None,
) -> Session:
    reached = np.cumsum(setting.chosen(who.worse_off), axis=1)
    chosen = (chance.even(f"choice {nth}")[:, None] >= reached[:, :-1]).sum(axis=1).astype(np.int64)
    if same is not None:
        chosen = np.where(same >= 0, same, chosen)
    places = {treatment: place for place, treatment in enumerate(setting.treatments)}
    goes_with = np.array([places.get(option.added, NONE) for option in setting.entry.option])
    has = wanted & (day < who.until)
    added = np.where(has & chance.below(f"added {nth}", setting.rates["added"]), goes_with[chosen], NONE)
    return Session(has, chosen, added, day, pain)


def course(setting: Setting, who: People, chance: Chance, nth: int, of: Session) -> Course:
    """Draw what comes of a session, and who answers."""
    visits, rates = setting.entry.visit, setting.rates
    h = len(visits)
    helps = rates["added_helps"] * (of.added >= 0) + (rates["later_helps"] if nth else 0.0)
    level = setting.level[:, of.chosen, :] + (helps - rates["spread"] * who.worse_off)[None, :, None]
    kept = rates["persistence"]
    fate = np.sqrt(kept) * chance.normal(f"fate {nth}")[:, None] + np.sqrt(1 - kept) * chance.normal(f"fates {nth}", h)
    half, third = ndtr(fate) < expit(level)
    pain = _pain(of.pain[:, None], half, third, chance.even(f"pain {nth}", h))
    due_on = of.day[:, None] + np.array([round(visit.months * MONTH) for visit in visits])
    due = of.has[:, None] & (due_on + WINDOW <= day_of(setting.entry.last_day))
    gone = due & (who.left[:, None] >= 0) & (who.left[:, None] <= due_on + WINDOW)
    asked = due & ~gone & (chance.even(f"asked {nth}", h) >= rates["not_asked"])
    odds = np.log([visit.answered / (1 - visit.answered) for visit in visits])
    answered = asked & (chance.even(f"answers {nth}", h) < expit(odds - rates["loss"] * ~half))
    why = chance.even(f"silent {nth}", h)
    silent = np.where(why < rates["refuses"], _REFUSED, _NO_ANSWER)
    silent = np.where(why >= 1 - rates["too_ill"], _TOO_ILL, silent)
    silent = np.where(due & ~gone & ~asked, _NOT_ASKED, silent)
    silent = np.where(gone, _FIRST_LEFT + who.left_because[:, None], silent)
    asked_on = due_on + np.floor(chance.even(f"asked on {nth}", h) * _ASKED_WITHIN).astype(np.int64)
    answered_on = asked_on + np.floor(chance.even(f"answered on {nth}", h) * _ANSWERED_WITHIN).astype(np.int64)
    return Course(
        half=half,
        third=third,
        pain=pain,
        due=due,
        due_on=due_on,
        asked_on=np.where(asked, asked_on, NONE),
        answered_on=np.where(answered, answered_on, NONE),
        silent=np.where(due & ~answered, silent, NONE),
    )


def _pain(before: Places, half: Booleans, third: Booleans, even: Numbers) -> Places:
    """Return a whole number of pain that says just this relief: at least half, at least 30 %, or less."""
    most_half, most_third = before // 2, 7 * before // 10
    low = np.where(half, 0, np.where(third, most_half, most_third) + 1)
    high = np.where(half, most_half, np.where(third, most_third, np.minimum(before + 1, 10)))
    return np.asarray(low + np.floor(even * (high - low + 1)).astype(np.int64))


def operations(setting: Setting, who: People, chance: Chance) -> Rows:
    """Draw the operations before the clinic, as the population has them, and since."""
    rows = Rows()
    for number, line in enumerate(setting.population.listed[setting.entry.operations]):
        if line.when is not None:
            continue
        name = f"operations {number}"
        times = {str(i): share for i, share in enumerate(line.times or (1 - (line.share or 0.0), line.share or 0.0))}
        count = among(times, chance.even(name))
        kinds = {str(i): kind.share for i, kind in enumerate(line.entry)}
        for nth in range(len(times)):
            has = count > nth
            kind = among(kinds, chance.even(f"{name} {nth} kind"))
            ago, result = chance.even(f"{name} {nth} ago"), chance.even(f"{name} {nth} result")
            for at, item in enumerate(line.entry):
                mine = np.flatnonzero(has & (kind == at))
                least, most = next(iter(item.days_ago.values()), (30, 3650))
                days = least + np.floor(ago[mine] * (most - least + 1)).astype(np.int64)
                shares = next(iter(item.shares.values()), {"": 1.0})
                found = among(shares, result[mine])
                rows.add(mine, on=who.enrolled[mine] - days, line=number, kind=at, result=found)
    wait = _waits(chance, "operated again", setting.rates["operated_again"])
    on = who.enrolled + 1 + np.floor(np.minimum(wait, 1e4) * YEAR).astype(np.int64)
    mine = np.flatnonzero(on < who.until)
    rows.add(mine, on=on[mine], line=NONE, kind=NONE, result=NONE)
    return rows
