"""Pictures of evidence: whole, grey, legible, the same every time. All figures here are made up."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from postlude.evidence.plots import drawing
from postlude.evidence.plots.forest import ForestPlot, ForestRow, Prediction, forest
from postlude.evidence.plots.funnel import Funnel, FunnelPoint, funnel
from postlude.evidence.plots.icons import Group, Icons, icons
from postlude.evidence.plots.options import Benefit, Harm, OptionRow, Options, options

SVG = "{http://www.w3.org/2000/svg}"
DESIGNS: tuple[drawing.Design, ...] = ("randomised, blinded", "randomised, open", "uncontrolled")
LABELS = (
    "Adams 2001 (made up)",
    "Žižka & Müller 2014 (made up)",
    "Ångström-Löfgren 2020 (made up), a label so long that no column of a picture has the room for all of it",
    "田中 2019 (made up)",
    "O'Neill <trial> 2011 (made up)",
    "Σωκράτης 2011 (made up)",
    "W" * 90,
    "Short",
)
PREDICTION = Prediction(mean=37, low80=16, high80=62, low95=7, high95=79)


# --- the pictures -----------------------------------------------------------------------------------


def _forest(rows: int, *, narrow: bool) -> ForestPlot:
    def row(i: int) -> ForestRow:
        share = (48.0, 0.0, 100.0, 0.3, 62.5, 99.6, 33.0, 81.0)[i % 8]
        return ForestRow(
            label=LABELS[i % 8] + (f" {i}" if i >= 8 else ""),
            detail=f"{i + 10} of {i + 1000}, 24 months",
            design=DESIGNS[i % 3],
            share=share,
            low=None if i % 8 == 4 else max(share - 14, 0),
            high=None if i % 8 == 4 else min(share + 11, 100),
            weight=i + 1,
            pooled=i % 8 != 4,
        )

    return ForestPlot(
        title="A made-up treatment: what groups of people had",
        measure="People of 100 with at least half of their pain gone, about 6 months after the start",
        rows=tuple(map(row, range(rows))),
        prediction=PREDICTION if rows > 1 else None,
        narrow=narrow,
    )


def _difference(*, narrow: bool, most: float = 34) -> ForestPlot:
    rows = tuple(
        ForestRow(label=f"Trial {i} (made up)", design=DESIGNS[i % 2], share=share, low=share - 14, high=share + 14)
        for i, share in enumerate((5.0, most - 14, -8.0, 0.2))
    )
    prediction = Prediction(mean=9, low80=0.2, high80=18, low95=-6, high95=27)
    return ForestPlot(
        title="More than with sham (made up)",
        measure="More of 100",
        rows=rows,
        prediction=prediction,
        scale="difference",
        narrow=narrow,
    )


def _funnel(points: int, *, narrow: bool) -> Funnel:
    found = tuple(
        FunnelPoint(
            label=LABELS[i % 8] + f" {i}",
            effect=0.5 + (i % 5 - 2) * 0.3,
            se=0.1 + 0.04 * i,
            design=DESIGNS[i % 2],
            pooled=i % 9 != 8,
        )
        for i in range(points)
    )
    return Funnel(title="A made-up treatment against sham", points=found, mean=0.5, narrow=narrow)


def _icons(*, pair: bool, narrow: bool) -> Icons:
    return Icons(
        title="A made-up treatment after 6 months, and what became of 100 people who had it",
        group=Group(name="With the treatment", mean=37.4, low=16, high=62),
        versus=Group(name="Without", mean=12, low=3, high=20.5) if pair else None,
        label_yes="had at least half of their pain gone",
        label_no="did not",
        narrow=narrow,
    )


def _options(*, narrow: bool) -> Options:
    lead = Harm(name="lead moved or broke, another operation", mean=12, low=8, high=17)
    return Options(
        title="Made-up options side by side",
        benefit_title="More people of 100 with half of their pain gone than with the comparison",
        harm_title="People of 100 who were harmed",
        rows=(
            OptionRow(
                name="Zeta stimulator (made up)",
                benefit=Benefit(mean=18, low=5, high=32),
                benefit_words="against usual care, 5 trials, 612 people",
                harms=(lead, Harm(name="infection", mean=3.4, low=1, high=6)),
                certainty="certainty: low",
            ),
            OptionRow(
                name=LABELS[2],
                benefit=Benefit(mean=3, low=-9, high=16),
                benefit_words="against sham, 2 trials, 90 people",
                harm_words="no study",
                certainty="certainty: very low",
            ),
            OptionRow(name="Übung (made up)", benefit_words="never compared", harms=(Harm(name="sore", mean=40),)),
            OptionRow(name="Alpha (made up)", benefit_words="never compared", harm_words="no study"),
        ),
        narrow=narrow,
    )


def _named() -> Iterator[tuple[str, Callable[[], str]]]:
    for narrow in (False, True):
        sheet = "narrow" if narrow else "wide"
        for rows in (1, 8, 40):
            yield f"forest of {rows}, {sheet}", lambda rows=rows, narrow=narrow: forest(_forest(rows, narrow=narrow))
        yield f"difference, {sheet}", lambda narrow=narrow: forest(_difference(narrow=narrow))
        yield f"large difference, {sheet}", lambda narrow=narrow: forest(_difference(narrow=narrow, most=100))
        for points in (1, 14):
            yield (
                f"funnel of {points}, {sheet}",
                lambda points=points, narrow=narrow: funnel(_funnel(points, narrow=narrow)),
            )
        yield f"icons, {sheet}", lambda narrow=narrow: icons(_icons(pair=False, narrow=narrow))
        yield f"two icon arrays, {sheet}", lambda narrow=narrow: icons(_icons(pair=True, narrow=narrow))
        yield f"options, {sheet}", lambda narrow=narrow: options(_options(narrow=narrow))


PICTURES = dict(_named())
every_picture = pytest.mark.parametrize("name", PICTURES)


@cache
def drawn(name: str) -> str:
    return PICTURES[name]()


def tree(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  (our own)


def described(svg: str) -> str:
    return tree(svg).findtext(f"{SVG}desc") or ""


def written(svg: str) -> list[str]:
    return [element.text or "" for element in tree(svg).iter(f"{SVG}text")]


# --- every picture ----------------------------------------------------------------------------------


@every_picture
def test_the_same_input_gives_the_same_bytes(name: str) -> None:
    assert PICTURES[name]() == drawn(name)


@every_picture
def test_a_picture_has_a_name_and_a_description(name: str) -> None:
    root = tree(drawn(name))
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text
    assert root[0].text == root.get("aria-label")
    assert len(described(drawn(name))) > 40


@every_picture
def test_a_picture_has_no_ids_that_could_clash_on_a_page(name: str) -> None:
    root = tree(drawn(name))
    assert not [e for e in root.iter() if "id" in e.attrib or "clip-path" in e.attrib]
    assert "href" not in drawn(name)


def _grey(colour: str) -> float:
    """Return the relative luminance of a grey (WCAG 2.1), or fail where there is hue."""
    named = {"white": "#ffffff", "black": "#000000"}
    digits = re.fullmatch(r"#([0-9a-f]{2})\1\1", named.get(colour, colour))
    assert digits, f"{colour} is no grey"
    level = int(digits[1], 16) / 255
    return level / 12.92 if level <= 0.03928 else ((level + 0.055) / 1.055) ** 2.4


@every_picture
def test_only_greys_are_used_and_text_is_legible(name: str) -> None:
    for element in tree(drawn(name)).iter():
        for paint in ("fill", "stroke"):
            if element.get(paint, "none") not in ("none", "transparent"):
                _grey(element.attrib[paint])
        if element.tag == f"{SVG}text":
            assert int(element.attrib["font-size"].removesuffix("px")) >= 11
            assert 1.05 / (_grey(element.attrib["fill"]) + 0.05) >= 4.5


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    text: str


def _boxes(element: ElementTree.Element, x: float = 0.0, y: float = 0.0) -> Iterator[Box]:
    """Yield where each text stands; its width is estimated, rather too wide than too narrow."""
    if moved := re.match(r"translate\(([-.\d]+),([-.\d]+)\)", element.get("transform", "")):
        x, y = x + float(moved[1]), y + float(moved[2])
    if element.tag == f"{SVG}text" and element.text:
        left, base = x + float(element.get("x", 0)), y + float(element.get("y", 0))
        size = int(element.attrib["font-size"].removesuffix("px"))
        wide = drawing.width(element.text, size * (drawing.BOLD if element.get("font-weight") == "bold" else 1))
        left -= {"middle": wide / 2, "end": wide}.get(element.get("text-anchor", "start"), 0)
        yield Box(left, base - 0.75 * size, left + wide, base + 0.2 * size, element.text)
    for child in element:
        yield from _boxes(child, x, y)


@every_picture
def test_no_text_is_cut_or_covers_another(name: str) -> None:
    root = tree(drawn(name))
    boxes = list(_boxes(root))
    assert boxes
    for box in boxes:
        assert box.left >= 0, box
        assert box.right <= float(root.attrib["width"]), box
        assert box.top >= 0, box
        assert box.bottom <= float(root.attrib["height"]), box
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
            assert apart, (a, b)


def _drawn_boxes(element: ElementTree.Element, x: float = 0.0, y: float = 0.0) -> Iterator[Box]:
    """Yield where each line and each study's mark stands."""
    if moved := re.match(r"translate\(([-.\d]+),([-.\d]+)\)", element.get("transform", "")):
        x, y = x + float(moved[1]), y + float(moved[2])
    if element.tag == f"{SVG}line":
        ends = (x, x + float(element.get("x2", 0))), (y, y + float(element.get("y2", 0)))
        thick = float(element.get("stroke-width", 1)) / 2
        steep = ends[1][0] != ends[1][1]
        if not steep or ends[0][0] == ends[0][1]:  # a slanting line fills no box
            by_x, by_y = (thick, 0) if steep else (0, thick)
            yield Box(min(ends[0]) - by_x, min(ends[1]) - by_y, max(ends[0]) + by_x, max(ends[1]) + by_y, "line")
    for child in element:
        if "mark-symbol" in element.get("class", "") and (
            at := re.match(r"translate\(([-.\d]+),([-.\d]+)\)", child.attrib["transform"])
        ):
            middle = x + float(at[1]), y + float(at[2])
            yield Box(middle[0] - 4, middle[1] - 4, middle[0] + 4, middle[1] + 4, "mark")
        else:
            yield from _drawn_boxes(child, x, y)


