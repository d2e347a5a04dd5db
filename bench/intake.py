"""How long an intake is, over many people: pages, words to read and minutes, in the order in which they are asked.

    .venv/bin/python bench/intake.py [--people 300] [--seed 7]

Synthetic people with known answers go through the real interview, page by page as the site asks them. Whoever would be
stopped by an emergency is counted apart. Minutes are a model, not a stopwatch:

- reading: 238 words a minute, the mean of adults for plain English, and beside it 175, below which few adults read
  (Brysbaert 2019, doi:10.1016/j.jml.2019.104047);
- a choice: 1.35 seconds to decide and 1.1 to touch (Card, Moran and Newell 1980, doi:10.1145/358886.358895);
- typing on a phone: 28 words a minute, as people of 40 to 60 do (Palin et al. 2019, doi:10.1145/3338286.3340120);
- one second for a page to come [design].

Nobody reads again what stands on every page of a kind: a lead or a button counts on the first one.
"""

import argparse
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, NamedTuple

from lines import Line, heading, show
from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.disposition import headline
from postlude.assessment.model import Conclusion
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.interview import pages, stages
from postlude.interview.session import Session, Target
from postlude.simulate.population import people

WORDS_A_MINUTE, SLOW, TYPED_A_MINUTE = 238, 175, 28
DECIDE, TOUCH, COMES = 1.35, 1.1, 1.0
AIM = 10
SELECTS = 2
"""Touches to choose from a list that folds out."""
_MARKS = 2
"""Places marked for one painful part of the body, as pain is seldom on one spot [design]."""

# What stands on every page of a kind, and on the pages round the questions, by its key in words/en/patient.toml.
_FRAME = ("emergency_line", "back", "so_far", "save", "part_signs", "declined", "not_known", "why_title")
KINDS: dict[str, tuple[str, ...]] = {
    "single": ("yes", "no"),
    "together": ("several_lead", "none", "none_says", "next", "yes", "no", "rest_declined"),
    "entry": ("entry_lead", "next", "rest_not_known", "rest_declined"),
    "list": ("list_line", "list_hint", "list_add", "list_last", "list_none"),
    "drawing": ("drawing_title", "drawing_lead", "drawing_as_list", "drawing_rest", "drawing_go", "drawing_nowhere"),
}
START = [
    "start_title",
    "start_lead",
    "start_emergency_title",
    "start_emergency",
    "start_crisis",
    "start_begin",
    "start_other",
    "start_takes",
    "start_more",
]
BEGIN = ["begin_title", "begin_lead", "field_phone", "hint_phone", "field_location", "hint_location", "begin_go"]
SO_FAR = [
    "so_far_urgent_title",
    "now_because",
    "now_do",
    "clinic_line",
    "call_today_worse",
    "crisis",
    "next",
]
CLOSING = [
    [
        "wishes_title",
        "wishes_enough",
        "wishes_lead",
        "field_wishes",
        "hint_wishes",
        "field_fears",
        "hint_fears",
        "next",
    ],
    [
        "you_title",
        "you_lead",
        "field_given_name",
        "field_family_name",
        "field_birth_date",
        "hint_birth_date",
        "field_phone",
        "field_email",
        "field_preferred_way",
        "field_preferred_time",
        "hint_preferred_time",
    ],
    [
        "consents_title",
        "consents_lead",
        "consent_contact_email",
        "consent_contact_sms",
        "consent_research",
        "consent_sharing",
    ],
    ["answers_title", "answers_lead", "answers_go"],
]
DONE = [
    "done_title",
    "done_next",
    "who_calls",
    "calls_within",
    "calls_number",
    "done_look",
    "done_worse",
    "done_page_title",
    "done_page",
    "done_page_go",
    "visit_title",
    "visit_says",
    "visit_go",
]
TYPED_AT_THE_END = 20
"""Words that somebody types on the last pages: a name, an address, a wish and a fear [design]."""


class Length(NamedTuple):
    """Pages, words to read, seconds without reading."""

    pages: int = 0
    words: int = 0
    seconds: float = 0.0

    def and_(self, other: "Length") -> "Length":
        return Length(self.pages + other.pages, self.words + other.words, self.seconds + other.seconds)

    def minutes(self, rate: int = WORDS_A_MINUTE) -> float:
        return self.words / rate + self.seconds / 60


class Walked(NamedTuple):
    """One person's way: how long it was until each mark, what was said then, and the pages in order."""

    until: dict[str, Length]
    said: dict[str, Any]
    pages: list[str]
    stopped: bool


