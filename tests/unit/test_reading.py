"""Hostile intakes: each gets a sentence that names the key, everything wrong at once, and never a traceback."""

import json
import time
import tracemalloc
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import Intake, days, person, state
from postlude.assessment.reading import MAX_BYTES, MAX_RECORDS, read_intake
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.errors import IntakeError
from postlude.logic.evaluate import quantity, truth
from postlude.report.clinician import clinician
from postlude.report.plain import plain

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor(catalogue)


def _read(catalogue: Catalogue, told: Any) -> Intake:
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    return read_intake(data, catalogue, name="me.json", today=TODAY)


def _problems(catalogue: Catalogue, told: Any) -> tuple[str, ...]:
    with pytest.raises(IntakeError) as caught:
        _read(catalogue, told)
    assert caught.value.exit_code == 11
    for problem in caught.value.problems:
        assert problem.startswith("me.json: ")
        assert len(problem) < 400
    return caught.value.problems


REFUSED: dict[str, tuple[Any, tuple[str, ...]]] = {
    # --- not an intake at all
    "nothing": (b"", ("is empty; an intake is an object",)),
    "blanks": (b" \n ", ("is empty",)),
    "null": (b"null", ("found null; an intake is an object",)),
    "a list": (b"[]", ("found []; an intake is an object",)),
    "a text": (b'"x"', ('found "x"; an intake is an object',)),
    "a number": (b"7", ("found 7; an intake is an object",)),
    "half a file": (b'{"facts": {', ("is not JSON", "line 1")),
    "a comma too many": (b'{\n"facts": {},}', ("is not JSON", "line 2")),
    "two values": (b"{} {}", ("is not JSON: Extra data",)),
    "single quotes": (b"{'facts': {}}", ("is not JSON",)),
    "not UTF-8": (b'{"facts": {"\xff": 1}}', ("is not UTF-8 text (byte 12)",)),
    "UTF-16": ('{"facts": {}}'.encode("utf-16"), ("is not UTF-8 text (byte 0)",)),
    "half a character": (b'{"medications": ["\\ud800"]}', ("half of a surrogate pair",)),
    "half a character in a key": (b'{"facts": {"\\uDFFF": 1}}', ("half of a surrogate pair",)),
    "NaN": (b'{"facts": {"pain_nrs": NaN}}', ("NaN is not a number that an answer can have",)),
    "Infinity": (b'{"facts": {"pain_nrs": Infinity}}', ("Infinity is not a number",)),
    "-Infinity": (b'{"facts": {"pain_nrs": -Infinity}}', ("-Infinity is not a number",)),
    "10^400 as a fraction": (b'{"facts": {"pain_nrs": 1e400}}', ("facts.pain_nrs", "from 0 to 10 is needed")),
    "10^400 for a whole number": (b'{"facts": {"age": 1e400}}', ("facts.age", "from 0 to 120 is needed")),
    "10^300": (b'{"facts": {"age": 1' + b"0" * 300 + b"}}", ("facts.age", "from 0 to 120 is needed")),
    "10^5000": (b'{"facts": {"age": 1' + b"0" * 5000 + b"}}", ("1000000000… has 5,001 digits",)),
    "a key twice": (b'{"facts": {"age": 40, "age": 50}}', ("the key 'age' stands twice",)),
    "a key twice at the top": (b'{"facts": {}, "facts": {}}', ("the key 'facts' stands twice",)),
    "too long": (b" " * (MAX_BYTES + 1), ("is too long", "5,000,000 bytes")),
    "nested brackets": (b"[" * 4_000_000, ("is nested too deep",)),
    "nested objects": (b'{"a":' * 800_000, ("is nested too deep",)),
    # --- keys
    "unknown key": (
        {"fcts": {}},
        ("fcts: there is no such key", "did you mean 'facts'", "Allowed: as_of, synthetic, facts"),
    ),
    "id instead of key": ({"operations": []}, ("operations: there is no such key", "surgeries")),
    "unknown fact": ({"facts": {"bladder_chnge": True}}, ("facts.bladder_chnge", "did you mean 'bladder_change'")),
    "derived fact": ({"facts": {"mme_per_day": 3}}, ("facts.mme_per_day", "is worked out from other facts")),
    "facts as a list": ({"facts": []}, ("facts: found []; an object of answers is needed",)),
    "facts null": ({"facts": None}, ("facts: found null",)),
    # --- values
    "null for an answer": ({"facts": {"fever": None}}, ("facts.fever: found null", 'write {"state": "not_known"}')),
    "number for yes/no": ({"facts": {"fever": 1}}, ("facts.fever: found 1; true or false is needed",)),
    "text for yes/no": ({"facts": {"fever": "true"}}, ('facts.fever: found "true"; true or false is needed',)),
    "yes/no for a number": ({"facts": {"pain_nrs": True}}, ("facts.pain_nrs: found true; a number without quotes",)),
    "text for a number": ({"facts": {"pain_nrs": "7"}}, ('facts.pain_nrs: found "7"; a number without quotes',)),
    "too much": ({"facts": {"pain_nrs": 11}}, ("facts.pain_nrs: found 11; a number from 0 to 10 is needed",)),
    "too little": ({"facts": {"pain_nrs": -1}}, ("facts.pain_nrs: found -1; a number from 0 to 10",)),
    "fraction for a whole number": ({"facts": {"age": 40.5}}, ("facts.age: found 40.5; a whole number is needed",)),
    "unknown choice": ({"facts": {"sex": "femal"}}, ('facts.sex: found "femal"', "did you mean 'female'")),
    "list for a choice": ({"facts": {"sex": ["female"]}}, ('facts.sex: found ["female"]', "Allowed: ")),
    "list for a fact": ({"facts": {"age": [40]}}, ("facts.age: found [40]",)),
    # --- answers with a state
    "unknown state": (
        {"facts": {"fever": {"state": "unsure"}}},
        ('facts.fever.state: found "unsure"', "Allowed: answered, declined, not_known"),
    ),
    "state of another type": ({"facts": {"fever": {"state": []}}}, ("facts.fever.state: found []",)),
    "value and state": ({"facts": {"fever": {"value": True, "state": "declined"}}}, ("facts.fever: has either",)),
    "neither value nor state": ({"facts": {"fever": {}}}, ("facts.fever: has either a value, or a state",)),
    "answered without value": ({"facts": {"fever": {"state": "answered"}}}, ("facts.fever: has either",)),
    "unknown key of an answer": (
        {"facts": {"fever": {"value": True, "ob": "2026-01-01"}}},
        ("facts.fever.ob: there is no such key", "Allowed: value, state, on, by"),
    ),
    "by is no text": ({"facts": {"fever": {"value": True, "by": 3}}}, ("facts.fever.by: found 3",)),
    "answered after as_of": (
        {"facts": {"fever": {"value": True, "on": "2026-01-16"}}},
        ("facts.fever.on: found 2026-01-16; it lies after the day of this intake (2026-01-15)",),
    ),
    "answered in some year": ({"facts": {"fever": {"value": True, "on": "2025"}}}, ("facts.fever.on",)),
    # --- days
    "as_of that does not exist": ({"as_of": "2020-02-30"}, ("as_of: '2020-02-30' is not a day that exists",)),
    "as_of in words": ({"as_of": "yesterday"}, ("as_of: 'yesterday' is not a date; write 2017",)),
    "as_of a number": ({"as_of": 2020}, ("as_of: found 2020; a date in quotes is needed",)),
    "as_of null": ({"as_of": None}, ("as_of: found null",)),
    "as_of only a month": ({"as_of": "2020-02"}, ('as_of: found "2020-02"; a date in quotes',)),
    "as_of long ago": ({"as_of": "1899-12-31"}, ("as_of: found 1899-12-31; dates before 1900",)),
    "as_of at the end of time": ({"as_of": "9999-12-31"}, ("as_of: found 9999-12-31; dates after 2200",)),
    "as_of with a time": ({"as_of": "2020-01-01T00:00"}, ("as_of: '2020-01-01T00:00' is not a date",)),
    "day that does not exist": (
        {"surgeries": [{"operation_date": "2021-02-29"}]},
        ("surgeries[0].operation_date: '2021-02-29' is not a day that exists",),
    ),
    "month zero": ({"surgeries": [{"operation_date": "2020-00"}]}, ("'2020-00' is not a day that exists",)),
    "day zero": ({"surgeries": [{"operation_date": "2020-05-00"}]}, ("'2020-05-00' is not a day that exists",)),
    "month 13": ({"surgeries": [{"operation_date": "2020-13"}]}, ("'2020-13' is not a day that exists",)),
    "other digits": ({"surgeries": [{"operation_date": "٢٠٢٠"}]}, ("is not a date",)),
    "operated tomorrow": (
        {"surgeries": [{"operation_date": "2026-01-16"}]},
        ("surgeries[0].operation_date: found 2026-01-16; it lies after the day of this intake",),
    ),
    "operated next year": ({"surgeries": [{"operation_date": "2027"}]}, ("it lies after the day of this intake",)),
    # --- lists
    "list as an object": ({"medications": {}}, ("medications: found {}; a list is needed",)),
    "list null": ({"medications": None}, ("medications: found null; a list is needed",)),
    "entry null": ({"medications": [None]}, ("medications[0]: found null; an object or a text is needed",)),
    "entry blank": ({"medications": ["  "]}, ('medications[0]: found "  "',)),
    "entry a list": ({"medications": [["oxycodone"]]}, ("medications[0]: found [",)),
    "unknown field": (
        {"medications": [{"drug": "oxycodone"}]},
        ("medications[0].drug: there is no such field", "Allowed: "),
    ),
    "misspelt field": ({"surgeries": [{"proceduer": "other"}]}, ("surgeries[0].proceduer", "did you mean 'procedure'")),
    "class cannot be told": (
        {"medications": [{"medicine": "oxycodone", "opioid": False}]},
        ("medications[0].opioid: is filled in from the medicine and cannot be told",),
    ),
    "factor cannot be told": ({"medications": [{"mme_factor": 0}]}, ("medications[0].mme_factor: is filled in",)),
    "medicine as a number": ({"medications": [{"medicine": 5}]}, ("medications[0].medicine: found 5",)),
    "medicine blank": ({"medications": [{"medicine": " "}]}, ("medications[0].medicine: found",)),
    "unknown treatment": ({"treatments": [{"treatment": "scz"}]}, ("treatments[0].treatment", "did you mean 'scs'")),
    "too many": (
        {"medications": ["x"] * (MAX_RECORDS + 1)},
        ("medications: holds 501 entries; at most 500 are read",),
    ),
    "a negative dose": ({"medications": [{"daily_dose": -1}]}, ("medications[0].daily_dose: found -1",)),
    # --- complete
    "complete as a text": ({"complete": "medications"}, ('complete: found "medications"; a list',)),
    "complete of nothing known": (
        {"complete": ["medication"]},
        ('complete: found "medication"', "did you mean 'medications'"),
    ),
    "complete by id": ({"complete": ["operations"]}, ('complete: found "operations"', "surgeries")),
    "complete a list in a list": ({"complete": [["medications"]]}, ("complete: found [",)),
    "complete an object": ({"complete": [{}]}, ("complete: found {}",)),
    "complete null": ({"complete": [None]}, ("complete: found null",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_said_with_its_key(name: str, catalogue: Catalogue) -> None:
    told, parts = REFUSED[name]
    problems = _problems(catalogue, told)
    assert any(all(part in problem for part in parts) for problem in problems), "\n".join(problems)


def test_everything_wrong_comes_at_once(catalogue: Catalogue) -> None:
    told = {
        "as_of": "2020-02-30",
        "fact": {},
        "facts": {"fever": 1, "pain_nrs": True, "nothing_such": 1, "sex": {"state": "x"}},
        "medications": [None, {"opioid": True, "current": "yes"}],
        "complete": [3],
    }
    found = "\n".join(_problems(catalogue, told))
    for key in ("as_of", "fact:", "facts.fever", "facts.pain_nrs", "facts.nothing_such", "facts.sex.state"):
        assert f"me.json: {key}" in found
    for key in ("medications[0]", "medications[1].opioid", "medications[1].current", "complete"):
        assert f"me.json: {key}" in found


@pytest.mark.parametrize("data", [b"[" * 4_900_000, b'{"facts":' * 500_000, b'{"facts": {"age": ' + b"9" * 4_000_000])
def test_a_bomb_is_refused_fast_and_small(data: bytes, catalogue: Catalogue) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    _problems(catalogue, data)
    assert time.perf_counter() - began < 3
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


def test_depths_around_what_the_parser_bears(catalogue: Catalogue) -> None:
    for depth in range(850, 1010, 3):
        _problems(catalogue, b'{"facts": {"age": ' + b"[" * depth + b"]" * depth + b"}}")
        _problems(catalogue, b'{"complete": ' + b"[" * depth + b"]" * depth + b"}")


# --- what is accepted -------------------------------------------------------------------------------


def test_a_byte_order_mark_is_accepted(catalogue: Catalogue) -> None:
    assert _read(catalogue, b"\xef\xbb\xbf{}") == _read(catalogue, {})


def test_an_empty_object_is_a_person_of_whom_nothing_is_known(catalogue: Catalogue) -> None:
    assert _read(catalogue, {}) == Intake(TODAY, {}, {}, frozenset())


def test_answers_keep_state_day_and_author(catalogue: Catalogue) -> None:
    told = {
        "as_of": "2026-01-10",
        "facts": {
            "fever": {"value": False, "on": "2026-01-09", "by": "Kim"},
            "wound_discharge": {"state": "declined", "by": "Kim"},
            "very_unwell": {"state": "not_known"},
            "age": 50.0,
        },
    }
    intake = _read(catalogue, told)
    assert intake.as_of == date(2026, 1, 10)
    fever = intake.answers["fever"]
    assert (fever.state, fever.value, fever.on, fever.by) == ("answered", False, date(2026, 1, 9), "Kim")
    assert [state(catalogue, intake, f) for f in ("fever", "wound_discharge", "very_unwell", "age", "sex")] == [
        "answered",
        "declined",
        "not_known",
        "answered",
        "not_asked",
    ]
    who = person(catalogue, intake)
    assert who.facts == {"fever": False, "age": (50.0, 50.0)}


@pytest.mark.parametrize(("day", "kept"), [("2026-01-12", True), ("2026-01-11", False)])
def test_an_answer_that_no_longer_holds_is_unknown(day: str, kept: bool, catalogue: Catalogue) -> None:
    assert catalogue.facts["bladder_change"].holds_for == "P3D"
    intake = _read(catalogue, {"facts": {"bladder_change": {"value": False, "on": day}}})
    assert ("bladder_change" in person(catalogue, intake).facts) is kept
    assert state(catalogue, intake, "bladder_change") == ("answered" if kept else "lapsed")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", "2017-01-01", "2017-12-31"),
        ("2017-02", "2017-02-01", "2017-02-28"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("2017-12", "2017-12-01", "2017-12-31"),
        ("2017-05-03", "2017-05-03", "2017-05-03"),
    ],
)
def test_a_partial_date_is_a_range(text: str, first: str, last: str) -> None:
    assert days(text) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text", ["", "17", "2017-5", "2017-00", "2017-13", "2017-05-00", "2017-04-31", "0000", "2017-05-03-01", "-2017"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="is not a da"):
        days(text)


def test_a_partial_date_ends_on_the_day_of_the_intake(catalogue: Catalogue) -> None:
    who = person(catalogue, _read(catalogue, {"surgeries": [{"operation_date": "2026"}]}))
    assert who.records["operations"][0]["operation_date"] == (date(2026, 1, 1).toordinal(), TODAY.toordinal())


# --- medicines --------------------------------------------------------------------------------------


def _told_medicine(catalogue: Catalogue, entry: Any, *, complete: bool = True) -> tuple[Intake, Mapping[str, Any]]:
    intake = _read(catalogue, {"medications": [entry], "complete": ["medications"] if complete else []})
    return intake, person(catalogue, intake).records["medications"][0]


@pytest.mark.parametrize(
    "name", ["oxycodone", "OxyContin", "OXYCONTIN", "  oxycontin ", "Roxicodone", "oxycontin.", "Oxycodone"]
)
def test_a_medicine_is_found_by_any_of_its_names(name: str, catalogue: Catalogue) -> None:
    intake, known = _told_medicine(catalogue, {"medicine": name})
    assert known["medicine"] == "oxycodone"
    assert known["opioid"] is True
    assert known["benzodiazepine"] is False
    assert known["mme_factor"] == (1.5, 1.5)
    assert known["current"] is True
    assert intake.notes == ()


def test_every_name_of_every_medicine_finds_it(catalogue: Catalogue) -> None:
    written = {
        spelt: medicine.id
        for medicine in catalogue.medicines.values()
        for name in (medicine.id, medicine.says, *medicine.also)
        for spelt in (name, name.upper(), f" {name.title()} ")
    }
    names = sorted(written)
    for start in range(0, len(names), MAX_RECORDS):
        part = names[start : start + MAX_RECORDS]
        intake = _read(catalogue, {"medications": [{"medicine": name} for name in part]})
        assert [told["medicine"] for told in intake.records["medications"]] == [written[name] for name in part]


@pytest.mark.parametrize(
    "line",
    [
        "Oxycodone 5 mg twice a day",
        {"text": "oxycontin 5 mg twice a day"},
        {"medicine": "oxycodone 5 mg twice a day"},
        {"medicine": "oxycodone", "sig": "5 mg twice a day"},
        {"sig": "5 mg twice a day", "text": "oxycodone"},
        {"medicine": "oxycodone", "daily_dose": 10},
    ],
)
def test_a_line_as_it_is_written_is_read(line: Any, catalogue: Catalogue) -> None:
    intake, known = _told_medicine(catalogue, line)
    assert (known["medicine"], known["opioid"], known["daily_dose"]) == ("oxycodone", True, (10.0, 10.0))
    assert quantity(catalogue.derived["mme_per_day"].body, person(catalogue, intake)) == (15.0, 15.0)
    assert not any("nothing is concluded" in note for note in intake.notes)


UNKNOWN: list[Any] = [
    "foozolam 5 mg",
    {"medicine": "foozolam"},
    {"medicine": "foozolam", "text": "at night"},
    {"text": "at night", "medicine": "foozolam"},
    {"text": "something for pain"},
    {"sig": "5 mg twice a day"},
    {},
]


@pytest.mark.parametrize("entry", UNKNOWN)
def test_a_medicine_that_is_not_recognised_is_not_no_opioid(
    entry: Any, catalogue: Catalogue, assessor: Assessor
) -> None:
    intake, known = _told_medicine(catalogue, entry)
    assert set(catalogue.classes).isdisjoint(known)
    who = person(catalogue, intake)
    opioid_now = catalogue.derived["opioid_now"].body
    assert truth(opioid_now, who) is None
    low, high = quantity(catalogue.derived["mme_per_day"].body, who)
    assert low == 0
    assert high >= 1000
    assert "opioid-dose" not in [c.rule for c in assessor.assess(intake).conclusions]


def test_an_unknown_medicine_is_kept_and_noted_in_full(catalogue: Catalogue) -> None:
    for entry in ({"medicine": "foozolam", "text": "at night"}, {"text": "at night", "medicine": "foozolam"}):
        intake, _ = _told_medicine(catalogue, entry)
        assert intake.records["medications"] == ({"text": "foozolam; at night"},)
        assert [n for n in intake.notes if n.startswith("medications[0]: 'foozolam' is not a medicine on our list")]


def test_what_is_told_beside_an_unknown_medicine_decides_nothing(catalogue: Catalogue) -> None:
    """Whatever the order of the keys: the medicine was named, and it is not the one that the note begins with."""
    for entry in (
        {"medicine": "foozolam", "text": "senna makes it bearable"},
        {"text": "senna makes it bearable", "medicine": "foozolam"},
    ):
        _, known = _told_medicine(catalogue, entry)
        assert "medicine" not in known


def test_a_near_miss_is_offered_and_not_taken(catalogue: Catalogue) -> None:
    intake, known = _told_medicine(catalogue, {"medicine": "oxycodon"})
    assert "medicine" not in known
    assert "did you mean 'oxycodone'?" in intake.notes[0]


def test_a_dose_that_cannot_be_read_is_noted_and_not_guessed(catalogue: Catalogue) -> None:
    intake, known = _told_medicine(catalogue, {"medicine": "oxycodone", "sig": "blue one when the moon is full"})
    assert "daily_dose" not in known
    assert any("could not be read and was not guessed" in note for note in intake.notes)


def test_no_medicines_is_an_answer_and_an_empty_list_is_not(catalogue: Catalogue) -> None:
    opioid_now = catalogue.derived["opioid_now"].body
    empty = _read(catalogue, {"medications": []})
    none = _read(catalogue, {"medications": [], "complete": ["medications"]})
    assert truth(opioid_now, person(catalogue, empty)) is None
    assert truth(opioid_now, person(catalogue, none)) is False


def test_the_order_of_keys_changes_no_byte(catalogue: Catalogue, assessor: Assessor) -> None:
    entry = {"medicine": "OxyContin", "sig": "5 mg twice a day", "text": "note", "since": "2020", "current": True}
    texts = set()
    for keys in (list(entry), list(reversed(entry))):
        told = {"medications": [{key: entry[key] for key in keys}]}
        texts.add(msgspec.json.encode(assessor.assess(_read(catalogue, told))))
    assert len(texts) == 1


# --- anything at all --------------------------------------------------------------------------------

_texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["oxycodone", "2017", "2017-02-30", "declined", "medications", "1 tablet", "\x1b[2J", "x" * 300]),
)
_anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=8,
)


