"""Filled-in forms for tests: of any instrument, with gaps, drawn by Hypothesis or by chance from a seed."""

import random
from collections.abc import Iterator
from itertools import product

from hypothesis import strategies as st

from postlude.instruments.entries import Answers
from postlude.instruments.instrument import Answered, Code, Instrument


def codes(answers: Answers) -> list[Code]:
    """Return what can be answered: all codes, or the ends of a number and some between."""
    if answers.type == "yes-no":
        return [False, True]
    if answers.type == "choice":
        return list(answers.codes)
    if answers.type == "clock":
        return [0, 390, 450, 719, 1320, 1380, 1439]
    low, high = answers.low or 0.0, answers.high or 0.0
    between = {low, low + 1, (low + high) / 2, high - 1, high, *(x for x in (15, 30, 31, 60, 61) if low <= x <= high)}
    if not answers.whole:
        return sorted({*between, low + (high - low) / 3})
    return [int(x) for x in sorted(between) if x == int(x) and low <= x <= high]


def options(instrument: Instrument) -> Iterator[dict[str, str]]:
    """Yield every choice of options, none among them."""
    each = [[None, *option.values] for option in instrument.entry.option]
    ids = [option.id for option in instrument.entry.option]
    for values in product(*each):
        yield {key: value for key, value in zip(ids, values, strict=True) if value is not None}


@st.composite
def forms(draw: st.DrawFn, instrument: Instrument, *, gaps: bool = True) -> Answered:
    found: dict[str, Code] = {}
    for key, item in instrument.items.items():
        if gaps and draw(st.integers(0, 5)) == 0:
            continue
        found[key] = draw(st.sampled_from(codes(item.answers)))
    return found


def drawn(instrument: Instrument, chance: random.Random, gaps: float) -> Answered:
    return {
        key: chance.choice(codes(item.answers)) for key, item in instrument.items.items() if chance.random() >= gaps
    }
