"""Nobody is turned away because of opioids, mental health or the number of operations: proved for every person."""

from collections.abc import Sequence

import pytest
from tests.unit.test_catalog_folder import entry, tiny, write

from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.decisions import Decisions
from postlude.assessment.proving import Prover, as_intake
from postlude.assessment.reading import understand
from postlude.assessment.refusals import Claim, refusals
from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.errors import KnowledgeError
from postlude.logic.language import predicate
from postlude.logic.nodes import And, Not, Or, Predicate, names
from postlude.logic.person import Person

CONTRAINDICATES = {"psychosis_active"}
"""Of mental health, but a contraindication of medicines that can bring it on. It may close those, and no route."""


@pytest.fixture(scope="module")
def prover() -> Prover:
    return Prover(load())


def _claims(prover: Prover, made: Decisions | None = None) -> Sequence[Claim]:
    return list(refusals(prover.catalogue, made or prover.made, prover.encoder))


def _refuted(prover: Prover, made: Decisions) -> dict[str, Person]:
    found = {claim.says: claim.refute() for claim in _claims(prover, made)}
    return {says: person for says, person in found.items() if isinstance(person, Person)}


def test_what_must_never_refuse_is_marked(prover: Prover) -> None:
    """The promise of `unlikely`; a compensation claim belongs to it as soon as it is asked."""
    catalogue = prover.catalogue
    marked = {name for name, fact in catalogue.facts.items() if fact.never_refuses}
    for name, fact in catalogue.facts.items():
        words = f"{name} {fact.says}".lower()
        if any(word in words for word in ("suicid", "mental", "psych", "phq", "depress", "compensation", "litigation")):
            assert name in marked or name in CONTRAINDICATES, name
    assert any(found.never_refuses for found in catalogue.classes.values())
    assert any(records.never_refuses for records in catalogue.records.values())
    assert any(f.never_refuses for records in catalogue.records.values() for f in records.fields.values())


@pytest.mark.slow
def test_nothing_that_never_refuses_turns_anybody_away(prover: Prover) -> None:
    claims = _claims(prover)
    assert len(claims) > 100
    assert [claim.says for claim in claims if claim.refute() is not None] == []


def _read(prover: Prover, text: str) -> Predicate:
    return predicate(text, prover.catalogue.vocabulary)


def _mood(catalogue: Catalogue) -> str:
    return next(n for n, f in catalogue.facts.items() if f.never_refuses and f.type == "boolean" and f.applies is None)


@pytest.mark.slow
def test_each_way_of_turning_somebody_away_is_found(prover: Prover) -> None:
    """Break it on purpose: every kind of mark, every way of being refused."""
    made, catalogue = prover.made, prover.catalogue
    fact = _mood(catalogue)
    mood, well = _read(prover, fact), Not(_read(prover, fact))
    number = next(n for n, f in catalogue.facts.items() if f.never_refuses and f.type in ("integer", "number"))
    high = _read(prover, f"{number} >= 2")
    (listed,) = (key for key, records in catalogue.records.items() if records.never_refuses)
    several = _read(prover, f"count({listed}) >= 5")
    name = next(name for name, found in catalogue.classes.items() if found.never_refuses)
    (medicines,) = (key for key, records in catalogue.records.items() if records.by_medicine)
    taken = _read(prover, f"any({medicines}, {name})")
    (field,) = (name for name, f in catalogue.records[medicines].fields.items() if f.never_refuses)
    much = _read(prover, f"sum({medicines}, {field}) >= 50")
    key, choice = next(iter(made.options.items()))

    def avoided(also: Predicate) -> Decisions:
        return made._replace(options={key: choice._replace(avoid=Or((choice.avoid, also)))})

    def unlisted(unless: Predicate) -> Decisions:
        return made._replace(options={key: choice._replace(consider=And((choice.consider, Not(unless))))})

    expected = [
        (made._replace(consult=And((made.consult, well))), f"no answer to {fact} makes the route unlikely"),
        (made._replace(refer=Or((made.refer, mood))), f"no answer to {fact} makes the route refer"),
        (avoided(mood), f"no answer to {fact} makes {key} one to avoid"),
        (avoided(well), f"no answer to {fact} makes {key} one to avoid"),
        (unlisted(mood), f"no answer to {fact} takes {key} off the list"),
        (unlisted(high), f"no answer to {number} takes {key} off the list"),
        (avoided(several), f"the number of {listed} beyond the first never makes {key} one to avoid"),
        (
            made._replace(consult=And((made.consult, Not(several)))),
            f"the number of {listed} beyond the first never makes the route unlikely",
        ),
        (
            made._replace(consult=And((made.consult, Not(taken)))),
            f"no medicine that is {name} makes the route unlikely",
        ),
        (avoided(much), f"no answer to {medicines}.{field} makes {key} one to avoid"),
    ]
    for changed, says in expected:
        refuted = _refuted(prover, changed)
        assert says in refuted, says
        # The person that shows it is an intake that anyone can assess.
        told = as_intake(catalogue, refuted[says])
        Assessor(catalogue).assess(understand(told, catalogue, name="x", today=CASE_DAY))