@every_picture
def test_no_line_or_mark_runs_through_text(name: str) -> None:
    root = tree(drawn(name))
    drawings = list(_drawn_boxes(root))
    assert drawings or "icon" in name
    for a in _boxes(root):
        for b in drawings:
            apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
            assert apart, (a, b)


@every_picture
def test_a_narrow_picture_fits_a_phone(name: str) -> None:
    width = float(tree(drawn(name)).attrib["width"])
    assert width == 360 if name.endswith("narrow") else width <= 760


# --- forest -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 8, 40])
@pytest.mark.parametrize("sheet", ["wide", "narrow"])
def test_every_label_appears(rows: int, sheet: str) -> None:
    svg = drawn(f"forest of {rows}, {sheet}")
    texts, description = written(svg), described(svg)
    for row in _forest(rows, narrow=False).rows:
        assert row.label in description
        assert row.detail in texts
        start = row.label[:20] if row.label[0] != "W" else "WWWWWWWWWW"
        assert any(text.startswith(start) and (text == row.label or text[-1] == "…") for text in texts), row.label


def test_nobody_and_everybody_are_said_only_when_exact() -> None:
    texts = written(drawn("forest of 8, wide"))
    assert {"0 (0 to 11)", "100 (86 to 100)", "<1 (0 to 11)", ">99 (86 to 100)", "63 (no interval)"} <= set(texts)