class Walker:
    """Puts people through the questions, one after the other, each with what they would answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.pages = pages.load(catalogue)
        self._assessor = Assessor(catalogue)
        self._say = catalogue.words["en"]
        self._kinds: set[str] = set()

    def walk(self, person: Mapping[str, Any]) -> Walked:
        """Return one person's way through the questions."""
        self._kinds = set()
        content = {"as_of": person["as_of"], "facts": {}}
        session = Session(self.catalogue, "bench", content, CASE_DAY, lambda _: None, assessor=self._assessor)
        at = self._fixed(START).and_(self._fixed(BEGIN)).and_(Length(0, 0, DECIDE + TOUCH + 2 * 60 / TYPED_A_MINUTE))
        until: dict[str, Length] = {}
        said: dict[str, Any] = {}
        trail: list[str] = []
        while True:
            coming = pages.ahead(session, self.pages)
            stage = coming[0].stage if coming else None
            if session.assessment.urgency.at_least == "emergency":
                return Walked({**until, "stopped": at}, said, trail, stopped=True)
            if stage != "signs" and "signs" not in until:
                until["signs"] = at
                at = at.and_(self._urgent(session))
            if stage not in stages.NEEDED and session.assessment.disposition != "ask" and "enough" not in until:
                # Here it is handed in; the rest is offered after that.
                fine = 0 if _flags(session) else _words(self._say["patient.so_far_fine"])
                at = at.and_(self.closing()).and_(Length(0, fine, 0))
                until["enough"], said["enough"] = at, _first_said(session)
                at = at.and_(self._fixed(DONE)) if coming else at
            if stage not in (*stages.NEEDED, "call") and "told" not in until:
                until["told"], said["told"] = at.and_(self._fixed(CLOSING[-1])), _first_said(session)
            if not coming:
                at = at.and_(self._fixed(CLOSING[-1]))
                return Walked({**until, "all": at}, {**said, "all": _first_said(session)}, trail, stopped=False)
            trail.append(coming[0].id or coming[0].paths[0])
            at = at.and_(self._page(session, coming[0], person))

    def closing(self) -> Length:
        """Return how long the last pages are, up to the tap that hands in, without reading everything back."""
        whole = Length(0, 0, TYPED_AT_THE_END * 60 / TYPED_A_MINUTE)
        for keys in CLOSING:
            whole = whole.and_(self._fixed(keys))
        return whole

    def _urgent(self, session: Session) -> Length:
        """Return how long the page is that says what cannot wait; nothing where there is nothing."""
        said = session.assessment
        flags = _flags(session)
        if not flags:
            return Length()
        rules = {flag.rule for flag in flags}
        steps = {a.plain for a in said.actions if a.plain and rules & set(a.because)}
        told = [headline(self.catalogue, said.urgency, said.disposition, said.within, plain=True)]
        told += {flag.plain for flag in flags} | steps
        return self._fixed(SO_FAR).and_(Length(0, sum(map(_words, told)), 0))

    def _fixed(self, keys: Any) -> Length:
        return Length(1, sum(_words(self._say[f"patient.{key}"]) for key in keys), COMES + DECIDE + TOUCH)

    # --- one page -------------------------------------------------------------------------------

    def _page(self, session: Session, page: pages.Page, person: Mapping[str, Any]) -> Length:
        told = [_Told(session, path, person) for path in page.paths]
        kind = _kind(page, told)
        new = 0
        for once in ("frame", kind):
            if once not in self._kinds:
                self._kinds.add(once)
                new += sum(_words(self._say[f"patient.{key}"]) for key in (_FRAME if once == "frame" else KINDS[kind]))
        if kind == "drawing":
            # The picture is looked at, not read.
            words, taps = 0, _MARKS * sum(one.marked for one in told) + 1
        else:
            words = sum(one.words for one in told)
            heading_ = f"patient_together.{page.id}"
            words += _words(self._say[heading_]) if heading_ in self._say else 0
            taps = sum(one.taps for one in told)
            if kind == "together":
                taps = sum(one.marked for one in told) + 1
            elif kind == "entry":
                taps += 1
        typed = sum(one.typed for one in told)
        for one in told:
            one.keep()
        loads = 1 + sum(one.loads for one in told)
        return Length(1, words + new, loads * COMES + taps * (DECIDE + TOUCH) + typed * 60 / TYPED_A_MINUTE)


