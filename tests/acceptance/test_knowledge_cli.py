"""``postlude knowledge diff`` as it is called."""

import json
import shutil
from pathlib import Path

import pytest
from tests.acceptance.test_cli import CASE, failed, run
from tests.unit.test_catalog_folder import entry, inline, write
from tests.unit.test_replay import base

from postlude.catalog import files
from postlude.catalog.load import load

DIFF = ("knowledge", "diff")


@pytest.fixture(scope="module")
def laxer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped base, with every red flag that is an emergency made urgent."""
    root = tmp_path_factory.mktemp("base") / "laxer"
    shutil.copytree(files.SHIPPED, root)
    for path in (root / "rules").glob("*.toml"):
        path.write_text(path.read_text().replace('urgency = "emergency"', 'urgency = "urgent"'))
    return root


def _clinic(root: Path) -> Path:
    """A clinic's folder that adds a fact and a red flag on it."""
    fact = {"id": "own_sign", "type": "boolean", "says": "own sign", "ask": "Own sign?"}
    case = [
        {"says": "yes", "intake": {"facts": {"own_sign": True}}, "expect": "true"},
        {"says": "no", "intake": {"facts": {"own_sign": False}}, "expect": "false"},
        {"says": "unknown", "intake": {}, "expect": "unknown"},
    ]
    rule = {"id": "own-flag", "kind": "red-flag", "when": "own_sign", "says": "Own.", "plain": "Own."}
    rule |= {"urgency": "urgent", "within": "P1D", "marks": ["design"], "case": case}
    for name, kind, table in (("facts/own.toml", "fact", fact), ("rules/own.toml", "rule", rule)):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{kind} = [{inline(table)}]\n")
    return root


def test_a_folder_of_a_clinic_says_what_it_adds(tmp_path: Path) -> None:
    folder = _clinic(tmp_path / "clinic")
    done = run(*DIFF, "shipped", str(folder), "--people", "0")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert f"What changes from the shipped base to {folder}, laid over the shipped base" in said
    assert "added: rule own-flag: Own." in said
    assert "TOLD TO THE NEW BASE ONLY" in said
    assert "facts.own_sign (2 worked patients (own-flag: yes; own-flag: no))" in said
    assert "MORE URGENT" in said
    assert "because red flag own-flag is new and holds" in said
    assert "EMERGENCY LOST" not in said
    assert all(len(line) <= 80 or str(tmp_path) in line for line in done.stdout.splitlines())


@pytest.mark.slow
def test_an_emergency_lost_is_named_and_can_stop_a_caller(laxer: Path) -> None:
    done = run(*DIFF, "shipped", str(laxer), "--json", "--intake", CASE, "--fail-on", "less-urgent", "--people", "0")
    assert done.returncode == 17
    assert done.stderr.startswith("postlude: ")
    assert "advice is less urgent than that of shipped" in done.stderr
    found = json.loads(done.stdout)
    assert found["new"] == f"{laxer}, a base of its own"
    assert found["old_hash"] == load().hash != found["new_hash"]
    first = found["replay"]["changed"][0]
    assert first["kind"] == "emergency-lost"
    assert first["why"][0]["differs"]
    lost = {
        n
        for c in found["replay"]["changed"]
        if c["kind"] == "emergency-lost"
        for n in c["people"]["names"].get("published case", ())
    }
    assert lost >= {key for key, case in load().cases.items() if case.expect.at_least == "emergency"} != set()
    assert found["replay"]["replayed"]["intake"] == 1


def test_the_same_bytes_and_0_where_nobody_asked_to_be_stopped(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", base()), base()
    entry(new, "rule", "worst")["within"] = "PT8H"
    changed = write(tmp_path / "new", new)
    first, second = (run(*DIFF, str(old), str(changed)) for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert "LESS URGENT" in first.stdout
    assert "emergency within 4 hours → emergency within 8 hours" in " ".join(first.stdout.split())
    assert run(*DIFF, str(old), str(changed), "--fail-on", "less-urgent").returncode == 17
    back = run(*DIFF, str(changed), str(old), "--fail-on", "less-urgent")
    assert back.returncode == 0
    assert "MORE URGENT" in back.stdout


def test_wrong_use_is_said(tmp_path: Path) -> None:
    failed(run("knowledge"), 2, "COMMAND")
    failed(run(*DIFF, "shipped"), 2, "NEW")
    failed(run(*DIFF, "shipped", "shipped", "--people", "-1"), 2, "--people: found -1")
    failed(run(*DIFF, "shipped", "shipped", "--fail-on", "more"), 2, "--fail-on")
    failed(run(*DIFF, "shipped", str(tmp_path / "nothing")), 13, "no such folder")
    failed(run(*DIFF, "shipped", "shipped", "--intake", str(tmp_path / "x.json")), 13, "x.json: cannot be read")
    (tmp_path / "list.json").write_text("[]")
    failed(run(*DIFF, "shipped", "shipped", "--intake", str(tmp_path / "list.json")), 11, "list.json: is no intake")


def test_a_base_that_is_wrong_is_named(tmp_path: Path) -> None:
    broken = write(tmp_path / "broken", base())
    (broken / "facts" / "own.toml").write_text('[[fact]]\nid = "x"\n')
    failed(run(*DIFF, str(broken), "shipped"), 10, f"{broken}: facts/own.toml, [[fact]] x, key `type`: is missing")
