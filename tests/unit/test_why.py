"""What made a number, and what priors move: held against the number itself and against fits made from nothing."""

from math import isclose

import msgspec
import numpy as np
import pytest

from postlude.catalog.catalogue import Library
from postlude.evidence import influence, make, pictures
from postlude.evidence.account import Why
from postlude.evidence.arms import Row
from postlude.evidence.expect import Predictor
from postlude.evidence.influence import CHANGES, with_term
from postlude.evidence.make import Fitted
from postlude.evidence.model import design
from postlude.evidence.model.fitting import fit
from postlude.evidence.numbers import main_months, means, target
from postlude.evidence.pool import Pool
from postlude.evidence.telling import main_share
from postlude.evidence.why import borrowed, comparison, limits, why
from postlude.logic.person import nobody

NOBODY = nobody(1)
SEVERAL = "scs"
ONE = "sij-fusion"


@pytest.fixture(scope="module")
def several(fitted: Fitted) -> Why:
    return why(fitted, NOBODY, SEVERAL)


def _unknown(library: Library) -> list[bool | None]:
    return [None] * len(library.covariates)


# --- the number -------------------------------------------------------------------------------------


def test_the_number_read_from_a_fit_is_the_one_read_from_the_pool(fitted: Fitted, pool: Pool) -> None:
    predictor = Predictor(pool)
    months = main_months(predictor, NOBODY)
    assert len(months) > 20
    read = means(fitted.arms, target(fitted, list(months.items()), _unknown(fitted.library)))
    for (name, expected), value in zip(predictor.expect(NOBODY, list(months)).items(), read, strict=True):
        first = main_share(expected)
        assert first is not None
        assert first.mean == pytest.approx(value, abs=1e-3), name


@pytest.mark.parametrize("has", [(True, False, True), (False, True, None), (None, None, False)])
def test_so_it_is_for_every_kind_of_person(fitted: Fitted, pool: Pool, has: tuple[bool | None, ...]) -> None:
    names = [SEVERAL, ONE]
    kind = np.array([[np.nan if h is None else float(h) for h in has]])
    from_pool = Predictor(pool).shares(names, kind, (12.0,), 50)[0].mean
    read = means(fitted.arms, target(fitted, [(name, 12.0) for name in names], has))
    assert 100 * from_pool == pytest.approx(read, abs=1e-3)


# --- why --------------------------------------------------------------------------------------------


def test_weights_are_parts_of_a_whole_and_more_people_weigh_more(several: Why) -> None:
    assert sum(arm.weight for arm in several.arms) == pytest.approx(100)
    assert all(arm.weight > 0 for arm in several.arms)
    assert several.raw is not None
    printed = [arm.printed for arm in several.arms if arm.printed is not None]
    assert min(printed) < several.raw < max(printed)


def test_what_the_model_makes_of_an_arm_lies_between_its_own_share_and_the_others(several: Why) -> None:
    """Each arm is pulled toward what it shares with others: the outliers inward."""
    by_share = sorted((arm for arm in several.arms if arm.route in ("tried", "count")), key=_printed)
    assert by_share[0].model.mean > _printed(by_share[0])
    assert by_share[-1].model.mean < _printed(by_share[-1])


def _printed(arm: object) -> float:
    return float(getattr(arm, "printed", 0.0) or 0.0)


def test_without_a_trial_is_a_fit_made_from_nothing_without_it(fitted: Fitted, several: Why) -> None:
    assert several.figure is not None
    assert several.months is not None
    left = several.without[0]
    rows: list[Row] = [row for row in fitted.rows.counted if row.trial != left.trial]
    fresh = fit(*design.arm_model(rows, fitted.library, fitted.library.priors))
    wanted = target(fitted, [(SEVERAL, several.months)], _unknown(fitted.library))
    assert float(means(fresh, wanted)[0]) == pytest.approx(left.figure.mean, abs=0.5)
    assert abs(left.figure.mean - several.figure.mean) > 1


