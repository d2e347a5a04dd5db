"""Reads the predicate language: text in, frozen typed nodes out, or every reason why not."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlglot import exp

from postlude.errors import one_of
from postlude.logic import evaluate, nodes
from postlude.logic.kinds import MAX_RESULT, end_said, kind_said, largest, quantity_kind
from postlude.logic.nodes import Predicate, Quantity
from postlude.logic.person import nobody
from postlude.logic.vocabulary import FactType, Vocabulary
from postlude.logic.whitelist import (
    INSPECTS_NULL,
    AlreadyNoted,
    Refused,
    arity,
    day,
    not_allowed,
    number,
    only,
    operands,
    parse,
    shown,
)

_OPS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_FUNCTIONS = (
    "at_least",
    "count_true",
    "any",
    "count",
    "count_distinct",
    "sum",
    "min",
    "max",
    "days_since",
    "days_between",
)
_SOME_DAYS = (date(2010, 1, 1).toordinal(), date(2100, 1, 1).toordinal())
"""The first and last day for which questions are answered: what is open on both is open between them."""


class PredicateError(ValueError):
    """A text that is not in the language; ``problems`` holds every reason found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class _Scope(NamedTuple):
    """Where a name is looked up: in the fields of ``records`` first, when inside a list."""

    records: str = ""


def predicate(text: str, vocabulary: Vocabulary) -> Predicate:
    """Read a predicate.

    Raises :class:`PredicateError` with everything that is wrong with it.
    """
    reader = _Reader(vocabulary)
    node = reader.whole(text, reader.predicate)
    if not isinstance(node, Predicate):
        raise PredicateError(reader.problems)
    if not reader.problems and any(evaluate.truth(node, nobody(day)) is not None for day in _SOME_DAYS):
        reader.problems.append("is already decided when nothing is known, so it says nothing about a person")
    if reader.problems:
        raise PredicateError(reader.problems)
    return node


def quantity(text: str, vocabulary: Vocabulary) -> Quantity:
    """Read a number or date. Raises :class:`PredicateError` with everything that is wrong with it."""
    reader = _Reader(vocabulary)
    node = reader.whole(text, lambda e, s: reader.quantity(e, s)[0])
    if reader.problems or not isinstance(node, Quantity):
        raise PredicateError(reader.problems)
    return node


