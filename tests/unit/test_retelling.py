"""What was said in English, said again by its keys: the same as if it had been said in that language at once."""

from datetime import date

import msgspec
import pytest

from postlude.assessment.assess import Assessor
from postlude.assessment.model import Assessment
from postlude.assessment.reading import understand
from postlude.assessment.retelling import CLOSE, OPEN, Retelling, english, has_english, unsigned
from postlude.catalog import load
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.translation import in_language
from postlude.evidence.pool import Pool
from postlude.evidence.store import load as pool_of
from postlude.report.plain import plain

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def told() -> Catalogue:
    shipped = load.load()
    return msgspec.structs.replace(
        shipped, clinic=msgspec.structs.replace(shipped.clinic, preview=tuple(shipped.translations))
    )


@pytest.fixture(scope="module")
def pool(told: Catalogue) -> Pool:
    return pool_of(told.library)


@pytest.fixture(scope="module", params=["es", "tr"])
def retold(request: pytest.FixtureRequest, told: Catalogue) -> Catalogue:
    return in_language(told, request.param, staff=True)


def _said(assessor: Assessor, case: str) -> Assessment:
    catalogue = assessor.catalogue
    content = {"as_of": str(TODAY), **catalogue.cases[case].intake}
    return assessor.assess(understand(content, catalogue, name=case, today=TODAY))


def test_it_is_what_would_have_been_said_in_the_language(told: Catalogue, retold: Catalogue, pool: Pool) -> None:
    """Of every third published patient; of some of them with expectations, which take the time."""
    retelling = Retelling(told, retold)
    plainly, figured = ([Assessor(base, known) for base in (told, retold)] for known in (None, pool))
    for nth, case in enumerate(list(told.cases)[::3]):
        first, other = plainly if nth % 10 else figured
        again, at_once = retelling.assessment(_said(first, case), retold.clinic), _said(other, case)
        assert plain(again, retold) == plain(at_once, retold), case
        assert [part.because for part in (again.onward,) if part] == [
            part.because for part in (at_once.onward,) if part
        ]
        assert not any(has_english([option, *again.goals, *again.conclusions]) for option in again.options)


def test_what_was_told_in_other_words_is_not_guessed(told: Catalogue, retold: Catalogue) -> None:
    said = _said(Assessor(told), next(iter(told.cases)))
    first, *rest = said.conclusions
    other = msgspec.structs.replace(first, plain="This was said <otherwise> on that day.")
    # The sentence of another rule is not this one's, even where it has a translation.
    strange = next(rule for rule in told.rules.values() if rule.plain and rule.id != first.rule)
    swapped = msgspec.structs.replace(first, plain=strange.plain)
    changed = msgspec.structs.replace(said, conclusions=(other, swapped, *rest))
    found = Retelling(told, retold).assessment(changed, retold.clinic).conclusions
    assert found[0].plain == english("This was said <otherwise> on that day.")
    assert found[1].plain == english(strange.plain)
    assert unsigned(found[1].plain) == strange.plain
    assert all(OPEN not in part.plain and CLOSE not in part.plain for part in found[2:])
    assert has_english(found)
    assert not has_english(found[2:])


def test_what_the_knowledge_has_no_more_stays_too(told: Catalogue, retold: Catalogue) -> None:
    """A rule, a fact and an option that are gone since are said as they were said."""
    fewer = msgspec.structs.replace(retold, rules={}, treatments={}, facts={}, records={}, goals={}, causes={})
    less = msgspec.structs.replace(told, rules={}, treatments={}, facts={}, records={}, goals={}, causes={})
    assessor = Assessor(told)
    said = next(said for said in (_said(assessor, case) for case in told.cases) if said.options)
    again = Retelling(less, fewer).assessment(said, retold.clinic)
    assert [unsigned(option.name) for option in again.options] == [option.name for option in said.options]
    assert all(option.name.startswith(OPEN) for option in again.options)
    assert [unsigned(q.question) for q in again.ask] == [q.question for q in said.ask]
    assert english("") == ""
