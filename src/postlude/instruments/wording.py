"""Holds wordings against their instrument and its licence: no words stand where their owner has not let them stand."""

from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of
from postlude.instruments.entries import Wording
from postlude.instruments.instrument import Instrument


def check_wording(instrument: Instrument, wording: Wording, place: Place, problems: Problems, *, shipped: bool) -> None:
    """Note what is wrong with a wording; ``shipped`` ones stand in the public repository."""
    licence = instrument.entry.licence
    if shipped and licence.wording == "site":
        problems.note(
            place,
            f"ships the words of {instrument.id}, which belong to {licence.holder} and may not stand here: "
            f"{licence.says} A clinic that holds a licence lays this file into its own folder.",
        )
    if not shipped and licence.wording == "site" and wording.permission is None:
        problems.note(
            place, f"needs [permission] with holder, reference and granted_on: the words belong to {licence.holder}"
        )
    if licence.notice and wording.notice != licence.notice:
        problems.note(place.at("notice"), f"the licence asks for this notice: {licence.notice}")
    if wording.version != instrument.entry.version:
        problems.note(
            place.at("version"),
            f"found {wording.version!r}; the scoring is for {instrument.entry.version!r}, and versions are not mixed",
        )
    items = list(instrument.items)
    for key in wording.items:
        if key not in instrument.items:
            problems.note(place.at("items"), f"there is no item {key!r}; {one_of(items, key)}")
    if absent := [key for key in items if key not in wording.items]:
        problems.note(place.at("items"), f"no words for {', '.join(absent)}")
    lists = instrument.entry.answers
    own = {key: item.answers for key, item in instrument.items.items()}
    for key, words in wording.answers.items():
        listed = lists.get(key) or own.get(key)
        if listed is None:
            names = one_of([*lists, *own], key, limit=40)
            problems.note(place.at("answers"), f"there is no list and no item {key!r}; {names}")
            continue
        codes = len(listed.codes) if listed.type == "choice" else 2
        if len(words) != codes:
            problems.note(place.at(f"answers.{key}"), f"found {len(words)} texts for {codes} codes")
    choices = {key: item.item.answers for key, item in instrument.items.items() if item.answers.type == "choice"}
    if absent := [key for key, listed in choices.items() if not {key, listed} & set(wording.answers)]:
        problems.note(place.at("answers"), f"no words for what can be answered to {', '.join(absent)}")
