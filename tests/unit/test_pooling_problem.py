"""Reading problems strictly, the words for what is wrong, batches, and answers as text."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postlude.errors import FileError, PoolError
from postlude.evidence.pooling.answer import answer, answers
from postlude.evidence.pooling.command import pool, run
from postlude.evidence.pooling.problem import INTERVALS, KEYS, MODELS, SCALES, TAU2, read, understand
from postlude.evidence.pooling.text import render

ARM = {"study": "Smith 2010", "events": 3, "n": 12}
ARMS = [ARM, {"study": "Jones 2012", "events": 9, "n": 20}, {"study": "Lee 2015", "events": 4, "n": 30}]
VALUES = {"events": 3, "n": 12, "mean": 4.5, "sd": 1.2, "yi": 0.3, "vi": 0.1}


def rows_for(measure, count=4):
    return [{key: VALUES[key.rstrip("12")] + i * (key[0] in "nmy") for key in KEYS[measure]} for i in range(count)]


def wrong(content):
    with pytest.raises(PoolError) as caught:
        understand(content, "p.json")
    assert caught.value.exit_code == 15
    return list(caught.value.problems)


def solve(**content):
    return answer(understand(content, "p.json"))


def test_what_holds_when_nothing_is_said():
    problem = understand({"measure": "proportion", "rows": ARMS}, "p.json")
    assert problem[1:6] == ("binomial-normal", "logit", "ml", "wald", 0.95)
    assert problem.studies == ("Smith 2010", "Jones 2012", "Lee 2015")
    problem = understand({"measure": "proportion", "scale": "freeman-tukey", "rows": ARMS}, "p.json")
    assert problem[1:6] == ("inverse-variance", "freeman-tukey", "reml", "wald", 0.95)
    problem = understand({"measure": "odds-ratio", "rows": rows_for("odds-ratio")}, "p.json")
    assert problem[1:6] == ("inverse-variance", "log", "reml", "wald", 0.95)
    assert problem.studies[2] == "row 3"


@pytest.mark.parametrize("measure", KEYS)
def test_every_combination_that_makes_sense_has_an_answer(measure):
    for scale in SCALES[measure]:
        for model in MODELS[measure]:
            if model == "binomial-normal" and scale not in ("logit", "log"):
                continue
            if measure == "proportion" and model == "binomial-normal" and scale == "log":
                continue
            for tau2 in TAU2[model]:
                for interval in INTERVALS[model]:
                    found = solve(
                        measure=measure, scale=scale, model=model, tau2=tau2, interval=interval, rows=rows_for(measure)
                    )
                    assert found.k == 4
                    assert found.coefficients[0].low <= found.coefficients[0].estimate <= found.coefficients[0].high
                    assert found.back is not None
                    assert found.back.low <= found.back.estimate <= found.back.high


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([1], "p.json: found the list [1]; a table is needed"),
        ({"measure": "proportion", "rows": []}, "p.json, key `rows`: found the list []; a list of rows"),
        ({"measure": "rate", "rows": ARMS}, "p.json, key `measure`: found the text 'rate'; Allowed: proportion, "),
        (
            {"measure": "proportion", "rows": ARMS, "lvel": 0.9},
            "p.json, key `lvel`: there is no such key; did you mean",
        ),
        (
            {"measure": "proportion", "rows": ARMS, "level": 95},
            "key `level`: found the number 95; a number above 0 and",
        ),
        ({"measure": "mean", "rows": ARMS, "model": "peto"}, "key `model`: 'peto' does not go with measure 'mean'"),
        ({"measure": "mean", "rows": ARMS, "scale": "log"}, "key `scale`: 'log' does not go with measure 'mean'"),
        (
            {"measure": "proportion", "rows": ARMS, "tau2": "dl"},
            "key `tau2`: 'dl' does not go with model 'binomial-normal'; Allowed: ml",
        ),
        (
            {"measure": "proportion", "rows": ARMS, "interval": "hartung-knapp"},
            "key `interval`: 'hartung-knapp' does not go with model 'binomial-normal'",
        ),
        (
            {"measure": "proportion", "rows": ARMS, "scale": "raw", "model": "binomial-normal"},
            "key `scale`: 'raw' does not go with model 'binomial-normal'",
        ),
        (
            {"measure": "odds-ratio", "rows": rows_for("odds-ratio"), "model": "peto", "moderators": ["a"]},
            "key `moderators`: model 'peto' takes none",
        ),
        ({"measure": "proportion", "rows": ARMS, "moderators": ["n"]}, "key `moderators`: 'n' cannot be a moderator"),
        (
            {"measure": "proportion", "rows": ARMS, "moderators": ["a", "a"]},
            "'a' cannot be a moderator here, or stands",
        ),
        (
            {"measure": "smd", "rows": [{"mean1": 1, "sd1": 1, "n1": 1, "mean2": 2, "sd2": 1, "n2": 1}]},
            "3 people or more",
        ),
    ],
)
def test_what_cannot_be_asked(content, problem):
    assert any(problem in said for said in wrong(content)), wrong(content)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"events": 13, "n": 12}, "row 2, key `events`: found 13; of 'n', here 12, no more can have the event"),
        ({"events": 2.5, "n": 12}, "row 2, key `events`: found 2.5; a whole number, 0 or more, is needed"),
        ({"events": True, "n": 12}, "row 2, key `events`: found True; a whole number"),
        ({"events": -1, "n": 12}, "row 2, key `events`: found -1"),
        ({"events": 10**400, "n": 12}, "row 2, key `events`: found 1000"),
        ({"events": None, "n": 12}, "row 2, key `events`: found nothing"),
        ({"events": 0, "n": 0}, "row 2, key `n`: found 0; a whole number, 1 or more, is needed"),
        ({"event": 2, "n": 12}, "row 2, key `events`: is missing (is it written 'event'?)"),
        ({"study": "", "events": 1, "n": 12}, "row 2, key `study`: found ''; a name is needed"),
        ({"study": "\x1b[2J", "events": 1, "n": 12}, "row 2, key `study`: found '\\x1b[2J'"),
        ({"study": "Lee", "events": 13, "n": 12}, "row 2 (Lee), key `events`"),
    ],
)
def test_what_a_row_cannot_hold(row, problem):
    (said,) = wrong({"measure": "proportion", "rows": [ARM, row]})
    assert f"p.json, {problem}" in said


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"yi": 1, "vi": 0}, "vi"),
        ({"yi": 1, "vi": -1}, "vi"),
        ({"yi": "1", "vi": 1}, "yi"),
        ({"yi": 1e16, "vi": 1}, "yi"),
    ],
)
def test_what_an_estimate_cannot_be(row, key):
    (said,) = wrong({"measure": "generic", "rows": [row]})
    assert f"row 1, key `{key}`: found " in said


def test_every_mistake_is_told_at_once():
    said = wrong({"measure": "mean", "rows": [{"mean": "x", "sd": 0, "n": 0.5}, {}], "moderators": ["a"]})
    assert len(said) == 8


def test_a_row_may_hold_more():
    assert solve(measure="proportion", rows=[{**arm, "year": "not asked"} for arm in ARMS]).k == 3


# Moderators


def with_values(values, **more):
    rows = [{"yi": 0.1 * i, "vi": 0.1 + 0.01 * i, **({} if v is None else {"m": v})} for i, v in enumerate(values)]
    return {"measure": "generic", "rows": rows, "moderators": ["m"], **more}


def test_words_are_compared_with_the_first_in_order():
    problem = understand(with_values(["b", "c", "a", "b", "a", "c"]), "p.json")
    assert problem.names == ("intrcpt", "mb", "mc")
    assert problem.x is not None
    assert problem.x.tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1]]
    assert understand(with_values([True, False, True, False]), "p.json").names == ("intrcpt", "mTRUE")


def test_numbers_are_taken_as_they_are():
    problem = understand(with_values([2001, 2004.5, 2010, 2011]), "p.json")
    assert problem.names == ("intrcpt", "m")
    assert problem.x is not None
    assert problem.x[:, 1].tolist() == [2001, 2004.5, 2010, 2011]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["a", None, "b", "a"], "row 2, key `m`: is missing"),
        (["a", 1, "b", "a"], "row 2, key `m`: numbers and words are mixed"),
        (["a", [1], "b", "a"], "row 2, key `m`: found [1]; a number or a word is needed"),
        (["a", "a", "a", "a"], "key `moderators`: 'm' is 'a' in every row"),
        ([3, 3, 3, 3], "key `moderators`: 'm' follows from the intercept in these rows"),
        (["a", "b", "c"], "key `rows`: found 3; 3 coefficients need at least 4"),
    ],
)
def test_moderators_that_cannot_be_told(values, problem):
    assert any(problem in said for said in wrong(with_values(values)))


def test_a_common_effect_needs_no_row_to_spare():
    assert len(solve(**with_values(["a", "b", "c"], tau2="fixed")).coefficients) == 3


def test_moderators_that_follow_from_each_other():
    rows = [{"yi": i, "vi": 1, "a": i, "b": "x" if i % 2 else "y", "c": 2 * i + 1900} for i in range(6)]
    (said,) = wrong({"measure": "generic", "rows": rows, "moderators": ["a", "b", "c"]})
    assert "'c' follows from the intercept, a, by" in said


def test_with_moderators_nothing_goes_back():
    found = solve(**with_values([1, 2, 4, 3]))
    assert found.back is None
    assert found.prediction.low is None


@pytest.mark.parametrize("tau2", TAU2["inverse-variance"])
@pytest.mark.parametrize("yi", [1e15, 1e-15])
@pytest.mark.parametrize("vi", [1e15, 1e-15])
def test_the_greatest_and_the_least(tau2, yi, vi):
    rows = [{"yi": yi, "vi": vi}, {"yi": -yi, "vi": 1}, {"yi": 0, "vi": vi}, {"yi": 3, "vi": 1e15}]
    found = solve(measure="generic", tau2=tau2, rows=rows)
    assert found.coefficients[0].se is not None
    assert found.coefficients[0].se > 0


# Files and batches


def printed(data, **more):
    return "".join(pool(io.BytesIO(data), "p.json", **{"batch": False, "as_json": True, **more}))


def test_json_says_null_where_nothing_is_defined():
    found = json.loads(
        printed(json.dumps({"measure": "proportion", "model": "inverse-variance", "rows": [ARM]}).encode())
    )
    assert " ".join(found) == ("k coefficients tau2 tau2_low tau2_high i2 h2 q q_p log_likelihood prediction back")
    assert found["prediction"] == {"low": None, "high": None}
    assert list(found["back"]) == ["estimate", "low", "high", "prediction_low", "prediction_high"]
    assert found["back"]["estimate"] == pytest.approx(0.25)
    assert list(found["coefficients"][0]) == ["name", "estimate", "se", "low", "high", "p"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "p.json: is not JSON"),
        (b"{", "p.json: is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        (b"\xff", "p.json: is not UTF-8 text (byte 0)"),
        (b'{"measure": NaN}', "p.json: NaN is not a number"),
        (b'{"rows": [{"n": 1, "n": 2}]}', "p.json: the key 'n' stands twice"),
        (b"[" * 100_000, "p.json: is nested too deep"),
    ],
)
def test_what_is_not_a_problem(data, problem):
    with pytest.raises(PoolError, match=re.escape(problem)):
        printed(data)


def test_a_batch_is_one_answer_a_line():
    problems = [{"measure": "proportion", "rows": ARMS[:i]} for i in (1, 3, 2, 3)]
    lines = printed("\n\n".join(map(json.dumps, problems)).encode(), batch=True).splitlines()
    assert [json.loads(line)["k"] for line in lines] == [1, 3, 2, 3]
    assert lines[1] == lines[3]
    assert printed(b"", batch=True) == ""


def test_a_batch_stops_at_the_line_that_is_wrong_and_not_before():
    good = json.dumps({"measure": "proportion", "rows": ARMS}).encode()
    stream = io.BytesIO(b"\n".join([good, b"", good, b'{"measure": "mean"}', good]))
    found = pool(stream, "p.json", batch=True, as_json=True)
    assert next(found) == next(found)
    with pytest.raises(PoolError, match=r"p\.json, line 4, key `rows`: is missing"):
        next(found)


def test_a_batch_is_read_as_it_is_answered():
    def endless():
        while True:
            yield json.dumps({"measure": "generic", "rows": [{"yi": 1, "vi": 1}, {"yi": 2, "vi": 1}]}).encode() + b"\n"

    lines = endless()
    stream = io.BytesIO()
    stream.readline = lambda *_: next(lines)
    assert json.loads(next(pool(stream, "p.json", batch=True, as_json=True)))["k"] == 2


def test_files(tmp_path):
    path = tmp_path / "p.json"
    with pytest.raises(FileError, match="cannot be read: No such file"):
        list(run(path, batch=False, as_json=False))
    path.write_text(json.dumps({"measure": "proportion", "rows": ARMS}))
    (text,) = run(path, batch=False, as_json=False)
    assert text.startswith("Pooled proportion, 3 of 3 rows\n")


@given(
    st.lists(
        st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 50)), min_size=1, max_size=6), min_size=1, max_size=6
    ),
    st.sampled_from(["reml", "dl", "pm"]),
)
def test_company_does_not_touch_the_last_digit(problems, tau2):
    asked = [
        understand(
            {"measure": "generic", "tau2": tau2, "rows": [{"yi": y / 10, "vi": v / 10} for y, v in rows]}, "p.json"
        )
        for rows in problems
    ]
    assert answers(asked) == [answer(problem) for problem in asked]


# Text


@pytest.mark.parametrize("measure", KEYS)
@pytest.mark.parametrize("count", [1, 4])
def test_text_fits_80_columns(measure, count):
    problem = understand({"measure": measure, "rows": rows_for(measure, count)}, "p.json")
    text = render(problem, answer(problem))
    assert max(map(len, text.splitlines())) <= 80
    assert "nan" not in text
    assert "None" not in text


def test_text_of_a_regression():
    content = with_values(["a long name that goes on and on and on and on and on", "b", "b", "a"])
    problem = read(json.dumps(content).encode(), "p.json")
    text = render(problem, answer(problem))
    assert max(map(len, text.splitlines())) <= 80
    assert "intrcpt" in text


def test_text_of_shares():
    problem = understand({"measure": "proportion", "rows": ARMS}, "p.json")
    found = answer(problem)
    assert found.back is not None
    text = render(problem, found)
    assert f"{found.back.estimate:.4g} ({found.back.low:.4g} to {found.back.high:.4g})\n" in text
    assert "A further study would lie at" in text
