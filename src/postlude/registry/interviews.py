"""An intake of the record while it is answered: the interview's own session, with every answer kept as an action.

Nobody is told that something was kept before it is on the disk, and a warning sign sounds an alert in the same
transaction in which the answer is kept.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from postlude.assessment.following import followed
from postlude.assessment.model import Assessment as Said
from postlude.assessment.reading import understand
from postlude.catalog.duration import hours
from postlude.interview.session import Session, Target
from postlude.registry import knowledge
from postlude.registry.actions import alerts, intakes
from postlude.registry.actor import Actor
from postlude.registry.clinic import clinic
from postlude.registry.models import Assessment, Intake

_LEVELS = ("urgent", "emergency")


class Told(NamedTuple):
    """One thing told: ``does`` is ``answer``, ``leave``, ``add``, ``remove`` or ``finish``, as the history keeps it."""

    does: str
    path: str
    value: Any


class Interview:
    """One intake being answered; ``asks`` says whose questions are put (see :class:`Session`), in which ``language``.

    Raises what the session raises for bad values, RecordError for what was overtaken.
    """

    def __init__(
        self,
        intake: Intake,
        *,
        by: Actor,
        told_by: str = "",
        way: str = "",
        asks: Collection[str] = ("patient",),
        language: str = "en",
    ) -> None:
        self.intake, self._language = intake, language
        self._by, self._told_by, self._way = by, told_by or intake.by, way or intake.way
        self._content: dict[str, Any] = intake.content
        # What was written on paper is as old as the paper.
        today = intake.as_of if intake.way in ("paper", "import") else timezone.localdate()
        self.session = Session(
            knowledge.spoken(language),
            "intake",
            intake.content,
            today,
            self._hold,
            by=self._told_by,
            asks=asks,
            assessor=knowledge.triager(language),
        )
        self.trail = _asked(intake)
        """The paths that were answered or left, in the order in which that was last done."""
        self.session.passed |= set(self.trail)
        self.sounded = False
        """Whether what was told sounded an alert."""

    def tell(self, told: Sequence[Told]) -> None:
        """Keep several things told at once, each with its own row of the history; all of them or none."""
        with transaction.atomic():
            for one in told:
                self._keep(one)
            # Looked at once for all of them.
            self.sounded |= sound(self.intake, self.session.assessment, by=self._by)

    @property
    def english(self) -> Said:
        """What is said of the answers so far as the clinic reads it, whatever language the person answers in."""
        if self._language == knowledge.ENGLISH:
            return self.session.assessment
        return knowledge.triager().assess(self.session.intake)

    def answer(self, path: str, value: Any) -> None:
        """Keep an answer to a question."""
        self.tell([Told("answer", path, value)])

    def leave(self, path: str, state: str) -> None:
        """Keep that a question was ``declined`` or is ``not_known``."""
        self.tell([Told("leave", path, state)])

    def add(self, path: str, line: str) -> None:
        """Keep an entry of a list in the words it was told in."""
        self.tell([Told("add", path, line)])

    def remove(self, path: str, at: int) -> None:
        """Take an entry out of a list; the history keeps it."""
        self.tell([Told("remove", path, at)])

    def finish(self, path: str) -> None:
        """Keep that a list holds everything there is."""
        self.tell([Told("finish", path, None)])

    def hand_in(self) -> Assessment:
        """Close the intake and keep what is said of it."""
        with transaction.atomic():
            found = assessed(self.intake, by=self._by)
            intakes.finish(intake=self.intake, by=self._by)
        return found

    def _hold(self, content: dict[str, Any]) -> None:
        self._content = content

    def _keep(self, told: Told) -> None:
        target = self.session.target(told.path)
        match told.does:
            case "answer":
                self.session.answer(target, told.value)
            case "leave":
                self.session.leave(target, told.value)
            case "add":
                self.session.add(_list(target), told.value)
            case "remove":
                self.session.remove(_list(target), told.value)
            case _:
                self.session.finish(_list(target))
        intakes.keep(
            intake=self.intake,
            does=told.does,
            path=told.path,
            value=told.value,
            content=self._content,
            by=self._by,
            told_by=self._told_by,
            way=self._way,
        )


def assessed(intake: Intake, *, by: Actor) -> Assessment:
    """Assess an intake as it stands, and keep what was said."""
    said = say(intake)
    with transaction.atomic():
        row: Assessment = intakes.assess(intake=intake, said=said, by=by)
        sound(intake, said, by=by, done=True)
    return row


def say(intake: Intake, as_of: date | None = None) -> Said:
    """Return what would be said of an intake now; nothing is kept."""
    catalogue = knowledge.catalogue()
    content = {**intake.content, "as_of": str(as_of or intake.as_of)}
    return knowledge.assessor().assess(
        followed(catalogue, understand(content, catalogue, name="intake", today=as_of or intake.as_of))
    )


def sound(intake: Intake, said: Said, *, by: Actor, done: bool = False) -> bool:
    """Raise an alert for what is urgent or an emergency, once for each set of reasons; returns whether one was raised.

    An emergency that comes back after the intake went on is another one. A warning sign that was left open needs a call
    too, once the person is ``done`` and will not settle it.
    """
    level = said.disposition if done else said.urgency.at_least
    if level not in _LEVELS:
        return False
    flags = [c for c in said.conclusions if c.urgency == level]
    # Without a rule it is policy that calls: warning signs that were left open, named in its action.
    calls = [a for a in said.actions if not flags and set(a.because) & knowledge.catalogue().facts.keys()]
    rules = tuple(c.rule for c in flags) or tuple(sign for call in calls for sign in call.because)
    known = {rule for alert in intake.alert_set.filter(level=level) for rule in alert.rules}
    again = level == "emergency" and intake.state == "open"
    if not again and set(rules) <= known and intake.alert_set.filter(level=level).exists():
        return False
    own = clinic()
    minutes = own.acknowledge_emergency_minutes if level == "emergency" else own.acknowledge_urgent_minutes
    within = [hours(c.within) * 60 for c in flags if c.within]
    alerts.sound(
        person=intake.person,
        level=level,
        says=" ".join([c.says for c in flags] or [a.do for a in calls]) or said.headline,
        due_at=alerts.due(min([minutes, *within])),
        rules=rules,
        intake=intake,
        by=by,
    )
    if level == "emergency" and intake.state == "open":
        intakes.stop(intake=intake, by=by, why=", ".join(rules))
    return True


def _asked(intake: Intake) -> list[str]:
    """Return what has been asked in this intake already and is not asked again by itself, the last one last."""
    rows = intake.answers.filter(does__in=("answer", "leave", "finish")).order_by("-nth")
    return list(reversed(dict.fromkeys(rows.values_list("path", flat=True))))


def _list(target: Target) -> Any:
    if target.records is None:
        raise ValueError(f"{target.path} is no list")
    return target.records
