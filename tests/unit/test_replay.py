"""Two bases of knowledge and the same people: what changes, for whom, why, and that nobody is dropped in silence."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.unit.test_catalog_folder import Folder, entry, read, shipped_words, tiny, write

from postlude import commands
from postlude.assessment import replay as replaying
from postlude.assessment.changes import KINDS, LESS_URGENT
from postlude.assessment.parts import Differs
from postlude.assessment.replay import Changed, Replay, Replayer, Somebody, known_people, without_unknown
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.definitions import definitions, differences
from postlude.report.diff import Bases, _parts, diff
from postlude.simulate import population

Change = Callable[[Folder], object]
Facts = dict[str, Any]


def base() -> Folder:
    """The tiny folder with a second cause, and words for every headline and for the policy."""
    folder = tiny()
    folder["words/en/all.toml"] = shipped_words()
    folder["rules/all.toml"]["cause"].append(
        {
            "id": "joint",
            "name": "joint",
            "plain": "Joint.",
            "list_when": "operated",
            "settled_by": ["block"],
            "marks": ["design"],
            "for": [{"when": "pain >= 2", "says": "pain", "weight": 1}],
        }
    )
    return folder


def of(kind: str, key: str, **values: Any) -> Change:
    """Change keys of one entry; ``...`` removes one."""

    def change(folder: Folder) -> None:
        table = entry(folder, kind, key)
        for name, value in values.items():
            table[name.rstrip("_")] = value
        for name in [name for name, value in table.items() if value is ...]:
            del table[name]

    return change


def gone(name: str, kind: str, key: str) -> Change:
    def change(folder: Folder) -> None:
        folder[name][kind] = [table for table in folder[name][kind] if table["id"] != key]

    return change


def more(name: str, kind: str, **table: Any) -> Change:
    return lambda folder: folder[name][kind].append(table)


def known(root: Path, *changed: Change) -> Catalogue:
    folder = base()
    for change in changed:
        change(folder)
    catalogue, problems = read(write(root, folder))
    assert catalogue is not None, problems
    return catalogue


def stable(*intakes: dict[str, Any]) -> list[Somebody]:
    return [Somebody("stable person", f"stable {number}", intake) for number, intake in enumerate(intakes, start=1)]


@pytest.fixture
def through(tmp_path: Path) -> Callable[..., Replay]:
    def run(people: Iterable[Somebody], *changed: Change, before: Iterable[Change] = ()) -> Replay:
        return Replayer(known(tmp_path / "old", *before), known(tmp_path / "new", *changed)).run(people)

    return run


def told(found: Replay, kind: str) -> list[Changed]:
    return [change for change in found.changed if change.kind == kind]


def why(change: Changed) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    return [(r.entry, r.moved, [(f"{d.kind} {d.id} {d.key}", d.old, d.new) for d in r.differs]) for r in change.why]


CASES_OF_COMING = [
    {"says": "yes", "intake": {"facts": {"operated": True}, "complete": ["tried"]}, "expect": "true"},
    {"says": "no", "intake": {"facts": {"operated": False}}, "expect": "false"},
]
ILL = {"facts": {"fever": True, "pain": 9}}
OPERATED = {"facts": {"fever": False, "wound": False, "operated": True, "pain": 5}, "medications": []}


# --- definitions ------------------------------------------------------------------------------------


def test_the_same_base_differs_in_nothing_and_changes_nothing(through: Callable[..., Replay]) -> None:
    found = through(stable(ILL, OPERATED))
    assert (found.entries, found.changed, found.refused, found.left_out) == ((), (), (), ())
    assert (found.replayed, found.same) == ({"stable person": 2}, 2)


def test_spaces_and_brackets_are_no_change(through: Callable[..., Replay]) -> None:
    assert through([], of("rule", "come", when="(operated)   AND (pain >= 4.0)")).entries == ()


def test_a_derived_fact_changes_alone_and_not_every_rule_that_names_it(through: Callable[..., Replay]) -> None:
    (change,) = through([], of("derived", "opioid_now", is_="any(medications, opioid)")).entries
    (key,) = change.keys
    assert (change.kind, change.id, change.change, key.key, key.condition) == (
        "derived",
        "opioid_now",
        "changed",
        "is",
        True,
    )
    assert (key.old, key.new) == ("any(medications, current AND opioid)", "any(medications, opioid)")


def test_every_section_of_a_base_is_compared(tmp_path: Path) -> None:
    found = definitions(known(tmp_path))
    kinds = {
        "rule",
        "treatment",
        "cause",
        "fact",
        "record",
        "derived",
        "class",
        "medicine",
        "source",
        "words",
        "clinic",
    }
    assert kinds <= {kind for kind, _ in found}
    for key in found:
        (removed,) = differences(found, {k: v for k, v in found.items() if k != key})
        assert ((removed.kind, removed.id), removed.change) == (key, "removed")


def test_parts_are_told_apart_by_what_they_are_and_not_by_their_place(through: Callable[..., Replay]) -> None:
    def first(folder: Folder) -> None:
        new = {"id": "left", "when": "side = 'left'", "says": "left", "marks": ["design"]}
        folder["treatments/block.toml"]["caution"].insert(0, new)

    (change,) = through([], first).entries
    assert {key.key for key in change.keys} == {"caution.left.when", "caution.left.says", "caution.left.marks"}


# --- urgency ----------------------------------------------------------------------------------------


def test_an_emergency_lost_comes_first_and_says_why(through: Callable[..., Replay]) -> None:
    found = through(stable(ILL, OPERATED), of("rule", "worst", when="fever AND pain >= 10"))
    change = found.changed[0]
    assert (change.kind, change.before, change.after) == ("emergency-lost", "emergency within 4 hours", "ask")
    assert why(change) == [
        (
            "red flag worst",
            "was true, is now false",
            [("rule worst when", "fever AND pain >= 9", "fever AND pain >= 10")],
        )
    ]
    assert change.facts == ("fever: yes", "pain: 9")
    assert (change.people.count, change.people.names) == ({"stable person": 1}, {"stable person": ("stable 1",)})
    assert found.same == 1
    (ceiling,) = told(found, "ceiling-lowered") or [None]
    # (Whether there is an infection is still open, so that urgent stays possible and an emergency does not.)
    assert ceiling is not None
    assert (ceiling.before, ceiling.after) == ("emergency", "routine to urgent")
    # What the urgency says already is not said a second time.
    assert not told(found, "red-flag")
    assert not told(found, "headline")


def test_what_is_decided_in_neither_base_is_no_reason_for_what_is_known(through: Callable[..., Replay]) -> None:
    """Whether there is an infection is open in both, so its new time frame does not bear on an emergency."""
    found = through(
        stable(ILL), of("rule", "worst", when="fever AND pain >= 10"), of("rule", "infection", within="P1D")
    )
    assert [reason.entry for reason in told(found, "emergency-lost")[0].why] == ["red flag worst"]


@pytest.mark.parametrize(
    ("values", "kind", "before", "after", "keys"),
    [
        (
            {"urgency": "urgent"},
            "emergency-lost",
            "emergency within 4 hours",
            "urgent within 4 hours",
            [("urgency", "emergency", "urgent")],
        ),
        (
            {"within": "PT8H"},
            "less-urgent",
            "emergency within 4 hours",
            "emergency within 8 hours",
            [("within", "PT4H", "PT8H")],
        ),
        (
            {"within": "PT1H"},
            "more-urgent",
            "emergency within 4 hours",
            "emergency within 1 hour",
            [("within", "PT4H", "PT1H")],
        ),
    ],
)
def test_what_a_rule_gives_may_change_while_it_holds(
    values: Facts, kind: str, before: str, after: str, keys: list[Any], through: Callable[..., Replay]
) -> None:
    (change,) = told(through(stable(ILL), of("rule", "worst", **values)), kind)
    assert (change.before, change.after) == (before, after)
    assert why(change) == [("red flag worst", "holds in both", [(f"rule worst {k}", o, n) for k, o, n in keys])]


def test_more_urgent_and_a_rule_that_is_new(through: Callable[..., Replay]) -> None:
    lost = through(stable(ILL), gone("rules/all.toml", "rule", "worst"))
    (change,) = told(lost, "emergency-lost")
    assert why(change)[0][:2] == ("red flag worst", "is gone (holds in the old base)")
    gained = through(stable(ILL), before=[gone("rules/all.toml", "rule", "worst")])
    (change,) = told(gained, "more-urgent")
    assert why(change)[0][:2] == ("red flag worst", "is new and holds")
    assert ("rule worst when", "", "fever AND pain >= 9") in why(change)[0][2]
    assert not any(change.kind in LESS_URGENT for change in gained.changed)


def test_an_emergency_that_is_no_longer_possible_is_less_urgent_too(through: Callable[..., Replay]) -> None:
    found = through(stable({"facts": {"fever": True}}), gone("rules/all.toml", "rule", "worst"))
    (change,) = told(found, "ceiling-lowered")
    assert (change.before, change.after) == ("routine to emergency", "routine to urgent")
    assert why(change)[0][:2] == ("red flag worst", "is gone (is not decided yet in the old base)")
    assert "ceiling-lowered" in LESS_URGENT


def test_what_only_a_policy_changes_names_the_question(through: Callable[..., Replay]) -> None:
    declined = {"facts": {"fever": {"state": "declined"}, "pain": 3}}
    (change,) = told(through(stable(declined), of("fact", "fever", warning_sign=False)), "less-urgent")
    assert (change.before, change.after) == ("urgent within 1 day", "ask")
    assert why(change) == [("question fever", "", [("fact fever warning_sign", "yes", "no")])]


def test_how_long_an_answer_holds_is_a_reason(through: Callable[..., Replay]) -> None:
    asked = {"as_of": "2026-01-15", "facts": {"fever": {"value": True, "on": "2026-01-13"}, "pain": 9}}
    (change,) = told(through(stable(asked), of("fact", "fever", holds_for="P1D")), "emergency-lost")
    assert why(change)[0][0] == "red flag worst"
    assert ("fact fever holds_for", "P3D", "P1D") in why(change)[0][2]


# --- the rest of the advice -------------------------------------------------------------------------


def test_a_threshold_of_a_route(through: Callable[..., Replay]) -> None:
    found = through(stable(OPERATED), of("rule", "come", when="operated AND pain >= 7"))
    (change,) = told(found, "route")
    assert (change.before, change.after) == ("consult", "unlikely")
    assert why(change) == [
        (
            "route come",
            "was true, is now false",
            [("rule come when", "operated AND pain >= 4", "operated AND pain >= 7")],
        )
    ]
    assert (told(found, "headline")[0].before, told(found, "headline")[0].after) == ("consult", "unlikely")


def test_a_derived_fact_is_named_where_the_entry_itself_is_the_same(through: Callable[..., Replay]) -> None:
    stopped = {
        "facts": {"operated": True, "fever": False, "wound": False},
        "medications": [{"medicine": "oxycodone", "current": False}],
        "complete": ["medications"],
    }
    found = through(stable(stopped), of("derived", "opioid_now", is_="any(medications, opioid)"))
    (change,) = told(found, "caution")
    assert (change.about, change.before, change.after) == ("block/strong", "not told", "holds")
    assert why(change) == [
        (
            "caution strong of block",
            "was false, is now true",
            [("derived opioid_now is", "any(medications, current AND opioid)", "any(medications, opioid)")],
        )
    ]
    assert change.facts == ("medicines: oxycodone, not: now",)
    assert (told(found, "option")[0].before, told(found, "option")[0].after) == ("consider", "caution")


def test_a_medicine_is_a_reason_for_those_who_take_it(through: Callable[..., Replay]) -> None:
    both = [{**OPERATED, "medications": [name], "complete": ["medications"]} for name in ("senna", "oxycodone")]
    found = through(stable(*both), of("medicine", "senna", classes=["laxative", "opioid"]))
    (change,) = told(found, "caution")
    assert change.people.names == {"stable person": ("stable 1",)}
    assert why(change) == [
        (
            "caution strong of block",
            "was false, is now true",
            [("medicine senna classes", "laxative", "laxative, opioid")],
        )
    ]


def test_a_figure_that_is_shown(through: Callable[..., Replay]) -> None:
    ill = {"facts": {"fever": True, "wound": True}, "medications": ["oxycodone 10 mg twice a day"]}
    other = {**ill, "medications": ["oxycodone 20 mg twice a day"]}
    (change,) = told(through(stable(ill, other), of("medicine", "oxycodone", mme_factor=3)), "figure")
    assert (change.about, change.before, change.after) == ("mme", "30 to no limit", "60 to no limit")
    assert why(change) == [("derived fact mme", "", [("medicine oxycodone mme_factor", "1.5", "3")])]
    # Nearly everybody has a figure of their own: one example stands for both.
    assert (change.example, change.people.count) == ("stable 1", {"stable person": 2})


def test_a_caution_or_a_contraindication_that_is_dropped(through: Callable[..., Replay]) -> None:
    wound = {"facts": {"operated": True, "wound": True}, "medications": ["oxycodone"]}
    found = through(stable(wound), of("treatment", "block", caution=[], avoid=[]))
    (lost,), (caution,), (option,) = (told(found, kind) for kind in ("contraindication-lost", "caution", "option"))
    assert (lost.about, lost.before, lost.after) == ("block/no-wound", "holds", "not told")
    assert why(lost)[0][:2] == ("contraindication no-wound of block", "is gone (holds in the old base)")
    assert ("treatment block avoid.no-wound.when", "wound OR fever", "") in why(lost)[0][2]
    assert (caution.about, why(caution)[0][0]) == ("block/strong", "caution strong of block")
    assert (option.before, option.after) == ("avoid", "consider")
    gained = through(stable(wound), before=[of("treatment", "block", avoid=[])])
    assert told(gained, "contraindication-gained")[0].after == "holds"


def test_a_red_flag_that_goes_while_the_urgency_stays(through: Callable[..., Replay]) -> None:
    ill = {"facts": {"fever": True, "wound": True, "pain": 9}, "medications": [], "complete": ["medications"]}
    found = through(stable(ill), gone("rules/all.toml", "rule", "infection"))
    (change,) = told(found, "red-flag")
    assert (change.about, change.before, change.after) == ("infection", "said", "not said")
    assert why(change)[0][0] == "red flag infection"


def test_what_is_to_be_done(through: Callable[..., Replay]) -> None:
    ill = {"facts": {"fever": True, "wound": True}}
    action = [{"do": "See the person soon.", "who": "clinician", "within": "P2D"}]
    (change,) = told(through(stable(ill), of("rule", "infection", action=action)), "action")
    assert (change.about, change.before) == ("infection", "See the person. (clinician, within 2 days)")
    assert change.after == "See the person soon. (clinician, within 2 days)"
    assert why(change)[0][0] == "rule infection"


def test_which_causes_are_named_and_in_which_order(through: Callable[..., Replay]) -> None:
    left = {**OPERATED, "facts": {**OPERATED["facts"], "side": "left"}}
    heavier = [{"when": "pain >= 2", "says": "pain", "weight": 3}]
    (change,) = told(through(stable(left), of("cause", "joint", for_=heavier)), "cause-order")
    assert (change.before, change.after) == ("scar, joint", "joint, scar")
    assert why(change) == [("for joint: pain", "holds in both", [("cause joint for.pain.weight", "1", "3")])]
    (change,) = told(through(stable(left), of("cause", "joint", list_when="operated AND pain >= 6", case=[])), "cause")
    assert (change.about, change.before, change.after) == ("joint", "named", "not named")
    assert why(change)[0][:2] == ("cause joint", "was true, is now false")


def test_questions_that_are_reworded_and_that_come(through: Callable[..., Replay]) -> None:
    found = through(stable({"facts": {}}), of("fact", "operated", ask="Had surgery?"))
    (change,) = found.changed
    assert (change.kind, change.about, change.before, change.after) == (
        "question",
        "operated",
        "Operated?",
        "Had surgery?",
    )
    assert why(change) == [("question operated", "", [("fact operated ask", "Operated?", "Had surgery?")])]
    rule = partial(of, "rule", "come")
    found = through(
        stable({"facts": {"operated": False, "pain": 1}}), rule(when="(operated AND pain >= 4) OR side = 'left'")
    )
    (change,) = (c for c in told(found, "question") if c.about == "side")
    assert (change.before, change.after) == ("not asked", "asked")
    assert why(change)[0][0] == "route come"


def test_questions_of_a_list_are_one_whatever_the_entry(through: Callable[..., Replay]) -> None:
    ill = {"facts": {"fever": True, "wound": True}, "medications": ["oxycodone", "oxycodone"]}
    found = through(stable(ill), of("rule", "infection", shows=[]))
    assert [c.about for c in told(found, "question")] == ["medications", "medications[].sig"]


def test_the_most_serious_stands_first(through: Callable[..., Replay]) -> None:
    found = through(
        stable(ILL, OPERATED, {"facts": {}}),
        of("rule", "worst", when="fever AND pain >= 10"),
        of("rule", "come", when="operated AND pain >= 7"),
        of("fact", "operated", ask="Had surgery?"),
    )
    order = [KINDS.index(change.kind) for change in found.changed]
    assert order == sorted(order)
    assert order[0] == 0


def test_a_safety_note_that_a_clinic_silences_is_seen_and_its_clinic_named(through: Callable[..., Replay]) -> None:
    """In production a marked safety rule waits until somebody stands for it."""

    def note(folder: Folder) -> None:
        rule = {**entry(folder, "rule", "come"), "id": "note", "kind": "safety"}
        del rule["route"]
        folder["rules/all.toml"]["rule"].append(rule)

    def production(folder: Folder) -> None:
        folder["clinic.toml"]["production"] = True

    found = through(stable(OPERATED), note, production, before=[note])
    (silent,), (waits,) = told(found, "safety"), told(found, "waiting")
    assert (silent.about, silent.before, silent.after) == ("note", "said", "not said")
    assert (waits.about, waits.before, waits.after) == ("note", "not waiting", "would-apply")
    for change in (silent, waits):
        assert why(change) == [("the clinic", "", [("clinic clinic production", "no", "yes")])]


def test_what_goes_along_with_a_route(through: Callable[..., Replay]) -> None:
    def surgeon(folder: Folder) -> None:
        rule = {
            **entry(folder, "rule", "come"),
            "id": "surgeon",
            "route": "refer",
            "when": "operated AND side = 'left'",
        }
        rule["case"] = [
            {"says": "yes", "intake": {"facts": {"operated": True, "side": "left"}}, "expect": "true"},
            {"says": "no", "intake": {"facts": {"operated": False}}, "expect": "false"},
        ]
        folder["rules/all.toml"]["rule"].append(rule)

    left = {**OPERATED, "facts": {**OPERATED["facts"], "side": "left"}}
    (change,) = told(through(stable(left), surgeon), "companion")
    assert (change.about, change.before, change.after) == ("consult", "none", "holds")
    assert why(change)[0][:2] == ("route surgeon", "is new and holds")


def test_what_goes_together_and_goals(through: Callable[..., Replay]) -> None:
    def cases(**facts: Any) -> list[Facts]:
        told_of = [({"operated": True, **facts}, "true"), ({"operated": False}, "false"), ({}, "unknown")]
        return [{"says": says, "intake": {"facts": facts}, "expect": says} for facts, says in told_of]

    def with_pain_from(least: int) -> Change:
        def change(folder: Folder) -> None:
            when = f"operated AND pain >= {least}"
            combination = {"id": "only", "alone": ["block"], "makes_sense": True, "when": when, "says": "Only."}
            goal = {"id": "less-pain", "asks": "Less pain?", "plain": "Less pain?", "matters_when": when}
            goal |= {"domain": "pain", "nothing_shows": "Nothing.", "plain_nothing_shows": "Nothing."}
            more_keys = {"plain": "Only.", "marks": ["design"], "case": cases(pain=9)}
            folder["rules/all.toml"]["combination"] = [{**combination, **more_keys}]
            folder["rules/all.toml"]["goal"] = [{**goal, "marks": ["design"], "case": cases(pain=9)}]

        return change

    found = through(stable(OPERATED), with_pain_from(7), before=[with_pain_from(2)])
    (together,), (goal,) = told(found, "combination"), told(found, "goal")
    assert (together.about, together.before, together.after) == ("only", "makes sense: holds", "not said")
    assert why(together)[0][:2] == ("combination only", "was true, is now false")
    assert (goal.about, goal.before.partition(":")[0]) == ("less-pain", "matters")
    assert goal.after.partition(":")[0] == "does not matter"
    assert why(goal)[0][:2] == ("goal less-pain", "was true, is now false")


# --- nobody is dropped in silence -------------------------------------------------------------------


def _renamed(folder: Folder) -> None:
    entry(folder, "fact", "side")["id"] = "body_side"
    for point in (*entry(folder, "cause", "scar")["for"], *entry(folder, "cause", "scar")["against"]):
        point["when"] = point["when"].replace("side", "body_side")


def test_what_the_new_base_cannot_read_is_named(through: Callable[..., Replay]) -> None:
    found = through(stable({"facts": {"side": "left"}}, {"facts": {}}), _renamed)
    (refused,) = found.refused
    assert (refused.base, refused.people.names) == ("new", {"stable person": ("stable 1",)})
    assert refused.what.startswith("facts.side: there is no such fact; ")
    assert found.replayed == {"stable person": 1}


def test_what_only_the_new_base_can_be_told_is_left_out_for_the_old_and_named(through: Callable[..., Replay]) -> None:
    found = through(stable({"facts": {"body_side": "left", "fever": True, "pain": 9}}), _renamed)
    assert found.refused == ()
    (left,) = found.left_out
    assert (left.base, left.what, left.people.count) == ("old", "facts.body_side", {"stable person": 1})
    assert found.replayed == {"stable person": 1}


def test_what_the_old_base_was_not_told_is_a_reason_where_no_definition_is(through: Callable[..., Replay]) -> None:
    """A rule that both bases have, and a treatment tried that only the new one has heard of."""
    tried = {"id": "treatment", "type": "choice", "says": "it", "ask": "Which?", "values_from": "treatments"}
    listed = {"id": "tried", "says": "tried", "ask": "Which?", "complete_ask": "All?", "field": [tried]}
    both = [
        more("facts/all.toml", "record", **listed),
        of("rule", "come", when="operated AND NOT any(tried, treatment = 'block')", case=CASES_OF_COMING),
    ]

    def another(folder: Folder) -> None:
        folder["treatments/needle.toml"] = {**folder["treatments/block.toml"], "id": "needle", "case": []}

    somebody = {"facts": {"operated": True}, "tried": [{"treatment": "needle"}], "complete": ["tried"]}
    found = through(stable(somebody), *both, another, before=both)
    assert [left.what for left in found.left_out] == ["tried.treatment = needle"]
    (change,) = told(found, "route")
    assert (change.before, change.after) == ("consult or unlikely", "consult")
    assert why(change) == [("tried.treatment = needle", "could not be told to the old base", [])]


def test_without_unknown_leaves_out_facts_codes_lists_and_fields(tmp_path: Path) -> None:
    told_of = {
        "as_of": "2026-01-15",
        "facts": {"fever": True, "new": 1, "side": "both", "pain": {"value": 3}},
        "medications": [{"medicine": "anything", "form": "c", "since": "2020", "current": True}, "oxycodone"],
        "devices": [{}],
        "complete": ["medications", "devices"],
    }
    kept, left = without_unknown(told_of, known(tmp_path))
    assert kept == {
        "as_of": "2026-01-15",
        "facts": {"fever": True, "pain": {"value": 3}},
        "medications": [{"medicine": "anything", "current": True}, "oxycodone"],
        "complete": ["medications"],
    }
    assert left == ("facts.new", "facts.side = both", "medications.form = c", "medications.since", "devices")


def test_who_cannot_be_read_by_either_is_refused(through: Callable[..., Replay]) -> None:
    found = through(stable({"facts": {"pain": 11}}, {"facts": 3}))
    assert [unread.base for unread in found.refused] == ["new", "new"]
    assert (found.replayed, found.same) == ({}, 0)


def test_the_people_of_both_bases_are_replayed_each_once(tmp_path: Path) -> None:
    old, new = known(tmp_path / "a"), known(tmp_path / "b")
    everybody = list(known_people(old, new))
    assert [who.group for who in everybody] == ["worked patient"] * len(everybody)
    assert len({who.name for who in everybody}) == len(everybody) == len(list(known_people(old, old)))

    def otherwise(folder: Folder) -> None:
        entry(folder, "rule", "come")["case"][0]["intake"] = {"facts": {"operated": True, "pain": 6}}
        entry(folder, "rule", "come")["case"].append({"says": "more", "intake": {}, "expect": "unknown"})

    changed = list(known_people(old, known(tmp_path / "c", otherwise)))
    names = {who.name: who.intake for who in changed}
    assert set(names) - {who.name for who in everybody} == {"come: more", "come: yes (as the old base has it)"}
    assert names["come: yes"]["facts"]["pain"] == 6
    assert names["come: yes (as the old base has it)"]["facts"]["pain"] == 5


def test_worked_patients_are_those_of_what_a_change_touches(tmp_path: Path) -> None:
    old = known(tmp_path / "a")

    def entries(*changed: Change) -> set[str]:
        new = known(tmp_path / str(len(list(tmp_path.iterdir()))), *changed)
        people = known_people(old, new, Replayer(old, new).touched)
        return {who.name.partition(":")[0] for who in people}

    assert entries() == set()
    assert entries(of("rule", "come", says="Do come.")) == {"come"}
    assert entries(of("rule", "come", when="operated AND pain >= 7 OR operated AND pain >= 5")) == {"come"}
    # What rests on a change is touched too, however far down.
    assert entries(of("derived", "opioid_now", is_="any(medications, opioid)")) == {"infection", "block"}
    assert entries(of("medicine", "senna", classes=[])) == {"infection", "block"}
    assert entries(of("fact", "operated", ask="Had surgery?")) == set()


def test_only_the_first_synthetic_people_are_named(through: Callable[..., Replay]) -> None:
    many = replaying._NAMED + 3
    found = through(stable(*[OPERATED] * many), of("rule", "come", when="operated AND pain >= 7"))
    (change,) = told(found, "route")
    assert change.people.count == {"stable person": many}
    assert len(change.people.names["stable person"]) == replaying._NAMED


# --- what is printed --------------------------------------------------------------------------------


def _bases(found: Replay) -> Bases:
    return Bases(old="one", new="another", old_hash="0" * 64, new_hash="1" * 64, replay=found)


def test_the_report_says_it_in_80_columns(through: Callable[..., Replay]) -> None:
    found = through(
        [Somebody("published case", "v1", ILL), *stable(OPERATED, {"facts": {"side": "left"}})],
        of("rule", "worst", when="fever AND pain >= 10"),
        of("treatment", "block", caution=[]),
        _renamed,
        more("facts/all.toml", "fact", id="cold", type="boolean", says="feels cold", ask="Cold?"),
    )
    said = diff(_bases(found), stable=True)
    assert all(len(line) <= 80 for line in said.splitlines())
    flat = " ".join(said.split())
    for part in (
        "What changes from one to another",
        "Replayed: 1 published case, 1 stable person. Nothing changes for 0 of 2.",
        "COULD NOT BE REPLAYED - the new base: facts.side: there is no such fact",
        "- emergency lost: 1 change",
        "added: fact cold: feels cold",
        "changed: rule worst when: old: fever AND pain >= 9 new: fever AND pain >= 10",
        "emergency within 4 hours → ask: 1 published case (v1)",
        "because red flag worst was true, is now false: - rule worst, when: no longer “and pain >= 9” "
        "- rule worst, when: now “and pain >= 10”",
        "· v1: fever: yes; pain: 9",
    ):
        assert part in flat, part
    assert said.index("EMERGENCY LOST") < said.index("CAUTIONS")
    assert "No synthetic people" not in said
    assert "No synthetic people: neither base has a population." in diff(_bases(found), stable=False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a AND (b OR c) OR d", "a AND (b OR x) OR d", ("no longer “or a AND (b OR c)”", "now “or a AND (b OR x)”")),
        ("a AND (b OR c)", "a AND (b OR c) AND d", ("now “and d”",)),
        ("a OR b", "a", ("no longer “or b”",)),
        (
            "at_least(2, a OR b, c) AND d",
            "at_least(2, a, c) AND d",
            ("no longer “and at_least(2, a OR b, c)”", "now “and at_least(2, a, c)”"),
        ),
        ("a", "b", ()),
        ("a OR b", "c AND d", ()),
    ],
)
def test_a_condition_is_cut_where_it_is_joined_outside_brackets(old: str, new: str, said: tuple[str, ...]) -> None:
    assert _parts(Differs(kind="rule", id="x", key="when", old=old, new=new, condition=True)) == said


def test_what_is_long_is_cut_and_says_so(through: Callable[..., Replay]) -> None:
    def many(folder: Folder) -> None:
        for n in range(20):
            of("rule", f"note-{n}", says=f"Other {n}.", when="operated AND pain >= 6")(folder)

    def notes(folder: Folder) -> None:
        for n in range(20):
            rule = {**entry(folder, "rule", "come"), "id": f"note-{n}", "kind": "safety"}
            del rule["route"]
            rule["case"] = [*rule["case"]]
            folder["rules/all.toml"]["rule"].append(rule)

    def both(folder: Folder) -> None:
        notes(folder)
        many(folder)
        for n in range(20):
            entry(folder, "rule", f"note-{n}")["case"][0]["intake"] = {"facts": {"operated": True, "pain": 8}}

    found = through(stable(OPERATED), both, before=[notes])
    assert len(told(found, "safety")) == 20
    assert "And 8 more; --json holds them." in diff(_bases(found), stable=True)


def test_the_same_inputs_give_the_same_bytes(through: Callable[..., Replay]) -> None:
    def once() -> bytes:
        found = through(stable(ILL, OPERATED), of("rule", "come", when="operated AND pain >= 7"), _renamed)
        return msgspec.json.encode(_bases(found)) + diff(_bases(found), stable=True).encode()

    assert once() == once()


# --- synthetic people -------------------------------------------------------------------------------


def test_synthetic_people_are_made_half_by_each_base(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, Any, int, int]] = []

    def people(catalogue: Any, drawn_from: str, count: int, seed: int) -> Iterable[dict[str, Any]]:
        asked.append((catalogue.name, drawn_from, count, seed))
        return [{"facts": {}}] * count

    monkeypatch.setattr(population, "people", people)
    old: Any = SimpleNamespace(name="old", populations={"p": "p of old"})
    new: Any = SimpleNamespace(name="new", populations={"p": "p of new"})
    none: Any = SimpleNamespace(name="older", populations={})
    made = commands._stable_people(old, new, 5, 7)
    assert made is not None
    assert [who.name for who in made] == [f"stable person {n}" for n in range(1, 6)]
    assert asked == [("old", "p of old", 3, 7), ("new", "p of new", 2, 8)]
    asked.clear()
    assert len(list(commands._stable_people(none, new, 5, 7) or ())) == 5
    assert asked == [("new", "p of new", 5, 7)]
    assert commands._stable_people(none, none, 5, 7) is None
