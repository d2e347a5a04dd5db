"""Certainty: each rule moves its own domain and no other, an editor's word replaces a rule's, and gaps are named."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_catalog_folder import Folder, read, tiny, write

from postlude.catalog import files, published
from postlude.catalog.catalogue import Library
from postlude.catalog.published import (
    Arm,
    Change,
    Difference,
    Intervention,
    InterventionClass,
    OutcomeEntry,
    Override,
    Prior,
    PublishedStudy,
    Responders,
    Threshold,
    ThresholdId,
)
from postlude.evidence import pool
from postlude.evidence.arms import rows
from postlude.evidence.certainty import certainty, missing
from postlude.evidence.contrasts import contrasts
from postlude.evidence.pool import Benefit, Certainty

SENTENCES = tomllib.loads((files.SHIPPED / "words/en/evidence.toml").read_text())["certainty"]
THRESHOLDS = tomllib.loads((files.SHIPPED / "terms/certainty.toml").read_text())["threshold"]
NONE = {"risk of bias": 0, "inconsistency": 0, "indirectness": 0, "imprecision": 0, "publication bias": 0}
CLEAR = (5.0, 25.0)
"""The 95 % interval of a benefit that leaves no doubt."""


# --- a small library --------------------------------------------------------------------------------


def study(key: str, *arms: Arm, **other: Any) -> PublishedStudy:
    """A perfect trial in operated people, but for what is said otherwise."""
    plain: dict[str, Any] = {
        "title": "A trial",
        "authors": "Doe J",
        "journal": "Journal",
        "year": 2020,
        "design": "rct",
        "blinding": "double",
        "funding": "public",
        "region": "lumbar",
        "pain": "mixed",
        "population": "People after an operation.",
        "operated_share": 1.0,
        "read": "full-text",
        "url": "https://example.org",
    }
    return PublishedStudy(id=key, arm=arms, **{**plain, **other})


def arm(key: str, events: float, n: int, **other: Any) -> Arm:
    """Everyone assigned is counted once, after six months, but for what is said otherwise."""
    counted = Responders(
        outcome="half", months=6.0, n=n, denominator=other.pop("denominator", "randomised"), basis="printed",
        events=int(events),
    )  # fmt: skip
    return Arm(
        id=other.pop("id", key),
        intervention=key,
        label=key,
        n=n,
        **{"n_is": "randomised", "responders": (counted,)} | other,
    )


def trial(key: str = "one", n: int = 300, versus: str = "imitation", **other: Any) -> PublishedStudy:
    """Half of those treated respond, and 3 of 10 of the others."""
    who = {"denominator": other.pop("denominator", "randomised"), "n_is": other.pop("n_is", "randomised")}
    shares = other.pop("shares", (0.5, 0.3))
    arms = (arm("device", shares[0] * n, n, **who), arm(versus, shares[1] * n, n, **who))
    return study(key, *arms, **other)


def by_means(key: str = "one", n: int = 300) -> PublishedStudy:
    """A trial that printed a difference of mean pain only."""
    gap = Difference(
        outcome="score", months=6.0, denominator="randomised", basis="printed", versus="imitation",
        measure="mean-difference", value=-1.5, low=-2.0, high=-1.0,
    )  # fmt: skip
    arms = (
        Arm(id="device", intervention="device", label="device", n=n, n_is="randomised", difference=(gap,)),
        Arm(id="imitation", intervention="imitation", label="imitation", n=n, n_is="randomised"),
    )
    return study(key, *arms)


def library(studies: Iterable[PublishedStudy], overrides: Iterable[Override] = ()) -> Library:
    names: dict[str, Any] = {"device": "", "other": "", "imitation": "sham", "waiting": "usual"}
    prior: dict[str, Any] = {"form": "normal", "sd": 0.5, "says": "mapping", "stands_on": "judgement", "why": "test"}
    return Library(
        hash="test",
        studies={s.id: s for s in studies},
        outcomes={
            "half": OutcomeEntry(
                id="half", kind="responders", better="more", says="half gone", plain="half gone", domain="pain",
                relief=50, pooled_as="relief-50",
            ),
            "score": OutcomeEntry(
                id="score", kind="score", better="less", says="pain", plain="pain", domain="pain", low=0.0, high=10.0,
                pooled_as="pain-score",
            ),
        },
        classes={"any": InterventionClass(id="any", says="any")},
        interventions={
            key: msgspec.convert(
                {"id": key, "says": f"the {key}", "plain": key, "class": "any", "comparator": kind}, Intervention
            )
            for key, kind in names.items()
        },
        priors={key: Prior(id=key, **prior) for key in ("score-mapping", "score-sd-borrowed")},
        covariates={},
        certainty={entry.id: entry for entry in overrides},
        thresholds={t["id"]: msgspec.convert(t, Threshold) for t in THRESHOLDS},
        sentences={f"certainty.{key}": text for key, text in SENTENCES.items()},
    )  # fmt: skip


def gain(comparator: Any = "sham", interval: tuple[float, float] = CLEAR, **other: Any) -> Benefit:
    plain: dict[str, Any] = {"stands_on_review": False, "routes": ("counts",), "studies": ("one",)}
    low, high = interval
    return Benefit(
        comparator=comparator, mean=15.0, low80=low, high80=high, low95=low, high95=high, probability_10=0.7, trials=1,
        people=600, double_blind=1, **{**plain, **other},
    )  # fmt: skip


def judge(held: Library, *benefits: Benefit, of: str = "device") -> Certainty | None:
    """What is said of one intervention when the library's own rows and comparisons are looked at."""
    mine = [row for row in rows(held).counted if row.intervention == of]
    return certainty(held, of, benefits, mine, [c for c in contrasts(held, 0.5) if c.intervention == of])


