"""What a clinic says of itself: which marked rules its clinicians stand for, what it charges, and how to come back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.test_catalog_folder import Folder, tiny, write

from postlude.assessment.assess import Assessor
from postlude.assessment.checking import check
from postlude.assessment.model import Assessment
from postlude.assessment.reading import understand
from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue, Rule
from postlude.catalog.confirmation import fingerprint, standing
from postlude.catalog.load import load, read
from postlude.errors import KnowledgeError
from postlude.logic.language import predicate
from postlude.report.clinician import clinician
from postlude.report.explain import explain
from postlude.report.plain import plain

TODAY = date(2026, 1, 15)
NOBODY: dict[str, Any] = {}
Lay = Callable[..., Catalogue]


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load()


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lay a clinic's table over the shipped knowledge."""
    return lambda **keys: load(write(tmp_path / "clinic", {"clinic.toml": keys}))


def _marked(catalogue: Catalogue, kind: str) -> Rule:
    """A marked rule of a kind, whichever the knowledge has."""
    return next(r for r in catalogue.rules.values() if r.kind == kind and r.marks)


def _told(rule: Rule, expect: str = "true") -> dict[str, Any]:
    return next(case.intake for case in rule.case if case.expect == expect)


_assessors: dict[int, Assessor] = {}


def _assessor(catalogue: Catalogue) -> Assessor:
    """One for each catalogue, which it keeps, so that no other one ever has its identity."""
    if id(catalogue) not in _assessors:
        _assessors[id(catalogue)] = Assessor(catalogue)
    return _assessors[id(catalogue)]


def _look(catalogue: Catalogue, told: dict[str, Any]) -> Assessment:
    return _assessor(catalogue).assess(understand(dict(told), catalogue, name="x", today=TODAY))


def _reports(catalogue: Catalogue, found: Assessment) -> tuple[str, str]:
    human, person = clinician(found, catalogue.words["en"], title="x"), plain(found, catalogue)
    return " ".join(human.split()), " ".join(person.split())


def _word(catalogue: Catalogue, rule: Rule, **changes: str) -> dict[str, str]:
    given = {"entry": f"rule {rule.id}", "by": "Dr Ada Example", "on": "2026-01-02", "as": fingerprint(catalogue, rule)}
    return {**given, **changes}


# --- confirmation -----------------------------------------------------------------------------------


def test_outside_production_everything_works_and_shows_its_mark(shipped: Catalogue) -> None:
    rule = _marked(shipped, "safety")
    found = _look(shipped, _told(rule))
    (conclusion,) = (c for c in found.conclusions if c.rule == rule.id)
    assert conclusion.marks == rule.marks
    assert conclusion.confirmed is None
    assert found.waiting == ()


def test_in_production_an_unconfirmed_safety_rule_waits_and_its_silence_is_said(shipped: Catalogue, lay: Lay) -> None:
    rule = _marked(shipped, "safety")
    catalogue = lay(production=True)
    found = _look(catalogue, _told(rule))
    assert rule.id not in {c.rule for c in (*found.conclusions, *found.safety)}
    assert rule.id not in {key for action in found.actions for key in action.because}
    (waits,) = (w for w in found.waiting if w.rule == rule.id)
    assert waits.state == "would-apply"
    assert waits.because
    assert all(reason.value is not None for reason in waits.because)
    human, person = _reports(catalogue, found)
    marks = "".join(f" [{mark}]" for mark in rule.marks)
    assert human.count(f"would apply: {rule.id}{marks}") == 1
    assert "That does not mean that there is nothing to say" in human
    assert rule.says not in human
    assert rule.plain not in person
    assert rule.id not in person


def test_a_safety_rule_without_a_mark_waits_for_nobody(shipped: Catalogue, lay: Lay) -> None:
    catalogue = lay(production=True)
    for rule in shipped.rules.values():
        if rule.kind == "safety" and not rule.marks:
            found = _look(catalogue, _told(rule))
            assert rule.id in {c.rule for c in found.safety}
            assert rule.id not in {w.rule for w in found.waiting}


