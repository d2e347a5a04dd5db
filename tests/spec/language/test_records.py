import math

import pytest

from tests.spec.book import Chapter, Holds, Measures, Row, Table, known

OXYCODONE = {"medicine": "oxycodone", "opioid": True, "current": True, "daily_dose": 80, "mme_factor": 1.5}
GABAPENTIN = {"medicine": "gabapentin", "opioid": False, "current": True, "daily_dose": 900}

CHAPTER = Chapter(
    "Lists: medicines, operations",
    (
        """
A list is told one entry at a time, and then the person says whether these are all. Until they do, **there may be
more**, and a list without entries is not an empty list. Inside the brackets the names of the fields are used bare;
facts of the person may stand beside them. A list cannot be read inside a list.

`any(list, condition)` asks whether some entry fulfils the condition.
""",
        Table(
            (
                Holds("any(medications, opioid)", known(medications=[{"opioid": True}]), True, "more cannot undo it"),
                Holds("any(medications, opioid)", known(medications=[{"opioid": False}]), None, "there may be more"),
                Holds("any(medications, opioid)", known("medications", medications=[{"opioid": False}]), False),
                Holds("any(medications, opioid)", known("medications"), False, "there are none"),
                Holds("any(medications, opioid)", known(), None, "medicines were not asked"),
                Holds(
                    "any(medications, opioid)",
                    known("medications", medications=[{"opioid": False}, {"daily_dose": 20}]),
                    None,
                    "the second may be an opioid",
                ),
                Holds(
                    "any(medications, opioid AND current)",
                    known("medications", medications=[{"opioid": True, "current": False}, {"opioid": False}]),
                    False,
                    "both in the same entry",
                ),
                Holds(
                    "any(operations, fusion AND days_since(done_on) < 365)",
                    known(operations=[{"fusion": True, "done_on": "2025-10"}]),
                    True,
                ),
            )
        ),
        """
`count(list)` counts entries, `count(list, condition)` those that fulfil it. What is sure gives the lower limit, what
is possible the upper one; while there may be more there is no upper limit.
""",
        Table(
            (
                Measures("count(operations)", known("operations", operations=[{"fusion": True}, {}]), 2, 2),
                Measures("count(operations)", known(operations=[{"fusion": True}, {}]), 2, math.inf),
                Measures("count(operations, fusion)", known("operations", operations=[{"fusion": True}, {}]), 1, 2),
                Measures("count(operations, fusion)", known(), 0, math.inf),
            )
        ),
        Table(
            (
                Holds("count(operations) >= 2", known(operations=[{}, {}]), True, "two are told, more cannot undo it"),
                Holds("count(operations) = 2", known(operations=[{}, {}]), None),
                Holds("count(operations, fusion) < 2", known("operations", operations=[{"fusion": False}, {}]), True),
            )
        ),
        """
`count_distinct(list, field)` counts how many different codes of a choice occur: operated levels, not operations. An
entry whose code is not known may repeat one or bring a new one.
""",
        Table(
            (
                Measures(
                    "count_distinct(operations, level)",
                    known("operations", operations=[{"level": "l4-l5"}, {"level": "l5-s1"}, {"level": "l4-l5"}]),
                    2,
                    2,
                ),
                Measures(
                    "count_distinct(operations, level)",
                    known("operations", operations=[{"level": "l4-l5"}, {"fusion": True}]),
                    1,
                    2,
                    "the second level is not known",
                ),
                Measures(
                    "count_distinct(operations, level, fusion)",
                    known("operations", operations=[{"level": "l4-l5", "fusion": True}, {"level": "l5-s1"}]),
                    1,
                    2,
                    "whether the second was a fusion is not known",
                ),
                Measures("count_distinct(operations, level)", known("operations", operations=[{}]), 1, 1),
            )
        ),
        """
`sum(list, number)` adds up, `sum(list, number, condition)` only where the condition holds. **120 mg beside one tablet
of unknown dose is at least 120 mg**: a missing dose is never read as zero, and never stops what is known from counting.
""",
        Table(
            (
                Measures(
                    "sum(medications, daily_dose)",
                    known("medications", medications=[{"daily_dose": 120}, {"medicine": "morphine"}]),
                    120,
                    1120,
                    "one dose is 1000 at most",
                ),
                Measures("sum(medications, daily_dose)", known(medications=[{"daily_dose": 120}]), 120, math.inf),
                Measures(
                    "sum(medications, daily_dose, opioid)",
                    known("medications", medications=[{"daily_dose": 120, "opioid": True}, GABAPENTIN]),
                    120,
                    120,
                    "gabapentin does not count",
                ),
                Measures(
                    "sum(medications, daily_dose, opioid)",
                    known("medications", medications=[{"daily_dose": 120, "opioid": True}, {"daily_dose": 30}]),
                    120,
                    150,
                    "the second may be an opioid",
                ),
                Measures("sum(medications, daily_dose)", known("medications"), 0, 0, "no medicine, no dose"),
                Measures("mme_per_day", known("medications", medications=[OXYCODONE, GABAPENTIN]), 120, 120),
            )
        ),
        Table(
            (
                Holds(
                    "sum(medications, daily_dose) >= 120",
                    known("medications", medications=[{"daily_dose": 120}, {"medicine": "morphine"}]),
                    True,
                ),
                Holds(
                    "sum(medications, daily_dose) > 120",
                    known("medications", medications=[{"daily_dose": 120}, {"medicine": "morphine"}]),
                    None,
                ),
                Holds("mme_per_day >= 90", known(medications=[OXYCODONE]), True, "120 is told, more cannot undo it"),
                Holds("mme_per_day < 90", known(medications=[GABAPENTIN]), None, "there may be more"),
            )
        ),
        """
`min(list, number or date)` is the least, `max(…)` the greatest; with a condition, among those that fulfil it. The first
operation is `min(operations, done_on)`, the latest `max(operations, done_on)`. Over no entry there is no least and no
greatest, so the comparison stays *not known*, even when all is told; ask for `count(…)` beside it if that matters.
""",
        Table(
            (
                Holds(
                    "max(operations, done_on) >= DATE '2025-01-01'",
                    known(operations=[{"done_on": "2019"}, {"done_on": "2025-10"}]),
                    True,
                    "a later one cannot undo it",
                ),
                Holds(
                    "min(operations, done_on) >= DATE '2015-01-01'",
                    known(operations=[{"done_on": "2019"}]),
                    None,
                    "there may have been one before",
                ),
                Holds(
                    "min(operations, done_on) >= DATE '2015-01-01'",
                    known("operations", operations=[{"done_on": "2019"}]),
                    True,
                ),
                Holds(
                    "days_since(max(operations, done_on, fusion)) < 365",
                    known("operations", operations=[{"done_on": "2025-10", "fusion": True}, {"done_on": "2019"}]),
                    True,
                    "whether 2019 was a fusion does not matter",
                ),
                Holds("max(medications, daily_dose) > 50", known("medications"), None, "there is no medicine"),
            )
        ),
        Table(
            (
                Measures(
                    "max(medications, daily_dose)",
                    known("medications", medications=[{"daily_dose": 20}, {"daily_dose": (10, 30)}]),
                    20,
                    30,
                ),
                Measures("min(medications, daily_dose)", known(medications=[{"daily_dose": 20}]), 0, 20),
                Measures("min(medications, daily_dose)", known("medications"), -math.inf, math.inf, "over no entry"),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()
