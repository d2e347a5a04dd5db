"""Every mistake in a knowledge file: said once, with file, table, key, what was found and what is allowed."""

import contextlib
import os
import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.test_catalog_folder import Folder, entry, inline, read, tiny, write

from postlude.assessment.checking import run_cases
from postlude.catalog import files, kept, load
from postlude.catalog.duration import hours, words
from postlude.errors import FileError, KnowledgeError

Change = Callable[[Folder], object]


def problems_after(root: Path, change: Change) -> Sequence[str]:
    folder = tiny()
    change(folder)
    catalogue, problems = read(write(root, folder))
    assert (catalogue is None) == bool(problems)
    return problems


def one(problems: Sequence[str], *parts: str) -> None:
    """There is a message that holds every part."""
    assert any(all(part in problem for part in parts) for problem in problems), "\n".join(problems) or "no problem"


def _set(kind: str, key: str, /, **values: object) -> Change:
    """Change keys of one entry; ``...`` removes the key, a trailing underscore is dropped from the name."""

    def change(folder: Folder) -> None:
        table = entry(folder, kind, key)
        for name, value in values.items():
            if value is ...:
                del table[name.rstrip("_")]
            else:
                table[name.rstrip("_")] = value

    return change


def _add(name: str, kind: str, /, **table: object) -> Change:
    return lambda folder: folder[name].setdefault(kind, []).append(table)


def _field(name: str, /, **values: object) -> Change:
    def change(folder: Folder) -> None:
        field = next(f for f in entry(folder, "record", "medications")["field"] if f["id"] == name)
        field.update(values)

    return change


def _new_field(**field: object) -> Change:
    return lambda folder: entry(folder, "record", "medications")["field"].append(
        {"says": "new", "ask": "New?", **field}
    )


def _replaced_case(kind: str, key: str, /, **values: object) -> Change:
    return lambda folder: entry(folder, kind, key)["case"][0].update(values)


