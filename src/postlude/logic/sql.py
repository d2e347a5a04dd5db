"""Writes predicates as SQL with the meaning that ``evaluate`` gives them: for DuckDB, or for Spark.

A table of intakes has one row a person:

- a yes/no fact is a BOOLEAN column, a choice VARCHAR, a number DOUBLE, a date DATE; NULL is *not known*;
- a number or date known only within a range (named in ``ranged``) is a pair of columns, ``x_low`` and ``x_high``;
- a list is a column of STRUCT[], never NULL, beside a BOOLEAN column ``<list>_complete``, never NULL;
- ``as_of`` is a DATE, never NULL.

Boolean connectives are SQL's own, which are Kleene's; what the two databases spell differently stands in
:mod:`postlude.logic.dialect`. Aggregates that skip NULL (SUM, COUNT, MIN, MAX, their list
forms, GREATEST, LEAST) are never written: lists are folded over ends of ranges, which are never NULL.
"""

from collections.abc import Iterable, Mapping, Sequence

from postlude.logic import evaluate, nodes
from postlude.logic.dialect import DUCKDB, Dialect
from postlude.logic.nodes import FIRST_DAY, LAST_DAY, DerivedNumber, DerivedTruth, Predicate, Quantity, children
from postlude.logic.person import nobody
from postlude.logic.ranges import SCALE

_EMPTY = nobody(FIRST_DAY)
_DAY_ONE = "DATE '0001-01-01'"


