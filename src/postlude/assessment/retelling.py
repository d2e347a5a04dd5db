"""What was said of a person in English, said again in another language.

An assessment that is kept is never changed: it holds what was told. A reader of another language is given each of its
sentences by the key that it has in the knowledge, and only where the English of that key is still what was told. Any
other sentence stays as it was, between two signs that say so: a page shows it as English, and never as if it were part
of the language around it.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from postlude.assessment.intake import spoken, spoken_value
from postlude.assessment.model import (
    Action,
    Assessment,
    Because,
    Companion,
    Conclusion,
    GoalView,
    Onward,
    Option,
    Question,
)
from postlude.assessment.telling import NOT_KNOWN
from postlude.catalog.catalogue import Catalogue, Records
from postlude.catalog.entries import Clinic
from postlude.catalog.translation import texts
from postlude.evidence.pool import HarmRate

OPEN, CLOSE = "\ue0e1", "\ue0e2"
"""Around what stays English. Signs that no text has: they pass through every sentence that a text is put into."""
_PART = re.compile(r"(\w+)\[(\d+)\](?:\.(\w+))?")
_Part = TypeVar("_Part", bound=msgspec.Struct)


def english(text: str) -> str:
    """Return a text between the signs that say that it is English."""
    return f"{OPEN}{text}{CLOSE}" if text else text


def unsigned(text: str) -> str:
    """Return a text without those signs, for where nothing can be shown but letters."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def has_english(found: object) -> bool:
    """Return whether something that was made for a reader holds a text that stayed English."""
    return OPEN in msgspec.json.encode(found).decode()


class Retelling:
    """From the words of one catalogue to those of the same one in another language."""

    def __init__(self, told: Catalogue, retold: Catalogue) -> None:
        self._told, self._retold = told, retold
        # Of both the same keys: what was told is looked up, what stands under its key is said.
        self._texts = texts(told)
        self._other = texts(retold)

    def assessment(self, said: Assessment, clinic: Clinic) -> Assessment:
        """Return an assessment with all that a person reads of it said again; ``clinic`` is what that says of itself.

        Codes, figures, sources and what a clinician reads stay as they are.
        """
        here = _Here(self._told, self._retold, self._texts, self._other, clinic)
        return msgspec.structs.replace(
            said,
            companions=tuple(map(here.companion, said.companions)),
            goals=tuple(map(here.goal, said.goals)),
            conclusions=tuple(map(here.conclusion, said.conclusions)),
            candidates=tuple(here.entry(c, f"cause {c.id}", "plain") for c in said.candidates),
            options=tuple(map(here.option, said.options)),
            combinations=tuple(here.entry(c, f"combination {c.id}", "plain") for c in said.combinations),
            safety=tuple(map(here.conclusion, said.safety)),
            actions=tuple(map(here.action, said.actions)),
            onward=here.onward(said.onward) if said.onward else None,
            ask=tuple(map(here.question, said.ask)),
        )


