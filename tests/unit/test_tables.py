"""The tables of the record: what the dictionary says, and that no mistake in a folder of data goes unnamed."""

import shutil
from pathlib import Path

import duckdb
import pytest

from postlude.catalog.load import load as load_catalogue
from postlude.errors import FileError, KnowledgeError, StudyError
from postlude.instruments.load import load as load_instruments
from postlude.outcomes.folder import read_tables
from postlude.outcomes.tables import FOLDER, Table, entries, load

KNOWLEDGE = Path(load.__code__.co_filename).parents[1] / "knowledge" / FOLDER

PEOPLE = {
    "person": "'p1'",
    "birth_year": "1960",
    "sex": "'female'",
    "enrolled_on": "DATE '2024-01-02'",
    "left_on": "DATE '2025-01-02'",
    "left_because": "'moved'",
    "synthetic": "false",
}
TREATMENTS = {"person": "'p1'", "given": "'t1'", "on": "DATE '2024-02-01'", "treatment": "'scs'", "course": "1"}
SCORES = {
    "person": "'p1'",
    "score": "'s1'",
    "on": "DATE '2024-02-01'",
    "about": "'t1'",
    "months": "0.5::DOUBLE",
    "instrument": "'nrs'",
    "measure": "'pain'",
    "value": "7.0::DOUBLE",
    "reason": "NULL",
}
INTAKES = {
    "person": "'p1'",
    "intake": "'i1'",
    "as_of": "DATE '2024-01-02'",
    "by": "'person'",
    "fever": "false",
    "pain_nrs": "7.5::DOUBLE",
    "operations": "[{'procedure': 'discectomy', 'operation_date': DATE '2020-01-01'}]",
    "operations_complete": "true",
}
CONTACTS = {
    "person": "'p1'",
    "contact": "'c1'",
    "about": "'t1'",
    "months": "6",
    "due_on": "DATE '2024-08-01'",
    "asked_on": "DATE '2024-08-01'",
    "answered_on": "DATE '2024-08-03'",
}
ALL = {"people": PEOPLE, "treatments": TREATMENTS, "scores": SCORES, "intakes": INTAKES, "contacts": CONTACTS}


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return load(load_catalogue(), load_instruments())


