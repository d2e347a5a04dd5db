"""Exact questions about predicates, put to the solver z3: is there any person for whom this holds, does it always.

Only complete persons are considered: every fact known, every list told to its end. On these a predicate is true or
false, so one formula stands for it. Within what is encoded the answers are exact:

- numbers have two decimals, or none where they are whole, and lie within their bounds; dates lie between
  ``FIRST_DAY`` and ``latest``;
- a list holds at most ``bound`` records;
- a minimum or maximum over no record is not known even then; it is encoded as a number that can be anything, another
  one at every place. A proof therefore covers whatever it might be; a witness may rest on it;
- arithmetic is that of fractions. Floating point differs from it only where a result lies exactly between two
  millionths.

Numbers are written as whole numbers with a fixed count of decimals, so that z3 needs only integer arithmetic.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

import z3

from postlude.errors import ProofError
from postlude.logic import nodes
from postlude.logic.nodes import FIRST_DAY, LAST_DAY, Predicate, Quantity, Range
from postlude.logic.person import Person, Record, Value
from postlude.logic.refs import Ref
from postlude.logic.scaled import (
    DECIMALS,
    ROUNDED,
    Scaled,
    aligned,
    chosen,
    fraction,
    literal,
    quotient,
    rounded,
    tally,
    total,
)
from postlude.logic.vocabulary import FactType, Vocabulary

Lookups = Mapping[str, Mapping[str, Mapping[str, Mapping[str, bool | float]]]]
"""List id, choice field, code, field: the value that ``field`` has in every record with that code."""

NOWHERE = -1
_BEGINNINGS = 4
_COMPARE = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class _Place(NamedTuple):
    """One unknown: a fact (``records`` empty), or a field in a slot of a list."""

    name: str
    records: str = ""
    slot: int = NOWHERE

    def __str__(self) -> str:
        return f"{self.records}[{self.slot}].{self.name}" if self.records else self.name


class Slot(NamedTuple):
    """One slot of a list: whether it holds a record, and the unknown fields of that by name."""

    at: int
    here: z3.BoolRef
    fields: dict[str, z3.ExprRef]


class Encoder:
    """Writes nodes as formulas over one complete person.

    ``as_of`` is a day number, ``latest`` the last day that a date can be. ``lookups`` says which fields of a record
    follow from one of its choice fields; a field that a code says nothing about stays free. ``context`` is the z3
    context, one of its own when left out.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        bound: int = 3,
        as_of: int,
        latest: int = LAST_DAY,
        lookups: Lookups | None = None,
        context: Any = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.bound = bound
        self.as_of = as_of
        self.latest = latest
        self.lookups: Lookups = lookups or {}
        # In a context shared with others, what they ask before would move the witnesses.
        self.context = context or z3.Context()
        self._values: dict[_Place, z3.ExprRef] = {}
        self._free: dict[_Place, z3.ExprRef] = {}
        self._present: dict[str, list[z3.BoolRef]] = {}
        self._domain: list[z3.BoolRef] = []
        self._limits: dict[_Place, z3.BoolRef] = {}
        self._derived: dict[str, Any] = {}
        self._extremes = 0

    def truth(self, node: Predicate) -> z3.BoolRef:
        """Return the formula that is true of exactly the complete persons of whom the predicate is true."""
        return self._truth(node, NOWHERE)

    def quantity(self, node: Quantity) -> z3.ArithRef:
        """Return the number, in its own unit (dates as day numbers)."""
        whole, decimals = self._quantity(node, NOWHERE)
        number = z3.IntVal(whole, self.context) if isinstance(whole, int) else whole
        return number if decimals == 0 else z3.ToReal(number) / 10**decimals

    def constraints(self) -> list[z3.BoolRef]:
        """Return what limits the facts and lists mentioned so far to possible persons."""
        return list(self._domain)

    def limits(self, ref: Ref) -> list[z3.BoolRef]:
        """Return those of the constraints that say what one fact or field can be."""
        place = _Place(ref.name, ref.records, ref.at)
        return [self._limits[place]] if place in self._limits else []

    def person(self, model: z3.ModelRef) -> Person:
        """Return the complete person of a model: every fact and list mentioned so far, and nothing else."""
        facts: dict[str, Value] = {}
        lists: dict[str, list[dict[str, Value]]] = {}
        for records, present in self._present.items():
            told = sum(z3.is_true(model.eval(p, model_completion=True)) for p in present)
            lists[records] = [{} for _ in range(told)]
        for place, expression in self._values.items():
            if not place.records:
                facts[place.name] = self._read(model, place, expression)
            elif place.slot < len(lists[place.records]):
                lists[place.records][place.slot][place.name] = self._read(model, place, expression)
        return Person(facts, lists, frozenset(lists), self.as_of)

    def known(self, person: Person) -> list[z3.BoolRef]:
        """Return what a partly known person fixes of the facts and lists mentioned so far."""
        fixed: list[z3.BoolRef] = []
        for records, present in self._present.items():
            told = len(person.records.get(records, ()))
            if told > self.bound:
                raise ValueError(f"{records} holds {told} records; {self.bound} are encoded")
            fixed += present[:told]
            if records in person.complete:
                fixed += [z3.Not(p) for p in present[told:]]
        for place, expression in self._values.items():
            told_records: Sequence[Record] = person.records.get(place.records, ())
            home: Record = {} if place.records else person.facts
            if place.slot in range(len(told_records)):
                home = told_records[place.slot]
            if place.name in home:
                fixed.append(self._equals(place, expression, home[place.name]))
        return fixed

    def twin(self, ref: Ref, person: Person) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
        """Return the unknowns that an answer to ``ref`` settles, each beside a second copy of itself.

        ``Ref("", records)`` is the whole list, ``Ref(name, records)`` one field in every record of it.
        """
        told = len(person.records.get(ref.records, ()))
        if ref.records and ref.name and ref.at < 0:
            unknowns = [u for p, u in self._free.items() if (p.records, p.name) == (ref.records, ref.name)]
        elif ref.records and not ref.name:
            places = [p for p in self._free if p.records == ref.records and p.slot >= told]
            unknowns = [self._free[p] for p in places] + self._present.get(ref.records, [])[told:]
        else:
            place = _Place(ref.name, ref.records, ref.at)
            unknowns = [self._free[place]] if place in self._free else []
        return [(u, z3.Const(f"{u}'", u.sort())) for u in unknowns]

    def slots(self, records: str) -> list[Slot]:
        """Return the slots of a list with the unknowns of each that were mentioned so far."""
        return [
            Slot(i, here, {p.name: u for p, u in self._free.items() if (p.records, p.slot) == (records, i)})
            for i, here in enumerate(self._slots(records))
        ]

    def members(self, records: str, where: Predicate) -> list[z3.BoolRef]:
        """Return for each slot of a list the formula that it holds a record of which ``where`` is true."""
        return [member for _, member in self._members(records, where)]

    def _type(self, place: _Place) -> FactType:
        return (self.vocabulary.records[place.records] if place.records else self.vocabulary.facts)[place.name]

    def _value(self, name: str, of: str, slot: int) -> Any:
        """Return the expression of a fact or field: numbers as whole hundredths, choices as the place of the code."""
        place = _Place(name, of, slot if of else NOWHERE)
        if place not in self._values:
            *cases, (_, value) = self._cases(place)
            for guard, this in reversed(cases):
                value = z3.If(guard, this, value)
            self._values[place] = value
        return self._values[place]

    def _cases(self, place: _Place) -> list[tuple[Any, Any]]:
        """Return the value of a fact or field by cases, guard and value; the last case holds when no other does."""
        by_value: dict[bool | float, list[Any]] = {}
        left_open = True
        for key, codes in self.lookups.get(place.records, {}).items():
            if not any(place.name in fields for fields in codes.values()):
                continue
            code = self._value(key, place.records, place.slot)
            values = self.vocabulary.records[place.records][key].values
            for i, name in enumerate(values):
                if place.name in codes.get(name, {}):
                    by_value.setdefault(codes[name][place.name], []).append(code == i)
            left_open = any(place.name not in codes.get(name, {}) for name in values)
        cases = [(z3.Or(guards), self._constant(value)) for value, guards in by_value.items()]
        return [*cases, (True, self._unknown(place))] if left_open else cases

    def _constant(self, value: bool | float) -> Any:
        """Return a looked-up value as an expression. Raises ``ValueError`` for a number with too many decimals."""
        if isinstance(value, bool):
            return z3.BoolVal(value, self.context)
        scaled = fraction(value) * 10**DECIMALS
        if scaled.denominator != 1:
            raise ValueError(f"{value!r} has more than {DECIMALS} decimals")
        return z3.IntVal(int(scaled), self.context)

    def _unknown(self, place: _Place) -> Any:
        """Return what stands for an unknown: itself, or a hundred times it where a number has no decimals."""
        kind = self._type(place)
        if place not in self._free:
            self._free[place] = (z3.Bool if kind.kind == "boolean" else z3.Int)(str(place), self.context)
            if kind.kind != "boolean":
                ends = {"number": (kind.low, kind.high), "date": (FIRST_DAY, self.latest)}
                codes = (0, len(kind.values) - 1)
                self._limits[place] = self._within(place, self._unknown(place), ends.get(kind.kind, codes))
                self._domain.append(self._limits[place])
        return self._free[place] * 10**DECIMALS if kind.whole else self._free[place]

    def _slots(self, records: str) -> list[z3.BoolRef]:
        if records not in self._present:
            present = [z3.Bool(f"{records}[{i}]", self.context) for i in range(self.bound)]
            self._domain += [z3.Implies(b, a) for a, b in pairwise(present)]
            self._present[records] = present
        return self._present[records]

    def _read(self, model: z3.ModelRef, place: _Place, expression: z3.ExprRef) -> Value:
        found = model.eval(expression, model_completion=True)
        kind = self._type(place)
        if kind.kind == "boolean":
            return bool(z3.is_true(found))
        whole = found.as_long()
        if kind.kind == "choice":
            return str(kind.values[whole])
        exact = float(Fraction(whole, 10**DECIMALS)) if kind.kind == "number" else whole
        return exact, exact

    def _equals(self, place: _Place, expression: z3.ExprRef, value: Value) -> z3.BoolRef:
        if isinstance(value, bool):
            return expression == z3.BoolVal(value, self.context)
        if isinstance(value, str):
            return expression == self._type(place).values.index(value)
        return self._within(place, expression, value)

    def _within(self, place: _Place, expression: z3.ExprRef, ends: Range) -> z3.BoolRef:
        scale = 10**DECIMALS if self._type(place).kind == "number" else 1
        low, high = (fraction(end) * scale for end in ends)
        return z3.And(expression >= math.ceil(low), expression <= math.floor(high))

    def _truth(self, node: Predicate, slot: int) -> Any:
        match node:
            case nodes.Boolean(name, of):
                return self._value(name, of, slot)
            case nodes.Choice(name, among, of):
                codes = self._type(_Place(name, of)).values
                value = self._value(name, of, slot)
                return z3.Or([value == codes.index(code) for code in among])
            case nodes.Compare(op, left, right):
                a, b, _ = aligned(self._quantity(left, slot), self._quantity(right, slot))
                compared = _COMPARE[op](a, b)
                return z3.BoolVal(compared, self.context) if isinstance(compared, bool) else compared
            case nodes.And(args):
                return z3.And([self._truth(a, slot) for a in args], self.context)
            case nodes.Or(args):
                return z3.Or([self._truth(a, slot) for a in args], self.context)
            case nodes.Not(arg):
                return z3.Not(self._truth(arg, slot))
            case nodes.AtLeast(k, args):
                return z3.AtLeast(*(self._truth(a, slot) for a in args), k)
            case nodes.AnyRecord(records, where):
                return z3.Or([member for _, member in self._members(records, where)])
            case nodes.DerivedTruth(name, body):
                if name not in self._derived:
                    self._derived[name] = self._truth(body, NOWHERE)
                return self._derived[name]

    def _members(self, records: str, where: Predicate | None) -> list[tuple[int, Any]]:
        """Return each slot with the formula that it holds a record which fulfils ``where``."""
        slots = enumerate(self._slots(records))
        return [(i, here if where is None else z3.And(here, self._truth(where, i))) for i, here in slots]

    def _quantity(self, node: Quantity, slot: int) -> Scaled:
        match node:
            case nodes.Literal(value):
                return literal(value)
            case nodes.DayLiteral(day):
                return Scaled(day, 0)
            case nodes.AsOf():
                return Scaled(self.as_of, 0)
            case nodes.Number(name, _, _, of):
                return Scaled(self._value(name, of, slot), DECIMALS)
            case nodes.Day(name, of):
                return Scaled(self._value(name, of, slot), 0)
            case nodes.Arithmetic(op, left, right):
                return rounded(self._arithmetic(op, left, right, slot))
            case nodes.DaysBetween(start, end):
                a, b, decimals = aligned(self._quantity(start, slot), self._quantity(end, slot))
                return Scaled(b - a, decimals)
            case nodes.CountTrue(args):
                return tally([self._truth(a, slot) for a in args])
            case nodes.CountRecords(records, where):
                return tally([member for _, member in self._members(records, where)])
            case nodes.CountDistinct(records, field, where):
                members = [(self._value(field, records, i), member) for i, member in self._members(records, where)]
                codes = range(len(self.vocabulary.records[records][field].values))
                return tally([z3.Or([z3.And(member, value == code) for value, member in members]) for code in codes])
            case nodes.SumRecords(records, term, where):
                shares = [
                    chosen(member, rounded(self._quantity(term, i)), Scaled(0, 0))
                    for i, member in self._members(records, where)
                ]
                return total(shares)
            case nodes.Extreme(op, records, term, where):
                return self._extreme(op, records, term, where)
            case nodes.DerivedNumber(name, body):
                if name not in self._derived:
                    self._derived[name] = self._quantity(body, NOWHERE)
                derived: Scaled = self._derived[name]
                return derived

    def _arithmetic(self, op: str, left: Quantity, right: Quantity, slot: int) -> Scaled:
        if op == "*":
            return self._product(left, right, slot)
        a = self._quantity(left, slot)
        if op == "/" and isinstance(right, nodes.Literal):
            return quotient(a, fraction(right.value))
        x, y, decimals = aligned(a, self._quantity(right, slot))
        return Scaled(x + y if op == "+" else x - y, decimals)

    def _product(self, left: Quantity, right: Quantity, slot: int) -> Scaled:
        """Multiply by cases: a factor that is looked up is a constant in each, which keeps the product linear."""
        result: Scaled | None = None
        for guard, a in reversed(self._factors(left, slot)):
            for inner, b in reversed(self._factors(right, slot)):
                product = Scaled(a.whole * b.whole, a.decimals + b.decimals)
                result = product if result is None else chosen(z3.And(guard, inner), product, result)
        assert result is not None  # noqa: S101 - every quantity has at least one case
        return result

    def _factors(self, node: Quantity, slot: int) -> list[tuple[Any, Scaled]]:
        if isinstance(node, nodes.Number):
            self._value(node.name, node.of, slot)  # the person of a model needs the whole of it
            return [
                (g, Scaled(v, DECIMALS))
                for g, v in self._cases(_Place(node.name, node.of, slot if node.of else NOWHERE))
            ]
        return [(True, self._quantity(node, slot))]

    def _extreme(self, op: str, records: str, term: Quantity, where: Predicate | None) -> Scaled:
        self._extremes += 1
        best = Scaled(z3.Int(f"{op}#{self._extremes}", self.context), ROUNDED)
        some: Any = z3.BoolVal(False, self.context)
        for i, member in self._members(records, where):
            this, least, decimals = aligned(self._quantity(term, i), best)
            better = this < least if op == "min" else this > least
            best = Scaled(z3.If(z3.And(member, z3.Or(z3.Not(some), better)), this, least), decimals)
            some = z3.Or(some, member)
        return best