def compared(*studies: PublishedStudy, benefit: Benefit | None = None, **interval: Any) -> Certainty:
    found = judge(library(studies), benefit or gain(**interval))
    assert found is not None
    return found


def alone(*studies: PublishedStudy) -> Certainty:
    found = judge(library(studies))
    assert found is not None
    return found


def series(key: str, share: float = 0.5, n: int = 500, **other: Any) -> PublishedStudy:
    """One arm of a trial against another treatment: nothing is compared with sham or usual care."""
    who = {"denominator": other.pop("denominator", "randomised")}
    return study(key, arm("device", share * n, n, **who), arm("other", 0, n), **other)


def steps(found: Certainty) -> Mapping[str, int]:
    return {judgement.domain: judgement.step for judgement in found.judgements}


def why(found: Certainty, domain: str) -> str:
    return next(judgement.why for judgement in found.judgements if judgement.domain == domain)


# --- comparisons ------------------------------------------------------------------------------------


def test_a_large_blind_trial_in_operated_people_is_certain() -> None:
    found = compared(trial())
    assert steps(found) == NONE
    assert found.level == "high"
    assert "sham" in found.about
    assert [judgement.domain for judgement in found.judgements] == list(get_args(pool.Domain))
    assert {judgement.by for judgement in found.judgements} == {"rule"}


@pytest.mark.parametrize(
    ("studies", "interval", "moved", "level"),
    [
        ([trial(blinding="none")], CLEAR, {"risk of bias": -1}, "moderate"),
        ([trial(denominator="completers", n_is="treated", n=301)], CLEAR, NONE, "high"),  # all of them completed
        ([trial(denominator="completers", n_is="implanted")], CLEAR, {"risk of bias": -1}, "moderate"),
        ([trial(denominator="implanted")], CLEAR, {"risk of bias": -1}, "moderate"),
        ([trial(blinding="single", denominator="unknown", n_is="unknown")], CLEAR, {"risk of bias": -2}, "low"),
        # Trials that are opposed, and a prediction from harm to a large benefit: each alone is not disagreement.
        (
            [trial("one", shares=(0.6, 0.3)), trial("two", shares=(0.3, 0.5))],
            (-10.0, 30.0),
            {"inconsistency": -1},
            "moderate",
        ),
        ([trial("one", shares=(0.6, 0.3)), trial("two", shares=(0.3, 0.5))], CLEAR, NONE, "high"),
        ([trial("one"), trial("two")], (-10.0, 30.0), {"imprecision": -1}, "moderate"),
        ([trial(operated_share=0.5)], CLEAR, {"indirectness": -1}, "moderate"),
        ([trial(operated_share=None)], CLEAR, {"indirectness": -1}, "moderate"),
        ([by_means()], CLEAR, {"indirectness": -1}, "moderate"),
        ([trial(n=200)], CLEAR, NONE, "high"),
        ([trial(n=198)], CLEAR, {"imprecision": -1}, "moderate"),
        ([trial(n=50)], CLEAR, {"imprecision": -1}, "moderate"),
        ([trial(n=40)], CLEAR, {"imprecision": -2}, "low"),
        ([trial(n=50)], (-1.0, 11.0), {"imprecision": -1}, "moderate"),
        ([trial()], (-1.0, 11.0), {"imprecision": -1}, "moderate"),
        ([trial()], (-1.0, 9.0), NONE, "high"),
        ([trial(f"t{i}", n=45, funding="industry") for i in range(5)], CLEAR, {"publication bias": -1}, "moderate"),
        ([trial(f"t{i}", n=45, funding="not-reported") for i in range(5)], CLEAR, {"publication bias": -1}, "moderate"),
        ([trial(f"t{i}", n=45) for i in range(5)], CLEAR, NONE, "high"),
        ([trial(f"t{i}", n=90, funding="industry") for i in range(5)], CLEAR, NONE, "high"),
    ],
)  # fmt: skip
def test_each_weakness_moves_its_own_domain(
    studies: list[PublishedStudy], interval: tuple[float, float], moved: Mapping[str, int], level: str
) -> None:
    found = compared(*studies, interval=interval)
    assert steps(found) == {**NONE, **moved}
    assert found.level == level


