"""Writes a made-up cohort: one row an intake, shaped as the top of ``postlude.logic.sql`` says. Same seed, same table.

Four answers in ten are not known. Medicines carry what follows from knowing them (classes, factor), as in an intake.
"""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from postlude.catalog.catalogue import Catalogue
from postlude.logic import nodes
from postlude.logic.nodes import Predicate, Quantity
from postlude.logic.vocabulary import FactType

_UNKNOWN = 4  # of ten


def write(catalogue: Catalogue, rows: int, out: Path, *, seed: int = 20260115) -> None:
    draw = random.Random(seed)
    columns = ["i AS id", "DATE '2026-01-15' AS as_of"]
    for name, kind in catalogue.vocabulary.facts.items():
        if kind.kind != "text":
            columns.append(f'{_value(kind, "i", draw, _UNKNOWN)} AS "{name}"')
    for name in catalogue.vocabulary.records:
        columns += [f'{_list(catalogue, name, draw)} AS "{name}"', f'{_hash("i", draw)} % 2 = 0 AS "{name}_complete"']
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute(f"COPY (SELECT {', '.join(columns)} FROM range({rows}) AS t(i)) TO '{out}' (FORMAT parquet)")


def _hash(of: str, draw: random.Random) -> str:
    return f"(hash({of}, {draw.getrandbits(30)}) // 64)"


def _value(kind: FactType, of: str, draw: random.Random, unknown: int) -> str:
    match kind.kind:
        case "boolean":
            known = f"{_hash(of, draw)} % 10 < 4"
        case "choice":
            codes = ", ".join(f"'{code}'" for code in kind.values)
            known = f"[{codes}][({_hash(of, draw)} % {len(kind.values)} + 1)::INTEGER]"
        case "number":
            steps = max(1, round((kind.high - kind.low) * 2)) + 1
            known = f"{kind.low} + ({_hash(of, draw)} % {min(steps, 400)})::DOUBLE * 0.5"
        case _:
            known = f"DATE '2016-01-01' + ({_hash(of, draw)} % {(date(2026, 1, 15) - date(2016, 1, 1)).days})::INTEGER"
    return f"CASE WHEN {_hash(of, draw)} % 10 >= {unknown} THEN {known} END"


def _named(node: Predicate | Quantity, field: str) -> Iterator[str]:
    """Yield the medicines that a condition compares with."""
    if isinstance(node, nodes.Choice) and node.name == field:
        yield from node.among
    for child in nodes.children(node):
        yield from _named(child, field)


def _list(catalogue: Catalogue, name: str, draw: random.Random) -> str:
    records = catalogue.records[name]
    fields = []
    for field, kind in catalogue.vocabulary.records[name].items():
        if kind.kind == "text" or field == records.by_medicine:
            continue
        if field in catalogue.classes:
            of_class = ", ".join(f"'{m.id}'" for m in catalogue.medicines.values() if field in m.classes)
            fields.append(f'"{field}": {f"_m.m IN ({of_class})" if of_class else "_m.m IS NULL AND NULL"}')
        elif field == "mme_factor":
            known = [(m.id, m.mme_factor) for m in catalogue.medicines.values() if m.mme_factor is not None]
            cases = " ".join(f"WHEN '{medicine}' THEN {factor}" for medicine, factor in known)
            fields.append(f'"{field}": (CASE _m.m {cases} END)::DOUBLE')
        else:
            fields.append(f'"{field}": {_value(kind, "_m.k", draw, 2)}')
    longest = _hash("i", draw)
    if not records.by_medicine:
        return _made(f"range(({longest} % 4)::BIGINT)", "{'k': hash(i, j)}", fields)
    # One medicine in five or so is an opioid, most with a factor: more than there are, but then the sum has something
    # to add. One of every other class is offered too: a rule of two classes has to come true somewhere.
    opioids = [m for m in catalogue.medicines.values() if "opioid" in m.classes]
    counted = [m.id for m in opioids if m.mme_factor is not None]
    uncounted = [m.id for m in opioids if m.mme_factor is None]
    others = [m.id for m in catalogue.medicines.values() if "opioid" not in m.classes]
    drawn = draw.sample(others, min(len(others), 32))
    for of_class in catalogue.classes:
        if not any(of_class in catalogue.medicines[m].classes for m in drawn):
            drawn += [m for m in others if of_class in catalogue.medicines[m].classes][:1]
    # A rule that names a medicine has to come true somewhere, too.
    named = {m for rule in catalogue.rules.values() for m in _named(rule.when, records.by_medicine)}
    drawn += sorted(named - set(drawn))
    drawn += draw.choices(counted, k=max(1, len(drawn) // 4)) + uncounted[:1] if counted else uncounted
    offered = ", ".join(f"'{m}'" for m in drawn)
    count = len(drawn)
    place = f"({_hash('i, j', draw)} % {count} + 1)::INTEGER"
    code = f"CASE WHEN {_hash('i, j', draw)} % 10 >= 1 THEN [{offered}][{place}] END"
    return _made(
        f"range(({longest} % 6)::BIGINT)",
        f"{{'k': hash(i, j), 'm': {code}}}",
        [f'"{records.by_medicine}": _m.m', *fields],
    )


def _made(places: str, keys: str, fields: list[str]) -> str:
    return f"list_transform(list_transform({places}, lambda j: {keys}), lambda _m: {{{', '.join(fields)}}})"
