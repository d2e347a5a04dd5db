"""The answers of one interview as they stand: what to ask next, and every change kept before it counts."""

import copy
import re
from collections.abc import Callable, Collection
from datetime import date
from typing import Any, NamedTuple

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import Intake, person, spoken, spoken_value, state
from postlude.assessment.medicines import Medicines
from postlude.assessment.model import Assessment, Question
from postlude.assessment.reading import understand
from postlude.assessment.telling import Teller
from postlude.catalog.catalogue import Catalogue, Fact, Records
from postlude.catalog.entries import Field
from postlude.errors import IntakeError
from postlude.logic.reasons import reasons

BY = "patient"
_YEAR_BEHIND = re.compile(r"(.+?),? \(?((?:19|20)[0-9]{2})\)?")
_FIELD = re.compile(r"(\w+)\[(\d+)\]\.(\w+)")


class Target(NamedTuple):
    """What a path of the intake names: a fact, a list, or a field of an entry of a list."""

    path: str
    fact: Fact | None = None
    records: Records | None = None
    at: int = -1
    field: Field | None = None


class Session:
    """The content of an intake file, and what it comes to.

    ``keep`` writes a content to the disk. It is called before a change is seen by anything else, so that nothing is
    ever asked on the strength of an answer that could still be lost. ``by`` is who answers; ``asks`` whose questions
    are put (``patient``, ``clinician``, ``test``); ``assessor`` one that was made before, for many people.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        name: str,
        content: Any,
        today: date,
        keep: Callable[[dict[str, Any]], None],
        *,
        by: str = BY,
        asks: Collection[str] = (BY,),
        assessor: Assessor | None = None,
    ) -> None:
        self.catalogue = catalogue
        self._by = by
        self._asks = frozenset(asks)
        self.medicines = Medicines(catalogue)
        self._name = name
        self._keep = keep
        self._pending: dict[str, Any] | None = None
        self._assessment: Assessment | None = None
        self._assessor = assessor or Assessor(catalogue)
        self._by_key = {records.key: records for records in catalogue.records.values()}
        self.today = max(today, understand(content, catalogue, name=name, today=today).as_of)
        # A few hours ahead is another time zone; more would date every answer wrongly.
        if (self.today - today).days > 1:
            raise IntakeError([f"{name}: as_of: found {self.today}; it lies after today ({today})"])
        self.content: dict[str, Any] = _carried(content, self.today)
        self.passed: set[str] = set()
        """What is not asked again now, whatever became of it."""
        self.trail: list[str] = []
        self._see(self.content, self._understood(self.content))
        self.trail = [name for name in self.intake.answers if catalogue.facts[name].answered_by in self._asks]
        self.trail += [key for key in self._by_key if self._by_key[key].id in self.intake.complete]

    # --- what to ask ----------------------------------------------------------------------------

    @property
    def assessment(self) -> Assessment:
        """What is said of the answers so far; worked out when it is first looked at after a change."""
        if self._assessment is None:
            self._assessment = self._assessor.assess(self.intake)
        return self._assessment

    def waiting(self) -> list[Question]:
        """Return the questions that can be put now, the one that matters most first."""
        return [
            question
            for question in self.assessment.ask
            if question.answered_by in self._asks
            and not question.after
            and question.state in ("not_asked", "lapsed")
            and question.fact not in self.passed
        ]

    def answered(self) -> set[str]:
        """Return what has been asked, now or earlier, and need not be asked again."""
        held = {f for f in self.intake.answers if state(self.catalogue, self.intake, f) != "lapsed"}
        lists = {key for key, records in self._by_key.items() if records.id in self.intake.complete}
        return {f for f in held if self.catalogue.facts[f].answered_by in self._asks} | lists | self.passed

    def target(self, path: str) -> Target:
        if path in self.catalogue.facts:
            return Target(path, fact=self.catalogue.facts[path])
        match = _FIELD.fullmatch(path)
        if match is None:
            return Target(path, records=self._by_key[path])
        records = self._by_key[match[1]]
        return Target(path, records=records, at=int(match[2]), field=records.fields[match[3]])

    def codes(self, target: Target) -> dict[str, str]:
        """Return the codes of a choice with their wording, in the order in which to show them.

        A medicine is a choice of hundreds: it is told by its name, and none is shown.
        """
        if target.fact is not None:
            return dict(target.fact.values)
        if target.records is None or target.field is None or self.is_medicine(target):
            return {}
        treatments = self.catalogue.treatments
        known = self.catalogue.vocabulary.records[target.records.id][target.field.id].values
        return {
            code: treatments[code].name if code in treatments else target.field.values.get(code, code) for code in known
        }

    def named(self, records: Records) -> tuple[str, dict[str, str]]:
        """Return the field that says what an entry of a list is, and its codes with their wording; empty without one.

        A line that is one of these wordings, alone or with a year behind it, is taken for it.
        """
        if records.by_medicine:
            return "", {}
        coded = next((field for field in records.fields.values() if field.type == "choice"), None)
        if coded is None:
            return "", {}
        return coded.id, self.codes(Target(f"{records.key}[0].{coded.id}", records=records, at=0, field=coded))

    def is_medicine(self, target: Target) -> bool:
        return bool(target.records and target.field and target.records.by_medicine == target.field.id)

    def rests_on(self, fact: Fact) -> dict[str, str]:
        """Return the answers, with their wording, because of which a question makes sense."""
        if fact.applies is None:
            return {}
        known = reasons(fact.applies, person(self.catalogue, self.intake))
        return {b.fact: b.says for b in Teller(self.catalogue, self.intake).because(known)}

    # --- what was told --------------------------------------------------------------------------

    def entries(self, records: Records) -> list[str]:
        """Return each entry of a list in the words it was told in."""
        told: list[Any] = self.content.get(records.key, [])
        read = self.intake.records.get(records.id, ())
        return [
            _own_words(item)
            if _own_words(item) and not (records.by_medicine and records.by_medicine in read[at])
            else spoken(self.catalogue, records, read[at])
            for at, item in enumerate(told)
        ]

    def like(self, records: Records, line: str) -> str:
        """Return the name most like the beginning of a line that begins with no medicine we know, if there is one."""
        if not records.by_medicine or self.medicines.at_start(line).medicine:
            return ""
        return self.medicines.like(line.split(maxsplit=1)[0])

    def left(self, target: Target) -> str:
        """Return how a question was left open, such as ``unsure``, or an empty string where it was not."""
        if target.fact is not None:
            answer = self.intake.answers.get(target.path)
            return "" if answer is None or answer.state == "answered" else answer.state
        if target.records is None or target.field is None:
            return ""
        value = self._entry(self.content, target).get(target.field.id)
        return str(value.get("state", "")) if isinstance(value, dict) else ""

    def value(self, target: Target) -> str:
        """Return the present answer as it is said, or an empty string when there is none."""
        if target.fact is not None:
            answer = self.intake.answers.get(target.path)
            if answer is None or answer.state != "answered":
                return ""
            return spoken_value(self.catalogue.say, target.fact, answer.value)
        if target.records is None or target.field is None:
            return ""
        value = self._entry(self.content, target).get(target.field.id)
        return (
            ""
            if value is None or self.left(target)
            else self.codes(target).get(str(value), spoken_value(self.catalogue.say, target.field, value))
        )

    # --- changes --------------------------------------------------------------------------------

    def answer(self, target: Target, value: Any) -> None:
        """Keep an answer. Others that it makes senseless stay: they cannot matter, and nothing typed is lost."""
        if target.fact is not None:
            self._tell(target.path, {"value": value, "on": str(self.today), "by": self._by})
            return
        self._change(lambda content: self._set_field(content, target, value))
        self._note(target.path)

    def leave(self, target: Target, state: str) -> None:
        """Keep that a question was ``declined`` or is ``not_known``."""
        if target.fact is not None:
            self._tell(target.path, {"state": state, "on": str(self.today), "by": self._by})
            return
        self._change(lambda content: self._leave(content, target, state))
        self._note(target.path)

    def _leave(self, content: dict[str, Any], target: Target, state: str) -> None:
        if target.field is not None:
            self._entry(content, target)[target.field.id] = {"state": state}
        elif target.records is not None:
            self._reopen(content, target.records)
            content.setdefault("complete", []).append({"list": target.records.key, "state": state})

    def add(self, records: Records, line: str) -> None:
        """Add an entry told in the person's own words."""
        self._change(lambda content: content.setdefault(records.key, []).append(self._read_line(records, line)))
        self._open(records)

    def remove(self, records: Records, at: int) -> None:
        self._change(lambda content: content[records.key].pop(at))
        self._open(records)
        # The entries behind it move up by one; what was skipped in them may be asked once more.
        self.passed = {p for p in self.passed if not p.startswith(f"{records.key}[")}
        self.trail = [p for p in self.trail if not p.startswith(f"{records.key}[")]

    def finish(self, records: Records) -> None:
        """Keep that a list holds everything there is."""

        def edit(content: dict[str, Any]) -> None:
            self._reopen(content, records)
            content.setdefault(records.key, [])
            content.setdefault("complete", []).append(records.key)

        self._change(edit)
        self._note(records.key)

    @staticmethod
    def _reopen(content: dict[str, Any], records: Records) -> None:
        """Take out what was said about whether a list holds everything."""
        said = [item for item in content.get("complete", []) if item != records.key]
        kept = [item for item in said if not (isinstance(item, dict) and item.get("list") == records.key)]
        if kept != content.get("complete", []):
            content["complete"] = kept

    def _open(self, records: Records) -> None:
        self._change(lambda content: self._reopen(content, records))

    def _tell(self, name: str, told: dict[str, Any]) -> None:
        self._change(lambda content: content.setdefault("facts", {}).update({name: told}))
        self._note(name)

    def _change(self, edit: Callable[[dict[str, Any]], object]) -> None:
        content = copy.deepcopy(self.content)
        edit(content)
        # Whatever the reader of intake files would refuse must not get into one.
        intake = self._understood(content)
        self._pending = content
        self._keep(content)
        self._pending = None
        self._see(content, intake)

    def settle(self) -> None:
        """Keep an answer whose keeping was interrupted."""
        if self._pending is not None:
            self._keep(self._pending)

    def _understood(self, content: dict[str, Any]) -> Intake:
        return understand(content, self.catalogue, name=self._name, today=self.today)

    def _see(self, content: dict[str, Any], intake: Intake) -> None:
        self.content = content
        self.intake = intake
        self._assessment = None

    def _note(self, path: str) -> None:
        self.passed.add(path)
        if path not in self.trail:
            self.trail.append(path)

    # --- entries --------------------------------------------------------------------------------

    def _entry(self, content: dict[str, Any], target: Target) -> dict[str, Any]:
        if target.records is None:
            return {}
        listed = content[target.records.key]
        if isinstance(listed[target.at], str):
            listed[target.at] = {"text": listed[target.at]}
        entry: dict[str, Any] = listed[target.at]
        return entry

    def _set_field(self, content: dict[str, Any], target: Target, value: Any) -> None:
        entry = self._entry(content, target)
        if target.records is None or target.field is None:
            return
        if target.field.id == target.records.by_medicine:
            told = self._read_line(target.records, value)
            # A name that is not on our list is kept as the name: the reader of intakes says what is most like it.
            told = told if target.field.id in told else {target.field.id: value}
            for key, part in told.items():
                # What was told before about how it is taken stays; what is said now is kept beside it.
                free = key == target.field.id or not isinstance(entry.get(key), str)
                entry[key if free else "text"] = part if free else "; ".join(filter(None, (_own_words(entry), part)))
        else:
            entry[target.field.id] = value

    def _read_line(self, records: Records, line: str) -> dict[str, Any]:
        """Return an entry that holds a line: a medicine and how it is taken where one stands first, else the text.

        A line that is the very name of what can be in the list is coded too, and a year behind it is the date: nobody
        is asked what they have just said. The present year is no date to rely on: it could be yesterday.
        """
        field, codes = self.named(records)
        dated = next((part.id for part in records.fields.values() if part.type == "date"), "")
        whole = " ".join(line.split())
        behind = _YEAR_BEHIND.fullmatch(whole) if dated else None
        for name, year in [(whole, ""), *([behind.groups()] if behind else [])]:
            same = [code for code, says in codes.items() if says.casefold() == name.casefold()]
            if len(same) == 1:
                earlier = {dated: year} if year and int(year) < self.today.year else {}
                return {"text": line, field: same[0], **earlier}
        named = self.medicines.at_start(line) if records.by_medicine else None
        if named is None or not named.medicine:
            return {"text": line}
        words = line.split()
        name = " ".join(words[: len(words) - len(named.rest.split())]).strip(" ,;:.")
        how = next((field.read_from for field in records.fields.values() if field.read_from), "text")
        return {records.by_medicine: name, **({how: named.rest} if named.rest else {})}


def _own_words(entry: Any) -> str:
    text = entry if isinstance(entry, str) else entry.get("text", "")
    return text if isinstance(text, str) else ""


def _carried(content: dict[str, Any], today: date) -> dict[str, Any]:
    """Return the content for a later day: answers that bear no date keep the day that the file had so far."""
    earlier = content.get("as_of", str(today))
    moved = {"as_of": str(today), **copy.deepcopy(content)}
    moved["as_of"] = str(today)
    if earlier != str(today):
        for name, told in moved.get("facts", {}).items():
            moved["facts"][name] = {"on": earlier, **told} if isinstance(told, dict) else {"value": told, "on": earlier}
    return moved
