"""The words of a prescription line: cuts a line into pieces, each with one meaning or marked unread.

Nothing here decides what belongs together; that is `regimen.py`. A phrase is read only as a whole: what matches no
phrase, or has a number that could be two numbers, becomes a piece of kind "unread".
"""

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
_GLYPH = f"[{''.join(_PARTS)}]"
_SLASH = r"[1-3]/[2-4]"
_SHARE = r"(?:an? |one )?(?:half|quarter)(?: of)?(?: an?)?"
_WORD = rf"(?:{_SHARE}|(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))}))(?!\w)"
# Wider than what `number` accepts, so that "1,00,000" is taken whole and refused, not read as its last part.
_NUM = rf"(?:{_SLASH}|{_GLYPH}|\.[0-9]{{1,9}}|[0-9]{{1,9}}(?:[.,][0-9]{{1,9}}){{0,3}}(?: ?{_GLYPH}| {_SLASH})?|{_WORD})"
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
    if m := re.fullmatch(rf"(?:([1-9][0-9]?) ?)?({_GLYPH})", text):
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
    return rf"(?P<{name}1>{_NUM}{also})(?:{_TO}(?P<{name}2>{_NUM}))?"


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

_PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Piece | None]]] = [
    (re.compile(pattern), build)
    for pattern, build in (
        (
            rf"{_UPTO}(?P<a1>{_NUM}|an?)(?:(?:[ -]?(?P<u1>{_MEASURE}|{_FORM}))?{_TO}(?P<a2>{_NUM}))?"
            rf"[ -]?(?P<u>{_MEASURE}|{_FORM}){_UEND}(?: (?P<f>{_FORM})(?!\w))?",
            _dose,
        ),
        (
            rf"{_UPTO}{_range('c', '|an?')}(?P<by> ?[x×*] ?| of (?:the )?| )(?P<s>{_NUM})[ -]?(?P<u>{_MEASURE}){_UEND}"
            rf"(?: (?P<f>{_FORM})(?!\w))?(?P<g>)(?P<each>)(?P<close>)",
            _count,
        ),
        (
            rf"{_UPTO}{_range('c', '|an?')} (?P<g>{_FORM})(?P<f>)(?P<by> of | ?[x×@] ?| ?\(| )(?P<s>{_NUM})[ -]?"
            rf"(?P<u>{_MEASURE}){_UEND}(?P<each> each)?(?P<close>\))?",
            _count,
        ),
        (
            rf"(?P<grid>(?:{_NUM})(?: ?[-–] ?(?:{_NUM})){{2,3}})(?![-–./,]?[0-9])"
            rf"(?: ?(?P<u>{_MEASURE}|{_FORM}){_UEND}|(?!\w))",
            _grid,
        ),
        (
            rf"(?:(?P<w>once|twice|thrice)|{_range('n')} ?(?:times?|x|×)|x ?{_range('x')}(?: times)?)"
            rf"(?:{_PER}(?P<m>(?:{_NUM}|{'|'.join(_NTH)}) ?)?(?P<t>{_T})| ?(?P<ly>{_LYS}))(?!\w)",
            _times,
        ),
        (rf"{_range('n')}(?: ?/ ?| per | a )(?:day|24 ?h(?:ours|rs)?)(?!\w)", _bare),
        (
            rf"(?:every|each|q) ?(?:(?P<nth>{'|'.join(_NTH)})|{_range('n')})? ?(?:(?P<t>{_T})|(?:hou|h)rly)(?!\w)",
            _every,
        ),
        (rf"{_range('n')}[ -]?(?:hou|h)rly(?!\w)", _every),
        (
            rf"(?:(?:for|x|×)(?: the next)? ?(?P<n>{_NUM}|an?) ?(?P<t>{_T})(?!\w)|(?:for|x|×) ?"
            rf"(?P<top>[1-9][0-9]?)/(?P<part>7|52|12)(?![\w/]))",
            _for,
        ),
        (
            rf"{_CAP}(?P<n>{_NUM}|once|twice|thrice)(?: ?(?P<u>{_MEASURE}|{_FORM})| ?(?:times?|x|doses?)(?!\w))?"
            rf"(?:{_PER}(?:24 ?(?:hours|hrs|h)|(?P<t>day|d|week|wk|month))| daily)(?!\w)",
            _max,
        ),
        (rf"max(?:imum)?\.? daily dose(?: of| is)?:? ?(?P<n>{_NUM}) ?(?P<u>{_MEASURE}|{_FORM}){_UEND}", _max),
        (rf"(?:in (?P<n>{_NUM}) divided doses|divided in(?:to)? (?P<k>{_NUM}) doses)(?!\w)", _divided),
        (rf"(?:only )?{_NEED}(?: (?:for )?(?P<why>{_REASONS}))?", lambda m: Piece("prn", name=m["why"] or "")),
        (rf"for (?:the |my )?(?P<why>{_REASONS})", lambda m: Piece("reason", name=m["why"])),
        (rf"(?P<f>{_FORM}){_UEND}", lambda m: Piece("form", name=_unit(m["f"]))),
    )
]


