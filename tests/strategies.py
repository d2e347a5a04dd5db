"""Generated predicates, partly known persons, and steps by which a person comes to be known better.

Everything is drawn over one fixed vocabulary. Predicates are built as nodes, and only such as the language accepts;
``test_the_language_accepts_what_is_generated`` holds the two together.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from hypothesis import strategies as st

from postlude.logic import evaluate, nodes
from postlude.logic.nodes import FIRST_DAY, LAST_DAY, Predicate, Quantity
from postlude.logic.person import Person, Value, nobody
from postlude.logic.refs import Ref
from postlude.logic.vocabulary import FactType, Vocabulary

_BOOLEAN = FactType("boolean")
_DATE = FactType("date")

FACTS: Mapping[str, FactType] = {
    "fever": _BOOLEAN,
    "saddle_numbness": _BOOLEAN,
    "leg_weakness": _BOOLEAN,
    "smoker": _BOOLEAN,
    "r": _BOOLEAN,  # a name that an interpreter might use itself
    "a": _BOOLEAN,
    "pain": FactType("number", low=0.0, high=10.0),
    "change": FactType("number", low=-5.0, high=5.0),
    "dose_limit": FactType("number", low=0.0, high=2000.0),
    "onset": _DATE,
    "discharged": _DATE,
    "relief": FactType("choice", values=("none", "partly", "full")),
    "side": FactType("choice", values=("left", "right")),
}
RECORDS: Mapping[str, Mapping[str, FactType]] = {
    "medications": {
        "current": _BOOLEAN,
        "opioid": _BOOLEAN,
        "daily_dose": FactType("number", low=0.0, high=500.0),
        "balance": FactType("number", low=-3.0, high=3.0),
        "started": _DATE,
        "medicine": FactType("choice", values=("oxycodone", "tramadol", "gabapentin")),
    },
    "operations": {
        "fusion": _BOOLEAN,
        "segments": FactType("number", low=0.0, high=5.0),
        "done_on": _DATE,
        "level": FactType("choice", values=("l4", "l5")),
    },
}
_PLAIN = Vocabulary(FACTS, RECORDS)


def _leaf(name: str, of: str = "") -> Predicate | Quantity:
    kind = (RECORDS[of] if of else FACTS)[name]
    if kind.kind == "boolean":
        return nodes.Boolean(name, of)
    return nodes.Day(name, of) if kind.kind == "date" else nodes.Number(name, kind.low, kind.high, of)


def _derived() -> dict[str, Predicate | Quantity]:
    opioid = nodes.And((nodes.Boolean("current", "medications"), nodes.Boolean("opioid", "medications")))
    total = nodes.SumRecords("medications", _leaf("daily_dose", "medications"), opioid)
    unwell = nodes.And((nodes.Boolean("fever"), nodes.Compare(">=", _leaf("pain"), nodes.Literal(4.0))))
    total_again = nodes.DerivedNumber("total_dose", total)
    return {
        "total_dose": total,
        "unwell": unwell,
        "days_since_onset": nodes.DaysBetween(nodes.Day("onset"), nodes.AsOf()),
        "first_operation": nodes.Extreme("min", "operations", nodes.Day("done_on", "operations")),
        # A second layer: derived from derived.
        "watch": nodes.Or(
            (nodes.DerivedTruth("unwell", unwell), nodes.Compare(">=", total_again, nodes.Literal(90.0)))
        ),
        "spare": nodes.Arithmetic("-", nodes.Literal(200.0), total_again),
    }


VOCABULARY = Vocabulary(FACTS, RECORDS, _derived())
NUMBERS = ("total_dose", "days_since_onset", "spare")
DATES = ("first_operation",)
TRUTHS = ("unwell", "watch")

AS_OF = tuple(date.fromisoformat(d).toordinal() for d in ("2026-01-15", "2024-02-29", "2019-12-31"))
_RECENT = (date(2015, 1, 1).toordinal(), date(2027, 1, 1).toordinal())

EDGES = (0.0, 1.0, 2.0, 2.5, 4.0, 10.0, 100.0, 0.1, 0.29, 1.1, 2.3, 33.33)
"""Numbers at which comparisons turn, and some that binary fractions cannot hold."""
hundredths = st.integers(-60_000, 60_000).map(lambda n: n / 100)


# --- predicates -------------------------------------------------------------------------------------


class Grammar(NamedTuple):
    """What may be drawn: records at all, derived facts at all, and the list whose fields are in reach."""

    records: bool = True
    derived: bool = True
    of: str = ""


def predicates(*, records: bool = True, derived: bool = True, depth: int = 3) -> st.SearchStrategy[Predicate]:
    return _predicates(depth, Grammar(records, derived))


def quantities(*, records: bool = True, derived: bool = True, depth: int = 3) -> st.SearchStrategy[Quantity]:
    grammar = Grammar(records, derived)
    return _numbers(depth, grammar) | _dates(depth, grammar)


@st.composite
def _predicates(draw: st.DrawFn, depth: int, grammar: Grammar) -> Predicate:
    options = ["boolean", "choice", "compare", "boolean", "compare"]
    if grammar.derived:
        options.append("derived")
    if depth:
        options += ["and", "or", "not", "at_least", "and", "or", "compare"]
        options += ["any"] * (5 if grammar.records and not grammar.of else 0)
    match draw(st.sampled_from(options)):
        case "boolean":
            return nodes.Boolean(*_named(draw, grammar, "boolean"))
        case "choice":
            name, of = _named(draw, grammar, "choice")
            values = (RECORDS[of] if of else FACTS)[name].values
            among = draw(st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True))
            return nodes.Choice(name, tuple(among), of)
        case "derived":
            name = draw(st.sampled_from(TRUTHS))
            return nodes.DerivedTruth(name, VOCABULARY.derived[name])
        case "and":
            return nodes.And(_arguments(draw, depth, grammar, 2))
        case "or":
            return nodes.Or(_arguments(draw, depth, grammar, 2))
        case "not":
            return nodes.Not(draw(_predicates(depth - 1, grammar)))
        case "at_least":
            args = _arguments(draw, depth, grammar, 2)
            return nodes.AtLeast(draw(st.integers(1, len(args))), args)
        case "any":
            of = draw(st.sampled_from(sorted(RECORDS)))
            return nodes.AnyRecord(of, draw(_predicates(depth - 1, grammar._replace(of=of))))
        case _:
            return _compare(draw, depth, grammar)


def _arguments(draw: st.DrawFn, depth: int, grammar: Grammar, least: int) -> tuple[Predicate, ...]:
    return tuple(draw(st.lists(_predicates(depth - 1, grammar), min_size=least, max_size=3)))


def _named(draw: st.DrawFn, grammar: Grammar, kind: str) -> tuple[str, str]:
    """Draw a fact of a kind or, inside a list, mostly one of its fields."""
    fields = [(n, grammar.of) for n, t in RECORDS.get(grammar.of, {}).items() if t.kind == kind]
    facts = [(n, "") for n, t in FACTS.items() if t.kind == kind]
    return draw(st.sampled_from(fields * 3 + facts[:2] if fields else facts))


def _compare(draw: st.DrawFn, depth: int, grammar: Grammar) -> Predicate:
    op = draw(st.sampled_from(("=", "<>", "<", "<=", ">", ">=")))
    if draw(st.integers(0, 2)):
        left = draw(_numbers(depth, grammar))
        right = draw(_numbers(max(depth - 1, 0), grammar)) if draw(st.booleans()) else _inside(draw, left)
    else:
        left = draw(_dates(depth, grammar))
        right = draw(_dates(max(depth - 1, 0), grammar)) if draw(st.booleans()) else _some_day(draw)
    node = nodes.Compare(op, left, right)
    if any(evaluate.truth(node, nobody(day)) is not None for day in (AS_OF_FIRST, AS_OF_LAST)):
        # The language refuses what is decided when nothing is known.
        return nodes.Compare(draw(st.sampled_from(("<", ">="))), _leaf("pain"), nodes.Literal(5.0))
    return node


AS_OF_FIRST, AS_OF_LAST = date(2010, 1, 1).toordinal(), date(2100, 1, 1).toordinal()


def _inside(draw: st.DrawFn, quantity: Quantity) -> Quantity:
    """Draw a constant at which the comparison turns, small ones often: edges are where mistakes are."""
    low, high = evaluate.quantity(quantity, nobody(AS_OF[0]))
    low, high = max(low, -1000.0), min(high, 1000.0)
    if low > high:
        return nodes.Literal(0.0)
    small = [n for n in EDGES if low <= n <= high]
    grid = st.integers(int(low * 100), int(high * 100)).map(lambda n: n / 100)
    return nodes.Literal(draw(st.sampled_from(small) | grid if small else grid))


def _some_day(draw: st.DrawFn) -> Quantity:
    return nodes.DayLiteral(draw(st.integers(*_RECENT)))


@st.composite
def _numbers(draw: st.DrawFn, depth: int, grammar: Grammar) -> Quantity:
    options = ["number", "number", "days"]
    if grammar.derived:
        options.append("derived")
    if depth:
        options += ["plus", "plus", "times", "times", "over", "over", "count_true", "literal"]
        if grammar.records and not grammar.of:
            options += ["count", "count", "distinct", "distinct", "sum", "sum", "sum", "sum", "extreme"]
    match draw(st.sampled_from(options)):
        case "number":
            return _leaf(*_named(draw, grammar, "number"))
        case "literal":
            return nodes.Literal(draw(hundredths))
        case "days":
            end = nodes.AsOf() if draw(st.booleans()) or not depth else draw(_dates(depth - 1, grammar))
            return nodes.DaysBetween(draw(_dates(max(depth - 1, 0), grammar)), end)
        case "derived":
            name = draw(st.sampled_from(NUMBERS))
            return nodes.DerivedNumber(name, VOCABULARY.derived[name])
        case "plus":
            sides = (draw(_numbers(depth - 1, grammar)), draw(_numbers(depth - 1, grammar)))
            return nodes.Arithmetic(draw(st.sampled_from("+-")), *sides)
        case "times":
            return _product(draw, depth, grammar)
        case "over":
            divisor = nodes.Literal(float(draw(st.sampled_from((2, 3, 7, 10, -4, 0.5)))))
            return nodes.Arithmetic("/", draw(_numbers(depth - 1, grammar)), divisor)
        case "count_true":
            return nodes.CountTrue(_arguments(draw, depth, grammar, 1))
        case aggregate:
            of = draw(st.sampled_from(sorted(RECORDS)))
            return _aggregate(draw, aggregate, of, depth, grammar._replace(of=of))


def _product(draw: st.DrawFn, depth: int, grammar: Grammar) -> Quantity:
    left = draw(_numbers(depth - 1, grammar))
    simple = isinstance(left, nodes.Number)
    if simple and draw(st.booleans()):
        return nodes.Arithmetic("*", left, _leaf(*_named(draw, grammar, "number")))
    return nodes.Arithmetic("*", left, nodes.Literal(draw(st.sampled_from((1.5, 0.25, -2.0, 3.0, 0.1, 0.07)))))


def _aggregate(draw: st.DrawFn, kind: str, of: str, depth: int, inside: Grammar) -> Quantity:
    where = draw(st.none() | _predicates(depth - 1, inside))
    if kind == "count":
        return nodes.CountRecords(of, where)
    if kind == "distinct":
        return nodes.CountDistinct(of, draw(st.sampled_from([n for n, t in RECORDS[of].items() if t.values])), where)
    term = draw(_numbers(depth - 1, inside))
    if kind == "sum":
        return nodes.SumRecords(of, term, where)
    return nodes.Extreme(draw(st.sampled_from(("min", "max"))), of, term, where)


@st.composite
def _dates(draw: st.DrawFn, depth: int, grammar: Grammar) -> Quantity:
    options = ["day", "day", "literal"]
    if grammar.records and not grammar.of:
        options += ["derived"] * grammar.derived + ["extreme"] * bool(depth)
    match draw(st.sampled_from(options)):
        case "day":
            return _leaf(*_named(draw, grammar, "date"))
        case "literal":
            return _some_day(draw)
        case "derived":
            name = draw(st.sampled_from(DATES))
            return nodes.DerivedNumber(name, VOCABULARY.derived[name])
        case _:
            of = draw(st.sampled_from(sorted(RECORDS)))
            inside = grammar._replace(of=of)
            where = draw(st.none() | _predicates(depth - 1, inside))
            term = _leaf(*_named(draw, inside, "date"))
            return nodes.Extreme(draw(st.sampled_from(("min", "max"))), of, term, where)


def classes(node: Predicate | Quantity) -> set[type]:
    """Return the classes of all nodes in a tree."""
    return {type(node)}.union(*map(classes, nodes.children(node)))


# --- persons ----------------------------------------------------------------------------------------


def values(kind: FactType, *, ranged: bool = True) -> st.SearchStrategy[Value]:
    """Draw a known value: exact, or with ``ranged`` perhaps only within limits, such as a month without its day."""
    match kind.kind:
        case "boolean":
            return st.booleans()
        case "choice":
            return st.sampled_from(kind.values)
        case "number":
            return _within(kind.low, kind.high, ranged=ranged)
        case _:
            return _days(ranged=ranged)


@st.composite
def _within(draw: st.DrawFn, low: float, high: float, *, ranged: bool) -> Value:
    small = [n for n in EDGES if low <= n <= high]
    grid = st.integers(int(low * 100), int(high * 100)).map(lambda n: n / 100)
    exact = st.sampled_from(small) | grid if small else grid
    a = draw(exact)
    b = draw(exact) if ranged and draw(st.integers(0, 3)) == 0 else a
    return min(a, b), max(a, b)


@st.composite
def _days(draw: st.DrawFn, *, ranged: bool) -> Value:
    near = st.sampled_from([d + n for d in AS_OF for n in (-1, 0, 1)])
    day = draw(near | st.integers(*_RECENT) | st.integers(FIRST_DAY, LAST_DAY))
    return (
        (day, min(day + draw(st.sampled_from((27, 30, 364))), LAST_DAY))
        if ranged and draw(st.booleans())
        else (
            day,
            day,
        )
    )


@st.composite
def persons(
    draw: st.DrawFn,
    *about: Predicate | Quantity,
    vague: frozenset[str] | None = None,
    complete: bool = False,
    most: int = 3,
    as_of: int | None = None,
) -> Person:
    """Draw a person of whom something is known about the names in ``about``.

    ``vague`` names what may be known within limits only (everything without it); ``complete`` draws persons of whom
    everything is known exactly.
    """
    named = frozenset[str]().union(*map(nodes.names, about))
    unsure = st.booleans() if complete is False else st.just(True)

    def known(home: Mapping[str, FactType], prefix: str) -> dict[str, Value]:
        return {
            name: draw(values(kind, ranged=not complete and (vague is None or prefix + name in vague)))
            for name, kind in home.items()
            if prefix + name in named and (draw(unsure) or draw(unsure))
        }

    facts = known(FACTS, "")
    records = {
        of: [known(fields, f"{of}.") for _ in range(draw(st.integers(0, most)))]
        for of, fields in RECORDS.items()
        if of in named
    }
    told = frozenset(of for of in records if draw(unsure))
    return Person(facts, records, told, as_of or draw(st.sampled_from(AS_OF)))


# --- learning ---------------------------------------------------------------------------------------


class Step(NamedTuple):
    """What was answered, and the person who is known better for it."""

    ref: Ref
    person: Person


def kind_of(ref: Ref) -> FactType:
    return (RECORDS[ref.records] if ref.records else FACTS)[ref.name]


def open_refs(person: Person, named: frozenset[str]) -> list[Ref]:
    """Return everything about ``named`` that is not known, or not exactly, or not to its end."""
    found = [Ref(n) for n in FACTS if n in named and not _exact(person.facts.get(n))]
    for of, fields in RECORDS.items():
        if of in named:
            for at, record in enumerate(person.records.get(of, ())):
                found += [Ref(n, of, at) for n in fields if f"{of}.{n}" in named and not _exact(record.get(n))]
            found += [Ref("", of)] if of not in person.complete else []
    return found


def _exact(value: Value | None) -> bool:
    return value is not None and (not isinstance(value, tuple) or value[0] == value[1])


@st.composite
def answers(draw: st.DrawFn, person: Person, ref: Ref, named: frozenset[str]) -> Person:
    """Answer one open thing in a way that only adds: a value, a narrower range, a further record, the end of a list."""
    if ref.records and not ref.name:
        if draw(st.booleans()):
            return Person(person.facts, person.records, person.complete | {ref.records}, person.as_of)
        new = {
            n: draw(values(kind))
            for n, kind in RECORDS[ref.records].items()
            if f"{ref.records}.{n}" in named and draw(st.booleans())
        }
        longer = {**person.records, ref.records: [*person.records.get(ref.records, ()), new]}
        return Person(person.facts, longer, person.complete, person.as_of)
    home = person.records[ref.records][ref.at] if ref.records else person.facts
    before = home.get(ref.name)
    value = draw(values(kind_of(ref))) if before is None else draw(_narrower(before))
    return with_value(person, ref, value)


@st.composite
def _narrower(draw: st.DrawFn, value: Value) -> Value:
    assert isinstance(value, tuple)
    low, high = value
    if isinstance(low, int) and isinstance(high, int):
        ends = sorted(draw(st.tuples(st.integers(low, high), st.integers(low, high))))
    else:
        ends = sorted(n / 100 for n in draw(st.tuples(*[st.integers(round(low * 100), round(high * 100))] * 2)))
    return (ends[0], ends[1]) if draw(st.booleans()) else (ends[0], ends[0])


def with_value(person: Person, ref: Ref, value: Value) -> Person:
    if not ref.records:
        return person.knowing(ref.name, value)
    records: list[Mapping[str, Value]] = list(person.records[ref.records])
    records[ref.at] = {**records[ref.at], ref.name: value}
    return Person(person.facts, {**person.records, ref.records: records}, person.complete, person.as_of)


@st.composite
def steps(draw: st.DrawFn, person: Person, *about: Predicate | Quantity) -> Step | None:
    """Draw one thing learned about the names in ``about``; ``None`` when everything is known."""
    named = frozenset[str]().union(*map(nodes.names, about))
    candidates: Sequence[Ref] = open_refs(person, named)
    if not candidates:
        return None
    ref = draw(st.sampled_from(candidates))
    return Step(ref, draw(answers(person, ref, named)))
