"""The synthetic clinic: the same seed gives the same bytes, the tables are right, and the truth is what is drawn."""

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from postlude.catalog import files
from postlude.catalog.load import load as load_catalogue
from postlude.errors import FileError, KnowledgeError
from postlude.evidence.store import load as load_pool
from postlude.instruments.load import load as load_instruments
from postlude.outcomes.folder import read_tables
from postlude.outcomes.tables import load as load_tables
from postlude.simulate.clinic import setting as clinic
from postlude.simulate.clinic import write as writing
from postlude.simulate.clinic.setting import FILE, WITHOUT, Setting
from postlude.simulate.clinic.write import write

EVERYTHING = WITHOUT
MANY = 20_000


class Knowledge(NamedTuple):
    catalogue: object
    pool: object
    tables: dict

    def setting(self, **options) -> Setting:
        return clinic.load(self.catalogue, self.pool, self.tables, **options)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    catalogue = load_catalogue()
    return Knowledge(catalogue, load_pool(catalogue.library), load_tables(catalogue, load_instruments()))


def digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def rows(found, table, columns="*", where="true"):
    return duckdb.connect().execute(f"SELECT {columns} FROM ({found[table].select}) WHERE {where}").fetchall()


# --- the files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_tables_are_right_and_the_same_seed_gives_the_same_bytes(form, knowledge, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(knowledge.setting(), 300, tmp_path / name, seed=seed, form=form)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    a, c = digests(tmp_path / "a"), digests(tmp_path / "c")
    assert {name for name in a if a[name] == c[name]} == set()
    found = read_tables(tmp_path / "a", knowledge.tables)
    assert list(found) == list(knowledge.tables)
    assert found["people"].rows == found["intakes"].rows == 300
    assert all(one.rows for one in found.values())


def test_the_first_people_are_the_same_however_many_are_drawn(knowledge, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "BLOCK", 100)
    few, many = tmp_path / "few", tmp_path / "many"
    write(knowledge.setting(), 130, few)
    write(knowledge.setting(), 350, many)
    found = read_tables(few, knowledge.tables), read_tables(many, knowledge.tables)
    for table in knowledge.tables:
        assert rows(found[0], table) == rows(found[1], table, where="person <= 's00000130'")
    assert found[1]["people"].rows == 350
    # Each block has its own chance: the second hundred are not the first again.
    born = [row[0] for row in rows(found[1], "people", "birth_year")]
    assert born[:100] != born[100:200]


def test_people_are_drawn_and_written_block_by_block(knowledge, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "BLOCK", 100)
    sizes: list[int] = []
    drawn = writing.block

    def counted(setting, chance):
        sizes.append(chance.n)
        # What was written before stands in files by then, not in memory.
        assert all(len(list(part.glob("people/*.parquet"))) == len(sizes) - 1 for part in tmp_path.glob(".out.*"))
        return drawn(setting, chance)

    monkeypatch.setattr(writing, "block", counted)
    told: list[int] = []
    write(knowledge.setting(), 250, tmp_path / "out", progress=told.append)
    assert (sizes, told) == ([100, 100, 50], [100, 200, 250])
    assert len(list((tmp_path / "out" / "scores").iterdir())) == 3
    assert read_tables(tmp_path / "out", knowledge.tables)["people"].rows == 250


