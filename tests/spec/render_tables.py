"""Writes docs/tables.md from the data dictionary of the knowledge: part of ``make docs``."""

from pathlib import Path

from postlude.outcomes.table_entries import ColumnEntry, RuleEntry, TableEntry
from postlude.outcomes.tables import entries

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"

HEAD = """# The tables of the record

<!-- Written by `make docs` from src/postlude/knowledge/tables. Change it there. -->

*For whoever exports a record, reads one, or writes a study.* These are the tables that a study runs on, that
`postlude simulate` writes, and that a record of the clinic exports. Each is a file, `people.parquet` or `people.csv`,
or a folder of parts, `people/*.parquet`, all in one folder. A table that a study does not read may be missing;
`people` is always there.

**An empty place is never a no.** What it does mean stands beside each column. A column that need not be filled may be
left out; a column that is not in this list is refused, so that a slip in a name is not read as an empty column.
In CSV the first line names the columns, a place with nothing in it is empty, days are written 2026-01-31, and yes/no
is `true` or `false`. In Parquet a text or code is VARCHAR, a whole number any integer, a number also DOUBLE, a day
DATE, yes/no BOOLEAN.

Everything is checked before anything is counted: columns, types, codes, bounds, that keys are one of their kind, that
what is named in another table is there, and the rules below. Each mistake is told with its file and column, how many
rows have it, and an example; the exit code is 19."""

_TYPES = {
    "text": "text",
    "code": "code",
    "integer": "whole number",
    "number": "number",
    "date": "day",
    "boolean": "yes/no",
}
_FROM = {
    "treatments": "the id of a treatment of the knowledge",
    "instruments": "the id of an instrument (`postlude instruments`)",
    "harms": "the id of a harm, as `knowledge/terms/outcomes.toml` names them",
    "measures": "a score of the instrument in `{of}`",
    "field": "a code of `{of}` of an intake",
}
_RULES = {
    "order": "`{0}` is not after `{1}`",
    "together": "`{0}` and `{1}` are both filled, or neither is",
    "one": "one of `{0}` and `{1}` is filled, and only one",
    "not-both": "`{0}` and `{1}` are not both filled",
}


def render() -> str:
    tables = entries()
    index = ["| table | what it holds | one row |", "| --- | --- | --- |"]
    index += [f"| [{key}](#{key}) | {table.says} | {table.row} |" for key, table in tables.items()]
    return "\n\n".join((HEAD, "\n".join(index), *(_table(table) for table in tables.values()))) + "\n"


def _table(table: TableEntry) -> str:
    key = ", ".join(f"`{column}`" for column in table.key)
    parts = [f"## {table.id}", f"{table.says} One row is {table.row}. Key: {key}."]
    rows = ["| column | type | what it is | when empty |", "| --- | --- | --- | --- |"]
    rows += [_column(column) for column in table.column]
    if table.facts:
        rows.append(
            "| *each fact* | as the fact | a column under the id of the fact, such as `postlude explain` knows it: "
            "yes/no, code, number (DOUBLE) or day | not known: never asked, not sure, or declined |"
        )
        rows.append(
            "| *each list* | list of records | a column under the id of the list, STRUCT[] | may not be: a list "
            "of nothing is `[]` |"
        )
        rows.append(
            "| *list*`_complete` | yes/no | whether the list holds everything there is | may not be; without it an "
            "empty list would be read as none |"
        )
    parts.append("\n".join(rows))
    rules = [f"- {', '.join(f'`{c}`' for c in r.columns)}: a row of `{r.to}`." for r in table.reference]
    rules += [f"- {_rule(rule)}." for rule in table.rule]
    if rules:
        parts.append("\n".join(rules))
    return "\n\n".join((*parts, *table.notes))


def _column(column: ColumnEntry) -> str:
    says = column.says
    if column.codes:
        says += ": " + "; ".join(f"`{code}` {meaning}" for code, meaning in column.codes.items())
    elif column.codes_from:
        says += ": " + _FROM[column.codes_from].format(of=column.codes_of)
    if column.low is not None or column.high is not None:
        low, high = (None if end is None else f"{end:g}" for end in (column.low, column.high))
        says += f" ({low} to {high})" if low and high else f" (at least {low})" if low else f" (at most {high})"
    if column.unit:
        says += f" [{column.unit}]"
    return f"| `{column.id}` | {_TYPES[column.type]} | {says} | {column.null or 'may not be'} |"


def _rule(rule: RuleEntry) -> str:
    return f"{_RULES[rule.kind].format(*rule.columns)}: {rule.says}"


def write() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write()
