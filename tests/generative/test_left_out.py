"""Each trial left out: does the arm model predict counts that it has not seen, and better than plain pooling does?"""

from math import comb

import numpy as np
import pytest
from scipy import special

from postlude.evidence import audit
from postlude.evidence.arms import Row
from postlude.evidence.audit import LeftOut, agreement, left_out
from postlude.evidence.likelihood import Component
from postlude.evidence.make import Fitted
from postlude.evidence.model import design
from postlude.evidence.model.fitting import fit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(fitted: Fitted) -> tuple[LeftOut, ...]:
    return left_out(fitted)


def test_nine_counts_of_ten_lie_inside_the_interval_for_19_of_20(found: tuple[LeftOut, ...]) -> None:
    got = agreement(found)
    assert got.inside95 >= 0.90, got
    # No bar was set for 80 %; far below it the intervals would be worth little.
    assert got.inside80 >= 0.70, got
    assert agreement([o for o in found if o.exact]).inside95 >= 0.90


def test_the_model_scores_better_than_pooled_counts(found: tuple[LeftOut, ...]) -> None:
    for group in (found, [o for o in found if o.exact], [o for o in found if o.first]):
        got = agreement(group)
        assert got.model > got.pooled, got
        assert got.model > got.everything, got


def test_every_counted_share_is_checked_once(fitted: Fitted, found: tuple[LeftOut, ...]) -> None:
    assert [o.row for o in found] == [row for row in fitted.rows.counted if row.binomial]
    assert sum(o.first for o in found) == len({o.row.people for o in found})
    close = 1 + 1e-9  # sums of weights
    assert all(0 <= o.inside80 <= o.inside95 * close and o.inside95 <= close and 0 <= o.below <= close for o in found)


def test_a_trial_left_out_is_not_seen(fitted: Fitted, found: tuple[LeftOut, ...]) -> None:
    """The prediction is that of a fit from nothing of all other rows: for the trial with the most of them."""
    rows = fitted.rows.counted
    trials = [row.trial for row in rows]
    most = max(dict.fromkeys(trials), key=trials.count)
    others = [row for row in rows if row.trial != most]
    model, data = design.arm_model(others, fitted.library, fitted.priors)
    fresh = fit(model, data)
    short = fitted.arms.without(np.array([trial == most for trial in trials]))
    at = slice(None), [short.columns[name].start for name in (design.CLASS, design.INTERVENTION)]
    for quick, slow in zip(short.weight @ short.phi[at], fresh.weight @ fresh.phi[at], strict=True):
        assert quick == pytest.approx(slow, abs=0.02)
    # And it is that fit by which the trial is scored, not the one that has seen it.
    place, one = next((rows.index(o.row), o) for o in found if o.row.trial == most and o.exact)
    size, events = int(one.row.binomial[0].n), int(one.row.binomial[0].events)
    assert one.model == pytest.approx(np.log(audit._counts(fitted, short, place, size)[events]))
    assert one.model != pytest.approx(np.log(audit._counts(fitted, fitted.arms, place, size)[events]), abs=0.05)


def test_chances_of_counts_are_those_of_a_normal_on_the_logit(fitted: Fitted) -> None:
    place = next(i for i, row in enumerate(fitted.rows.counted) if row.binomial)
    without = fitted.arms.without(np.arange(len(fitted.rows.counted)) == place)
    chances = audit._counts(fitted, without, place, 5)
    eta = audit._linear_predictor(fitted, without, place)
    z, mass = np.polynomial.hermite_e.hermegauss(40)
    p = special.expit(eta.mean[:, 0, None] + np.sqrt(eta.variance[:, 0, None]) * z)
    for events in range(6):
        exact = eta.weight @ (comb(5, events) * p**events * (1 - p) ** (5 - events)) @ (mass / mass.sum())
        assert chances[events] == pytest.approx(exact, abs=1e-6)


def test_a_trial_that_is_left_out_is_predicted_with_the_spread_of_a_new_one(fitted: Fitted) -> None:
    """Wider by far than the fit's own view of the same row, which has seen it."""
    place = max(
        (i for i, row in enumerate(fitted.rows.counted) if row.route == "count"),
        key=lambda i: fitted.rows.counted[i].n or 0,
    )
    without = fitted.arms.without(np.arange(len(fitted.rows.counted)) == place)
    new = audit._linear_predictor(fitted, without, place)
    seen = fitted.arms.row()
    assert new.weight @ new.variance[:, 0] > 4 * (seen.weight @ seen.variance[:, place])


def _row(*parts: tuple[float, float, float]) -> Row:
    return Row(
        study="s", trial="t", arm="a", people="t/a", intervention="i", label="", outcome="o", pooled_as="relief-50",
        months=6.0, randomised=True, route="count", events=None, n=None, percent=None, weight=1.0, features={},
        binomial=tuple(Component(*part) for part in parts),
    )  # fmt: skip


def test_pooled_counts_are_beta_binomial() -> None:
    """No other count: Jeffreys' prior alone; 0, 1 or 2 of 2 then have 3/8, 2/8, 3/8. Three of four added: by hand."""
    assert audit._beta_binomial([], 2) == pytest.approx([3 / 8, 2 / 8, 3 / 8])
    chances = audit._beta_binomial([_row((3.0, 4.0, 0.0))], 1)
    assert chances == pytest.approx([1.5 / 5, 3.5 / 5])
    # Two possible counts, evenly: as their mean. The log weights need not sum to 1.
    assert audit._beta_binomial([_row((2.0, 4.0, 0.0), (4.0, 4.0, 0.0))], 1) == pytest.approx(chances)


def test_a_count_lies_within_its_central_interval() -> None:
    upto = np.cumsum([0.02, 0.03, 0.45, 0.45, 0.03, 0.02])
    assert [audit._within(upto, events, 0.95) for events in range(6)] == [False, True, True, True, True, False]
    assert [audit._within(upto, events, 0.80) for events in range(6)] == [False, False, True, True, False, False]


def test_nothing_left_out_is_no_agreement() -> None:
    with pytest.raises(ValueError, match="no share"):
        agreement([])