def test_what_is_not_known_of_a_waiting_rule_is_not_read_as_no(lay: Lay) -> None:
    found = _look(lay(production=True), NOBODY)
    assert {w.state for w in found.waiting} == {"not-known"}
    for waits in found.waiting:
        assert waits.because
        assert all(reason.value is None for reason in waits.because)


def test_a_waiting_rule_that_is_known_not_to_apply_is_not_named(shipped: Catalogue, lay: Lay) -> None:
    rule = _marked(shipped, "safety")
    found = _look(lay(production=True), _told(rule, "false"))
    assert rule.id not in {w.rule for w in found.waiting}


def test_what_a_waiting_rule_rests_on_is_still_asked(shipped: Catalogue, lay: Lay) -> None:
    before, after = _look(shipped, NOBODY), _look(lay(production=True), NOBODY)
    assert before.ask == after.ask
    assert before.urgency == after.urgency


def test_with_a_confirmation_it_works_and_names_who_stands_for_it(shipped: Catalogue, lay: Lay) -> None:
    rule = _marked(shipped, "safety")
    catalogue = lay(production=True, confirmed=[_word(shipped, rule, role="anaesthetist")])
    found = _look(catalogue, _told(rule))
    (conclusion,) = (c for c in found.safety if c.rule == rule.id)
    assert conclusion.confirmed is not None
    assert (conclusion.confirmed.by, conclusion.confirmed.on) == ("Dr Ada Example", "2026-01-02")
    assert rule.id not in {w.rule for w in found.waiting}
    marks = "".join(f" [{mark}]" for mark in rule.marks)
    human = _reports(catalogue, found)[0]
    assert f"{rule.says}{marks} (confirmed by Dr Ada Example, anaesthetist, on 2026-01-02)" in human


def test_a_red_flag_is_never_switched_off(shipped: Catalogue, lay: Lay) -> None:
    catalogue = lay(production=True)
    flags = [rule for rule in shipped.rules.values() if rule.kind == "red-flag" and rule.marks]
    assert flags
    for rule in flags:
        before, after = _look(shipped, _told(rule)), _look(catalogue, _told(rule))
        assert (after.disposition, after.within) == (before.disposition, before.within)
        (conclusion,) = (c for c in after.conclusions if c.rule == rule.id)
        assert conclusion.unconfirmed
    assert "no clinician here has confirmed it; a warning sign works all the same" in _reports(catalogue, after)[0]


def test_production_changes_no_option(shipped: Catalogue, lay: Lay) -> None:
    """Marked cautions and contraindications stay at work: without them an option would look better than it is.

    One worked patient of each treatment to whom something objects; all of them would take minutes.
    """
    before, after = _assessor(shipped), _assessor(lay(production=True))
    for treatment in shipped.treatments.values():
        told = {case.expect: case.intake for case in treatment.case if case.expect in ("caution", "avoid")}
        for intake in told.values():
            found = [
                made.assess(understand(dict(intake), made.catalogue, name="x", today=TODAY)) for made in (before, after)
            ]
            assert found[0].options == found[1].options


@pytest.mark.usefixtures("no_patients")
def test_a_confirmation_lapses_with_the_rule(shipped: Catalogue, lay: Lay, tmp_path: Path) -> None:
    rule = _marked(shipped, "safety")
    catalogue = lay(production=True, confirmed=[_word(shipped, rule, **{"as": "0" * 12})])
    found = _look(catalogue, _told(rule))
    (waits,) = (w for w in found.waiting if w.rule == rule.id)
    assert waits.lapsed is not None
    assert "what Dr Ada Example on 2026-01-02 confirmed has changed since" in _reports(catalogue, found)[0]
    with pytest.raises(KnowledgeError) as caught:
        check(tmp_path / "clinic", write=lambda _: None)
    (problem,) = caught.value.problems
    for part in (f"{tmp_path}/clinic/clinic.toml", rule.id, "Dr Ada Example", "0" * 12, fingerprint(shipped, rule)):
        assert part in problem