def _marks(svg: str) -> list[tuple[str, str]]:
    """Return the outline, without sizes, and the filling of each study's mark."""
    symbols = [
        g for g in tree(svg).iter(f"{SVG}g") if "role-mark" in g.get("class", "") and "symbol" in g.attrib["class"]
    ]
    return [(re.sub(r"[-.\d]+", "", path.attrib["d"]), path.attrib["fill"]) for path in symbols[0].iter(f"{SVG}path")]


def test_marks_differ_by_design_and_not_only_by_grey() -> None:
    rows = tuple(
        ForestRow(label=str(i), design=design, share=50, low=40, high=60, pooled=pooled)
        for i, (design, pooled) in enumerate([*((d, True) for d in DESIGNS), *((d, False) for d in DESIGNS)])
    )
    blinded, opened, uncontrolled, *crosses = _marks(forest(ForestPlot(title="T", measure="m", rows=rows)))
    assert len({blinded, opened, uncontrolled, crosses[0]}) == 4
    assert len(set(crosses)) == 1
    assert blinded[0] == opened[0]
    assert blinded[1] != opened[1]
    assert len({opened[0], uncontrolled[0], crosses[0][0]}) == 3


def test_the_legend_names_only_the_designs_shown() -> None:
    texts = written(drawn("difference, wide"))
    assert {"randomised, blinded", "randomised, open"} <= set(texts)
    assert not {"uncontrolled", drawing.NOT_POOLED} & set(texts)