def holds_for_some(encoder: Encoder, predicate: Predicate, *, timeout: float = 10.0) -> Person | None:
    """Return a complete person of whom the predicate is true, or ``None`` when there is none.

    ``timeout`` in seconds. Raises :class:`ProofError` when the solver does not decide within it.
    """
    formula = encoder.truth(predicate)
    model = model_of(encoder, [formula, *encoder.constraints()], timeout)
    return None if model is None else encoder.person(model)


def always(encoder: Encoder, predicate: Predicate, *, timeout: float = 10.0) -> Person | None:
    """Return ``None`` when the predicate is true of every complete person, else one of whom it is not."""
    return holds_for_some(encoder, nodes.Not(predicate), timeout=timeout)


def decisive(
    encoder: Encoder, node: Predicate, person: Person, candidates: Iterable[Ref], *, timeout: float = 10.0
) -> tuple[Ref, ...]:
    """Return those candidates on which the value still depends.

    One is decisive when two complete persons agree with ``person``, differ in nothing else, and differ in the value.
    ``timeout`` in seconds for each candidate.
    """
    formula = encoder.truth(node)
    possible = z3.And([z3.BoolVal(True, encoder.context), *encoder.constraints(), *encoder.known(person)])
    found: list[Ref] = []
    for ref in candidates:
        if twin := encoder.twin(ref, person):
            other, differs = z3.substitute(possible, *twin), z3.substitute(formula, *twin) != formula
            if model_of(encoder, [possible, other, differs], timeout) is not None:
                found.append(ref)
    return tuple(found)


