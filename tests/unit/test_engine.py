"""The engine over small Parquet tables: what it answers, what it refuses, and that it never reaches the network."""

from datetime import date

import duckdb
import pytest

from postlude.assessment.assess import Assessor
from postlude.assessment.cohort import assess_cohort
from postlude.assessment.reading import understand
from postlude.catalog.load import load
from postlude.engine import Limits, Words, combinations
from postlude.engine import duckdb as engine
from postlude.errors import FileError
from postlude.logic import language
from postlude.logic.vocabulary import FactType, Vocabulary

VOCABULARY = Vocabulary(
    {
        "fever": FactType("boolean"),
        "pain": FactType("number", low=0.0, high=10.0),
        "side": FactType("choice", values=("left", "right")),
        "onset": FactType("date"),
    },
    {"medications": {"current": FactType("boolean"), "dose": FactType("number", low=0.0, high=100.0)}},
)
ROW = {
    "id": "7",
    "as_of": "DATE '2026-01-15'",
    "fever": "TRUE",
    "pain": "6.0::DOUBLE",
    "side": "'left'",
    "onset": "DATE '2026-01-01'",
    "medications": "[{'current': TRUE, 'dose': 5.0::DOUBLE}]",
    "medications_complete": "TRUE",
}
EVERYTHING = "fever AND pain >= 5 AND side = 'left' AND days_since(onset) < 30 AND sum(medications, dose, current) > 4"


@pytest.fixture
def table(tmp_path):
    def write(name="cohort.parquet", **changes):
        columns = ", ".join(f'{sql} AS "{c}"' for c, sql in {**ROW, **changes}.items() if sql)
        path = tmp_path / name
        quoted = str(path).replace("'", "''")
        duckdb.connect().execute(f"COPY (SELECT {columns}) TO '{quoted}' (FORMAT parquet)")
        return path

    return write


def read(text):
    return language.predicate(text, VOCABULARY)


def test_truths_in_the_order_of_the_file_with_what_is_kept(table):
    found = engine.truths({"all": read(EVERYTHING), "no": read("NOT fever")}, table(), keep=("id",))
    assert found.columns == ("id", "all", "no")
    assert found.rows == [(7, True, False)]


def test_unknown_stays_unknown(table):
    found = engine.truths({"all": read(EVERYTHING)}, table(fever="NULL::BOOLEAN"))
    assert found.rows == [(None,)]


def test_a_pattern_of_files_and_a_name_with_quotes(table, tmp_path):
    table('it\'s "a" 1.parquet')
    table('it\'s "a" 2.parquet', fever="FALSE")
    found = engine.truths({"x": read("fever")}, tmp_path / "it's*.parquet")
    assert found.rows == [(True,), (False,)]


def test_ranged_columns_are_pairs(table):
    path = table(pain=None, pain_low="4.0::DOUBLE", pain_high="6.0::DOUBLE")
    found = engine.truths({"a": read("pain >= 4"), "b": read("pain >= 5")}, path, ranged=frozenset({"pain"}))
    assert found.rows == [(True, None)]


def test_a_further_column_is_not_taken_for_a_derived_fact(table):
    derived = Vocabulary(VOCABULARY.facts, VOCABULARY.records, {"unwell": read("fever")})
    found = engine.truths({"x": language.predicate("unwell", derived)}, table(unwell="FALSE"))
    assert found.rows == [(True,)]


def test_words_come_from_a_function_of_truths(table):
    def say(a, b):
        return f"{a} {b}"

    words = {"said": Words(("a", "b"), tuple(say(*of) for of in combinations(2)))}
    found = engine.truths({"a": read("fever"), "b": read("pain > 7")}, table(pain="NULL::DOUBLE"), words=words)
    assert (found.columns, found.rows) == (("said",), [("True None",)])


def test_words_for_every_combination_are_needed(table):
    with pytest.raises(ValueError, match="3 words are needed"):
        engine.truths({"a": read("fever")}, table(), words={"w": Words(("a",), ("x",))})


