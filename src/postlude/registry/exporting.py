"""Writes the record as the tidy tables of the data dictionary (docs/tables.md): what studies read, and nobody's name.

Every name that is written into SQL is quoted by ``quoted``, every text by ``text``.
"""

import hmac
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.conf import settings

from postlude.assessment.following import followed
from postlude.assessment.intake import Intake as Told
from postlude.assessment.intake import state
from postlude.assessment.reading import understand
from postlude.engine import Limits
from postlude.engine.duckdb import connected
from postlude.errors import FileError
from postlude.logic.vocabulary import FactType
from postlude.outcomes.folder import FIELD_TYPES, SQL_TYPES
from postlude.outcomes.rows import quoted, text
from postlude.outcomes.tables import Table
from postlude.outcomes.tables import load as load_tables
from postlude.registry import knowledge
from postlude.registry.models import (
    AdverseEvent,
    Consent,
    Contact,
    Decision,
    Intake,
    Operation,
    Person,
    Score,
    Treatment,
)
from postlude.registry.models.contacts import NEVER_DUE

Format = Literal["parquet", "csv"]
Row = dict[str, Any]
_BY = {"patient": "person", "relative": "relative", "clinician": "clinician", "record": "record"}
_WHOLE_DAY = 10


class Exported(NamedTuple):
    """What was written: rows of each table, people in it, and people left out as they gave no consent to research."""

    rows: dict[str, int]
    people: int
    without_consent: int


