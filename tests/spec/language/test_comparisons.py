import pytest

from tests.spec.book import Chapter, Holds, Measures, Reads, Row, Table, known

CHAPTER = Chapter(
    "Comparing numbers and choices",
    (
        "Numbers are compared with `=`, `<>` (is not), `<`, `<=`, `>` and `>=`.",
        Table(
            (
                Holds("pain_now = 7", known(pain_now=7), True),
                Holds("pain_now <> 7", known(pain_now=7), False),
                Holds("pain_now < 7", known(pain_now=7), False),
                Holds("pain_now <= 7", known(pain_now=7), True),
                Holds("pain_now > 7", known(pain_now=7.5), True),
                Holds("pain_now >= 7", known(), None, "pain was not asked"),
            )
        ),
        """
**Numbers known only within limits.** Somebody says "six to eight". A comparison is *yes* or *no* when every number
within the limits gives the same, else *not known*. The limits themselves belong to the range.
""",
        Table(
            (
                Holds("pain_now >= 6", known(pain_now=(6, 8)), True, "even 6 is enough"),
                Holds("pain_now > 6", known(pain_now=(6, 8)), None, "6 is not more than 6; 8 is"),
                Holds("pain_now >= 7", known(pain_now=(6, 8)), None),
                Holds("pain_now > 8", known(pain_now=(6, 8)), False, "not even 8 is more than 8"),
                Holds("pain_now = 7", known(pain_now=(6, 8)), None),
                Holds("pain_now = 9", known(pain_now=(6, 8)), False, "9 lies outside"),
                Holds("pain_now <> 9", known(pain_now=(6, 8)), True),
            )
        ),
        """
**Two facts compared.** The same rule: every combination has to agree. Two numbers that are both not known are neither
equal nor different: the comparison is not known.
""",
        Table(
            (
                Holds("pain_now < pain_before", known(pain_now=(2, 4), pain_before=(6, 8)), True),
                Holds("pain_now < pain_before", known(pain_now=(2, 7), pain_before=(6, 8)), None, "they overlap"),
                Holds("pain_now >= pain_before", known(pain_now=10, pain_before=(6, 8)), True),
                Holds("pain_now = pain_before", known(), None, "both are asked"),
                Holds("pain_now <= pain_before", known(pain_before=10), True, "pain_now is 10 at most"),
            )
        ),
        "**BETWEEN** includes both ends. The smaller number comes first.",
        Table(
            (
                Reads("pain_now BETWEEN 4 AND 6", "pain_now >= 4 AND pain_now <= 6"),
                Reads("pain_now NOT BETWEEN 4 AND 6", "NOT (pain_now >= 4 AND pain_now <= 6)"),
            )
        ),
        Table(
            (
                Holds("pain_now BETWEEN 4 AND 6", known(pain_now=6), True),
                Holds("pain_now BETWEEN 4 AND 6", known(pain_now=(4.5, 5.5)), True),
                Holds("pain_now BETWEEN 4 AND 6", known(pain_now=(5, 7)), None),
                Holds("pain_now BETWEEN 4 AND 6", known(pain_now=(7, 9)), False),
                Holds("pain_now NOT BETWEEN 4 AND 6", known(pain_now=(7, 9)), True),
            )
        ),
        "**Choices** are compared with `=`, `<>` and `IN`. The code has to be one that the choice has.",
        Table(
            (
                Holds("leg_relief = 'relieved'", known(leg_relief="relieved"), True),
                Holds("leg_relief <> 'relieved'", known(leg_relief="partly"), True),
                Holds("leg_relief <> 'relieved'", known(), None, "not known is not another code"),
                Holds("leg_relief IN ('partly', 'not-relieved')", known(leg_relief="partly"), True),
                Holds("leg_relief IN ('partly', 'not-relieved')", known(leg_relief="relieved"), False),
                Holds("leg_relief NOT IN ('partly', 'not-relieved')", known(leg_relief="relieved"), True),
                Holds("leg_relief NOT IN ('partly', 'not-relieved')", known(), None),
                Holds("leg_relief IN ('relieved', 'partly', 'not-relieved')", known(), None, "it was not asked"),
                Holds("pain_now IN (0, 10)", known(pain_now=10), True, "IN works for numbers too"),
                Holds("pain_now IN (0, 10)", known(pain_now=(1, 9)), False),
            )
        ),
        """
**Arithmetic.** `+`, `-`, `*` and `/` (by a number only), with brackets. Limits are carried along. Results are rounded
to six decimals, so that `0.1 + 0.2` is `0.3`.
""",
        Table(
            (
                Measures("pain_before - pain_now", known(pain_before=8, pain_now=5), 3, 3),
                Measures("pain_before - pain_now", known(pain_before=8, pain_now=(4, 6)), 2, 4),
                Measures("pain_before - pain_now", known(pain_before=8), -2, 8, "pain_now lies between 0 and 10"),
                Measures("pain_now * 3", known(pain_now=0.1), 0.3, 0.3),
                Measures("(pain_now + pain_before) / 2", known(pain_now=(4, 6), pain_before=8), 6, 7),
                Measures("pain_now * pain_before", known(pain_now=0), 0, 0, "nothing times anything is nothing"),
                Measures("pain_now - pain_now", known(), -10, 10, "each part is judged by itself"),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()
