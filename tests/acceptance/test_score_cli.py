"""`postlude score` and `postlude instruments`, as somebody at a desk or another program uses them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from postlude.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    def command(*arguments: str, **files: Any) -> tuple[int, str, str]:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / f"{name}.json").write_text(text)
        words = [str(tmp_path / f"{a}.json") if a in files else a for a in arguments]
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_a_form_is_scored_as_json_with_the_promised_keys(run: Run) -> None:
    code, out, _ = run("score", "phq9", "form", "--json", form=[1, 1, 1, 1, 1, 1, 1, 1, 1])
    assert code == 0
    told = json.loads(out)
    assert list(told)[:8] == ["instrument", "version", "scoring", "score", "not_scorable", "band", "missing", "detail"]
    assert (told["score"], told["band"], told["missing"]) == (9, "mild", [])
    assert [alert["id"] for alert in told["alerts"]] == ["self-harm"]


def test_the_question_on_self_harm_alerts_whatever_the_total_and_is_asked_again(run: Run) -> None:
    _, out, _ = run("score", "phq9", "form", "--json", form=[0, 0, 0, 0, 0, 0, 0, 0, None])
    (alert,) = json.loads(out)["alerts"]
    assert alert["ask_again"] is True
    _, out, _ = run("score", "phq9", "form", form=[0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert "ALERT" in out
    _, out, _ = run("score", "phq9", "form", "--json", form=[0] * 9)
    assert "alerts" not in json.loads(out)


def test_an_object_by_item_is_the_same_form(run: Run) -> None:
    _, listed, _ = run("score", "eq5d5l", "form", "--json", "--value-set", "England", form=[2, 1, 2, 3, 2])
    named = {"MO": 2, "SC": 1, "UA": 2, "PD": 3, "AD": 2}
    _, other, _ = run("score", "eq5d5l", "form", "--json", "--value-set=England", form=named)
    assert json.loads(listed)["score"] == json.loads(other)["score"] == pytest.approx(1 - 0.058 - 0.050 - 0.084 - 0.078)


def test_several_scores_and_their_group(run: Run) -> None:
    _, out, _ = run("score", "startback", "form", "--json", form=[1, 1, 0, 0, 1, 1, 1, 1, 3])
    told = json.loads(out)
    assert told["scores"] == {"total": 7, "psychosocial": 5}
    assert told["band"] == "high"


def test_the_words_of_a_change_name_the_baseline(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("score", "odi", "now", "--baseline", "before", now=[2] * 10, before=[4] * 10)
    assert code == 0
    assert "before.json" in out
    assert "50 % better" in out


@pytest.mark.parametrize(
    ("arguments", "form", "exit_code", "says"),
    [
        (("phq99",), [0], 2, "did you mean 'phq9'"),
        (("phq9",), [0, 1], 18, "2 answers were found; phq9 has 9 to 10 items"),
        (("phq9",), [0, 1, 2, 3, 4, 0, 0, 0, 0], 18, "found 4; Allowed: 0, 1, 2, 3"),
        (("phq9",), "{]", 18, "is not JSON"),
        (("phq9",), '{"mood": 1, "mood": 2}', 18, "'mood' stands twice"),
        (("phq9",), "[NaN,0,0,0,0,0,0,0,0]", 18, "NaN is no number"),
        (("ort", "--sex", "man"), [False] * 10, 18, "option 'sex': found 'man'"),
        (("phq9", "--colour", "red"), [0] * 9, 18, "there is no option 'colour'"),
        (("phq9", "--value-set"), [0] * 9, 2, "needs a value"),
    ],
)
def test_a_mistake_is_a_sentence_and_an_exit_code(
    run: Run, arguments: tuple[str, ...], form: Any, exit_code: int, says: str
) -> None:
    code, out, err = run("score", arguments[0], "form", *arguments[1:], form=form)
    assert (code, out) == (exit_code, "")
    assert says in err
    assert "Traceback" not in err


def test_a_batch_answers_a_bad_line_with_its_error_and_scores_the_rest(run: Run, tmp_path: Path) -> None:
    lines = [
        '{"id": 1, "instrument": "phq2", "answers": [1, 2]}',
        '{"id": 2, "instrument": "phq2", "answers": [1, 9]}',
        "not json",
        "",
        '{"id": 3, "instrument": "nothing", "answers": []}',
        '{"id": 4, "instrument": "ort", "answers": {"sex": "female", "1": true}, "options": {}}',
        '{"id": 5, "answers": [1], "extra": 1}',
    ]
    path = tmp_path / "forms.jsonl"
    path.write_text("\n".join(lines))
    code, out, _ = run("score", "--batch", str(path))
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [a["id"] for a in answers] == [1, 2, None, 3, 4, 5]
    assert answers[0]["score"] == 3
    assert "forms.jsonl, line 2" in answers[1]["error"][0]
    assert "line 3: is not JSON" in answers[2]["error"][0]
    assert "no instrument 'nothing'" in answers[3]["error"][0]
    assert len(answers[5]["error"]) == 2


def test_the_list_and_a_page(run: Run) -> None:
    _, out, _ = run("instruments")
    assert "rmdq: " in out
    assert "intake-lumbar: " in out
    _, out, _ = run("instruments", "dn4")
    assert "ITEMS, IN THE ORDER OF THE FORM" in out
    code, _, err = run("instruments", "dn5")
    assert code == 2
    assert "did you mean 'dn4'" in err
    _, out, _ = run("instruments", "intake-lumbar", "--json")
    assert json.loads(out)["phase"] == "intake"


def test_a_clinic_s_own_words_are_shown_and_checked(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "clinic" / "instruments" / "wording"
    folder.mkdir(parents=True)
    (folder / "isi.en.toml").write_text('instrument = "isi"\nversion = "x"\nlanguage = "en"\n[items]\na = "b"\n')
    code, _, err = run("instruments", "isi", "--knowledge", str(tmp_path / "clinic"))
    assert code == 10
    assert "needs [permission]" in err
    assert "versions are not mixed" in err
