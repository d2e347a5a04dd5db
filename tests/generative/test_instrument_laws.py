"""Laws of every shipped instrument: ranges, order, exchange, prorating, and one meaning for a form and for a table."""

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.instruments import many
from postlude.instruments.build import reach
from postlude.instruments.instrument import Instrument, ReadScore, code_points
from postlude.instruments.load import load
from postlude.instruments.scoring import NotScorable, Score, score
from tests import forms

INSTRUMENTS = load().instruments
EACH = pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=list(INSTRUMENTS))
SUMS = [
    pytest.param(instrument, read, id=f"{instrument.id}-{key}")
    for instrument in INSTRUMENTS.values()
    for key, read in instrument.scores.items()
    if read.entry.is_ in ("sum", "mean") and set(read.entry.of) <= set(instrument.items) and not read.entry.steps
]
NEAR = 1e-6
FEW = settings(max_examples=max(5, settings().max_examples // 8))
"""Each law runs for every instrument, so few forms of each are many."""


@EACH
@FEW
@given(st.data())
def test_a_score_lies_within_its_range(instrument: Instrument, data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(list(forms.options(instrument))))
    found = score(instrument, data.draw(forms.forms(instrument)), chosen)
    for key, result in found.scores.items():
        read = instrument.scores[key]
        if isinstance(result, Score) and not isinstance(result.value, bool) and _bounded(read, instrument):
            low, high = reach(read, instrument.items, instrument.scores)
            assert low - NEAR <= result.value <= high + NEAR


def _bounded(read: ReadScore, instrument: Instrument) -> bool:
    return read.entry.is_ not in ("ratio", "hours")


@EACH
@FEW
@given(st.data())
def test_an_answer_more_never_takes_a_score_away(instrument: Instrument, data: st.DataObject) -> None:
    """What could be scored with gaps can be scored with one gap less (a question hidden by an answer aside)."""
    if any(item.when is not None for item in instrument.items.values()):
        return
    answers = dict(data.draw(forms.forms(instrument)))
    open_ = [key for key in instrument.items if key not in answers]
    if not open_:
        return
    key = data.draw(st.sampled_from(open_))
    more = {**answers, key: data.draw(st.sampled_from(forms.codes(instrument.items[key].answers)))}
    chosen = data.draw(st.sampled_from(list(forms.options(instrument))))
    before, after = score(instrument, answers, chosen), score(instrument, more, chosen)
    for name, result in before.scores.items():
        divided = instrument.scores[name].entry.is_ == "ratio"
        assert divided or isinstance(result, NotScorable) or isinstance(after.scores[name], Score)


def _points(instrument: Instrument, key: str, chosen: dict[str, str]) -> dict[Any, float]:
    answers = instrument.items[key].answers
    if answers.type == "number":
        return {code: float(code) for code in forms.codes(answers)}
    return code_points(answers, chosen.get(answers.points_by, ""))


@pytest.mark.parametrize(("instrument", "read"), SUMS)
@FEW
@given(st.data())
def test_more_points_on_one_item_never_move_the_score_back(
    instrument: Instrument, read: ReadScore, data: st.DataObject
) -> None:
    chosen = data.draw(
        st.sampled_from([c for c in forms.options(instrument) if len(c) == len(instrument.entry.option)])
    )
    answers = data.draw(forms.forms(instrument, gaps=False))
    key = data.draw(st.sampled_from(read.entry.of))
    points = _points(instrument, key, chosen)
    first, second = sorted(data.draw(st.tuples(*[st.sampled_from(list(points))] * 2)), key=points.__getitem__)
    weight = dict(zip(read.entry.of, read.entry.weights or (1.0,) * len(read.entry.of), strict=True))[key]
    sign = read.entry.times * weight
    results = [score(instrument, {**answers, key: code}, chosen).scores.get(read.id) for code in (first, second)]
    if all(isinstance(result, Score) for result in results):
        a, b = (float(result.value) for result in results if isinstance(result, Score))
        assert (b - a) * (1 if sign > 0 else -1) >= -NEAR


@pytest.mark.parametrize(("instrument", "read"), SUMS)
@FEW
@given(st.data())
def test_items_with_the_same_answers_can_change_places(
    instrument: Instrument, read: ReadScore, data: st.DataObject
) -> None:
    alike = [
        k for k in read.entry.of if instrument.items[k].item.answers == instrument.items[read.entry.of[0]].item.answers
    ]
    if read.entry.weights or len(alike) < 2:
        return
    chosen = next(c for c in forms.options(instrument) if len(c) == len(instrument.entry.option))
    answers = dict(data.draw(forms.forms(instrument)))
    order = data.draw(st.permutations(alike))
    moved = {k: v for k, v in answers.items() if k not in alike}
    moved |= {new: answers[old] for old, new in zip(alike, order, strict=True) if old in answers}
    results = [score(instrument, form, chosen).scores.get(read.id) for form in (answers, moved)]
    values = [round(float(r.value), 6) if isinstance(r, Score) else r for r in results]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("instrument", "read"),
    [p for p in SUMS if getattr(p.values[1], "entry").missing is not None],  # noqa: B009
)
@FEW
@given(st.data())
def test_a_filled_score_lies_between_the_least_and_the_most_it_can_be(
    instrument: Instrument, read: ReadScore, data: st.DataObject
) -> None:
    answers = data.draw(forms.forms(instrument))
    result = score(instrument, answers).scores[read.id]
    if not isinstance(result, Score) or not result.filled:
        return
    ends = []
    for choose in (min, max):
        fill = {k: choose(p := _points(instrument, k, {}), key=p.__getitem__) for k in result.filled}
        whole = score(instrument, {**answers, **fill}).scores[read.id]
        assert isinstance(whole, Score)
        ends.append(float(whole.value))
    assert min(ends) - NEAR <= float(result.value) <= max(ends) + NEAR


@EACH
def test_a_table_is_scored_as_each_of_its_forms(instrument: Instrument, tmp_path: Path) -> None:
    if not instrument.scores:
        return
    chance = random.Random(instrument.id)  # noqa: S311
    people = [forms.drawn(instrument, chance, gaps) for gaps in (0.0, 0.05, 0.3) for _ in range(150)] + [{}]
    path = tmp_path / "forms.parquet"
    _written(instrument, people, path)
    for chosen in forms.options(instrument):
        table = many.score_table(instrument, path, options=chosen)
        for answers, row in zip(people, table.rows, strict=True):
            found = score(instrument, answers, chosen)
            told = dict(zip(table.columns, row, strict=True))
            for key, read in instrument.scores.items():
                result = found.scores.get(key)
                if read.name not in told or result is None:
                    continue
                value = result.value if isinstance(result, Score) else None
                if isinstance(value, bool) or value is None:
                    assert told[read.name] is value, (answers, chosen, key)
                else:
                    assert told[read.name] == pytest.approx(value, abs=2e-6), (answers, chosen, key)
                if read.entry.bands:
                    band = result.band if isinstance(result, Score) else None
                    assert told[f"{read.name}_band"] == band, (answers, chosen, key)
            if instrument.classes:
                assert told["group"] == found.group


def _written(instrument: Instrument, people: list[Any], path: Path) -> None:
    kinds = {"yes-no": "BOOLEAN", "number": "DOUBLE", "clock": "DOUBLE"}
    columns = {}
    for key, item in instrument.items.items():
        words = item.answers.type == "choice" and any(isinstance(code, str) for code in item.answers.codes)
        columns[key] = "VARCHAR" if words else kinds.get(item.answers.type, "TINYINT")
    with duckdb.connect(":memory:") as connection:
        typed = ", ".join(f'"{key}" {kind}' for key, kind in columns.items())
        connection.execute(f"CREATE TABLE t ({typed})")
        connection.executemany(
            f"INSERT INTO t VALUES ({', '.join('?' * len(columns))})", [[p.get(k) for k in columns] for p in people]
        )
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
