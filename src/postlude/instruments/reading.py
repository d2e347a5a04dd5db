"""Reads what somebody answered: a list in the order of the form, or an object by item. Says all mistakes at once."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from postlude.errors import AnswersError, one_of
from postlude.instruments.entries import Answers
from postlude.instruments.instrument import Answered, Code, Instrument, ReadItem

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)")
_YES = {"yes": True, "no": False}
_ONE = 1


def read_answers(instrument: Instrument, raw: Any, *, name: str = "the answers") -> Answered:
    """Return the answers by item id. ``None`` is *not answered*, and never an answer.

    Raises :class:`AnswersError` with every mistake: a list of another length, an item that the instrument does not
    have, an answer that its item does not have.
    """
    problems: list[str] = []
    found = _by_item(instrument, raw, name, problems)
    answers: dict[str, Code] = {}
    for key, value in found.items():
        if value is None:
            continue
        item = instrument.items[key]
        try:
            answers[key] = code(item, value)
        except ValueError as error:
            problems.append(f"{name}, item `{key}` ({item.item.about}): {error}")
    if problems:
        raise AnswersError(problems)
    return answers


def read_options(
    instrument: Instrument, options: Mapping[str, Any], raw: Any, *, name: str = "the options"
) -> dict[str, str]:
    """Return the options, also those that stand among the answers by name. Raises :class:`AnswersError`."""
    known = {option.id: option for option in instrument.entry.option}
    among = {key: raw[key] for key in known if isinstance(raw, Mapping) and key in raw}
    problems: list[str] = []
    chosen: dict[str, str] = {}
    for key, value in {**among, **options}.items():
        if value is None:
            continue
        option = known.get(key.replace("-", "_"))
        if option is None:
            has = one_of(sorted(known), key) if known else f"{instrument.id} has none"
            problems.append(f"{name}: there is no option {key!r}; {has}")
        elif value not in option.values:
            problems.append(f"{name}, option {key!r}: found {value!r}; {one_of(option.values, value)}")
        else:
            chosen[option.id] = value
    if problems:
        raise AnswersError(problems)
    return chosen


def _by_item(instrument: Instrument, raw: Any, name: str, problems: list[str]) -> dict[str, Any]:
    ids = list(instrument.items)
    if isinstance(raw, Mapping):
        options = {option.id for option in instrument.entry.option}
        found: dict[str, Any] = {}
        for key, value in raw.items():
            if key in options:
                continue
            item = instrument.names.get(str(key).lower())
            if item is None:
                problems.append(f"{name}: {instrument.id} has no item {key!r}; {one_of(ids, key, limit=40)}")
            elif item in found:
                problems.append(f"{name}, item `{item}`: is answered twice, the second time as {key!r}")
            else:
                found[item] = value
        return found
    if not isinstance(raw, list):
        if len(ids) == 1:
            return {ids[0]: raw}
        problems.append(
            f"{name}: found {_shown(raw)}; a list in the order of the form, or an object by item, is needed"
        )
        return {}
    least = max((place for place, item in enumerate(instrument.items.values(), 1) if not item.item.extra), default=0)
    if not least <= len(raw) <= len(ids):
        needed = f"{least}" if least == len(ids) else f"{least} to {len(ids)}"
        problems.append(
            f"{name}: {len(raw)} answers were found; {instrument.id} has {needed} items "
            "(one that was not answered is null in the list)"
        )
        return {}
    return dict(zip(ids, raw, strict=False))


def code(item: ReadItem, value: Any) -> Code:
    """Return the code of one answer. Raises ValueError with what was found and what is allowed."""
    if isinstance(value, Sequence) and not isinstance(value, str) and item.item.several == "highest" and value:
        codes = [code(item, one) for one in value]
        return max(codes, key=float)
    answers = item.answers
    allowed = allowed_said(answers)
    if answers.type == "yes-no":
        if isinstance(value, str):
            value = _YES.get(value.lower(), value)
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float) and value in (0, _ONE):
            return bool(value)
    elif answers.type == "choice":
        if not isinstance(value, bool) and value in answers.codes:
            return next(c for c in answers.codes if c == value)
    elif answers.type == "clock":
        if isinstance(value, str) and (match := _CLOCK.fullmatch(value.strip())):
            return int(match[1]) * 60 + int(match[2])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = answers.low, answers.high
        inside = low is not None and high is not None and low <= value <= high
        if inside and not (answers.whole and value != int(value)):
            return int(value) if answers.whole else float(value)
    raise ValueError(f"found {_shown(value)}; {allowed}")


def allowed_said(answers: Answers) -> str:
    """Say what can be answered."""
    if answers.type == "yes-no":
        return "true or false (or 1 and 0) is needed"
    if answers.type == "clock":
        return 'a clock time such as "23:30" is needed'
    if answers.type == "choice":
        return one_of([str(code) for code in answers.codes])
    unit = f" of {answers.unit}" if answers.unit else ""
    return f"a {'whole number' if answers.whole else 'number'}{unit} from {answers.low:g} to {answers.high:g} is needed"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
