"""Writes docs/language.md from the spec tests, the tables of docs/evidence.md, and docs/tables.md: ``make docs``."""

from pathlib import Path

from tests.spec import render_evidence, render_tables
from tests.spec.book import DERIVED
from tests.spec.language import (
    test_and_or_not,
    test_comparisons,
    test_dates,
    test_facts,
    test_reasons_and_questions,
    test_records,
    test_refused,
)

PAGE = Path(__file__).parents[2] / "docs" / "language.md"

CHAPTERS = (
    test_facts.CHAPTER,
    test_and_or_not.CHAPTER,
    test_comparisons.CHAPTER,
    test_dates.CHAPTER,
    test_records.CHAPTER,
    test_reasons_and_questions.CHAPTER,
    test_refused.CHAPTER,
)

HEAD = f"""# The language of conditions

<!-- Written by `make docs` from tests/spec/language. Every row of every table is run as a test. Change it there. -->

*For the clinician who edits what Postlude knows.* Every `when` in the knowledge is a condition in this small language:
when a red flag is raised, when an option is worth weighing, when it must be avoided. This page says what can be
written, what it means, and what is refused. Every line in every table on this page is checked by a test, so what it
says is what happens. What else stands in a knowledge file is told in [How knowledge is written](knowledge-format.md).

One rule stands above all others: **what is not known is not "no".** A person who was never asked about fever has not
denied fever. Every condition is therefore *yes*, *no* or *not known*, and a *yes* or *no* stands whatever is learned
later. If the knowledge can come to a conclusion without an answer, it may; otherwise the condition stays *not known*
and Postlude says what is still to be asked.

The examples use these facts. In the shipped knowledge they may have other names.

| name | kind | what it is |
| --- | --- | --- |
| `fever`, `saddle_numbness`, `bladder_change`, `leg_weakness` | yes/no | what the person reports |
| `pain_now`, `pain_before` | number, 0 to 10 | pain now, and before the operation |
| `operation_date`, `pain_return_date` | date | day of the operation; day the pain came back |
| `leg_relief` | choice: `relieved`, `partly`, `not-relieved` | what the operation did for the leg pain |
| `story` | free text | what the person wrote |
| `medications` | list; each has `medicine` (choice: `oxycodone`, `morphine`, `gabapentin`), `opioid` (yes/no), \
`current` (yes/no), `daily_dose` (0 to 1000), `mme_factor` (0 to 20), `started` (date) | medicines |
| `operations` | list; each has `fusion` (yes/no), `level` (choice: `l3-l4`, `l4-l5`, `l5-s1`), `done_on` (date) \
| spine operations |
| `cauda_sign` | worked out | `{DERIVED["cauda_sign"]}` |
| `mme_per_day` | worked out | `{DERIVED["mme_per_day"]}` |

"Today" in the examples is 15 January 2026."""


def render() -> str:
    return "\n\n".join((HEAD, *(chapter.markdown() for chapter in CHAPTERS))) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    render_evidence.write()
    render_tables.write()
