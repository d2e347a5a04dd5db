"""What may be answered, what is scored, what is not, and why: the rules that all questionnaires share."""

import json
from pathlib import Path
from typing import Any

import pytest

from postlude.catalog import files
from postlude.catalog.problems import Problems
from postlude.errors import AnswersError, FileError, KnowledgeError
from postlude.instruments import checking, load, many
from postlude.instruments.change import changes
from postlude.instruments.instrument import Instrument
from postlude.instruments.reading import read_answers, read_options
from postlude.instruments.scoring import NotScorable, Score, Scores, score
from postlude.instruments.telling import told

SMALL = """
id = "small"
title = "A small form"
version = "1"
scoring = 1
about = "Made up for tests."
recall = "today"
domains = ["pain"]
sources = []
[licence]
holder = "nobody"
wording = "site"
says = "Only its owner may print it."
[answers.often]
codes = [0, 1, 2]
[answers.back]
codes = [0, 1, 2]
points = [2, 1, 0]
[answers.yes]
type = "yes-no"
[answers.bed]
type = "clock"
[[item]]
id = "a"
about = "the first"
answers = "often"
alias = ["A1"]
several = "highest"
[[item]]
id = "b"
about = "the second, reversed"
answers = "back"
[[item]]
id = "c"
about = "whether there is more"
answers = "yes"
[[item]]
id = "d"
about = "what more"
answers = "often"
when = "c"
extra = true
[[item]]
id = "e"
about = "bed time"
answers = "bed"
extra = true
[[score]]
id = "total"
title = "All of it"
of = ["a", "b"]
low = 0
high = 4
bands = [{ id = "little", from = 0, says = "little" }, { id = "much", from = 3, says = "much" }]
[score.missing]
at_most = 1
fill = "mean"
says = "one of two"
[[threshold]]
id = "two"
score = "total"
kind = "mcid"
absolute = 2
among = "nobody"
marks = ["design"]
"""


def _read(tmp_path: Path, text: str = SMALL, **more: str) -> load.Instruments:
    folder = tmp_path / "instruments"
    folder.mkdir(exist_ok=True)
    (folder / "small.toml").write_text(text)
    for name, content in more.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".toml").write_text(content)
    problems = Problems()
    found = load.read([tmp_path], problems)
    if problems:
        raise KnowledgeError(problems)
    return found


@pytest.fixture
def small(tmp_path: Path) -> Instrument:
    return _read(tmp_path).instruments["small"]


def _score(small: Instrument, raw: Any, **options: str) -> Scores:
    return score(small, read_answers(small, raw), options)


# --- reading answers ------------------------------------------------------------------------------


def test_answers_are_a_list_in_the_order_of_the_form_or_an_object_by_item(small: Instrument) -> None:
    listed = read_answers(small, [1, 0, True])
    named = {"a": 1, "b": 0, "c": True}
    assert listed == named == read_answers(small, named) == read_answers(small, {"A1": 1, "2": 0, "c": "yes"})


def test_null_is_not_answered_and_never_an_answer(small: Instrument) -> None:
    assert read_answers(small, [None, 0, None]) == {"b": 0}


def test_of_two_ticks_the_higher_counts_where_the_publisher_says_so(small: Instrument) -> None:
    assert read_answers(small, [[0, 2], 0, None])["a"] == 2
    with pytest.raises(AnswersError, match=r"item `b`.*found \[0, 1\]"):
        read_answers(small, [0, [0, 1], None])