class Writer:
    """Writes nodes; ``ranged`` names the columns (``fact`` or ``list.field``) that are pairs of ends.

    ``unseen`` names a list of which a record is meant that nobody has told: its fields are not known.
    """

    def __init__(self, sql: Dialect, ranged: frozenset[str] = frozenset(), unseen: str = "") -> None:
        self.sql = sql
        self.ranged = ranged
        self.unseen = unseen

    def truth(self, node: Predicate) -> str:
        """Return a BOOLEAN expression: TRUE, FALSE or NULL as :func:`postlude.logic.evaluate.truth` says."""
        match node:
            case nodes.Boolean(_, of) | nodes.Choice(_, _, of) if of and of == self.unseen:
                return self.sql.cast("NULL", "BOOLEAN")
            case nodes.Boolean(name, of):
                return self._column(name, of)
            case nodes.Choice(name, (code,), of):
                return f"({self._column(name, of)} = {self.sql.text(code)})"
            case nodes.Choice(name, among, of):
                return f"({self._column(name, of)} IN ({', '.join(map(self.sql.text, among))}))"
            case nodes.Not(arg):
                return f"(NOT {self.truth(arg)})"
            case nodes.And(args):
                return f"({' AND '.join(map(self.truth, args))})" if args else "TRUE"
            case nodes.Or(args):
                return f"({' OR '.join(map(self.truth, args))})" if args else "FALSE"
            case nodes.AtLeast(k, args):
                certain, possible = self._tally(args)
                return f"(CASE WHEN {certain} >= {k} THEN TRUE WHEN {possible} < {k} THEN FALSE END)"
            case nodes.AnyRecord(records, where):
                return self._any(records, where)
            case nodes.Compare(op, left, right):
                return self._compare(op, left, right)
            case DerivedTruth(name, _):
                return self._column(name)

    def ends(self, node: Quantity) -> tuple[str, str]:
        """Return two DOUBLE expressions, never NULL: the least and greatest possible value."""
        match node:
            case nodes.Literal(value):
                return self.sql.double(value), self.sql.double(value)
            case nodes.DayLiteral(day):
                return self.sql.double(day), self.sql.double(day)
            case nodes.AsOf():
                today = self._day_number(self.sql.name("as_of"))
                return today, today
            case nodes.Number(name, low, high, of):
                return self._leaf(name, of, low, high, "{}")
            case nodes.Day(name, of):
                return self._leaf(name, of, FIRST_DAY, LAST_DAY, self._day_number("{}"))
            case nodes.DaysBetween(start, end):
                (a_low, a_high), (b_low, b_high) = self.ends(start), self.ends(end)
                return f"({b_low} - {a_high})", f"({b_high} - {a_low})"
            case nodes.Arithmetic(op, left, right):
                return self._arithmetic(op, left, right)
            case nodes.CountTrue(args):
                return self._tally(args)
            case DerivedNumber(name, _):
                return self._column(f"{name}_low"), self._column(f"{name}_high")
            case nodes.CountRecords(records, where):
                certain, possible = (self._members(records, where, possible=p) for p in (False, True))
                return self.sql.length(certain), self._unless_open(records, self.sql.length(possible))
            case nodes.CountDistinct(records, field, where):
                return self._count_distinct(records, field, where)
            case nodes.SumRecords(records, term, where):
                return self._sum(records, term, where)
            case nodes.Extreme(op, records, term, where):
                return self._extreme(op, records, term, where)

    # --- predicates -----------------------------------------------------------------------------

    def _compare(self, op: str, left: Quantity, right: Quantity) -> str:
        if (exact := self._exact(left, right)) is not None:
            # One column against a constant inside its bounds: SQL's own comparison, NULL when it is not known.
            return f"({exact[0]} {op} {exact[1]})"
        (a, b), (c, d) = self.ends(left), self.ends(right)
        match op:
            case "<":
                true, false = f"{b} < {c}", f"{a} >= {d}"
            case "<=":
                true, false = f"{b} <= {c}", f"{a} > {d}"
            case ">":
                true, false = f"{a} > {d}", f"{b} <= {c}"
            case ">=":
                true, false = f"{a} >= {d}", f"{b} < {c}"
            case _:
                apart, same = f"({b} < {c} OR {d} < {a})", f"({a} = {b} AND {c} = {d} AND {a} = {c})"
                true, false = (same, apart) if op == "=" else (apart, same)
        return f"(CASE WHEN {true} THEN TRUE WHEN {false} THEN FALSE END)"

    def _exact(self, left: Quantity, right: Quantity) -> tuple[str, str] | None:
        sides = [(side, self._plain(side)) for side in (left, right)]
        (_, a), (_, b) = sides
        constants = [isinstance(side, nodes.Literal | nodes.DayLiteral) for side, _ in sides]
        return (a, b) if a is not None and b is not None and sum(constants) == 1 else None

    def _plain(self, node: Quantity) -> str | None:
        """Return one nullable expression for a constant or for a column that is exact whenever it is known."""
        match node:
            case nodes.Literal(value):
                return self.sql.double(value)
            case nodes.DayLiteral(day):
                return self.sql.double(day)
            case nodes.Number(name, _, _, of) if self._is_exact(name, of):
                return self._column(name, of)
            case nodes.Day(name, of) if self._is_exact(name, of):
                return self._day_number(self._column(name, of))
            case nodes.DaysBetween(nodes.Day(name, of), nodes.AsOf()) if self._is_exact(name, of):
                return f"({self._day_number(self.sql.name('as_of'))} - {self._day_number(self._column(name, of))})"
            case _:
                return None

    def _is_exact(self, name: str, of: str) -> bool:
        return _path(name, of) not in self.ranged and not (of and of == self.unseen)

    def _any(self, records: str, where: Predicate) -> str:
        # Kleene's OR over the records, then over one more that is not known unless the list is complete.
        some = self.sql.some(self._column(records), "_record", self.truth(where))
        return f"({some} OR (CASE WHEN {self._complete(records)} THEN FALSE END))"

    # --- quantities -----------------------------------------------------------------------------

    def _leaf(self, name: str, of: str, low: float, high: float, form: str) -> tuple[str, str]:
        if of and of == self.unseen:
            return self.sql.double(low), self.sql.double(high)
        if _path(name, of) in self.ranged:
            sides = [form.format(self._column(f"{name}_{end}", of)) for end in ("low", "high")]
        else:
            sides = [form.format(self._column(name, of))] * 2
        known = (self.sql.cast(f"({side})", "DOUBLE") for side in sides)
        low_sql, high_sql = (
            f"(CASE WHEN {side} IS NULL THEN {self.sql.double(bound)} ELSE {side} END)"
            for side, bound in zip(known, (low, high), strict=True)
        )
        return low_sql, high_sql

    def _arithmetic(self, op: str, left: Quantity, right: Quantity) -> tuple[str, str]:
        (a, b), (c, d) = self.ends(left), self.ends(right)
        match op:
            case "+":
                return self._rounded(f"{a} + {c}"), self._rounded(f"{b} + {d}")
            case "-":
                return self._rounded(f"{a} - {d}"), self._rounded(f"{b} - {c}")
            case "*" if _never_negative(left) and _never_negative(right):
                return self._rounded(f"{a} * {c}"), self._rounded(f"{b} * {d}")
            case "*":
                products = self.sql.list_of([f"{x} * {y}" for x in (a, b) for y in (c, d)])
            case _:
                products = self.sql.list_of([f"{a} / {c}", f"{b} / {c}"])
        return self._rounded(self.sql.extreme(products, "<")), self._rounded(self.sql.extreme(products, ">"))

    def _tally(self, args: Sequence[Predicate]) -> tuple[str, str]:
        certain = " + ".join(f"(CASE WHEN {self.truth(a)} THEN 1 ELSE 0 END)" for a in args)
        possible = " + ".join(f"(CASE WHEN NOT {self.truth(a)} THEN 0 ELSE 1 END)" for a in args)
        return f"({certain})", f"({possible})"

    def _members(self, records: str, where: Predicate | None, *, possible: bool = False) -> str:
        """Return the list of the records that fulfil ``where`` (``possible``: or may fulfil it)."""
        if where is None:
            return self._column(records)
        condition = f"(CASE WHEN NOT {self.truth(where)} THEN FALSE ELSE TRUE END)" if possible else self.truth(where)
        return self.sql.filtered(self._column(records), "_record", condition)

    def _terms(self, records: str, where: Predicate | None, term: str, *, possible: bool = False) -> str:
        return self.sql.transformed(self._members(records, where, possible=possible), "_record", term)

    def _count_distinct(self, records: str, field: str, where: Predicate | None) -> tuple[str, str]:
        code = self._column(field, records)
        codes, all_codes = (self._terms(records, where, code, possible=p) for p in (False, True))
        unknown = self.sql.length(self.sql.filtered(all_codes, "c", "c IS NULL"))
        # A code that is not known is counted beside the known ones, hence not among the different ones.
        known = self.sql.distinct(codes)
        low = f"(CASE WHEN {known} = 0 AND {self.sql.length(codes)} > 0 THEN 1 ELSE {known} END)"
        return low, self._unless_open(records, f"({self.sql.distinct(all_codes)} + {unknown})")

    def _sum(self, records: str, term: Quantity, where: Predicate | None) -> tuple[str, str]:
        certainly = "TRUE" if where is None else self.truth(where)
        excluded = "FALSE" if where is None else f"NOT {self.truth(where)}"
        totals = []
        for exact_end, sign in zip(self.ends(term), ("<", ">"), strict=True):
            end = self._rounded(exact_end)
            maybe = f"(CASE WHEN {end} {sign} 0 THEN {end} ELSE 0 END)"
            share = f"(CASE WHEN {certainly} THEN {end} WHEN {excluded} THEN 0 ELSE {maybe} END)"
            if _never_negative(term):
                # What is perhaps a member adds nothing to the least total and all of itself to the greatest.
                least_share = f"(CASE WHEN {certainly} THEN {end} ELSE 0 END)"
                share = least_share if sign == "<" else f"(CASE WHEN {excluded} THEN 0 ELSE {end} END)"
            terms = self.sql.transformed(self._column(records), "_record", self.sql.cast(share, "DOUBLE"))
            totals.append(self.sql.added(terms, self._rounded("a + b")))
        least, most = self._of_unseen(records, term)
        return (
            f"(CASE WHEN {self._complete(records)} OR {least} >= 0 THEN {totals[0]} ELSE -{self.sql.infinity} END)",
            f"(CASE WHEN {self._complete(records)} OR {most} <= 0 THEN {totals[1]} ELSE {self.sql.infinity} END)",
        )

    def _of_unseen(self, records: str, term: Quantity) -> tuple[str, str]:
        """Return the ends of ``term`` in a record that nobody has told.

        A constant when the term reads nothing but fields; days and facts of the person differ from row to row.
        """
        if _reads_only_fields(term):
            low, high = evaluate.quantity(term, _EMPTY)
            return self.sql.double(low), self.sql.double(high)
        return Writer(self.sql, self.ranged, records).ends(term)

    def _extreme(self, op: str, records: str, term: Quantity, where: Predicate | None) -> tuple[str, str]:
        low, high = self.ends(term)
        least, most = self._of_unseen(records, term)
        sign = "<" if op == "min" else ">"
        # The end that a further record could still move: the lower one of a minimum, the upper one of a maximum.
        movable, firm, bound = (low, high, least) if op == "min" else (high, low, most)
        everything = self._terms(records, where, movable, possible=True)
        further = self.sql.list_of([self.sql.cast(f"({bound})", "DOUBLE")])
        unseen = f"(CASE WHEN {self._complete(records)} THEN {self.sql.list_of([])} ELSE {further} END)"
        moved = self.sql.extreme(self.sql.joined(everything, unseen), sign)
        fixed = self.sql.extreme(self._terms(records, where, firm), sign)
        some = f"{self.sql.length(self._members(records, where))} > 0"
        ends = (moved, fixed) if op == "min" else (fixed, moved)
        return (
            f"(CASE WHEN {some} THEN {ends[0]} ELSE -{self.sql.infinity} END)",
            f"(CASE WHEN {some} THEN {ends[1]} ELSE {self.sql.infinity} END)",
        )

    # --- names ----------------------------------------------------------------------------------

    def _rounded(self, expression: str) -> str:
        return self.sql.floor(f"({expression}) * {SCALE!r} + 0.5", repr(SCALE))

    def _unless_open(self, records: str, value: str) -> str:
        return f"(CASE WHEN {self._complete(records)} THEN {value} ELSE {self.sql.infinity} END)"

    def _complete(self, records: str) -> str:
        return self.sql.name(f"{records}_complete")

    def _column(self, name: str, of: str = "") -> str:
        # The parameter of a lambda hides a column of the same name, hence one that no id can have.
        return f"_record.{self.sql.name(name)}" if of else self.sql.name(name)

    def _day_number(self, column: str) -> str:
        # Day 1 is the first of January of the year 1, as in Python's date.toordinal.
        return f"({self.sql.days(_DAY_ONE, column)} + 1)"