class _Reader:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.problems: list[str] = []

    def whole(self, text: str, read: Callable[[exp.Expr, _Scope], Any]) -> Any:
        try:
            tree = parse(text)
        except Refused as refused:
            raise PredicateError([str(refused)]) from None
        return self._try(read, tree, _Scope())

    def _try(self, read: Callable[[exp.Expr, _Scope], Any], tree: exp.Expr, scope: _Scope) -> Any:
        """Read a part; note what is wrong with it and return ``None``, so that other parts are still read."""
        try:
            return read(tree, scope)
        except AlreadyNoted:
            return None
        except Refused as refused:
            self.problems.append(str(refused))
            return None

    def _all(self, read: Callable[[exp.Expr, _Scope], Any], trees: Sequence[exp.Expr], scope: _Scope) -> Any:
        parts = [self._try(read, tree, scope) for tree in trees]
        if any(part is None for part in parts):
            raise AlreadyNoted
        return tuple(parts)

    # --- predicates -----------------------------------------------------------------------------

    def predicate(self, tree: exp.Expr, scope: _Scope) -> Predicate:
        kind = type(tree)
        if kind is exp.Paren:
            only(tree, "this")
            return self.predicate(tree.this, scope)
        if kind is exp.And or kind is exp.Or:
            only(tree, "this", "expression")
            args = self._all(self.predicate, operands(tree), scope)
            return nodes.And(args) if kind is exp.And else nodes.Or(args)
        if kind is exp.Not:
            only(tree, "this")
            return nodes.Not(self.predicate(tree.this, scope))
        if kind in _OPS:
            only(tree, "this", "expression")
            return self._compare(_OPS[kind], tree.this, tree.expression, scope)
        if kind is exp.Between:
            only(tree, "this", "low", "high")
            return self._between(tree, scope)
        if kind is exp.In:
            only(tree, "this", "expressions")
            if not tree.args.get("expressions"):
                raise Refused(f"{shown(tree)}: IN needs at least one value")
            return self._in(tree, scope)
        if kind is exp.Column:
            return self._boolean_leaf(tree, scope)
        if kind is exp.Anonymous:
            node = self._function(tree, scope)
            if isinstance(node, Predicate):
                return node
            raise Refused(f"{shown(tree)} is a number, where a condition is needed")
        raise Refused(not_allowed(tree))

    def _boolean_leaf(self, tree: exp.Expr, scope: _Scope) -> Predicate:
        name, of, found = self._name(tree, scope)
        if isinstance(found, FactType):
            if found.kind == "boolean":
                return nodes.Boolean(name, of)
            raise Refused(f"{name!r} is {kind_said(found)}: compare it with something; only a yes/no fact stands alone")
        if isinstance(found, Predicate):
            return nodes.DerivedTruth(name, found)
        raise Refused(f"{name!r} is a number: compare it with something; only a yes/no fact stands alone")

    def _compare(self, op: str, left: exp.Expr, right: exp.Expr, scope: _Scope) -> Predicate:
        for this, other in ((left, right), (right, left)):
            choice = self._choice(this, scope)
            if choice is not None:
                return self._compare_choice(op, *choice, other)
        sides = [self._try(self.quantity, tree, scope) for tree in (left, right)]
        if sides[0] is None or sides[1] is None:
            raise AlreadyNoted
        (a, a_kind), (b, b_kind) = sides
        if a_kind != b_kind:
            raise Refused(f"{shown(left)} is a {a_kind} and {shown(right)} is a {b_kind}; they cannot be compared")
        node = nodes.Compare(op, a, b)
        for today in map(nobody, _SOME_DAYS):
            always = evaluate.truth(node, today)
            if always is not None:
                low, high = (end_said(end, a_kind) for end in evaluate.quantity(a, today))
                raise Refused(
                    f"{shown(left)} {op} {shown(right)} is always {str(always).lower()}: "
                    f"{shown(left)} lies between {low} and {high}"
                )
        return node

    def _between(self, tree: exp.Expr, scope: _Scope) -> Predicate:
        low = self._compare(">=", tree.this, tree.args["low"], scope)
        high = self._compare("<=", tree.this, tree.args["high"], scope)
        if isinstance(low, nodes.Compare) and isinstance(high, nodes.Compare):
            ends = [evaluate.quantity(side.right, nobody(_SOME_DAYS[0])) for side in (low, high)]
            if ends[0][0] > ends[1][1]:
                raise Refused(f"{shown(tree)} is never true: the first number must be the smaller one")
        return nodes.And((low, high))

    def _choice(self, tree: exp.Expr, scope: _Scope) -> tuple[str, str, FactType] | None:
        tree = tree.unnest()
        if type(tree) is not exp.Column:
            return None
        name, of, found = self._name(tree, scope)
        return (name, of, found) if isinstance(found, FactType) and found.kind == "choice" else None

    def _compare_choice(self, op: str, name: str, of: str, found: FactType, other: exp.Expr) -> Predicate:
        if op not in ("=", "<>"):
            raise Refused(f"{name!r} is a choice: only =, <> and IN compare it, not {op}")
        node = nodes.Choice(name, (self._code(other, name, found),), of)
        return node if op == "=" else nodes.Not(node)

    def _code(self, tree: exp.Expr, name: str, found: FactType) -> str:
        if type(tree) is not exp.Literal or not tree.is_string:
            raise Refused(f"{name!r} is a choice and is compared with a text in single quotes, not with {shown(tree)}")
        code = str(tree.this)
        if code not in found.values:
            raise Refused(f"{name!r} has no value {code!r}: {one_of(found.values, code)}")
        return code

    def _in(self, tree: exp.Expr, scope: _Scope) -> Predicate:
        options = tree.args["expressions"]
        choice = self._choice(tree.this, scope)
        if choice is not None:
            name, of, found = choice
            return nodes.Choice(name, self._all(lambda e, _: self._code(e, name, found), options, scope), of)
        equal = self._all(lambda e, s: self._compare("=", tree.this, e, s), options, scope)
        return nodes.Or(equal) if len(equal) > 1 else equal[0]

    # --- quantities -----------------------------------------------------------------------------

    def quantity(self, tree: exp.Expr, scope: _Scope) -> tuple[Quantity, str]:
        """Return the node and whether it is a ``number`` or a ``date``."""
        kind = type(tree)
        if kind is exp.Paren:
            only(tree, "this")
            return self.quantity(tree.this, scope)
        if kind is exp.Literal:
            return nodes.Literal(number(tree)), "number"
        if kind is exp.Neg and type(tree.this) is exp.Literal:
            return nodes.Literal(-number(tree.this)), "number"
        if kind is exp.Cast:
            return nodes.DayLiteral(day(tree)), "date"
        if kind in _ARITHMETIC:
            return self._arithmetic(_ARITHMETIC[kind], tree, scope), "number"
        if kind is exp.Column:
            return self._quantity_leaf(tree, scope)
        if kind is exp.Anonymous:
            node = self._function(tree, scope)
            if isinstance(node, Quantity):
                return node, quantity_kind(node)
            raise Refused(f"{shown(tree)} is a condition, where a number or date is needed")
        if kind in (exp.And, exp.Or, exp.Not, exp.In, exp.Between, *_OPS):
            raise Refused(f"{shown(tree)} is a condition, where a number or date is needed")
        raise Refused(not_allowed(tree))

    def _quantity_leaf(self, tree: exp.Expr, scope: _Scope) -> tuple[Quantity, str]:
        name, of, found = self._name(tree, scope)
        if isinstance(found, FactType):
            if found.kind == "number":
                return nodes.Number(name, found.low, found.high, of), "number"
            if found.kind == "date":
                return nodes.Day(name, of), "date"
            hint = f"write {name} or NOT {name}" if found.kind == "boolean" else "compare it with = or IN"
            raise Refused(f"{name!r} is {kind_said(found)}, where a number or date is needed: {hint}")
        if isinstance(found, Predicate):
            raise Refused(f"{name!r} is a condition, where a number or date is needed: write {name} or NOT {name}")
        return nodes.DerivedNumber(name, found), quantity_kind(found)

    def _arithmetic(self, op: str, tree: exp.Expr, scope: _Scope) -> Quantity:
        only(tree, "this", "expression", "typed", "safe")
        sides = [self._try(self.quantity, side, scope) for side in (tree.this, tree.expression)]
        if sides[0] is None or sides[1] is None:
            raise AlreadyNoted
        (a, a_kind), (b, b_kind) = sides
        if "date" in (a_kind, b_kind):
            raise Refused(f"{shown(tree)}: dates are not added or multiplied; use days_since or days_between")
        if op == "/" and not (isinstance(b, nodes.Literal) and b.value != 0):
            raise Refused(f"{shown(tree)}: division is only by a number that is not zero")
        if op == "*":
            for side, other in ((a, b), (b, a)):
                unbounded = any(abs(end) == float("inf") for end in evaluate.quantity(side, nobody(_SOME_DAYS[0])))
                if unbounded and not (isinstance(other, nodes.Literal) and other.value != 0):
                    raise Refused(f"{shown(tree)}: a total over a list is only multiplied by a number that is not zero")
        node = nodes.Arithmetic(op, a, b)
        if largest(node) > MAX_RESULT:
            raise Refused(f"{shown(tree)} can become larger than {MAX_RESULT:,}, where decimals are no longer exact")
        return node

    # --- functions ------------------------------------------------------------------------------

    def _function(self, tree: exp.Expr, scope: _Scope) -> Predicate | Quantity:
        only(tree, "this", "expressions")
        name = str(tree.this).lower()
        args: list[exp.Expr] = tree.args.get("expressions") or []
        if name in ("coalesce", "ifnull", "nullif", "isnull", "nvl", "greatest", "least"):
            raise Refused(f"{name}(…) is not allowed: it {INSPECTS_NULL}")
        if name not in _FUNCTIONS:
            raise Refused(f"there is no function {name!r}: {one_of(_FUNCTIONS, name)}")
        if name == "at_least":
            return self._at_least(args, scope)
        if name == "count_true":
            arity(name, args, 1, 99, "conditions")
            return nodes.CountTrue(self._all(self.predicate, args, scope))
        if name == "days_since":
            arity(name, args, 1, 1, "one date")
            return nodes.DaysBetween(self._date(args[0], scope), nodes.AsOf())
        if name == "days_between":
            arity(name, args, 2, 2, "two dates")
            return nodes.DaysBetween(self._date(args[0], scope), self._date(args[1], scope))
        return self._aggregate(name, args, scope)

    def _at_least(self, args: list[exp.Expr], scope: _Scope) -> Predicate:
        arity("at_least", args, 3, 99, "a number, then two or more conditions")
        if type(args[0]) is not exp.Literal or args[0].is_string or not str(args[0].this).isdigit():
            raise Refused(f"at_least begins with a whole number, not with {shown(args[0])}")
        k = int(args[0].this)
        if not 1 <= k <= len(args) - 1:
            raise Refused(
                f"at_least({k}, …) with {len(args) - 1} conditions: the number must lie between 1 and {len(args) - 1}"
            )
        return nodes.AtLeast(k, self._all(self.predicate, args[1:], scope))

    def _aggregate(self, name: str, args: list[exp.Expr], scope: _Scope) -> Predicate | Quantity:
        if scope.records:
            raise Refused(f"{name}(…) stands inside {scope.records}; a list cannot be read inside a list")
        if not args or type(args[0]) is not exp.Column or args[0].name not in self.vocabulary.records:
            found = shown(args[0]) if args else ""
            lists = sorted(self.vocabulary.records)
            raise Refused(f"{name}(…) begins with a list of records, not {found!r}: {one_of(lists, found)}")
        records, rest = args[0].name, args[1:]
        inside = _Scope(records)
        if name == "any":
            arity("any", args, 2, 2, "a list and a condition")
            return nodes.AnyRecord(records, self.predicate(rest[0], inside))
        if name == "count":
            arity("count", args, 1, 2, "a list, then a condition if wanted")
            return nodes.CountRecords(records, self._where(rest, inside))
        arity(name, args, 2, 3, "a list, a field or number, then a condition if wanted")
        where = self._where(rest[1:], inside)
        if name == "count_distinct":
            choice = self._choice(rest[0], inside)
            if choice is None or not choice[1]:
                raise Refused(f"count_distinct counts the codes of a choice field of {records}, not {shown(rest[0])}")
            return nodes.CountDistinct(records, choice[0], where)
        term, kind = self.quantity(rest[0], inside)
        if name == "sum":
            if kind != "number":
                raise Refused(f"sum adds numbers; {shown(rest[0])} is a {kind}")
            return nodes.SumRecords(records, term, where)
        return nodes.Extreme(name, records, term, where)

    def _where(self, rest: list[exp.Expr], scope: _Scope) -> Predicate | None:
        return self.predicate(rest[0], scope) if rest else None

    def _date(self, tree: exp.Expr, scope: _Scope) -> Quantity:
        node, kind = self.quantity(tree, scope)
        if kind != "date":
            raise Refused(f"{shown(tree)} is a {kind}, where a date is needed")
        return node

    # --- names ----------------------------------------------------------------------------------

    def _name(self, tree: exp.Expr, scope: _Scope) -> tuple[str, str, FactType | Predicate | Quantity]:
        """Return the name, the list it is a field of (or nothing), and what it is."""
        if tree.args.get("table"):
            raise Refused(f"{shown(tree)}: a field stands bare, inside any({tree.args['table']}, …) and the like")
        only(tree, "this")
        identifier = tree.this
        if type(identifier) is not exp.Identifier or identifier.args.get("quoted"):
            raise Refused(f"{shown(tree)}: names are written bare, texts in single quotes")
        name = str(identifier.this)
        fields = self.vocabulary.records.get(scope.records, {})
        if name in fields:
            found, of = fields[name], scope.records
        elif name in self.vocabulary.facts:
            found, of = self.vocabulary.facts[name], ""
        elif name in self.vocabulary.derived:
            return name, "", self.vocabulary.derived[name]
        else:
            raise Refused(self._unknown(name, list(fields)))
        if found.kind == "text":
            raise Refused(f"{name!r} is free text, which is kept and read by people; no condition can use it")
        return name, of, found

    def _unknown(self, name: str, fields: list[str]) -> str:
        if name in self.vocabulary.records:
            return f"{name!r} is a list of records; use any({name}, …) or count({name}, …)"
        homes = [r for r, f in self.vocabulary.records.items() if name in f]
        if homes:
            return f"{name!r} is a field of {homes[0]}; it can only stand inside any({homes[0]}, …) and the like"
        known = [*fields, *self.vocabulary.facts, *self.vocabulary.derived]
        return f"there is no fact {name!r}: {one_of(known, name)}"
