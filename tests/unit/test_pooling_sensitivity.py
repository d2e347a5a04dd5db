"""What single studies do to a result; held against metafor's influence, leave1out and cumul."""

import json
from pathlib import Path

import numpy as np
import pytest

from postlude.evidence.pooling.inverse_variance import fit
from postlude.evidence.pooling.sensitivity import cumulative, influence, leave_one_out

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"


def near(value, rel=1e-6):
    return pytest.approx(value, rel=rel, abs=1e-9)


@pytest.fixture
def bcg():
    found = json.loads(next(REFERENCE.glob("B02_*.json")).read_text())
    a, b, c, d, year, ablat = (
        np.array(found["input"]["dat"][name], np.float64) for name in ("tpos", "tneg", "cpos", "cneg", "year", "ablat")
    )
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, year, ablat


# influence(rma(yi, vi[, mods=~ablat][, test="knha"], data=dat.bcg)), metafor 3.8-1: first three studies and the last.
PLAIN = {
    "rstudent": [-0.232033143180538, -1.31909310119144, -0.742194301474134, 1.20506207174935],
    "dffits": [-0.0444279968845259, -0.349615475322752, -0.158652190592166, 0.360769553370016],
    "cooks_distance": [0.00204162848481662, 0.116958422400513, 0.0254535268623349, 0.12632809678529],
    "covariance_ratio": [1.11362549186152, 1.00636714063466, 1.06916016140032, 1.06086943328941],
    "tau2": [0.361634681121032, 0.314223888119783, 0.346442992874294, 0.325735379417857],
    "q": [162.454151968221, 155.832440178061, 161.073304429796, 160.653902449838],
    "hat": [0.0498007403274948, 0.0633927526973155, 0.0448742899949485, 0.0845280408221599],
    "weight": [4.98007403274948, 6.33927526973154, 4.48742899949485, 8.45280408221598],
}
HARTUNG_KNAPP = {
    "rstudent": [-0.22755106195752, -1.31842410123528, -0.731816236533289, 1.20690544300139],
    "dffits": [-0.0435698009911163, -0.349438162032694, -0.156433765129046, 0.361321418903654],
    "cooks_distance": [0.00202638742656072, 0.116085310498626, 0.0252635125239711, 0.125385038879906],
    "covariance_ratio": [1.14928368717658, 0.99986840377855, 1.09148980379279, 1.04973588918742],
}
MODERATED = {
    "rstudent": [0.235331785775261, -0.48151810891026, -0.526069530006452, 2.45426724716023],
    "dffits": [0.0576753701679914, -0.206205153554787, -0.0883625715232661, 0.323969896455168],
    "cooks_distance": [0.00450689813900341, 0.0482072153519299, 0.00824425049890188, 0.103071983571481],
    "covariance_ratio": [1.28201466886728, 1.61524991934323, 1.16145438795273, 0.281693455269226],
    "tau2": [0.0589951774694342, 0.0648341684039868, 0.0552583867831686, 0.0161606029918873],
    "hat": [0.0384675748277505, 0.123408765379193, 0.0284194027808767, 0.0735459717363369],
}


def ends(part):
    return part[[0, 1, 2, -1]]


@pytest.mark.parametrize(("theirs", "interval"), [(PLAIN, "wald"), (HARTUNG_KNAPP, "hartung-knapp")])
def test_influence(bcg, theirs, interval):
    y, v, _, _ = bcg
    found = influence(y, v, interval=interval)
    for name, values in theirs.items():
        assert ends(getattr(found, name)) == near(values), name
    assert not found.influential.any()


def test_influence_with_a_moderator(bcg):
    y, v, _, ablat = bcg
    found = influence(y, v, np.stack([np.ones(13), ablat], axis=-1))
    for name, values in MODERATED.items():
        assert ends(getattr(found, name)) == near(values), name
    assert found.dfbetas[:2].ravel() == near(
        [0.0154593674365617, 0.0130007402247029, 0.148222028572123, -0.193263692440531]
    )


def test_dfbetas_of_hartung_and_knapp(bcg):
    y, v, _, _ = bcg
    found = influence(y, v, interval="hartung-knapp")
    assert found.dfbetas[:2, 0] == near([-0.0431011877810918, -0.351910911446077])


def test_a_study_far_away_is_influential():
    y = np.array([0.1, 0.15, 0.05, 0.12, 3.0])
    found = influence(y, np.full(5, 0.05))
    assert found.influential.tolist() == [False, False, False, False, True]
    assert found.rstudent[4] > 5


def test_leaving_one_out_is_fitting_the_others(bcg):
    y, v, _, ablat = bcg
    design = np.stack([np.ones(13), ablat], axis=-1)
    for x in (None, design):
        found = leave_one_out(y, v, x)
        for i in (0, 5, 12):
            others = np.arange(13) != i
            alone = fit(y[others], v[others], None if x is None else x[others])
            assert (found.beta[i], found.se[i]) == (near(alone.beta), near(alone.se))
            assert (found.tau2[i], found.q[i], found.k[i]) == (near(float(alone.tau2)), near(float(alone.q)), 12)


def test_pooling_as_studies_accrue(bcg):
    y, v, year, _ = bcg
    found = cumulative(y, v, year)
    # cumul(rma(yi, vi), order=year): the second to the fifth.
    assert found.beta[1:5, 0] == near([-1.39832051492717, -1.06086133722691, -1.07348108067341, -1.16634274546371])
    assert found.se[1:5, 0] == near([0.362624238343498, 0.190555077716306, 0.173570540434534, 0.168334169333964])
    assert found.tau2[1:5] == near([0, 0.0378446980054413, 0.0312652862298343, 0.0444301453337482])
    assert found.i2[1:5] == near([0, 21.4040248822702, 16.2450290717094, 30.9260280939583])
    assert found.k.tolist() == list(range(1, 14))
    assert found.beta[0] == near(y[:1])
    whole = fit(y, v)
    assert (found.beta[-1], found.tau2[-1]) == (near(whole.beta), near(float(whole.tau2)))


def test_studies_of_one_year_stay_in_their_order():
    y, v = np.array([1.0, 2.0, 4.0]), np.ones(3)
    assert cumulative(y, v, np.array([5, 5, 1]), tau2="fixed").beta[:, 0] == near([4, 2.5, 7 / 3])
    assert cumulative(y, v, tau2="fixed").beta[:, 0] == near([1, 1.5, 7 / 3])
