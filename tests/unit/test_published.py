"""Every mistake in a file of published evidence: said once, with file, arm, key, what was found and what is allowed."""

import copy
import random
import re
import tomllib
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_catalog_folder import Folder, inline, read, tiny, write

from postlude.catalog import files
from postlude.catalog.catalogue import Library
from postlude.catalog.figures import agrees, counts, printed_digits

Table = dict[str, Any]
Change = Callable[[Folder], object]

ONE, TWO, TERMS = "evidence/one.toml", "evidence/two.toml", "terms/all.toml"
THRESHOLDS = tomllib.loads((files.SHIPPED / "terms/certainty.toml").read_text())["threshold"]
SHARE: Table = {"months": 6, "denominator": "randomised", "basis": "printed"}


def _outcome(key: str, kind: str, better: str, **other: object) -> Table:
    return {"id": key, "kind": kind, "better": better, "says": key, "plain": key, "domain": "pain", **other}


def _given(key: str, **other: object) -> Table:
    return {"id": key, "says": key, "plain": key, "class": "any", **other}


def _study(key: str, *arms: Table, **other: object) -> Table:
    return {
        "id": key,
        "title": "A trial",
        "authors": "Doe J, Roe R",
        "journal": "Journal",
        "year": 2020,
        "doi": f"10.1000/{key}",
        "design": "rct",
        "blinding": "double",
        "funding": "public",
        "region": "lumbar",
        "pain": "mixed",
        "population": "People after an operation.",
        "read": "abstract",
        "url": "https://example.org",
        **other,
        "arm": list(arms),
    }


def library_folder() -> Folder:
    """The tiny folder with two publications and the terms that they are written in."""
    device = {
        "id": "device",
        "intervention": "device",
        "label": "device",
        "n": 52,
        "n_is": "randomised",
        "responders": [
            {**SHARE, "outcome": "half", "n": 50, "events": 24, "percent": 48.0, "low": 34.0, "high": 62.0},
            {**SHARE, "outcome": "good", "n": 52, "events": 20, "success": "much better"},
        ],
        "change": [{**SHARE, "outcome": "score", "baseline_mean": 7.6, "mean": 4.0, "sd": 2.5, "change": -3.6}],
        "difference": [
            {
                **SHARE,
                "outcome": "score",
                "versus": "imitation",
                "measure": "mean-difference",
                "value": -1.2,
                "low": -2.0,
                "high": -0.4,
            }
        ],
        "harm": [{**SHARE, "outcome": "hurt", "event": "infection", "n": 52, "events": 4}],
        "bad_outcome": [{**SHARE, "outcome": "lost", "n": 52, "events": 2}],
        "description": [{**SHARE, "outcome": "told", "n": 52, "events": 40}],
    }
    imitation = {"id": "imitation", "intervention": "imitation", "label": "imitation", "n": 50, "n_is": "randomised"}
    later = {"id": "later", "intervention": "device", "label": "after crossing over", "same_people_as": "device"}
    folder = tiny()
    folder[ONE] = _study("one", device, imitation, later, trial="ONE")
    folder[TWO] = _study("two", {"id": "all", "intervention": "device", "label": "all"}, design="meta-analysis")
    folder[TERMS] = {
        "outcome": [
            _outcome("half", "responders", "more", relief=50, pooled_as="relief-50"),
            _outcome("good", "responders", "more", pooled_as="own-success"),
            _outcome("score", "score", "less", low=0.0, high=10.0, pooled_as="pain-score"),
            _outcome("hurt", "harm", "less"),
            _outcome("lost", "bad-outcome", "less"),
            _outcome("told", "description", "neither"),
        ],
        "intervention_class": [{"id": "any", "says": "any"}],
        "intervention": [_given("device"), _given("imitation", comparator="sham")],
        "prior": [
            {"id": "operated", "form": "normal", "sd": 0.3, "says": "x", "stands_on": "judgement", "why": "x",
             "marks": ["design"]}
        ],
        "covariate": [
            {"id": "operated", "says": "a", "says_not": "b", "key": "operated_share", "prior": "operated",
             "when": "operated"}
        ],
        "threshold": copy.deepcopy(THRESHOLDS),
    }  # fmt: skip
    return folder


