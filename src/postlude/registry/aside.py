"""Facts that are asked beside a follow-up or questionnaires: an intake of their own, which begins with what is known.

Answers go the way of any intake: kept one by one, and a warning sign sounds its alert in the same transaction.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from postlude.assessment.intake import person
from postlude.assessment.model import Assessment as Said
from postlude.catalog.catalogue import Fact
from postlude.catalog.duration import hours
from postlude.logic import evaluate
from postlude.registry import knowledge
from postlude.registry.actions import alerts, intakes
from postlude.registry.actor import Actor
from postlude.registry.due import treatments
from postlude.registry.followup import since
from postlude.registry.interviews import Interview
from postlude.registry.models import Contact, Intake, Link, Person

_SAME_DAY = "P1D"
_REMOVED = "explant"
UNSURE, DECLINED = "not_known", "declined"


class Asked(NamedTuple):
    """A yes-or-no question with its answer so far: ``True``, ``False``, ``not_known``, ``declined``, or ``None``."""

    fact: Fact
    answer: bool | str | None


class Aside:
    """The facts of one follow-up, or of one link to questionnaires; ``language`` is that of whoever reads them."""

    def __init__(
        self,
        person: Person,
        *,
        by: Actor,
        told_by: str,
        way: str,
        contact: Contact | None = None,
        link: Link | None = None,
        language: str = knowledge.ENGLISH,
    ) -> None:
        self.person, self.contact = person, contact
        self._by, self._told_by, self._way = by, told_by, way
        found = contact.intakes.first() if contact else link.intake if link else None
        # What was finished stays as it is; what is told later is told anew.
        fresh = found is None or found.state == "finished" or not found.aside
        self.intake: Intake = self._begun(link) if fresh or found is None else found
        if fresh:
            self._tell_known()
        self.interview = Interview(self.intake, by=by, told_by=told_by, way=way, language=language)

    @property
    def said(self) -> Said:
        return self.interview.session.assessment

    def questions(self, names: Iterable[str], *, following: bool = False) -> list[Asked]:
        """Return those of these facts that make sense for this person now, in this order, with what was answered.

        ``following``: only those of which the answers so far say that they make sense, and that something rests on.
        """
        session = self.interview.session
        known = person(session.catalogue, session.intake)
        waiting = {question.fact for question in session.assessment.ask if not question.after}
        told = session.intake.answers
        found = []
        for name in names:
            answer, applies = told.get(name), session.catalogue.facts[name].applies
            if following and (applies is None or evaluate.truth(applies, known) is not True):
                continue
            if answer is not None:
                value = answer.value if answer.state == "answered" else answer.state
                found.append(Asked(session.catalogue.facts[name], value))
            elif name in waiting:
                found.append(Asked(session.catalogue.facts[name], None))
        return found

    def keep(self, answers: Sequence[tuple[Fact, bool | str]]) -> None:
        """Keep answers, none of them twice. A sign that stays unsure means that somebody calls the same day."""
        before = {asked.fact.id: asked.answer for asked in self.questions(fact.id for fact, _ in answers)}
        for fact, answer in answers:
            if before.get(fact.id) == answer:
                continue
            if isinstance(answer, bool):
                self.interview.answer(fact.id, answer)
            else:
                self.interview.leave(fact.id, answer)
        self._call_today()

    def reopen(self) -> None:
        """Go on after an emergency stopped the questions: it was looked at, or was a mistake."""
        if self.intake.state == "stopped":
            intakes.reopen(intake=self.intake, by=self._by, why="goes on with the follow-up")

    def finish(self) -> None:
        """Close it; nothing is assessed as a whole."""
        if self.intake.state != "finished":
            intakes.finish(intake=self.intake, by=self._by)

    def _begun(self, link: Link | None) -> Intake:
        intake: Intake = intakes.begin(
            person=self.person, way=self._way, by=self._by, told_by=self._told_by, contact=self.contact, aside=True
        )
        if link is not None and self.contact is None:
            link.intake = intake
            link.save(update_fields=["intake"])
        return intake

    def _tell_known(self) -> None:
        """Answer from the record what the record knows itself, the latest treatment first."""
        today, told = timezone.localdate(), set()
        given = list(reversed(treatments(self.person).values()))
        recorded = Interview(self.intake, by=Actor.system("follow-up"), told_by="record", way=self._way)
        for at, row in enumerate(given):
            removed = any(r.step == _REMOVED and r.treatment == row.treatment for r in given[:at])
            for known in knowledge.follow_up().known:
                fits = (not known.treatments or row.treatment in known.treatments) and (
                    not known.steps or (row.step in known.steps and not removed)
                )
                if known.fact not in told and fits and since(row.on, today, known):
                    recorded.answer(known.fact, known.value)
                    told.add(known.fact)

    def _call_today(self) -> None:
        """Sound an alert where a warning sign was left unsure or declined: somebody calls the same day."""
        if self.said.disposition != "urgent" or self.said.urgency.at_least != "routine":
            return
        for action in self.interview.english.actions:
            rules = sorted(f"unsure {name}" for name in action.because)
            if action.within != _SAME_DAY or any(set(rules) <= set(a.rules) for a in self.intake.alert_set.all()):
                continue
            alerts.sound(
                person=self.person,
                level="urgent",
                says=action.do,
                due_at=alerts.due(hours(_SAME_DAY) * 60),
                rules=tuple(rules),
                intake=self.intake,
                contact=self.contact,
                by=self._by,
            )


def told(said: Said) -> dict[str, Any]:
    """Return what the person is told of an assessment made beside: only what is urgent, in plain words."""
    level = said.urgency.at_least if said.urgency.at_least != "routine" else said.disposition
    found = [c.plain for c in said.conclusions if c.urgency == level]
    rules = {c.rule for c in said.conclusions if c.urgency == level}
    actions = [a.plain for a in said.actions if a.plain and (rules & set(a.because) or not rules)]
    return {"level": level, "found": found, "actions": list(dict.fromkeys(actions))}
