"""What goes together, after each other or alone, and what makes no sense; for the clinician and for the person."""

from collections.abc import Iterator, Mapping, Sequence

from postlude.assessment.model import Assessment, Combination
from postlude.report.layout import bullet, heading, marked, paragraph

_SIGNS = {"holds": "+", "held-up": "/", "undecided": "?"}
_SHOWN, _REASONS = 4, 6
"""Facts that would decide, and facts that carry it, that are named; the others are counted, and --json holds them."""


def clinician(assessment: Assessment, say: Mapping[str, str]) -> Iterator[str]:
    """Yield the section for the clinician: what makes no sense, what does, what is still to be decided."""
    if not assessment.combinations:
        return
    names = {option.treatment: option.name for option in assessment.options}
    yield heading("together, one after the other, or alone")
    for combination in assessment.combinations:
        holds = combination.state == "holds"
        sign = "−" if holds and not combination.makes_sense else _SIGNS[combination.state]
        verdict = say["combination.makes_sense" if combination.makes_sense else "combination.makes_no_sense"]
        if combination.state == "undecided":
            missing = [because.says.removeprefix("not known: ") for because in combination.because]
            more = say["combination.more"].format(count=len(missing) - _SHOWN) if len(missing) > _SHOWN else ""
            shown = ", ".join([*missing[:_SHOWN], *([more] if more else [])])
            # What it says would read as if it held; `postlude explain` and --json have it.
            sentence = say["combination.undecided"].format(reads=combination.reads, verdict=verdict, facts=shown)
            yield bullet(marked(sentence, combination.marks), sign=sign)
            continue
        yield bullet(f"{combination.reads}: {verdict}" if holds else combination.reads, sign=sign)
        if combination.state == "held-up":
            avoided = ", ".join(names[treatment] for treatment in combination.avoided)
            yield bullet(say["combination.held_up"].format(names=avoided), 1, "!")
        yield bullet(marked(combination.says, combination.marks), 1)
        for because in combination.because[:_REASONS]:
            yield bullet(f"because {because.says}", 1, "·")
        if (others := len(combination.because) - _REASONS) > 0:
            yield bullet(say["combination.more"].format(count=others), 1, "·")
        yield paragraph(f"sources: {_ids(combination)}", indent="    ")


def _ids(combination: Combination) -> str:
    return ", ".join(source.id for source in combination.sources) or "none; see the mark"


def plain(assessment: Assessment, *, makes_sense: bool) -> Sequence[str]:
    """Return what holds for the person, in plain words, each sentence once."""
    found = [c for c in assessment.combinations if c.state == "holds" and c.makes_sense is makes_sense]
    return list(dict.fromkeys(marked(c.plain, c.marks) for c in found))
