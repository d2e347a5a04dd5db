# ruff: noqa: E501 - messages are quoted whole
import pytest

from tests.spec.book import VOCABULARY, Chapter, Refuses, Row, Table
from tests.spec.book import language as reader

CHAPTER = Chapter(
    "What is refused, and what is said then",
    (
        """
The language is closed: what this page does not show is refused, when the knowledge is read and before anyone is
assessed with it. `postlude check` tells every mistake at once, with the nearest word that would have been right.

**Slips of the pen.**
""",
        Table(
            (
                Refuses(
                    "sadle_numbness",
                    "there is no fact 'sadle_numbness': did you mean 'saddle_numbness'? Allowed: fever, saddle_numbness, bladder_change, leg_weakness, pain_now, pain_before, operation_date, pain_return_date, leg_relief, story, cauda_sign, mme_per_day",
                ),
                Refuses(
                    "leg_relief = 'relived'",
                    "'leg_relief' has no value 'relived': did you mean 'relieved'? Allowed: relieved, partly, not-relieved",
                ),
                Refuses(
                    "any(medication, opioid)",
                    "any(…) begins with a list of records, not 'medication': did you mean 'medications'? Allowed: medications, operations",
                ),
                Refuses(
                    "days_sinse(operation_date) > 5",
                    "there is no function 'days_sinse': did you mean 'days_since'? Allowed: at_least, count_true, any, count, count_distinct, sum, min, max, days_since, days_between",
                ),
                Refuses(
                    "fever OR bladder_change leg_weakness",
                    "'leg_weakness' after fever OR bladder_change: a word follows a condition without AND or OR between them",
                ),
                Refuses("fever AND", "cannot be read: something is missing or out of place near character 9"),
                Refuses(
                    "fever AND leg_weakness;",
                    "';' is not part of the language: it must be one condition, without a semicolon",
                ),
                Refuses("fever == leg_weakness", "'==' is not part of the language: equality is written ="),
                Refuses(
                    "pain_now ≥ 5",
                    "'≥' is not part of the language: outside single quotes only plain letters, digits and signs are read",
                ),
                Refuses(
                    "leg_relief = ‘partly’",
                    "'‘' is not part of the language: outside single quotes only plain letters, digits and signs are read",
                ),
                Refuses(
                    'fever AND leg_relief = "partly"',
                    "'leg_relief' is a choice and is compared with a text in single quotes, not with \"partly\"",
                ),
                Refuses('"fever"', '"fever": names are written bare, texts in single quotes'),
                Refuses(
                    "fever -- ask again",
                    "'--' is not part of the language: a comment stands in the file, outside the condition",
                ),
                Refuses("leg_relief IN ()", "leg_relief IN (): IN needs at least one value"),
            )
        ),
        """
**Kinds that do not fit together.**
""",
        Table(
            (
                Refuses(
                    "fever = TRUE",
                    "'fever' is a yes/no fact, where a number or date is needed: write fever or NOT fever; TRUE is not allowed: a yes/no fact stands alone, as in saddle_numbness or NOT saddle_numbness",
                ),
                Refuses(
                    "fever > 3", "'fever' is a yes/no fact, where a number or date is needed: write fever or NOT fever"
                ),
                Refuses(
                    "pain_now", "'pain_now' is a number: compare it with something; only a yes/no fact stands alone"
                ),
                Refuses(
                    "leg_relief", "'leg_relief' is a choice: compare it with something; only a yes/no fact stands alone"
                ),
                Refuses("leg_relief > 'partly'", "'leg_relief' is a choice: only =, <> and IN compare it, not >"),
                Refuses(
                    "pain_now > '5'",
                    "'5' is a text, where a number or date is needed (a date is written DATE '2026-01-15')",
                ),
                Refuses(
                    "pain_now = operation_date",
                    "pain_now is a number and operation_date is a date; they cannot be compared",
                ),
                Refuses(
                    "operation_date > '2025-10-15'",
                    "'2025-10-15' is a text, where a number or date is needed (a date is written DATE '2026-01-15')",
                ),
                Refuses(
                    "operation_date > DATE '2025-02-30'",
                    "DATE '2025-02-30': '2025-02-30' is not a date; write DATE '2026-01-15'",
                ),
                Refuses(
                    "operation_date + 5 > pain_return_date",
                    "operation_date + 5: dates are not added or multiplied; use days_since or days_between",
                ),
                Refuses(
                    "story = 'x'", "'story' is free text, which is kept and read by people; no condition can use it"
                ),
                Refuses(
                    "opioid",
                    "'opioid' is a field of medications; it can only stand inside any(medications, …) and the like",
                ),
                Refuses(
                    "medications",
                    "'medications' is a list of records; use any(medications, …) or count(medications, …)",
                ),
                Refuses(
                    "medications.opioid",
                    "medications.opioid: a field stands bare, inside any(medications, …) and the like",
                ),
            )
        ),
        """
**What says nothing.** A comparison that is decided before anything is known is a mistake in the knowledge.
""",
        Table(
            (
                Refuses("pain_now > 11", "pain_now > 11 is always false: pain_now lies between 0 and 10"),
                Refuses("pain_now >= 0", "pain_now >= 0 is always true: pain_now lies between 0 and 10"),
                Refuses(
                    "pain_now BETWEEN 6 AND 4",
                    "pain_now BETWEEN 6 AND 4 is never true: the first number must be the smaller one",
                ),
                Refuses(
                    "at_least(3, fever, leg_weakness)",
                    "at_least(3, …) with 2 conditions: the number must lie between 1 and 2",
                ),
            )
        ),
        """
**What looks behind a missing answer.** Nothing in the language can ask whether an answer is missing, or put another in
its place: a conclusion drawn from a gap would change when the gap is closed.
""",
        Table(
            (
                Refuses(
                    "fever IS NULL",
                    "fever IS NULL is not allowed: it can turn a missing answer into an answer; what is not known is handled by the three values themselves",
                ),
                Refuses(
                    "COALESCE(fever, leg_weakness)",
                    "coalesce(…) is not allowed: it can turn a missing answer into an answer; what is not known is handled by the three values themselves",
                ),
                Refuses(
                    "CASE WHEN fever THEN leg_weakness END",
                    "CASE WHEN fever THEN leg_weakness END is not allowed: it can turn a missing answer into an answer; what is not known is handled by the three values themselves",
                ),
            )
        ),
        """
**Numbers and lists.**
""",
        Table(
            (
                Refuses("pain_now > 5.1234567", "5.1234567 is not a plain number with at most six decimals"),
                Refuses("pain_now / 0 > 2", "pain_now / 0: division is only by a number that is not zero"),
                Refuses(
                    "pain_now / pain_before > 2",
                    "pain_now / pain_before: division is only by a number that is not zero",
                ),
                Refuses(
                    "sum(medications, daily_dose) * pain_now > 5",
                    "sum(medications, daily_dose) * pain_now: a total over a list is only multiplied by a number that is not zero",
                ),
                Refuses(
                    "pain_now * 1000000000 > 5",
                    "pain_now * 1000000000 can become larger than 4,000,000,000, where decimals are no longer exact",
                ),
                Refuses("sum(medications, started) > 3", "sum adds numbers; started is a date"),
                Refuses(
                    "count_distinct(medications, daily_dose) > 2",
                    "count_distinct counts the codes of a choice field of medications, not daily_dose",
                ),
                Refuses(
                    "any(medications, any(operations, fusion))",
                    "any(…) stands inside medications; a list cannot be read inside a list",
                ),
                Refuses("leg_relief LIKE 'p%'", "leg_relief LIKE 'p%' is not part of the language"),
                Refuses("SELECT fever", "SELECT fever is not part of the language"),
            )
        ),
        """
A condition may be 20,000 characters long and sixteen brackets deep. Chains of `AND` or `OR` may be as long as that
allows.
""",
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(reader.PredicateError) as refused:
        reader.predicate("fevr AND leg_relief = 'partial' AND pain_now > 11", VOCABULARY)
    assert len(refused.value.problems) == 3
