"""What is written for DuckDB stays as it is to the letter; what Spark spells differently is spelled so."""

import pytest
from tests.strategies import VOCABULARY

from postlude.logic import sql
from postlude.logic.dialect import DUCKDB, SPARK, Dialect
from postlude.logic.language import predicate

TEXTS = {
    "fever AND NOT smoker": (
        'SELECT ("fever" AND (NOT "smoker")) AS "p" FROM t',
        "SELECT (`fever` AND (NOT `smoker`)) AS `p` FROM t",
    ),
    "relief IN ('none', 'full') OR pain >= 4": (
        """SELECT (("relief" IN ('none', 'full')) OR ("pain" >= (4.0::DOUBLE))) AS "p" FROM t""",
        "SELECT ((`relief` IN ('none', 'full')) OR (`pain` >= (4.0D))) AS `p` FROM t",
    ),
    "days_since(onset) < 30": (
        """SELECT (((date_diff('day', DATE '0001-01-01', "as_of") + 1) - """
        """(date_diff('day', DATE '0001-01-01', "onset") + 1)) < (30.0::DOUBLE)) AS "p" FROM t""",
        "SELECT (((datediff(`as_of`, DATE '0001-01-01') + 1) - (datediff(`onset`, DATE '0001-01-01') + 1)) < (30.0D)) "
        "AS `p` FROM t",
    ),
    "any(medications, opioid)": (
        'SELECT (list_reduce(list_transform("medications", lambda _record: _record."opioid"), lambda a, b: a OR b, '
        'FALSE) OR (CASE WHEN "medications_complete" THEN FALSE END)) AS "p" FROM t',
        "SELECT (exists(`medications`, _record -> _record.`opioid`) OR (CASE WHEN `medications_complete` THEN FALSE "
        "END)) AS `p` FROM t",
    ),
}


@pytest.mark.parametrize(("dialect", "place"), [(DUCKDB, 0), (SPARK, 1)])
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written(text: str, dialect: Dialect, place: int) -> None:
    assert sql.query({"p": predicate(text, VOCABULARY)}, "t", sql=dialect) == TEXTS[text][place]


def test_quotes_in_names_and_texts() -> None:
    assert (DUCKDB.name('a"b'), DUCKDB.text("it's")) == ('"a""b"', "'it''s'")
    assert (SPARK.name("a`b"), SPARK.text("it's \\")) == ("`a``b`", "'it\\'s \\\\'")
