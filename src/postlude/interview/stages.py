"""In which stage of an intake a question is asked: as a warning sign, for the urgency, before the call or the visit.

What could still have somebody seen sooner is asked first: the warning signs, then whatever else a rule rests on that
would hurry more than what is known. Then comes what decides who is the right one to help, whether what they take now
is safe, and what help would be for. The rest is of use to whoever examines them, and can wait until then.
"""

from collections.abc import Collection
from typing import Literal

from postlude.assessment.model import Question
from postlude.catalog.cases import LEVELS
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.duration import hours
from postlude.interview.session import Session
from postlude.logic.nodes import names

Stage = Literal["signs", "urgency", "call", "visit"]
STAGES: tuple[Stage, ...] = ("signs", "urgency", "call", "visit")
NEEDED: tuple[Stage, ...] = ("signs", "urgency")
"""Stages without which it is not known how soon somebody has to be seen: nobody is let go before their end."""


def staged(session: Session) -> list[tuple[Stage, Question]]:
    """Return the questions that can be put now, each with its stage: stage after stage, inside one in their order."""
    waiting = session.waiting()
    if not waiting:
        return []
    # A rule that holds already can only show another number.
    held = {conclusion.rule for conclusion in session.assessment.conclusions}
    open_ = deciding(session.catalogue) - held
    sooner = hurrying(session) - held
    # What only opens the way to a sign is asked with the signs ("have you a stimulator?").
    signs = {gate for question in session.assessment.ask if question.warning_sign for gate in question.after}
    found = [(_stage(question, signs, sooner, open_), question) for question in waiting]
    return sorted(found, key=lambda pair: STAGES.index(pair[0]))


def _stage(question: Question, signs: Collection[str], sooner: Collection[str], open_: Collection[str]) -> Stage:
    if question.warning_sign or question.fact in signs:
        return "signs"
    if any(key in sooner for key in question.could_change):
        return "urgency"
    return "call" if any(key in open_ for key in question.could_change) else "visit"


def hurrying(session: Session) -> frozenset[str]:
    """Return the rules by which somebody would be seen sooner than by what is known now."""
    said = session.assessment
    now = LEVELS.index(said.urgency.at_least), -hours(said.within) if said.within else float("-inf")
    rules = session.catalogue.rules.items()
    return frozenset(
        key for key, rule in rules if rule.urgency and (LEVELS.index(rule.urgency), -hours(rule.within)) > now
    )


def deciding(catalogue: Catalogue) -> frozenset[str]:
    """Return what the first call is about: rules that lead somewhere, safety of what is taken, what help is for."""
    taken = {records.id for records in catalogue.records.values() if records.by_medicine}
    rules = {
        key
        for key, rule in catalogue.rules.items()
        if rule.urgency or rule.route or (rule.kind == "safety" and not taken.isdisjoint(names(rule.when)))
    }
    return frozenset(rules | catalogue.goals.keys())
