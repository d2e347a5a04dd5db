import pytest

from tests.spec.book import Asks, Because, Chapter, Row, Table, known

CHAPTER = Chapter(
    "What a result rests on, and what is asked next",
    (
        """
Every *yes* and every *no* names the answers it rests on. They suffice: whoever gave only these answers gets the
same result. Answers that made no difference are left out. Where a result rests on a list being complete, the entries
that do not count are not named one by one.
""",
        Table(
            (
                Because("fever OR leg_weakness", known(fever=True, leg_weakness=False), True, ("fever",)),
                Because("fever AND leg_weakness", known(fever=True, leg_weakness=False), False, ("leg_weakness",)),
                Because(
                    "fever AND leg_weakness", known(fever=True, leg_weakness=True), True, ("fever", "leg_weakness")
                ),
                Because("NOT (fever OR leg_weakness)", known(fever=True), False, ("fever",)),
                Because("fever AND leg_weakness", known(fever=True), None, ()),
                Because("cauda_sign", known(bladder_change=True, fever=True), True, ("bladder_change",)),
                Because("pain_now < pain_before", known(pain_now=3, pain_before=8), True, ("pain_now", "pain_before")),
                Because(
                    "any(medications, opioid)",
                    known(medications=[{"opioid": False}, {"opioid": True, "daily_dose": 20}]),
                    True,
                    ("medications[1]", "medications[1].opioid"),
                ),
                Because("any(medications, opioid)", known("medications"), False, ("medications",)),
                Because(
                    "count(operations, fusion) >= 1",
                    known(operations=[{"fusion": True}]),
                    True,
                    ("operations[0]", "operations[0].fusion"),
                ),
            )
        ),
        """
While a condition is *not known*, Postlude lists what could still decide it, and nothing else: an answer that is not
listed cannot change the result. Nothing is asked once the result is there. Each part is judged by itself, so now and
then something is listed that could not decide after all; the tests measure how often.
""",
        Table(
            (
                Asks("fever AND leg_weakness", known(), ("fever", "leg_weakness")),
                Asks("fever AND leg_weakness", known(fever=False), ()),
                Asks("fever AND leg_weakness", known(fever=True), ("leg_weakness",)),
                Asks("fever AND (leg_weakness OR bladder_change)", known(bladder_change=True), ("fever",)),
                Asks("pain_now = pain_before", known(), ("pain_now", "pain_before")),
                Asks("pain_now >= 7", known(pain_now=(6, 8)), ("pain_now",)),
                Asks("at_least(2, fever, leg_weakness, bladder_change)", known(fever=True, leg_weakness=True), ()),
                Asks("fever OR NOT fever", known(), ("fever",)),
            )
        ),
        """
For a list, the question is first whether these are all. Fields are asked for entries that are told. A fact of the
person that stands inside the brackets is asked once there is an entry for which it matters.
""",
        Table(
            (
                Asks("any(medications, opioid AND fever)", known(), ("medications",)),
                Asks(
                    "any(medications, opioid AND fever)",
                    known("medications", medications=[{"opioid": True}]),
                    ("fever",),
                ),
                Asks(
                    "any(medications, opioid AND current)",
                    known("medications", medications=[{"opioid": False}, {"opioid": True}, {}]),
                    ("medications[1].current", "medications[2].opioid", "medications[2].current"),
                ),
                Asks(
                    "sum(medications, daily_dose) > 120",
                    known("medications", medications=[{"daily_dose": 120}, {}]),
                    ("medications[1].daily_dose",),
                ),
                Asks("sum(medications, daily_dose) >= 120", known(medications=[{"daily_dose": 120}, {}]), ()),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()
