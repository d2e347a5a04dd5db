"""Published cases on the command line."""

import json
from pathlib import Path

from tests.acceptance.test_cli import CASE, failed, run

from postlude.catalog.load import load


def test_every_shipped_case_can_be_assessed_and_explained() -> None:
    key = next(iter(load().cases))
    done = run("assess", "--case", key)
    assert done.returncode == 0
    assert f"Postlude assessment of the published case {key}, as of " in " ".join(done.stdout.split())
    explained = run("explain", key)
    assert " ".join(explained.stdout.split()).startswith(f"case {key} (cases/{key}.toml) ")
    # What explain says in short is what assess says.
    headline = json.loads(run("assess", "--case", key, "--json").stdout)["headline"]
    assert headline in " ".join(explained.stdout.split())


def test_an_intake_or_a_case() -> None:
    failed(run("assess"), 2, "one of INTAKE.json and --case ID")
    failed(run("assess", CASE, "--case", "x"), 2, "one of INTAKE.json and --case ID")
    failed(run("assess", "--case", "nobody"), 2, "there is no published case 'nobody'", "Allowed: ")


def test_a_case_of_a_clinic_that_comes_out_otherwise_is_loud(tmp_path: Path) -> None:
    text = """id = "own-1"\nsays = "x"\ntold = "x"\ncite = "Own"\nbody = "Own"\nurl = ""\nread = "abstract"
marks = ["design"]\n[intake]\nfacts = {}\n[expect]\nat_least = "urgent"\n"""
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "own.toml").write_text(text)
    done = run("check", "--knowledge", str(tmp_path))
    failed(done, 10, "own.toml, case own-1: expected urgency at least urgent, came out routine", "rules true: none")
