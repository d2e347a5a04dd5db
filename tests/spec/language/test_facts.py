import pytest

from tests.spec.book import Chapter, Holds, Reads, Row, Table, known

CHAPTER = Chapter(
    "Facts: yes, no, not known",
    (
        """
The shortest condition is the name of a yes/no fact. It is *yes* or *no* as the person answered, and *not known* when
nobody asked, when the person was not sure, and when they declined to say.
""",
        Table(
            (
                Holds("saddle_numbness", known(saddle_numbness=True), True),
                Holds("saddle_numbness", known(saddle_numbness=False), False),
                Holds("saddle_numbness", known(), None, "nobody asked"),
                Holds("saddle_numbness", known(fever=False), None, "another answer says nothing about it"),
                Holds("NOT saddle_numbness", known(), None, "the opposite of not known is not known"),
            )
        ),
        """
Numbers, dates and choices do not stand alone: they are compared with something (see below). Free text is kept for
people to read; no condition can use it.

A name that is *worked out* from others is used like any fact. It is yes or no as soon as what it is made of allows,
and not before.
""",
        Table(
            (
                Holds("cauda_sign", known(bladder_change=True), True, "one sign is enough"),
                Holds("cauda_sign", known(bladder_change=False), None, "the other sign was not asked"),
                Holds("cauda_sign AND fever", known(bladder_change=True, fever=False), False),
                Holds("mme_per_day >= 50", known("medications"), False, "no medicine at all: nothing to add up"),
            )
        ),
        """
Names are written as they are, in small letters. `AND`, `OR`, `NOT`, `IN`, `BETWEEN` and `DATE` may be written large or
small. Codes of a choice stand in single quotes: `'relieved'`. Spaces and line breaks do not matter.
""",
        Table(
            (
                Reads("fever and not saddle_numbness", "fever AND NOT saddle_numbness"),
                Reads("( fever )", "fever", "brackets that change nothing are dropped"),
                Reads("'partly' = leg_relief", "leg_relief = 'partly'"),
            )
        ),
    ),
)


@pytest.mark.parametrize("row", CHAPTER.rows(), ids=str)
def test_row(row: Row) -> None:
    row.check()