def test_without_its_only_trial_a_treatment_is_one_that_nobody_has_studied(fitted: Fitted) -> None:
    rows = fitted.rows.counted
    out = np.array([row.trial in {r.trial for r in rows if r.intervention == ONE} for row in rows])
    left = msgspec.structs.replace(fitted, arms=fitted.arms.without(out))
    wanted = target(left, [(ONE, 6.0)], _unknown(fitted.library))
    of_class, of_all = borrowed(left, wanted)
    assert means(left.arms, wanted)[0] == pytest.approx(of_class.mean, abs=1e-3)
    # Of a class that nobody has studied still less is known.
    assert of_all.high - of_all.low > of_class.high - of_class.low


def test_a_treatment_with_studies_of_its_own_is_pulled_toward_its_class(fitted: Fitted) -> None:
    wanted = target(fitted, [(ONE, 6.0)], _unknown(fitted.library))
    of_class, _ = borrowed(fitted, wanted)
    printed = [row.percent for row in fitted.rows.counted if row.intervention == ONE]
    assert len(printed) == 1
    assert of_class.mean < means(fitted.arms, wanted)[0] < (printed[0] or 0.0)


def test_terms_add_up_to_the_prediction(fitted: Fitted, several: Why) -> None:
    assert several.months is not None
    wanted = target(fitted, [(SEVERAL, several.months)], _unknown(fitted.library))
    middle = float(fitted.arms.weight @ (fitted.arms.phi @ wanted.coefficients[0]))
    assert sum(term.adds for term in several.terms) == pytest.approx(middle, abs=1e-9)
    assert [term.without for term in several.terms[:2]] == [None, None]
    now = float(means(fitted.arms, wanted)[0])
    moves = [abs(now - term.without) for term in several.terms if term.without is not None]
    assert moves == sorted(moves, reverse=True)
    assert {term.id for term in several.terms[2:]} == set(design.terms(fitted.library))


def test_a_term_held_at_nought_is_a_fit_made_from_nothing_without_it(fitted: Fitted, several: Why) -> None:
    library = fitted.library
    term = next(t for t in several.terms if t.id == "uncontrolled")
    held = msgspec.structs.replace(library.priors["uncontrolled"], mean=0.0, sd=0.0)
    fresh = fit(*design.arm_model(fitted.rows.counted, library, {**library.priors, "uncontrolled": held}))
    assert several.months is not None
    wanted = target(fitted, [(SEVERAL, several.months)], _unknown(library))
    assert float(means(fresh, wanted)[0]) == pytest.approx(term.without or 0.0, abs=0.3)


def test_the_same_prior_moves_nothing(fitted: Fitted) -> None:
    library = fitted.library
    wanted = target(fitted, [(SEVERAL, 6.0), (ONE, 6.0)], _unknown(library))
    for column, name in enumerate(design.terms(library)[:4]):
        prior = library.priors[name]
        again = with_term(fitted.arms, column, prior.mean, prior.sd)
        assert means(again, wanted) == pytest.approx(means(fitted.arms, wanted), abs=0.01)


def test_a_comparison_by_counts_has_their_odds_ratio(fitted: Fitted) -> None:
    found = next(c for c in fitted.contrasts if c.study == "kumar-2007-process")
    shown = comparison(found, fitted.library)
    assert shown.odds_ratio is not None
    assert shown.low is not None
    assert isclose(shown.odds_ratio, (24.5 * 40.5) / (26.5 * 4.5))
    assert shown.low < shown.odds_ratio


def test_nobody_counted_makes_no_number(fitted: Fitted) -> None:
    found = why(fitted, NOBODY, "opioids")
    assert (found.figure, found.arms, found.terms, found.without) == (None, (), (), ())
    assert found.comparisons
    with pytest.raises(KeyError):
        why(fitted, NOBODY, "nothing-such")