def _never_negative(node: Quantity) -> bool:
    """Return whether a quantity cannot be negative, whatever is known; its ends are then simpler to write."""
    match node:
        case nodes.Literal(value):
            return value >= 0
        case nodes.Number(_, low, _, _):
            return low >= 0
        case nodes.CountTrue() | nodes.CountRecords() | nodes.CountDistinct():
            return True
        case nodes.Arithmetic("+" | "*" | "/", left, right):
            return _never_negative(left) and _never_negative(right)
        case nodes.SumRecords(_, term, _):
            return _never_negative(term)
        case DerivedNumber(_, body):
            return _never_negative(body)
        case _:
            return False


def _reads_only_fields(node: Predicate | Quantity) -> bool:
    match node:
        case nodes.Boolean(_, of) | nodes.Choice(_, _, of) | nodes.Number(_, _, _, of) | nodes.Day(_, of):
            return bool(of)
        case nodes.AsOf() | DerivedTruth() | DerivedNumber():
            return False
        case _:
            return all(map(_reads_only_fields, children(node)))


def query(
    predicates: Mapping[str, Predicate],
    source: str,
    *,
    keep: Sequence[str] = (),
    ranged: frozenset[str] = frozenset(),
    sql: Dialect = DUCKDB,
) -> str:
    """Return a SELECT with one BOOLEAN column for each predicate, and the columns to ``keep``.

    ``source`` is what stands after FROM. Derived facts are computed once, each layer from the one before.
    """
    writer = Writer(sql, ranged)
    columns = [*map(sql.name, keep), *(f"{writer.truth(p)} AS {sql.name(n)}" for n, p in predicates.items())]
    for layer in reversed(_layers(predicates.values())):
        source = f"(SELECT *, {', '.join(_definition(writer, node) for node in layer)} FROM {source})"
    return f"SELECT {', '.join(columns)} FROM {source}"


def _definition(writer: Writer, node: DerivedTruth | DerivedNumber) -> str:
    if isinstance(node, DerivedTruth):
        return f"{writer.truth(node.body)} AS {writer.sql.name(node.name)}"
    ends = zip(writer.ends(node.body), ("low", "high"), strict=True)
    return ", ".join(
        f"{writer.sql.cast(f'({end})', 'DOUBLE')} AS {writer.sql.name(f'{node.name}_{which}')}" for end, which in ends
    )


def _layers(predicates: Iterable[Predicate]) -> list[list[DerivedTruth | DerivedNumber]]:
    """Return the derived facts in layers; each rests only on later layers."""
    depth: dict[DerivedTruth | DerivedNumber, int] = {}

    def visit(node: Predicate | Quantity, level: int) -> None:
        if isinstance(node, DerivedTruth | DerivedNumber):
            depth[node] = max(depth.get(node, 0), level)
            level += 1
        for child in children(node):
            visit(child, level)

    for predicate in predicates:
        visit(predicate, 0)
    layers: list[list[DerivedTruth | DerivedNumber]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node, level in depth.items():
        layers[level].append(node)
    return layers


def _path(name: str, of: str) -> str:
    return f"{of}.{name}" if of else name