class _Told:
    """What one person answers to one path, and what that takes."""

    def __init__(self, session: Session, path: str, person: Mapping[str, Any]) -> None:
        self._session, self.target = session, session.target(path)
        self.value: Any = _answer(self.target, person)
        self.lines: list[str] = []
        fact, records, field = self.target.fact, self.target.records, self.target.field
        self.taps, self.typed, self.loads = 1, 0, 0
        if fact is None and field is None and records is not None:
            self.lines = [_line(session, self.target, entry) for entry in person.get(records.key, [])]
            # Each that is added brings the page once more, but for the last.
            self.words, self.loads, self.taps = (
                _words(records.ask),
                max(len(self.lines) - 1, 0),
                max(len(self.lines), 1),
            )
            if records.by_medicine:
                self.typed = sum(map(_words, self.lines))
            else:
                # Begun, completed by the browser, and the year.
                self.typed, self.taps = 2 * len(self.lines), self.taps + SELECTS * len(self.lines)
            return
        asked = fact or field
        codes = session.codes(self.target)
        # A long list that folds out is looked through, not read.
        read = sum(map(_words, codes.values())) if len(codes) <= len("a dozen or so") else 0
        self.words = _words(asked.ask if asked else "") + read
        if field is not None and codes:
            self.taps = SELECTS
        if asked and asked.type in ("number", "integer", "date", "text") and not (asked.high and asked.high <= AIM):
            self.typed = _words(str(self.value)) if not isinstance(self.value, dict) else 0

    @property
    def marked(self) -> bool:
        """Whether a line of several needs a mark of its own."""
        return self.value is not False

    def keep(self) -> None:
        session, target = self._session, self.target
        if target.fact is None and target.field is None and target.records is not None:
            for line in self.lines:
                session.add(target.records, line)
            session.finish(target.records)
        elif isinstance(self.value, dict):
            session.leave(target, self.value["state"])
        else:
            session.answer(target, self.value)


def _flags(session: Session) -> list[Conclusion]:
    return [conclusion for conclusion in session.assessment.conclusions if conclusion.urgency]


def _first_said(session: Session) -> Any:
    """Return what the first call rests on: how soon, which way, and the rules on what is taken."""
    told = session.assessment
    deciding = stages.deciding(session.catalogue)
    return told.disposition, told.urgency, told.route, sorted(c.rule for c in told.conclusions if c.rule in deciding)


def _answer(target: Target, person: Mapping[str, Any]) -> Any:
    unknown = {"state": "not_known"}
    if target.fact is not None:
        # What the population has no answer for does not apply to this person: "if you had a neck operation …".
        return person["facts"].get(target.path, False if target.fact.type == "boolean" else unknown)
    if target.records is not None and target.field is not None:
        return person[target.records.key][target.at].get(target.field.id, unknown)
    return None


def _line(session: Session, target: Target, entry: Mapping[str, Any]) -> str:
    """Return an entry as somebody types it: a medicine with its dose, an operation by its name and the year."""
    records = target.records
    if records is None:
        return ""
    if records.by_medicine:
        return f"{entry[records.by_medicine]} {entry.get('sig', '')}".strip()
    field, names = session.named(records)
    dated = next((part.id for part in records.fields.values() if part.type == "date"), "")
    year = entry.get(dated)
    told = names.get(str(entry.get(field, "")), "something else")
    return f"{told} {year[:4]}" if isinstance(year, str) else told


def _kind(page: pages.Page, told: list[_Told]) -> str:
    if page.id == pages.DRAWING:
        return "drawing"
    if pages.is_entry(page.id):
        return "entry"
    if page.id:
        return "together"
    return "list" if told[0].target.fact is None and told[0].target.field is None else "single"


def _words(text: str) -> int:
    return len(text.split())


# --- the table --------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One line of the table: a part, and its length for each person."""

    part: str
    lengths: list[Length]

    def cells(self) -> Iterator[str]:
        for of in (lambda one: one.pages, lambda one: one.words, Length.minutes, lambda one: one.minutes(SLOW)):
            found = sorted(float(of(one)) for one in self.lengths)
            form = "{:.1f}" if found[-1] != int(found[-1]) else "{:,.0f}"
            yield f"{form.format(median(found))} ({form.format(found[int(0.9 * (len(found) - 1))])})"


def measured(people_: list[Walked]) -> list[Row]:
    """Return the table of those whom no emergency stopped."""
    whole = [one.until for one in people_ if not one.stopped]
    return [
        Row("to the last warning sign", [one["signs"] for one in whole]),
        Row("an intake: until the clinic can call, and handed in", [one["enough"] for one in whole]),
        Row("gone on with the rest that the call is about", [one["told"] for one in whole]),
        Row("gone on with the questions of the visit too", [one["all"] for one in whole]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    catalogue = load()
    walker = Walker(catalogue)
    drawn = people(catalogue, catalogue.populations["stable"], options.people, options.seed)
    walked = [walker.walk(person) for person in drawn]
    rows = measured(walked)
    stopped = [one.until["stopped"] for one in walked if one.stopped]
    heading(f"An intake, of {options.people - len(stopped)} synthetic people: median (90th centile)")
    print(f"| part, from the first page | pages | words | minutes | minutes at {SLOW} words a minute |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.part} | {' | '.join(row.cells())} |")
    if stopped:
        pages_, minutes = median(one.pages for one in stopped), median(one.minutes() for one in stopped)
        print(f"\n{len(stopped)} more were stopped by an emergency, after {pages_:.0f} pages, {minutes:.1f} minutes.")
    print()
    taken = median(one.minutes() for one in rows[1].lengths)
    show([Line(rows[1].part, f"{taken:.2f} min", "median", f"≤ {AIM} min", taken <= AIM)])


if __name__ == "__main__":
    main()
