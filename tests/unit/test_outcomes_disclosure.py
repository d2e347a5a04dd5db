"""Small numbers stay hidden: no table that leaves can be undone by differencing."""

from itertools import chain, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import optimize

from postlude.outcomes.statistics.disclosure import hide, percentage, rounded, suppress

fewer = settings(max_examples=max(settings.default.max_examples // 4, 10))


def tables(rows=(2, 4), columns=(2, 4), most=14):
    shape = st.tuples(st.integers(*rows), st.integers(*columns))
    return shape.flatmap(
        lambda rc: st.lists(
            st.lists(st.integers(0, most), min_size=rc[1], max_size=rc[1]), min_size=rc[0], max_size=rc[0]
        )
    )


def full(table):
    table = np.array(table)
    with_rows = np.hstack([table, table.sum(1, keepdims=True)])
    return np.vstack([with_rows, with_rows.sum(0)])


def shown(found):
    rows = [[*row, total] for row, total in zip(found.counts, found.rows, strict=True)]
    return [*rows, [*found.columns, found.total]]


def relations(rows, columns):
    """Rows of a matrix whose product with the counts, totals among them, is 0."""
    for i in range(rows):
        line = np.zeros((rows, columns))
        line[i] = [*[1] * (columns - 1), -1]
        yield line.ravel()
    for j in range(columns):
        line = np.zeros((rows, columns))
        line[:, j] = [*[1] * (rows - 1), -1]
        yield line.ravel()


def most_that_fits(truth, seen, place):
    """The greatest count there that agrees with all that is shown, where what is above 0 in truth stays above 0."""
    fixed = [value is not None for row in seen for value in row]
    values = truth.ravel()
    bounds = [(v, v) if known else (min(v, 1), None) for v, known in zip(values.tolist(), fixed, strict=True)]
    cost = np.zeros(values.size)
    cost[place] = -1
    matrix = np.array(list(relations(*truth.shape)))
    found = optimize.linprog(cost, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds)
    return np.inf if found.status == 3 else -found.fun


@fewer
@given(tables(), st.integers(2, 7))
@example([[10, 2, 8], [7, 12, 30], [20, 9, 15]], 5)
@example([[1, 0], [0, 0]], 5)
@example([[4, 1], [9, 9]], 5)
def test_no_small_count_can_be_told_from_what_is_shown(table, at_least):
    truth, seen = full(table), shown(suppress(table, at_least=at_least))
    for place, value in enumerate(truth.ravel().tolist()):
        told = seen[place // truth.shape[1]][place % truth.shape[1]]
        if 0 < value < at_least:
            assert told is None
            assert most_that_fits(truth, seen, place) >= at_least - 1e-6
        else:
            assert told in {value, None}


@settings(max_examples=max(settings.default.max_examples // 10, 10))
@given(tables((2, 2), (2, 3), most=5))
def test_the_same_by_writing_down_every_table(table):
    """An attacker who lists all tables with up to 8 in a cell that show the same; 5 + 3 is all that is ever needed."""
    at_least = 4
    truth, seen = full(table), shown(suppress(table, at_least=at_least))
    rows, columns = np.array(table).shape
    inner = [seen[i][j] for i in range(rows) for j in range(columns)]
    every = np.array(list(product(*[[v] if v is not None else range(9) for v in inner])))
    every = every.reshape(-1, rows, columns)
    totals = {"rows": every.sum(2), "columns": every.sum(1), "total": every.sum((1, 2))}
    fits = np.ones(len(every), bool)
    for i in range(rows):
        fits &= (totals["rows"][:, i] == seen[i][columns]) if seen[i][columns] is not None else True
    for j in range(columns):
        fits &= (totals["columns"][:, j] == seen[rows][j]) if seen[rows][j] is not None else True
    fits &= (totals["total"] == seen[rows][columns]) if seen[rows][columns] is not None else True
    possible = [full(one) for one in every[fits]]
    assert any((one == truth).all() for one in possible)
    for i, j in product(range(rows + 1), range(columns + 1)):
        if 0 < truth[i, j] < at_least:
            assert max(one[i, j] for one in possible) >= at_least


def test_hiding_the_small_counts_alone_would_not_do():
    """The law above can fail: with one hidden count in a row its total gives it away."""
    truth = full([[10, 2, 8], [7, 12, 30]])
    seen = [[None if 0 < v < 5 else v for v in row] for row in truth.tolist()]
    assert most_that_fits(truth, seen, 1) == pytest.approx(2)


def test_as_little_as_needed_is_hidden():
    assert shown(suppress([[10, 20], [30, 40]])) == full([[10, 20], [30, 40]]).tolist()
    found = suppress([[10, 2, 8], [7, 12, 30], [20, 9, 15]])
    assert sum(value is None for row in shown(found) for value in row) == 4
    assert (found.rows, found.columns, found.total) == ((20, 49, 44), (37, 23, 53), 113)
    assert 0 in suppress([[0, 20], [30, 40]]).counts[0]  # nobody is no small number


@fewer
@given(tables(), st.sampled_from([(5, 5), (5, 10), (1, 1), (8, 5)]))
def test_rounding_never_shows_somebody_as_nobody_and_hides_no_less(table, rule):
    at_least, step = rule
    plain, found = (shown(suppress(table, at_least=at_least, round_to=r)) for r in (1, step))
    for exact, coarse in zip(chain(*plain), chain(*found), strict=True):
        assert coarse == (None if exact is None else rounded(exact, step))
        assert (coarse == 0) == (exact == 0)
        if exact is not None:
            assert abs(coarse - exact) * 2 <= step


def test_a_count_that_only_a_difference_gives_away():
    """38 of 40 answered: the 2 who did not are a small count although nobody prints them."""
    counts = {"treated": 40, "answered": 38, "not answered": 2}
    sums = [("treated", ["answered", "not answered"])]
    found = hide(counts, sums, unprinted=["not answered"])
    assert found["not answered"] is None
    assert list(found.values()).count(None) == 2
    plenty = hide({"treated": 40, "answered": 30, "not answered": 10}, sums, unprinted=["not answered"])
    assert plenty == {"treated": 40, "answered": 30, "not answered": None}


def test_a_ladder_of_counts():
    """Treated, due, asked, answered, responders: each step loses people whom nobody prints."""
    counts = {"treated": 60, "not due": 3, "due": 57, "silent": 7, "answered": 50, "no": 20, "yes": 30}
    sums = [("treated", ["due", "not due"]), ("due", ["answered", "silent"]), ("answered", ["no", "yes"])]
    found = hide(counts, sums, unprinted=["not due", "silent", "no"])
    printed = {name: value for name, value in found.items() if value is not None}
    assert not {"treated", "due"} <= set(printed)
    assert len(printed) >= 2


def test_percentages_come_from_what_is_shown():
    assert percentage(rounded(13, 5), rounded(52, 5)) == 30  # 25 in truth
    assert percentage(None, 20) is None
    assert percentage(20, None) is None
    assert percentage(0, 0) is None
    assert percentage(10, 5) == 100


@pytest.mark.parametrize(("count", "step", "expected"), [(0, 5, 0), (7, 5, 5), (8, 5, 10), (5, 10, 10), (14, 10, 10)])
def test_halves_are_rounded_up(count, step, expected):
    assert rounded(count, step) == expected


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="rounding to 10 would show 4 as 0"):
        suppress([[1, 2], [3, 4]], at_least=4, round_to=10)
    with pytest.raises(ValueError, match="at least 1"):
        suppress([[1, 2], [3, 4]], at_least=0)
    with pytest.raises(ValueError, match="all is 5, but its parts add up to 6"):
        hide({"all": 5, "a": 2, "b": 4}, [("all", ["a", "b"])])
    with pytest.raises(ValueError, match="no count is called c"):
        hide({"all": 5, "a": 2}, [("all", ["a", "c"])])
    with pytest.raises(ValueError, match="no count is called c"):
        hide({"all": 5}, [], unprinted=["c"])
