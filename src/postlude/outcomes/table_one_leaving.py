"""Table 1 as it may leave: small counts hidden, no value that is one person's, no mean of a few."""

from collections.abc import Mapping

from postlude.outcomes.entries import Leaves
from postlude.outcomes.leaving_counts import too_small
from postlude.outcomes.statistics.disclosure import hide, percentage
from postlude.outcomes.told import Told

Shown = Mapping[str, int | None]
_STATISTICS = ("mean", "sd", "median", "first", "third", "least", "greatest")


def table_one(found: Told, rules: Leaves, shown: Shown, strata: list[str]) -> Told:
    """Return the table; ``shown`` are counts of other tables, which this one must not give back."""
    if "rows" not in found:
        return found
    columns = found["columns"] if found["stratum"] in strata else found["columns"][:1]
    sizes = found["n"][: len(columns)]
    seen = [_size(group, i, found["stratum"], shown) for i, group in enumerate(columns)]
    rows = [_row({**row, "cells": row["cells"][: len(columns)]}, sizes, seen, rules) for row in found["rows"]]
    return {**found, "columns": columns, "n": seen, "rows": [row for row in rows if row is not None]}


def _size(group: str, place: int, stratum: str, shown: Shown) -> int | None:
    """Return how many are in a column, as the flow shows it."""
    if not place:
        return shown["flow|eligible"]
    ends = f"|{stratum}|{group}|treated"
    return next((n for name, n in shown.items() if name.endswith(ends) and " less " not in name), None)


def _row(row: Told, sizes: list[int], seen: list[int | None], rules: Leaves) -> Told | None:
    """Return a row, or None where only hiding the sizes of the columns, which stand elsewhere, would protect it."""
    parts = {"known": [c["known"] for c in row["cells"]], "missing": [c["missing"] for c in row["cells"]]}
    if row["type"] != "number":
        for i, _ in enumerate(row["levels"]):
            parts[f"level {i}"] = [c["counts"][i] for c in row["cells"]]
    counts = {f"n {j}": n for j, n in enumerate(sizes)}
    unprinted = {f"n {j}" for j, n in enumerate(seen) if n is None}
    sums = [(f"n {j}", [f"known {j}", f"missing {j}"]) for j in range(len(sizes))]
    for name, values in parts.items():
        counts |= {f"{name} {j}": n for j, n in enumerate(values)}
    if row["type"] != "number":
        sums += [(f"known {j}", [f"level {i} {j}" for i in range(len(row["levels"]))]) for j in range(len(sizes))]
    for name, values in ({"n": sizes} | parts).items() if len(sizes) > 1 else ():
        rest = values[0] - sum(values[1:])
        # Whoever is in no group is nobody's column, but can be worked out.
        counts[f"{name} rest"] = rest
        unprinted.add(f"{name} rest")
        sums.append((f"{name} 0", [*(f"{name} {j}" for j in range(1, len(sizes))), f"{name} rest"]))
    left = hide(counts, sums, at_least=rules.least, round_to=rules.round_to, unprinted=unprinted)
    if any(left[f"n {j}"] is None and n is not None for j, n in enumerate(seen)):
        return None
    made = {**row, "cells": [_cell(row, cell, j, left, rules) for j, cell in enumerate(row["cells"])]}
    if row["type"] == "number":
        _means(made, sizes, rules.least, [c["known"] for c in row["cells"]])
    if any(value is None for name, value in left.items() if name not in unprinted) or rules.round_to > 1:
        made.pop("distances", None)
    return made


def _cell(row: Told, cell: Told, j: int, left: Shown, rules: Leaves) -> Told:
    made = {**cell, "known": left[f"known {j}"], "missing": left[f"missing {j}"]}
    if row["type"] != "number":
        made["counts"] = [left[f"level {i} {j}"] for i in range(len(row["levels"]))]
        # Of counts as shown: a percentage of hidden ones would give them back.
        made["percent"] = [percentage(n, made["known"]) for n in made["counts"]]
    else:
        made |= {"least": None, "greatest": None}
        if cell["known"] < 4 * rules.least:
            made |= {"median": None, "first": None, "third": None}
    return made


def _means(row: Told, sizes: list[int], least: int, known: list[int]) -> None:
    """Hide means of a few, and of another group, so that the total does not give them back."""
    groups = {str(j): n for j, n in enumerate(known[1:], 1)}
    if len(sizes) > 1:
        groups["rest"] = known[0] - sum(known[1:])
    gone = too_small(groups, least) | ({"0"} if 0 < known[0] < least else set())
    for j, cell in enumerate(row["cells"]):
        if str(j) in gone:
            cell.update(dict.fromkeys(_STATISTICS))
