"""What of sqlglot's tree may pass: the closed dialect, and the refusals with their reasons.

sqlglot only parses. Its tree is lenient (it types nothing, takes ``a OR b weak`` for an alias, and carries
constructs whose meaning differs between engines), so every construct and every argument of one is refused
unless the language lists it.
"""

import re
from datetime import date
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.generator import Generator as LenientGenerator
from sqlglot.parser import Parser as LenientParser

from postlude.logic.nodes import FIRST_DAY, LAST_DAY

INSPECTS_NULL = "can turn a missing answer into an answer; what is not known is handled by the three values themselves"
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
MAX_LENGTH = 20_000
MAX_NESTING = 16  # the parser takes up to thirty frames for one level, and the interpreter stops at a thousand
MAX_DEPTH = 60
_SIGNS = ("-", "+", "~", "not")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_FOREIGN = re.compile(r"--|/\*|::|==|!(?!=)|;|'|[^\x20-\x7e\t\r\n]")
"""Marks that the parser takes for something else or drops in silence, so that its tree no longer shows them."""
_FOREIGN_BECAUSE = {
    "--": "a comment stands in the file, outside the condition",
    "/*": "a comment stands in the file, outside the condition",
    "::": "nothing is converted; a date is written DATE '2026-01-15'",
    "==": "equality is written =",
    "!": "a denial is written NOT",
    ";": "it must be one condition, without a semicolon",
    "'": "a text that begins with a single quote must end with one",
}


class Refused(Exception):
    """Stops the reading of one construct; its siblings are still read."""


class AlreadyNoted(Refused):
    """A part was refused and its reason is noted already."""