def test_the_fingerprint_is_of_what_is_read(shipped: Catalogue) -> None:
    rule = next(r for r in shipped.rules.values() if r.kind == "safety" and r.marks and r.shows and r.action)
    action = msgspec.structs.replace(rule.action[0], do="Something else.")
    fact = next(f.id for f in shipped.facts.values() if f.type == "boolean")
    changes: list[dict[str, Any]] = [
        {"when": predicate(fact, shipped.vocabulary)},
        {"says": "Something else."},
        {"plain": "Something else."},
        {"kind": "red-flag"},
        {"within": "P1D"},
        {"shows": ()},
        {"action": (action,)},
    ]
    found = {fingerprint(shipped, msgspec.structs.replace(rule, **change)) for change in changes}
    assert len(found | {fingerprint(shipped, rule)}) == len(changes) + 1
    for same in ({"marks": ()}, {"sources": ()}, {"case": ()}):
        assert fingerprint(shipped, msgspec.structs.replace(rule, **same)) == fingerprint(shipped, rule)


def test_a_new_definition_below_a_condition_changes_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = set()
    for number, written in enumerate(("any(medications, current AND opioid)", "any(medications, opioid)")):
        folder = tiny()
        (derived,) = (d for d in folder["facts/all.toml"]["derived"] if d["id"] == "opioid_now")
        derived["is"] = written
        for rule in folder["rules/all.toml"]["rule"]:
            if rule["id"] == "come":
                rule["when"] = "operated AND pain >= 4 AND NOT opioid_now"
                rule.pop("case")
                rule["case"] = [
                    {"says": says, "intake": {"facts": {"pain": pain, "operated": True}, **none}, "expect": expect}
                    for says, pain, expect in (("yes", 5, "true"), ("no", 1, "false"))
                    for none in ({"medications": [], "complete": ["medications"]},)
                ]
        monkeypatch.setattr(files, "SHIPPED", write(tmp_path / str(number), folder))
        catalogue = read()
        found.add(fingerprint(catalogue, catalogue.rules["come"]))
    assert len(found) == 2


def test_explain_prints_what_to_enter(shipped: Catalogue, lay: Lay) -> None:
    rule = _marked(shipped, "safety")
    assert f'as = "{fingerprint(shipped, rule)}"' in explain(shipped, rule.id)
    assert "it waits for a clinician" in explain(lay(production=True), rule.id)
    unmarked = next(r for r in shipped.rules.values() if not r.marks)
    assert "as = " not in explain(shipped, unmarked.id)


@pytest.mark.usefixtures("no_patients")
def test_check_lists_what_is_confirmed_and_what_waits(shipped: Catalogue, lay: Lay, tmp_path: Path) -> None:
    confirmed = _marked(shipped, "safety")
    needless = next(r for r in shipped.rules.values() if r.kind == "safety" and not r.marks)
    catalogue = lay(production=True, confirmed=[_word(shipped, r) for r in (confirmed, needless)])
    written: list[str] = []
    check(tmp_path / "clinic", write=written.append)
    text = "".join(written)
    waits = [key for key, rule in catalogue.rules.items() if standing(catalogue, rule).waits]
    assert f"in production: {len(waits)} safety rules wait" in text
    assert all(f"rule {key}" in text for key in waits)
    assert confirmed.id not in waits
    assert "confirmed by Dr Ada Example on 2026-01-02" in text
    # The mark went: the word for it is not needed any more, and does no harm.
    assert "needs nobody's word" in text
    assert max(map(len, text.splitlines())) <= 160