def test_a_clock_time_is_kept_as_minutes(small: Instrument) -> None:
    assert read_answers(small, {"e": "23:30"}) == {"e": 1410}
    with pytest.raises(AnswersError, match="a clock time"):
        read_answers(small, {"e": "25:00"})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([1, 2], "2 answers were found; small has 3 to 5 items"),
        ([1, 2, 3, 4, 5, 6], "6 answers were found"),
        ([3, 0, 0], r"item `a` \(the first\): found 3; .*Allowed: 0, 1, 2"),
        ([True, 0, 0], r"item `a`.*found True"),
        ([1.5, 0, 0], r"item `a`.*found 1.5"),
        (["1", 0, 0], r"item `a`.*found '1'"),
        ([0, 0, 2], r"item `c`.*true or false"),
        ({"z": 1}, "no item 'z'"),
        ({"a": 1, "A1": 2}, "`a`: is answered twice"),
        ("x", "a list in the order of the form"),
    ],
)
def test_a_wrong_answer_is_named_with_what_is_allowed(small: Instrument, raw: Any, says: str) -> None:
    with pytest.raises(AnswersError, match=says):
        read_answers(small, raw, name="form.json")


def test_every_mistake_is_said_at_once(small: Instrument) -> None:
    with pytest.raises(AnswersError) as error:
        read_answers(small, [7, 8, 9])
    assert len(error.value.problems) == 3


# --- scoring ----------------------------------------------------------------------------------------


def test_a_reversed_item_counts_reversed(small: Instrument) -> None:
    assert _score(small, [2, 0, None]).scores["total"] == Score(4.0, "much")
    assert _score(small, [0, 2, None]).scores["total"] == Score(0.0, "little")


def test_a_gap_is_filled_by_the_published_rule_and_no_further(small: Instrument) -> None:
    assert _score(small, [2, None, None]).scores["total"] == Score(4.0, "much", filled=("b",))
    none = _score(small, [None, None, None]).scores["total"]
    assert none == NotScorable("2 of 2 answers are missing; at most 1 may be: one of two")


def test_an_answer_to_a_question_that_was_not_to_be_asked_is_kept_and_not_counted(small: Instrument) -> None:
    found = _score(small, [1, 1, False, 2])
    assert found.hidden == ("d",)
    assert found.answers["d"] == 2
    assert _score(small, [1, 1, True, 2]).hidden == ()
    # Whether it was to be asked is not known: then it is not asked, and not missing either.
    assert _score(small, [1, 1, None, 2]).missing == ("c",)


def test_the_raw_answers_and_both_versions_stay_with_the_score(small: Instrument) -> None:
    found = _score(small, [1, 0, True])
    assert (found.version, found.scoring, found.answers) == ("1", 1, {"a": 1, "b": 0, "c": True})


# --- change -----------------------------------------------------------------------------------------


def test_a_change_names_its_baseline_and_reads_the_thresholds(small: Instrument) -> None:
    (change,) = changes(small, _score(small, [2, 0, None]), _score(small, [1, 1, None]), baseline_named="intake")
    assert (change.baseline_named, change.change, change.improvement, change.percent) == ("intake", -2, 2, 50)
    assert (change.responder_30, change.responder_50) == (True, True)
    assert change.thresholds[0].reached is True
    assert change.reliable is None


def test_a_percentage_of_a_baseline_of_zero_is_undefined_and_says_so(small: Instrument) -> None:
    (change,) = changes(small, _score(small, [0, 2, None]), _score(small, [2, 0, None]), baseline_named="intake")
    assert change.percent is None
    assert change.responder_50 is None
    assert change.undefined == "the baseline is 0, and a percentage of nothing is undefined"


def test_two_versions_are_never_compared(tmp_path: Path, small: Instrument) -> None:
    other = _read(tmp_path, SMALL.replace('version = "1"', 'version = "2"')).instruments["small"]
    with pytest.raises(AnswersError, match="the version '1', the later form '2'; they are not compared"):
        changes(small, _score(small, [1, 1, None]), _score(other, [1, 1, None]), baseline_named="intake")


# --- files ------------------------------------------------------------------------------------------

WORDS = """
instrument = "small"
version = "1"
language = "en"
[items]
a = "First?"
b = "Second?"
c = "More?"
d = "What?"
e = "When?"
[answers]
often = ["never", "at times", "always"]
back = ["never", "at times", "always"]
"""


def test_words_without_a_licence_that_permits_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="ships the words of small, which belong to nobody"):
        _read(tmp_path, wording__small=WORDS)


