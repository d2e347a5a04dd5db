"""The interview as a person has it: the real command in a real terminal, killed, resumed, run to its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pytest

POSTLUDE = str(Path(sys.executable).with_name("postlude"))
PROMPT = r"[^\r\n]* > $"
BOOLEAN = "yes or no > "


def begin(path: Path) -> pexpect.spawn:
    return pexpect.spawn(POSTLUDE, ["ask", str(path)], encoding="utf-8", dimensions=(40, 80), timeout=20)


def said(child: pexpect.spawn) -> str:
    """Wait for the next prompt; returns what was printed before it, and the prompt."""
    child.expect(PROMPT)
    return str(child.before + child.after).replace("\r\n", "\n")


def type_in(child: pexpect.spawn, *lines: str) -> str:
    shown = ""
    for line in lines:
        child.sendline(line)
        shown = said(child)
    return shown


def rest(child: pexpect.spawn) -> str:
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before).replace("\r\n", "\n")


def content(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text())
    assert isinstance(found, dict)
    return found


def assess(path: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run([POSTLUDE, "assess", "--json", str(path), *options], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "intake.json"
    left = {p.name for p in tmp_path.iterdir()} - {"intake.json"}
    assert left <= {".intake.json.lock", ".intake.json.new"}


def test_killed_at_any_moment_nothing_acknowledged_is_lost(path: Path) -> None:
    """Each life answers some questions and is killed so many seconds after the last answer was sent."""
    acknowledged = 0
    for round_, wait in enumerate((0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)):
        child = begin(path)
        shown = said(child)
        for _ in range(round_ % 3):
            assert BOOLEAN in shown
            shown = type_in(child, "n")
            acknowledged += 1
        child.send("n\n")
        time.sleep(wait)
        child.kill(signal.SIGKILL)
        child.close(force=True)
        found = content(path)["facts"]
        # The answer that was under way is there whole or not at all.
        assert len(found) in (acknowledged, acknowledged + 1)
        assert all(told["value"] is False and told["by"] == "patient" for told in found.values())
        acknowledged = len(found)
        assert assess(path)["disposition"] == "ask"
    assert acknowledged >= 7


def test_killed_before_the_first_question_and_in_the_middle_of_a_line(path: Path) -> None:
    for wait in (0.02, 0.1, 0.3):
        child = begin(path)
        time.sleep(wait)
        child.kill(signal.SIGKILL)
        child.close(force=True)
        if path.exists():
            assert assess(path)["disposition"] == "ask"
    child = begin(path)
    said(child)
    child.send("ye")
    child.kill(signal.SIGKILL)
    child.close(force=True)
    assert content(path)["facts"] == {}


def test_an_emergency_stops(path: Path) -> None:
    child = begin(path)
    said(child)
    assert "Is that new or worse" in type_in(child, "y")
    child.sendline("y")
    shown = rest(child)
    assert child.exitstatus == 0
    assert "This may be an emergency." in shown
    assert "112" in shown
    assert "Go to hospital now" in shown
    assert assess(path)["disposition"] == "emergency"


def test_back_list_why_and_stop(path: Path) -> None:
    child = begin(path)
    said(child)
    assert "Question 2 of about" in type_in(child, "n")
    assert "Has passing water changed?\nYour answer so far: no." in type_in(child, "back")
    assert "1. change in passing urine: no" in type_in(child, "list")
    assert "lowest nerves" in type_in(child, "?")
    assert "Please type yes or no" in type_in(child, "perhaps")
    assert "Question 2 of about" in type_in(child, "u")
    child.sendline("stop")
    assert f"postlude ask {path}" in rest(child)
    assert child.exitstatus == 0
    assert content(path)["facts"]["bladder_change"]["state"] == "not_known"


def test_a_declined_warning_sign(path: Path) -> None:
    child = begin(path)
    said(child)
    assert "Someone from the clinic will call you today" in type_in(child, "d")
    child.sendeof()
    rest(child)
    assert child.exitstatus == 0
    found = assess(path)
    assert found["disposition"] == "urgent"
    assert found["actions"][0]["because"] == ["bladder_change"]


def test_ctrl_c(path: Path) -> None:
    child = begin(path)
    said(child)
    type_in(child, "n")
    # A person presses it while the prompt waits. A signal between the last look of the interpreter and the reading
    # itself is seen by Python only after the next key: no program in Python can do without that moment.
    time.sleep(0.3)
    child.sendintr()
    shown = rest(child)
    assert "All your answers are saved in" in shown
    assert "Traceback" not in shown
    assert child.exitstatus == 130
    assert content(path)["facts"]["bladder_change"]["value"] is False


def test_an_answer_of_an_earlier_day_that_no_longer_holds_is_asked_again(path: Path) -> None:
    earlier = str(date.today() - timedelta(days=9))  # noqa: DTZ011
    told = {
        name: {"value": False, "on": earlier, "by": "patient"}
        for name in ("bladder_change", "spine_pain_worse", "smoking")
    }
    path.write_text(json.dumps({"as_of": earlier, "facts": told}))
    child = begin(path)
    shown = said(child)
    assert "too old to rely on" in shown
    assert "Has passing water changed?" in shown
    type_in(child, "n")
    child.sendline("stop")
    rest(child)
    found = content(path)
    assert found["as_of"] == str(date.today())  # noqa: DTZ011
    assert found["facts"]["bladder_change"]["on"] == found["as_of"]
    assert found["facts"]["smoking"] == {"value": False, "on": earlier, "by": "patient"}


def test_two_interviews_on_one_file(path: Path) -> None:
    child = begin(path)
    said(child)
    other = subprocess.run([POSTLUDE, "ask", str(path)], input=b"", capture_output=True, check=False)
    assert other.returncode == 13
    assert b"is open in another interview" in other.stderr
    assert "Question 2" in type_in(child, "n")
    child.sendline("stop")
    rest(child)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(path: Path) -> None:
    path.parent.chmod(0o500)
    done = subprocess.run([POSTLUDE, "ask", str(path)], input=b"n\n", capture_output=True, check=False)
    path.parent.chmod(0o700)
    assert done.returncode == 13
    assert b"intake.json: cannot be saved there: Permission denied" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_disk_that_is_full(path: Path) -> None:
    """A limit on the size of files stands for a full disk: the answer is printed, and the file stays as it was."""
    typed = "n\n" * 6
    done = subprocess.run(
        ["bash", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$0" ask "$1"', POSTLUDE, str(path)],
        input=typed.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 13
    assert b"intake.json: cannot be saved: File too large" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not path.exists()


def test_answers_from_a_pipe(path: Path) -> None:
    done = subprocess.run([POSTLUDE, "ask", str(path)], input=b"n\nno\nn", capture_output=True, check=False)
    assert done.returncode == 0
    assert b"was not taken as an answer: n" in done.stdout
    assert [told["value"] for told in content(path)["facts"].values()] == [False, False]


LISTS = {
    "Which medicines": ("oxycodone 5 mg twice a day", "", "y"),
    "Which operations": ("fusion of the lower back", "", "y"),
    "Which treatments": ("physiotherapy", "", "y"),
    "Which allergies": ("none", "y"),
}


def run_to_the_end(path: Path) -> str:
    """Answer no to everything; numbers with the least, choices with the last, lists with one entry each."""
    child = begin(path)
    shown = ""
    for _ in range(300):
        if child.expect([PROMPT, pexpect.EOF]):
            child.close()
            assert child.exitstatus == 0
            return str(child.before).replace("\r\n", "\n")
        shown = str(child.before + child.after).replace("\r\n", "\n")
        for line in _reply(shown):
            child.sendline(line)
            if line != _reply(shown)[-1]:
                said(child)
    raise AssertionError(shown)


def _reply(shown: str) -> Sequence[str]:
    for question, lines in LISTS.items():
        if question in shown and shown.endswith("\n1 > "):
            return lines
    if shown.endswith(BOOLEAN):
        return ("n",)
    number = re.search(r"a number from (\d+) to", shown)
    if number:
        return (number[1],)
    if "number or words" in shown:
        return ("1",)
    return ("2019",)


def test_to_the_end_with_no_to_everything(path: Path) -> None:
    shown = run_to_the_end(path)
    assert f"postlude assess {path}" in shown
    assert sorted(content(path)["complete"]) == ["allergies", "medications", "surgeries", "treatments"]
    found = assess(path)
    open_for_them = [q for q in found["ask"] if q["answered_by"] == "patient" and not q["after"]]
    assert open_for_them == []
    again = begin(path)
    assert "To change an answer" in said(again)
    again.sendline("")
    rest(again)
    assert again.exitstatus == 0


def test_the_end_is_never_ask(path: Path) -> None:
    run_to_the_end(path)
    assert assess(path)["disposition"] != "ask"
