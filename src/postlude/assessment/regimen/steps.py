"""Puts the pieces of a prescription line together into steps, and says which pieces belong to none.

What could belong to two steps, or follow in two ways, is unread: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from postlude.assessment.regimen.form import MEASURES, Step
from postlude.assessment.regimen.patterns import Piece
from postlude.assessment.regimen.phrases import one_spaced, scan


@dataclass
class _Draft:
    """A step being filled. `lead` are the pieces that opened it ("then")."""

    joined: str = ""  # then | and | break | "" (nothing between)
    new_sentence: bool = False
    lead: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)  # indexes of all its pieces, in order
    pieces: dict[str, list[int]] = field(default_factory=dict)  # the same, without notes, by kind
    dose: tuple[float, float, str] | None = None
    form: str = ""
    strength: float | None = None  # of one tablet, where the dose came of counting them
    least: float = 1.0  # least number of tablets at a time
    merged: bool = False
    freq: tuple[float, float, float] | None = None
    grid: tuple[float, ...] = ()
    once: bool = False
    times: list[str] = field(default_factory=list)
    weekdays: list[str] = field(default_factory=list)
    for_days: float | None = None
    parts: float | None = None
    as_needed: bool = False
    max_times: float | None = None
    max_amount: tuple[float, str] | None = None
    max_freq: tuple[float, float] | None = None
    route: str = ""
    reasons: list[str] = field(default_factory=list)
    time_first: bool = False
    carried: bool = False
    gaps: bool = False  # something in it could not be read, so nothing may be inferred from what it lacks

    @property
    def timed(self) -> bool:
        return bool(self.freq or self.once or self.grid or self.times or self.weekdays)

    @property
    def plain(self) -> bool:
        """A dose and nothing about when: before a "then" that is a single dose."""
        asks_more = self.timed or self.as_needed or self.for_days or self.max_times or self.max_amount or self.max_freq
        return self.dose is not None and not asks_more and self.parts is None and not self.gaps


_OFTEN = ("freq", "once", "grid")
_SLOTS = ("time", "weekday")


class Reader:
    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.pieces = scan(shown)
        self.unread = {i for i, piece in enumerate(self.pieces) if piece.kind == "unread"}
        self.drafts: list[_Draft] = [_Draft()]
        self.steps: tuple[Step, ...] = ()

    def spans(self) -> tuple[tuple[str, str], ...]:
        """(kind, fragment) in order; neighbouring unread pieces are one fragment."""
        out: list[tuple[str, int, int]] = []
        for i, piece in enumerate(self.pieces):
            kind = "unread" if i in self.unread else piece.kind
            if kind == "unread" and out and out[-1][0] == "unread":
                out[-1] = (kind, out[-1][1], piece.end)
            else:
                out.append((kind, piece.start, piece.end))
        return tuple((kind, self.shown[start:end]) for kind, start, end in out)

    # -- first pass: which piece belongs to which draft

    def divide(self) -> None:
        joined, sentence, linked = "", False, -1
        last = -1  # the last piece that was taken up
        for i, piece in enumerate(self.pieces):
            draft = self.drafts[-1]
            if i in self.unread:
                draft.gaps = True
                continue
            if piece.kind == "break":
                joined = joined or "break"
                sentence = sentence or self.shown[piece.start] == "."
            elif piece.kind == "then":
                if draft.pieces:
                    self.drafts.append(_Draft("then", sentence, lead=[i]))
                    sentence = False
                else:
                    self.unread.add(i)
                joined = ""
            elif piece.kind == "and":
                if linked >= 0:
                    self.unread.add(linked)
                joined, linked = "and", i
            elif piece.kind == "note":
                draft.own.append(i)
            else:
                if self._opens(i, draft, joined):
                    lead = [linked] if linked >= 0 else []
                    draft, linked = _Draft(joined, sentence, lead=lead), -1
                    self.drafts.append(draft)
                loose = False  # behind an "and" that joins nothing we understand: "twice a day and as needed"
                if linked >= 0 and not (last >= 0 and self.pieces[last].kind == piece.kind and piece.kind in _SLOTS):
                    self.unread.add(linked)
                    draft.gaps, loose = True, piece.kind not in ("dose", "freq", "form", "route", "reason")
                if not loose and self._add(draft, piece, joined):
                    draft.own.append(i)
                    draft.pieces.setdefault(piece.kind, []).append(i)
                    last = i
                else:
                    self.unread.add(i)
                    draft.gaps = True
                joined, sentence, linked = "", False, -1
        if linked >= 0:
            self.unread.add(linked)

    def _opens(self, i: int, draft: _Draft, joined: str) -> bool:
        """Whether piece `i` begins a new step after `draft`."""
        piece = self.pieces[i]
        if not draft.pieces:
            return False
        if piece.kind == "dose":
            return draft.dose is not None and not self._counts(draft, piece, joined)
        if piece.kind not in _OFTEN + _SLOTS:
            return False
        # "…, at night 600 mg": a time with its own dose right behind it belongs to that dose.
        ahead = next((p.kind for p in self.pieces[i + 1 :] if p.kind != "note"), "")
        if draft.dose and draft.timed and ahead == "dose" and (joined or draft.time_first):
            return True
        if piece.kind in _SLOTS or not joined or not draft.timed:
            return False
        if piece.kind == "freq" and draft.freq in (None, (piece.low, piece.high, piece.per)):
            return joined == "and" and draft.freq is None
        return True

    @staticmethod
    def _counts(draft: _Draft, piece: Piece, joined: str) -> bool:
        """Whether `piece` counts the tablets whose strength `draft` holds: "5 mg tablets, 2 tabs"."""
        spoilt = draft.timed or draft.merged or draft.gaps or draft.strength is not None or joined == "and"
        if draft.dose is None or spoilt:
            return False
        low, high, unit = draft.dose
        same = draft.form == piece.name or (not draft.form and piece.low == piece.high == 1)
        return unit in MEASURES and piece.name not in MEASURES and low == high and same

    def _add(self, draft: _Draft, piece: Piece, joined: str) -> bool:
        """Puts a piece into the draft; False if it contradicts what is there."""
        kind = piece.kind
        if kind == "dose":
            if draft.dose is None:
                draft.dose = (piece.low, piece.high, piece.name)
                draft.strength, draft.least = piece.strength, piece.least
                return self._form(draft, piece.form)
            if not self._counts(draft, piece, joined):
                return False
            strength = draft.dose[1]
            draft.dose = (piece.low * strength, piece.high * strength, draft.dose[2])
            draft.strength, draft.least, draft.merged = strength, piece.least, True
            return self._form(draft, piece.name)
        if kind == "form":
            return self._form(draft, piece.name)
        if kind == "freq":
            value = (piece.low, piece.high, piece.per)
            if draft.once or draft.freq not in (None, value):
                return False
            draft.freq = value
        elif kind == "once":
            if draft.freq:
                return False
            draft.once = True
        elif kind == "grid":
            if draft.freq or draft.once:
                return False
            if piece.name and draft.dose is None:
                draft.dose = (1.0, 1.0, piece.name)
            elif piece.name and (piece.name in MEASURES or (draft.dose and draft.dose[2] not in MEASURES)):
                return False
            if not self._form(draft, "" if piece.name in MEASURES else piece.name):
                return False
            taken = sum(1 for v in piece.grid if v)
            draft.grid, draft.freq = piece.grid, (float(taken), float(taken), 1.0)
        elif kind in _SLOTS:
            names = draft.times if kind == "time" else draft.weekdays
            if piece.name in names:
                return joined != "and"  # "every night, at bedtime" says it twice
            names.append(piece.name)
        elif kind == "for":
            if draft.for_days not in (None, piece.low):
                return False
            draft.for_days = piece.low
        elif kind == "divided":
            if draft.parts is not None:
                return False
            draft.parts = piece.low
        elif kind == "prn":
            draft.as_needed = True
            draft.reasons += [piece.name] if piece.name else []
        elif kind == "reason":
            draft.reasons.append(piece.name)
        elif kind == "route":
            if draft.route not in ("", piece.name):
                return False
            draft.route = piece.name
        elif kind == "stop":
            return draft.for_days is not None  # "then stop" without a duration does not say when
        elif kind == "max":
            return self._cap(draft, piece)
        if kind in _OFTEN + _SLOTS and draft.dose is None:
            draft.time_first = True
        return True

    @staticmethod
    def _form(draft: _Draft, form: str) -> bool:
        if form and draft.form not in ("", form):
            return False
        draft.form = form or draft.form
        if form == "patch" and not draft.route:
            draft.route = "transdermal"
        return True

    @staticmethod
    def _cap(draft: _Draft, piece: Piece) -> bool:
        if draft.max_times or draft.max_amount or draft.max_freq:
            return False
        if piece.name:
            draft.max_amount = (piece.high, piece.name) if piece.per == 1 else None
            return piece.per == 1
        if piece.per == 1:
            draft.max_times = piece.high
        else:
            draft.max_freq = (piece.high, piece.per)
        return True

    # -- second pass: settle each draft, then how each follows the one before

    def settle(self) -> None:
        drafts = []
        for draft in self.drafts:
            if draft.pieces:
                self._settle_times(draft)
                drafts.append(draft)
            else:
                self.unread.update(draft.lead)  # a "then" that leads nowhere
        steps: list[Step] = []
        group: list[_Draft] = []  # those taken alongside each other just before
        for n, draft in enumerate(drafts):
            if draft.plain and n + 1 < len(drafts) and drafts[n + 1].joined == "then":
                draft.once = True
            if len(group) == 1:
                self._carry(group[0], draft)
            how = self._follows(group, draft) if group else "after"
            if how == "unclear":
                for rest in drafts[n:]:
                    self.unread.update(rest.lead + rest.own)
                break
            group = [*group, draft] if how == "with" else [draft]
            if any(i not in self.unread for taken in draft.pieces.values() for i in taken):
                steps += self._build(draft, with_previous=how == "with")
        self.steps = tuple(steps)

    @staticmethod
    def _carry(before: _Draft, draft: _Draft) -> None:
        """Gives a step that wrote no dose ("then every 3 days") the dose of the one before in the same sentence."""
        wrote = draft.dose is not None or draft.gaps  # an unreadable dose is not an unwritten one
        if wrote or not draft.freq or draft.joined not in ("then", "and") or draft.new_sentence:
            return
        if before.dose is not None and not before.grid and before.parts is None:
            draft.dose, draft.form, draft.carried = before.dose, draft.form or before.form, True
            draft.strength, draft.least = before.strength, before.least

    def _settle_times(self, draft: _Draft) -> None:
        """Brings frequency, times of day, weekdays and caps together; what contradicts becomes unread."""
        slots, days = len(draft.times), len(draft.weekdays)
        if draft.grid and draft.dose is None and any(v not in (0, 1) for v in draft.grid):
            self._drop(draft, "grid")  # two of what?
            draft.grid, draft.freq = (), None
        if draft.once and (slots or days):  # "once at night" may be every night
            self._drop(draft, "once", "time", "weekday")
            draft.once, draft.times, draft.weekdays, slots, days = False, [], [], 0, 0
        if draft.max_freq:
            if draft.freq or draft.once or slots or days:
                self._drop(draft, "max")
            else:
                draft.freq = (0.0, *draft.max_freq)
        if draft.freq is None and not draft.once:
            each = float(max(slots, 1))
            if days:
                draft.freq = (each * days, each * days, 7.0)
            elif slots:
                draft.freq = (each, each, 1.0)
            elif draft.max_times and not draft.gaps:  # "as needed, max 4 a day" bounds it, from none to four
                draft.freq = (0.0, draft.max_times, 1.0)
        elif draft.freq:
            low, high, per = draft.freq
            if days and not (low == high == days * max(slots, 1) and per == 7):
                self._drop(draft, "weekday")
                draft.weekdays = []
            if slots and not ((low == high == slots and per == 1) or (slots == 1 and per > 1 and high == max(days, 1))):
                self._drop(draft, "time")
                draft.times = []
        if draft.max_times and draft.least < 1:  # half a tablet, "max 2 a day": tablets or times?
            self._drop(draft, "max")
            draft.max_times = None
        if draft.parts is not None:
            if draft.dose and draft.freq == (1.0, 1.0, 1.0) and not draft.grid and not draft.times:
                draft.dose = (draft.dose[0] / draft.parts, draft.dose[1] / draft.parts, draft.dose[2])
                draft.freq = (draft.parts, draft.parts, 1.0)
            else:
                self._drop(draft, "divided")

    def _drop(self, draft: _Draft, *kinds: str) -> None:
        for kind in kinds:
            self.unread.update(draft.pieces.get(kind, []))

    @staticmethod
    def _follows(group: list[_Draft], draft: _Draft) -> str:
        """How `draft` stands to those before: "after" them, "with" them, or "unclear".

        Without "then" or "and" it is with them when the times of day differ or only one is as needed, after them when
        the one before ended (once, or for some days). "500 mg twice a day, 250 mg daily" could be either.
        """
        if draft.joined == "then":
            return "after"
        before = group[-1]
        differ = before.as_needed != draft.as_needed
        apart = bool(draft.times) and all(d.times and not set(d.times) & set(draft.times) for d in group)
        ended = before.once or before.for_days is not None
        if draft.dose is None:
            return "unclear"
        if draft.joined == "and":
            both = before.freq and draft.freq and not before.once and before.for_days == draft.for_days
            return "with" if both and (differ or not draft.carried) else "unclear"
        if not before.timed:
            return "unclear"
        if apart or differ:
            return "unclear" if ended or draft.for_days is not None or not draft.freq else "with"
        return "after" if ended else "unclear"

    def _build(self, draft: _Draft, *, with_previous: bool) -> list[Step]:
        first, last = self.pieces[(draft.lead + draft.own)[0]], self.pieces[draft.own[-1]]
        low, high, unit = draft.dose or (None, None, None)
        freq = draft.freq or (None, None, None)
        cap = draft.max_amount
        if cap and draft.strength is not None and cap[1] == draft.form and unit:  # "max 8 tablets" of a known strength
            cap = (cap[0] * draft.strength, unit)
        step = Step(
            text=self.shown[first.start : last.end],
            dose_low=low,
            dose_high=high,
            dose_unit=unit,
            dose_from_previous=draft.carried,
            form=draft.form or None,
            times_low=freq[0],
            times_high=freq[1],
            period_days=freq[2],
            once=draft.once,
            for_days=draft.for_days,
            as_needed=draft.as_needed,
            max_times=draft.max_times,
            max_amount=cap[0] if cap else None,
            max_unit=cap[1] if cap else None,
            with_previous=with_previous,
            route=draft.route or None,
            reason=", ".join(draft.reasons) or None,
        )
        if not draft.grid or low is None or high is None:
            return [step]
        out: list[Step] = []
        for size in dict.fromkeys(v for v in draft.grid if v):  # one step for each size of dose through the day
            count = float(draft.grid.count(size))
            out.append(
                msgspec.structs.replace(
                    step,
                    dose_low=low * size,
                    dose_high=high * size,
                    times_low=count,
                    times_high=count,
                    with_previous=with_previous or bool(out),
                )
            )
        return out


def read(text: str) -> Reader:
    """Return the reader of a line, done."""
    reader = Reader(one_spaced(text))
    reader.divide()
    reader.settle()
    return reader