def problems_after(root: Path, change: Change) -> Sequence[str]:
    folder = library_folder()
    change(folder)
    catalogue, problems = read(write(root, folder))
    assert (catalogue is None) == bool(problems)
    return problems


def _key(name: str = ONE, /, **values: object) -> Change:
    """Change keys of a publication; ``...`` removes one."""
    return lambda folder: _put(folder[name], values)


def _arm(number: int = 0, /, **values: object) -> Change:
    return lambda folder: _put(folder[ONE]["arm"][number], values)


def _result(kind: str, /, number: int = 0, **values: object) -> Change:
    return lambda folder: _put(folder[ONE]["arm"][0][kind][number], values)


def _term(kind: str, number: int, /, **values: object) -> Change:
    return lambda folder: _put(folder[TERMS][kind][number], values)


def _put(table: Table, values: dict[str, object]) -> None:
    for name, value in values.items():
        if value is ...:
            del table[name]
        else:
            table[name] = value


def _added(kind: str, /, **values: object) -> Change:
    return lambda folder: folder[ONE]["arm"][1].setdefault(kind, []).append({**SHARE, **values})


HALF, CHANGE, GAP = "`arm device.responders [1]", "`arm device.change [1]", "`arm device.difference [1]"
HARM = "`arm device.harm [1]"
MISTAKES: dict[str, tuple[Change, tuple[str, ...]]] = {
    # --- a percentage is events of n -----------------------------------------------------------------
    "percentage of other events": (
        _result("responders", events=25),
        (HALF, "`percent` is 48.0", "25 of 50 is 50.00 %", "cut_off = true"),
    ),
    "percentage too coarse by one digit": (
        _result("responders", n=52, events=24, percent=46.1),
        (HALF, "`percent` is 46.1", "24 of 52 is 46.15 %", "cut_off = true"),
    ),
    "cut off, but to another figure": (
        _result("responders", n=52, events=24, percent=46.2, low=..., high=..., cut_off=True),
        (HALF, "`percent` is 46.2", "24 of 52 is 46.15 %", "cut off is another figure"),
    ),
    "cut off without a count": (
        _result("responders", events=..., cut_off=True),
        (HALF, "`cut_off`", "needs events, n and percent"),
    ),
    "percentage of nobody": (
        _result("responders", events=..., n=7, percent=50),
        (HALF, "no whole number of 7 people is 50.0 %", "correct n, or set not_whole_people = true"),
    ),
    "whole people after all": (
        _result("responders", events=..., not_whole_people=True),
        (HALF, "`not_whole_people` is set", "24 of 50 is 48.0 %"),
    ),
    "not whole people of nobody knows how many": (
        _result("responders", events=..., n=..., not_whole_people=True),
        (HALF, "`not_whole_people` needs both n and percent"),
    ),
    "more people than there are": (
        _result("responders", events=51, percent=...),
        (HALF, "`events` is 51 of 50", "a share above 1"),
    ),
    "more harmed than there are": (_result("harm", events=53), (HARM, "`events` is 53 of 52", "a share above 1")),
    "more lost than there are": (
        _result("bad_outcome", events=53),
        ("`arm device.bad_outcome [1]", "a share above 1"),
    ),
    "percentage above 100": (
        _result("responders", percent=101),
        ("responders", "percent", "found the number 101", "a percentage from 0 to 100 is needed"),
    ),
    "percentage below 0": (_result("harm", percent=-1), ("harm", "percent", "-1", "a percentage from 0 to 100")),
    "percentage that is no number": (
        _result("responders", percent=float("nan")),
        ("responders", "percent", "nan"),
    ),
    "share of nobody": (_result("responders", n=0), ("responders", "`arm", "n`", "found the number 0", "at least 1")),
    "half a person": (_result("responders", events=1.5), ("responders", "events", "found the number 1.5")),
    "more counted than assigned": (
        _result("responders", n=53, events=..., percent=..., note="see text"),
        (HALF, "`n` is 53", "only 52 were randomised to the arm"),
    ),
    "percentage outside its interval": (
        _result("responders", low=49.0),
        (HALF, "`percent` 48.0 is outside its interval 49.0 to 62.0"),
    ),
    "interval turned round": (
        _result("harm", low=9.0, high=3.0),
        (HARM, "outside its interval 9.0 to 3.0"),
    ),
    "count outside its interval": (
        _result("harm", events=4, low=9.0, high=20.0),
        (HARM, "7.69", "outside its interval 9.0 to 20.0"),
    ),
    "result without a figure": (
        _result("responders", events=..., percent=..., n=...),
        (HALF, "has no figure", "give events, percent, or a note"),
    ),
    "the origin study with all of its people": (
        _added("responders", outcome="half", percent=48.5, n=107),
        ("`arm imitation.responders [1]", "no whole number of 107 people is 48.5 %", "not_whole_people"),
    ),
    # --- every figure is filed as what it is ----------------------------------------------------------
    "harm filed as benefit": (
        _added("responders", outcome="hurt", events=1, n=50),
        (
            "`arm imitation.responders [1].outcome`",
            "hurt is filed as harm",
            "cannot stand under [[arm.responders]]",
            "Allowed: good, half",
        ),
    ),
    "bad outcome filed as benefit": (
        _added("responders", outcome="lost", events=1, n=50),
        ("lost is filed as bad-outcome", "[[arm.responders]]"),
    ),
    "benefit filed as harm": (
        _result("harm", outcome="half"),
        ("half is filed as responders", "[[arm.harm]]", "Allowed: hurt"),
    ),
    "trial phase filed as benefit": (
        _added("responders", outcome="told", events=1, n=50),
        ("told is filed as description", "[[arm.responders]]"),
    ),
    "score filed as a share": (_added("responders", outcome="score", events=1, n=50), ("score is filed as score",)),
    "share filed as a score": (_result("change", outcome="half"), ("half is filed as responders", "[[arm.change]]")),
    "own success without words": (
        _result("responders", 1, success=...),
        ("`arm device.responders [2].success`", "is missing", "good does not say what counted as success"),
    ),
    "derived without a way": (
        _result("responders", basis="derived"),
        ("`arm device.responders [1].how`", "is missing", "says how it was derived"),
    ),
    # --- unknown terms ----------------------------------------------------------------------------------
    "unknown outcome": (
        _result("responders", outcome="halve"),
        ("`arm device.responders [1].outcome`", "there is no outcome 'halve'", "did you mean 'half'", "Allowed: good"),
    ),
    "unknown intervention": (
        _arm(intervention="devise"),
        ("`arm device.intervention`", "there is no intervention 'devise'", "did you mean 'device'", "Allowed: device"),
    ),
    "unknown earlier arm": (
        _arm(2, same_people_as="devise"),
        ("`arm later.same_people_as`", "there is no earlier arm 'devise'", "did you mean 'device'"),
    ),
    "the same people as a later arm": (
        _arm(0, same_people_as="later"),
        ("`arm device.same_people_as`", "there is no earlier arm 'later'", "it is the first"),
    ),
    "compared with no arm": (
        _result("difference", versus="imitaton"),
        (GAP, "`versus` is 'imitaton'", "did you mean 'imitation'"),
    ),
    "compared with itself": (_result("difference", versus="device"), (GAP, "`versus` is 'device'", "Allowed: imit")),
    "unknown design": (_key(design="rtc"), ("`design`", "found the text 'rtc'", "did you mean 'rct'", "Allowed: rct")),
    "unknown denominator": (
        _result("responders", denominator="randomized"),
        ("denominator`", "'randomized'", "did you mean 'randomised'", "Allowed: randomised, treated"),
    ),
    "unknown key of a result": (
        _result("responders", event=3),
        ("responders", "event`", "there is no such key", "did you mean 'events'"),
    ),
    "result of an unknown kind": (
        _arm(responder=[]),
        ("responder`", "there is no such key", "did you mean 'responders'"),
    ),
    "unknown class": (
        _term("intervention", 0, **{"class": "ani"}),
        (
            "terms/all.toml",
            "[[intervention]] device",
            "`class`",
            "there is no intervention class 'ani'",
            "Allowed: any",
        ),
    ),
    "unknown prior": (
        _term("covariate", 0, prior="operatet"),
        ("[[covariate]] operated", "`prior`", "there is no prior 'operatet'", "did you mean 'operated'"),
    ),
    "unknown fact of a trait": (
        _term("covariate", 0, when="operatet"),
        ("[[covariate]] operated", "`when`", "operatet", "did you mean 'operated'"),
    ),
    "a harm of which more is better": (
        _term("outcome", 3, better="more"),
        ("[[outcome]] hurt", "`better`", "found 'more' for harm", "Allowed: less"),
    ),
    "relief of a harm": (
        _term("outcome", 3, relief=50),
        ("[[outcome]] hurt", "`relief`", "belongs to responders", "this is harm"),
    ),
    "a prior of another form": (
        _term("prior", 0, form="cauchy"),
        ("[[prior]] operated", "`form`", "'cauchy'", "Allowed: normal, half-normal"),
    ),
    # --- scores and differences ---------------------------------------------------------------------------
    "mean outside its scale": (
        _result("change", mean=40.0),
        (CHANGE, "`mean` is 40.0", "outside the scale 0 to 10", "say the scale if it differs"),
    ),
    "start outside its scale": (
        _result("change", baseline_mean=76),
        (CHANGE, "`baseline_mean` is 76", "outside the scale 0 to 10"),
    ),
    "change beyond its scale": (_result("change", change=-12), (CHANGE, "`change` is -12", "0 to 10")),
    "spread beyond its scale": (_result("change", sd=25), (CHANGE, "`sd` is 25", "wider than the scale 0 to 10")),
    "score without a figure": (
        _result("change", mean=..., change=...),
        (CHANGE, "has no figure", "give mean or change"),
    ),
    "score that is no number": (_result("change", mean=float("nan")), (CHANGE, "`mean` is nan", "a number is needed")),
    "interval of nobody knows what": (
        _result("change", low=-4.0, high=-3.0),
        (CHANGE, "an interval needs low, high and interval_of together"),
    ),
    "change outside its interval": (
        _result("change", low=-3.0, high=-1.0, interval_of="change"),
        (CHANGE, "-3.6 is outside its interval -3.0 to -1.0"),
    ),
    "difference outside its interval": (
        _result("difference", value=-2.2),
        (GAP, "`value` -2.2 is outside its interval -2.0 to -0.4"),
    ),
    "difference without end": (_result("difference", value=float("inf"), low=..., high=...), (GAP, "`value` is inf")),
    "difference beyond the scale": (
        _result("difference", value=-12.0, low=..., high=...),
        (GAP, "`value` is -12.0", "0 to 10"),
    ),
    "scale turned round": (
        _result("change", scale=[10, 0]),
        (CHANGE, "`scale` is 10 to 0", "the lower end comes first"),
    ),
    "scale without width": (
        _result("difference", scale=[1, 1]),
        (GAP, "`scale` is 1 to 1", "the lower end comes first"),
    ),
    "ratio below 0": (
        _result("difference", measure="odds-ratio", outcome="half", value=1.2, low=-0.4, high=2.0),
        (GAP, "a ratio is above 0"),
    ),
    # --- publications that overlap -----------------------------------------------------------------------
    "includes what is not there": (
        _key(TWO, includes=["onne"]),
        ("evidence/two.toml", "published two", "`includes`", "there is no other publication 'onne'", "'one'"),
    ),
    "includes itself": (_key(TWO, includes=["two"]), ("`includes`", "there is no other publication 'two'")),
    "a trial that includes": (
        _key(includes=["two"]),
        ("evidence/one.toml", "`includes`", "belongs to a review or pooled analysis", "this is a rct"),
    ),
    "a trial of trials' people": (
        _key(patient_level=True),
        ("`patient_level`", "belongs to a meta-analysis", "this is a rct"),
    ),
    "arm twice": (_arm(1, id="device"), ("`arm device`", "stands twice")),
    "study without arms": (_key(TWO, arm=[]), ("evidence/two.toml", "`arm`", "at least one arm")),
    "study that is also a source": (
        lambda f: f["sources/all.toml"]["source"].append({"id": "one", "cite": "x", "body": "x", "read": "abstract"}),
        ("sources/all.toml", "[[source]] one", "'one' is also a published study (evidence/one.toml)"),
    ),
    "study twice": (
        lambda f: f.update({"evidence/other.toml": dict(f[ONE])}),
        ("evidence/", "published one", "stands twice"),
    ),
    "thresholds forgotten": (
        lambda f: f[TERMS].pop("threshold"),
        ("terms/", "threshold", "is missing for", "few-people"),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    change, parts = MISTAKES[name]
    problems = problems_after(tmp_path, change)
    assert any(all(part in problem for part in parts) for problem in problems), "\n".join(problems) or "no problem"
    if parts[0].startswith("`arm"):
        assert any(p.startswith(f"{ONE}, published one, key {parts[0]}") for p in problems), problems


def test_the_folder_is_valid_before_it_is_broken(tmp_path: Path) -> None:
    folder = library_folder()
    catalogue, problems = read(write(tmp_path, folder))
    assert problems == ()
    assert catalogue is not None
    assert set(catalogue.library.studies) == {"one", "two"}
    one = catalogue.library.studies["one"]
    assert [len(arm.results()) for arm in one.arm] == [7, 0, 0]
    # A study is a source that everything else may name.
    assert catalogue.sources["one"].cite == "Doe et al. 2020, Journal: A trial"


def test_all_mistakes_of_a_file_come_at_once(tmp_path: Path) -> None:
    def change(folder: Folder) -> None:
        for one in (_result("responders", events=25), _result("change", mean=40.0), _result("harm", outcome="half")):
            one(folder)
        _key(TWO, includes=["three"])(folder)

    problems = problems_after(tmp_path, change)
    assert len(problems) == 4, problems


@pytest.mark.parametrize(
    "change",
    [
        _result("responders", n=52, events=24, percent=46.1, cut_off=True),
        _result("responders", n=52, events=24, percent=46, cut_off=True),
        _result("responders", events=..., n=7, percent=50, not_whole_people=True),
        _result("responders", events=..., n=..., percent=48.5),  # the origin study as it stands: no denominator
        _result("responders", events=..., percent=..., note="only a figure without axis"),
        _result("harm", counted="events", events=80),  # happenings: more than people
        _result("harm", counted="reports", events=80),
        _result("change", scale=[0, 100], baseline_mean=76, mean=40, change=-36, sd=25),
        _result("difference", measure="odds-ratio", outcome="half", value=1.2, low=0.4, high=2.0),
        _key(TWO, includes=["one"], patient_level=True),
        _key(TWO, trial="ONE"),
    ],
)
def test_what_may_be_written(change: Change, tmp_path: Path) -> None:
    folder = library_folder()
    change(folder)
    assert read(write(tmp_path, folder))[1] == ()


# --- what a percentage can be of ---------------------------------------------------------------------

PEOPLE = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(PEOPLE, st.integers(0, 3))
def test_a_count_gives_back_the_percentage_that_was_printed_of_it(of: tuple[int, int], digits: int) -> None:
    events, n = of
    exact = Decimal(100 * events) / n
    unit = Decimal(10) ** -digits
    rounded, cut = (float(exact.quantize(unit, rounding)) for rounding in (ROUND_HALF_UP, ROUND_DOWN))
    assert agrees(events, n, rounded)
    # A last 0 is not seen in a number, so the cut figure may pass for a shorter one; it agrees all the more.
    assert agrees(events, n, cut, cut_off=True)
    assert events in counts(n, rounded)


@given(st.integers(1, 400), st.integers(0, 1000).map(lambda x: x / 10))
def test_the_counts_are_all_the_counts(n: int, percent: float) -> None:
    assert counts(n, percent) == [events for events in range(n + 1) if agrees(events, n, percent)]


@given(st.integers(1, 100), st.integers(0, 100), st.integers(0, 100))
def test_people_of_fewer_than_a_hundred_have_one_count_at_most(n: int, percent: int, tenth: int) -> None:
    assert len(counts(min(n, 99), percent)) <= 1
    assert len(counts(n, percent + tenth / 1000)) <= 1


@pytest.mark.parametrize(
    ("percent", "digits"), [(34.0, 0), (2.45, 2), (50.0, 0), (48.5, 1), (0.0, 0), (100.0, 0), (0.001, 3), (1e-7, 7)]
)
def test_the_digits_of_a_printed_percentage(percent: float, digits: int) -> None:
    assert printed_digits(percent) == digits


def test_the_origin_studys_percentage_is_of_no_count_of_its_people() -> None:
    """48.5 % of 107: 51 are 47.7 %, 52 are 48.6 %."""
    assert counts(107, 48.5) == []
    assert counts(107, 47.7) == [51]
    assert counts(107, 48.6) == [52]
    assert counts(66, 48.5) == [32]


def test_half_a_unit_may_be_rounded_either_way_and_no_further() -> None:
    assert agrees(1, 8, 12.5)
    assert agrees(1, 8, 12)
    assert agrees(1, 8, 13)
    assert not agrees(1, 8, 14)
    assert not agrees(1, 8, 13, cut_off=True)
    assert agrees(1, 8, 12, cut_off=True)
    assert not agrees(1, 2, 49, cut_off=True)
    assert not agrees(2, 3, 66.6)
    assert agrees(2, 3, 66.6, cut_off=True)


# --- never a traceback, and one hash -------------------------------------------------------------------

VALUES = ["1", "-1", "0", "nan", "inf", "-inf", "1e400", "9e99", "true", '""', '"x"', '"half"', "[]", "{}", '"device"']


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_values_exchanged_at_random_load_or_are_named(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    root = write(tmp_path_factory.mktemp("values"), library_folder())
    for _ in range(chance.randint(1, 3)):
        path = root / chance.choice([ONE, TWO, TERMS])
        text = path.read_text()
        tokens = list(re.finditer(r'"(?:[^"\\]|\\.)*"(?! =)|-?\b\d+(?:\.\d+)?\b|\btrue\b', text))
        token = chance.choice(tokens)
        new = chance.choice([*VALUES, chance.choice(tokens).group()])
        path.write_text(text[: token.start()] + new + text[token.end() :])
    catalogue, problems = read(root)
    assert (catalogue is None) == bool(problems)
    assert all(re.match(r"[\w./-]+", problem) and "Traceback" not in problem for problem in problems)


def _library(root: Path, folder: Folder) -> Library:
    catalogue, problems = read(write(root, folder))
    assert catalogue is not None, problems
    return catalogue.library


def test_the_hash_is_that_of_the_evidence_alone(tmp_path: Path) -> None:
    first = _library(tmp_path / "first", library_folder()).hash

    def after(name: str, change: Change) -> str:
        folder = library_folder()
        change(folder)
        return _library(tmp_path / name, folder).hash

    assert after("same", lambda _: None) == first
    assert after("clinic", lambda f: f["clinic.toml"].update(name="other")) == first
    assert after("order", lambda f: f.update({"evidence/a.toml": f.pop(ONE)})) == first
    changes: list[Change] = [
        _result("responders", events=..., percent=48.0),
        _arm(n=53),
        _key(funding="industry"),
        _term("prior", 0, sd=0.4),
        _term("threshold", 0, value=0.123),
        _term("intervention", 0, comparator="usual"),
        _term("covariate", 0, when="NOT operated"),
    ]
    found = {after(f"change-{number}", change) for number, change in enumerate(changes)}
    assert len(found) == len(changes)
    assert first not in found


@pytest.mark.parametrize("key", ["doi", "pmid"])
def test_a_publication_in_two_files_is_refused_unless_it_tells_of_two_trials(tmp_path: Path, key: str) -> None:
    mark = {"doi": "10.1000/same", "pmid": "123"}[key]

    def both(first: str, second: str) -> Change:
        def change(folder: Folder) -> None:
            for name, trial in zip([n for n in folder if n.startswith("evidence/")], (first, second), strict=True):
                folder[name].update({key: mark, "trial": trial})

        return change

    (problem,) = problems_after(tmp_path / "twice", both("", ""))
    assert f"key `{key}`" in problem
    assert mark in problem
    assert "count twice" in problem
    assert not problems_after(tmp_path / "two", both("MINT facet", "MINT sacroiliac"))
    assert problems_after(tmp_path / "one", both("MINT", "MINT"))


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    folder = library_folder()
    write(tmp_path, folder)
    assert tomllib.loads((tmp_path / ONE).read_text()) == folder[ONE]
    assert inline(0.5) == "0.5"
