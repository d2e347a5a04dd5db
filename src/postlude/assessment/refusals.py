"""What turns nobody away, whatever the rules say: claims over everything marked ``never_refuses``.

- No answer to such a *fact*, and no value of such a *field*, makes the route ``unlikely`` or ``refer``, or an option
  one to avoid; a yes, or a higher number, takes no option off the list.
- One entry more in such a *list*, alike to one that is there, does none of these: not the number of operations.
- Taking medicines of such a *class* changes no route. It may speak against an option: medicines can clash.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from postlude.assessment.decisions import Decisions
from postlude.catalog.catalogue import Catalogue
from postlude.logic.counterparts import turned, turned_by_members, turned_by_number
from postlude.logic.nodes import And, Boolean, Not, Predicate, names
from postlude.logic.person import Person
from postlude.logic.proof import Encoder
from postlude.logic.refs import Ref

MANY = 8
"""Records of a list of which the number is looked at: a rule may count as far as this."""


class Claim(NamedTuple):
    """Something to prove: what it says, and how; the check returns the person that refutes it, or a reason."""

    says: str
    refute: Callable[[], Person | str | None]


class _Refusal(NamedTuple):
    """A way of being turned away. ``listed``: an option is not listed, which a fact may be the reason for listing."""

    says: str
    node: Predicate
    listed: bool = False


def refusals(catalogue: Catalogue, made: Decisions, encoder: Callable[..., Encoder]) -> Iterator[Claim]:
    """Yield a claim for everything that never refuses and every way of being turned away."""
    routes = [
        _Refusal("makes the route unlikely", And((Not(made.refer), Not(made.consult)))),
        _Refusal("makes the route refer", made.refer),
    ]
    options = [_Refusal(f"makes {key} one to avoid", choice.avoid) for key, choice in made.options.items()]
    options += [_Refusal(f"takes {key} off the list", Not(c.consider), listed=True) for key, c in made.options.items()]
    for ref, kind in _answers(catalogue):
        for way in (*routes, *options):
            if not (way.listed and kind == "choice"):
                yield _by_answer(way, ref, encoder)
    for key, records in catalogue.records.items():
        if records.never_refuses:
            yield from (_by_number(way, key, encoder) for way in (*routes, *options))
    for key, records in catalogue.records.items():
        if records.by_medicine:
            marked = [name for name, found in catalogue.classes.items() if found.never_refuses]
            yield from (_by_class(way, key, name, encoder) for name in marked for way in routes)


def _answers(catalogue: Catalogue) -> Iterator[tuple[Ref, str]]:
    """Yield each fact and field that never refuses, with its type."""
    for key, fact in catalogue.facts.items():
        if fact.never_refuses:
            yield Ref(key), fact.type
    for key, records in catalogue.records.items():
        for name, field in records.fields.items():
            if field.never_refuses:
                yield Ref(name, key), field.type


def _by_answer(way: _Refusal, ref: Ref, encoder: Callable[..., Encoder]) -> Claim:
    def refute() -> Person | None:
        # Most conditions do not read it; of these there is nothing to ask the solver.
        read = str(ref) in names(way.node)
        return turned(encoder(), way.node, ref, rising=way.listed) if read else None

    return Claim(f"no answer to {ref} {way.says}", refute)


def _by_number(way: _Refusal, records: str, encoder: Callable[..., Encoder]) -> Claim:
    def refute() -> Person | None:
        return turned_by_number(encoder(MANY), way.node, records) if records in names(way.node) else None

    return Claim(f"the number of {records} beyond the first never {way.says}", refute)


def _by_class(way: _Refusal, records: str, name: str, encoder: Callable[..., Encoder]) -> Claim:
    def refute() -> Person | None:
        read = records in names(way.node)
        return turned_by_members(encoder(), way.node, records, Boolean(name, records)) if read else None

    return Claim(f"no medicine that is {name} {way.says}", refute)
