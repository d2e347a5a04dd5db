"""What a clinic says of itself in ``clinic.toml``: which marked rules its clinicians stand for, and what it offers.

A confirmation is of what was read. It carries a fingerprint of the rule, so that it lapses when the rule changes.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from postlude.catalog.catalogue import Catalogue, Rule, Treatment
from postlude.catalog.entries import Clinic, Confirmed, Offered
from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of
from postlude.logic.nodes import DerivedNumber, DerivedTruth, Predicate, Quantity, children
from postlude.logic.text import text

CONFIRMABLE = ("safety", "red-flag")
"""Kinds of rules that can be confirmed. A safety rule waits for it in production; a red flag says that it has none."""
_LENGTH = 12


class Standing(NamedTuple):
    """How a rule stands with the clinic.

    ``confirmed`` is of the rule as it is now, ``lapsed`` of an earlier form. ``unconfirmed`` is a red flag in
    production that works all the same; what ``waits`` does not work.
    """

    confirmed: Confirmed | None
    lapsed: Confirmed | None
    unconfirmed: bool
    waits: bool


def standing(catalogue: Catalogue, rule: Rule) -> Standing:
    """Return how a rule stands. Only a marked safety rule ever waits, and only in production.

    A red flag never does: an emergency is not missed for want of a signature. Nor do cautions and contraindications:
    without them an option would look better than it is.
    """
    given = _given(catalogue, rule)
    confirmed = given if given is not None and given.as_ == fingerprint(catalogue, rule) else None
    lacking = catalogue.clinic.production and bool(rule.marks) and confirmed is None
    return Standing(
        confirmed,
        given if confirmed is None else None,
        unconfirmed=lacking and rule.kind == "red-flag",
        waits=lacking and rule.kind == "safety",
    )


def _given(catalogue: Catalogue, rule: Rule) -> Confirmed | None:
    return next((c for c in catalogue.clinic.confirmed if c.entry == f"rule {rule.id}"), None)


def lapses(catalogue: Catalogue) -> Iterator[str]:
    """Return a sentence for each confirmation of a rule that has changed since."""
    for rule in catalogue.rules.values():
        lapsed = standing(catalogue, rule).lapsed
        if lapsed is not None:
            yield (
                f"{catalogue.files['clinic']}, key `confirmed`: rule {rule.id} is not what {lapsed.by} confirmed on "
                f"{lapsed.on}: found as = {lapsed.as_!r}, the rule is now {fingerprint(catalogue, rule)!r}. A "
                f"clinician reads it again (postlude explain {rule.id}) and enters that, with name and day"
            )


def fingerprint(catalogue: Catalogue, rule: Rule) -> str:
    """Return 12 hexadecimal signs of what a clinician confirms: the condition, the words, and what is to be done.

    The condition counts with the definition of every derived fact that it rests on or that is printed with it. Sources,
    marks, worked patients and the wording of questions do not count, nor do the lists of medicines, which grow.
    """
    shown = [catalogue.derived[name].body for name in rule.shows]
    defined = sorted(set(_definitions(rule.when)).union(*map(_definitions, shown)))
    actions = [(a.do, a.plain, a.who, a.within) for a in rule.action]
    read = [rule.kind, text(rule.when), rule.says, rule.plain, rule.urgency, rule.within, *rule.shows, actions]
    shown_text = list(map(text, shown))
    return hashlib.sha256(msgspec.json.encode([read, shown_text, defined])).hexdigest()[:_LENGTH]


def _definitions(node: Predicate | Quantity) -> Iterator[str]:
    if isinstance(node, DerivedTruth | DerivedNumber):
        yield f"{node.name} is {text(node.body)}"
    for child in children(node):
        yield from _definitions(child)


def check_clinic(
    clinic: Clinic, rules: Mapping[str, Rule], treatments: Mapping[str, Treatment], place: Place, problems: Problems
) -> None:
    """Note what a clinic says of rules and treatments that there are not, and what cannot be meant."""
    _once([c.entry for c in clinic.confirmed], "entry", place.at("confirmed"), problems)
    for number, given in enumerate(clinic.confirmed, start=1):
        here = place.at("confirmed").at(f"[{number}]")
        rule = rules.get(given.entry.removeprefix("rule "))
        if rule is None:
            allowed = sorted(f"rule {key}" for key, rule in rules.items() if rule.kind in CONFIRMABLE)
            problems.note(here.at("entry"), f"there is no {given.entry!r}; {one_of(allowed, given.entry)}")
        elif rule.kind not in CONFIRMABLE:
            what = f"{given.entry!r} is a {rule.kind}; only a {' or a '.join(CONFIRMABLE)} rule is confirmed"
            problems.note(here.at("entry"), what)
        try:
            date.fromisoformat(given.on)
        except ValueError:
            problems.note(here.at("on"), f"found {given.on!r}; a day that exists is needed")
    _once([o.treatment for o in clinic.offered], "treatment", place.at("offered"), problems)
    for number, offered in enumerate(clinic.offered, start=1):
        here = place.at("offered").at(f"[{number}]")
        if offered.treatment not in treatments:
            what = f"there is no treatment {offered.treatment!r}; {one_of(sorted(treatments), offered.treatment)}"
            problems.note(here.at("treatment"), what)
        if offered.here is bool(offered.elsewhere.strip()):
            what = "who does it is said where `here` is false, and only there"
            problems.note(
                here.at("elsewhere"), f"found {offered.elsewhere!r} with here = {str(offered.here).lower()}; {what}"
            )


def _once(found: list[str], key: str, place: Place, problems: Problems) -> None:
    for twice in sorted({name for name in found if found.count(name) > 1}):
        problems.note(place.at(key), f"{twice!r} stands twice")


def offer(catalogue: Catalogue, treatment: str) -> Offered | None:
    """Return what the clinic says of a treatment, ``None`` where it says nothing."""
    return next((o for o in catalogue.clinic.offered if o.treatment == treatment), None)
