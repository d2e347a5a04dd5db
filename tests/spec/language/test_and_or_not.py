import pytest

from tests.spec.book import Chapter, Connects, Holds, Measures, Reads, Row, Table, known

YES, NO, NOT_KNOWN = True, False, None


def _table(connective: str, *rows: tuple[bool | None, bool | None, bool | None]) -> Table:
    text = f"fever {connective} leg_weakness"
    return Table(tuple(Connects(text, *row) for row in rows), f"`{text}`")


CHAPTER = Chapter(
    "AND, OR, NOT, at_least",
    (
        """
`AND` is *no* as soon as one part is *no*, even if the other is not known: whatever the missing answer is, it cannot
help. It is *yes* only when both parts are.
""",
        _table(
            "AND",
            (YES, YES, YES),
            (YES, NO, NO),
            (YES, NOT_KNOWN, NOT_KNOWN),
            (NO, YES, NO),
            (NO, NO, NO),
            (NO, NOT_KNOWN, NO),
            (NOT_KNOWN, YES, NOT_KNOWN),
            (NOT_KNOWN, NO, NO),
            (NOT_KNOWN, NOT_KNOWN, NOT_KNOWN),
        ),
        "`OR` is *yes* as soon as one part is *yes*. It is *no* only when both parts are.",
        _table(
            "OR",
            (YES, YES, YES),
            (YES, NO, YES),
            (YES, NOT_KNOWN, YES),
            (NO, YES, YES),
            (NO, NO, NO),
            (NO, NOT_KNOWN, NOT_KNOWN),
            (NOT_KNOWN, YES, YES),
            (NOT_KNOWN, NO, NOT_KNOWN),
            (NOT_KNOWN, NOT_KNOWN, NOT_KNOWN),
        ),
        "`NOT` turns *yes* into *no* and *no* into *yes*. What is not known stays not known.",
        Table(
            (
                Holds("NOT fever", known(fever=True), False),
                Holds("NOT fever", known(fever=False), True),
                Holds("NOT fever", known(), None),
                Holds("NOT (fever AND leg_weakness)", known(fever=False), True, "it cannot be both"),
            )
        ),
        """
`NOT` binds closest, then `AND`, then `OR`. When in doubt, write brackets; they never do harm.
""",
        Table(
            (
                Reads("fever AND leg_weakness OR bladder_change", "(fever AND leg_weakness) OR bladder_change"),
                Reads("NOT fever AND leg_weakness", "(NOT fever) AND leg_weakness"),
                Reads("NOT pain_now > 5", "NOT (pain_now > 5)", "a comparison is one part"),
            )
        ),
        """
`at_least(2, …)` is *yes* when two of the conditions in it are, and *no* as soon as two can no longer be reached.
""",
        Table(
            (
                Holds(
                    "at_least(2, fever, leg_weakness, bladder_change)",
                    known(fever=True, bladder_change=True),
                    True,
                    "two are yes; the third does not matter",
                ),
                Holds(
                    "at_least(2, fever, leg_weakness, bladder_change)",
                    known(fever=False, bladder_change=False),
                    False,
                    "only one is left",
                ),
                Holds(
                    "at_least(2, fever, leg_weakness, bladder_change)",
                    known(fever=True, bladder_change=False),
                    None,
                    "the third decides",
                ),
            )
        ),
        """
`count_true(…)` is the number of conditions that are *yes*. While some are not known it lies between two limits, and
a comparison with it is definite when both limits agree.
""",
        Table(
            (
                Measures("count_true(fever, leg_weakness, bladder_change)", known(fever=True), 1, 3),
                Measures("count_true(fever, leg_weakness, bladder_change)", known(fever=False), 0, 2),
                Measures(
                    "count_true(fever, pain_now > 5, leg_relief = 'partly')",
                    known(fever=True, pain_now=4, leg_relief="partly"),
                    2,
                    2,
                ),
            )
        ),
        """
**A fact and its opposite.** Each part is judged by itself. `fever OR NOT fever` must be *yes* whatever the answer is,
yet it is *not known* until fever is asked. This costs a question now and then and never gives a wrong answer.
""",
        Table(
            (
                Holds("fever OR NOT fever", known(), None),
                Holds("fever OR NOT fever", known(fever=False), True),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()


@pytest.mark.parametrize("connective", ["AND", "OR"])
def test_all_nine_combinations_are_told(connective: str) -> None:
    told = [row for row in CHAPTER.rows() if isinstance(row, Connects) and connective in row.text]
    assert len({(row.fever, row.leg_weakness) for row in told}) == 9