def matters(encoder: Encoder, node: Predicate, ref: Ref, given: Predicate, *, timeout: float = 10.0) -> Person | None:
    """Return a complete person of whom ``given`` is true and for whom another answer to ``ref`` would change ``node``.

    ``None`` when there is none. ``timeout`` in seconds; raises :class:`ProofError` when the solver does not decide.
    """
    condition, formula = encoder.truth(given), encoder.truth(node)
    domain = encoder.constraints()
    twin = encoder.twin(ref, Person({}, {}, frozenset(), encoder.as_of))
    if not twin:
        return None
    # The condition too must hold of both: an answer that changes it changes who is asked, not what follows.
    both = z3.substitute(z3.And([*domain, condition]), *twin)
    model = model_of(encoder, [*domain, condition, both, z3.substitute(formula, *twin) != formula], timeout)
    return None if model is None else encoder.person(model)


def model_of(encoder: Encoder, formulas: Sequence[z3.BoolRef], timeout: float) -> z3.ModelRef | None:
    """Return a model of all formulas, ``None`` when there is none. Raises :class:`ProofError` as :func:`matters`."""
    # What one beginning is lost in, another decides at once: a question is begun anew before it is given up.
    reason = ""
    for seed in range(_BEGINNINGS):
        solver = z3.Solver(ctx=encoder.context) if seed % 2 == 0 else z3.SimpleSolver(ctx=encoder.context)
        solver.set("timeout", int(timeout * 1000))
        solver.set("random_seed", seed)
        solver.add(*formulas)
        answer = solver.check().r
        if answer != z3.Z3_L_UNDEF:
            return solver.model() if answer == z3.Z3_L_TRUE else None
        reason = solver.reason_unknown()
    raise ProofError(f"the solver did not decide within {timeout:g} seconds, {_BEGINNINGS} times: {reason}")
