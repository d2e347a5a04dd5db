"""An answer as text for a terminal of 80 columns."""

from collections.abc import Sequence

from postlude.evidence.pooling.answer import Answer
from postlude.evidence.pooling.problem import Problem

_WIDTH = 80
_NOT_DEFINED = "-"
_MEASURES = {
    "proportion": "proportion",
    "odds-ratio": "odds ratio",
    "risk-ratio": "risk ratio",
    "risk-difference": "risk difference",
    "mean": "mean",
    "mean-difference": "mean difference",
    "smd": "standardised mean difference (Hedges' g)",
    "generic": "estimate",
}
_MODELS = {
    "binomial-normal": "binomial-normal, maximum likelihood",
    "mantel-haenszel": "Mantel-Haenszel",
    "peto": "Peto, one-step",
}
_TAU2 = {
    "reml": "random effects (REML)",
    "ml": "random effects (ML)",
    "dl": "random effects (DerSimonian-Laird)",
    "pm": "random effects (Paule-Mandel)",
    "fixed": "one common effect",
}
_INTERVALS = {"wald": "normal quantiles", "hartung-knapp": "Hartung-Knapp"}


def render(problem: Problem, answer: Answer) -> str:
    """Say an answer in lines of at most 80 columns."""
    level = f"{100 * problem.level:g} %"
    model = _MODELS.get(problem.model) or f"inverse variance, {_TAU2[problem.tau2]}"
    lines = [f"Pooled {_MEASURES[problem.measure]}, {answer.k} of {_count(len(problem.studies), 'row')}", model]
    lines += [f"{level} intervals, {_INTERVALS[problem.interval]}", ""]
    if answer.back is not None and problem.scale != "raw":
        back = answer.back
        lines.append(f"{_figure(back.estimate)} ({_range(back.low, back.high)})")
        lines += _prediction(back.prediction_low, back.prediction_high)
        lines += ["", f"On the {problem.scale} scale"]
    names = ["pooled"] if problem.x is None else problem.names
    lines += _table(
        [
            ("", "estimate", "SE", level, "p"),
            *(
                (name, _figure(c.estimate), _figure(c.se), _range(c.low, c.high), _p(c.p))
                for name, c in zip(names, answer.coefficients, strict=True)
            ),
        ]
    )
    if problem.scale == "raw":
        lines += _prediction(answer.prediction.low, answer.prediction.high)
    lines += ["", "Between studies"]
    tau2 = _figure(answer.tau2)
    if answer.tau2_low is not None:
        tau2 += f" ({_range(answer.tau2_low, answer.tau2_high)})"
    i2 = _NOT_DEFINED if answer.i2 is None else f"{answer.i2:.0f} %"
    df = answer.k - len(answer.coefficients)
    lines.append(f"  tau2 {tau2}, I2 {i2}, H2 {_figure(answer.h2)}")
    lines.append(f"  Q {_figure(answer.q)} on {df} degrees of freedom, p {_p(answer.q_p)}")
    lines.append(f"  log-likelihood {_figure(answer.log_likelihood)}")
    return "\n".join(lines) + "\n"


def _prediction(low: float | None, high: float | None) -> list[str]:
    return [] if low is None else [f"A further study would lie at {_range(low, high)}."]


def _range(low: float | None, high: float | None) -> str:
    return _NOT_DEFINED if low is None or high is None else f"{_figure(low)} to {_figure(high)}"


def _figure(value: float | None) -> str:
    return _NOT_DEFINED if value is None else f"{value:.4g}"


def _p(value: float | None) -> str:
    if value is None:
        return _NOT_DEFINED
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out rows, the first column to the left and the others to the right; the first gives way when it is long."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    room = max(_WIDTH - 2 - sum(width + 2 for width in widths[1:]), 8)
    widths[0] = min(widths[0], room)
    names = [row[0] if len(row[0]) <= room else row[0][: room - 1] + "…" for row in rows]
    return [
        "  "
        + name.ljust(widths[0])
        + "".join("  " + cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
        for name, row in zip(names, rows, strict=True)
    ]