@pytest.fixture(params=["parquet", "csv"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def data(tmp_path, kind):
    """Write tables of one row, or of several; a column that is ``None`` is left out."""

    def write(*, name="data", form=kind, without=(), rows=None, **changes):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, row in ALL.items():
            if table in without:
                continue
            one = {c: v for c, v in {**row, **changes.get(table, {})}.items() if v is not None}
            columns = ", ".join(f'{v} AS "{c}"' for c, v in one.items())
            select = f"SELECT {columns}"
            more = [f"SELECT * REPLACE ({change}) FROM ({select})" for change in (rows or {}).get(table, ())]
            said = " UNION ALL ".join((select, *more))
            duckdb.connect().execute(f"COPY ({said}) TO '{folder / table}.{form}' (FORMAT {form})")
        return folder

    return write


def wrong(folder, tables) -> list[str]:
    with pytest.raises(StudyError) as caught:
        read_tables(folder, tables)
    assert caught.value.exit_code == 19
    return [problem.removeprefix(f"{folder.as_posix()}/") for problem in caught.value.problems]


def test_a_folder_in_which_everything_is_right(data, tables):
    found = read_tables(data(), tables)
    assert list(found) == ["people", "intakes", "treatments", "scores", "contacts"]
    database = duckdb.connect()
    read = database.execute(f"SELECT value, months, version FROM ({found['scores'].select})").fetchall()
    assert read == [(7.0, 0.5, None)]
    intake = database.execute(f"SELECT fever, operations[1].procedure FROM ({found['intakes'].select})").fetchall()
    assert intake == [(False, "discectomy")]
    assert {one.rows for one in found.values()} == {1}


def test_one_day_is_not_after_itself(data, tables):
    day = "DATE '2024-08-01'"
    read_tables(data(contacts={"answered_on": day}, people={"left_on": "DATE '2024-01-02'"}), tables)


def test_a_table_in_parts_is_one_table(data, tables, kind):
    folder = data()
    (folder / "scores").mkdir()
    shutil.move(folder / f"scores.{kind}", folder / "scores" / f"a.{kind}")
    other = data(name="other", scores={"score": "'s2'"})
    shutil.move(other / f"scores.{kind}", folder / "scores" / f"b.{kind}")
    found = read_tables(folder, tables)["scores"]
    assert (found.rows, len(found.files)) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"people": {"sex": "'femal'"}},
            "column sex: 1 value is a code that there is not, such as 'femal' (person p1); "
            "did you mean 'female'? Allowed: female, male, intersex",
        ),
        (
            {"people": {"birth_year": "1066"}},
            "column birth_year: 1 value is outside 1900 to 2200, such as '1066' (person p1)",
        ),
        (
            {"people": {"synthetic": "NULL::BOOLEAN"}},
            "column synthetic: 1 value is empty, and it is needed (person p1)",
        ),
        (
            {"people": {"left_on": "DATE '2023-01-02'"}},
            "column enrolled_on and left_on: 1 value is against the rule that nobody leaves before they are followed, "
            "such as '2024-01-02' and '2023-01-02' (person p1)",
        ),
        (
            {"people": {"left_because": "NULL::VARCHAR"}},
            "column left_on and left_because: 1 value is against the rule that who left has a reason, and who has a "
            "reason left, such as '2025-01-02' and empty (person p1)",
        ),
        (
            {"people": {"enrolled_on": "DATE '0024-01-02'"}},
            "column enrolled_on: 1 value is outside 1900 to 2200, such as '0024-01-02' (person p1)",
        ),
        (
            {"treatments": {"treatment": "'scss'"}},
            "column treatment: 1 value is a code that there is not, such as 'scss' (person p1, given t1); "
            "did you mean 'scs'?",
        ),
        (
            {"treatments": {"person": "'p2'"}, "scores": {"about": None}, "contacts": {"about": None}},
            "column person: 1 value is found in no row of people, such as person 'p2'",
        ),
        (
            {"scores": {"about": "'t9'"}},
            "columns person, about: 1 value is found in no row of treatments, such as person 'p1', about 't9'",
        ),
        (
            {"scores": {"measure": "'total'"}},
            "column measure: 1 value is not one of its instrument, such as 'total' (person p1, score s1)",
        ),
        (
            {"scores": {"value": "NULL::DOUBLE"}},
            "column value and reason: 1 value is against the rule that a row holds a score, or says why there is none",
        ),
        (
            {"scores": {"reason": "'other'"}},
            "column value and reason: 1 value is against the rule that a row holds a score, or says why there is none, "
            "such as '7.0' and 'other' (person p1, score s1)",
        ),
        (
            {"contacts": {"reason": "'refused'"}},
            "column answered_on and reason: 1 value is against the rule that a reason says why there is no answer",
        ),
        ({"scores": {"value": "'infinity'::DOUBLE"}}, "column value: 1 value is not a finite number, such as 'inf"),
        ({"scores": {"months": "-1.0::DOUBLE"}}, "column months: 1 value is outside 0 to 1200, such as '-1.0'"),
        ({"intakes": {"pain_nrs": "17.0::DOUBLE"}}, "column pain_nrs: 1 value is outside 0 to 10, such as '17.0'"),
        (
            {"contacts": {"answered_on": "DATE '2024-07-01'"}},
            "column asked_on and answered_on: 1 value is against the rule that nobody answers before they are asked",
        ),
    ],
)
def test_each_mistake_in_a_row_is_named(changes, said, data, tables, kind):
    (found,) = wrong(data(**changes), tables)
    table = next(iter(changes))
    assert found.startswith(f"{table}.{kind}: {said}")


