"""Two complete persons who differ in one thing: is there one of whom a predicate is true, and of the counterpart not.

Each function returns that person, or ``None`` when there is none. ``timeout`` is in seconds; all raise
:class:`ProofError` when the solver does not decide within it.
"""

import z3

from postlude.logic.nodes import Predicate
from postlude.logic.person import Person
from postlude.logic.proof import Encoder, model_of
from postlude.logic.refs import Ref


def turned(
    encoder: Encoder, node: Predicate, ref: Ref, *, rising: bool = False, timeout: float = 10.0
) -> Person | None:
    """Return such a person, who differs from the counterpart in the answer to ``ref``.

    ``Ref(name, records)`` is that field in every record. ``rising`` lets the counterpart only say no where the person
    says yes, or a smaller number.
    """
    formula, possible = encoder.truth(node), z3.And([z3.BoolVal(True, encoder.context), *encoder.constraints()])
    twin = encoder.twin(ref, Person({}, {}, frozenset(), encoder.as_of))
    if not twin:
        return None
    other = [z3.substitute(possible, *twin), z3.Not(z3.substitute(formula, *twin))]
    if rising:
        other += [z3.Implies(b, a) if z3.is_bool(a) else b <= a for a, b in twin]
    model = model_of(encoder, [formula, possible, *other], timeout)
    return None if model is None else encoder.person(model)


def turned_by_members(
    encoder: Encoder, node: Predicate, records: str, where: Predicate, *, timeout: float = 10.0
) -> Person | None:
    """Return such a person, whose counterpart has other records of one kind.

    The kind are those of which ``where`` is true: there may be more, fewer or different ones, and all others stay.
    (With these in other places of the list it would be the same: no predicate reads the order.)
    """
    formula, kind = encoder.truth(node), encoder.members(records, where)
    possible = z3.And([z3.BoolVal(True, encoder.context), *encoder.constraints()])
    twin = encoder.twin(Ref("", records), Person({}, {}, frozenset(), encoder.as_of))
    other = [z3.substitute(possible, *twin), z3.Not(z3.substitute(formula, *twin))]
    for slot in encoder.slots(records):
        here, of_kind = slot.here, kind[slot.at]
        free = z3.Or(z3.Not(here), of_kind)
        same = [u == z3.substitute(u, *twin) for u in (here, *slot.fields.values())]
        other.append(z3.Or(z3.And(same), z3.And(free, z3.substitute(free, *twin))))
    model = model_of(encoder, [formula, possible, *other], timeout)
    return None if model is None else encoder.person(model)


def turned_by_number(encoder: Encoder, node: Predicate, records: str, *, timeout: float = 10.0) -> Person | None:
    """Return such a person, whose counterpart has one record less.

    The one that is taken away is a copy of another, so that nothing but the number differs; one at least stays.
    """
    formula, slots = encoder.truth(node), encoder.slots(records)
    no, yes = z3.BoolVal(False, encoder.context), z3.BoolVal(True, encoder.context)
    fewer = list(zip((slot.here for slot in slots), [*(slot.here for slot in slots[1:]), no], strict=True))
    other = [slots[1].here, z3.Not(z3.substitute(formula, *fewer))]
    for slot, (here, further) in zip(slots[1:], fewer[1:], strict=True):
        alike = [field == slots[0].fields[name] for name, field in slot.fields.items()]
        other.append(z3.Implies(z3.And(here, z3.Not(further)), z3.And(yes, *alike)))
    model = model_of(encoder, [formula, *encoder.constraints(), *other], timeout)
    return None if model is None else encoder.person(model)
