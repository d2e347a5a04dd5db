"""What came back from a question: read as the intake holds it, or a sentence that says what is allowed."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from postlude.catalog.catalogue import Records
from postlude.interview.session import Session, Target
from postlude.interview.typed import NotAllowed, understood
from postlude.registry.interviews import Told
from postlude.web.patient.speaking import Speaking

LONGEST = 2000
STATES = ("not_known", "declined")
YES_NO = {"yes": True, "no": False}
SCALE = 11
"""Answers that a row of buttons can hold."""


def told(session: Session, target: Target, data: Mapping[str, Any], say: Speaking) -> Told:
    """Return what was told to a question. Raises :class:`NotAllowed`."""
    if data.get("leave") in STATES:
        return Told("leave", target.path, data["leave"])
    asked = target.fact or target.field
    text = line(data.get("answer", ""), say)
    if asked is None:
        raise NotAllowed(say.typed.word("allowed_text"))
    if asked.type == "boolean" and text not in YES_NO:
        raise NotAllowed(say["allowed_boolean"])
    if asked.type == "boolean":
        return Told("answer", target.path, YES_NO[text])
    codes = session.codes(target)
    if asked.type == "choice" and not session.is_medicine(target) and text not in codes:
        raise NotAllowed(say["allowed_choice"])
    if session.is_medicine(target):
        if not text:
            raise NotAllowed(say["allowed_text"])
        return Told("answer", target.path, text)
    return Told("answer", target.path, understood(say.typed, asked, codes, text, session.today))


def told_together(
    session: Session, paths: tuple[str, ...], data: Mapping[str, Any], say: Speaking
) -> tuple[list[Told], list[str]]:
    """Return what was told on a page of several questions, and the paths that were left open.

    ``none`` and ``others`` answer each question that nothing was marked for with no, a state leaves it. Each is a tap
    of its own: a question that was passed over stays open. Raises :class:`NotAllowed` where ``none`` stands against a
    mark.
    """
    marked = {path: data[path] for path in paths if data.get(path) in (*YES_NO, *STATES)}
    rest = data.get("rest", "")
    if rest == "none" and any(value != "no" for value in marked.values()):
        raise NotAllowed(say["none_and_some"])
    if rest == "none":
        marked = dict.fromkeys(paths, "no")
    elif rest == "others":
        marked = dict.fromkeys(paths, "no") | marked
    elif rest in STATES:
        marked = {path: marked.get(path, rest) for path in paths}
    found = [
        Told("answer", path, YES_NO[value]) if value in YES_NO else Told("leave", path, value)
        for path, value in marked.items()
        if value != present(session, path)
    ]
    return found, [path for path in paths if path not in marked]


def told_of_entry(
    session: Session, paths: tuple[str, ...], data: Mapping[str, Any], say: Speaking
) -> tuple[list[Told], list[str]]:
    """Return what was told of one entry of a list, and the paths that were left open.

    ``rest`` leaves what was not answered, in a state. Raises :class:`NotAllowed`, with the question that it is about.
    """
    found: list[Told] = []
    open_: list[str] = []
    rest = data.get("rest", "")
    for path in paths:
        target = session.target(path)
        value = data.get(path, "") if data.get(path) in STATES else line(data.get(path, ""), say)
        if not value and held(session, path) in STATES:
            continue  # shown as that, and left so
        if not value and rest not in STATES:
            open_.append(path)
        elif not value or value in STATES:
            found.append(Told("leave", path, value or rest))
        elif value != held(session, path):
            try:
                found.append(told(session, target, {"answer": value}, say))
            except NotAllowed as refused:
                raise NotAllowed(f"{target.field.ask if target.field else path} {refused}") from None
    return [one for one in found if one.does != "leave" or one.value != held(session, one.path)], open_


def held(session: Session, path: str) -> str:
    """Return what is kept of a field of an entry, as its control has it; empty when there is nothing."""
    target = session.target(path)
    if target.records is None or target.field is None:
        return ""
    entry = session.content[target.records.key][target.at]
    value = entry.get(target.field.id) if isinstance(entry, dict) else None
    if isinstance(value, dict):
        return str(value.get("state", ""))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def told_of_list(session: Session, records: Records, data: Mapping[str, Any], say: Speaking) -> list[Told]:
    """Return what was told on the page of a list. What stands in the line is never lost.

    Raises :class:`NotAllowed` where a last one was to be added, and none was typed.
    """
    text = line(data.get("line", ""), say)
    finish = Told("finish", records.key, None)
    if text:
        return [Told("add", records.key, text), *([finish] if "last" in data else [])]
    if "last" in data:
        raise NotAllowed(say["list_nothing"])
    at = data.get("remove", "")
    if at.isascii() and at.isdigit() and int(at[:6]) < len(session.entries(records)):
        return [Told("remove", records.key, int(at))]
    if data.get("leave") in STATES:
        return [Told("leave", records.key, data["leave"])]
    return [finish] if "finish" in data else []


def present(session: Session, path: str) -> str:
    """Return the present answer to a yes/no question as its button has it, an empty string when there is none."""
    answer = session.intake.answers.get(path)
    if answer is None:
        return ""
    return answer.state if answer.state != "answered" else "yes" if answer.value is True else "no"


def line(text: str, say: Speaking) -> str:
    """Return a typed line that can be kept. Raises :class:`NotAllowed`."""
    plain = " ".join(str(text).replace("\ufeff", "").split())
    if any(unicodedata.category(c) in ("Cc", "Cs") or c == "\ufffd" for c in plain):
        raise NotAllowed(say.typed.word("unreadable"))
    if len(plain) > LONGEST:
        raise NotAllowed(say.typed.word("too_long", length=len(plain), limit=LONGEST))
    return plain


def scale(target: Target) -> list[str]:
    """Return the numbers of a short scale, each a button; empty for what is typed."""
    asked = target.fact or target.field
    if asked is None or asked.type not in ("number", "integer") or asked.low is None or asked.high is None:
        return []
    low, high = asked.low, asked.high
    short = high - low < SCALE and low == int(low) and high == int(high)
    # A unit of its own (days, months) is a count, not a scale.
    counted = bool(asked.unit) and not asked.unit[0].isdigit()
    return [str(number) for number in range(int(low), int(high) + 1)] if short and not counted else []
