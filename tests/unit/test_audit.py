"""What the library holds, counted: nothing twice, nothing lost."""

from collections import Counter

from postlude.catalog.catalogue import Library
from postlude.evidence.audit import conduct, holdings
from postlude.evidence.make import Fitted


def test_every_publication_is_of_one_kind(fitted: Fitted, library: Library) -> None:
    found = holdings(fitted, lambda study: study.design)
    *kinds, everything = found.values()
    assert list(found)[-1] == "all"
    for field in ("publications", "shares", "comparisons", "shown_only"):
        assert sum(getattr(kind, field) for kind in kinds) == getattr(everything, field)
    assert everything.publications == len(library.studies)
    assert everything.shares == len({row.study for row in fitted.rows.counted})
    assert everything.trials == len({study.people_key for study in library.studies.values()})
    assert [kind.publications for kind in kinds] == sorted((k.publications for k in kinds), reverse=True)


def test_what_is_counted_by_neither_model_is_shown_only(fitted: Fitted) -> None:
    one = holdings(fitted, lambda study: study.id)
    counted = {row.study for row in fitted.rows.counted} | {contrast.study for contrast in fitted.contrasts}
    assert {key for key, held in one.items() if held.shown_only == 0} == counted


def test_publications_of_one_trial_are_one_trial(fitted: Fitted, library: Library) -> None:
    several = [key for key, count in Counter(s.trial for s in library.studies.values() if s.trial).items() if count > 1]
    assert several
    one = holdings(fitted, lambda study: study.people_key)
    assert all(one[key].trials == 1 and one[key].publications > 1 for key in several)


def test_each_trial_of_an_intervention_was_paid_for_and_blinded_in_one_way(fitted: Fitted, library: Library) -> None:
    found = conduct(fitted)
    for key, done in found.items():
        assert done.trials == sum(done.funding.values()) == sum(done.blinding.values())
        assert done.randomised_trials <= done.trials
        assert done.randomised <= done.arms
        assert key in library.interventions
    assert sum(done.arms for done in found.values()) == len({row.people for row in fitted.rows.counted})


def test_what_one_publication_tells_goes_before_what_another_does_not(fitted: Fitted, library: Library) -> None:
    """A trial of which one publication names the payer is not among those that do not tell."""
    for key, done in conduct(fitted).items():
        own = [s for s in library.studies.values() if any(arm.intervention == key for arm in s.arm)]
        told = {s.people_key for s in own if s.funding != "not-reported" and "meta" not in s.design}
        told = {t for t in told if all(s.design != "systematic-review" for s in own if s.people_key == t)}
        assert done.trials - done.funding.get("not-reported", 0) == len(told), key