def test_a_licensed_clinic_lays_its_words_beside(tmp_path: Path) -> None:
    _read(tmp_path / "" if (tmp_path / "own").mkdir() else tmp_path)
    own = tmp_path / "own" / "instruments" / "wording"
    own.mkdir(parents=True)
    (own / "small.en.toml").write_text(WORDS)
    problems = Problems()
    load.read([tmp_path, tmp_path / "own"], problems)
    assert len(problems) == 1
    assert "needs [permission]" in problems[0]
    (own / "small.en.toml").write_text(
        WORDS + '[permission]\nholder = "nobody"\nreference = "letter 12"\ngranted_on = "2026-01-05"\n'
    )
    problems = Problems()
    found = load.read([tmp_path, tmp_path / "own"], problems)
    assert problems == []
    assert found.instruments["small"].wordings["en"].items["a"] == "First?"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("high = 4", "high = 5", "key `score total.high`: found 5; by the items and points it is 4"),
        ("points = [2, 1, 0]", "points = [2, 1]", "found 2 points for 3 codes"),
        ('of = ["a", "b"]', 'of = ["a", "z"]', "no item or earlier score 'z'"),
        ('of = ["a", "b"]', 'of = ["a", "d"]', "'d' is not asked of everybody"),
        ('answers = "back"', 'answers = "bak"', "did you mean 'back'"),
        ('when = "c"', 'when = "c ="', "when"),
        ('id = "little", from = 0', 'id = "little", from = 1', "begin at the least score"),
        ('version = "1"', 'verson = "1"', "did you mean 'version'"),
        ('score = "total"\nkind', 'score = "totl"\nkind', "did you mean 'total'"),
        ('id = "small"', 'id = "smal"', "the file is named 'small'"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in SMALL
    with pytest.raises(KnowledgeError) as error:
        _read(tmp_path, SMALL.replace(old, new, 1))
    assert says in str(error.value)


def test_a_filled_in_form_that_comes_out_otherwise_is_named(tmp_path: Path) -> None:
    wrong = '[[form]]\nsays = "both high"\nanswers = [2, 0, "-"]\nexpect = { score = 3, band = "much" }\n'
    found = _read(tmp_path, SMALL + wrong)
    assert list(checking.problems(found, [], [])) == [
        "instruments/small.toml, form 1 (both high): score is 4; expected 3"
    ]


def test_items_that_share_a_list_may_have_words_of_their_own(tmp_path: Path) -> None:
    text = SMALL.replace('wording = "site"', 'wording = "ship"')
    own = WORDS.replace('often = ["never", "at times", "always"]', 'a = ["x", "y", "z"]\nd = ["p", "q", "r"]')
    assert _read(tmp_path, text, wording__small=own).instruments["small"].wordings["en"].answers["d"][2] == "r"
    with pytest.raises(KnowledgeError, match="no words for what can be answered to d"):
        _read(tmp_path, text, wording__small=own.replace('d = ["p", "q", "r"]', ""))


def test_a_table_with_an_answer_that_its_item_does_not_have_is_refused(small: Instrument, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql("SELECT 3 AS a, 1 AS b").write_parquet(str(path))
    with pytest.raises(AnswersError, match="column 'a' holds 1 times an answer"):
        many.score_table(small, path)
    duckdb.sql("SELECT 'x' AS a").write_parquet(str(path))
    with pytest.raises(AnswersError, match="column 'a' is not what its answers need"):
        many.score_table(small, path)
    duckdb.sql("SELECT 1 AS z").write_parquet(str(path))
    with pytest.raises(FileError, match="has no column of small"):
        many.score_table(small, path)


# --- what is shipped ----------------------------------------------------------------------------------

ALL = [
    "nrs",
    "peg",
    "rmdq",
    "odi",
    "ndi",
    "eq5d5l",
    "promis29",
    "promis-pi-4a",
    "promis-pi-8a",
    "promis-global10",
    "startback",
    "phq2",
    "phq4",
    "phq8",
    "phq9",
    "gad2",
    "gad7",
    "pcs",
    "paindetect",
    "dn4",
    "slanss",
    "budapest",
    "pgic",
    "ort",
    "ort-oud",
    "comm",
    "psqi",
    "isi",
    "tsk17",
    "tsk11",
    "csi",
    "satisfaction",
    "work",
]
SEVERAL = {
    "startback": {"total", "psychosocial"},
    "promis-global10": {"gph", "gmh"},
    "promis29": {
        *("physical_function", "anxiety", "depression", "fatigue", "sleep_disturbance", "participation"),
        *("pain_interference", "pain_intensity"),
    },
    "budapest": {"clinical", "research"},
}


@pytest.fixture(scope="module")
def shipped() -> load.Instruments:
    return load.load()


def test_every_instrument_is_there_and_says_its_scores_as_promised(shipped: load.Instruments) -> None:
    assert sorted(shipped.instruments) == sorted(ALL)
    for key, instrument in shipped.instruments.items():
        assert set(instrument.main()) == SEVERAL.get(key, set(instrument.main())), key
        assert len(instrument.main()) == len(SEVERAL[key]) if key in SEVERAL else len(instrument.main()) <= 1


def test_words_are_shipped_only_where_the_licence_allows_it(shipped: load.Instruments) -> None:
    for key, instrument in shipped.instruments.items():
        if instrument.entry.licence.wording == "site":
            assert not instrument.wordings, key
    assert {"phq9", "gad7", "peg", "rmdq"} <= {k for k, i in shipped.instruments.items() if i.wordings}


def test_every_table_rises_or_falls(shipped: load.Instruments) -> None:
    for instrument in shipped.instruments.values():
        for read in instrument.scores.values():
            for table in read.tables.values():
                if len(table.rows) > 100:
                    continue  # states of health, which have no order
                values = [table.rows[key].value for key in sorted(table.rows)]
                assert values in (sorted(values), sorted(values, reverse=True)), table.name


def test_every_code_of_loinc_has_its_check_digit(shipped: load.Instruments) -> None:
    text = json.dumps([json.loads(checking_encoded(i)) for i in shipped.instruments.values()])
    codes = {c["code"] for c in _codes(json.loads(text)) if c["system"] == "LOINC"}
    assert codes
    assert [code for code in codes if not _luhn(code)] == []


def checking_encoded(instrument: Instrument) -> bytes:
    import msgspec

    return msgspec.json.encode(instrument.entry)


def _codes(node: Any) -> list[dict[str, str]]:
    if isinstance(node, dict):
        found = [node] if {"system", "code"} <= set(node) else []
        return found + [c for value in node.values() for c in _codes(value)]
    return [c for value in node for c in _codes(value)] if isinstance(node, list) else []


def _luhn(code: str) -> bool:
    """Mod 10 over the digits before the hyphen, every other one doubled from the right."""
    digits, check = code.split("-")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(check)


def test_the_options_may_stand_among_the_answers(shipped: load.Instruments) -> None:
    for instrument in shipped.instruments.values():
        for option in instrument.entry.option:
            assert read_options(instrument, {}, {option.id: option.values[0]}) == {option.id: option.values[0]}
            with pytest.raises(AnswersError, match=r"no option|found"):
                read_options(instrument, {option.id: "nonsense"}, {})


def test_what_is_told_has_always_the_same_keys(shipped: load.Instruments) -> None:
    for instrument in shipped.instruments.values():
        result = told(instrument, score(instrument, {}))
        several = len(instrument.main()) > 1
        keys = [
            "instrument",
            "version",
            "scoring",
            "scores" if several else "score",
            "not_scorable",
            "band",
            "missing",
            "detail",
        ]
        assert list(result)[: len(keys)] == keys


def test_shipped_files_are_where_they_are_looked_for() -> None:
    assert (files.SHIPPED / load.FOLDER).is_dir()