RULES = ("rules/all.toml", "[[rule]]")
MISTAKES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "unknown key": (
        _set("rule", "infection", urgencie="urgent"),
        (*RULES, "infection", "`urgencie`", "there is no such key", "did you mean 'urgency'", "Allowed: "),
    ),
    "missing key": (_set("rule", "come", plain=...), (*RULES, "come", "`plain`", "is missing")),
    "misspelt needed key": (
        _set("rule", "come", plain=..., plane="x"),
        ("`plain`", "is missing (is it written 'plane'?)"),
    ),
    "wrong type": (
        _set("rule", "come", says=7),
        (*RULES, "come", "`says`", "found the number 7", "a text that is not empty is needed"),
    ),
    "a list for a text": (_set("rule", "come", plain=["a"]), ("`plain`", "found the list ['a']")),
    "a text for a list": (
        _set("rule", "come", marks="design"),
        ("`marks`", "found the text 'design'", "a list in square brackets is needed"),
    ),
    "a text for yes/no": (_set("fact", "fever", warning_sign="yes"), ("`warning_sign`", "found the text 'yes'")),
    "yes/no for a number": (_set("fact", "pain", low=True), ("`low`", "found the yes/no True")),
    "empty text": (_set("rule", "come", says=" "), ("`says`", "found the text ' '", "not empty")),
    "bad word": (
        _set("rule", "infection", kind="redflag"),
        ("`kind`", "found the text 'redflag'", "did you mean 'red-flag'", "Allowed: red-flag, safety, finding, route"),
    ),
    "bad word in a list": (
        _set("rule", "come", marks=["desing"]),
        ("`marks`", "'desing'", "did you mean 'design'", "Allowed: unverified, design"),
    ),
    "bad urgency": (
        _set("rule", "infection", urgency="emergancy"),
        ("`urgency`", "did you mean 'emergency'", "Allowed: emergency, urgent"),
    ),
    "bad id": (
        _set("rule", "come", id="Come_In"),
        ("[[rule]] Come_In", "`id`", "'Come_In'", "lower-case-with-hyphens is needed"),
    ),
    "id of another type": (_set("rule", "come", id=4), ("[[rule]] number 3", "`id`", "found the number 4")),
    "no id": (_set("rule", "come", id=...), ("[[rule]] number 3", "`id`", "is missing")),
    "bad key of a record": (
        _set("record", "operations", key="Bad Key"),
        ("`key`", "'Bad Key'", "lower_case_with_underscores"),
    ),
    "unknown source": (
        _set("rule", "infection", sources=["some-studdy"]),
        (*RULES, "infection", "`sources`", "there is no source 'some-studdy'", "did you mean 'some-study'", "Allowed"),
    ),
    "neither source nor mark": (
        _set("rule", "come", marks=[]),
        (*RULES, "come", "`sources`", "names no source", "unverified or design"),
    ),
    "medicine without source": (
        _set("medicine", "senna", marks=...),
        ("medicines/all.toml", "[[medicine]] senna", "names no source"),
    ),
    "class without source": (_set("class", "opioid", marks=...), ("[[class]] opioid", "names no source")),
    "avoid without source": (
        lambda f: entry(f, "treatment", "block")["avoid"][0].update(marks=[]),
        ("treatments/block.toml", "treatment block", "`avoid.no-wound.sources`", "names no source"),
    ),
    "source without a number": (
        _set("source", "some-study", doi=...),
        ("sources/all.toml", "[[source]] some-study", "needs one of doi, pmid, body"),
    ),
    "bad DOI": (_set("source", "some-study", doi="xyz"), ("`doi`", "'xyz'", "a DOI such as 10.1000/xyz is needed")),
    "unknown source of a code": (
        _set("fact", "pain", codes=[{"system": "LOINC", "code": "1", "source": "nowhere"}]),
        ("[[fact]] pain", "`codes`", "there is no source 'nowhere'"),
    ),
    "unknown cause": (
        _set("treatment", "block", aimed_at=["scars"]),
        ("treatments/block.toml", "`aimed_at`", "there is no cause 'scars'", "did you mean 'scar'", "Allowed: scar"),
    ),
    "unknown derived": (
        _set("rule", "infection", shows=["mne"]),
        ("`shows`", "there is no derived fact 'mne'", "did you mean 'mme'"),
    ),
    "unknown class": (
        _set("medicine", "oxycodone", classes=["opiod"]),
        ("[[medicine]] oxycodone", "`classes`", "there is no medicine class 'opiod'", "did you mean 'opioid'"),
    ),
    "unknown fact in a condition": (
        _set("rule", "come", when="operatet"),
        (*RULES, "come", "`when`", "operatet", "did you mean 'operated'"),
    ),
    "number as a condition": (_set("rule", "come", when="pain"), (*RULES, "come", "`when`", "pain")),
    "choice compared with a wrong word": (
        _set("rule", "come", when="side = 'lft'"),
        ("`when`", "lft", "did you mean 'left'"),
    ),
    "text compared with a number": (_set("rule", "come", when="fever >= 3"), ("`when`", "fever")),
    "no condition at all": (_set("rule", "come", when=""), (*RULES, "come", "`when`")),
    "not the language": (_set("rule", "come", when="fever AND ("), (*RULES, "come", "`when`")),
    "condition of a point": (
        lambda f: entry(f, "cause", "scar")["for"][0].update(when="nothing_such"),
        ("[[cause]] scar", "`for.[1].when`", "nothing_such"),
    ),
    "condition of avoid": (
        lambda f: entry(f, "treatment", "block")["avoid"][0].update(when="nothing_such"),
        ("treatment block", "`avoid.no-wound.when`", "nothing_such"),
    ),
    "condition of applies": (_set("fact", "wound", applies="oprated"), ("[[fact]] wound", "`applies`", "oprated")),
    "defined by itself": (_set("derived", "opioid_now", **{"is": "opioid_now OR fever"}), ("is defined by itself",)),
    "defined in a circle": (
        lambda f: (
            _set("derived", "opioid_now", **{"is": "mme > 3"})(f),
            _set("derived", "mme", **{"is": "count_true(opioid_now)"})(f),
        ),
        ("facts/all.toml", "[[derived]] mme", "`is`", "is defined in a circle: opioid_now, mme"),
    ),
    "id twice in one file": (
        _add("facts/all.toml", "fact", id="fever", type="boolean", says="x", ask="x"),
        ("facts/all.toml", "[[fact]] fever", "stands twice"),
    ),
    "id twice in two files": (
        lambda f: f.update({"sources/more.toml": {"source": [dict(entry(f, "source", "some-study"))]}}),
        ("sources/more.toml", "[[source]] some-study", "stands twice"),
    ),
    "field twice": (_new_field(id="sig", type="text"), ("[[record]] medications", "`field sig`", "stands twice")),
    "avoid twice": (
        lambda f: entry(f, "treatment", "block")["avoid"].append(
            {"id": "no-wound", "when": "fever", "says": "x", "marks": ["design"]}
        ),
        ("treatment block", "`avoid.no-wound`", "stands twice"),
    ),
    "one name for a fact and a derived fact": (
        _add("facts/all.toml", "derived", id="fever", type="boolean", says="x", marks=["design"], **{"is": "wound"}),
        ("facts/", "'fever'", "a name means one thing"),
    ),
    "one name for a fact and a class": (
        _add("medicines/all.toml", "class", id="fever", says="x", marks=["design"]),
        ("'fever'", "a name means one thing"),
    ),
    "one name for a field and a class": (
        _add("medicines/all.toml", "class", id="current", says="x", marks=["design"]),
        ("[[record]] medications", "`field current`", "is filled in from the medicine"),
    ),
    "a field called like the factor": (
        _new_field(id="mme_factor", type="number", low=0, high=1),
        ("`field mme_factor`", "is filled in from the medicine"),
    ),
    "two lists of one name in the intake": (
        _set("record", "operations", key="medications"),
        ("[[record]] operations", "`key`", "'medications' is already the name of medications"),
    ),
    "a list called like a key of the intake": (
        _set("record", "operations", key="facts"),
        ("`key`", "'facts' is already the name of"),
    ),
    "two fields that hold a medicine": (
        _new_field(id="other_medicine", type="choice", values_from="medicines"),
        ("[[record]] medications", "only one field may hold a medicine"),
    ),
    "a default that is not yes/no": (
        _field("daily_dose", default=True),
        ("`field daily_dose.default`", "belongs to a yes/no field"),
    ),
    "read from no text": (
        _field("daily_dose", read_from="current"),
        ("`field daily_dose.read_from`", "'current' is not a text field"),
    ),
    "read into no number": (_field("current", read_from="sig"), ("`field current.read_from`", "belongs to a number")),
    "medicine name twice": (
        _add("medicines/all.toml", "medicine", id="other", says="other", also=["Roxi"], marks=["unverified"]),
        ("[[medicine]] other", "`also`", "'roxi' is already a name of oxycodone"),
    ),
    "medicine name twice, written otherwise": (
        _add("medicines/all.toml", "medicine", id="other", says="other", also=["oxy contin"], marks=["unverified"]),
        ("[[medicine]] other", "`also`", "'oxy contin' is already a name of oxycodone"),
    ),
    "medicine id is another's name": (
        _add("medicines/all.toml", "medicine", id="roxi", says="r", marks=["unverified"]),
        ("[[medicine]] roxi", "'roxi' is already a name of oxycodone"),
    ),
    "factor of zero": (_set("medicine", "oxycodone", mme_factor=0), ("[[medicine]] oxycodone", "`mme_factor`")),
    "factor that is no number": (_set("medicine", "oxycodone", mme_factor=float("nan")), ("`mme_factor`",)),
    "bad duration": (
        _set("rule", "infection", within="2 days"),
        (*RULES, "infection", "`within`", "'2 days' is not a duration", "PT4H"),
    ),
    "bad holds_for": (_set("fact", "fever", holds_for="P0D"), ("[[fact]] fever", "`holds_for`", "not a duration")),
    "bad duration of an action": (
        lambda f: entry(f, "rule", "infection")["action"][0].update(within="soon"),
        ("[[rule]] infection", "`action.[1].within`", "'soon' is not a duration"),
    ),
    "endless duration": (_set("fact", "fever", holds_for=f"P{'9' * 400}D"), ("`holds_for`", "not a duration")),
    "choice without values": (_set("fact", "side", values=...), ("[[fact]] side", "`values`", "a choice needs values")),
    "values without choice": (_set("fact", "fever", values={"a": "a"}), ("`values`", "nothing else has them")),
    "number without bounds": (
        _set("fact", "pain", high=...),
        ("[[fact]] pain", "`low`", "a number needs low and high"),
    ),
    "bounds turned round": (_set("fact", "pain", low=11), ("[[fact]] pain", "a number needs low and high")),
    "bounds without end": (_set("fact", "pain", high=float("inf")), ("[[fact]] pain", "a number needs low and high")),
    "bounds of a yes/no": (_set("fact", "fever", low=0, high=1), ("[[fact]] fever", "low and high belong to numbers")),
    "red flag without cases": (
        _set("rule", "infection", case=...),
        ("[[rule]] infection", "`case`", "no worked patient expects true or false or unknown"),
    ),
    "red flag without an unknown case": (
        lambda f: entry(f, "rule", "infection")["case"].pop(),
        ("[[rule]] infection", "no worked patient expects unknown"),
    ),
    "rule without a false case": (
        lambda f: entry(f, "rule", "come")["case"].pop(),
        ("[[rule]] come", "no worked patient expects false"),
    ),
    "unknown expect": (
        _replaced_case("rule", "come", expect="tru"),
        ("[[rule]] come", "`case.expect`", "found 'tru'", "did you mean 'true'", "Allowed: true, false, unknown"),
    ),
    "unknown expect of a cause": (
        _replaced_case("cause", "scar", expect="listed"),
        ("[[cause]] scar", "`case.expect`", "found 'listed'"),
    ),
    "unknown expect of a treatment": (
        _replaced_case("treatment", "block", expect="avoided"),
        ("treatment block", "`case.expect`", "found 'avoided'", "did you mean 'avoid'", "Allowed: offer"),
    ),
    "red flag without urgency": (
        _set("rule", "infection", urgency=..., within=...),
        ("[[rule]] infection", "a red flag needs urgency and within"),
    ),
    "urgency on a route": (
        _set("rule", "come", urgency="urgent"),
        ("[[rule]] come", "`urgency`", "belongs to a rule of kind red-flag, not route"),
    ),
    "route without one": (
        _set("rule", "come", route=...),
        ("[[rule]] come", "`route`", "is missing; Allowed: refer, consult"),
    ),
    "table in the wrong folder": (
        lambda f: f["facts/all.toml"].update(rule=[]),
        ("facts/all.toml", "rule", "there is no such table in facts/", "Allowed: fact, record, derived"),
    ),
    "misspelt table": (
        lambda f: f["rules/all.toml"].update(rul=[{"id": "x"}]),
        ("rules/all.toml", "did you mean 'rule'"),
    ),
    "one table where a list is needed": (
        lambda f: f["rules/all.toml"].update(cause={"id": "x"}),
        ("rules/all.toml", "cause", "is written as a list of tables: [[cause]]"),
    ),
    "file in the wrong folder": (
        lambda f: f.update({"ruels/a.toml": {}}),
        ("ruels/a.toml", "stands where no knowledge is read", "Allowed: sources, facts"),
    ),
    "file at the top": (lambda f: f.update({"more.toml": {}}), ("more.toml", "stands where no knowledge is read")),
    "file too deep": (
        lambda f: f.update({"rules/sub/a.toml": {}}),
        ("rules/sub/a.toml", "stands where no knowledge is read"),
    ),
    "empty treatment": (
        lambda f: f.update({"treatments/empty.toml": {}}),
        ("treatments/empty.toml", "treatment", "`id`", "is missing"),
    ),
    "sentence that is none": (
        lambda f: f["words/en/all.toml"]["headline"].update(ask=3),
        ("words/en/all.toml", "`headline.ask`", "is a sentence, written in quotes"),
    ),
    "sentence with half a blank": (
        lambda f: f["words/en/all.toml"]["headline"].update(ask="Call {now."),
        ("words/en/all.toml", "`headline.ask`", "curly brackets are wrong"),
    ),
    "sentence with a wrong blank": (
        lambda f: f["words/en/all.toml"]["headline"].update(ask="Call {clinic.name}."),
        ("words/en/all.toml", "`headline.ask`", "found the blank {clinic.name}"),
    ),
    "sentence with a formatted blank": (
        lambda f: f["words/en/all.toml"]["headline"].update(ask="Call {clinic:>99999999}."),
        ("`headline.ask`", "found the blank {clinic}"),
    ),
    "clinic without a number to call": (
        lambda f: f["clinic.toml"].pop("emergency_number"),
        ("clinic.toml", "`emergency_number`", "is missing"),
    ),
    "clinic with an unknown key": (
        lambda f: f["clinic.toml"].update(telefone="1"),
        ("clinic.toml", "`telefone`", "did you mean 'telephone'"),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    change, parts = MISTAKES[name]
    one(problems_after(tmp_path, change), *parts)


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = tiny()
    entry(folder, "rule", "come")["sayz"] = "x"
    entry(folder, "rule", "infection")["when"] = "nothing_such AND nothing_else"
    entry(folder, "fact", "side").pop("values")
    entry(folder, "medicine", "senna")["classes"] = ["laxativ"]
    entry(folder, "treatment", "block")["aimed_at"] = ["nowhere"]
    write(tmp_path, folder)
    (tmp_path / "sources" / "broken.toml").write_text("[[source]\nid = 3")
    (tmp_path / "rules" / "bytes.toml").write_bytes(b"says = '\xff'")
    _, problems = read(tmp_path)
    for parts in (
        ("rules/all.toml", "`sayz`"),
        ("rules/all.toml", "nothing_such"),
        ("rules/all.toml", "nothing_else"),
        ("facts/all.toml", "[[fact]] side"),
        ("medicines/all.toml", "did you mean 'laxative'"),
        ("treatments/block.toml", "'nowhere'"),
        ("sources/broken.toml", "is not TOML", "line 1"),
        ("rules/bytes.toml", "is not UTF-8 text: byte 8 is 0xff"),
    ):
        one(problems, *parts)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"[[fact]\n", ("is not TOML", "line 1")),
        (b"a = 1\na = 2\n", ("is not TOML", "line 2")),
        (b"x = \xc3\x28", ("is not UTF-8 text", "byte 4 is 0xc3")),
        (b"\xff\xfeh\x00i\x00", ("is not UTF-8 text", "byte 0")),
        (b"x = " + b"[" * 500_000, ("nested too deep",)),
        (b"x = " + b"{a = " * 5_000, ("nested too deep",)),
        (b"a" + b".a" * 50_000 + b" = 1", ()),
        (b"x = 1" + b"0" * 5000, ("is not TOML", "digits")),
        (b"x = 2020-02-30", ("is not TOML",)),
        (b"# " + b"x" * 3_000_000, ("is 3,000,002 bytes long; at most 2,000,000 are read",)),
        (b"\x00", ("is not TOML",)),
    ],
)
def test_a_file_that_is_no_knowledge(content: bytes, parts: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path, tiny())
    (tmp_path / "facts" / "bad.toml").write_bytes(content)
    began = time.perf_counter()
    _, problems = read(tmp_path)
    assert time.perf_counter() - began < 5
    one(problems, "facts/bad.toml", *parts)


