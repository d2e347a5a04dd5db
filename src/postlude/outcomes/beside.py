"""Published figures beside ours: whether they agree to the printed digit, and if not, why."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from postlude.outcomes.entries import Published
from postlude.outcomes.study import Study
from postlude.outcomes.told import Told


def beside(study: Study, told: Told) -> list[Told]:
    """Return each published figure with ours, and whether ours rounds to the printed digits."""
    return [_one(published, told) for published in study.entry.published]


def _one(published: Published, told: Told) -> Told:
    ours = at(told, published.of)
    row: Told = {"says": published.says, "of": published.of, "published": published.value, "ours": ours}
    if isinstance(ours, int | float):
        ours = ours * published.times
        row["ours"] = ours
        row["agrees"] = rounded(ours, published.digits) == rounded(published.value, published.digits)
    else:
        row["agrees"] = False
        row["missing"] = "our results have no such figure"
    return row | {"differs": published.differs, "sources": list(published.sources)}


def rounded(value: float, digits: int) -> Decimal:
    """Round half up, as papers do; a value within 1e-9 of a half counts as a half."""
    return Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def at(told: Any, path: str) -> Any:
    """Return what stands at a path of keys, or ``None``."""
    for key in path.split("."):
        if isinstance(told, dict):
            told = told.get(key)
        elif isinstance(told, list) and key.isdigit() and int(key) < len(told):
            told = told[int(key)]
        else:
            return None
    return told
