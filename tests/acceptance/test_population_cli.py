"""``postlude population`` as it is called."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from postlude import cli

ROOT = Path(__file__).parents[2]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("postlude")), "population", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)


def test_it_says_what_people_are_told_and_that_none_of_them_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["population", "--people", "40", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("40 synthetic people, seed 3: ")
    assert "None of them exists." in printed
    assert "[design]" in " ".join(printed.split())
    assert "same-day policy" in printed


def test_json_holds_the_same_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["population", "stable", "--people", "40", "--seed", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["population"] == "stable"
    assert sum(found["told"].values()) == found["people"] == 40


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--people", "0"), "--people: found 0; a whole number from 1 to 10,000,000 is needed"),
        (("--people", "many"), "invalid int value: 'many'"),
        (("--seed", "-1"), "--seed: found -1; a whole number from 0"),
        (("stabel",), "there is no population 'stabel'; did you mean 'stable'?"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["population", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_command_itself_runs() -> None:
    done = _run("--people", "5")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
