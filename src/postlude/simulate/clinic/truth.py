"""What an analysis of a synthetic clinic should find: integrated over everybody, not counted from the draw."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from postlude.simulate.clinic.setting import Numbers, Setting
from postlude.simulate.clinic.tables import COUNTED

_PLACES = 6
_RELIEF = ("half", "third")


def truth(setting: Setting, counts: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return the shares of responders of each first treatment, alone and with another added, and what was drawn.

    ``everybody``: if everybody had been given it. ``given``: among those who were, whoever is followed.
    ``answered``: among those of them who answer. ``drawn`` are the counts of this draw, by the names of
    :data:`postlude.simulate.clinic.tables.COUNTED`.
    """
    treatments = []
    for k, option in enumerate(setting.entry.option):
        for added in (0, 1):
            if added and not option.added:
                continue
            treatments.append(
                {
                    "treatment": option.treatment,
                    "with": option.added if added else None,
                    "visits": [
                        {
                            "months": visit.months,
                            **_shares(setting, k, added, at),
                            "drawn": dict(zip(COUNTED, map(int, counts[k, added, at]), strict=True)),
                        }
                        for at, visit in enumerate(setting.entry.visit)
                    ],
                }
            )
    harms = [
        {"treatment": treatment, "event": risk.outcome, "share": risk.share}
        for treatment, risks in zip(setting.treatments, setting.risks, strict=True)
        for risk in risks
    ]
    return {"relief": {"half": 50, "third": 30}, "treatments": treatments, "harms": harms, "rates": setting.rates}


def _shares(setting: Setting, k: int, added: int, at: int) -> dict[str, Any]:
    spread, rates = setting.spread, setting.rates
    helps = rates["added_helps"] * added - rates["spread"] * spread.at
    who = setting.chosen(spread.at)[:, k] * spread.weight
    half, third = (expit(setting.level[relief, k, at] + helps) for relief in (0, 1))
    visit = setting.entry.visit[at]
    odds = np.log(visit.answered / (1 - visit.answered))
    helped, not_helped = (float(expit(odds - less)) for less in (0.0, rates["loss"]))
    answers = half * helped + (1 - half) * not_helped
    # Whoever has half relief has 30 % too; those in between answer as those who have neither.
    answering = {"half": half * helped, "third": half * helped + (third - half) * not_helped}
    found: dict[str, Any] = {"evidence": [_rounded(setting.shares[relief, k, at]) for relief in (0, 1)]}
    for name, share in zip(_RELIEF, (half, third), strict=True):
        found[name] = {
            "everybody": _rounded(float(spread.mean(share))),
            "given": _rounded(_over(share, who)),
            "answered": _rounded(_over(answering[name], who) / _over(answers, who)),
        }
    found["answer"] = _rounded(_over(answers, who))
    return found


def _over(of: Numbers, weight: Numbers) -> float:
    return float(of @ weight / weight.sum())


def _rounded(share: float) -> float:
    return round(float(share), _PLACES)