def test_usual_care_cannot_be_compared_blind() -> None:
    found = compared(trial(versus="waiting"), benefit=gain("usual"))
    assert steps(found) == {**NONE, "risk of bias": -1}
    assert "usual care" in found.about
    assert "usual care" in why(found, "risk of bias")


def test_sham_is_judged_before_usual_care() -> None:
    held = library([trial("one"), trial("two", versus="waiting", n=2000)])
    found = judge(held, gain("usual"), gain("sham"))
    assert found is not None
    assert "sham" in found.about
    assert "600" in why(found, "imprecision")


def test_what_most_people_were_in_decides() -> None:
    mostly = [trial("one", n=300), trial("two", n=100, blinding="none", operated_share=0.0)]
    assert steps(compared(*mostly)) == NONE
    rarely = [trial("one", n=100), trial("two", n=300, blinding="none", operated_share=0.0)]
    assert steps(compared(*rarely)) == {**NONE, "risk of bias": -1, "indirectness": -1}


def test_disagreement_is_not_held_against_a_figure_twice() -> None:
    opposed = [trial("one", shares=(0.6, 0.3)), trial("two", shares=(0.3, 0.5))]
    found = compared(*opposed, interval=(-10.0, 30.0))
    assert SENTENCES["interval_counted"] in why(found, "imprecision")


def test_both_groups_must_count_everyone() -> None:
    for mine, theirs in (("randomised", "implanted"), ("implanted", "randomised")):
        arms = (arm("device", 150, 300, denominator=mine), arm("imitation", 90, 300, denominator=theirs))
        assert steps(compared(study("one", *arms))) == {**NONE, "risk of bias": -1}


