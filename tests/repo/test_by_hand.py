"""The rules written by hand in SQL for the benchmark say the same as the shipped ones, row by row.

`make bench` takes minutes and is run seldom: a rule that has changed in between is told here.
"""

import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from postlude.catalog.load import load
from postlude.logic.sql import query

ROWS = 20_000
LEAST = 3  # rows that each rule calls yes, no and not known: an answer that no row has is compared with nothing


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return for each rule of the benchmark what the generated and the written SQL say of a made-up cohort."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
    try:
        import by_hand
        import cohort
    finally:
        sys.path.pop(0)
    catalogue = load()
    table = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    cohort.write(catalogue, ROWS, table)
    source = f"read_parquet('{table}')"
    generated = query({key: catalogue.rules[key].when for key in by_hand.RULES}, source, keep=("id",))
    written = by_hand.QUERY.replace("{source}", source)
    columns = ", ".join(f'"{rule}"' for rule in by_hand.RULES)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        ours, theirs = (
            list(zip(*connection.execute(f"SELECT {columns} FROM ({select}) ORDER BY id").fetchall(), strict=True))
            for select in (generated, written)
        )
    return {rule: (ours[place], theirs[place]) for place, rule in enumerate(by_hand.RULES)}


def test_every_rule_says_the_same_of_every_row(compared):
    assert [rule for rule, (ours, theirs) in compared.items() if ours != theirs] == []


def test_every_rule_is_compared_on_rows_of_each_answer(compared):
    few = {rule: Counter(ours) for rule, (ours, _) in compared.items()}
    assert {rule: told for rule, told in few.items() if min(told[a] for a in (True, False, None)) < LEAST} == {}
