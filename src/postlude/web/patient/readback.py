"""Everything that was told so far, as it is read back: a question or list, what was told, and where to change it."""

from typing import NamedTuple

from postlude.assessment.intake import state
from postlude.catalog.catalogue import Records
from postlude.interview.session import Target
from postlude.registry.languages import written
from postlude.web.patient.intake import Here


class Row(NamedTuple):
    """One thing told: the question, the answer in words, and the address of its page."""

    asks: str
    value: str
    at: str


def told(here: Here) -> list[Row]:
    """Return what was told, in the order in which it was first told."""
    session = here.interview.session
    by_key = {records.key: records for records in session.catalogue.records.values()}
    facts = [name for name in session.intake.answers if name in session.answered()]
    rows = [_fact(here, session.target(name)) for name in facts]
    for key, records in by_key.items():
        if session.entries(records) or key in session.answered():
            rows += [_list(here, records), *_fields(here, records)]
    return rows


def _fact(here: Here, target: Target) -> Row:
    session, word = here.interview.session, here.say.typed.word
    answer = session.intake.answers[target.path]
    language = here.say.language
    said = written(answer.value, session.value(target), language)
    value = said if answer.state == "answered" else word(f"state_{answer.state}")
    if state(session.catalogue, session.intake, target.path) == "lapsed":
        value += word("too_old")
    return Row(target.fact.ask if target.fact else "", value, here.at("question", target.path))


def _list(here: Here, records: Records) -> Row:
    session, word = here.interview.session, here.say.typed.word
    said = session.content.get("complete", [])
    left = next((item["state"] for item in said if isinstance(item, dict) and item.get("list") == records.key), "")
    value = "; ".join(session.entries(records)) or (word(f"state_{left}") if left else word("none"))
    whole = records.key in said or left
    return Row(records.ask, value if whole else f"{value}{word('not_complete')}", here.at("question", records.key))


def _fields(here: Here, records: Records) -> list[Row]:
    session, word = here.interview.session, here.say.typed.word
    rows = []
    for at, (entry, told) in enumerate(
        zip(session.entries(records), session.content.get(records.key, []), strict=True)
    ):
        for field in records.fields if isinstance(told, dict) else ():
            if field in ("text", records.by_medicine) or field not in told:
                continue
            path = f"{records.key}[{at}].{field}"
            target = session.target(path)
            left = session.left(target)
            value = word(f"state_{left}") if left else written(told[field], session.value(target), here.say.language)
            asks = word("of_entry", entry=entry, question=records.fields[field].ask)
            rows.append(Row(asks, value, here.at("question", path)))
    return rows