def test_limits_are_those_that_were_printed(fitted: Fitted) -> None:
    within = [row for row in fitted.rows.counted if row.route == "limits"]
    assert within
    assert all(limits(fitted.library, row) != (None, None) for row in within)
    assert limits(fitted.library, next(row for row in fitted.rows.counted if row.route == "count")) == (None, None)


# --- influence --------------------------------------------------------------------------------------


def test_the_shipped_influence_is_that_of_the_shipped_evidence(library: Library, fitted: Fitted, pool: Pool) -> None:
    kept = influence.load(library)
    assert kept is not None, "make it anew: postlude.evidence.influence.write"
    assert set(kept.priors) == set(library.priors)
    for one in kept.priors.values():
        assert set(one.by) == set(CHANGES)
        assert all(len(steps) == len(kept.moved(one)) for steps in one.by.values())
    months = main_months(Predictor(pool), NOBODY)
    now = means(fitted.arms, target(fitted, list(months.items()), _unknown(library)))
    assert [figure.value for figure in kept.shares] == pytest.approx(now, abs=0.02)


def test_other_evidence_has_no_shipped_influence(library: Library) -> None:
    assert influence.load(msgspec.structs.replace(library, hash="another")) is None


@pytest.mark.slow
def test_what_a_prior_moves_is_what_a_fit_made_from_nothing_says(library: Library, fitted: Fitted) -> None:
    kept = influence.load(library)
    assert kept is not None
    asked = [(figure.intervention, figure.months or 0.0) for figure in kept.shares]
    for name, change in (("uncontrolled", "doubled"), ("between-interventions", "zero"), ("score-mapping", "doubled")):
        times = CHANGES[change]  # type: ignore[index]
        prior = library.priors[name]
        other = msgspec.structs.replace(prior, mean=prior.mean * times, sd=prior.sd * times)
        changed = msgspec.structs.replace(library, priors={**library.priors, name: other})
        again = make.fit_library(changed)
        moved = means(again.arms, target(again, asked, _unknown(library))) - [f.value for f in kept.shares]
        assert kept.priors[name].by[change] == pytest.approx(moved, abs=0.5), name  # type: ignore[index]


# --- pictures ---------------------------------------------------------------------------------------


def test_every_group_of_people_is_drawn_once(library: Library, fitted: Fitted, pool: Pool) -> None:
    expected = Predictor(pool).expect(NOBODY, [SEVERAL, ONE, "opioids"])
    svg = pictures.forest_plot(library, fitted.rows, expected[SEVERAL])
    assert svg is not None
    groups = {row.people for row in fitted.rows.counted if row.intervention == SEVERAL}
    shown = sum(a.study == "kirketeig-2023-sweden" for a in fitted.rows.set_aside)
    assert f"Forest plot with {len(groups) + shown} rows" in svg
    assert pictures.icon_array(expected[ONE]) is None
    assert pictures.icon_array(expected[SEVERAL]) is not None
    assert pictures.forest_plot(library, fitted.rows, expected["opioids"]) is None


def test_a_funnel_never_mixes_comparators(library: Library, fitted: Fitted, pool: Pool) -> None:
    say = {"expect.sham": "SHAM", "expect.usual": "USUAL"}
    expected = Predictor(pool).expect(NOBODY, [SEVERAL])[SEVERAL]
    mine = [c for c in fitted.contrasts if c.intervention == SEVERAL]
    assert {c.comparator for c in mine} == {"sham", "usual"}
    both = pictures.funnel_plot(library, mine, expected, say)
    usual = pictures.funnel_plot(library, [c for c in mine if c.comparator == "usual"], expected, say)
    assert both is not None
    assert usual is not None
    assert "SHAM" in both
    assert "Kumar 2007" not in both
    assert "USUAL" in usual
    assert "Kumar 2007" in usual
    assert pictures.funnel_plot(library, [], expected, say) is None
