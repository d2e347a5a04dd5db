"""The assessment for the clinician: everything, in the order in which it is needed, in 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from postlude.assessment.model import (
    Assessment,
    Because,
    Candidate,
    Cited,
    Combination,
    Conclusion,
    Confirmation,
    GoalView,
    Onward,
    Question,
    Waiting,
)
from postlude.catalog.duration import words
from postlude.report import combinations, goals
from postlude.report.clinician_options import cited, ids, options
from postlude.report.layout import WIDTH, bullet, heading, marked, paragraph, range_of
from postlude.report.listing import unknowns

_SHOWN_QUESTIONS = 3


def clinician(assessment: Assessment, say: Mapping[str, str], *, title: str) -> str:
    """Return the report; ``say`` holds the sentences of the interface, ``title`` says whose intake it is."""
    return "\n".join(_lines(assessment, say, title)) + "\n"


def _lines(assessment: Assessment, say: Mapping[str, str], title: str) -> Iterator[str]:
    yield "=" * WIDTH
    yield paragraph(title)
    yield "=" * WIDTH
    yield ""
    yield paragraph(assessment.headline)
    yield ""
    yield paragraph(f"Urgency: {_urgency(assessment)}.  Route still possible: {', '.join(assessment.route)}.")
    for companion in assessment.companions:
        yield paragraph(companion.says)
    yield from _red_flags(assessment)
    if assessment.disposition != "emergency":
        yield from goals.clinician(assessment, say)
    yield from _ask(assessment)
    yield from _actions(assessment)
    yield from _onward(assessment.onward)
    if assessment.disposition == "emergency":
        yield heading("the rest waits")
        yield paragraph("Causes and options are not shown while this is an emergency; --json holds them.")
        yield from _safety(assessment)
    else:
        yield from _findings(assessment)
        yield from _safety(assessment)
        yield from _candidates(assessment.candidates)
        yield from options(assessment, say)
        yield from combinations.clinician(assessment, say)
    yield from _notes(assessment.notes)
    yield from _sources(assessment)
    yield from _foot(assessment)


def _urgency(assessment: Assessment) -> str:
    low, high = assessment.urgency.at_least, assessment.urgency.at_most
    return low if low == high else f"at least {low}, at most {high} (until the questions are answered)"


def _red_flags(assessment: Assessment) -> Iterator[str]:
    flags = [c for c in assessment.conclusions if c.kind == "red-flag"]
    if flags:
        yield heading("warning signs")
        for conclusion in flags:
            yield from _conclusion(conclusion, f"{conclusion.urgency}, within {words(conclusion.within)}: ")


def _conclusion(conclusion: Conclusion, before: str = "") -> Iterator[str]:
    yield bullet(marked(before + conclusion.says, conclusion.marks) + _stands(conclusion))
    for value in conclusion.values:
        yield bullet(f"{value.says}: {range_of(value.low, value.high, value.unit)}", 1, ">")
    yield from _because(conclusion.because)
    yield paragraph(f"sources: {ids(conclusion.sources)}", indent="    ")


def _stands(conclusion: Conclusion) -> str:
    """Say behind the mark who stands for it, or that nobody of the clinic does."""
    if conclusion.confirmed is not None:
        return f" (confirmed by {_who(conclusion.confirmed)})"
    return " (no clinician here has confirmed it; a warning sign works all the same)" if conclusion.unconfirmed else ""


def _who(confirmation: Confirmation) -> str:
    role = f", {confirmation.role}," if confirmation.role else ""
    return f"{confirmation.by}{role} on {confirmation.on}"


def _because(because: Sequence[Because], depth: int = 1) -> Iterator[str]:
    for reason in because:
        yield bullet(f"because {reason.says}" if reason.value is not None else reason.says, depth, "·")


def _ask(assessment: Assessment) -> Iterator[str]:
    if not assessment.ask:
        return
    signs = [q for q in assessment.ask if q.warning_sign]
    others = [q for q in assessment.ask if not q.warning_sign and q.answered_by == "patient" and not q.after]
    later = [q for q in assessment.ask if not q.warning_sign and q.answered_by != "patient"]
    yield heading("what to ask next")
    if signs:
        now = [q for q in signs if not q.after]
        yield paragraph(f"Warning signs, every one ({len(now)}; {len(signs) - len(now)} more follow from a yes):")
        for question in now:
            yield from _question(question, effects=False)
    if others:
        yield paragraph(f"Then, of {len(others)} more, those that decide most:")
        for question in others[:_SHOWN_QUESTIONS]:
            yield from _question(question, effects=True)
    if later:
        yield paragraph(f"For an examination or a test ({len(later)}), first:")
        for question in later[:_SHOWN_QUESTIONS]:
            yield from _question(question, effects=True)


def _question(question: Question, *, effects: bool) -> Iterator[str]:
    state = {"declined": " (declined)", "not_known": " (not known)", "lapsed": " (answered too long ago)"}
    yield bullet(f"{question.question}{state.get(question.state, '')}  [{question.fact}]")
    if effects:
        more = len(question.could_change) - 4
        shown = ", ".join(question.could_change[:4]) + (f" and {more} more" if more > 0 else "")
        yield paragraph(f"could change: {shown}", indent="    ")


def _actions(assessment: Assessment) -> Iterator[str]:
    alongside = [action for companion in assessment.companions for action in companion.actions]
    first = [action for action in assessment.actions if action not in alongside]
    for title, actions in (("what to do", first), ("at the same time", alongside)):
        if actions:
            yield heading(title)
            for action in actions:
                when = f" within {words(action.within)}" if action.within else ""
                yield bullet(f"{action.do} ({action.who}{when})")


def _onward(onward: Onward | None) -> Iterator[str]:
    if onward is None:
        return
    yield heading("who else can help, and how to come back")
    if onward.confirm:
        yield bullet(onward.confirm)
    if onward.because:
        yield bullet(f"why: {'; '.join(reason.says for reason in onward.because)}")
    yield bullet(f"who else can help: {'; '.join(onward.who_else)}")
    yield bullet(f"how to come back: {onward.come_back}")


def _findings(assessment: Assessment) -> Iterator[str]:
    found = [c for c in assessment.conclusions if c.kind in ("finding", "route")]
    if found:
        yield heading("what it means")
        for conclusion in found:
            yield from _conclusion(conclusion)


def _safety(assessment: Assessment) -> Iterator[str]:
    if assessment.safety:
        yield heading("safety")
        for conclusion in assessment.safety:
            yield from _conclusion(conclusion)
    yield from _waiting(assessment.waiting)


def _waiting(waiting: Sequence[Waiting]) -> Iterator[str]:
    if not waiting:
        return
    yield heading("safety rules that wait for a clinician")
    yield paragraph(
        "No clinician here has confirmed these rules, so they say nothing yet. That does not mean that there is "
        "nothing to say: read each one (postlude explain RULE)."
    )
    for rule in waiting:
        lapsed = f" (what {_who(rule.lapsed)} confirmed has changed since)" if rule.lapsed else ""
        if rule.state == "would-apply":
            yield bullet(f"would apply: {marked(rule.rule, rule.marks)}{lapsed}")
            yield from _because(rule.because)
        else:
            missing = "; ".join(unknowns(rule.because))
            yield bullet(f"not known whether it applies: {marked(rule.rule, rule.marks)}{lapsed}; missing: {missing}")


def _candidates(candidates: Sequence[Candidate]) -> Iterator[str]:
    if not candidates:
        return
    yield heading("where the pain may come from")
    for number, candidate in enumerate(candidates, start=1):
        yield bullet(marked(candidate.name, candidate.marks), sign=f"{number}.")
        for sign, points in (("+", candidate.for_), ("−", candidate.against)):
            for point in points:
                yield bullet(marked(point.says, point.marks), 1, sign)
        yield bullet(f"settled by {'; '.join(candidate.settled_by)}", 1, "?")
        if candidate.prevalence:
            yield bullet(f"how common: {candidate.prevalence}", 1, " ")
        yield paragraph(f"sources: {ids(candidate.sources)}", indent="    ")


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield heading("kept, but not understood")
        for note in notes:
            yield bullet(note)


def _sources(assessment: Assessment) -> Iterator[str]:
    shown: dict[str, Cited] = {}
    parts: list[Conclusion | Candidate | Combination | GoalView] = list(assessment.conclusions)
    if assessment.disposition != "emergency":
        parts += (goal for goal in assessment.goals if goal.answer == "maybe")
        parts += assessment.candidates
        parts += (combination for combination in assessment.combinations if combination.state != "undecided")
    for part in parts:
        shown |= {source.id: source for source in part.sources}
    if assessment.disposition != "emergency":
        shown |= {source.id: source for source in cited(assessment)}
    if shown:
        yield heading("sources")
        for source in shown.values():
            yield bullet(f"{source.id}: {source.cite} (read: {source.read})")


def _foot(assessment: Assessment) -> Iterator[str]:
    yield ""
    yield "-" * WIDTH
    yield paragraph(
        "For clinicians. It supports a clinician's judgement and does not replace it. [unverified] is general "
        "knowledge not seen on a page, [design] our own rule or time frame: check both before use. "
        "What is not known is never read as no."
    )
    versions = assessment.versions
    evidence = f"evidence {versions['evidence'][:16]}" if versions["evidence"] else "without evidence"
    yield paragraph(f"postlude {versions['postlude']}, knowledge {str(versions['knowledge'])[:16]}, {evidence}")