@st.composite
def _intakes(draw: st.DrawFn) -> Any:
    """Something shaped like an intake, in which any value may be anything."""
    known = load()
    shaped: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(["as_of", "facts", "complete", *_keys(known)]), max_size=4)):
        if draw(st.integers(0, 9)) == 0:
            shaped[key] = draw(_anything)
        elif key == "facts":
            names = draw(st.lists(st.sampled_from(sorted(known.facts)), max_size=6, unique=True))
            shaped[key] = {name: draw(_answers(known, name)) for name in names}
        elif key == "complete":
            shaped[key] = draw(st.lists(st.one_of(st.sampled_from(_keys(known)), _anything), max_size=3))
        elif key == "as_of":
            shaped[key] = draw(st.one_of(st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str), _anything))
        else:
            shaped[key] = draw(st.lists(_entries(known, key), max_size=3))
    return shaped


def _keys(known: Catalogue) -> list[str]:
    return [records.key for records in known.records.values()]


def _answers(known: Catalogue, name: str) -> st.SearchStrategy[Any]:
    fact = known.facts[name]
    values: list[st.SearchStrategy[Any]] = [_anything]
    if fact.type == "boolean":
        values += [st.booleans()] * 3
    if fact.type == "choice":
        values += [st.sampled_from(sorted(fact.values))] * 3
    if fact.low is not None and fact.high is not None:
        values += [st.integers(int(fact.low), int(fact.high)), st.floats(fact.low, fact.high)]
    states = st.fixed_dictionaries({"state": st.sampled_from(["declined", "not_known", "answered"])})
    return st.one_of(*values, states)