def results(*counted: tuple[float, int, Any]) -> tuple[Responders, ...]:
    """Half of those counted, by months, number and denominator."""
    return tuple(
        Responders(outcome="half", months=m, n=n, denominator=d, basis="printed", events=n // 2) for m, n, d in counted
    )


def test_only_the_results_behind_a_comparison_count() -> None:
    late, six, fewer = (24.0, 200, "completers"), (6.0, 300, "randomised"), (6.0, 299, "followed")
    for counted, step in (((late, six), 0), ((late,), -1), ((fewer,), -1)):
        arms = (arm(key, 0, 300, responders=results(*counted)) for key in ("device", "imitation"))
        assert steps(compared(study("one", *arms))) == {**NONE, "risk of bias": step}


def test_an_arm_may_say_who_was_operated_on() -> None:
    arms = (arm("device", 150, 300, operated_share=1.0), arm("imitation", 90, 300))
    assert steps(compared(study("one", *arms, operated_share=0.2))) == NONE


def test_one_study_cannot_disagree_with_itself() -> None:
    found = compared(trial(), interval=(-40.0, 60.0))
    assert steps(found)["inconsistency"] == 0
    assert why(found, "inconsistency") == SENTENCES["one_study"]


def test_people_of_a_crossover_trial_are_counted_once() -> None:
    found = compared(trial(design="crossover-rct", n=150))
    assert "150 people" in why(found, "imprecision")


def test_an_unknown_size_earns_no_credit() -> None:
    gap = Difference(
        outcome="score", months=6.0, denominator="randomised", basis="printed", versus="imitation",
        measure="mean-difference", value=-1.5, low=-2.0, high=-1.0,
    )  # fmt: skip
    arms = (
        Arm(id="device", intervention="device", label="device", difference=(gap,)),
        Arm(id="imitation", intervention="imitation", label="imitation"),
    )
    found = compared(study("one", *arms))
    assert steps(found) == {**NONE, "indirectness": -1, "imprecision": -2}


def test_the_sentences_tell_their_numbers() -> None:
    found = compared(trial("one", n=300), trial("two", n=100, blinding="none"), interval=(5.0, 25.0))
    assert "75 %" in why(found, "risk of bias")
    assert "800" in why(found, "imprecision")
    assert "5 to 25" in why(found, "imprecision")
    assert "600" in why(found, "publication bias")


def test_no_level_is_below_very_low() -> None:
    found = compared(
        trial(n=20, blinding="none", denominator="implanted", operated_share=0.0, funding="industry"),
        interval=(-40.0, 60.0),
    )
    assert sum(steps(found).values()) < -3
    assert found.level == "very low"


def test_a_benefit_needs_a_comparison() -> None:
    with pytest.raises(ValueError, match="usual"):
        compared(trial(), benefit=gain("usual"))


def test_a_review_is_said_to_be_one() -> None:
    held = library([trial(design="meta-analysis", blinding="unclear")])
    found = judge(held, gain(stands_on_review=True))
    assert found is not None
    assert "review" in found.about
    assert why(found, "inconsistency") == SENTENCES["one_review"]


# --- single groups ----------------------------------------------------------------------------------


def test_groups_without_a_comparison_begin_at_low() -> None:
    found = alone(series("one"))
    assert steps(found) == NONE
    assert found.level == "low"


@pytest.mark.parametrize(
    ("studies", "moved"),
    [
        ([series("one", design="case-series")], {"risk of bias": -1}),
        ([series("one", design="cohort-retrospective")], {"risk of bias": -1}),
        ([series("one", denominator="implanted")], {"risk of bias": -1}),
        ([series("one", design="case-series", denominator="implanted")], {"risk of bias": -2}),
        ([series("one", share=0.2), series("two", share=0.7)], {"inconsistency": -1}),
        ([series("one", share=0.2), series("two", share=0.6)], {}),
        ([series("one", operated_share=0.7)], {"indirectness": -1}),
        ([series("one", n=399)], {"imprecision": -1}),
        ([series("one", n=99)], {"imprecision": -2}),
        ([series(f"s{i}", n=99) for i in range(5)], {"publication bias": -1}),
        ([series(f"s{i}", n=99) for i in range(4)] + [series("big", n=100)], {}),
        ([series("one", n=99), series("two", n=99)], {"imprecision": -1}),
    ],
)
def test_each_weakness_of_a_series_moves_its_own_domain(
    studies: list[PublishedStudy], moved: Mapping[str, int]
) -> None:
    found = alone(*studies)
    assert steps(found) == {**NONE, **moved}
    assert found.level == ("low" if not moved else "very low")


def scored() -> Arm:
    """People whose mean pain before and after was printed, and nothing else."""
    change = Change(
        outcome="score", months=6.0, denominator="randomised", basis="printed", baseline_mean=7.0, baseline_sd=1.5,
        mean=4.0, sd=2.0, n=500,
    )  # fmt: skip
    return Arm(id="device", intervention="device", label="device", n=500, n_is="randomised", change=(change,))


def test_scores_alone_are_indirect() -> None:
    assert steps(alone(study("one", scored()))) == {**NONE, "indirectness": -1}


def test_two_arms_of_one_trial_are_one_study() -> None:
    arms = (arm("device", 50, 500), arm("device", 450, 500, id="again"))
    assert steps(alone(study("one", *arms)))["inconsistency"] == 0
    scores = study("two", scored())
    assert why(alone(study("one", *arms), scores), "inconsistency") == SENTENCES["no_shares"]


def test_people_lost_on_the_way_are_left_out() -> None:
    """Of 500 who began, 400 were followed: the model counts both ways, the rule does not call that whole."""
    followed = Responders(outcome="half", months=6.0, n=400, denominator="followed", basis="printed", events=200)
    group = Arm(id="device", intervention="device", label="d", n=500, n_is="randomised", responders=(followed,))
    held = library([study("one", group)])
    assert [row.route for row in rows(held).counted] == ["bounded"]
    assert steps(alone(study("one", group))) == {**NONE, "risk of bias": -1}


def test_the_share_nearest_to_six_months_speaks_for_its_people() -> None:
    late = Responders(outcome="half", months=36.0, n=500, denominator="randomised", basis="printed", events=25)
    early = Responders(outcome="half", months=6.0, n=500, denominator="randomised", basis="printed", events=300)
    group = Arm(
        id="device", intervention="device", label="device", n=500, n_is="randomised", responders=(late, early)
    )  # fmt: skip
    assert steps(alone(study("one", group), series("two")))["inconsistency"] == 0


def test_nothing_to_count_has_no_certainty() -> None:
    assert judge(library([])) is None


# --- what nobody compared ---------------------------------------------------------------------------


def test_the_missing_comparison_is_named() -> None:
    assert alone(series("one")).missing == (
        "no study compares the device with sham in operated people",
        "no study compares the device with usual care in operated people",
    )
    assert compared(trial()).missing == ("no study compares the device with usual care in operated people",)


def test_a_comparison_in_other_people_is_still_missing() -> None:
    first, _ = compared(trial(operated_share=0.5)).missing
    assert first.startswith("no study compares the device with sham in operated people")
    assert "one" in first


def test_a_comparator_misses_no_comparison() -> None:
    assert missing(library([]), "imitation") == ()
    assert len(missing(library([]), "device")) == 2


# --- editors ----------------------------------------------------------------------------------------


def override(key: str = "mine", step: int = -1, domain: Any = "imprecision", comparator: Any = "") -> Override:
    return Override(
        id=key, intervention="device", comparator=comparator, domain=domain, step=step, why=f"Reason of {key}.", by="Ed"
    )


@pytest.mark.parametrize("domain", get_args(pool.Domain))
@pytest.mark.parametrize("step", [0, -1, -2])
def test_an_editor_replaces_one_domain_and_is_named(domain: str, step: int) -> None:
    found = judge(library([trial(n=40)], [override(domain=domain, step=step)]), gain())
    assert found is not None
    assert steps(found) == {**NONE, "imprecision": -2, domain: step}
    assert {j.domain: j.by for j in found.judgements} == {**dict.fromkeys(NONE, "rule"), domain: "Ed"}
    assert "Reason of mine." in why(found, domain)


def test_an_editor_shows_what_the_rule_says() -> None:
    found = judge(library([trial(n=40)], [override(step=0)]), gain())
    assert found is not None
    assert "-2" in why(found, "imprecision")
    assert "80 people" in why(found, "imprecision")
    assert found.level == "high"


@pytest.mark.parametrize(
    ("entries", "step"),
    [
        ([override(comparator="sham")], -1),
        ([override(comparator="usual")], 0),
        ([override("all", -2), override("this", -1, comparator="sham")], -1),
        ([override("this", -1, comparator="sham"), override("all", -2)], -1),
        ([msgspec.structs.replace(override(), intervention="other")], 0),
    ],
)
def test_an_editor_speaks_of_one_comparison(entries: list[Override], step: int) -> None:
    found = judge(library([trial()], entries), gain())
    assert found is not None
    assert steps(found)["imprecision"] == step


def test_an_editor_cannot_speak_of_a_comparison_that_is_not_judged() -> None:
    found = judge(library([series("one")], [override(comparator="sham"), override("all", -2)]))
    assert found is not None
    assert steps(found)["imprecision"] == -2


# --- laws -------------------------------------------------------------------------------------------

LEVELS = list(get_args(pool.Level))
"""From the most certain to the least."""
sizes = st.integers(10, 60).map(lambda n: 10 * n)
kinds = st.fixed_dictionaries(
    {
        "n": st.sampled_from([10, 50, 100, 300]),
        "blinding": st.sampled_from(["none", "double"]),
        "funding": st.sampled_from(["industry", "public"]),
        "operated_share": st.sampled_from([None, 0.5, 1.0]),
    }
)


@given(st.lists(kinds, min_size=1, max_size=4), sizes)
def test_more_people_in_an_agreeing_blind_trial_never_lower_certainty(others: list[dict[str, Any]], size: int) -> None:
    studies = [trial(f"t{i}", **kind) for i, kind in enumerate(others)]
    before = compared(*studies, trial("best", n=10), interval=(-5.0, 30.0))
    after = compared(*studies, trial("best", n=size), interval=(-5.0, 30.0))
    assert LEVELS.index(after.level) <= LEVELS.index(before.level)
    assert all(step >= steps(before)[domain] for domain, step in steps(after).items())


@given(st.lists(kinds, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(others: list[dict[str, Any]], chance: Any) -> None:
    studies = [trial(f"t{i}", **kind) for i, kind in enumerate(others)]
    mixed = chance.sample(studies, len(studies))
    assert compared(*studies) == compared(*mixed)


# --- the files --------------------------------------------------------------------------------------


def terms(
    *overrides: Mapping[str, Any], thresholds: list[dict[str, Any]] = THRESHOLDS, studies: bool = False
) -> Folder:
    folder = tiny()
    folder["terms/all.toml"] = {
        "intervention_class": [{"id": "any", "says": "any"}],
        "intervention": [{"id": "device", "class": "any", "says": "device", "plain": "device"}],
        "certainty": list(overrides),
        "threshold": thresholds,
    }
    if studies:
        plain = msgspec.to_builtins(study("paper"))
        folder["evidence/paper.toml"] = {k: v for k, v in plain.items() if k != "arm"} | {
            "arm": [{"id": "device", "intervention": "device", "label": "device"}]
        }
    return folder


ENTRY = {"id": "mine", "intervention": "device", "domain": "imprecision", "step": -1, "why": "Because.", "by": "Ed"}


def test_a_valid_entry_is_kept_and_changes_the_hash(tmp_path: Path) -> None:
    catalogue, problems = read(write(tmp_path / "with", terms(ENTRY, studies=True)))
    assert problems == ()
    assert catalogue is not None
    assert catalogue.library.certainty["mine"].step == -1
    assert set(catalogue.library.thresholds) == set(get_args(ThresholdId))
    hashes = {catalogue.library.hash}
    moved = [{**t, "value": t["value"] + 1} for t in THRESHOLDS]
    said = terms(ENTRY, studies=True)
    said["words/en/evidence.toml"] = {"certainty": {"one_study": "Only one."}}
    for name, folder in {"without": terms(studies=True), "moved": terms(ENTRY, thresholds=moved), "said": said}.items():
        other, problems = read(write(tmp_path / name, folder))
        assert problems == ()
        assert other is not None
        hashes.add(other.library.hash)
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"intervention": "devise"}, ("intervention", "'devise'", "device")),
        ({"domain": "imprecison"}, ("domain", "imprecison", "imprecision")),
        ({"comparator": "placebo"}, ("comparator", "placebo", "sham")),
        ({"step": -3}, ("step", "-3", "0, -1 or -2")),
        ({"step": 1}, ("step", "0, -1 or -2")),
        ({"why": " "}, ("why",)),
        ({"by": ""}, ("by",)),
        ({"sources": ["nobody"]}, ("sources", "nobody")),
    ],
)
def test_a_wrong_entry_is_refused_by_name(tmp_path: Path, change: dict[str, Any], words: tuple[str, ...]) -> None:
    catalogue, problems = read(write(tmp_path, terms({**ENTRY, **change})))
    assert catalogue is None
    (problem,) = problems
    for word in ("terms/all.toml", "mine", *words):
        assert word in problem


