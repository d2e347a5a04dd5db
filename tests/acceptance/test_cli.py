"""The command as it is called: exit codes, what is printed where, and that nobody ever sees a traceback."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_reading import REFUSED

from postlude import __version__, cli
from postlude.errors import (
    AnswersError,
    FileError,
    IntakeError,
    KnowledgeError,
    LessUrgentError,
    MissingPartError,
    PoolError,
    PostludeError,
    ProofError,
    StudyError,
    SurvivorError,
    UsageError,
)

ROOT = Path(__file__).parents[2]
POSTLUDE = str(Path(sys.executable).with_name("postlude"))
CASE = "examples/dahbour-2021.json"
Run = subprocess.CompletedProcess[str]


def run(*arguments: str, **how: Any) -> Run:
    how.setdefault("capture_output", not {"stdout", "stderr"} & set(how))
    done = subprocess.run([POSTLUDE, *arguments], cwd=ROOT, text=True, timeout=60, check=False, **how)
    assert "Traceback" not in f"{done.stdout}{done.stderr}", done.stderr
    assert "Error:" not in f"{done.stderr}", done.stderr
    return done


@cache
def _printed(*options: str) -> str:
    return run("assess", CASE, *options).stdout


def failed(done: Run, code: int, *parts: str) -> None:
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("postlude: ")
    for part in parts:
        assert part in done.stderr


# --- exit codes -------------------------------------------------------------------------------------


def test_each_family_has_a_code_of_its_own_and_help_lists_them() -> None:
    from postlude.registry.actions.acting import RecordError

    families: Sequence[type[PostludeError]] = [
        UsageError,
        KnowledgeError,
        IntakeError,
        ProofError,
        FileError,
        MissingPartError,
        PoolError,
        SurvivorError,
        LessUrgentError,
        AnswersError,
        StudyError,
        RecordError,
    ]
    codes = [family.exit_code for family in families]
    assert codes == [2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
    assert set(PostludeError.__subclasses__()) == set(families)
    shown = run("--help").stdout
    for code in codes:
        assert f"{code} " in shown


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("COMMAND", "usage: postlude")),
        (("asess", CASE), ("invalid choice: 'asess'", "assess")),
        (("assess",), ("INTAKE.json", "usage: postlude assess")),
        (("assess", CASE, "--plane"), ("--plane",)),
        (("assess", CASE, "--json", "--plain"), ("--json and --plain exclude each other",)),
        (("assess", CASE, "--knowledge"), ("--knowledge",)),
        (("explain", "cauda-equna"), ("cauda-equna", "did you mean 'cauda-equina'")),
        (("check", "more"), ("more",)),
    ],
)
def test_wrong_use_is_2(arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    failed(run(*arguments), 2, *parts)


def test_wrong_knowledge_is_10_and_all_of_it_is_said(tmp_path: Path) -> None:
    for name, text in (("rules", "[[rule]]\nid = 'x'\n"), ("facts", "[[fact]\n"), ("rulse", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.toml").write_text(text)
    for command in (("check",), ("assess", CASE)):
        done = run(*command, "--knowledge", str(tmp_path))
        failed(
            done, 10, f"{tmp_path}/rules/own.toml, [[rule]] x, key `when`: is missing", "facts/own.toml: is not TOML"
        )
        assert "rulse/own.toml: stands where no knowledge is read" in done.stderr


def test_weakened_knowledge_is_10(tmp_path: Path) -> None:
    (tmp_path / "words" / "en").mkdir(parents=True)
    (tmp_path / "words" / "en" / "own.toml").write_text('[headline]\nemergency = "Relax."\n')
    failed(run("assess", CASE, "--knowledge", str(tmp_path)), 10, "headline.emergency", "{emergency_number}")


def test_a_worked_patient_that_surprises_is_10(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    case = "[[rule.case]]\nsays = '{0}'\nintake = {{ facts = {{ {1} }} }}\nexpect = '{2}'\n"
    rule = "[[rule]]\nid = 'own'\nkind = 'finding'\nwhen = 'fever'\nsays = 's'\nplain = 'p'\nmarks = ['design']\n"
    cases = case.format("wrong one", "fever = false", "true") + case.format("right one", "fever = false", "false")
    (tmp_path / "rules" / "own.toml").write_text(rule + cases)
    failed(run("check", "--knowledge", str(tmp_path)), 10, "rule own", "'wrong one'", "expected true, came out false")
    (tmp_path / "rules" / "own.toml").write_text(rule + cases.replace("fever = false", "fevr = false", 1))
    failed(run("check", "--knowledge", str(tmp_path)), 10, "'wrong one'", "facts.fevr", "did you mean 'fever'")


@pytest.mark.parametrize(
    "name", ["nothing", "half a file", "not UTF-8", "unknown fact", "complete an object", "10^5000"]
)
def test_a_wrong_intake_is_11(name: str, tmp_path: Path) -> None:
    told, parts = REFUSED[name]
    path = tmp_path / "me.json"
    path.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
    failed(run("assess", str(path)), 11, f"{path}: ", *parts)


def test_a_refuted_proof_is_12(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from postlude.assessment import proving

    def refuted(*_: object, **__: object) -> None:
        raise ProofError("nobody is offered it: refuted by …")

    monkeypatch.setattr(proving, "prove", refuted)
    assert cli.main(["check", "--prove"]) == 12
    assert "refuted by" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("assess", "nowhere.json"), ("nowhere.json: cannot be read: No such file or directory",)),
        (("assess", "examples"), ("examples: cannot be read: Is a directory",)),
        (("assess", f"{CASE}/x"), ("cannot be read: Not a directory",)),
        (("assess", "x" * 5000), ("cannot be read: File name too long",)),
        (("assess", CASE, "--knowledge", "nowhere"), ("nowhere: there is no such folder of knowledge files",)),
        (("check", "--knowledge", CASE), (f"{CASE}: there is no such folder",)),
    ],
)
def test_a_file_that_cannot_be_read_is_13(arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    failed(run(*arguments), 13, *parts)


def test_a_missing_solver_is_14() -> None:
    code = "import sys; sys.modules['z3'] = None; from postlude.cli import main; sys.exit(main(['check', '--prove']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 14
    assert "needs the solver z3" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody outside can cause is not dressed up as their mistake."""
    monkeypatch.setattr(cli, "_bytes", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["assess", CASE])


