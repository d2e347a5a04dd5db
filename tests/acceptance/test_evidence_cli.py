"""`postlude evidence` and `postlude pool` as they are called: what is printed, drawn, refused, and with which code."""

import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from postlude import cli
from postlude.catalog.load import load
from postlude.evidence import influence

ROOT = Path(__file__).parents[2]
POSTLUDE = str(Path(sys.executable).with_name("postlude"))
CASE = "examples/dahbour-2021.json"
STUDY = "kumar-2007-process"
TWO = {"measure": "odds-ratio", "rows": [{"events1": 24, "n1": 50, "events2": 4, "n2": 44}] * 2}


def run(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [POSTLUDE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False, **how
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@cache
def shown(*arguments: str) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def words(text: str) -> str:
    """The text without its line ends."""
    return " ".join(text.split())


def failed(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    for part in parts:
        assert part in done.stderr


# --- browsing ---------------------------------------------------------------------------------------


def test_the_index_has_every_intervention_and_the_totals() -> None:
    library = load().library
    text = shown("evidence")
    for intervention in library.interventions:
        assert sum(line.split()[:1] == [intervention] for line in text.splitlines()) == 1
    assert f"The library holds {len(library.studies)} publications" in words(text)
    found = json.loads(shown("evidence", "--json"))
    assert found["publications"] == len(library.studies)
    assert [line["intervention"] for line in found["interventions"]] == list(library.interventions)


def test_a_treatment_shows_everything_of_it() -> None:
    text = words(shown("evidence", "scs"))
    for part in (
        "a person of whom nothing is known",
        "30 % relief, middle and 95 %",
        "kumar-2007-process (randomised, open) leg-pain-50 6 months 24 of 50 48 % bounded",
        "bounded: some were lost",
        "kumar-2007-process against usual care: leg-pain-50, 6 months: 24 of 50 against 4 of 44; odds ratio 8.3",
        "no denominator is known: kirketeig-2023-sweden",
        "publication bias",
        "randomised trial, open, paid for by industry; read: abstract",
    ):
        assert part in text


def test_every_harm_and_every_domain_is_printed() -> None:
    page = json.loads(shown("evidence", "scs", "--json"))
    text = words(shown("evidence", "scs"))
    assert len(page["expected"]["harms"]) > 3
    for harm in page["expected"]["harms"]:
        assert f"! {harm['says']}:" in text
    for judgement in page["expected"]["certainty"]["judgements"]:
        assert words(judgement["why"]) in text
    for study in page["studies"]:
        assert f"- {study['id']}: " in text


def test_a_treatment_is_found_by_what_it_gave_people() -> None:
    name = load().treatments["usual-care"].intervention
    assert name not in ("", "usual-care")
    assert shown("evidence", "usual-care", "--json") == shown("evidence", name, "--json")
    assert shown("evidence", "usual-care") == shown("evidence", name)


def test_a_publication_is_shown_as_it_is_recorded() -> None:
    text = words(shown("evidence", STUDY))
    study = load().library.studies[STUDY]
    for part in (study.title, study.population, study.note, study.doi, "trial: PROCESS", "kumar-2008-process-24m"):
        assert words(part) in text
    assert "24 of 50, 48 % denominator: analysed" in text
    assert "no whole number of these people gives this percentage" in text
    assert "arm scs (scs; randomised, open) leg-pain-50 6 months 24 of 50 48 % bounded" in text
    page = json.loads(shown("evidence", STUDY, "--json"))
    assert page["study"]["arm"][0]["responders"][0]["events"] == 24
    assert page["same_people"] == ["kumar-2008-process-24m"]


def test_nothing_is_wider_than_a_terminal() -> None:
    for arguments in (
        (),
        ("scs",),
        ("opioids",),
        ("sij-fusion",),
        ("medical-management",),
        (STUDY,),
        ("jones-2023-opal",),
        ("priors",),
        ("priors", "scs"),
    ):
        for line in shown("evidence", *arguments).splitlines():
            assert len(line) <= 80 or "http" in line, (arguments, line)


def test_a_treatment_that_nobody_can_be_counted_for_says_so() -> None:
    text = words(shown("evidence", "opioids"))
    assert "no figure is given" in text
    assert "RESULTS THAT ARE COUNTED None." in text


# --- pictures ---------------------------------------------------------------------------------------


def test_pictures_are_written_and_the_same_every_time(tmp_path: Path) -> None:
    names = ("plot", "funnel", "icons")
    for turn in ("a", "b"):
        asked = [part for name in names for part in (f"--{name}", str(tmp_path / f"{name}-{turn}.svg"))]
        assert run("evidence", "scs", *asked).stdout == shown("evidence", "scs")
    for name in names:
        first, second = ((tmp_path / f"{name}-{turn}.svg").read_bytes() for turn in ("a", "b"))
        assert first == second
        assert ElementTree.fromstring(first).tag.endswith("svg")  # noqa: S314
    text = (tmp_path / "plot-a.svg").read_text()
    assert "Kumar 2007" in text
    assert "Next clinic" in text


def test_the_options_of_a_person_are_drawn_after_they_are_told(tmp_path: Path) -> None:
    path = tmp_path / "options.svg"
    assert run("assess", CASE, "--options", str(path)).stdout == shown("assess", CASE)
    picture = " ".join(ElementTree.fromstring(path.read_bytes()).itertext())  # noqa: S314
    for option in json.loads(shown("assess", CASE, "--json"))["options"]:
        assert option["name"].split()[0] in picture
    assert "compared, but in no figure of relief" in words(picture)
    again = tmp_path / "again.svg"
    run("assess", CASE, "--options", str(again))
    assert again.read_bytes() == path.read_bytes()


def test_the_options_wait_in_an_emergency(tmp_path: Path) -> None:
    intake, path = tmp_path / "intake.json", tmp_path / "options.svg"
    intake.write_text(json.dumps({"as_of": "2026-01-15", "facts": {"bladder_change": True, "cannot_pass_urine": True}}))
    done = run("assess", str(intake), "--options", str(path))
    assert done.returncode == 2
    assert "Emergency" in done.stdout
    assert "this is an emergency" in done.stderr
    assert not path.exists()


def test_what_cannot_be_drawn_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    failed(run("evidence", "sij-fusion", "--icons", str(path)), 2, "too little stands behind its figure")
    failed(run("evidence", "opioids", "--plot", str(tmp_path / "y.svg"), "--icons", str(path)), 2, "nothing to draw")
    failed(run("evidence", STUDY, "--plot", str(path)), 2, "is a publication")
    failed(run("evidence", "--plot", str(path)), 2, "goes with one treatment")
    failed(run("evidence", "priors", "scs", "--plot", str(path)), 2, "--plot goes with one treatment")
    assert list(tmp_path.iterdir()) == []
    failed(run("evidence", "scs", "--plot", str(tmp_path)), 13, f"{tmp_path}: cannot be written: Is a directory")


# --- what made a number -----------------------------------------------------------------------------


def test_why_says_what_made_the_number_of_the_assessment() -> None:
    found = json.loads(shown("evidence", "why", "scs", "--for", CASE, "--json"))
    options = json.loads(shown("assess", CASE, "--json"))["options"]
    expected = next(o for o in options if o["treatment"] == "scs")["expected"]
    share = next(s for s in expected["shares"] if (s["relief"], s["months"]) == (50, found["months"]))
    assert found["figure"]["mean"] == pytest.approx(share["mean"], abs=0.05)
    assert found["figure"]["low"] == pytest.approx(share["low95"], abs=0.05)
    assert sum(arm["weight"] for arm in found["arms"]) == pytest.approx(100)
    trials = {arm["trial"] for arm in found["arms"]}
    assert {left["trial"] for left in found["without"]} == trials
    moves = [abs(left["figure"]["mean"] - found["figure"]["mean"]) for left in found["without"]]
    assert moves == sorted(moves, reverse=True)


def test_why_is_said_in_words() -> None:
    text = shown("evidence", "why", "scs", "--for", CASE)
    assert max(map(len, text.splitlines())) <= 80
    for part in (
        "Known of this person: neck, spine surgery before.",
        "an unstudied treatment of its class",
        "of the variance: that part is borrowed",
        "loss of response per log of months [judgement] prior 0.15 (0.15)",
        "counting 30 % relief instead of 50 % [measurements]",
        "how much trials of one treatment differ",
        "The one that moves it most is ",
        "kumar-2007-process against usual care",
    ):
        assert part in words(text)


def test_why_without_a_number() -> None:
    text = words(shown("evidence", "why", "opioids", "--for", CASE))
    assert "No result of it could be counted as relief." in text
    assert "jones-2023-opal against sham" in text
    assert "THE TERMS" not in text


# --- priors -----------------------------------------------------------------------------------------


def test_every_prior_is_shown_with_what_it_stands_on_and_what_it_moves() -> None:
    library = load().library
    assert influence.load(library) is not None, (
        "the shipped influence is of other evidence: influence.write(library) makes it anew"
    )
    text = words(shown("evidence", "priors"))
    for prior in library.priors.values():
        assert words(f"- {prior.id}: {prior.says}: ") in text
        assert words(prior.why) in text
    assert text.count("[judgement]") == sum(p.stands_on == "judgement" for p in library.priors.values())
    assert text.count(" halved: ") == len(library.priors)
    assert text.count(" set to zero: ") == len(library.priors)


def test_priors_of_one_treatment() -> None:
    text = words(shown("evidence", "priors", "scs"))
    assert "moves scs, half relief at 6 months: halved" in text
    assert "moves scs over sham: halved" in text
    assert "epidural" not in text
    found = json.loads(shown("evidence", "priors", "scs", "--json"))
    assert {f["intervention"] for f in found["influences"]["shares"]} == {"scs"}
    assert all(len(one["by"]["zero"]) <= 2 for one in found["influences"]["priors"].values())
    assert "no prior moves one" in words(shown("evidence", "priors", "antibiotics"))


def test_priors_of_other_evidence_are_worked_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clinic's own evidence is never answered with the influence of the shipped one."""
    kept = influence.load(load().library)
    monkeypatch.setattr(influence, "load", lambda _: None)
    monkeypatch.setattr(influence, "influence", lambda _: kept)
    assert cli.main(["evidence", "priors", "scs"]) == 0
    assert capsys.readouterr().out.startswith("This evidence is not the shipped one")


# --- wrong use --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (("scx",), 2, ("no treatment and no study has the id 'scx'", "did you mean 'scs'")),
        (("kumar-2007-proces",), 2, ("did you mean 'kumar-2007-process'",)),
        (("priors", "scx"), 2, ("did you mean 'scs'",)),
        (("why", "scx", "--for", CASE), 2, ("did you mean 'scs'",)),
        (("why", "scs"), 2, ("why needs one treatment and a person",)),
        (("why", "--for", CASE), 2, ("why needs one treatment and a person",)),
        (("scs", "--for", CASE), 2, ("--for goes with why",)),
        (("scs", "opioids"), 2, ("too much was named",)),
        (("priors", "scs", "opioids"), 2, ("too much was named",)),
        (("scs", "--knowledge", "nowhere"), 13, ("there is no such folder",)),
        (("why", "scs", "--for", "nowhere.json"), 13, ("nowhere.json: cannot be read",)),
        (("why", "scs", "--for", "README.md"), 11, ("README.md: is not JSON",)),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], code: int, parts: tuple[str, ...]) -> None:
    failed(run("evidence", *arguments), code, *parts)


# --- explain and check ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("scs-burst", ("intervention scs-burst (terms/", "postlude evidence scs-burst")),
        ("pain-50", ("outcome pain-50 (terms/", "counted as: relief-50")),
        ("decay", ("prior decay (terms/", "[judgement]", "postlude evidence priors")),
        (STUDY, (f"published {STUDY} (evidence/{STUDY}.toml)", f"postlude evidence {STUDY}")),
        ("scs", ("treatment scs (", "intervention scs (", "the evidence: postlude evidence scs")),
    ],
)
def test_explain_finds_the_evidence(key: str, parts: tuple[str, ...]) -> None:
    text = words(shown("explain", key))
    for part in parts:
        assert part in text