def test_a_byte_order_mark_and_an_empty_file_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, tiny())
    rules = tmp_path / "rules" / "all.toml"
    rules.write_bytes(b"\xef\xbb\xbf" + rules.read_bytes())
    (tmp_path / "facts" / "empty.toml").write_bytes(b"")
    (tmp_path / "rules" / "notes.txt").write_text("not read")
    assert read(tmp_path)[1] == ()


def test_what_is_called_like_a_file_and_is_none_is_named(tmp_path: Path) -> None:
    write(tmp_path, tiny())
    (tmp_path / "rules" / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "rules" / "gone.toml").symlink_to("nowhere.toml")
    (tmp_path / "facts" / "x.toml").mkdir()
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "facts" / "pipe.toml")
    _, problems = read(tmp_path)
    assert len(problems) == 4
    for name in ("rules/loop.toml", "rules/gone.toml", "facts/x.toml", "facts/pipe.toml"):
        one(problems, name, "is not a file")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, tiny())
    denied = tmp_path / "rules" / "all.toml"

    def refuse(of: Callable[..., object]) -> Callable[..., object]:
        def maybe(self: Path, *args: object, **kwargs: object) -> object:
            if self == denied:
                raise PermissionError(13, "Permission denied")
            return of(self, *args, **kwargs)

        return maybe

    monkeypatch.setattr(Path, "open", refuse(Path.open))
    monkeypatch.setattr(Path, "read_bytes", refuse(Path.read_bytes))
    one(read(tmp_path)[1], "rules/all.toml", "cannot be read: Permission denied")