def test_a_heavier_row_has_a_larger_mark() -> None:
    rows = tuple(
        ForestRow(label=str(w), design="randomised, blinded", share=50, low=40, high=60, weight=w) for w in (1, 4)
    )
    svg = forest(ForestPlot(title="T", measure="m", rows=rows))
    light, heavy = (float(side) for side in re.findall(r'd="M-([.\d]+),-\1h', svg)[:2])
    assert heavy > 1.3 * light


def test_marks_stand_where_their_figures_are() -> None:
    """On the wide sheet 100 people are 200 px."""
    rows = tuple(ForestRow(label=str(v), design="uncontrolled", share=v, low=v, high=v) for v in (0.0, 25.0, 100.0))
    svg = forest(ForestPlot(title="T", measure="m", rows=rows))
    group = next(g for g in tree(svg).iter(f"{SVG}g") if "mark-symbol" in g.get("class", ""))
    found = [float(re.match(r"translate\(([-.\d]+),", p.attrib["transform"])[1]) for p in group]  # type: ignore[index]
    assert found == [0, 50, 200]


def test_the_next_clinic_is_drawn_and_said() -> None:
    svg = drawn("forest of 8, wide")
    said = "Next clinic: about 37 of 100. At 80 of 100 clinics like these, from 16 to 62"
    assert said in described(svg)
    assert said in " ".join(written(svg))
    assert "37 (7 to 79)" in written(svg)
    assert "Next clinic" not in drawn("forest of 1, wide")


def test_a_difference_has_signs_and_a_line_at_nought() -> None:
    texts = written(drawn("difference, wide"))
    assert {"−50", "−25", "0", "+25", "+50", "+20 (+6 to +34)", "0 (−14 to +14)"} <= set(texts)
    assert "from no difference to 18 more" in described(drawn("difference, wide"))
    assert {"−100", "+100"} <= set(written(forest(_difference(narrow=False, most=70))))


# --- funnel -----------------------------------------------------------------------------------------