def export(
    out: Path, *, form: Format = "parquet", everybody: bool = False, texts: bool = False, today: date
) -> Exported:
    """Write the tables into the folder ``out``, which appears only when it is whole.

    Only people who consented to research are in it, unless ``everybody`` (a clinic that counts its own quality);
    without ``texts`` nothing that somebody wrote freely is in it, as it may name people. Raises :class:`FileError`
    when the folder is there and holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileError(f"{out}: is there already; a new or empty folder is needed")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        found = _written(part, form, _Whose(everybody=everybody), texts, today)
        if out.exists():
            out.rmdir()
        part.replace(out)
    except OSError as error:
        raise FileError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def pseudonym(key: str) -> str:
    """Return a name that means nothing outside the tables, the same in every export of this clinic."""
    return hmac.new(settings.SECRET_KEY.encode(), f"export {key}".encode(), sha256).hexdigest()[:16]


class _Whose:
    """Whose rows are written, and under which name: merged entries are one person."""

    def __init__(self, *, everybody: bool) -> None:
        given = dict(
            Consent.objects.filter(purpose="research", withdrawn=False).order_by("id").values_list("person_id", "given")
        )
        self.roots = {}
        self.names: dict[int, str] = {}
        people = {person.pk: person for person in Person.objects.all()}
        members: dict[int, list[int]] = {}
        for person in people.values():
            members.setdefault(person.merged_into_id or person.pk, []).append(person.pk)
        for root, pks in members.items():
            # Whoever said no with one of two entries said no.
            answers = [given[pk] for pk in pks if pk in given]
            if everybody or (answers and all(answers)):
                self.roots[root] = people[root]
                self.names |= dict.fromkeys(pks, pseudonym(str(people[root].key)))
        self.left_out = len(members) - len(self.roots)
        self.given = set(Treatment.objects.current().values_list("root", flat=True))

    def about(self, row: Any) -> str | None:
        """Return the name of the treatment that something is about; none of one that was entered by mistake."""
        return _named(row.about) if row.about is not None and row.about.root in self.given else None


def _written(part: Path, form: Format, whose: _Whose, texts: bool, today: date) -> Exported:
    tables = load_tables(knowledge.catalogue(), knowledge.instruments())
    counts = {}
    with connected(part, Limits()) as connection:
        for name, rows in _rows(whose, today).items():
            table, lines = tables[name], part / f"{name}.jsonl"
            used: dict[str, None] = {}
            counts[name] = 0
            with lines.open("w", encoding="utf-8") as file:
                for row in rows:
                    kept = {k: v for k, v in row.items() if v is not None and (texts or k not in _FREE)}
                    used |= dict.fromkeys(kept)
                    file.write(json.dumps(kept, default=str) + "\n")
                    counts[name] += 1
            shown = _columns(table, used)
            read = f"read_json({text(str(lines))}, format='newline_delimited', columns={_struct(shown)})"
            if not counts[name]:
                read = f"(SELECT {', '.join(f'CAST(NULL AS {kind}) AS {quoted(key)}' for key, kind in shown.items())})"
                read += " WHERE false"
            order = ", ".join(map(quoted, table.key))
            how = "FORMAT parquet" if form == "parquet" else "FORMAT csv, HEADER"
            target = text(str(part / f"{name}.{form}"))
            connection.execute(f"COPY (SELECT * FROM {read} ORDER BY {order}) TO {target} ({how})")
            lines.unlink()
    return Exported(counts, len(whose.roots), whose.left_out)


_FREE = {"because", "what"}
"""Columns that hold what somebody wrote freely."""


def _columns(table: Table, used: Mapping[str, None]) -> dict[str, str]:
    """Return the columns to write with their types: all of the table, of facts and lists those that hold something."""
    facts = knowledge.catalogue().vocabulary.facts
    shown = {
        key: SQL_TYPES[column.type]
        for key, column in table.columns.items()
        if not (table.lists and key in facts and key not in used)
    }
    for name, fields in table.lists.items():
        inside = ", ".join(f"{quoted(field)} {FIELD_TYPES[kind.kind]}" for field, kind in fields.items())
        shown |= {name: f"STRUCT({inside})[]", f"{name}_complete": "BOOLEAN"}
    return shown


def _struct(shown: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{text(key)}: {text(kind)}" for key, kind in shown.items()) + "}"


def _rows(whose: _Whose, today: date) -> dict[str, Iterator[Row]]:
    return {
        "people": _people(whose),
        "operations": _of(whose, Operation.objects.current(), _operation),
        "intakes": _intakes(whose),
        "treatments": _of(whose, Treatment.objects.current().select_related("together_with"), _treatment),
        "scores": _of(whose, Score.objects.current().select_related("about"), _score),
        "contacts": _contacts(whose, today),
        "adverse_events": _of(whose, AdverseEvent.objects.current().select_related("about"), _event),
        "decisions": _decisions(whose),
    }


def _of(whose: _Whose, query: Any, row: Any) -> Iterator[Row]:
    for found in query.filter(person__in=whose.names).iterator(2000):
        about = {"about": whose.about(found)} if hasattr(found, "about") else {}
        yield {"person": whose.names[found.person_id], **row(found), **about}


def _named(row: Any) -> str | None:
    return None if row is None else row.root.hex[:12]


def _day(told: str) -> str | None:
    """Return a day that is known as one; a year alone is none."""
    return told if len(told) == _WHOLE_DAY else None


def _people(whose: _Whose) -> Iterator[Row]:
    for person in whose.roots.values():
        yield {
            "person": whose.names[person.pk],
            "clinic": person.clinic or None,
            "birth_year": person.birth_date.year if person.birth_date else None,
            "sex": person.sex or None,
            "enrolled_on": person.enrolled_on,
            "left_on": person.left_on,
            "left_because": person.left_because or None,
            "synthetic": person.synthetic,
        }


def _operation(row: Operation) -> Row:
    return {
        "operation": _named(row),
        "on": _day(row.on),
        **{
            key: getattr(row, key) or None for key in ("procedure", "region", "level", "what_for", "segments", "result")
        },
        "planned": row.planned,
    }


def _treatment(row: Treatment) -> Row:
    texts = ("treatment", "step", "course", "region", "level", "side", "agent", "dose_unit", "ended_because")
    return {
        "given": _named(row),
        "on": row.on,
        "together_with": _named(row.together_with),
        "dose": row.dose,
        "operator": pseudonym(f"operator {row.operator}") if row.operator else None,
        "ended_on": row.ended_on,
        **{key: getattr(row, key) or None for key in texts},
    }


def _score(row: Score) -> Row:
    return {
        "score": _named(row),
        "on": row.on,
        "months": row.months,
        "value": row.value,
        "by": row.told_by,
        **{key: getattr(row, key) or None for key in ("instrument", "version", "measure", "site", "time", "reason")},
    }


def _event(row: AdverseEvent) -> Row:
    return {
        "event_id": _named(row),
        "on": row.on,
        "event": row.event or None,
        "what": row.what or None,
        "grade": row.grade,
        "serious": row.serious,
        "related": row.related or None,
        "resolved_on": row.resolved_on,
    }


def _contacts(whose: _Whose, today: date) -> Iterator[Row]:
    query = Contact.objects.standing().filter(person__in=whose.names, due_on__lte=today).select_related("about")
    query = query.exclude(stands__in=NEVER_DUE)
    for contact in query.prefetch_related("steps"):
        steps = sorted(contact.steps.all(), key=lambda step: step.pk)
        asked = [step for step in steps if step.does == "asked"]
        last = steps[-1] if steps else None
        ways = [step.way for step in steps if step.way]
        yield {
            "person": whose.names[contact.person_id],
            "contact": contact.key.hex[:12],
            "about": whose.about(contact),
            "months": contact.months,
            "due_on": contact.due_on,
            "way": ways[-1] if ways else None,
            "asked_on": min((step.on for step in asked), default=None),
            "answered_on": last.on if last and last.does == "answered" else None,
            "reason": last.reason if last and last.does == "silent" else None,
        }


def _decisions(whose: _Whose) -> Iterator[Row]:
    given = {row.decision_id: row for row in Treatment.objects.current().exclude(decision=None)}
    for row in Decision.objects.current().filter(person__in=whose.names):
        yield {
            "person": whose.names[row.person_id],
            "decision": _named(row),
            "on": row.on,
            "option": row.option or None,
            "said": row.said,
            "because": row.because or None,
            "by": row.decided_by or None,
            "about": _named(given.get(row.pk)),
        }


def _intakes(whose: _Whose) -> Iterator[Row]:
    catalogue = knowledge.catalogue()
    query = Intake.objects.filter(person__in=whose.names, aside=False).exclude(state="open")
    for intake in query.iterator(500):
        told = followed(catalogue, understand(intake.content, catalogue, name="intake", today=intake.as_of))
        yield {
            "person": whose.names[intake.person_id],
            "intake": intake.key.hex[:12],
            "as_of": told.as_of,
            "by": _BY[intake.by],
            **_facts(told),
            **_lists(told),
        }


def _facts(told: Told) -> Row:
    catalogue = knowledge.catalogue()
    return {
        fact: _plain(catalogue.vocabulary.facts[fact], answer.value)
        for fact, answer in told.answers.items()
        if fact in catalogue.vocabulary.facts and state(catalogue, told, fact) == "answered"
    }


def _lists(told: Told) -> Row:
    fields = knowledge.catalogue().vocabulary.records
    row: Row = {}
    for name, kinds in fields.items():
        row[name] = [
            {key: _plain(kinds[key], value) for key, value in entry.items() if key in kinds}
            for entry in told.records.get(name, ())
        ]
        row[f"{name}_complete"] = name in told.complete
    return row


def _plain(kind: FactType, value: Any) -> Any:
    return _day(str(value)) if kind.kind == "date" else value
