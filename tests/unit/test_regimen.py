"""Prescription lines: what is read, what is left unread, and how much a day that makes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.assessment.regimen import LONGEST, Regimen, Step, daily_amount, explain, read_regimen

EMPTY = Step(text="")


def fields(step: Step) -> dict[str, Any]:
    """The fields of a step that differ from an empty one, without its text."""
    pairs = {name: getattr(step, name) for name in step.__struct_fields__ if name != "text"}
    return {name: value for name, value in pairs.items() if value != getattr(EMPTY, name)}


def dose(low: float, unit: str = "mg", high: float | None = None) -> dict[str, Any]:
    return {"dose_low": low, "dose_high": low if high is None else high, "dose_unit": unit}


def often(low: float, per: float = 1, high: float | None = None) -> dict[str, Any]:
    return {"times_low": low, "times_high": low if high is None else high, "period_days": per}


TABLET: dict[str, Any] = {"form": "tablet"}
PATCH: dict[str, Any] = {"form": "patch", "route": "transdermal"}
WITH: dict[str, Any] = {"with_previous": True}
PRN: dict[str, Any] = {"as_needed": True}

READ: list[tuple[str, list[dict[str, Any]]]] = [
    ("5 mg twice a day", [dose(5) | often(2)]),
    (
        "1 g once, then 500 mg bid x 3 days then every 3 days",
        [
            dose(1, "g") | {"once": True},
            dose(500) | often(2) | {"for_days": 3},
            dose(500) | often(1, 3) | {"dose_from_previous": True},
        ],
    ),
    (
        "1 g, then 500 mg twice daily for 3 days, then 500 mg every 3 days",
        [dose(1, "g") | {"once": True}, dose(500) | often(2) | {"for_days": 3}, dose(500) | often(1, 3)],
    ),
    ("75 mg at night", [dose(75) | often(1)]),
    ("5 mg twice a day for breakthrough", [dose(5) | often(2) | {"reason": "breakthrough"}]),
    ("10-15 mg q4-6h prn, max 4 per day", [dose(10, high=15) | often(4, high=6) | PRN | {"max_times": 4}]),
    ("25 mcg/h patch every 72 hours", [dose(25, "mcg/h") | often(1, 3) | PATCH]),
    ("300 mg in the morning and 600 mg at night", [dose(300) | often(1), dose(600) | often(1) | WITH]),
    ("one tablet daily", [dose(1, "tablet") | often(1) | TABLET]),
    ("2 x 50 mg tablets twice a day", [dose(100) | often(2) | TABLET]),
    ("1-2 tablets of 5 mg every 6 hours", [dose(5, high=10) | often(4) | TABLET]),
    ("5 mg tablets, 2 tabs tid", [dose(10) | often(3) | TABLET]),
    # more as they are written
    (
        "TAKE 2 TABS PO Q6H PRN PAIN",
        [dose(2, "tablet") | often(4) | TABLET | PRN | {"route": "oral", "reason": "pain"}],
    ),
    (
        "Take 1 tablet (5 mg) by mouth every 4 to 6 hours as needed for severe pain. Max 6 tablets per day.",
        [
            dose(5)
            | often(4, high=6)
            | TABLET
            | PRN
            | {"route": "oral", "reason": "severe pain", "max_amount": 30, "max_unit": "mg"}
        ],
    ),
    ("300 mg 1-0-1", [dose(300) | often(2)]),
    ("300 mg 1-0-2", [dose(300) | often(1), dose(600) | often(1) | WITH]),
    ("300-0-600 mg", [dose(300) | often(1), dose(600) | often(1) | WITH]),
    ("1-0-1 tablets x 5 days", [dose(1, "tablet") | often(2) | TABLET | {"for_days": 5}]),
    ("300 mg mane 600 mg nocte", [dose(300) | often(1), dose(600) | often(1) | WITH]),
    ("300 mg in the morning, at midday 300 mg", [dose(300) | often(1), dose(300) | often(1) | WITH]),
    ("300 mg morning, noon and night", [dose(300) | often(3)]),
    (
        "300 mg mane, 300 mg at noon and 600 mg nocte",
        [dose(300) | often(1), dose(300) | often(1) | WITH, dose(600) | often(1) | WITH],
    ),
    (
        "10 mg bid; 5 mg q4h prn for breakthrough",
        [dose(10) | often(2), dose(5) | often(6) | PRN | WITH | {"reason": "breakthrough"}],
    ),
    ("5 mg bid and q4h prn", [dose(5) | often(2), dose(5) | often(6) | PRN | WITH | {"dose_from_previous": True}]),
    (
        "300mg tid x 1 week, 600mg tid for one week, then 900 mg tid",
        [dose(300) | often(3) | {"for_days": 7}, dose(600) | often(3) | {"for_days": 7}, dose(900) | often(3)],
    ),
    ("500 mg b.d. x 5/7 then stop", [dose(500) | often(2) | {"for_days": 5}]),
    ("10 mg od for 2/52", [dose(10) | often(1) | {"for_days": 14}]),
    ("500 micrograms tds", [dose(500, "mcg") | often(3)]),
    ("500 µg three times a day", [dose(500, "mcg") | often(3)]),
    ("one 25 µg/hr patch every 3 days", [dose(25, "mcg/h") | often(1, 3) | PATCH]),
    ("2 x 25 mcg/h patches, change every 72 hours", [dose(50, "mcg/h") | often(1, 3) | PATCH]),
    ("20 mcg/hour patch weekly", [dose(20, "mcg/h") | often(1, 7) | PATCH]),
    ("½ tablet nocte", [dose(0.5, "tablet") | often(1) | TABLET]),
    ("1½ tablets bd", [dose(1.5, "tablet") | often(2) | TABLET]),
    ("half a 5 mg tablet at bedtime", [dose(2.5) | often(1) | TABLET]),
    ("a tablet every evening", [dose(1, "tablet") | often(1) | TABLET]),
    ("one or two capsules q8h", [dose(1, "capsule", 2) | often(3) | {"form": "capsule"}]),
    ("5 mg to 10 mg qds", [dose(5, high=10) | often(4)]),
    ("2.5 mL bid after food", [dose(2.5, "mL") | often(2)]),
    ("2,5 mg bid", [dose(2.5) | often(2)]),
    ("1,000 mg bid", [dose(1000) | often(2)]),
    ("150 mg/day", [dose(150) | often(1)]),
    ("900 mg daily in 3 divided doses", [dose(300) | often(3)]),
    ("25 mg 3 times a week", [dose(25) | often(3, 7)]),
    ("10 mg every other day", [dose(10) | often(1, 2)]),
    ("10 mg on Mondays and Thursdays", [dose(10) | often(2, 7)]),
    ("60 mg monthly", [dose(60) | often(1, 30)]),
    ("5 mg 4-6 hourly when required", [dose(5) | often(4, high=6) | PRN]),
    ("10 mg modified-release twice-daily with food", [dose(10) | often(2)]),
    ("5 mg up to 4 times a day", [dose(5) | often(0, high=4) | {"max_times": 4}]),
    ("5 mg if needed, no more than 4 a day", [dose(5) | often(0, high=4) | PRN | {"max_times": 4}]),
    ("5 mg every 4 hours up to 4 times a day", [dose(5) | often(6) | {"max_times": 4}]),
    ("1 g q6h, max 3 g/day", [dose(1, "g") | often(4) | {"max_amount": 3, "max_unit": "g"}]),
    ("10 mg every night at bedtime", [dose(10) | often(1)]),
    ("500 mg stat", [dose(500) | {"once": True}]),
    ("twenty-five mg once daily", [dose(25) | often(1)]),
    ("every 8 hours 5 mg sublingual", [dose(5) | often(3) | {"route": "sublingual"}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "steps"), READ, ids=[text for text, _ in READ])
def test_reads(text: str, steps: list[dict[str, Any]]) -> None:
    regimen = read_regimen(text)
    assert [fields(step) for step in regimen.steps] == steps
    assert regimen.unread == ()
    assert regimen.complete


UNREAD = [
    ("oxycodone 5 mg bid", ("oxycodone",)),
    ("not 5 mg bid", ("not",)),
    ("5/325 mg q6h", ("5/325 mg",)),
    ("5 mg/5 mL bid", ("5 mg/5 mL",)),
    ("1 mg/kg daily", ("1 mg/kg",)),
    ("1.500 mg bid", ("1.500 mg",)),
    ("5,10 mg bid", ("5,10 mg",)),
    ("1 000 mg bid", ("1 000 mg",)),
    ("two hundred fifty mg bid", ("two hundred fifty mg",)),
    ("15-10 mg bid", ("15-10 mg",)),
    ("10-15-20 mg", ("10-15-20 mg",)),
    ("2-0-1", ("2-0-1",)),
    ("2 5 mg tablets bid", ("2 5 mg tablets",)),
    ("2 tablets (10 mg) bid", ("10 mg", "bid")),
    ("500 mg bid, 250 mg daily", ("250 mg daily",)),
    ("1 g once and 500 mg bid", ("and 500 mg bid",)),
    ("5 mg bid tid", ("tid",)),
    ("5 mg bid and prn", ("and prn",)),
    ("75 mg once at night", ("once at night",)),
    ("5 mg twice a day at night", ("at night",)),
    ("500 mg bid x 3", ("x 3",)),
    ("500 mg bid for 3-5 days", ("for 3-5 days",)),
    ("500 mg bid then stop", ("then stop",)),
    ("5 mg every 0 hours", ("every 0 hours",)),
    ("5 mg bid as directed", ("as directed",)),
    ("then 5 mg bid", ("then",)),
    ("5 mg biweekly", ("biweekly",)),
]


@pytest.mark.parametrize(("text", "unread"), UNREAD, ids=[text for text, _ in UNREAD])
def test_leaves_unread_and_gives_no_number(text: str, unread: tuple[str, ...]) -> None:
    regimen = read_regimen(text)
    assert regimen.unread == unread
    assert not regimen.complete
    assert daily_amount(regimen, "mg") is None


def test_an_unreadable_dose_is_not_replaced_by_the_one_before() -> None:
    regimen = read_regimen("500 mg bid x 3 days then 1.500 mg daily")
    assert [step.dose_low for step in regimen.steps] == [500, None]


def test_a_dose_is_not_carried_into_the_next_sentence() -> None:
    assert [s.dose_low for s in read_regimen("500 mg bid for 3 days. Then every 3 days").steps] == [500, None]


def test_a_dose_with_an_unread_word_is_not_taken_for_a_single_dose() -> None:
    assert not read_regimen("1 g slowly, then 500 mg bid").steps[0].once


def test_a_reason_is_not_as_needed() -> None:
    for reason in ("breakthrough", "pain", "nerve pain"):
        assert not read_regimen(f"5 mg bid for {reason}").steps[0].as_needed
    for words in ("prn", "as needed", "when required", "if needed", "p.r.n."):
        assert read_regimen(f"5 mg bid {words}").steps[0].as_needed


AMOUNTS: list[tuple[str, str, int | None, tuple[float, float] | None]] = [
    ("5 mg twice a day", "mg", None, (10, 10)),
    ("300 mg in the morning and 600 mg at night", "mg", None, (900, 900)),
    ("10-15 mg q4-6h prn, max 4 per day", "mg", None, (0, 60)),
    ("10-15 mg q4-6h", "mg", None, (40, 90)),
    ("1 g q6h, max 3 g/day", "mg", None, (3000, 3000)),
    ("500 mcg bid", "mg", None, (1, 1)),
    ("25 mcg/h patch every 72 hours", "mcg/h", None, (25, 25)),
    ("25 mcg/h patch every 72 hours", "mg", None, None),
    ("25 mcg/h patch twice a day", "mcg/h", None, None),
    ("one tablet daily", "mg", None, None),
    ("one tablet daily", "tablet", None, (1, 1)),
    ("5 mg", "mg", None, None),
    ("5 mg prn", "mg", None, None),
    ("bid", "mg", None, None),
    ("", "mg", None, None),
    ("10 mg bid; 5 mg q4h prn", "mg", None, (20, 50)),
    ("1 g once", "mg", 0, (1000, 1000)),
    ("1 g once", "mg", 1, (0, 0)),
    ("1 g once", "mg", None, (0, 1000)),
    ("500 mg bid x 3 days", "mg", 2, (1000, 1000)),
    ("500 mg bid x 3 days", "mg", 3, (0, 0)),
    ("500 mg bid x 3 days", "mg", -1, None),
    ("1 g once, then 500 mg bid x 3 days then 600 mg every 3 days", "mg", 0, (1000, 1000)),
    ("1 g once, then 500 mg bid x 3 days then 600 mg every 3 days", "mg", 3, (1000, 1000)),
    ("1 g once, then 500 mg bid x 3 days then 600 mg every 3 days", "mg", 4, (200, 200)),
    ("2 g once, then 500 mg bid x 3 days then 600 mg every 3 days", "mg", None, (200, 1000)),
    ("500 mg bid then 200 mg daily", "mg", 0, (1000, 1000)),
    ("500 mg bid then 200 mg daily", "mg", 30, (200, 1000)),
    ("300 mg mane and 600 mg nocte for 7 days", "mg", 8, None),
]


@pytest.mark.parametrize(("text", "unit", "day", "amount"), AMOUNTS)
def test_daily_amount(text: str, unit: str, day: int | None, amount: tuple[float, float] | None) -> None:
    found = daily_amount(read_regimen(text), unit, day=day)
    assert found == (None if amount is None else pytest.approx(amount))


# ---------------------------------------------------------------- laws

_VOCABULARY = """
5 10 1,000 2,5 1.5 ½ one half a mg g mcg/h µg mL tablets patch bid tid q4-6h q72h every 8 6 hours daily weekly once
twice a day at night mane x 3 days for pain breakthrough 2 weeks then and plus prn as needed max up to per po , ; .
( ) - / 1-0-1 5/325 not oxycodone mon in the morning stop divided doses of or to hundred
"""
phrases = st.lists(st.sampled_from(_VOCABULARY.split()), max_size=14).map(" ".join)
lines = st.one_of(st.text(max_size=60), phrases, st.sampled_from([text for text, _ in READ]))


def bare(text: str) -> str:
    """Without white space, and without the hyphens that may stand for it."""
    return "".join(c for c in text if not c.isspace() and c not in "-")


@settings(deadline=None)
@given(lines)
def test_every_word_is_read_or_unread(text: str) -> None:
    regimen = read_regimen(text)
    assert regimen.text == text
    spans = explain(text)
    assert bare("".join(fragment for _, fragment in spans)) == bare(text)
    assert regimen.unread == tuple(fragment for kind, fragment in spans if kind == "unread")


def same(regimen: Regimen) -> list[Step]:
    return [msgspec.structs.replace(step, text=step.text.upper()) for step in regimen.steps]


@settings(deadline=None)
@given(phrases | st.sampled_from([text for text, _ in READ + UNREAD]))
def test_case_and_spaces_do_not_matter(text: str) -> None:
    once = read_regimen(text)
    for other in (text.upper(), text.title(), "  " + text.replace(" ", " \t\n ") + " ", " ".join(text.split())):
        again = read_regimen(other)
        assert same(again) == same(once)
        assert [u.upper() for u in again.unread] == [u.upper() for u in once.unread]


@settings(deadline=None)
@given(lines)
def test_amounts_are_ranges_and_only_of_what_was_read(text: str) -> None:
    regimen = read_regimen(text)
    for unit in ("mg", "mcg/h", "tablet"):
        for day in (None, 0, 5):
            amount = daily_amount(regimen, unit, day=day)
            if amount is not None:
                assert 0 <= amount[0] <= amount[1] < float("inf")
                assert regimen.complete or day is not None


_NUMBERS = st.sampled_from([1, 2, 3, 5, 7.5, 10, 25, 37.5, 300, 1000])
_TIMES = st.sampled_from(
    [("{} times a day", 1), ("{}x/day", 1), ("{} times per week", 7), ("{} times every 3 days", 3), ("{} x daily", 1)]
)
_FOR = st.sampled_from([("", None), (" for {} days", 1), (" x {} weeks", 7), (" x{}d", 1)])
_NEED = st.sampled_from(["", " prn", " as needed", " if needed for pain"])


@settings(deadline=None)
@given(
    first=_NUMBERS,
    second=_NUMBERS,
    unit=st.sampled_from(["mg", "g", "mcg", "mL", "tablet"]),
    times=_TIMES,
    count=st.integers(1, 12),
    more=st.integers(0, 4),
    span=_FOR,
    days=st.integers(1, 20),
    need=_NEED,
)
def test_round_trip(
    *,
    first: float,
    second: float,
    unit: str,
    times: tuple[str, int],
    count: int,
    more: int,
    span: tuple[str, int | None],
    days: int,
    need: str,
) -> None:
    low, high = sorted((first, second))
    amount = f"{low:g}" if low == high else f"{low:g}-{high:g}"
    number = str(count) if not more else f"{count}-{count + more}"
    text = f"{amount} {unit} {times[0].format(number)}{span[0].format(days)}{need}"
    (step,) = read_regimen(text).steps
    assert read_regimen(text).complete
    assert (step.dose_low, step.dose_high, step.dose_unit) == (low, high, unit)
    assert (step.times_low, step.times_high, step.period_days) == (count, count + more, times[1])
    assert step.for_days == (None if span[1] is None else days * span[1])
    assert step.as_needed == bool(need)


def test_a_long_text_is_unread_as_a_whole() -> None:
    text = "5 mg bid " * (LONGEST // 9 + 1)
    assert read_regimen(text) == Regimen(text, unread=(text,))
    assert explain(text) == (("unread", text),)
