"""How a benchmark says what it measured: a line with the figure, the aim, and whether the aim is met."""

from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple


class Line(NamedTuple):
    what: str
    figure: str
    detail: str = ""
    aim: str = ""
    met: bool | None = None


def at_most(what: str, taken: float, aim: float, detail: str = "") -> Line:
    """A time in seconds beside the longest it may be."""
    return Line(what, seconds(taken), detail, f"≤ {seconds(aim)}", taken <= aim)


def ratio(what: str, ours: list[float], theirs: list[float], aim: float | None = None, detail: str = "") -> Line:
    """How many times our time goes into theirs: median over rounds, so that a machine that slows down slows both."""
    found = median(b / a for a, b in zip(ours, theirs, strict=True))
    both = f"{seconds(median(ours))} to {seconds(median(theirs))}" + (f"; {detail}" if detail else "")
    return Line(what, f"{found:.0f} ×", both, f"≥ {aim:g} ×" if aim else "", found >= aim if aim else None)


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.3g} ms"


def taken(run: Callable[[], Any]) -> float:
    begin = perf_counter()
    run()
    return perf_counter() - begin


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def show(lines: Iterable[Line]) -> None:
    for line in lines:
        verdict = "" if line.met is None else "met" if line.met else "MISSED"
        aim = f"aim {line.aim}" if line.aim else ""
        print(f"  {line.what:<49}{line.figure:>9}  {aim:<14}{verdict:<7} {line.detail}".rstrip(), flush=True)
