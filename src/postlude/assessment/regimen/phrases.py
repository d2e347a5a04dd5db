"""Cuts a prescription line into pieces, each with one meaning or marked unread.

Nothing here decides what belongs together; that is `steps`. A phrase is read only as a whole: what matches no
phrase, or has a number that could be two numbers, becomes a piece of kind "unread".
"""

from __future__ import annotations

import re

import msgspec

from postlude.assessment.regimen.patterns import GLYPH, MONTH, NUM, PATTERNS, WORD, Piece


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
_STARTS_NUMBER = re.compile(NUM)
_NUMBERISH = re.compile(rf"[0-9]|{GLYPH}|\b(?:hundred|thousand|million|point|dozen|{WORD})\b")


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
    for pattern, build in PATTERNS:
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
