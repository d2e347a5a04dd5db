"""Laws of the schedule: nobody is asked too often, nor twice, whatever was given and however it is entered."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.catalog.load import load
from postlude.errors import KnowledgeError
from postlude.instruments.load import load as load_instruments
from postlude.registry.followup import FollowUp, days, is_procedure, read
from postlude.registry.schedule import YEAR, Due, Given, left_out, months_after, schedule

BEGIN = date(2024, 1, 1)
treatments = st.lists(
    st.builds(
        Given,
        key=st.uuids().map(str),
        on=st.integers(0, 1500).map(lambda days_: BEGIN + timedelta(days=days_)),
        procedure=st.booleans(),
    ),
    max_size=25,
    unique_by=lambda one: one.key,
)


@cache
def plan() -> FollowUp:
    return read(load(), load_instruments())


def too_often(found: list[Due]) -> bool:
    """Whether messages ask too often; a safety check that somebody calls for is no message."""
    on = sorted(due.on for due in found if not due.because)
    most, gap = plan().most_in_a_year, timedelta(days=days(plan().gap))
    close = any(b - a < gap for a, b in pairwise(on))
    return close or any(on[at + most] - on[at] < YEAR for at in range(len(on) - most))


@given(treatments)
def test_nobody_is_asked_too_often_or_twice_for_the_same_time(given_: list[Given]) -> None:
    found = list(schedule(plan(), given_))
    assert not too_often(found)
    assert len({due[1:] for due in found}) == len(found)


@given(treatments, st.randoms(use_true_random=False))
def test_the_order_of_entering_does_not_matter(given_: list[Given], random: st.DataObject) -> None:
    shuffled = list(given_)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert schedule(plan(), shuffled) == schedule(plan(), given_)


@given(treatments)
def test_planned_once_more_nothing_is_added(given_: list[Given]) -> None:
    found = schedule(plan(), given_)
    assert schedule(plan(), given_, found) == ()


@given(treatments, st.integers(0, 1500))
def test_what_was_asked_by_a_day_stays_and_nothing_comes_too_close_to_it(given_: list[Given], cut: int) -> None:
    """Whatever is entered late: the past is as it was, and with what is added nobody is asked too often."""
    today = BEGIN + timedelta(days=cut)
    kept = [due for due in schedule(plan(), given_[::2]) if due.on <= today]
    added = schedule(plan(), given_, kept)
    assert not too_often([*kept, *added])


@given(treatments, treatments)
def test_a_later_treatment_changes_nothing_that_was_asked_before_it(before: list[Given], after: list[Given]) -> None:
    """What was due before it has a row by then; and the safety checks of before are the same, with rows or without."""
    last = max((one.on for one in before), default=BEGIN)
    later = [one._replace(on=last + timedelta(days=1) + (one.on - BEGIN)) for one in after]
    first = min((one.on for one in later), default=date.max)
    alone, both = schedule(plan(), before), schedule(plan(), [*before, *later])
    past = [due for due in alone if due.on < first]
    assert not [due for due in schedule(plan(), [*before, *later], past) if due.on < first]
    assert [due for due in both if due.on < first and due.kind == "safety"] == [
        due for due in past if due.kind == "safety"
    ]


@given(treatments, st.integers(0, 1500))
def test_no_safety_check_vanishes(given_: list[Given], cut: int) -> None:
    """Each is asked, or somebody calls, or another check after that procedure stands for it, and that is said."""
    today = BEGIN + timedelta(days=cut)
    kept = [due for due in schedule(plan(), given_[::2]) if due.on <= today]
    asked, left = [*kept, *schedule(plan(), given_, kept)], left_out(plan(), given_, kept)
    checks = {due.on for due in asked if due.kind == "safety"}
    for one in given_:
        followed = [other for other in given_ if other.procedure and other.on == one.on]
        if not one.procedure or one.key != min(other.key for other in followed):
            continue
        day = one.on + timedelta(days=14)
        if ("safety", one.key) in {(due.kind, due.about) for due in asked}:
            continue
        (why,) = [due for due in left if (due.kind, due.about) == ("safety", one.key)]
        assert why.on == day
        if why.because == "later":
            (later,) = why.near
            assert one.on < later <= day
            assert later in {other.on for other in given_ if other.procedure}
        else:
            assert why.because == "gap"
            assert [on for on in checks if one.on < on and abs(on - day) < timedelta(days=14)]


@given(treatments, st.integers(0, 1500))
def test_whatever_is_left_out_says_why_and_only_safety_checks_are_called_for(given_: list[Given], cut: int) -> None:
    today = BEGIN + timedelta(days=cut)
    kept = [due for due in schedule(plan(), given_[::2]) if due.on <= today]
    asked, left = schedule(plan(), given_, kept), left_out(plan(), given_, kept)
    assert {due.kind for due in asked if due.because} <= {"safety"}
    assert all(due.because and due.near for due in left)
    assert not {due.what for due in left} & {due.what for due in (*asked, *kept)}
    # Nothing is asked and forgotten: whatever is wanted is among the two.
    alone = {due.what for one in given_ for due in schedule(plan(), [one])}
    overtaken = {due.what for due in (*asked, *left, *kept)}
    for about, kind, months in alone - overtaken:
        (on,) = [one.on for one in given_ if one.key == about]
        day = months_after(on, int(months)) if months >= 1 else on + timedelta(days=14)
        assert [one for one in given_ if on <= one.on <= day and one.key != about], (about, kind, months)


@given(treatments)
@settings(max_examples=50)
def test_only_procedures_have_a_safety_check(given_: list[Given]) -> None:
    procedures = {one.key for one in given_ if one.procedure}
    assert {due.about for due in schedule(plan(), given_) if due.kind == "safety"} <= procedures


def test_one_procedure_is_asked_about_at_two_weeks_and_3_6_12_and_24_months() -> None:
    found = schedule(plan(), [Given("a", date(2026, 1, 31), procedure=True)])
    assert [(due.on, due.months) for due in found] == [
        (date(2026, 2, 14), 0.5),
        (date(2026, 4, 30), 3),
        (date(2026, 7, 31), 6),
        (date(2027, 1, 31), 12),
        (date(2028, 1, 31), 24),
    ]


def test_a_medicine_soon_after_a_procedure_does_not_take_its_safety_check() -> None:
    found = schedule(
        plan(), [Given("a", date(2026, 1, 1), procedure=True), Given("b", date(2026, 1, 6), procedure=False)]
    )
    assert [(due.about, due.months) for due in found[:2]] == [("a", 0.5), ("b", 3)]


def test_safety_checks_beyond_six_a_year_are_called_for_and_routine_follow_up_gives_way() -> None:
    """A procedure each 40 days: nine checks a year."""
    first = date(2026, 1, 1)
    given_ = [Given(f"{n:02}", first + timedelta(days=40 * n), procedure=True) for n in range(9)]
    found, left = schedule(plan(), given_), left_out(plan(), given_)
    checks = [due for due in found if due.kind == "safety"]
    assert [due.about for due in checks] == [one.key for one in given_]
    assert [due.because for due in checks] == [""] * 6 + ["year"] * 3
    assert checks[6].near == tuple(due.on for due in checks[:6])
    # Three months after the last one there were more than six within a year; six months after it, five.
    assert [(due.months, due.because) for due in left] == [(3, "year")]


def test_a_safety_check_takes_the_place_of_an_earlier_routine_follow_up_that_nobody_has_asked() -> None:
    two = msgspec.structs.replace(plan(), most_in_a_year=2)
    days_ = {"a": (date(2026, 1, 1), False), "b": (date(2026, 4, 11), True), "c": (date(2026, 7, 20), True)}
    given_ = [Given(key, on, procedure) for key, (on, procedure) in days_.items()]
    found = schedule(two, given_)
    assert [(due.about, due.kind, due.because) for due in found[:2]] == [("b", "safety", ""), ("c", "safety", "")]
    assert ("a", 3) in [(due.about, due.months) for due in left_out(two, given_)]
    # Once it was asked it stays, and somebody calls for the second check.
    kept = [Due(date(2026, 4, 1), "a", "follow_up", 3)]
    assert [due.because for due in schedule(two, given_, kept) if due.kind == "safety"] == ["", "year"]


def test_a_check_before_the_procedure_stands_for_none_after_it() -> None:
    visits = tuple(msgspec.structs.replace(v, after="P7D") if v.kind == "safety" else v for v in plan().visit)
    given_ = [Given("a", date(2026, 1, 1), procedure=True), Given("b", date(2026, 1, 9), procedure=True)]
    found = schedule(msgspec.structs.replace(plan(), visit=visits), given_)
    assert [(due.about, due.because) for due in found if due.kind == "safety"] == [("a", ""), ("b", "gap")]


def test_of_procedures_in_one_fortnight_the_last_one_is_checked_and_the_others_say_so() -> None:
    given_ = [Given("a", date(2026, 1, 1), procedure=True), Given("b", date(2026, 1, 8), procedure=True)]
    assert [due.about for due in schedule(plan(), given_) if due.kind == "safety"] == ["b"]
    (left,) = left_out(plan(), given_)
    assert (left.about, left.because, left.near) == ("a", "later", (date(2026, 1, 8),))


def test_a_new_procedure_takes_over() -> None:
    found = schedule(
        plan(), [Given("a", date(2026, 1, 1), procedure=True), Given("b", date(2026, 5, 1), procedure=True)]
    )
    assert [(due.about, due.months) for due in found[:4]] == [("a", 0.5), ("a", 3), ("b", 0.5), ("b", 3)]
    assert not [due for due in found if due.about == "a" and due.on > date(2026, 5, 1)]


def test_of_one_day_only_one_is_followed_and_a_procedure_before_a_medicine() -> None:
    day = date(2026, 1, 1)
    found = schedule(plan(), [Given("a", day, procedure=False), Given("b", day, procedure=True)])
    assert {due.about for due in found} == {"b"}


def test_a_month_without_that_day_ends_on_its_last() -> None:
    assert months_after(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert months_after(date(2026, 3, 31), -1) == date(2026, 2, 28)


def test_what_the_knowledge_has_no_entry_for_counts_as_a_procedure() -> None:
    assert is_procedure(plan(), load(), "no such treatment")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('gap = "P14D"', 'gap = "two weeks"', "is not a duration"),
        ("most_in_a_year = 6", "most_in_a_year = 0", "a whole number from 1 to 24"),
        ('"injection", ', '"injektion", ', "did you mean 'injection'"),
        ('set = "safety-check"', 'set = "safety"', "did you mean 'safety-check'"),
        ('fact = "implanted_device"', 'fact = "implanted_devices"', "did you mean 'implanted_device'"),
        ('value = "pump"', 'value = "pumpe"', "did you mean 'pump'"),
        ('score = "pain"', 'score = "pains"', "did you mean 'pain'"),
        ("points = 4\n", "", "needs `points` or `from`"),
        ('sources = ["parai-2020-swespine"]\n', 'sources = ["parai-2020-swespin"]\n', "did you mean"),
        ('"wound_discharge", ', '"wound_discharg", ', "did you mean 'wound_discharge'"),
        ("reminders = 2", "reminders = 2\nreminder = 3", "there is no such key"),
        ("months = 6", "months = 3", "two visits"),
    ],
)
def test_a_slip_in_the_file_is_said_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    from postlude.catalog import files

    text = (files.SHIPPED / "followup.toml").read_text()
    assert old in text
    (tmp_path / "followup.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(KnowledgeError) as refused:
        read(load(), load_instruments(), tmp_path)
    assert says in str(refused.value)
    assert "followup.toml" in str(refused.value)