@pytest.mark.slow
def test_what_is_no_refusal_is_let_pass(prover: Prover) -> None:
    """A reason to list an option, a first operation, what kind it was, medicines that clash, and other medicines."""
    made, catalogue = prover.made, prover.catalogue
    mood = _read(prover, _mood(catalogue))
    (listed,) = (key for key, records in catalogue.records.items() if records.never_refuses)
    (medicines,) = (key for key, records in catalogue.records.items() if records.by_medicine)
    name = next(name for name, found in catalogue.classes.items() if found.never_refuses)
    key, choice = next(iter(made.options.items()))
    more = Or((choice.consider, mood))
    never = Not(_read(prover, f"count({listed}) >= 1"))
    clash = _read(prover, f"any({medicines}, {name})")
    field = next(f for f in catalogue.records[listed].fields.values() if f.type == "choice" and f.values)
    kind = _read(prover, f"any({listed}, {field.id} = '{next(iter(field.values))}')")
    for changed in (choice._replace(consider=more), choice._replace(avoid=Or((never, clash, kind)))):
        assert _refuted(prover, made._replace(options={key: changed})) == {}
    both = {other for m in catalogue.medicines.values() if name in m.classes for other in m.classes}
    other = next(other for other in catalogue.classes if other not in both)
    another = _read(prover, f"any({medicines}, {other})")
    assert _refuted(prover, made._replace(consult=And((made.consult, Not(another))))) == {}


def test_a_clinic_cannot_take_the_mark_away(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("knowledge")
    folder = tiny()
    for kind, key in (("fact", "operated"), ("record", "operations"), ("class", "opioid")):
        entry(folder, kind, key)["never_refuses"] = True
    entry(folder, "record", "medications")["field"][2]["never_refuses"] = True
    monkeypatch.setattr(files, "SHIPPED", write(root / "shipped", folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    own = {
        "facts/own.toml": {
            "fact": [{**entry(folder, "fact", "operated"), "never_refuses": False}],
            "record": [
                {**entry(folder, "record", "operations"), "never_refuses": False},
                {
                    **entry(folder, "record", "medications"),
                    "field": [
                        {**field, "never_refuses": False} for field in entry(folder, "record", "medications")["field"]
                    ],
                },
            ],
        },
        "medicines/own.toml": {"class": [{**entry(folder, "class", "opioid"), "never_refuses": False}]},
    }
    with pytest.raises(KnowledgeError) as caught:
        load(write(root / "own", own))
    problems = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 4
    for part in ("fact operated", "record operations", "class opioid", "field daily_dose.never_refuses"):
        assert part in problems


def test_what_contraindicates_a_medicine_closes_no_route(prover: Prover) -> None:
    routes = (prover.made.refer, prover.made.consult)
    assert not any(CONTRAINDICATES & names(route) for route in routes)
