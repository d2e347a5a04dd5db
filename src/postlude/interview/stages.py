"""In which stage of an intake a question is asked: as a warning sign, before the clinic calls, or before the visit.

What could still change how soon somebody is seen, who is the right one to help, whether what they take now is safe, or
what help would be for, is asked before the call. The rest is of use to whoever examines them, and can wait until then.
"""

from collections.abc import Collection
from typing import Literal

from postlude.assessment.model import Question
from postlude.catalog.catalogue import Catalogue
from postlude.interview.session import Session
from postlude.logic.nodes import names

Stage = Literal["signs", "call", "visit"]
STAGES: tuple[Stage, ...] = ("signs", "call", "visit")


def staged(session: Session) -> list[tuple[Stage, Question]]:
    """Return the questions that can be put now, each with its stage: stage after stage, inside one in their order."""
    waiting = session.waiting()
    if not waiting:
        return []
    # A rule that holds already can only show another number.
    held = {conclusion.rule for conclusion in session.assessment.conclusions}
    open_ = deciding(session.catalogue) - held
    # What only opens the way to a sign is asked with the signs ("have you a stimulator?").
    signs = {gate for question in session.assessment.ask if question.warning_sign for gate in question.after}
    found = [(_stage(question, signs, open_), question) for question in waiting]
    return sorted(found, key=lambda pair: STAGES.index(pair[0]))


def stage(session: Session) -> Stage | None:
    """Return the stage of the next question; ``None`` when none waits."""
    return next((at for at, _ in staged(session)), None)


def _stage(question: Question, signs: Collection[str], open_: Collection[str]) -> Stage:
    if question.warning_sign or question.fact in signs:
        return "signs"
    return "call" if any(key in open_ for key in question.could_change) else "visit"


def deciding(catalogue: Catalogue) -> frozenset[str]:
    """Return what the first call is about: rules that lead somewhere, safety of what is taken, what help is for."""
    taken = {records.id for records in catalogue.records.values() if records.by_medicine}
    rules = {
        key
        for key, rule in catalogue.rules.items()
        if rule.urgency or rule.route or (rule.kind == "safety" and not taken.isdisjoint(names(rule.when)))
    }
    return frozenset(rules | catalogue.goals.keys())