class Closed(Dialect):
    """SQL with no function known to the parser: each one reaches the whitelist as it was written."""

    class Parser(LenientParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": LenientParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}
        SUBQUERY_PREDICATES: ClassVar[dict[Any, Any]] = {}

    class Generator(LenientGenerator):
        """Shows what was found in a message as it was written."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            if expression.args["to"].is_type("date") and type(expression.this) is exp.Literal:
                return f"DATE {self.sql(expression, 'this')}"
            return super().cast_sql(expression, safe_prefix)


def only(tree: exp.Expr, *expected: str) -> None:
    """Refuse a construct that carries more than the listed arguments."""
    extra = [key for key, value in tree.args.items() if key not in expected and value not in (None, False, [])]
    if extra or tree.comments:
        raise Refused(not_allowed(tree) + (" (a comment)" if tree.comments else f" ({', '.join(extra)})"))


def operands(tree: exp.Expr) -> list[exp.Expr]:
    """Return the operands of a chain of the same connective, left to right."""
    found: list[exp.Expr] = []
    while type(tree.this) is type(tree):
        only(tree, "this", "expression")
        found.append(tree.expression)
        tree = tree.this
    return [tree.this, tree.expression, *reversed(found)]


def not_allowed(tree: exp.Expr) -> str:
    text = shown(tree)
    if isinstance(tree, exp.Is | exp.Case | exp.Null | exp.Coalesce | exp.NullSafeEQ | exp.NullSafeNEQ):
        return f"{text} is not allowed: it {INSPECTS_NULL}"
    if isinstance(tree, exp.Alias):
        return f"{tree.alias!r} after {shown(tree.this)}: a word follows a condition without AND or OR between them"
    if isinstance(tree, exp.Boolean):
        return f"{text} is not allowed: a yes/no fact stands alone, as in saddle_numbness or NOT saddle_numbness"
    if isinstance(tree, exp.Literal) and tree.is_string:
        return f"{text} is a text, where a condition, number or date is needed"
    if isinstance(tree, exp.Literal):
        return f"{text} is a number, where a condition is needed"
    return f"{text} is not part of the language"


def number(tree: exp.Expr) -> float:
    text = str(tree.this)
    if tree.args.get("is_string"):
        raise Refused(f"'{text}' is a text, where a number or date is needed (a date is written DATE '2026-01-15')")
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{text} is not a plain number with at most six decimals")
    return float(text)


def day(tree: exp.Expr) -> int:
    inner = tree.this
    if (
        tree.args.get("to") is None
        or not tree.args["to"].is_type("date")
        or type(inner) is not exp.Literal
        or not inner.is_string
    ):
        raise Refused(f"{shown(tree)} is not allowed: nothing is converted; a date is written DATE '2026-01-15'")
    try:
        found = date.fromisoformat(str(inner.this)).toordinal()
    except ValueError:
        raise Refused(f"{shown(tree)}: {inner.this!r} is not a date; write DATE '2026-01-15'") from None
    if len(str(inner.this)) != 10 or not FIRST_DAY <= found <= LAST_DAY:
        raise Refused(f"{shown(tree)}: a date is written DATE '2026-01-15' and lies between 1900 and 2200")
    return found


def arity(name: str, args: list[exp.Expr], least: int, most: int, takes: str) -> None:
    if not least <= len(args) <= most:
        raise Refused(f"{name}(…) takes {takes}; {len(args)} given")


def shown(tree: exp.Expr) -> str:
    text = tree.sql(dialect=Closed, comments=False, normalize_functions=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _place(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    # The parser speaks of its own classes; a reader needs the place and what usually stands wrong there.
    place = re.search(r"Line (\d+), Col: (\d+)", str(error))
    where = f" near character {place[2]}" if place else ""
    return f"something is missing or out of place{where}"


def _nesting(text: str) -> int:
    """Return how deep parentheses and chains of NOT or of signs go; a NOT counts until its operand ends."""
    depth = deepest = run = 0
    before = ""
    outside: list[int] = []
    for word in re.findall(r"[-+~()]|\w+|[^\s\w]", text.lower()):
        if word == "not" or (word in _SIGNS and before in _SIGNS):
            run += 1
            depth += 1
        elif word == "(":
            outside.append(run)
            run = 0
            depth += 1
        else:
            depth -= run
            run = 0
            if word == ")" and outside:
                depth -= 1 + outside.pop()
        before = word
        deepest = max(deepest, depth)
    return deepest


def _depth(tree: exp.Expr) -> int:
    """Return the depth of the tree, a chain of the same connective counting once (its operands are read in a loop)."""
    deepest = 0
    stack: list[tuple[exp.Expr, int]] = [(tree, 1)]
    while stack:
        here, depth = stack.pop()
        deepest = max(deepest, depth)
        chain = isinstance(here, exp.And | exp.Or)
        stack.extend((c, depth + (not chain or type(c) is not type(here))) for c in here.iter_expressions())
    return deepest


def _foreign(text: str) -> None:
    outside = _QUOTED.sub("", text)
    if found := _FOREIGN.search(outside):
        mark = found[0] if found[0].isprintable() else f"U+{ord(found[0]):04X}"
        because = _FOREIGN_BECAUSE.get(found[0], "outside single quotes only plain letters, digits and signs are read")
        raise Refused(f"{mark!r} is not part of the language: {because}")


def parse(text: str) -> exp.Expr:
    """Return the tree of one condition. Raises :class:`Refused`."""
    if not text.strip():
        raise Refused("is empty")
    if len(text) > MAX_LENGTH:
        raise Refused(f"is {len(text):,} characters long; at most {MAX_LENGTH:,} are read")
    _foreign(text)
    if _nesting(_QUOTED.sub("''", text)) > MAX_NESTING:
        raise Refused(f"is nested more than {MAX_NESTING} deep")
    try:
        trees = Closed().parse(text)
    except (SqlglotError, RecursionError) as error:
        raise Refused(f"cannot be read: {_place(error)}") from None
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Block):
        raise Refused("must be one condition; a semicolon is not allowed")
    if _depth(trees[0]) > MAX_DEPTH:
        raise Refused(f"is nested more than {MAX_DEPTH} deep")
    return trees[0]