# ---------------------------------------------------------------- fixed phrases


def _table() -> dict[str, Piece]:
    out: dict[str, Piece] = {}

    def put(piece: Piece, phrases: str, dotted: str = "") -> None:
        out.update((p.strip(), piece) for p in phrases.split("|") if p.strip())
        for abbreviation in dotted.split():
            with_dots = ".".join(abbreviation)
            out.update({abbreviation: piece, with_dots: piece, with_dots + ".": piece})

    def often(low: float, per: float) -> Piece:
        return Piece("freq", low=float(low), high=float(low), per=float(per))

    put(
        often(1, 1),
        "daily|everyday|qday|per day|a day|/day|/ day|/d|per 24 hours|/24h|/24 h|/24 hours|/24 hrs|q day"
        "|a night|per night",
        "qd od",
    )
    put(often(2, 1), "bds", "bid bd")
    put(often(3, 1), "", "tid tds")
    put(often(4, 1), "", "qid qds")
    put(often(1, 2), "on alternate days|alternate days|alternate daily", "qod eod")
    put(often(1, 7), "weekly|q wk|qwk|qw|a week|per week|/week|/wk")
    put(often(1, 14), "fortnightly")
    put(often(1, MONTH), "monthly|a month|per month|/month")
    put(often(24, 1), "hourly")
    once = "once|once only|one time|one time only|stat|single dose|as a single dose|a single dose|one off|x 1|x1"
    put(Piece("once"), once)
    for slot, phrases, dotted in (
        ("night", "nocte|nightly|once nightly|at night|at night time|nighttime|at nighttime|night|bedtime|at bedtime"
         "|at bed time|q hs|before bed|before bedtime|every night|each night|every bedtime|once every night"
         "|once each night", "qhs hs"),
        ("morning", "mane|qam|in the morning|in the mornings|morning|every morning|each morning|with breakfast"
         "|at breakfast|before breakfast|after breakfast|every am|each am", "am om"),
        ("noon", "noon|at noon|midday|at midday|lunchtime|at lunchtime|with lunch|at lunch", ""),
        ("afternoon", "in the afternoon|afternoon|every afternoon", ""),
        ("evening", "qpm|in the evening|in the evenings|evening|every evening|each evening|with dinner|at dinner"
         "|with supper|with evening meal|with the evening meal|at teatime|every pm|each pm", "pm"),
    ):  # fmt: skip
        put(Piece("time", name=slot), phrases, dotted)
    for day, short in (
        ("monday", "mon"), ("tuesday", "tue|tues"), ("wednesday", "wed|weds"), ("thursday", "thu|thur|thurs"),
        ("friday", "fri"), ("saturday", "sat"), ("sunday", "sun"),
    ):  # fmt: skip
        for lead in ("", "on ", "every ", "each "):
            put(Piece("weekday", name=day), "|".join(lead + n for n in (day, day + "s", *short.split("|"))))
    for route, phrases, dotted in (
        ("oral", "by mouth|orally|oral|per os", "po"),
        ("transdermal", "transdermal|transdermally|to the skin|to skin", ""),
        ("topical", "topical|topically", ""),
        ("sublingual", "sublingual|sublingually|under the tongue", "sl"),
        ("buccal", "buccal|buccally", ""),
        ("rectal", "rectal|rectally", ""),
        ("nasal", "nasal|intranasal|intranasally", ""),
        ("intrathecal", "intrathecal|intrathecally", ""),
        ("subcutaneous", "subcutaneous|subcutaneously|subcut", "sc"),
        ("intramuscular", "intramuscular|intramuscularly", "im"),
        ("intravenous", "intravenous|intravenously", "iv"),
    ):  # fmt: skip
        put(Piece("route", name=route), phrases, dotted)
    put(Piece("then"), "then|and then|followed by|thereafter|after that|afterwards")
    put(Piece("and"), "and|plus|&|+")
    put(Piece("stop"), "stop|then stop|and stop|and then stop|discontinue")
    # Without bearing on how much or how often. All else stays unread, so only words that cannot change a dose.
    harmless = (
        "take|takes|taking|give|apply|use|to be taken|please|pls|swallow|swallow whole|with food|"
        "with or after food|after food|before food|with meals|after meals|before meals|with a meal|"
        "with milk|with water|with a glass of water|on an empty stomach|only|regularly|regular|"
        "around the clock|change|changed|replace|replaced|to be changed|mr|sr|er|xr|xl|ir|cr|la|"
        "modified release|slow release|sustained release|extended release|prolonged release|"
        "immediate release|controlled release"
    )
    put(Piece("note"), harmless, "ac pc")
    return out


