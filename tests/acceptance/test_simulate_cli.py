"""``postlude simulate`` as it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

POSTLUDE = Path(sys.executable).with_name("postlude")


def simulate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([POSTLUDE, "simulate", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_it_writes_a_clinic_and_says_where(tmp_path):
    done = simulate("--people", "50", "--out", "clinic", "--format", "csv", "--without", "loss", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "50 synthetic people in clinic; what was put in stands in clinic/truth.json\n"
    assert "Left out on request: loss." in " ".join((tmp_path / "clinic" / "README.md").read_text().split())
    again = simulate("--people", "50", "--out", "clinic", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (13, "")
    assert "clinic: is there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--people", "0", "--out", "x"), 2, "--people: found 0; a whole number from 1 to 10,000,000 is needed"),
        (("--people", "5", "--out", "x", "--seed", "-1"), 2, "--seed: found -1"),
        (("--people", "5"), 2, "--out"),
        (("--people", "5", "--out", "x", "--without", "chance"), 2, "invalid choice: 'chance'"),
        (("--people", "5", "--out", "x", "--knowledge", "nowhere"), 13, "nowhere"),
    ],
)
def test_what_is_wrong_is_said(arguments, code, said, tmp_path):
    done = simulate(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