def test_writing_leaves_a_whole_file_or_none(table, tmp_path):
    out = tmp_path / "out.parquet"
    assert engine.write_truths({"x": read("fever")}, table(), out, limits=Limits(threads=1, memory="200MB")) == 1
    assert duckdb.sql(f"SELECT * FROM '{out}'").fetchall() == [(True,)]
    out.unlink()
    with pytest.raises(FileError):
        engine.write_truths({"x": read("fever")}, table(fever="'yes'"), out)
    with pytest.raises(FileError, match="nowhere"):
        engine.write_truths({"x": read("fever")}, table(), tmp_path / "nowhere" / "out.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["cohort.parquet"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fever": None}, "there is no column 'fever' (BOOLEAN is needed)"),
        ({"fever": "'yes'"}, "column 'fever' is VARCHAR; BOOLEAN is needed"),
        ({"pain": "'6'"}, "column 'pain' is VARCHAR; DOUBLE is needed"),
        ({"onset": "'2026-01-01'"}, "column 'onset' is VARCHAR; DATE is needed"),
        ({"as_of": None}, "there is no column 'as_of' (DATE is needed)"),
        ({"medications": None}, "there is no column 'medications' (a list of STRUCT is needed)"),
        ({"medications": "[1]"}, "column 'medications' is INTEGER[]; a list of STRUCT is needed"),
        ({"medications_complete": None}, "there is no column 'medications_complete' (BOOLEAN is needed)"),
        ({"medications": "[{'current': TRUE}]"}, "column 'medications' has no field 'dose' (DOUBLE is needed)"),
        (
            {"medications": "[{'current': 1, 'dose': 5.0}]"},
            "column 'medications.current' is INTEGER; BOOLEAN is needed",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_named_with_its_file(table, changes, said):
    path = table(**changes)
    with pytest.raises(FileError) as refused:
        engine.truths({"x": read(EVERYTHING)}, path)
    assert f"{path}: {said}" in str(refused.value)
    assert f"{path}: {said}" in engine.check(VOCABULARY, path)


@pytest.mark.parametrize("source", ["none.parquet", "none*.parquet", "https://example.org/cohort.parquet"])
def test_a_file_that_cannot_be_read_is_named(source):
    with pytest.raises(FileError, match=source.replace("*", r"\*")):
        engine.truths({"x": read("fever")}, source)


def test_a_file_that_is_not_parquet(tmp_path):
    path = tmp_path / "cohort.parquet"
    path.write_text("id,fever\n1,true\n")
    with pytest.raises(FileError, match=r"cohort\.parquet"):
        engine.check(VOCABULARY, path)


def test_a_column_to_keep_that_is_missing(table):
    with pytest.raises(FileError, match="no column 'name' to keep"):
        engine.truths({"x": read("fever")}, table(), keep=("name",))


def test_no_extension_can_be_loaded(table):
    with engine.connected(table(), Limits()) as connection:
        settings = dict(
            connection.execute("SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions'").fetchall()
        )
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"


# --- values -------------------------------------------------------------------------------------


def test_a_right_table_has_nothing_wrong(table):
    assert engine.check(VOCABULARY, table()) == ()
    assert engine.check(VOCABULARY, table(pain="6", side="NULL::VARCHAR", onset="NULL::DATE")) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pain": "10.5::DOUBLE"}, "pain lies outside 0 to 10"),
        ({"pain": "'nan'::DOUBLE"}, "pain lies outside 0 to 10"),
        ({"side": "'middle'"}, "side holds a code that there is not"),
        ({"onset": "DATE '1850-01-01'"}, "onset lies outside 1900 to 2200"),
        ({"as_of": "NULL::DATE"}, "as_of is NULL"),
        ({"medications_complete": "NULL::BOOLEAN"}, "medications_complete is NULL"),
        ({"medications": "NULL::STRUCT(current BOOLEAN, dose DOUBLE)[]"}, "medications is NULL"),
        ({"medications": "[NULL::STRUCT(current BOOLEAN, dose DOUBLE)]"}, "medications holds a record that is NULL"),
        ({"medications": "[{'current': TRUE, 'dose': -1.0}]"}, "medications.dose lies outside 0 to 100"),
    ],
)
def test_values_that_would_break_the_promise_are_counted(table, changes, said):
    path = table(**changes)
    assert engine.check(VOCABULARY, path) == (f"{path}: column {said} (1 times)",)