def test_few_studies_are_said_to_be_too_few() -> None:
    assert "1 study: too few to judge" in described(drawn("funnel of 1, wide"))
    ten = funnel(_funnel(11, narrow=False))  # one of them is not counted
    assert "too few" not in described(ten)
    assert "too few" in described(funnel(_funnel(10, narrow=False)))
    assert "9 studies" in " ".join(written(funnel(_funnel(10, narrow=False))))


def test_the_contours_are_where_p_is_what_they_say() -> None:
    """Where a contour meets the foot, effect over standard error is its normal quantile."""
    plot = _funnel(1, narrow=False)
    right = {
        round(float(x2) / 255 * plot.end / (float(y2) / 340 * plot.widest), 3)
        for x2, y2 in re.findall(r'<line transform="translate\(255,0\)" x2="([.\d]+)" y2="([.\d]+)"', funnel(plot))
        if float(x2) > 0
    }
    assert right == {1.645, 1.96, 2.576}


def test_every_comparison_is_described() -> None:
    description = described(drawn("funnel of 14, narrow"))
    assert all(point.label in description for point in _funnel(14, narrow=True).points)


# --- icons ------------------------------------------------------------------------------------------


def _people(svg: str) -> list[str]:
    """Return who is filled (F), empty (E), and dotted besides (lower case)."""
    found: list[str] = []
    for element in tree(svg):
        if element.get("class") == "person":
            found.append("F" if element.get("fill") == drawing.INK else "E")
            counting = True
        elif element.get("class") == "key":
            counting = False
        elif element.get("class") == "dot" and counting:
            found[-1] = found[-1].lower()
    return found


def test_an_array_has_100_people() -> None:
    assert "".join(_people(drawn("icons, wide"))) == "F" * 16 + "f" * 21 + "e" * 25 + "E" * 38
    pair = _people(drawn("two icon arrays, narrow"))
    assert len(pair) == 200
    assert "".join(pair[100:]) == "F" * 3 + "f" * 9 + "e" * 9 + "E" * 79


@pytest.mark.parametrize("mean", [0, 0.2, 0.5, 37.5, 62.5, 99.5, 99.9, 100])
def test_the_people_and_the_figures_agree(mean: float) -> None:
    svg = icons(Icons(title="T", group=Group(mean=mean), label_yes="yes", label_no="no"))
    said = dict(re.fullmatch(r"(\S+) of 100 (yes|no)", text).group(2, 1) for text in written(svg) if " of " in text)  # type: ignore[union-attr]
    filled = _people(svg).count("F")
    assert len(_people(svg)) == 100
    if said["yes"].isdigit():
        assert (int(said["yes"]), int(said["no"])) == (filled, 100 - filled)
    else:
        assert (said["yes"], said["no"], filled) in (("<1", ">99", 0), (">99", "<1", 100))


# --- options ----------------------------------------------------------------------------------------


def test_options_keep_the_order_of_the_caller() -> None:
    texts = [t for t in written(drawn("options, narrow")) if t.endswith("(made up)")]
    assert texts == ["Zeta stimulator (made up)", "Übung (made up)", "Alpha (made up)"]
    assert "The order is no ranking." in " ".join(written(drawn("options, wide")))


def test_what_nobody_studied_is_said_in_words() -> None:
    texts = written(drawn("options, wide"))
    assert texts.count("never compared") == 2
    assert texts.count("no study") == 2
    assert "benefit: never compared; harm: no study" in described(drawn("options, wide"))


def test_a_person_is_as_long_on_both_sides() -> None:
    row = OptionRow(
        name="A", benefit=Benefit(mean=20, low=10, high=40), harms=(Harm(name="h", mean=20, low=10, high=40),)
    )
    svg = options(Options(title="T", rows=(row,), benefit_title="b", harm_title="h"))
    bars = re.findall(r'x2="(-?[.\d]+)" y2="0" stroke="#949494"', svg)
    assert len(bars) == 2
    assert abs(float(bars[0])) == pytest.approx(abs(float(bars[1])), abs=0.01)