@pytest.mark.parametrize("key", ["why", "by", "domain", "step"])
def test_reason_and_author_are_required(tmp_path: Path, key: str) -> None:
    catalogue, problems = read(write(tmp_path, terms({k: v for k, v in ENTRY.items() if k != key})))
    assert catalogue is None
    assert any(f"`{key}`" in problem and "is missing" in problem for problem in problems)


def test_a_domain_is_judged_once(tmp_path: Path) -> None:
    catalogue, problems = read(write(tmp_path, terms(ENTRY, {**ENTRY, "id": "again"})))
    assert catalogue is None
    assert any("already judged by mine" in problem for problem in problems)
    special = {**ENTRY, "id": "again", "comparator": "sham"}
    assert read(write(tmp_path / "special", terms(ENTRY, special)))[1] == ()


def test_thresholds_are_all_there_and_known(tmp_path: Path) -> None:
    _, problems = read(write(tmp_path / "less", terms(thresholds=THRESHOLDS[1:], studies=True)))
    assert any(THRESHOLDS[0]["id"] in problem and "is missing" in problem for problem in problems)
    wrong = [{**THRESHOLDS[0], "id": "most-peple"}]
    _, problems = read(write(tmp_path / "wrong", terms(thresholds=wrong)))
    assert any("most-peple" in problem and "most-people" in problem for problem in problems)
    _, problems = read(write(tmp_path / "bare", terms(thresholds=[{**THRESHOLDS[0], "marks": []}])))
    assert any("names no source" in problem for problem in problems)


def test_files_and_pool_name_the_same_domains() -> None:
    assert get_args(published.Domain) == get_args(pool.Domain)