REFUSED: dict[str, tuple[Folder, tuple[str, ...]]] = {
    "no such rule": (
        {"clinic.toml": {"confirmed": [{"entry": "rule wrost", "by": "A", "on": "2026-01-02", "as": "0" * 12}]}},
        ("`confirmed.[1].entry`", "rule wrost", "did you mean 'rule worst'"),
    ),
    "not a safety rule": (
        {"clinic.toml": {"confirmed": [{"entry": "rule come", "by": "A", "on": "2026-01-02", "as": "0" * 12}]}},
        ("`confirmed.[1].entry`", "is a route", "safety"),
    ),
    "not a rule": (
        {"clinic.toml": {"confirmed": [{"entry": "treatment block", "by": "A", "on": "2026-01-02", "as": "0" * 12}]}},
        ("`confirmed.[1].entry`", "rule and an id"),
    ),
    "nobody's name": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "on": "2026-01-02", "as": "0" * 12}]}},
        ("`confirmed.[1].by`", "is missing"),
    ),
    "an empty name": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": " ", "on": "2026-01-02", "as": "0" * 12}]}},
        ("`confirmed.[1].by`",),
    ),
    "no day": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": "A", "as": "0" * 12}]}},
        ("`confirmed.[1].on`", "is missing"),
    ),
    "a day that is none": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": "A", "on": "2026-02-30", "as": "0" * 12}]}},
        ("`confirmed.[1].on`", "2026-02-30", "a day that exists"),
    ),
    "no fingerprint": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": "A", "on": "2026-01-02"}]}},
        ("`confirmed.[1].as`", "is missing"),
    ),
    "half a fingerprint": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": "A", "on": "2026-01-02", "as": "9f3c"}]}},
        ("`confirmed.[1].as`", "12 signs"),
    ),
    "twice the same": (
        {"clinic.toml": {"confirmed": [{"entry": "rule worst", "by": "A", "on": "2026-01-02", "as": "0" * 12}] * 2}},
        ("`confirmed.entry`", "stands twice"),
    ),
    "production in words": ({"clinic.toml": {"production": "yes"}}, ("`production`", "'yes'")),
    "no such treatment": (
        {"clinic.toml": {"offered": [{"treatment": "blok", "price": "1"}]}},
        ("`offered.[1].treatment`", "'blok'", "did you mean 'block'"),
    ),
    "offered twice": (
        {"clinic.toml": {"offered": [{"treatment": "block"}] * 2}},
        ("`offered.treatment`", "stands twice"),
    ),
    "not here, and nowhere": (
        {"clinic.toml": {"offered": [{"treatment": "block", "here": False}]}},
        ("`offered.[1].elsewhere`", "here = false"),
    ),
    "here and elsewhere": (
        {"clinic.toml": {"offered": [{"treatment": "block", "elsewhere": "Ask."}]}},
        ("`offered.[1].elsewhere`", "here = true"),
    ),
    "an unknown key": (
        {"clinic.toml": {"offered": [{"treatment": "block", "prise": "1"}]}},
        ("`offered.[1].prise`", "did you mean 'price'"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, parts = REFUSED[name]
    monkeypatch.setattr(files, "SHIPPED", write(tmp_path / "knowledge", tiny()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(KnowledgeError) as caught:
        load(write(tmp_path / "clinic", folder))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path}/clinic/clinic.toml, key ")
    for part in parts:
        assert part in problem


# --- price and interest -----------------------------------------------------------------------------


def _weighed(catalogue: Catalogue) -> tuple[str, dict[str, Any]]:
    """A treatment with a worked patient to whom it can be shown in full."""
    return next(
        (key, case.intake)
        for key, treatment in catalogue.treatments.items()
        for case in treatment.case
        if case.expect == "consider"
    )


def test_price_and_interest_stand_beside_the_option(shipped: Catalogue, lay: Lay) -> None:
    key, told = _weighed(shipped)
    said = {"price": "about 400 crowns", "covered": "not covered", "interest": "We earn from this."}
    catalogue = lay(offered=[{"treatment": key, **said}])
    found = _look(catalogue, told)
    for option in found.options:
        expected = (*said.values(), True) if option.treatment == key else (None, None, None, None)
        assert (option.price, option.covered, option.interest, option.here) == expected
    human, person = _reports(catalogue, found)
    for text in ("price, says the clinic: about 400 crowns", "interest, says the clinic: We earn from this."):
        assert text in human
    for text in ("What it costs here: about 400 crowns.", "What we gain by it: We earn from this."):
        assert text in person


def test_where_nothing_is_configured_nothing_is_said(shipped: Catalogue) -> None:
    _, told = _weighed(shipped)
    human, person = _reports(shipped, _look(shipped, told))
    assert "says the clinic" not in human
    assert "not done here" not in human
    assert "What it costs" not in person


def test_who_does_it_instead(shipped: Catalogue, lay: Lay) -> None:
    key, told = _weighed(shipped)
    catalogue = lay(offered=[{"treatment": key, "here": False, "elsewhere": "Ask the centre, 555 0100."}])
    human, person = _reports(catalogue, _look(catalogue, told))
    assert "not done here: Ask the centre, 555 0100." in human
    assert "We do not do this here. Ask the centre, 555 0100." in person


# --- sent elsewhere ---------------------------------------------------------------------------------


def _everything_denied(catalogue: Catalogue) -> dict[str, Any]:
    known = catalogue.facts.values()
    facts: dict[str, Any] = {fact.id: False for fact in known if fact.type == "boolean"}
    facts |= {fact.id: fact.low for fact in known if fact.low is not None}
    keys = [records.key for records in catalogue.records.values()]
    return {"facts": facts, **{key: [] for key in keys}, "complete": keys}


def _turned_away(catalogue: Catalogue) -> Assessment:
    """Somebody who hurts nowhere and was never operated on; choices are left open unless they decide."""
    told = _everything_denied(catalogue)
    for fact in catalogue.facts.values():
        if fact.type == "choice":
            for code in fact.values:
                found = _look(catalogue, {**told, "facts": {**told["facts"], fact.id: code}})
                if found.urgency.at_least == "routine":
                    told["facts"][fact.id] = code
                    break
    found = _look(catalogue, told)
    assert found.disposition == "unlikely"
    return found


def test_unlikely_is_confirmed_first_and_says_why_who_else_and_how_to_come_back(shipped: Catalogue) -> None:
    found = _turned_away(shipped)
    assert found.onward is not None
    assert found.onward.because
    assert all(reason.value is not None for reason in found.onward.because)
    human, person = _reports(shipped, found)
    assert found.onward.confirm in human
    assert "nobody has been told yet" in human
    for text in (*found.onward.who_else, found.onward.come_back, *(b.says for b in found.onward.because)):
        assert text in human
    for text in (
        *found.onward.who_else_plain,
        found.onward.come_back_plain,
        "A clinician goes over your answers first",
    ):
        assert text in person
    # What has not been confirmed is not told.
    assert "cannot help" not in person


def test_the_clinic_says_in_its_own_words_how_to_come_back(shipped: Catalogue, lay: Lay) -> None:
    catalogue = lay(come_back="Write to review@example.org.", who_else="The district hospital.")
    found = _turned_away(catalogue)
    for report in _reports(catalogue, found):
        assert "Write to review@example.org." in report
        assert "The district hospital." in report


def test_refer_says_who_can_help_and_how_to_come_back(shipped: Catalogue) -> None:
    rules = [rule for rule in shipped.rules.values() if rule.route == "refer"]
    assert rules
    for rule in rules:
        told = _everything_denied(shipped)
        case = _told(rule)
        found = _look(shipped, {**told, "facts": {**told["facts"], **case.get("facts", {})}})
        if found.disposition != "refer":
            continue
        assert found.onward is not None
        assert found.onward.confirm == ""
        assert found.onward.because
        assert set(found.onward.who_else) >= {action.do for action in rule.action}
        for report, text in zip(
            _reports(shipped, found), (found.onward.come_back, found.onward.come_back_plain), strict=True
        ):
            assert text in report


def test_nobody_else_is_told_how_to_come_back(shipped: Catalogue) -> None:
    made = _assessor(shipped)
    for rule in shipped.rules.values():
        for intake in {case.expect: case.intake for case in rule.case}.values():
            found = made.assess(understand(dict(intake), shipped, name="x", today=TODAY))
            assert (found.onward is not None) == (found.disposition in ("refer", "unlikely"))