# --- in and out -------------------------------------------------------------------------------------


def test_version_and_help() -> None:
    assert run("--version").stdout == f"postlude {__version__}\n"
    for command in ("assess", "ask", "explain", "check", "evidence", "pool"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"usage: postlude {command}")


def test_version_answers_at_once() -> None:
    """Nothing heavy is imported for it."""
    code = (
        "import sys\nfrom postlude.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('duckdb', 'z3', 'sqlglot', 'msgspec', 'numpy', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_an_assessment_waits_for_neither_database_nor_solver() -> None:
    code = (
        "import sys\nfrom postlude.cli import main\nmain(sys.argv[1:])\n"
        "print([m for m in ('duckdb', 'z3', 'sqlglot') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, "assess", CASE]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_standard_input_is_read_for_a_dash() -> None:
    text = (ROOT / CASE).read_text()
    assert run("assess", "-", "--json", input=text).stdout == _printed("--json")
    failed(run("assess", "-", input=""), 11, "-: is empty")
    failed(run("assess", "-", input="[1,"), 11, "-: is not JSON")


def test_the_same_bytes_every_time() -> None:
    for option in ("--json",):
        assert run("assess", CASE, option).stdout == run("assess", CASE, option).stdout


def test_without_as_of_the_day_is_today(tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    path.write_text("{}")
    before = datetime.now().astimezone().date()
    shown = run("assess", str(path)).stdout
    after = datetime.now().astimezone().date()
    assert f"as of {before}" in " ".join(shown.split()) or f"as of {after}" in " ".join(shown.split())


def test_check_says_what_was_checked() -> None:
    done = run("check")
    assert done.returncode == 0
    assert "worked patients came out as expected" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 160


def test_check_reads_pages_and_follow_up_too(tmp_path: Path) -> None:
    pages = tmp_path / "pages" / "together.toml"
    pages.parent.mkdir()
    pages.write_text('[[together]]\nid = "own"\nfacts = ["fevr"]\n')
    done = run("check", "--knowledge", str(tmp_path))
    assert (done.returncode, "together.toml" in done.stderr, "did you mean 'fever'" in done.stderr) == (10, True, True)
    pages.unlink()
    shipped = Path(cli.__file__).parent / "knowledge" / "followup.toml"
    wrong = shipped.read_text("utf-8").replace('kind = "safety"', 'kind = "saftey"', 1)
    (tmp_path / "followup.toml").write_text(wrong, "utf-8")
    done = run("check", "--knowledge", str(tmp_path))
    assert (done.returncode, "followup.toml" in done.stderr, "saftey" in done.stderr) == (10, True, True)


@pytest.mark.parametrize("option", [(), ("--json",), ("--plain",)])
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_stops_early_is_no_error(option: tuple[str, ...], reader: str) -> None:
    command = f"set -o pipefail; {POSTLUDE} assess {CASE} {' '.join(option)} | {reader}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_full_disk_is_13() -> None:
    with Path("/dev/full").open("w") as full:
        done = run("assess", CASE, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 13
    assert done.stderr == "postlude: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "code"), [("<&-", 11), (">&-", 13), ("2>&-", 0), (">&- 2>&-", 13), ("<&- >&- 2>&-", 11)]
)
def test_closed_streams(closed: str, code: int) -> None:
    command = f"{POSTLUDE} assess {'-' if '<' in closed else CASE} {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_bytes_do_not_depend_on_the_locale(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    for option in ((), ("--json",)):
        command = [POSTLUDE, "assess", CASE, *option]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == _printed(*option)


def test_nothing_told_can_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    for told, code in (
        ({"medications": [{"medicine": "oxycodone", "sig": "5 mg a day", "text": "\x1b[2J\x07\u202e\x9b31m"}]}, 0),
        ({"facts": {"\x1b[2J": True}}, 11),
        ({"\x1b]0;x\x07": True}, 11),
        ({"medications": ["\x1b[2J foo"]}, 0),
    ):
        path.write_text(json.dumps(told))
        done = run("assess", str(path))
        assert done.returncode == code
        assert all(c.isprintable() or c == "\n" for c in done.stdout + done.stderr)


# --- bombs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_hundred_megabytes_of_brackets_are_refused_fast_in_little_memory(way: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"[" * 1_000_000)

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))

    began = time.perf_counter()
    if way == "file":
        done = run("assess", str(path), preexec_fn=little)
    else:
        with path.open() as file:
            done = run("assess", "-", stdin=file, preexec_fn=little)
    assert time.perf_counter() - began < 5
    failed(done, 11, "is too long; an intake has at most 5,000,000 bytes")


def test_brackets_just_short_enough_are_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    for text in ("[" * 4_999_999, '{"facts":' * 500_000, "[" * 990 + "]" * 990):
        path.write_text(text)
        assert run("assess", str(path)).returncode == 11


def test_an_endless_file_is_refused() -> None:
    failed(run("assess", "/dev/zero"), 11, "is too long")


def test_unwritable_cache_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("/proc/none", str(tmp_path / "file")):
        done = run("assess", CASE, "--json", env={**os.environ, "XDG_CACHE_HOME": place})
        assert done.returncode == 0
        assert done.stderr == ""
