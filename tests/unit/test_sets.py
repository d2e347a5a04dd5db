"""Which questionnaires are given at a visit, what opens the next, and what is asked once and used twice."""

import pytest

from postlude.instruments import load
from postlude.instruments.instrument import Answered
from postlude.instruments.sets import Given, given


@pytest.fixture(scope="module")
def found() -> load.Instruments:
    return load.load()


def _given(found: load.Instruments, key: str, licensed: tuple[str, ...] = (), **answers: Answered) -> dict[str, Given]:
    parts = given(found.sets[key], found.instruments, answers, licensed)
    return {part.part.id: part for part in parts}


def test_the_first_visit_of_a_low_back_asks_what_was_agreed(found: load.Instruments) -> None:
    parts = _given(found, "intake-lumbar", phq4={"nervous": 0, "control": 0, "interest": 0, "mood": 0})
    assert {"nrs", "peg", "rmdq", "startback", "phq4", "work"} == {p.part.instrument for p in parts.values()} - {""}
    assert "wish_dead" in parts["thoughts_of_death"].part.facts


def test_average_pain_is_asked_once_and_used_twice(found: load.Instruments) -> None:
    peg = _given(found, "intake-lumbar")["peg"]
    assert peg.shared == (("average", "pain_main.average"),) or peg.shared[0][1].startswith("pain_main.")
    assert len(peg.items) == 2


@pytest.mark.parametrize(("level", "opens"), [((1, 1), False), ((1, 2), True), ((3, 3), True)])
def test_a_pair_from_three_up_opens_the_longer_form(
    found: load.Instruments, level: tuple[int, int], opens: bool
) -> None:
    told = {"nervous": 0, "control": 0, "interest": level[0], "mood": level[1]}
    parts = _given(found, "intake-lumbar", phq4=told)
    assert ("phq9" in parts) is opens
    if opens:
        # The two that were answered are not asked again; the one on thoughts of death is.
        assert not {"interest", "mood"} & set(parts["phq9"].items)
        assert "self_harm" in parts["phq9"].items
        assert parts["phq9"].open is True
    assert "gad7" not in parts


def test_a_pair_that_was_not_answered_leaves_the_longer_form_open(found: load.Instruments) -> None:
    """Not answered is not no: the form is neither dropped nor forced, and says that it hangs on an answer."""
    parts = _given(found, "intake-lumbar", phq4={"nervous": 0, "control": 0, "interest": 1})
    assert parts["phq9"].open is None


def test_the_neck_has_a_measure_of_its_own_only_with_a_licence(found: load.Instruments) -> None:
    assert "ndi" not in {p.part.instrument for p in _given(found, "intake-cervical").values()}
    assert "ndi" in {p.part.instrument for p in _given(found, "intake-cervical", ("ndi",)).values()}


def test_an_anchor_visit_asks_for_function_in_place_of_mood(found: load.Instruments) -> None:
    short = {p.part.instrument for p in _given(found, "follow-up").values()}
    anchor = {p.part.instrument for p in _given(found, "anchor").values()}
    assert anchor - short == {"rmdq"}
    assert short - anchor == {"phq4"}


def test_a_follow_up_takes_no_more_than_three_minutes(found: load.Instruments) -> None:
    for key in ("follow-up", "anchor"):
        assert found.sets[key].minutes()[1] <= 3