def test_every_mistake_is_told_at_once_and_counted(data, tables):
    rows = {"people": ["'p2' AS person, 'X' AS sex", "'p3' AS person, 'Y' AS sex, 1800 AS birth_year"]}
    found = wrong(data(rows=rows, scores={"about": "'t9'"}), tables)
    assert [problem.split(": ", 1)[1] for problem in found] == [
        "column birth_year: 1 value is outside 1900 to 2200, such as '1800' (person p3)",
        "column sex: 2 values are a code that there is not, such as 'X' (person p2); Allowed: female, male, intersex",
        "columns person, about: 1 value is found in no row of treatments, such as person 'p1', about 't9'",
    ]


def test_a_key_stands_once(data, tables):
    found = wrong(data(rows={"scores": ["8.0::DOUBLE AS value"]}), tables)
    assert [f.split(": ", 1)[1] for f in found] == [
        "columns person, score: 1 key is on more than one row, such as person 'p1', score 's1'"
    ]


@pytest.mark.parametrize("kind", ["parquet"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"people": {"synthetic": None}}, "people.parquet: column synthetic: is missing (true or false is needed)"),
        (
            {"people": {"sexx": "'female'"}},
            "people.parquet: there is no column 'sexx' in people; did you mean 'sex'? Allowed: person, clinic, ",
        ),
        (
            {"people": {"birth_year": "'1960'"}},
            "people.parquet: column birth_year: is VARCHAR; a whole number is needed (BIGINT)",
        ),
        ({"people": {"birth_year": "1960.5::DOUBLE"}}, "people.parquet: column birth_year: is DOUBLE"),
        ({"people": {"enrolled_on": "TIMESTAMP '2024-01-02 10:00:00'"}}, "people.parquet: column enrolled_on: is TIME"),
        ({"people": {"person": "''"}}, "people.parquet: column person: 1 value is a text of no letters"),
        (
            {"intakes": {"feverr": "true"}},
            "intakes.parquet: there is no column 'feverr' in intakes; did you mean 'fever'?",
        ),
        (
            {"intakes": {"operations": "7"}},
            "intakes.parquet: column 'operations' is INTEGER; a list of STRUCT is needed",
        ),
        ({"intakes": {"operations_complete": None}}, "intakes.parquet: there is no column 'operations_complete'"),
        (
            {"intakes": {"operations": "[{'procedure': 'nonsense'}]"}},
            "intakes.parquet: column operations.procedure holds a code that there is not (1 times)",
        ),
    ],
)
def test_a_column_that_is_not_what_is_needed(changes, said, data, tables):
    found = wrong(data(**changes), tables)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize("kind", ["csv"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"birth_year": "'1960.7'"}, "column birth_year: 1 value is not a whole number, such as '1960.7' (person p1)"),
        ({"enrolled_on": "'02.01.2024'"}, "column enrolled_on: 1 value is not a day such as 2026-01-31, such as"),
        ({"enrolled_on": "'2024-02-30'"}, "column enrolled_on: 1 value is not a day such as 2026-01-31, such as"),
        ({"synthetic": "'perhaps'"}, "column synthetic: 1 value is not true or false, such as 'perhaps' (person p1)"),
        ({"birth_year": "'NA'"}, "column birth_year: 1 value is not a whole number, such as 'NA' (person p1)"),
    ],
)
def test_a_value_of_csv_that_is_not_of_its_type(changes, said, data, tables):
    found = wrong(data(people=changes), tables)
    assert found[0].startswith(f"people.csv: {said}")


@pytest.mark.parametrize("kind", ["csv"], indirect=True)
def test_csv_as_a_spreadsheet_writes_it(data, tables):
    folder = data(without=("intakes",))
    for path in folder.glob("*.csv"):
        path.write_text("\ufeff" + path.read_text().replace(",", ";").replace("\n", "\r\n"), encoding="utf-8")
    assert read_tables(folder, tables)["people"].columns[0] == "person"