def test_everything_says_that_nobody_lives(knowledge, tmp_path):
    truth = write(knowledge.setting(), 60, tmp_path / "out", seed=7)
    assert truth["synthetic"] is True
    assert json.loads((tmp_path / "out" / "truth.json").read_text()) == json.loads(json.dumps(truth))
    assert "Nobody in these tables exists: 60 people" in (tmp_path / "out" / "README.md").read_text()
    assert rows(read_tables(tmp_path / "out", knowledge.tables), "people", "DISTINCT synthetic") == [(True,)]
    for path in (tmp_path / "out").glob("*.parquet"):
        kept = dict(duckdb.connect().execute(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall())
        assert (kept[b"synthetic"], kept[b"seed"]) == (b"true", b"7")


def test_a_folder_that_holds_something_is_left_alone(knowledge, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(FileError, match="is there already"):
        write(knowledge.setting(), 10, tmp_path / "mine")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]
    (tmp_path / "empty").mkdir()
    write(knowledge.setting(), 10, tmp_path / "empty")
    assert (tmp_path / "empty" / "people.parquet").is_file()


# --- what is in it --------------------------------------------------------------------------------


class Drawn(NamedTuple):
    truth: dict
    found: dict

    def visits(self, *, added: bool = False) -> Iterator[tuple[str, dict]]:
        for one in self.truth["treatments"]:
            if added or one["with"] is None:
                yield from ((one["treatment"], visit) for visit in one["visits"])

    def counted(self) -> dict:
        """Count as a reader of the tables would: relief of the first treatment, by treatment and visit."""
        sql = f"""
            WITH scores AS ({self.found["scores"].select}), given AS ({self.found["treatments"].select}),
            added AS (SELECT DISTINCT person FROM given WHERE together_with = 't1'),
            first AS (SELECT person, treatment, person IN (FROM added) AS more FROM given WHERE given = 't1'),
            before AS (
                SELECT person, value AS was FROM scores WHERE about = 't1' AND months = 0 AND instrument = 'nrs'
            )
            SELECT treatment, more, months, count(*), count(*) FILTER (WHERE was - value >= 0.5 * was),
                count(*) FILTER (WHERE 10 * (was - value) >= 3 * was)
            FROM scores JOIN first USING (person) JOIN before USING (person)
            WHERE about = 't1' AND months > 0 AND instrument = 'nrs' GROUP BY ALL
        """
        return {row[:3]: row[3:] for row in duckdb.connect().execute(sql).fetchall()}


@pytest.fixture(scope="module")
def drawn(knowledge, tmp_path_factory):
    made: dict[tuple[str, ...], Drawn] = {}

    def draw(*without: str) -> Drawn:
        if without not in made:
            out = tmp_path_factory.mktemp("clinic") / "out"
            truth = write(knowledge.setting(without=without), MANY, out, seed=3)
            made[without] = Drawn(truth, read_tables(out, knowledge.tables, values=not without))
        return made[without]

    return draw


def off(events: int, n: int, share: float) -> float:
    """Return by how many standard errors a count is off a share."""
    return (events - n * share) / math.sqrt(n * share * (1 - share)) if n else 0.0


@pytest.mark.parametrize("without", [(), EVERYTHING])
def test_what_the_tables_say_is_what_was_counted_while_drawing(without, drawn):
    here = drawn(*without)
    counted = here.counted()
    for one in here.truth["treatments"]:
        for visit in one["visits"]:
            found = counted.get((one["treatment"], one["with"] is not None, visit["months"]), (0, 0, 0))
            told = visit["drawn"]
            assert found == (told["answered"], told["half_answered"], told["third_answered"])


def test_the_contacts_give_the_same_denominators(drawn):
    here = drawn()
    sql = f"""
        WITH given AS ({here.found["treatments"].select}), contacts AS ({here.found["contacts"].select})
        SELECT treatment, sum(1), count(asked_on), count(answered_on),
            count(*) FILTER (WHERE reason IN ('died', 'moved', 'withdrew'))
        FROM contacts JOIN given ON given.person = contacts.person AND given = 't1'
        WHERE about = 't1' AND months = 12 GROUP BY ALL
    """
    found = {row[0]: row[1:] for row in duckdb.connect().execute(sql).fetchall()}
    told: dict[str, list[int]] = {}
    for treatment, visit in here.visits(added=True):
        if visit["months"] == 12:
            n = visit["drawn"]
            each = (n["due"], n["asked"], n["answered"], n["due"] - n["followed"])
            told[treatment] = [a + b for a, b in zip(told.get(treatment, [0] * 4), each, strict=True)]
    assert {key: list(value) for key, value in found.items()} == told


def test_a_naive_count_finds_the_truth_where_nothing_misleads(drawn):
    here = drawn(*EVERYTHING)
    for treatment, visit in here.visits(added=True):
        n = visit["drawn"]
        for relief in ("half", "third"):
            share = visit[relief]
            assert share["everybody"] == share["given"] == pytest.approx(share["answered"], abs=1e-5)
            assert abs(off(n[f"{relief}_answered"], n["answered"], share["everybody"])) < 4.2, (treatment, visit)


def test_the_truth_without_anything_added_is_that_of_the_evidence(drawn):
    for without in ((), EVERYTHING):
        for _, visit in drawn(*without).visits():
            assert [visit["half"]["everybody"], visit["third"]["everybody"]] == pytest.approx(
                visit["evidence"], abs=2e-6
            )


def test_confounding_misleads_in_the_known_direction(drawn):
    """A treatment that goes to people who are worse off looks worse than it is, by what the truth says."""
    here = drawn("loss", "hidden")
    worse = {option["id"]: option["worse"] for option in _options()}
    for treatment, visit in here.visits():
        n, half = visit["drawn"], visit["half"]
        assert abs(off(n["half_answered"], n["answered"], half["answered"])) < 4.2
        if visit["months"] == 0.5 and abs(worse[treatment]) >= 0.4 and n["answered"] > 1000:
            found = off(n["half_answered"], n["answered"], half["everybody"])
            assert found * worse[treatment] < 0, treatment
            assert abs(found) > 3, treatment


def test_silence_of_those_not_helped_misleads_upwards(drawn):
    here, misled = drawn("confounding", "hidden"), 0
    for treatment, visit in here.visits():
        n, half = visit["drawn"], visit["half"]
        assert half["everybody"] == half["given"] < half["answered"]
        assert abs(off(n["half_answered"], n["answered"], half["answered"])) < 4.2
        # How far off the count must be, with so many answers, for the truth to be missed as it says.
        missed = off(n["answered"] * half["answered"], n["answered"], half["everybody"])
        if missed > 5:
            misled += 1
            assert off(n["half_answered"], n["answered"], half["everybody"]) > 2, treatment
    assert misled >= 5


def test_weighting_by_what_the_columns_show_finds_the_truth(drawn, knowledge):
    """Within groups of people alike in every trait, nothing misleads any more once nothing is hidden."""
    here, setting = drawn("loss", "hidden"), knowledge.setting(without=("loss", "hidden"))
    traits = [trait.facts[0] for trait in setting.entry.trait]
    sql = f"""
        WITH scores AS ({here.found["scores"].select}), given AS ({here.found["treatments"].select}),
        people AS (SELECT person, {", ".join(traits)} FROM ({here.found["intakes"].select})),
        alone AS (
            SELECT person, treatment FROM given WHERE given = 't1' AND person NOT IN
            (SELECT person FROM given WHERE together_with = 't1')
        ),
        before AS (SELECT person, value AS was FROM scores WHERE about = 't1' AND months = 0 AND instrument = 'nrs'),
        shares AS (SELECT {", ".join(traits)}, count(*) AS weight FROM people GROUP BY ALL),
        strata AS (
            SELECT treatment, {", ".join(traits)}, avg(CAST(was - value >= 0.5 * was AS INTEGER)) AS share
            FROM scores JOIN alone USING (person) JOIN before USING (person) JOIN people USING (person)
            WHERE about = 't1' AND months = 0.5 AND instrument = 'nrs' GROUP BY ALL
        )
        SELECT treatment, sum(share * weight) / sum(weight)
        FROM strata JOIN shares USING ({", ".join(traits)}) GROUP BY 1
    """
    found = dict(duckdb.connect().execute(sql).fetchall())
    for treatment, visit in here.visits():
        if visit["months"] == 0.5 and visit["drawn"]["answered"] > 1500:
            assert found[treatment] == pytest.approx(visit["half"]["everybody"], abs=0.05), treatment


def _options() -> list[dict]:
    import tomllib

    content = tomllib.loads((files.SHIPPED / FILE).read_text())
    return [{"id": option["treatment"], "worse": option.get("worse", 0.0)} for option in content["option"]]


def test_harms_come_as_often_as_the_evidence_counts_them(drawn):
    here = drawn()
    wanted = {(harm["treatment"], harm["event"]): harm["share"] for harm in here.truth["harms"]}
    # Only courses that were followed for the whole two years.
    sql = f"""
        WITH given AS ({here.found["treatments"].select}), events AS ({here.found["adverse_events"].select}),
        people AS ({here.found["people"].select}),
        whole AS (
            SELECT g.person, given, treatment FROM given g JOIN people p USING (person)
            WHERE coalesce(left_on, DATE '2025-12-31') - g.on > 735
        )
        SELECT treatment, event, count(*), (SELECT count(*) FROM whole w WHERE w.treatment = whole.treatment)
        FROM whole JOIN events ON events.person = whole.person AND events.about = whole.given GROUP BY ALL
    """
    found = duckdb.connect().execute(sql).fetchall()
    assert len(found) > 15
    for treatment, event, count, n in found:
        assert abs(off(count, n, wanted[treatment, event])) < 4.2, (treatment, event, count, n)


def test_what_a_study_needs_is_there(drawn):
    here = drawn()
    treatments = rows(here.found, "treatments", "course, together_with IS NOT NULL, ended_because")
    assert max(course for course, _, _ in treatments) >= 2
    assert 0.03 < sum(added for _, added, _ in treatments) / len(treatments) < 0.3
    assert {because for _, _, because in treatments} >= {None, "lost_effect"}
    reasons = {reason for (reason,) in rows(here.found, "contacts", "DISTINCT reason")}
    assert reasons == {None, "no_answer", "refused", "too_ill", "died", "moved", "withdrew", "not_asked"}
    assert rows(here.found, "operations", "count(*)", "\"on\" > DATE '2014-01-01' AND result IS NULL")[0][0] > 100
    assert {said for (said,) in rows(here.found, "decisions", "DISTINCT said")} == {"chosen", "declined"}
    assert {i for (i,) in rows(here.found, "scores", "DISTINCT instrument")} == {"nrs", "peg", "rmdq", "pgic"}
    empty = rows(here.found, "scores", "instrument, count(*)", "value IS NULL GROUP BY ALL")
    assert {instrument for instrument, _ in empty} == {"peg", "rmdq", "pgic"}


def test_nothing_comes_after_somebody_has_left(drawn):
    found = drawn().found
    sql = f"SELECT person, left_on FROM ({found['people'].select}) WHERE left_on IS NOT NULL"
    for table, day in (
        ("contacts", "answered_on"),
        ("scores", '"on"'),
        ("treatments", '"on"'),
        ("adverse_events", '"on"'),
    ):
        late = f"SELECT count(*) FROM ({found[table].select}) t JOIN ({sql}) p USING (person) WHERE t.{day} > left_on"
        assert duckdb.connect().execute(late).fetchone() == (0,), table


def test_courses_count_how_often_somebody_had_the_same(drawn):
    nth = "row_number() OVER (PARTITION BY person, treatment ORDER BY given)"
    sql = f"SELECT count(*), max(course) FROM (SELECT *, {nth} AS nth FROM ({drawn().found['treatments'].select})) {{}}"
    assert duckdb.connect().execute(sql.format("WHERE course <> nth")).fetchone()[0] == 0
    assert duckdb.connect().execute(sql.format("")).fetchone()[1] == 3


def test_an_intake_holds_the_operations_before_it(drawn):
    here = drawn()
    sql = f"""
        SELECT count(*) FROM ({here.found["intakes"].select}) i JOIN (
            SELECT o.person, count(*) AS n FROM ({here.found["operations"].select}) o
            JOIN ({here.found["people"].select}) p USING (person) WHERE o.on < p.enrolled_on GROUP BY ALL
        ) USING (person) WHERE len(i.operations) = n
    """
    assert duckdb.connect().execute(sql).fetchone() == (MANY,)


# --- the file it is drawn from --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('treatment = "scs"', 'treatment = "scss"', "the evidence has no treatment 'scss'; did you mean 'scs"),
        ('id = "persistence"', 'id = "persistense"', "persistence is missing"),
        ('like = "stable"', 'like = "stabel"', "there is no population 'stabel'; did you mean 'stable'"),
        ('measure = "pain"', 'measure = "pian"', "'nrs' has no score 'pian'"),
        ('facts = ["low_mood"]', 'facts = ["low_mod"]', "there is no fact 'low_mod'; did you mean 'low_mood'"),
        ('why = "two months"', "", "is missing; a figure that is a judgement says why"),
        ("share = 0.15\nworse = -0.5", "share = 1.5", "a share above 0, up to 1"),
        ('is = "pain"', 'is = "scaled"', "exactly one form holds the pain"),
    ],
)
def test_a_slip_in_the_file_is_refused(old, new, said, knowledge, tmp_path):
    text = (files.SHIPPED / FILE).read_text()
    assert old in text
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(KnowledgeError) as caught:
        knowledge.setting(overlay=tmp_path)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_clinic_can_lay_its_own_over_it(knowledge, tmp_path):
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text((files.SHIPPED / FILE).read_text().replace('id = "loss"\nvalue = 1.0', 'id = "loss"\nvalue = 2.0'))
    assert knowledge.setting(overlay=tmp_path).rates["loss"] == 2.0
    assert knowledge.setting(overlay=tmp_path, without=("loss",)).rates["loss"] == 0.0
