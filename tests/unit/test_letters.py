"""Letters, the result page and the paper intake: nothing typed steers them, and they say what the assessment says."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.acceptance import test_examples as examples

from postlude.assessment.assess import Assessor
from postlude.assessment.model import Assessment, Option
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.errors import MissingPartError
from postlude.evidence import store
from postlude.report.letters import letter, paper, patient, referrer, result
from postlude.report.letters.letter import Draft, Letterhead, LetterSetting, Plan, Signature
from postlude.report.listing import listing
from postlude.report.study_blocks import Bullets, Heading, Paragraph

ROOT = Path(__file__).parents[2]
ON = date(2026, 1, 15)
EVERYBODY = [*examples.BOTH, *examples.PEOPLE]
HEAD = Letterhead(name="Example Clinic", lines=("2 Clinic Road",), banner="SYNTHETIC")
SETTING = LetterSetting(
    on=ON,
    as_of=date(2026, 1, 10),
    signed_by=Signature(name="Dr A. Example", role="Pain physician"),
    to=("Ms Example",),
    name="Ms Example",
    about="Ms Example, born 3 March 1978",
    wants="to walk to the shop",
    fears="another operation",
    next_steps=("A nurse calls you by Friday.",),
    plan=Plan(decision="We begin with exercise.", review_on=date(2026, 4, 15), stopping_rule="new weakness"),
)


@cache
def known() -> Catalogue:
    return load()


@cache
def assessor() -> Assessor:
    return Assessor(known(), store.load(known().library))


@cache
def assessed(name: str) -> Assessment:
    if name in examples.PEOPLE:
        return assessor().assess(understand(examples.PEOPLE[name], known(), name=name, today=ON))
    intake = json.loads((ROOT / "examples" / f"{name}.json").read_text())
    return assessor().assess(understand(intake, known(), name=name, today=ON))


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def flat(text: str) -> str:
    return " ".join(text.split())


# --- the body, and the way to the page --------------------------------------------------------------

_texts = st.text(max_size=60)
_blocks = st.lists(
    st.one_of(
        st.builds(Heading, _texts, st.sampled_from([2, 3])),
        st.builds(Paragraph, _texts, st.just("plain")),
        st.builds(lambda items: Bullets(tuple(items)), st.lists(_texts, max_size=3)),
    ),
    max_size=6,
)


@given(_blocks)
def test_what_is_written_is_read_again(blocks: list[letter.Block]) -> None:
    expected: list[letter.Block] = []
    for block in blocks:
        if isinstance(block, Bullets):
            items = tuple(line for item in block.items if (line := letter.line(item)))
            expected += [Bullets(items)] if items else []
        elif text := letter.line(block.text):
            expected.append(block._replace(text=text))
    assert letter.read(letter.written(iter(blocks))) == expected


@given(st.text(max_size=400))
def test_whatever_is_typed_is_understood_as_something(body: str) -> None:
    read = letter.read(body)
    kept = "".join(" ".join(block.items) if isinstance(block, Bullets) else block.text for block in read)
    # No word is lost: only what marks a heading or an item goes, and what cannot be seen.
    assert Counter(re.findall(r"\w", kept)) == Counter(
        re.findall(r"\w", flat(" ".join(map(letter.clean, body.splitlines()))))
    )


def test_a_minus_at_the_beginning_of_a_text_stays() -> None:
    (item,) = letter.read(letter.written(iter([Bullets(("- 5 points",))])))
    assert item == Bullets((f"-{letter.TIE}5 points",))
    assert letter.read("-5 points") == [Paragraph("-5 points")]


HOSTILE = (
    '#panic("x")',
    "#pagebreak()",
    '#read("/etc/passwd")',
    '#import "@preview/x:1.0.0"',
    "] #pagebreak() [",
    '" + panic("x") + "',
    "$x",
    "*bold _under",
    "@missing <label>",
    "`raw",
    "\\",
    "\\u{0} \x00 \x07 \x1b[31m",
    "/* // comment",
    "= heading",
    "ŞĞİıçöü şğ",
    "שלום עולם مرحبا بالعالم \u202e reversed",
    "李 😀 \ue000 \ufffe ﷽",
    "x" * 10_000,
    "word " * 2_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_somebody_typed_cannot_steer_the_page(text: str) -> None:
    harmless = "".join(c if c in " \n" else "x" for c in text)

    def made(typed: str) -> bytes:
        draft = Draft(
            on=typed[:40],
            to=(typed[:80],),
            subject=typed[:80],
            body=f"{typed}\n\n# {typed[:80]}\n\n- {typed}",
            signed_by=Signature(name=typed[:80], role=typed[:80]),
            stamp=typed[:80],
            page="{page} / {pages}",
            references_title=typed[:80],
            references=(typed[:400],),
        )
        return letter.pdf(draft, Letterhead(name=typed[:80], lines=(typed[:80],), banner=typed[:40]))

    pdf = made(text)
    assert pdf.startswith(b"%PDF-")
    # Letters are of different widths, so that one page more or less says nothing; a command would break every time.
    assert abs(pages(pdf) - pages(made(harmless))) <= max(1, pages(pdf) // 2)


def test_a_long_last_paragraph_goes_on_over_the_pages() -> None:
    draft = patient.draft(assessed("emergency"), known(), SETTING)
    for body in ("word " * 6000, "- " + "word " * 6000, "# " + "word " * 3000):
        assert pages(letter.pdf(msgspec.structs.replace(draft, body=body), HEAD)) >= 6


def test_a_page_break_that_was_typed_breaks_no_page() -> None:
    draft = patient.draft(assessed("consult"), known(), SETTING)
    typed = msgspec.structs.replace(draft, body=draft.body + "\n\n" + "#pagebreak() " * 12)
    plain = msgspec.structs.replace(draft, body=draft.body + "\n\n" + "xpagebreakxx " * 12)
    assert pages(letter.pdf(typed, HEAD)) == pages(letter.pdf(plain, HEAD))


@pytest.mark.slow
def test_the_same_values_give_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; from tests.unit.test_letters import *\n"
        "draft = referrer.draft(assessed('consult'), known(), SETTING)\n"
        "sys.stdout.buffer.write(letter.pdf(draft, HEAD))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(runs) == 1
    assert runs == {letter.pdf(referrer.draft(assessed("consult"), known(), SETTING), HEAD)}


def test_the_pdf_is_made_for_readers_who_cannot_see_it() -> None:
    page = result.result(assessed("consult"), known(), ON)
    for pdf in (letter.pdf(patient.draft(assessed("consult"), known(), SETTING), HEAD), result.pdf(page, HEAD)):
        assert b"pdfuaid:part" in pdf


def test_without_typst_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingPartError, match=r"postlude\[clinic\]"):
        letter.pdf(patient.draft(assessed("consult"), known(), SETTING), HEAD)


# --- what the patient reads -------------------------------------------------------------------------


def _sentences(*texts: str) -> str:
    parts = [re.sub(r"\[(unverified|design)\]", "", text).strip() for text in texts]
    return " ".join(part if part[-1] in ".?!:" else f"{part}." for part in parts if part)


def _said(body: str) -> list[str]:
    read = letter.read(body)
    return [text for block in read for text in (block.items if isinstance(block, Bullets) else (block.text,))]


def _seen(page: result.Result) -> list[str]:
    """Every text on the result page."""
    parts = [text for part in (*page.first, *page.last) for text in (part.heading, *part.says)]
    texts = [page.title, page.told, page.headline, page.order, page.legend_says, *(sign.says for sign in page.legend)]
    for option in page.options:
        texts += [option.name, option.says, *option.what, *option.benefit.says, *option.harm.says, *option.compared]
    return [*texts, *parts]


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_patients_letter_and_page_read_at_grade_8_at_most(name: str) -> None:
    body = patient.draft(assessed(name), known(), SETTING).body
    assert examples.grade(_sentences(*_said(body))) <= 8
    assert examples.grade(_sentences(*_seen(result.result(assessed(name), known(), ON)))) <= 8


def test_no_sentence_of_these_pages_is_far_above_grade_8() -> None:
    sections = ("letter.", "result.", "paper.", "people.")
    for key, text in known().words["en"].items():
        if key.startswith(sections) and len(text.split()) >= 12:
            assert examples.grade(re.sub(r"{\w+}", "us", text)) <= 10.5, key


@pytest.mark.parametrize("name", EVERYBODY)
def test_nothing_tells_to_act_on_a_medicine_and_nothing_is_promised(name: str) -> None:
    limits = known().words["en"]["plain.limits"].split("{")[0]
    letter_text = flat(" ".join(_said(patient.draft(assessed(name), known(), SETTING).body)))
    page_text = flat(" ".join(_seen(result.result(assessed(name), known(), ON))))
    for text in (letter_text, page_text):
        assert limits in text
        assert not examples._TELLS.search(text.replace(limits, ""))
        assert not re.search(r"\b(guarantee|cure you|promise|will help you|you will be)\b", text, re.IGNORECASE)


@pytest.mark.parametrize("name", examples.BOTH)
def test_marks_and_statements_stay_in_both_letters(name: str) -> None:
    found = assessed(name)
    plain_text = flat(patient.draft(found, known(), SETTING).body)
    clinical = flat(referrer.draft(found, known(), SETTING).body)
    for conclusion in found.conclusions:
        marks = "".join(f" [{mark}]" for mark in conclusion.marks)
        assert f"{conclusion.plain}{marks}" in plain_text
        assert f"{conclusion.says}{marks}" in clinical
    for candidate in found.candidates:
        marks = "".join(f" [{mark}]" for mark in candidate.marks)
        assert f"{candidate.plain}{marks}" in plain_text
        assert f"{candidate.name}{marks}" in clinical
    for option in listing(found).full:
        marks = "".join(f" [{mark}]" for mark in option.marks)
        assert f"{option.what}{marks} {option.plain_honest}" in plain_text


def test_what_the_person_said_and_what_was_agreed_is_read_back() -> None:
    for module in (patient, referrer):
        body = module.draft(assessed("consult"), known(), SETTING).body
        for text in ("to walk to the shop", "another operation", "We begin with exercise.", "15 April 2026"):
            assert text in body
        assert "new weakness" in body


@pytest.mark.parametrize("name", EVERYBODY)
def test_nobody_is_told_that_we_cannot_help_before_a_clinician_confirmed_it(name: str) -> None:
    told = known().words["en"]["letter.unlikely"]
    assert told not in patient.draft(assessed(name), known(), SETTING).body
    assert told not in _seen(result.result(assessed(name), known(), ON))
    confirmed = patient.draft(assessed(name), known(), msgspec.structs.replace(SETTING, confirmed=True)).body
    assert (told in confirmed) is (assessed(name).disposition == "unlikely")
    onward = assessed(name).onward
    if assessed(name).disposition == "unlikely":
        assert onward is not None
        assert onward.come_back_plain in confirmed
        assert all(who in confirmed for who in onward.who_else_plain)
        page = " ".join(_seen(result.result(assessed(name), known(), ON, confirmed=True)))
        assert told in page
        assert onward.come_back_plain in page
        clinical = referrer.draft(assessed(name), known(), msgspec.structs.replace(SETTING, confirmed=True)).body
        assert "nobody has been told yet" not in clinical
        assert "nobody has been told yet" in referrer.draft(assessed(name), known(), SETTING).body


def test_in_an_emergency_nothing_stands_beside_it() -> None:
    intake = json.loads((ROOT / "examples" / f"{examples.DAHBOUR}.json").read_text())
    facts = {**intake["facts"], **examples.PEOPLE["emergency"]["facts"]}
    found = assessor().assess(understand({**intake, "facts": facts}, known(), name="x", today=ON))
    assert found.disposition == "emergency"
    assert listing(found).full  # they are there to be shown
    body = patient.draft(found, known(), SETTING).body
    page = result.result(found, known(), ON)
    assert known().clinic.emergency_number in page.headline
    assert page.headline in body
    assert page.options == ()
    assert known().words["en"]["letter.options"] not in body
    assert known().words["en"]["referrer.options"] not in referrer.draft(found, known(), SETTING).body


@pytest.mark.parametrize("module", [patient, referrer])
def test_the_clinician_chooses_which_options_are_spoken_of(module: object) -> None:
    found = assessed(examples.DAHBOUR)
    some = tuple(option.treatment for option in listing(found).full[:2])
    draft = module.draft(found, known(), msgspec.structs.replace(SETTING, options=some))  # type: ignore[attr-defined]
    headings = [block.text for block in letter.read(draft.body) if isinstance(block, Heading) and block.level == 3]
    assert len(headings) == 2
    with pytest.raises(ValueError, match="options: found 'nonsense'; allowed: "):
        module.draft(found, known(), msgspec.structs.replace(SETTING, options=("nonsense",)))  # type: ignore[attr-defined]


def test_options_stand_in_the_order_of_the_alphabet_usual_care_among_them() -> None:
    found = assessed(examples.DAHBOUR)
    page = result.result(found, known(), ON)
    names = [option.name.casefold() for option in page.options]
    assert names == sorted(names)
    assert {o.treatment for o in page.options} == {o.treatment for o in listing(found).full}
    comparators = {t.id for t in known().treatments.values() if t.intervention == "natural-course"}
    assert comparators & {option.treatment for option in page.options}


def _usual() -> set[str]:
    """The treatments whose evidence is what trials call usual care."""
    known_as = {i.id for i in known().library.interventions.values() if i.comparator == "usual"}
    return {t.id for t in known().treatments.values() if (t.intervention or t.id) in known_as}


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_happens_without_a_procedure_stands_among_the_options_of_everybody(name: str) -> None:
    found = assessed(name)
    page = result.result(found, known(), ON)
    without = [option for option in page.options if option.treatment in {"", *_usual()}]
    assert bool(without) is (found.disposition != "emergency")
    assert all(option.benefit.says and option.harm.says and option.what for option in without)
    # Also where somebody chose which options are shown; where none are, nothing is added.
    some = tuple(option.treatment for option in found.options if option.treatment not in _usual())[:1]
    if some and found.disposition != "emergency":
        chosen = result.result(found, known(), ON, options=some).options
        assert {option.treatment for option in chosen} & {"", *_usual()}
    assert result.result(found, known(), ON, options=()).options == ()


@pytest.mark.parametrize("status", ["cannot-say", "avoid", "not listed", "aside"])
def test_usual_care_that_nobody_can_weigh_yet_is_shown_with_what_is_known_of_it(status: str) -> None:
    found, say = assessed(examples.DAHBOUR), known().words["en"]

    def changed(option: Option) -> Option:
        if option.treatment not in _usual():
            return option
        if status == "aside":
            return msgspec.structs.replace(option, aimed_at=("nothing-of-theirs",))
        return msgspec.structs.replace(option, status=status)

    options = tuple(changed(o) for o in found.options if status != "not listed" or o.treatment not in _usual())
    page = result.result(msgspec.structs.replace(found, options=options), known(), ON)
    without = [option for option in page.options if option.treatment in {"", *_usual()}]
    assert without
    names = [option.name.casefold() for option in page.options]
    assert names == sorted(names)
    (missing,) = [part for part in page.last if part.heading == say["result.not_known"]]
    for option in without:
        if status == "not listed":
            assert option.benefit.says == (say["result.usual_not_known"],)
        elif status != "aside":
            key = "result.usual_not_now" if status == "avoid" else "plain.status_cannot-say"
            assert option.says == say[key]
        # What is shown is not also named among what cannot be said.
        assert option.name.casefold() not in " ".join(missing.says).casefold()
    assert result.pdf(page, HEAD)


def test_whoever_is_sent_elsewhere_reads_who_that_is() -> None:
    found = assessed("refer")
    assert found.onward is not None
    for text in (patient.draft(found, known(), SETTING).body, " ".join(_seen(result.result(found, known(), ON)))):
        assert all(who in text for who in found.onward.who_else_plain)
        assert found.onward.come_back_plain in text


# --- pictures on the result page --------------------------------------------------------------------


@pytest.mark.parametrize("name", examples.BOTH)
def test_each_option_has_its_people_or_says_that_nothing_is_known(name: str) -> None:
    page = result.result(assessed(name), known(), ON)
    ids: list[str] = []
    for option in page.options:
        expected = next(o.expected for o in assessed(name).options if o.treatment == option.treatment)
        assert expected is not None
        assert bool(option.benefit.svg) is bool(expected.shares)
        assert option.benefit.says
        assert option.harm.says
        for svg in filter(None, (option.benefit.svg, option.harm.svg)):
            assert len(svg.encode()) <= 4096
            root = ElementTree.fromstring(svg)  # noqa: S314
            ids += [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
            assert "style" not in svg
    assert len(ids) == len(set(ids))
    assert ids


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_page_can_be_printed(name: str) -> None:
    found = assessed(name)
    for module in (patient, referrer):
        assert pages(letter.pdf(module.draft(found, known(), SETTING), HEAD)) >= 1
    assert pages(result.pdf(result.result(found, known(), ON), HEAD)) >= 1


# --- the referrer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_number_of_a_source_leads_to_it(name: str) -> None:
    found = assessed(name)
    draft = referrer.draft(found, known(), SETTING)
    named = {int(n) for group in re.findall(r"\bsources ([\d, ]+)\)", draft.body) for n in group.split(", ")}
    assert named == set(range(1, len(draft.references) + 1))
    cites = "\n".join(draft.references)
    shown = found.conclusions if found.disposition != "emergency" else [c for c in found.conclusions if c.urgency]
    for conclusion in shown:
        assert all(source.cite in cites for source in conclusion.sources)


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_referrer_reads_what_nobody_has_told(name: str) -> None:
    found = assessed(name)
    body = referrer.draft(found, known(), SETTING).body
    assert found.headline in body
    for question in found.ask:
        if question.warning_sign and not question.after:
            assert known().facts[question.fact].says in body


def test_figures_for_the_referrer_are_those_of_the_assessment() -> None:
    found = assessed(examples.DAHBOUR)
    blocks = letter.read(referrer.draft(found, known(), SETTING).body)
    told = {
        head.text: text.text
        for head, text in pairwise(blocks)
        if isinstance(head, Heading) and head.level == 3 and isinstance(text, Paragraph)
    }
    assert len(told) == len(listing(found).full)
    for option in listing(found).full:
        expected = option.expected
        (text,) = (text for head, text in told.items() if head.casefold().startswith(option.name.casefold()))
        assert expected is not None
        if expected.certainty is not None:
            assert f"Certainty: {expected.certainty.level}." in text
        for benefit in expected.benefits:
            assert f"{round(benefit.high95)}".replace("-", "−") in text


# --- the paper intake -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def form() -> paper.Paper:
    return paper.paper(Assessor(known()), ON)


def test_every_question_for_the_person_is_on_the_paper_once_warning_signs_first(form: paper.Paper) -> None:
    mine = {fact.id: fact for fact in known().facts.values() if fact.answered_by == "patient"}
    printed = [*form.signs, *form.questions]
    assert Counter(q.fact for q in printed) == dict.fromkeys(mine, 1)
    assert [q.number for q in printed] == list(range(1, len(mine) + 1))
    assert all(mine[q.fact].warning_sign for q in form.signs)
    assert len(form.lists) == len(known().records)


def test_the_paper_says_what_a_yes_calls_for_by_the_rules(form: paper.Paper) -> None:
    calls = {question.fact: question.call for question in form.signs}
    # Alone; with the yes before it; only after a neck operation; a scan that was done calls for nothing.
    for fact, call in {
        "walking_lost": "emergency",
        "suicide_plan": "emergency",
        "bladder_change": "urgent",
        "cannot_pass_urine": "emergency",
        "neck_swelling": "emergency",
        "cauda_investigated": "routine",
        "wish_dead": "urgent",
    }.items():
        assert calls[fact] == call, fact
    assert known().clinic.emergency_number in form.calls["emergency"]
    assert known().clinic.telephone in form.calls["urgent"]


def test_a_yes_on_paper_never_calls_for_less_than_the_same_yes_alone(form: paper.Paper) -> None:
    order = ("routine", "urgent", "emergency")
    for question in form.signs:
        if known().facts[question.fact].type == "boolean":
            told = understand({"facts": {question.fact: True}}, known(), name="x", today=ON)
            alone = assessor().triage(told).facing.urgency.at_least
            assert order.index(question.call or "routine") >= order.index(alone), question.fact


def test_the_paper_is_printed_with_room_to_write_and_numbered_pages(form: paper.Paper) -> None:
    pdf = paper.pdf(form, HEAD)
    assert 5 <= pages(pdf) <= 14
    assert "{page}" in form.page
    assert "{pages}" in form.page
    assert pdf == paper.pdf(form, HEAD)