@pytest.mark.parametrize("kind", ["parquet"], indirect=True)
def test_what_is_in_a_folder(data, tables, tmp_path):
    folder = data()
    (folder / "README.md").write_text("not a table")
    (folder / "truth.json").write_text("{}")
    shutil.copy(folder / "scores.parquet", folder / "scors.parquet")
    duckdb.connect().execute(f"COPY (SELECT 1 AS person) TO '{folder}/people.csv'")
    first, second = wrong(folder, tables)
    assert first.endswith("people.csv and in " + f"{folder}/people.parquet")
    assert second.startswith("scors.parquet: there is no table 'scors'; did you mean 'scores'?")
    with pytest.raises(StudyError, match="there is no table 'people'"):
        read_tables(data(name="none", without=("people",)), tables)
    with pytest.raises(FileError, match="there is no such folder"):
        read_tables(tmp_path / "nowhere", tables)
    (folder / "people.csv").unlink()
    (folder / "scors.parquet").unlink()
    (folder / "scores.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(StudyError, match=r"scores\.parquet: cannot be read as a table"):
        read_tables(folder, tables)


def test_columns_alone_leave_rows_unread(data, tables):
    folder = data(people={"sex": "'X'"})
    assert read_tables(folder, tables, values=False)["people"].rows == 1


# --- the dictionary itself ------------------------------------------------------------------------


def test_every_table_and_column_is_explained():
    written = entries()
    assert list(written) == [
        "people", "operations", "intakes", "treatments", "scores", "contacts", "adverse_events", "decisions",
    ]  # fmt: skip
    assert all(column.says for table in written.values() for column in table.column)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("people", 'type = "integer"', 'type = "integr"', "did you mean 'integer'?"),
        ("people", 'key = ["person"]', 'key = ["clinic"]', "'clinic' is not a column that is needed"),
        (
            "people",
            'null = "not known"\n\n[[column]]\nid = "sex"',
            '[[column]]\nid = "sex"',
            "says what an empty place",
        ),
        ("people", 'columns = ["enrolled_on", "left_on"]', 'columns = ["enroled_on", "left_on"]', "'enrolled_on'?"),
        ("scores", 'codes_of = "instrument"', 'codes_of = "instument"', "there is no column 'instument'"),
        ("scores", 'to = "treatments"', 'to = "treatment"', "there is no table 'treatment'"),
        ("scores", 'columns = ["person", "about"]', 'columns = ["about"]', "as many columns are needed"),
        ("people", 'id = "clinic"\ntype = "text"', 'id = "clinic"\ntype = "code"', "has codes of its own, or names"),
        ("people", 'id = "people"', 'id = "persons"', "the file is named 'people'"),
        ("people", 'id = "clinic"\ntype = "text"', 'id = "clinic"\ntype = "text"\nlow = 1', "has bounds"),
        ("people", 'id = "clinic"', 'id = "person"', "stands twice"),
    ],
)
def test_a_slip_in_the_dictionary_is_refused(file, old, new, said, tmp_path):
    folder = tmp_path / FOLDER
    shutil.copytree(KNOWLEDGE, folder)
    text = (folder / f"{file}.toml").read_text()
    assert old in text
    (folder / f"{file}.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(KnowledgeError, match=said.replace("?", r"\?")):
        entries(folder)


def test_a_list_that_codes_come_from_must_be_there(tmp_path):
    folder = tmp_path / FOLDER
    shutil.copytree(KNOWLEDGE, folder)
    path = folder / "operations.toml"
    path.write_text(path.read_text().replace("operations.region", "operations.regions"))
    with pytest.raises(KnowledgeError, match=r"'operations\.regions' is not a choice"):
        load(load_catalogue(), load_instruments(), folder)