def test_a_file_name_that_is_no_text_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, tiny())
    name = os.fsencode(tmp_path) + b"/facts/\xff.toml"
    with open(name, "wb") as file:  # noqa: PTH123 (a Path cannot show it either)
        file.write(b"fact = 3")
    one(read(tmp_path)[1], "\udcff.toml", "[[fact]]")


def test_a_missing_folder_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such folder"):
        read(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError):
        read(tmp_path / "file")


# --- durations --------------------------------------------------------------------------------------


def test_durations() -> None:
    assert [hours(d) for d in ("PT4H", "P7D", "P12W", "P6M", "P1Y", "P1DT12H", "PT30M")] == [
        4,
        168,
        2016,
        4320,
        8760,
        36,
        0.5,
    ]
    assert words("P1D") == "1 day"
    assert words("PT4H") == "4 hours"
    assert words("P1Y6M") == "1 year 6 months"


@pytest.mark.parametrize("text", ["", "P", "PT", "P0D", "P-1D", "4H", "P4H", "P1.5D", "p7d", "P7D ", "P٣D", "P7DT"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        hours(text)


# --- never a traceback ------------------------------------------------------------------------------

_TEXTS = {name: "".join(f"{inline(k)} = {inline(v)}\n" for k, v in content.items()) for name, content in tiny().items()}
_VALUES = [
    "1",
    "-1",
    "0",
    "1e400",
    "nan",
    "inf",
    "99999999999999999999999",
    "true",
    '""',
    '"x"',
    '"fever"',
    '"design"',
    "[]",
    "[[]]",
    "{}",
    "2020-01-01",
    "00:00:00",
    "[{}]",
    '["a", 1]',
    '{ a = "b" }',
    '"\\u0000"',
    '"((((("',
    '"NOT"',
    "'P1D'",
]


def _load_or_say(root: Path, data: dict[str, bytes]) -> None:
    for name, content in data.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    catalogue, problems = read(root)
    assert (catalogue is None) == bool(problems)
    for problem in problems:
        assert re.match(r"[\w./-]+", problem)
        assert "Traceback" not in problem
    if catalogue is not None:
        assert all(isinstance(surprise, str) for surprise in run_cases(catalogue))
        with contextlib.suppress(OverflowError):
            stored = msgspec.msgpack.encode(catalogue)
            assert msgspec.msgpack.encode(msgspec.msgpack.decode(stored, type=type(catalogue))) == stored


@settings(max_examples=120)
@given(st.integers(0, 2**32))
def test_values_exchanged_at_random_load_or_are_named(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    texts = dict(_TEXTS)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(list(texts))
        tokens = list(re.finditer(r'"(?:[^"\\]|\\.)*"|\b\d+(?:\.\d+)?\b|\btrue\b|\[|\{ ', texts[name]))
        token = chance.choice(tokens)
        new = chance.choice([*_VALUES, chance.choice(tokens).group()])
        texts[name] = texts[name][: token.start()] + new + texts[name][token.end() :]
    root = tmp_path_factory.mktemp("values")
    _load_or_say(root, {name: text.encode() for name, text in texts.items()})


@settings(max_examples=80)
@given(st.sampled_from(sorted(_TEXTS)), st.data())
def test_bytes_exchanged_at_random_load_or_are_named(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray(_TEXTS[name].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 4))
        content[at : at + length] = data.draw(st.binary(max_size=4))
    root = tmp_path_factory.mktemp("bytes")
    _load_or_say(root, {**{n: t.encode() for n, t in _TEXTS.items()}, name: bytes(content)})


# --- the hash and the store -------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.data())
@example(None)
def test_the_hash_changes_with_any_byte_and_only_then(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject | None
) -> None:
    root = write(tmp_path_factory.mktemp("hash"), tiny())
    before = files.digest([root])
    assert before == files.digest([write(tmp_path_factory.mktemp("elsewhere"), tiny())])
    (root / "rules" / "notes.txt").write_text("no knowledge")
    assert files.digest([root]) == before
    if data is None:
        (root / "rules" / "all.toml").rename(root / "rules" / "other.toml")
    else:
        path = data.draw(st.sampled_from(files.paths(root)))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
    assert files.digest([root]) != before


def test_bytes_moved_from_one_file_to_the_next_change_the_hash(tmp_path: Path) -> None:
    for name, parts in (("one", ("ab", "c")), ("two", ("a", "bc")), ("three", ("abc", ""))):
        write(tmp_path / name, {"rules/a.toml": {}, "rules/b.toml": {}})
        (tmp_path / name / "rules" / "a.toml").write_text(parts[0])
        (tmp_path / name / "rules" / "b.toml").write_text(parts[1])
    assert len({files.digest([tmp_path / name]) for name in ("one", "two", "three")}) == 3


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny folder as the shipped one, and a store of its own."""
    monkeypatch.setattr(files, "SHIPPED", write(tmp_path / "knowledge", tiny()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def _stored(root: Path) -> list[Path]:
    return sorted((root / "cache" / "postlude").glob("*"))


def test_a_stored_catalogue_is_used_and_is_equal(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load.load()
    assert len(_stored(shipped)) == 1
    monkeypatch.setattr(load, "read", lambda _: pytest.fail("was read again"))
    assert load.load() == first


def test_a_changed_file_is_read_again(shipped: Path) -> None:
    first = load.load()
    clinic = shipped / "knowledge" / "clinic.toml"
    clinic.write_text(clinic.read_text().replace("112", "999"))
    assert load.load().clinic.emergency_number == "999"
    assert load.load().hash != first.hash


@settings(max_examples=30)
@given(st.data())
def test_a_corrupted_store_is_rebuilt(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SHIPPED", write(root / "knowledge", tiny()))
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        first = load.load()
        (stored,) = _stored(root)
        good = stored.read_bytes()
        content = bytearray(good)
        how = data.draw(st.sampled_from(["bit", "cut", "empty", "more"]))
        if how == "bit":
            content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "cut":
            del content[data.draw(st.integers(0, len(content) - 1)) :]
        elif how == "empty":
            content.clear()
        else:
            content += b"\x00"
        stored.write_bytes(content)
        assert load.load() == first
        assert stored.read_bytes() == good


def test_a_store_that_cannot_be_written_costs_only_time(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load.load()
    (shipped / "a file").write_text("")
    for place in (shipped / "a file", shipped / "a file" / "below", Path("/proc/none")):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert load.load() == expected


def test_a_full_disk_costs_only_time(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept.os, "fdopen", full)
    assert load.load().rules


def test_the_store_keeps_only_a_few(shipped: Path) -> None:
    clinic = shipped / "knowledge" / "clinic.toml"
    for number in range(12):
        clinic.write_text(clinic.read_text() + f"# {number}\n")
        load.load()
    assert len(_stored(shipped)) <= 8


def test_what_is_used_stays_in_the_store(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = shipped / "knowledge" / "clinic.toml"
    used, reads, read = clinic.read_text(), [], load.read
    monkeypatch.setattr(
        load, "read", lambda overlay, **how: (reads.append(clinic.read_text()), read(overlay, **how))[1]
    )
    load.load()
    for number in range(12):
        clinic.write_text(f"{used}# {number}\n")
        load.load()
        clinic.write_text(used)
        load.load()
    assert reads.count(used) == 1
    assert len(reads) == 13


def test_a_number_too_large_for_the_store_is_still_read(shipped: Path) -> None:
    folder = tiny()
    entry(folder, "source", "some-study")["year"] = 10**30
    write(shipped / "knowledge", folder)
    assert load.load().sources["some-study"].year == 10**30


def test_a_broken_folder_raises_every_problem(shipped: Path) -> None:
    (shipped / "knowledge" / "rules" / "x.toml").write_text("nonsense")
    (shipped / "knowledge" / "facts" / "y.toml").write_text("nonsense")
    with pytest.raises(KnowledgeError) as caught:
        load.load()
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 10
