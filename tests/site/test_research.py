"""Research and evidence: what a study found, and what stands behind a figure; no page names a person."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from postlude.cli import main
from postlude.registry import knowledge
from postlude.registry.actor import Actor
from postlude.registry.importing import bring_in
from postlude.registry.models import Person, StudyRun
from postlude.web.research.tasks import run_study

STUDY = "post-laminectomy-procedures"
BY = Actor.system("test")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "tables"
    assert main(["simulate", "--people", "150", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def clinic(record: None, simulated: Path) -> None:
    def named(row: object, nth: int) -> dict[str, str]:
        return {"given_name": "Xanthippe", "family_name": f"Quillfeather-{nth}", "phone": f"07700 9{nth:05}"}

    bring_in(folder=simulated, by=BY, details=named, consented=True, why="synthetic")


def test_a_study_is_asked_for_run_and_read(clinic: None, logged_in: Callable[[str], Client]) -> None:
    client = logged_in("researcher")
    asked = client.post(f"/research/studies/{STUDY}/run/")
    run = StudyRun.objects.get()
    assert asked["Location"] == f"/research/runs/{run.key}/"
    assert "It waits for the worker" in client.get(asked["Location"]).text
    run_study.func(str(run.key))
    page = client.get(asked["Location"]).text
    assert "150 people who consented; 0 who did not are left out" in page
    report = client.get(f"/research/runs/{run.key}/report/")
    assert "Relief of pain after procedures" in report.text
    assert "'unsafe-inline'" not in report["Content-Security-Policy"]
    assert "'sha256-" in report["Content-Security-Policy"]
    results = client.get(f"/research/runs/{run.key}/files/results.json")
    assert results["Content-Disposition"] == 'attachment; filename="results.json"'
    for said in (page, report.text, b"".join(results.streaming_content).decode()):  # type: ignore[arg-type]
        assert "Quillfeather" not in said
        assert "Xanthippe" not in said


def test_what_small_counts_could_give_away_stays_in_the_clinic(
    clinic: None, logged_in: Callable[[str], Client]
) -> None:
    client = logged_in("researcher")
    client.post(f"/research/studies/{STUDY}/run/")
    run = StudyRun.objects.get()
    run_study.func(str(run.key))
    folder = Path(settings.RESULTS) / str(run.key)
    assert (folder / "inside" / "results.json").is_file()
    assert client.get(f"/research/runs/{run.key}/files/inside/results.json").status_code == 404
    assert client.get(f"/research/runs/{run.key}/files/../../secret-key").status_code == 404
    assert "inside" not in client.get(f"/research/runs/{run.key}/").text


def test_what_goes_wrong_is_said_with_the_run(record: None, logged_in: Callable[[str], Client]) -> None:
    client = logged_in("researcher")
    client.post(f"/research/studies/{STUDY}/run/")
    run = StudyRun.objects.get()
    assert not Person.objects.exists()
    run_study.func(str(run.key))
    run.refresh_from_db()
    assert run.state in ("failed", "done")
    page = client.get(f"/research/runs/{run.key}/").text
    assert ("There are no results" in page) is (run.state == "failed")


def test_a_run_is_done_once(clinic: None, logged_in: Callable[[str], Client]) -> None:
    logged_in("researcher").post(f"/research/studies/{STUDY}/run/")
    run = StudyRun.objects.get()
    run_study.func(str(run.key))
    run.refresh_from_db()
    ended = run.ended_at
    run_study.func(str(run.key))
    run.refresh_from_db()
    assert run.ended_at == ended


def test_every_intervention_and_publication_has_its_page(record: None, logged_in: Callable[[str], Client]) -> None:
    client = logged_in("editor")
    library = knowledge.catalogue().library
    index = client.get("/research/evidence/").text
    for key in library.interventions:
        assert f"/research/evidence/{key}/" in index
    for key in [*library.interventions][::4]:
        page = client.get(f"/research/evidence/{key}/")
        assert page.status_code == 200, key
        assert "A prediction, not a promise" in page.text
    for key in [*library.studies][::12]:
        assert client.get(f"/research/evidence/publication/{key}/").status_code == 200, key


def test_a_picture_of_studies_is_a_picture_of_its_own(record: None, logged_in: Callable[[str], Client]) -> None:
    client = logged_in("clinician")
    intervention = next(line.intervention for line in _lines() if line.trials > 3)
    found = client.get(f"/research/evidence/{intervention}/forest.svg")
    assert found["Content-Type"] == "image/svg+xml"
    assert found.text.startswith("<svg")
    narrow = client.get(f"/research/evidence/{intervention}/forest.svg?narrow").text
    widths = [float(re.search(r'\bwidth="([\d.]+)"', svg)[1]) for svg in (found.text, narrow)]  # type: ignore[index]
    assert widths[1] <= 360 < widths[0], "on a phone nobody reads a wide picture made small"
    assert "/forest.svg?narrow" in client.get(f"/research/evidence/{intervention}/").text


def test_a_rule_opens_to_its_source(record: None, logged_in: Callable[[str], Client]) -> None:
    rule = next(iter(knowledge.catalogue().rules))
    assert rule in logged_in("coordinator").get(f"/research/evidence/rule/{rule}/").text


@pytest.mark.parametrize("path", ["evidence/no-such/", "evidence/publication/no-such/", "studies/no-such/"])
def test_what_there_is_not_is_not_found(path: str, record: None, logged_in: Callable[[str], Client]) -> None:
    assert logged_in("clinician").get(f"/research/{path}").status_code == 404


def _lines() -> tuple:  # type: ignore[type-arg]
    from postlude.web.research.evidence import _index

    return _index().interventions
