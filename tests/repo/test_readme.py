"""The README shows a real assessment; it must be the one that is printed today."""

import re
from pathlib import Path

import pytest

from postlude import cli

ROOT = Path(__file__).parents[2]


def test_the_assessment_in_the_readme_is_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["assess", "examples/dahbour-2021.json"]) == 0
    printed = iter(capsys.readouterr().out.splitlines())
    block = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    for line in block[1].splitlines():
        if line != "[…]":
            assert line in printed, f"not printed any more, or not in this place: {line!r}"


def test_every_command_of_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"`?make ([a-z]+)`?", readme):
        assert target in targets
