"""What a clinic in production has not confirmed: the safety rules that would have spoken, and do not."""

from collections.abc import Mapping

from postlude.assessment.model import Confirmation, Waiting
from postlude.assessment.telling import Teller
from postlude.assessment.view import View
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.confirmation import Standing
from postlude.catalog.entries import Confirmed
from postlude.logic.reasons import reasons


def waiting(catalogue: Catalogue, standings: Mapping[str, Standing], view: View, teller: Teller) -> tuple[Waiting, ...]:
    """Return the rules that wait and are not known to be false, those that would apply first.

    Their silence must not be read as safety; what they would say is not said, as nobody stands for it yet.
    """
    found: list[Waiting] = []
    for key, stands in standings.items():
        rule = catalogue.rules[key]
        value, missing = view.see(rule.when) if stands.waits else (False, ())
        if value is not False:
            found.append(
                Waiting(
                    rule=key,
                    state="would-apply" if value else "not-known",
                    because=teller.because(reasons(rule.when, view.person)) if value else teller.missing(missing),
                    marks=rule.marks,
                    lapsed=confirmation(stands.lapsed),
                )
            )
    return tuple(sorted(found, key=lambda w: w.state != "would-apply"))


def confirmation(given: Confirmed | None) -> Confirmation | None:
    """Return a confirmation as an assessment shows it."""
    return None if given is None else Confirmation(by=given.by, role=given.role, on=given.on)