@st.composite
def _entries(draw: st.DrawFn, known: Catalogue, key: str) -> Any:
    fields = next(records.fields for records in known.records.values() if records.key == key)
    if draw(st.integers(0, 9)) == 0:
        return draw(_anything)
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
    values = st.one_of(
        _texts, _anything, st.sampled_from(["oxycodone", "5 mg twice a day", "scs", "2020-05", "lumbar", True, 5])
    )
    return {name: draw(values) for name in names}


def _try(catalogue: Catalogue, assessor: Assessor, data: bytes) -> None:
    try:
        intake = _read(catalogue, data)
    except IntakeError as error:
        refused = error.problems
    else:
        refused = ()
        _assess(catalogue, assessor, intake)
    for problem in refused:
        assert problem.startswith("me.json: ")
        problem.encode()


def _assess(catalogue: Catalogue, assessor: Assessor, intake: Intake) -> None:
    assessment = assessor.assess(intake)
    assert msgspec.json.decode(msgspec.json.encode(assessment))
    for report in (clinician(assessment, catalogue.words["en"], title="x"), plain(assessment, catalogue)):
        report.encode()
        assert max(map(len, report.splitlines())) <= 80
        assert all(c.isprintable() or c == "\n" for c in report)


@pytest.mark.slow
@settings(max_examples=80)
@given(_intakes())
def test_anything_shaped_like_an_intake_is_read_or_refused(catalogue: Catalogue, assessor: Assessor, told: Any) -> None:
    _try(catalogue, assessor, json.dumps(told).encode())


@given(_anything)
def test_any_json_value_is_read_or_refused(catalogue: Catalogue, assessor: Assessor, told: Any) -> None:
    _try(catalogue, assessor, json.dumps(told).encode())


@given(st.one_of(st.binary(max_size=60), st.text(alphabet='{}[]":,0-9eE.\\ud8 facts', max_size=60).map(str.encode)))
def test_any_bytes_are_read_or_refused(catalogue: Catalogue, assessor: Assessor, data: bytes) -> None:
    _try(catalogue, assessor, data)


def test_nobody_knows_whether_a_list_is_complete(catalogue: Catalogue, assessor: Assessor) -> None:
    found = _read(catalogue, {"complete": ["treatments", {"list": "medications", "state": "not_known"}]})
    assert found.complete == {"treatments"}
    assert found.unsure == {"medications": "not_known"}
    asked = {question.fact: question.state for question in assessor.assess(found).ask}
    assert asked["medications"] == "not_known"
    assert asked["surgeries"] == "not_asked"


def test_a_state_that_a_list_cannot_have(catalogue: Catalogue) -> None:
    (problem,) = _problems(catalogue, {"complete": [{"list": "medications", "state": "declned"}]})
    assert "complete" in problem
    assert "did you mean 'declined'?" in problem
