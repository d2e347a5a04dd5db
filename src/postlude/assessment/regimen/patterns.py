"""Patterns of a prescription line that hold numbers: doses, frequencies, durations, limits."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

# Days in a month: the line does not say which month. Only used for "monthly", "for 2 months".
MONTH = 30


class Piece(msgspec.Struct, frozen=True):
    """One stretch of the line, `start` to `end` in the line with single spaces.

    What `low`, `high`, `per` and `name` hold depends on `kind`:
    dose (amount per time in `name`; `form`; `strength` of one tablet where a count was multiplied; `least` such count),
    freq (times per `per` days), for (`low` days), max (`high` per `per` days, of `name` or "" = times),
    grid (`grid` amounts through the day, of `name`), divided (`low` parts), time and weekday and form and route
    (`name`), prn and reason (`name` = the reason), once, then, and, break, stop, note, unread (nothing).
    """

    kind: str
    start: int = 0
    end: int = 0
    low: float = 0.0
    high: float = 0.0
    per: float = 1.0
    name: str = ""
    form: str = ""
    strength: float | None = None
    least: float = 1.0
    grid: tuple[float, ...] = ()


# ---------------------------------------------------------------- numbers

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: dict[str, float] = {w: float(i) for i, w in enumerate(_ONES)} | {"fifteen": 15.0}
_WORDS |= {w: float(10 * i) for i, w in enumerate(_TENS, 2)}
_WORDS |= {f"{t} {_ONES[i]}": _WORDS[t] + i for t in _TENS for i in range(1, 10)}
_WORDS |= {f"{_ONES[i]} and a half": i + 0.5 for i in range(1, 10)}
_PARTS = {"½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3}
GLYPH = f"[{''.join(_PARTS)}]"
_SLASH = r"[1-3]/[2-4]"
_SHARE = r"(?:an? |one )?(?:half|quarter)(?: of)?(?: an?)?"
WORD = rf"(?:{_SHARE}|(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))}))(?!\w)"
# Wider than what `number` accepts, so that "1,00,000" is taken whole and refused, not read as its last part.
NUM = rf"(?:{_SLASH}|{GLYPH}|\.[0-9]{{1,9}}|[0-9]{{1,9}}(?:[.,][0-9]{{1,9}}){{0,3}}(?: ?{GLYPH}| {_SLASH})?|{WORD})"
_TO = r"(?: ?[-–—] ?| to | or )"


def number(text: str) -> float | None:
    """The number written in lower-case `text`; None if it is none or could be two different ones.

    "1,000" is a thousand, "2,5" two and a half. Refused: "1.500" (a European thousand and a half thousand look alike),
    "5,10" (a list?), "007", groups that are not thousands.
    """
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if text in ("a", "an"):
        return 1.0
    if re.fullmatch(_SHARE, text):
        return 0.5 if "half" in text else 0.25
    if m := re.fullmatch(rf"(?:([1-9][0-9]?) ?)?({GLYPH})", text):
        return float(m[1] or 0) + _PARTS[m[2]]
    if m := re.fullmatch(r"(?:([1-9][0-9]?) )?([1-3])/([2-4])", text):
        top, bottom = int(m[2]), int(m[3])
        return float(m[1] or 0) + top / bottom if top < bottom else None
    if m := re.fullmatch(r"(0|[1-9][0-9]{0,5})?(?:\.([0-9]{1,4}))?", text):
        if m[1] not in (None, "0") and m[2] is not None and len(m[2]) == 3:
            return None
        return float(text)
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){1,2}(?:\.[0-9]{1,2})?", text):
        return float(text.replace(",", ""))
    if (m := re.fullmatch(r"(0|[1-9][0-9]{0,2}),([0-9]{1,2})|0,[0-9]{3,4}", text)) and (
        text.startswith("0") or not text.endswith("0")
    ):
        return float(text.replace(",", "."))
    return None


def _range(name: str, also: str = "") -> str:
    """A pattern for a number or "a-b", as groups `name`1 and `name`2."""
    return rf"(?P<{name}1>{NUM}{also})(?:{_TO}(?P<{name}2>{NUM}))?"


def _span(m: re.Match[str], name: str) -> tuple[float, float] | None:
    """The range in groups `name`1, `name`2; None when a number is refused or the range runs downwards."""
    low = number(m[f"{name}1"])
    high = low if m[f"{name}2"] is None else number(m[f"{name}2"])
    return None if low is None or high is None or high < low else (low, high)


# ---------------------------------------------------------------- units

_RATE = r"(?:mcg|[uµμ]g|micrograms?) ?(?:/|per|an) ?(?:hours?|hrs?|h)"
_MEASURES = {
    "mcg/h": _RATE,
    "mg": r"mgs?|milligrams?|milligrammes?",
    "mcg": r"mcgs?|[uµμ]g|micrograms?",
    "g": r"g|gms?|grams?|grammes?",
    "mL": r"mls?|millilit(?:er|re)s?",
    "mmol": r"mmols?",
    "unit": r"units?|iu",
}
_FORMS = {
    "tablet": r"tablets?|tabs?",
    "capsule": r"capsules?|caps?",
    "patch": r"patch(?:es)?",
    "pill": r"pills?",
    "sachet": r"sachets?",
    "lozenge": r"lozenges?",
    "suppository": r"suppositor(?:y|ies)",
    "film": r"films?",
    "drop": r"drops?",
    "puff": r"puffs?",
    "spray": r"sprays?",
}
_MEASURE, _FORM = "|".join(_MEASURES.values()), "|".join(_FORMS.values())
# "5 mg/mL" and "1 mg/kg" are not doses: after a unit a "/" or "per" may only lead to a time.
_UEND = r"(?!\w)(?! ?/(?! ?(?:days?|d|24|night|week|wk|month)(?![a-z])))(?! per (?!day|24|night|week|month))"


def _unit(text: str) -> str:
    """The one name we use for a unit or form as written."""
    both = (_MEASURES | _FORMS).items()
    return next(name for name, pattern in both if re.fullmatch(pattern, text))


def _dose(m: re.Match[str]) -> Piece | None:
    span, unit = _span(m, "a"), _unit(m["u"])
    form = _unit(m["f"]) if m["f"] else (unit if unit in _FORMS else "")
    if span is None or (m["u1"] and _unit(m["u1"]) != unit) or (m["a1"] in ("a", "an") and unit not in _FORMS):
        return None
    return Piece(
        "dose",
        low=0.0 if m["upto"] else span[0],
        high=span[1],
        name=unit,
        form=form,
        least=span[0] if unit in _FORMS else 1.0,
    )


def _count(m: re.Match[str]) -> Piece | None:
    """So many of one strength: "2 x 50 mg tablets", "1-2 tablets of 5 mg"."""
    span, strength, by = _span(m, "c"), number(m["s"]), m["by"].strip()
    if span is None or strength is None:
        return None
    if m["g"]:  # count, form, strength: "2 tablets (10 mg)" may be 10 mg in all, so only "of" or "each" or just one
        if (by == "(") != bool(m["close"]) or not (by in ("of", "x", "×", "@") or m["each"] or span == (1.0, 1.0)):
            return None
    elif not by and (re.search(r"\d", m["c1"]) or not m["f"]):  # "2 5 mg tablets" may be 2.5 mg
        return None
    form = m["g"] or m["f"]
    low, high = (0.0 if m["upto"] else span[0] * strength), span[1] * strength
    return Piece(
        "dose",
        low=low,
        high=high,
        name=_unit(m["u"]),
        form=_unit(form) if form else "",
        strength=strength,
        least=span[0],
    )


def _grid(m: re.Match[str]) -> Piece | None:
    """Reads "1-0-1": morning, noon, night. "300-0-600 mg" needs its 0, else it might be three steps of a titration."""
    values = [number(v) for v in re.split(r" ?[-–] ?", m["grid"])]
    unit = _unit(m["u"]) if m["u"] else ""
    known = tuple(v for v in values if v is not None)
    counts = not unit or unit in _FORMS
    if len(known) < len(values) or not any(known) or (max(known) > 10 if counts else 0.0 not in known):
        return None
    return Piece("grid", name=unit, grid=known)


# ---------------------------------------------------------------- how often, how long, how much at most

_HOURS = {"minute": 1 / 60, "min": 1 / 60, "hour": 1.0, "hr": 1.0, "h": 1.0, "day": 24.0, "d": 24.0, "night": 24.0}
_HOURS |= {"week": 168.0, "wk": 168.0, "w": 168.0, "fortnight": 336.0, "month": MONTH * 24.0, "mth": MONTH * 24.0}
_T = r"(?:minutes?|mins?|hours?|hrs?|h|days?|d|nights?|weeks?|wks?|w|fortnights?|months?|mths?)"
_LY = {"daily": 24.0, "weekly": 168.0, "monthly": MONTH * 24.0, "nightly": 24.0}
_OFTEN = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_LYS = "|".join(_LY)
_NTH = {"other": 2.0, "second": 2.0, "2nd": 2.0, "alternate": 2.0, "third": 3.0, "3rd": 3.0}
_PER = r"(?: ?/ ?| per | an? | each | every | in an? | in any | in )"


def _hours(text: str) -> float:
    return _HOURS[text if text in _HOURS else text.removesuffix("s")]


def _rate(low: float, high: float, hours: float) -> Piece | None:
    """`low` to `high` times every so many hours; up to a day counted per day, so that 8 hours give 3 per 1 day."""
    if hours <= 0 or high <= 0:
        return None
    return (
        Piece("freq", low=low * 24 / hours, high=high * 24 / hours)
        if hours <= 24
        else Piece("freq", low=low, high=high, per=hours / 24)
    )


def _times(m: re.Match[str]) -> Piece | None:
    """Reads "3-4 times a day", "once every 3 days"."""
    named = _OFTEN.get(m["w"] or "")
    span = (named, named) if named else _span(m, "n" if m["n1"] else "x")
    each = 1.0 if m["m"] is None else _NTH.get(m["m"].strip()) or number(m["m"])
    if span is None or each is None:
        return None
    return _rate(span[0], span[1], each * _hours(m["t"]) if m["t"] else _LY[m["ly"]])


def _bare(m: re.Match[str]) -> Piece | None:
    """Reads "4/day", "4 a day"."""
    span = _span(m, "n")
    return None if span is None else _rate(span[0], span[1], 24.0)


def _every(m: re.Match[str]) -> Piece | None:
    """Reads "q4-6h", "every other day", "4 hourly"."""
    groups = m.groupdict()
    hours = _hours(groups["t"]) if groups.get("t") else 1.0
    if groups.get("nth"):
        return _rate(1.0, 1.0, _NTH[groups["nth"]] * hours)
    span = _span(m, "n") if m["n1"] else (1.0, 1.0)
    if span is None or span[0] <= 0:
        return None
    if span[0] == span[1]:
        return _rate(1.0, 1.0, span[0] * hours)
    return Piece("freq", low=24 / (span[1] * hours), high=24 / (span[0] * hours))


def _for(m: re.Match[str]) -> Piece | None:
    if m["part"]:  # "5/7" is 5 days, "2/52" 2 weeks, "1/12" a month
        days: float | None = float(m["top"]) * {"7": 1, "52": 7, "12": MONTH}[m["part"]]
    else:
        count = number(m["n"])
        days = None if count is None else count * _hours(m["t"]) / 24
    return Piece("for", low=days) if days else None


def _max(m: re.Match[str]) -> Piece | None:
    most = _OFTEN.get(m["n"]) or number(m["n"])
    if not most:
        return None
    time = m.groupdict().get("t")
    return Piece("max", high=most, name=_unit(m["u"]) if m["u"] else "", per=_hours(time) / 24 if time else 1.0)


def _divided(m: re.Match[str]) -> Piece | None:
    parts = number(m["n"] or m["k"])
    return Piece("divided", low=parts) if parts else None


_WHY = """
pain pains breakthrough severe moderate mild nerve neuropathic back leg legs arm neck foot feet knee hip shoulder
muscle muscles spasm spasms spasticity sleep insomnia anxiety constipation nausea sickness vomiting headache
headaches migraine migraines inflammation cramp cramps flare flares ups burning tingling neuralgia sciatica
mood depression itch itching infection arthritis fever swelling chronic acute low lower upper stomach bladder post
op operative postoperative postop surgery surgical wound bowels reflux cough stiffness discomfort relief
"""
_REASON = rf"(?:{'|'.join(sorted(set(_WHY.split()), key=len, reverse=True))})(?!\w)"
_REASONS = rf"{_REASON}(?:(?: and | or | in the | in | |/){_REASON}){{0,6}}"
_NEED = r"(?:(?:as|if|when|whenever) (?:needed|required|necessary)|prn|p\.r\.n\.?)(?!\w)"
_CAP = r"(?:max(?:imum)?\.?|up to|(?:no|not) more than|(?:do )?not (?:to )?exceed)(?: of)?:? ?"
_UPTO = r"(?P<upto>up to )?"

PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Piece | None]]] = [
    (re.compile(pattern), build)
    for pattern, build in (
        (
            rf"{_UPTO}(?P<a1>{NUM}|an?)(?:(?:[ -]?(?P<u1>{_MEASURE}|{_FORM}))?{_TO}(?P<a2>{NUM}))?"
            rf"[ -]?(?P<u>{_MEASURE}|{_FORM}){_UEND}(?: (?P<f>{_FORM})(?!\w))?",
            _dose,
        ),
        (
            rf"{_UPTO}{_range('c', '|an?')}(?P<by> ?[x×*] ?| of (?:the )?| )(?P<s>{NUM})[ -]?(?P<u>{_MEASURE}){_UEND}"
            rf"(?: (?P<f>{_FORM})(?!\w))?(?P<g>)(?P<each>)(?P<close>)",
            _count,
        ),
        (
            rf"{_UPTO}{_range('c', '|an?')} (?P<g>{_FORM})(?P<f>)(?P<by> of | ?[x×@] ?| ?\(| )(?P<s>{NUM})[ -]?"
            rf"(?P<u>{_MEASURE}){_UEND}(?P<each> each)?(?P<close>\))?",
            _count,
        ),
        (
            rf"(?P<grid>(?:{NUM})(?: ?[-–] ?(?:{NUM})){{2,3}})(?![-–./,]?[0-9])"
            rf"(?: ?(?P<u>{_MEASURE}|{_FORM}){_UEND}|(?!\w))",
            _grid,
        ),
        (
            rf"(?:(?P<w>once|twice|thrice)|{_range('n')} ?(?:times?|x|×)|x ?{_range('x')}(?: times)?)"
            rf"(?:{_PER}(?P<m>(?:{NUM}|{'|'.join(_NTH)}) ?)?(?P<t>{_T})| ?(?P<ly>{_LYS}))(?!\w)",
            _times,
        ),
        (rf"{_range('n')}(?: ?/ ?| per | a )(?:day|24 ?h(?:ours|rs)?)(?!\w)", _bare),
        (
            rf"(?:every|each|q) ?(?:(?P<nth>{'|'.join(_NTH)})|{_range('n')})? ?(?:(?P<t>{_T})|(?:hou|h)rly)(?!\w)",
            _every,
        ),
        (rf"{_range('n')}[ -]?(?:hou|h)rly(?!\w)", _every),
        (
            rf"(?:(?:for|x|×)(?: the next)? ?(?P<n>{NUM}|an?) ?(?P<t>{_T})(?!\w)|(?:for|x|×) ?"
            rf"(?P<top>[1-9][0-9]?)/(?P<part>7|52|12)(?![\w/]))",
            _for,
        ),
        (
            rf"{_CAP}(?P<n>{NUM}|once|twice|thrice)(?: ?(?P<u>{_MEASURE}|{_FORM})| ?(?:times?|x|doses?)(?!\w))?"
            rf"(?:{_PER}(?:24 ?(?:hours|hrs|h)|(?P<t>day|d|week|wk|month))| daily)(?!\w)",
            _max,
        ),
        (rf"max(?:imum)?\.? daily dose(?: of| is)?:? ?(?P<n>{NUM}) ?(?P<u>{_MEASURE}|{_FORM}){_UEND}", _max),
        (rf"(?:in (?P<n>{NUM}) divided doses|divided in(?:to)? (?P<k>{NUM}) doses)(?!\w)", _divided),
        (rf"(?:only )?{_NEED}(?: (?:for )?(?P<why>{_REASONS}))?", lambda m: Piece("prn", name=m["why"] or "")),
        (rf"for (?:the |my )?(?P<why>{_REASONS})", lambda m: Piece("reason", name=m["why"])),
        (rf"(?P<f>{_FORM}){_UEND}", lambda m: Piece("form", name=_unit(m["f"]))),
    )
]
