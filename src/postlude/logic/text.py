"""Writes nodes back as text, in one way each: what a rule says, after it was understood."""

from datetime import date

from postlude.logic import nodes
from postlude.logic.nodes import Predicate, Quantity

_LOOSE, _OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _TIGHT = range(8)


def text(node: Predicate | Quantity) -> str:
    """Return the canonical text; reading it gives equal nodes again."""
    return _write(node)[0]


def _inside(node: Predicate | Quantity, least: int) -> str:
    written, binding = _write(node)
    return written if binding >= least else f"({written})"


def _write(node: Predicate | Quantity) -> tuple[str, int]:
    match node:
        case nodes.Boolean(name, _) | nodes.Number(name, _, _, _) | nodes.Day(name, _):
            return name, _TIGHT
        case nodes.DerivedTruth(name, _) | nodes.DerivedNumber(name, _):
            return name, _TIGHT
        case nodes.Choice(name, (code,), _):
            return f"{name} = {_quoted(code)}", _COMPARE
        case nodes.Choice(name, among, _):
            return f"{name} IN ({', '.join(map(_quoted, among))})", _COMPARE
        case nodes.Compare(op, left, right):
            return f"{_inside(left, _ADD)} {op} {_inside(right, _ADD)}", _COMPARE
        case nodes.And(args):
            return " AND ".join(_inside(a, _NOT) for a in args), _AND
        case nodes.Or(args):
            return " OR ".join(_inside(a, _AND) for a in args), _OR
        case nodes.Not(arg):
            return f"NOT {_inside(arg, _COMPARE)}", _NOT
        case nodes.AtLeast(k, args):
            return f"at_least({k}, {_list(args)})", _TIGHT
        case nodes.CountTrue(args):
            return f"count_true({_list(args)})", _TIGHT
        case nodes.AnyRecord(records, where):
            return f"any({records}, {text(where)})", _TIGHT
        case nodes.CountRecords(records, where):
            return f"count({records}{_where(where)})", _TIGHT
        case nodes.CountDistinct(records, field, where):
            return f"count_distinct({records}, {field}{_where(where)})", _TIGHT
        case nodes.SumRecords(records, term, where):
            return f"sum({records}, {text(term)}{_where(where)})", _TIGHT
        case nodes.Extreme(op, records, term, where):
            return f"{op}({records}, {text(term)}{_where(where)})", _TIGHT
        case nodes.Literal(value):
            return f"{value:.6f}".rstrip("0").rstrip("."), _TIGHT
        case nodes.DayLiteral(day):
            return f"DATE '{date.fromordinal(day).isoformat()}'", _TIGHT
        case nodes.DaysBetween(start, nodes.AsOf()):
            return f"days_since({text(start)})", _TIGHT
        case nodes.DaysBetween(start, end):
            return f"days_between({text(start)}, {text(end)})", _TIGHT
        case nodes.Arithmetic(op, left, right):
            level = _MULTIPLY if op in "*/" else _ADD
            return f"{_inside(left, level)} {op} {_inside(right, level + 1)}", level
        case nodes.AsOf():
            return "as_of", _TIGHT


def _list(args: tuple[Predicate, ...]) -> str:
    return ", ".join(text(a) for a in args)


def _where(where: Predicate | None) -> str:
    return "" if where is None else f", {text(where)}"


def _quoted(code: str) -> str:
    return "'" + code.replace("'", "''") + "'"
