import pytest

from tests.spec.book import Chapter, Holds, Measures, Row, Table, known

CHAPTER = Chapter(
    "Dates",
    (
        """
A date is written `DATE '2025-10-15'`: year, month, day. Dates lie between 1900 and 2200 and are compared like numbers;
later is more.

People often remember a month or a year only. The date is then known within limits, the first and the last day it can
be, and the same rule holds: a comparison is definite when every day in between agrees.
""",
        Table(
            (
                Holds("operation_date >= DATE '2025-01-01'", known(operation_date="2025-10-15"), True),
                Holds(
                    "operation_date >= DATE '2025-01-01'", known(operation_date="2025-10"), True, "any day in October"
                ),
                Holds(
                    "operation_date >= DATE '2025-06-30'", known(operation_date="2025"), None, "before or after June"
                ),
                Holds("operation_date >= DATE '2026-01-01'", known(operation_date="2025"), False),
                Holds("operation_date = DATE '2025-10-15'", known(operation_date="2025-10"), None),
                Holds("operation_date = DATE '2025-11-15'", known(operation_date="2025-10"), False),
                Holds(
                    "pain_return_date > operation_date",
                    known(pain_return_date="2025-12", operation_date="2025-10"),
                    True,
                ),
                Holds(
                    "pain_return_date > operation_date",
                    known(pain_return_date="2025-10", operation_date="2025-10"),
                    None,
                    "the same month",
                ),
                Holds(
                    "operation_date BETWEEN DATE '2025-01-01' AND DATE '2025-12-31'",
                    known(operation_date="2025"),
                    True,
                ),
            )
        ),
        """
`days_since(…)` is the number of days from a date to today; it is below zero for a date to come. `days_between(…, …)`
counts from the first date to the second. Dates are not added or subtracted in any other way. A year is best written
as 365 days, twelve weeks as 84.
""",
        Table(
            (
                Measures("days_since(operation_date)", known(operation_date="2026-01-15"), 0, 0, "today"),
                Measures("days_since(operation_date)", known(operation_date="2025-10-15"), 92, 92),
                Measures("days_since(operation_date)", known(operation_date="2025-10"), 76, 106),
                Measures("days_since(operation_date)", known(operation_date="2026-01-20"), -5, -5, "five days ahead"),
                Measures(
                    "days_between(operation_date, pain_return_date)",
                    known(operation_date="2025-10-15", pain_return_date="2025-12"),
                    47,
                    77,
                ),
                Measures(
                    "days_between(operation_date, pain_return_date)",
                    known(operation_date="2025-10-15", pain_return_date="2025-10-01"),
                    -14,
                    -14,
                    "the pain was there before",
                ),
            )
        ),
        Table(
            (
                Holds("days_since(operation_date) >= 70", known(operation_date="2025-10"), True, "76 days at least"),
                Holds("days_since(operation_date) >= 84", known(operation_date="2025-10"), None, "76 to 106 days"),
                Holds("days_since(operation_date) < 0", known(operation_date="2025"), False),
                Holds("days_since(operation_date) <= 30", known(), None),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()