# --- mistakes ---------------------------------------------------------------------------------------


def _row(share: float = 50, low: float | None = 40, high: float | None = 60, **more: object) -> ForestRow:
    return ForestRow(**{"label": "A", "design": "uncontrolled", "share": share, "low": low, "high": high, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ForestPlot(title="T", measure="m", rows=(_row(101, 40, 120),)), "A: share is 101; allowed: 0 to 100"),
        (lambda: ForestPlot(title="T", measure="m", rows=(_row(float("nan")),)), "A: share is nan"),
        (lambda: ForestPlot(title="T", measure="m", rows=()), "at least one row"),
        (lambda: ForestPlot(title=" ", measure="m", rows=(_row(),)), "the title is empty"),
        (lambda: _row(50, 60, 40), "A: interval: 60, 50, 40 do not ascend"),
        (lambda: _row(30), "A: interval: 40, 30, 60 do not ascend"),
        (lambda: _row(high=None), "A: one end of the interval is missing"),
        (lambda: _row(low=None, high=None), "A: no interval; only a row with pooled=False"),
        (lambda: _row(weight=-1), "A: weight is -1"),
        (lambda: _row(label=""), "the label of a row is empty"),
        (lambda: Prediction(mean=50, low80=20, high80=60, low95=30, high95=70), "prediction: 30, 20"),
        (lambda: Prediction(mean=90, low80=20, high80=60, low95=10, high95=70), "prediction: 10, 90, 70"),
        (lambda: FunnelPoint(label="A", effect=9, se=1, design="uncontrolled"), "A: log odds ratio is 9"),
        (lambda: FunnelPoint(label="A", effect=1, se=0, design="uncontrolled"), "A: standard error is 0"),
        (lambda: Funnel(title="T", points=()), "at least one point"),
        (lambda: Group(mean=100.1), "the group: people of 100 is 100.1"),
        (lambda: Group(name="G", mean=10, low=20, high=30), "G: range: 20, 10, 30 do not ascend"),
        (lambda: Group(name="G", mean=10, low=5), "G: one end of the range is missing"),
        (lambda: Icons(title="T", group=Group(mean=1), versus=Group(mean=2), label_yes="y", label_no="n"), "the name"),
        (lambda: Benefit(mean=5, low=10, high=20), "benefit: 10, 5, 20 do not ascend"),
        (lambda: Harm(name="h", mean=5, low=-1, high=20), "h: people of 100 is -1"),
        (lambda: OptionRow(name="A", harm_words="no study"), "A: benefit_words without a benefit is empty"),
        (lambda: OptionRow(name="A", benefit_words="never compared"), "A: harm_words without harms is empty"),
    ],
)
def test_a_mistake_is_refused_with_a_sentence(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        make()


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  two \n words\t", "two words"),
        ("bell\x07", "bell�"),
        ("reversed\u202etxet", "reversedtxet"),
        ("joined\u200dletters", "joined\u200dletters"),
        ("held\u00a0together", "held\u00a0together"),
    ],
)
def test_text_is_cleaned(text: str, clean: str) -> None:
    assert drawing.clean(text) == clean


def test_text_that_xml_refuses_still_gives_a_picture() -> None:
    svg = icons(Icons(title="\x00 <b> & \ufffe \"'", group=Group(mean=3), label_yes="\x0by", label_no="]]>"))
    assert tree(svg).findtext(f"{SVG}title") == "� <b> & � \"'"


@pytest.mark.parametrize("room", [40, 100, 400])
def test_wrapped_text_fits_and_loses_nothing(room: float) -> None:
    text = "one or more words of people who said nothing"
    lines = drawing.wrapped(text, room)
    assert " ".join(lines) == text or any(line.endswith("…") for line in lines)
    assert all(drawing.width(line, drawing.SIZE) <= room for line in lines)
    assert drawing.wrapped(text, room, most=1)[0].endswith("…") is (room < 400)