class _Here:
    """One retelling for the people of one clinic."""

    def __init__(
        self,
        told: Catalogue,
        retold: Catalogue,
        texts: Mapping[str, Mapping[str, str]],
        other: Mapping[str, Mapping[str, str]],
        clinic: Clinic,
    ) -> None:
        self._told, self._retold, self._texts, self._other, self._clinic = told, retold, texts, other, clinic

    def text(self, keys: tuple[str, ...], text: str) -> str:
        """Return a text of one of these entries (``rule fever``) in the other language; nothing stays nothing."""
        for key in keys:
            for at, was in self._texts.get(key, {}).items():
                if was == text and at in self._other.get(key, {}):
                    return self._other[key][at]
        return english(text)

    def entry(self, part: _Part, key: str, *names: str) -> _Part:
        """Return a part of an assessment with those of its fields said again that are texts of one entry."""
        changed = {}
        for name in names:
            found = getattr(part, name)
            many = isinstance(found, tuple)
            changed[name] = tuple(self.text((key,), one) for one in found) if many else self.text((key,), found)
        return msgspec.structs.replace(part, **changed)

    def conclusion(self, part: Conclusion) -> Conclusion:
        return self.entry(part, f"rule {part.rule}", "plain")

    def option(self, part: Option) -> Option:
        key = f"treatment {part.treatment}"
        names = ("name", "what", "plain_honest", "steps", "expect_after", "watch_for")
        harms = tuple(map(self.harm, part.harms)) if part.harms else part.harms
        because = tuple(map(self.because, part.because))
        expected = part.expected
        if expected is not None:
            expected = msgspec.structs.replace(expected, harms=tuple(map(self.harm, expected.harms)))
        offer = {name: getattr(part, name) for name in ("price", "covered", "interest", "elsewhere")}
        said = {name: self.text(("words clinic",), text) if text else text for name, text in offer.items()}
        return msgspec.structs.replace(
            self.entry(part, key, *names), harms=harms, expected=expected, because=because, **said
        )

    def harm(self, part: HarmRate) -> HarmRate:
        return self.entry(part, f"outcome {part.outcome}", "plain")

    def goal(self, part: GoalView) -> GoalView:
        options = tuple(self.entry(option, f"treatment {option.treatment}", "name") for option in part.options)
        names = ("plain", "against_plain", "plain_honest", "plain_nothing_shows")
        return msgspec.structs.replace(self.entry(part, f"goal {part.id}", *names), options=options)

    def companion(self, part: Companion) -> Companion:
        said = self.entry(part, "words companion", "plain")
        return msgspec.structs.replace(said, actions=tuple(map(self.action, part.actions)))

    def action(self, part: Action) -> Action:
        plain = part.plain
        call = "policy.call_today_plain"
        if plain and plain == self._told.say[call].format(clinic=self._told.clinic.name):
            return msgspec.structs.replace(part, plain=self._retold.say[call].format(clinic=self._clinic.name))
        keys = tuple(f"rule {rule}" for rule in part.because)
        return msgspec.structs.replace(part, plain=self.text(keys, plain))

    def onward(self, part: Onward) -> Onward:
        """Return where somebody is sent, and how they come back: of the rules, of the interface, or of the clinic."""
        rules = tuple(key for key in self._texts if key.startswith("rule "))
        who = tuple(self.text(("words onward", "words clinic", *rules), text) for text in part.who_else_plain)
        key, clinics = "onward.come_back_plain", (self._told.clinic, self._clinic)
        was, now = (
            say[key].format(clinic=clinic.name, telephone=clinic.telephone, hours=clinic.hours)
            for say, clinic in zip((self._told.say, self._retold.say), clinics, strict=True)
        )
        back = now if part.come_back_plain == was else self.text(("words clinic",), part.come_back_plain)
        because = tuple(map(self.because, part.because))
        return msgspec.structs.replace(part, because=because, who_else_plain=who, come_back_plain=back)

    def because(self, part: Because) -> Because:
        """Return a known fact, or a missing one, in words."""
        try:
            was, now = (self._reason(part, catalogue) for catalogue in (self._told, self._retold))
        except (KeyError, TypeError):
            was = now = ""  # of something that the knowledge has no more
        return msgspec.structs.replace(part, says=now if was == part.says else english(part.says))

    def _reason(self, part: Because, catalogue: Catalogue) -> str:
        path = _PART.fullmatch(part.fact)
        name = path[1] if path else part.fact
        said = _listed(catalogue, name) or catalogue.facts[name]
        if part.value is None and path:
            entry = catalogue.say["answer.entry"].format(list=said.says, number=int(path[2]) + 1)
            return f"{NOT_KNOWN}{entry}"
        if part.value is None:
            return f"{NOT_KNOWN}{said.says}"
        if not isinstance(said, Records):
            return f"{said.says}: {spoken_value(catalogue.say, said, part.value)}"
        if isinstance(part.value, dict):
            return f"{said.says}: {spoken(catalogue, said, part.value)}"
        return catalogue.say["answer.complete"].format(list=said.says)

    def question(self, part: Question) -> Question:
        """Return a question in other words; one about an entry of a list begins with the entry, as it was told."""
        path = _PART.fullmatch(part.fact)
        listed = _listed(self._told, path[1] if path else part.fact)
        key = f"record {listed.id}" if listed else f"fact {part.fact}"
        if path is None:
            return self.entry(part, key, "question", "why")
        entry, _, asked = part.question.partition(": ")
        return msgspec.structs.replace(
            part, question=f"{english(entry)}: {self.text((key,), asked)}", why=self.text((key,), part.why)
        )


def _listed(catalogue: Catalogue, key: str) -> Records | None:
    return next((records for records in catalogue.records.values() if records.key == key), None)
