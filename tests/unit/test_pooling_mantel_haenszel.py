"""Mantel and Haenszel's estimates and tests, held against metafor, and their laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.evidence.pooling.fit import Fit
from postlude.evidence.pooling.mantel_haenszel import association, pool

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"
MEASURES = {"OR": "odds-ratio", "RR": "risk-ratio", "RD": "risk-difference"}


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    return {name: np.array(column) for name, column in found["input"]["dat"].items()}, found["expected"]


def near(value):
    return pytest.approx(value, rel=1e-6, abs=1e-12)


@pytest.fixture
def bcg():
    data, expected = case("B02")
    return (data["tpos"], data["tpos"] + data["tneg"], data["cpos"], data["cpos"] + data["cneg"]), expected


@pytest.mark.parametrize("name", MEASURES)
def test_metafor_on_pooled_tables(name, bcg):
    tables, expected = bcg
    fit, theirs = pool(MEASURES[name], *tables), expected[name]
    for one, ours in {"b": "beta", "se": "se", "p": "p", "ci_lb": "low", "ci_ub": "high"}.items():
        assert getattr(fit, ours) == near([theirs[one]])
    for one, ours in {"QE": "q", "QEp": "q_p", "I2": "i2", "H2": "h2"}.items():
        assert getattr(fit, ours) == near(theirs[one])


def test_metafor_on_the_tests(bcg):
    tables, expected = bcg
    found, theirs = association(*tables), expected["OR"]
    assert (found.cmh, found.cmh_p) == (near(theirs["CMH"]), near(theirs["CMH_p"]))
    assert (found.tarone, found.tarone_p) == (near(theirs["TA"]), near(theirs["TA_p"]))
    plain = association(*tables, correct=False)
    theirs = expected["OR_uncorrected"]
    assert (plain.cmh, plain.cmh_p) == (near(theirs["CMH"]), near(theirs["CMH_p"]))


# rma.mh(measure, ai, n1i, ci, n2i, data=dat.nielweise2007), metafor 3.8-1: tables with empty cells, one without events.
SPARSE = {
    "OR": (-1.20870483273377, 0.222445421341601, 16.8636572911234, 5.12141154325977, -25.7073069467596),
    "RR": (-1.17777194418453, 0.218167943895619, 16.3881481978085, 2.36846892719949, -25.1594428277047),
    "RD": (-0.0242621874447245, 0.00422430915666536, 56.2514139396557, 71.5562705371919, 23.1921901702896),
}


@pytest.mark.parametrize("name", MEASURES)
def test_metafor_on_sparse_tables(name):
    data, _ = case("B09")
    fit = pool(MEASURES[name], data["ai"], data["n1i"], data["ci"], data["n2i"])
    assert (fit.k, fit.df) == (18, 16)
    found = (fit.beta[0], fit.se[0], fit.q, fit.i2, fit.log_likelihood)
    assert found == near(SPARSE[name])


def test_metafor_on_tests_of_sparse_tables():
    data, _ = case("B09")
    found = association(data["ai"], data["n1i"], data["ci"], data["n2i"])
    assert (found.cmh, found.tarone, found.tarone_p) == (
        near(32.2135612609801),
        near(25.679488934509),
        near(0.0587081732477592),
    )


tables = st.lists(
    st.tuples(st.integers(3, 50), st.integers(3, 50)).flatmap(
        lambda n: st.tuples(st.integers(1, n[0] - 1), st.just(n[0]), st.integers(1, n[1] - 1), st.just(n[1]))
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(tables, st.sampled_from(sorted(MEASURES.values())))
def test_the_groups_change_places(rows, measure):
    a, n1, c, n2 = (np.array(column) for column in zip(*rows, strict=True))
    one, other = pool(measure, a, n1, c, n2), pool(measure, c, n2, a, n1)
    np.testing.assert_allclose(one.beta, -other.beta, atol=1e-12)
    np.testing.assert_allclose([one.se[0], one.q], [other.se[0], other.q], rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(tables, st.sampled_from(sorted(MEASURES.values())), st.randoms())
def test_order_and_absent_tables_change_nothing(rows, measure, random):
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    mixed = [np.array(column) for column in zip(*random.sample(rows, len(rows)), strict=True)]
    padded = [np.append(column, 5) for column in mixed]
    mask = np.arange(len(rows) + 1) < len(rows)
    one, other = pool(measure, *columns), pool(measure, *padded, mask=mask)
    for name in Fit._fields:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12, err_msg=name)


@settings(max_examples=30, deadline=None)
@given(st.lists(tables.filter(lambda rows: len(rows) >= 2).map(lambda rows: rows[:2]), min_size=2, max_size=4))
def test_many_at_once_are_each_by_itself(problems):
    a, n1, c, n2 = np.moveaxis(np.array(problems), -1, 0)
    together = pool("odds-ratio", a, n1, c, n2)
    tests = association(a, n1, c, n2)
    for i in range(len(problems)):
        alone = pool("odds-ratio", a[i], n1[i], c[i], n2[i])
        np.testing.assert_allclose([alone.beta[0], alone.q], [together.beta[i, 0], together.q[i]], rtol=1e-12)
        np.testing.assert_allclose(association(a[i], n1[i], c[i], n2[i]).tarone, tests.tarone[i], rtol=1e-9, atol=1e-12)


def test_one_table_gives_its_own_estimate():
    fit = pool("odds-ratio", [4], [10], [2], [12])
    assert fit.beta == near([np.log(4 * 10 / (6 * 2))])
    assert fit.se == near([np.sqrt(1 / 4 + 1 / 6 + 1 / 2 + 1 / 10)])
    assert (float(fit.q), float(fit.q_p), float(fit.i2), float(fit.h2)) == (0, 1, 0, 1)
    assert pool("risk-difference", [4], [10], [2], [12]).beta == near([4 / 10 - 2 / 12])


def test_tables_alike_agree_with_a_ratio_of_one():
    found = association([5, 10], [10, 20], [5, 10], [10, 20])
    assert float(found.tarone) == pytest.approx(0, abs=1e-12)
    assert float(association([5, 10], [10, 20], [5, 10], [10, 20], correct=False).cmh) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", ["odds-ratio", "risk-ratio"])
def test_no_event_has_no_ratio(measure):
    fit = pool(measure, [0, 0], [5, 6], [0, 0], [7, 8])
    for name in ("beta", "se", "p", "tau2", "q", "q_p", "i2", "h2"):
        assert np.isnan(getattr(fit, name)).all(), name
    assert fit.k == 2


def test_an_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="smd"):
        pool("smd", [1], [2], [1], [2])