_TABLE = _table()
_PHRASE = re.compile(rf"(?:{'|'.join(re.escape(p) for p in sorted(_TABLE, key=len, reverse=True))})(?!\w)")
_CHUNK = re.compile(r"(?:[^\s,;()\[\]]|(?<=[0-9]),(?=[0-9]))+")
_STARTS_NUMBER = re.compile(_NUM)
_NUMBERISH = re.compile(rf"[0-9]|{_GLYPH}|\b(?:hundred|thousand|million|point|dozen|{_WORD})\b")


def one_spaced(text: str) -> str:
    """The line with every run of white space as one space."""
    return " ".join(text.split())


def scan(shown: str) -> list[Piece]:
    """All pieces of a line with single spaces, in order: together they cover every letter, digit and sign of it.

    At each place the longest phrase wins. Hyphens between letters count as spaces ("twice-daily").
    """
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in shown)
    low = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", low)
    pieces: list[Piece] = []
    at = 0
    while at < len(low):
        if low[at] == " ":
            at += 1
            continue
        found = _longest(low, at)
        if found is None:
            found = _left_over(low, at)
        last = pieces[-1] if pieces else None
        # "1 000 mg", "two hundred fifty mg": half of a number is not the number.
        if (
            last is not None
            and last.kind == "unread"
            and found.kind != "unread"
            and not low[last.end : at].strip()
            and _NUMBERISH.search(low[last.start : last.end])
            and _STARTS_NUMBER.match(low, at)
        ):
            found = Piece("unread", start=at, end=found.end)
        pieces.append(found)
        at = found.end
    return pieces


def _longest(low: str, at: int) -> Piece | None:
    best: Piece | None = None
    end = at
    if m := _PHRASE.match(low, at):
        best, end = _TABLE[m[0]], m.end()
    for pattern, build in _PATTERNS:
        m = pattern.match(low, at)
        if m is not None and m.end() > end and (piece := build(m)) is not None:
            best, end = piece, m.end()
    return None if best is None else msgspec.structs.replace(best, start=at, end=end)


def _left_over(low: str, at: int) -> Piece:
    m = _CHUNK.match(low, at)
    word = m[0].rstrip(".:!?") if m else ""
    if not word or word in "-–—":
        return Piece("break", start=at, end=at + 1)
    return Piece("unread", start=at, end=at + len(word))
