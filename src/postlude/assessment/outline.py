"""What a published case looks at, without the rest of an assessment: enough to say whether it still comes out right.

An assessment takes some hundred times as long, most of it for reasons and questions. Tests hold the two equal.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from postlude.assessment.decisions import choice_of, weigh
from postlude.assessment.disposition import routes, urgency
from postlude.assessment.model import Assessment, Urgency
from postlude.catalog.catalogue import Catalogue, Cause, Treatment
from postlude.catalog.confirmation import standing
from postlude.logic.evaluate import truth
from postlude.logic.kleene import Truth, disjunction
from postlude.logic.person import Person


class Outline(NamedTuple):
    """``candidates`` by id in their order; ``rules`` that are told; states of the ``objections`` of listed options."""

    urgency: Urgency
    route: tuple[str, ...]
    candidates: tuple[str, ...]
    rules: frozenset[str]
    objections: Mapping[str, frozenset[str]]


def outlined(found: Assessment) -> Outline:
    """Return the outline of an assessment."""
    return Outline(
        found.urgency,
        found.route,
        tuple(candidate.id for candidate in found.candidates),
        frozenset(conclusion.rule for conclusion in found.conclusions),
        _joined((o.id, o.state) for option in found.options for o in option.objections),
    )


class Sketch:
    """The outline of one person, entry by entry, so that a change of few entries is soon said."""

    def __init__(self, catalogue: Catalogue, who: Person) -> None:
        self._waits = frozenset(key for key, rule in catalogue.rules.items() if standing(catalogue, rule).waits)
        self._rules: dict[str, Truth] = {key: truth(rule.when, who) for key, rule in catalogue.rules.items()}
        self._causes = {key: _balance(cause, who) for key, cause in catalogue.causes.items()}
        self._options = {key: _objections(treatment, who) for key, treatment in catalogue.treatments.items()}

    def outline(self, knowledge: Catalogue, who: Person, entries: Iterable[str] = ()) -> Outline:
        """Return the outline of the person with knowledge in which ``entries`` (``rule cauda-equina``) may be others.

        ``who`` is the same person, of whom nothing is remembered from other knowledge.
        """
        rules, causes, options = dict(self._rules), dict(self._causes), dict(self._options)
        for entry in entries:
            kind, _, key = entry.partition(" ")
            if kind == "rule":
                rules[key] = truth(knowledge.rules[key].when, who)
            elif kind == "cause":
                causes[key] = _balance(knowledge.causes[key], who)
            elif kind == "treatment":
                options[key] = _objections(knowledge.treatments[key], who)

        def some(what: str, value: str) -> Truth:
            return disjunction(rules[key] for key, rule in knowledge.rules.items() if getattr(rule, what) == value)

        listed = [(balance, key) for key, balance in causes.items() if balance is not None]
        return Outline(
            urgency(some("urgency", "emergency"), some("urgency", "urgent")),
            routes(some("route", "refer"), some("route", "consult")),
            tuple(key for _, key in sorted(listed, key=lambda pair: -pair[0])),
            frozenset(key for key, value in rules.items() if value is True) - self._waits,
            _joined(pair for objections in options.values() for pair in objections),
        )


def _balance(cause: Cause, who: Person) -> int | None:
    """Return what speaks for a cause less what speaks against it; ``None`` when it is not named."""
    found = weigh(cause, lambda node: truth(node, who))
    return found.balance if found.named else None


def _objections(treatment: Treatment, who: Person) -> tuple[tuple[str, str], ...]:
    """Return the objections to a treatment with their states; none when it is not listed."""
    if truth(choice_of(treatment).consider, who) is False:
        return ()
    looked = [(caution.id, truth(caution.when, who)) for caution in (*treatment.avoid, *treatment.caution)]
    return tuple((key, "holds" if value else "to-check") for key, value in looked if value is not False)


def _joined(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    states: dict[str, set[str]] = {}
    for key, state in pairs:
        states.setdefault(key, set()).add(state)
    return {key: frozenset(found) for key, found in states.items()}
