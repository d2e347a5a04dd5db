"""A population file: every mistake said with its place, and nothing of a person left to silence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_catalog_folder import Folder, entry, read, tiny, write

from postlude.assessment.checking import check
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.catalog.populating import without_a_line
from postlude.errors import KnowledgeError
from postlude.report.explain import explain
from postlude.simulate.population import people

_OURS = {"marks": ["design"], "why": "because"}
_FILE = "populations/well.toml"
WELL: dict[str, Any] = {
    "id": "well",
    "says": "people",
    "marks": ["design"],
    "right_to_call": ["infection"],
    "answer": [
        {"fact": "operated", "share": 0.9, "source": "some-study"},
        {"fact": "fever", "when": "operated", "share": 0.1, **_OURS},
        {"fact": "fever", "share": 0.2, "source": "some-study"},
        {"fact": "wound", "share": 0.5, **_OURS},
        {"fact": "pain", "low": 0, "high": 10, "mean": 5, "sd": 2, "round": 1, **_OURS},
        {"fact": "side", "shares": {"left": 0.3, "right": 0.7}, **_OURS},
    ],
    "listed": [
        {
            "list": "medications",
            "share": 0.5,
            **_OURS,
            "entry": [{"set": {"medicine": "oxycodone", "sig": "5 mg"}, "shares": {"form": {"a": 0.5, "b": 0.5}}}],
        },
        {"list": "operations", "times": [0.5, 0.25, 0.25], **_OURS, "entry": [{"set": {"level": "one"}}]},
    ],
    "unsure": [{"share": 0.01, **_OURS}],
    "left_open": [{"answered_by": "test", **_OURS}],
}


def folder_with(change: Callable[[dict[str, Any]], object] = lambda _: None) -> Folder:
    folder = tiny()
    folder[_FILE] = tiny_population()
    # Everything that a headline may be, since these people are told one.
    words = folder["words/en/all.toml"]
    words["headline"] |= dict.fromkeys(("urgent", "urgent_open", "ask", "refer", "unlikely"), "Wait.")
    words["policy"] = dict.fromkeys(("call_today", "call_today_plain", "call_today_who"), "Call.")
    change(folder[_FILE])
    return folder


def tiny_population() -> dict[str, Any]:
    return {key: [dict(row) for row in rows] if key in _LISTS else rows for key, rows in WELL.items()}


_LISTS = ("answer", "listed", "unsure", "left_open")


def made(root: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Catalogue:
    catalogue, problems = read(write(root, folder_with(change)))
    assert problems == ()
    assert catalogue is not None
    return catalogue


def line(number: int, /, **values: Any) -> Callable[[dict[str, Any]], object]:
    """Change one answer; ``...`` removes a key."""

    def change(content: dict[str, Any]) -> None:
        for key, value in values.items():
            if value is ...:
                content["answer"][number].pop(key)
            else:
                content["answer"][number][key] = value

    return change


def add(kind: str, /, **row: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content[kind].insert(0, row)


def item(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["listed"][0].update(entry=[values])


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...]]] = {
    "no such fact": (line(0, fact="opperated"), ("answer.[1] opperated.fact", "did you mean 'operated'")),
    "no ground": (line(0, source=...), ("answer.[1] operated.source", "names no source")),
    "unknown source": (line(0, source="some-stdy"), ("there is no source 'some-stdy'", "did you mean 'some-study'")),
    "a mark without a reason": (line(3, why=...), ("answer.[4] wound.why", "is missing")),
    "a share above 1": (line(0, share=1.5), ("answer.[1].share", "found the number 1.5", "a share from 0 to 1")),
    "no figure": (line(0, share=...), ("operated is a boolean", "give `share`")),
    "two figures": (line(0, low=0, high=1), ("operated is a boolean", "alone")),
    "shares for a number": (line(4, shares={"1": 1.0}), ("pain is a number", "`low` and `high`")),
    "an unknown code": (line(5, shares={"left": 0.3, "rigth": 0.7}), ("side.shares", "did you mean 'right'")),
    "shares that are not everybody": (line(5, shares={"left": 0.3, "right": 0.6}), ("side.shares", "add up to 0.9")),
    "a number outside": (line(4, high=11), ("pain.low", "found 0.0 to 11.0", "from 0 to 10")),
    "a mean without a spread": (line(4, sd=...), ("pain.mean", "belong together")),
    "a mean outside": (line(4, mean=12), ("pain.mean", "between low and high")),
    "no line for the rest": (line(2, when="NOT operated"), ("every line of fever has a `when`",)),
    "a line that never speaks": (line(1, when=...), ("fever stands behind one without `when`",)),
    "a wrong condition": (line(1, when="opperated"), ("answer.[2] fever.when", "opperated")),
    "a circle": (line(0, when="wound"), ("operated", "every line of operated has a `when`")),
    "an unknown list": (add("listed", list="meds", share=1, entry=[{}], **_OURS), ("no list 'meds'",)),
    "no count": (lambda c: c["listed"][0].pop("share"), ("medications", "give `share`", "`times`")),
    "counts that are not everybody": (lambda c: c["listed"][1].update(times=[0.5]), ("times", "add up to 0.5")),
    "an unknown field": (item(set={"medecine": "senna"}), ("entry.[1].set", "did you mean 'medicine'")),
    "a field that is filled in": (item(set={"opioid": True}), ("there is no field 'opioid'",)),
    "an unknown medicine": (item(set={"medicine": "senne"}), ("set.medicine", "did you mean 'senna'")),
    "a wrong value": (item(set={"current": "yes"}), ("set.current", "true or false is needed")),
    "days of no date": (item(days_ago={"form": [1, 2]}), ("days_ago.form", "belongs to a date")),
    "days the wrong way": (item(days_ago={"form": [2, 1]}), ("the fewest days come first",)),
    "kinds that are not everybody": (item(share=0.5), ("do not add up to 1",)),
    "no warning sign": (add("unsure", share=0.1, facts=["pain"], **_OURS), ("'pain' is no warning sign",)),
    "left open by the person": (add("left_open", answered_by="patient", **_OURS), ("Allowed: clinician, test",)),
    "no red flag": (lambda c: c.update(right_to_call=["come"]), ("no red flag 'come'", "Allowed: infection, worst")),
    "no such figure of the fact": (
        line(0, share=..., frequency="some-study"),
        ("frequency", "operated has 0 figures for yes from 'some-study'"),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_with_its_place(name: str, tmp_path: Path) -> None:
    change, parts = MISTAKES[name]
    catalogue, problems = read(write(tmp_path, folder_with(change)))
    assert catalogue is None
    assert any(all(part in p for part in (_FILE, *parts)) for p in problems), "\n".join(problems)


def test_a_circle_of_conditions_is_named(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["answer"].insert(0, {"fact": "operated", "when": "wound", "share": 0.5, **_OURS})

    _, problems = read(write(tmp_path, folder_with(change)))
    # A wound is only asked of the operated, and here to be operated waits for the wound.
    assert any("each of these waits for the next" in p and "operated" in p and "wound" in p for p in problems)


def test_everything_stands_behind_what_it_rests_on(tmp_path: Path) -> None:
    order = made(tmp_path).populations["well"].order
    assert set(order) == {"operated", "fever", "wound", "pain", "side", "medications", "operations"}
    assert order.index("operated") < min(order.index("fever"), order.index("wound"))


def test_one_line_can_speak_of_several_facts(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["answer"][0]["also"] = ["wound"]
        del content["answer"][3]

    answers = made(tmp_path, change).populations["well"].answers
    assert answers["wound"] == answers["operated"]


def test_what_has_no_line_is_named(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["answer"] = [row for row in content["answer"] if row["fact"] not in ("fever", "side")]
        del content["listed"][1]

    catalogue = made(tmp_path, change)
    assert without_a_line(catalogue, catalogue.populations["well"]) == ("fever", "side", "operations")
    assert without_a_line(made(tmp_path / "whole"), made(tmp_path / "whole").populations["well"]) == ()


def test_only_examination_and_tests_can_be_left_open(tmp_path: Path) -> None:
    folder = folder_with()
    folder["facts/all.toml"]["fact"].append(
        {"id": "scan", "type": "boolean", "says": "s", "ask": "S?", "answered_by": "test"}
    )
    folder["facts/all.toml"]["fact"].append(
        {"id": "seen", "type": "boolean", "says": "s", "ask": "S?", "answered_by": "clinician"}
    )
    catalogue, problems = read(write(tmp_path, folder))
    assert problems == ()
    assert catalogue is not None
    assert without_a_line(catalogue, catalogue.populations["well"]) == ("seen",)


# --- several files of one population ----------------------------------------------------------------

_MORE = "populations/well-pain.toml"


def parted(*keys: str, **more: Any) -> Folder:
    """The same people, the lines of some facts and lists in a file of their own."""
    folder = folder_with()
    whole = folder[_FILE]
    folder[_MORE] = {
        "population": "well",
        "answer": [row for row in whole["answer"] if row["fact"] in keys],
        "listed": [row for row in whole["listed"] if row["list"] in keys],
        **more,
    }
    whole["answer"] = [row for row in whole["answer"] if row["fact"] not in keys]
    whole["listed"] = [row for row in whole["listed"] if row["list"] not in keys]
    return folder


def test_it_is_the_same_in_which_files_the_lines_stand(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole")
    catalogue, problems = read(write(tmp_path / "parted", parted("fever", "pain", "operations")))
    assert problems == ()
    assert catalogue is not None
    one, other = whole.populations["well"], catalogue.populations["well"]
    for key in ("answers", "listed", "unsure", "left_open", "right_to_call", "says"):
        assert getattr(one, key) == getattr(other, key)
    drawn = [list(people(c, c.populations["well"], 40, 2)) for c in (whole, catalogue)]
    assert drawn[0] == drawn[1]


PARTED: dict[str, tuple[Callable[[Folder], object], str]] = {
    "one fact in two files": (
        lambda f: f[_MORE]["answer"].append({"fact": "wound", "share": 0.5, **_OURS}),
        f"{_MORE}, lines of well: wound has a line in {_FILE} too",
    ),
    "one fact of a line for several": (
        lambda f: f[_FILE]["answer"][0].update(also=["pain"]),
        f"{_MORE}, lines of well: pain has a line in {_FILE} too",
    ),
    "one list in two files": (
        lambda f: f[_MORE]["listed"].append(dict(f[_FILE]["listed"][0])),
        f"{_MORE}, lines of well: medications has a line in {_FILE} too",
    ),
    "an unknown population": (
        lambda f: f[_MORE].update(population="wel"),
        f"{_MORE}, lines of wel, key `population`: no file begins a population 'wel'; did you mean 'well'",
    ),
    "no population at all": (
        lambda f: f[_MORE].pop("population"),
        f"{_MORE}, population: names neither an `id`, which begins a population, nor the `population` it adds lines to",
    ),
    "both an id and a population": (lambda f: f[_MORE].update(id="more"), "key `id`: there is no such key"),
    "no line": (lambda f: f[_MORE].update(answer=[], listed=[]), f"{_MORE}, lines of well: holds no line"),
    "a mistake in a line": (
        lambda f: f[_MORE]["answer"][0].update(source="some-stdy"),
        f"{_MORE}, lines of well, key `answer.[1] fever.source`",
    ),
}


@pytest.mark.parametrize("name", PARTED)
def test_a_mistake_between_files_is_said_with_its_place(name: str, tmp_path: Path) -> None:
    change, said = PARTED[name]
    folder = parted("fever", "pain", "operations")
    change(folder)
    catalogue, problems = read(write(tmp_path, folder))
    assert catalogue is None
    assert any(said in problem for problem in problems), "\n".join(problems)


def test_a_clinic_adds_lines_for_its_own_questions(tmp_path: Path) -> None:
    base = write(tmp_path / "base", parted("fever"))
    question = {"id": "own", "type": "boolean", "says": "own", "ask": "Own?"}
    own: Folder = {"facts/own.toml": {"fact": [question]}}
    own[_MORE] = {"population": "well", "answer": [{"fact": "own", "share": 0.5, **_OURS}]}
    catalogue, problems = read(base, write(tmp_path / "own", own))
    assert problems == ()
    assert catalogue is not None
    assert {"own", "fever", "wound"} < set(catalogue.populations["well"].answers)


def test_a_population_begun_anew_is_made_of_the_files_of_that_folder(tmp_path: Path) -> None:
    base = write(tmp_path / "base", parted("fever"))
    own = write(tmp_path / "own", {_FILE: {**tiny_population(), "says": "others"}})
    catalogue, problems = read(base, own)
    assert problems == ()
    assert catalogue is not None
    assert catalogue.populations["well"].says == "others"


# --- how common an answer is ------------------------------------------------------------------------

_COMMON = {"answer": True, "share": 0.4, "among": "everybody", "source": "some-study"}


def test_a_line_takes_the_figure_of_the_fact(tmp_path: Path) -> None:
    folder = folder_with(line(0, share=..., frequency="some-study"))
    entry(folder, "fact", "operated")["frequency"] = [_COMMON]
    catalogue, problems = read(write(tmp_path, folder))
    assert problems == ()
    assert catalogue is not None
    assert catalogue.populations["well"].answers["operated"][0].share == 0.4
    assert "how common: yes in 40 % of everybody; doi:10.1000/xyz" in " ".join(explain(catalogue, "operated").split())


def test_a_figure_of_another_group_is_not_taken_unasked(tmp_path: Path) -> None:
    folder = folder_with()
    entry(folder, "fact", "operated")["frequency"] = [_COMMON]
    catalogue, _ = read(write(tmp_path, folder))
    assert catalogue is not None
    assert catalogue.populations["well"].answers["operated"][0].share == 0.9


@pytest.mark.parametrize(
    ("fact", "change", "said"),
    [
        ("fever", {"source": ...}, "names no source"),
        ("fever", {"answer": "yes"}, "found 'yes'; Allowed: true, false"),
        ("side", {"answer": "middle"}, "Allowed: left, right"),
        ("pain", {}, "belongs to a yes/no or a choice"),
        ("fever", {"source": ..., "marks": ["design"]}, "a judgement says why"),
        ("fever", {"share": 40}, "a share from 0 to 1"),
    ],
)
def test_a_wrong_frequency_is_refused(fact: str, change: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = tiny()
    entry(folder, "fact", fact)["frequency"] = [{k: v for k, v in (_COMMON | change).items() if v is not ...}]
    _, problems = read(write(tmp_path, folder))
    assert any(f"[[fact]] {fact}, key `frequency" in p and said in p for p in problems), problems


# --- postlude check ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_patients")
def test_check_fails_when_the_shipped_people_leave_a_shipped_question_open(tmp_path: Path) -> None:
    catalogue = load()
    fact = next(key for key in catalogue.populations["stable"].answers if catalogue.facts[key].high == 120)
    (tmp_path / "populations").mkdir()
    (tmp_path / _FILE).write_text(
        f'id = "few"\nsays = "few"\n[[answer]]\nfact = "{fact}"\nlow = 20\nhigh = 80\nmarks = ["design"]\nwhy = "all"\n'
    )
    with pytest.raises(KnowledgeError, match=r"population few: no line says how these are answered: .*fever"):
        check(tmp_path, write=lambda _: None)


@pytest.mark.usefixtures("no_patients")
def test_check_says_which_of_a_clinics_own_questions_stay_open(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "own.toml").write_text(
        '[[fact]]\nid = "own_question"\ntype = "boolean"\nsays = "own"\nask = "Own?"\n'
    )
    said: list[str] = []
    check(tmp_path, write=said.append)
    assert "population stable: nobody answers own_question\n" in said


def test_the_shipped_people_answer_everything() -> None:
    catalogue = load()
    for population in catalogue.populations.values():
        assert without_a_line(catalogue, population) == ()