def test_check_counts_the_evidence() -> None:
    arms = [arm for study in load().library.studies.values() for arm in study.arm]
    results = sum(len(arm.results()) for arm in arms)
    assert f"{len(load().library.studies)} publications, {len(arms)} arms, {results} results" in shown("check")


# --- pool -------------------------------------------------------------------------------------------


def test_pool_answers_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps(TWO))
    assert "Pooled odds ratio, 2 of 2 rows" in shown("pool", str(path))
    found = json.loads(shown("pool", str(path), "--json"))
    assert found["k"] == 2
    assert found["back"]["estimate"] == pytest.approx(24 * 40 / 26 / 4, rel=1e-6)
    assert run("pool", "-", "--json", input=json.dumps(TWO)).stdout == shown("pool", str(path), "--json")


def test_pool_answers_a_batch_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text(f"{json.dumps(TWO)}\n\n{json.dumps(TWO)}\n")
    lines = shown("pool", "--batch", str(path)).splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0]) == json.loads(lines[1])
    path.write_text(f"{json.dumps(TWO)}\n{{}}\n")
    done = run("pool", "--batch", str(path))
    assert done.returncode == 15
    assert len(done.stdout.splitlines()) == 1
    assert "line 2" in done.stderr


def test_pool_refuses_what_is_wrong() -> None:
    failed(run("pool"), 2, "one of FILE.json and --batch FILE.jsonl")
    failed(run("pool", "a", "--batch", "b"), 2, "one of FILE.json and --batch FILE.jsonl")
    failed(run("pool", "nowhere.json"), 13, "nowhere.json: cannot be read")
    failed(run("pool", "-", input="{"), 15, "-: is not JSON")
    failed(run("pool", str(ROOT / CASE)), 15, "measure")
    closed = subprocess.run(["bash", "-c", f"{POSTLUDE} pool - <&-"], capture_output=True, text=True, check=False)
    assert closed.returncode == 15, closed.stderr


def test_standard_input_that_breaks_is_13(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Broken()))
    assert cli.main(["pool", "-"]) == 13
    assert capsys.readouterr().err == "postlude: -: cannot be read: Input/output error\n"


def test_pool_waits_for_no_knowledge() -> None:
    code = (
        "import sys\nfrom postlude.cli import main\nmain(['pool', '-'])\n"
        "print([m for m in ('duckdb', 'sqlglot', 'vl_convert', 'postlude.evidence.make') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(TWO), capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")