def test_ends_of_a_range_that_cross(table):
    path = table(pain=None, pain_low="6.0::DOUBLE", pain_high="4.0::DOUBLE")
    wrong = engine.check(VOCABULARY, path, ranged=frozenset({"pain"}))
    assert wrong == (f"{path}: column pain_low lies above pain_high (1 times)",)


def test_only_what_is_named_is_looked_at(table):
    assert engine.check(VOCABULARY, table(pain="11.0", medications=None), names={"fever"}) == ()


# --- the whole assessment -----------------------------------------------------------------------


def test_a_cohort_is_told_what_one_person_is_told(tmp_path):
    catalogue = load()
    answers = [{}, {"saddle_numbness": True, "saddle_numbness_recent": True}, {"pain_persists": True, "age": 70}]
    source, out = tmp_path / "cohort.parquet", tmp_path / "out.parquet"
    _cohort(catalogue, answers, source)
    assert assess_cohort(engine, catalogue, source, out, keep=("id",)) == len(answers)
    rows = duckdb.sql(f"SELECT * FROM '{out}' ORDER BY id")
    assessor = Assessor(catalogue)
    for row, facts in zip(rows.fetchall(), answers, strict=True):
        found = dict(zip(rows.columns, row, strict=True))
        content = {"as_of": "2026-01-15", "facts": facts, "medications": [], "complete": ["medications"]}
        told = assessor.assess(understand(content, catalogue, name="x", today=date(2026, 1, 15)))
        assert found["urgency_at_least"] == told.urgency.at_least
        assert found["urgency_at_most"] == told.urgency.at_most
        assert found["route"].split() == list(told.route)
        assert {key for key in catalogue.rules if found[key]} == {c.rule for c in told.conclusions}
        statuses = {key: found[f"option {key}"] for key in catalogue.treatments}
        assert {k: v for k, v in statuses.items() if v != "not-listed"} == {o.treatment: o.status for o in told.options}


def test_a_cohort_with_values_out_of_bounds_is_refused_whole(tmp_path):
    catalogue = load()
    source, out = tmp_path / "cohort.parquet", tmp_path / "out.parquet"
    _cohort(catalogue, [{"age": 700}], source)
    with pytest.raises(FileError, match="age lies outside"):
        assess_cohort(engine, catalogue, source, out)
    assert not out.exists()


def _cohort(catalogue, answers, source):
    kinds = {"boolean": "BOOLEAN", "choice": "VARCHAR", "number": "DOUBLE", "date": "DATE"}
    columns = []
    for name, kind in catalogue.vocabulary.facts.items():
        if kind.kind != "text":
            told = " ".join(f"WHEN {i} THEN {facts[name]!r}" for i, facts in enumerate(answers) if name in facts)
            known = f"CASE i {told} END" if told else "NULL"
            columns.append(f'({known})::{kinds[kind.kind]} AS "{name}"')
    for name, fields in catalogue.vocabulary.records.items():
        inner = ", ".join(f'"{f}" {kinds[k.kind]}' for f, k in fields.items() if k.kind != "text")
        columns += [f'[]::STRUCT({inner})[] AS "{name}"', f"{name == 'medications'} AS {name}_complete"]
    select = f"SELECT i AS id, DATE '2026-01-15' AS as_of, {', '.join(columns)} FROM range({len(answers)}) AS t(i)"
    duckdb.connect().execute(f"COPY ({select}) TO '{source}' (FORMAT parquet)")
