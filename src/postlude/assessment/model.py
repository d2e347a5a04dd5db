"""The shape of an assessment: what ``postlude assess --json`` prints, key by key."""

from typing import Any
from typing import Literal as OneOf

import msgspec

from postlude.evidence.expectation import Expectation
from postlude.evidence.pool import Benefit, Certainty, HarmRate

Disposition = OneOf["emergency", "urgent", "ask", "refer", "consult", "unlikely"]
Level = OneOf["emergency", "urgent", "routine"]
RouteName = OneOf["refer", "consult", "unlikely"]
Status = OneOf["offer", "consider", "caution", "avoid", "cannot-say"]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Because(_Part, frozen=True, kw_only=True):
    """A known fact that carries a statement (``value`` is ``None`` where it is a missing one that holds it up)."""

    fact: str
    value: Any
    says: str


class Cited(_Part, frozen=True, kw_only=True):
    """A source, its DOI, PMID or issuing body first."""

    id: str
    cite: str
    read: str
    url: str = ""


class Shown(_Part, frozen=True, kw_only=True):
    """A derived quantity printed with a conclusion; ``low`` equals ``high`` when it is exact, ``None`` is unbounded."""

    fact: str
    says: str
    low: float | None
    high: float | None
    unit: str


class Urgency(_Part, frozen=True, kw_only=True):
    at_least: Level
    at_most: Level


class Confirmation(_Part, frozen=True, kw_only=True):
    """Who of the clinic stands for a marked rule, and since which day (as the clinic wrote it)."""

    by: str
    role: str
    on: str


class Conclusion(_Part, frozen=True, kw_only=True):
    """A rule that came out true. ``confirmed`` is a clinician's word for it; a red flag works without one, and its
    ``unconfirmed`` says so in production.
    """

    rule: str
    kind: str
    says: str
    plain: str
    because: tuple[Because, ...]
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]
    values: tuple[Shown, ...] = ()
    urgency: str = ""
    within: str = ""
    confirmed: Confirmation | None = None
    unconfirmed: bool = False


class Waiting(_Part, frozen=True, kw_only=True):
    """A marked safety rule that says nothing in production, as no clinician has confirmed it as it is now.

    ``state`` says whether it would apply, or whether that is not known; ``because`` holds what is known of it, or what
    is missing. ``lapsed`` is a confirmation of an earlier form of the rule.
    """

    rule: str
    state: OneOf["would-apply", "not-known"]
    because: tuple[Because, ...]
    marks: tuple[str, ...]
    lapsed: Confirmation | None


class Point(_Part, frozen=True, kw_only=True):
    says: str
    because: tuple[Because, ...]
    marks: tuple[str, ...]


class Candidate(_Part, frozen=True, kw_only=True):
    """A place where the pain may come from; ``for_`` is written ``for``."""

    id: str
    name: str
    plain: str
    for_: tuple[Point, ...] = msgspec.field(name="for")
    against: tuple[Point, ...]
    settled_by: tuple[str, ...]
    prevalence: str
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]


class Objection(_Part, frozen=True, kw_only=True):
    """A caution or contraindication: ``state`` says whether it holds or is still to be checked."""

    id: str
    kind: OneOf["avoid", "caution"]
    state: OneOf["holds", "to-check"]
    says: str
    because: tuple[Because, ...]
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]


class Option(_Part, frozen=True, kw_only=True):
    """A treatment. ``expected`` is what the evidence says of it for this person, ``None`` without a pool of evidence or
    when none of its terms is the treatment's; ``harms``, ``certainty``, ``studies`` (trials or series) and ``people``
    are those of ``expected``, for a table.
    """

    treatment: str
    name: str
    status: Status
    because: tuple[Because, ...]
    objections: tuple[Objection, ...]
    aimed_at: tuple[str, ...]
    what: str
    honest: str
    plain_honest: str
    steps: tuple[str, ...]
    expect_after: str
    watch_for: tuple[str, ...]
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]
    price: str | None = None
    covered: str | None = None
    interest: str | None = None
    here: bool | None = None
    elsewhere: str | None = None
    expected: Expectation | None = None
    harms: tuple[HarmRate, ...] | None = None
    certainty: Certainty | None = None
    studies: int | None = None
    people: int | None = None


class Combination(_Part, frozen=True, kw_only=True):
    """Treatments after or beside each other, once more, or one alone, and whether that makes sense for this person.

    ``state``: the condition holds; it is not yet decided (``because`` says what would decide); or it holds but what is
    to be done is to be avoided for this person (``avoided`` names the treatments).
    """

    id: str
    form: OneOf["sequence", "beside", "again", "alone"]
    reads: str
    makes_sense: bool
    state: OneOf["holds", "undecided", "held-up"]
    treatments: tuple[str, ...]
    avoided: tuple[str, ...]
    says: str
    plain: str
    because: tuple[Because, ...]
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]


class GoalOption(_Part, frozen=True, kw_only=True):
    """An option with a goal. ``benefit`` is the expected one where the goal is what it was measured by, ``None`` where
    the evidence has none; ``compared`` are publications that measured the goal inside a comparison.
    """

    treatment: str
    name: str
    status: Status
    benefit: Benefit | None
    compared: tuple[str, ...]


class GoalView(_Part, frozen=True, kw_only=True):
    """What can be said of one goal for this person; never a promise.

    ``maybe``: an option worth weighing has it and is aimed at a listed candidate; ``not-known``: ``would_decide`` says
    what is missing; ``not-seen``: no such option is on the list. ``matters`` and ``against`` are ``None`` while not
    known; ``against_because`` carries a known one, or says what is missing. ``nothing_shows`` holds the sentence that
    no comparison of the library measured the goal with any of the options, empty where one did or there are none.
    """

    id: str
    asks: str
    plain: str
    matters: bool | None
    because: tuple[Because, ...]
    answer: OneOf["maybe", "not-known", "not-seen"]
    options: tuple[GoalOption, ...]
    would_decide: tuple[Because, ...]
    against: bool | None
    against_says: str
    against_plain: str
    against_because: tuple[Because, ...]
    honest: str
    plain_honest: str
    nothing_shows: str
    plain_nothing_shows: str
    sources: tuple[Cited, ...]
    marks: tuple[str, ...]


class Action(_Part, frozen=True, kw_only=True):
    """``because`` names the rules (or warning signs) that call for it."""

    do: str
    plain: str
    who: str
    within: str | None
    because: tuple[str, ...]


class Companion(_Part, frozen=True, kw_only=True):
    """A second route that goes with the first, at the same time: pain care beside a surgeon's opinion.

    ``undecided``: whether it goes along is not known yet, and ``because`` says what is missing. ``rules`` call for it;
    ``actions`` are theirs alone, and also stand among the actions of the assessment.
    """

    route: RouteName
    state: OneOf["holds", "undecided"]
    says: str
    plain: str
    rules: tuple[str, ...]
    because: tuple[Because, ...]
    actions: tuple[Action, ...]


class Onward(_Part, frozen=True, kw_only=True):
    """What goes with ``refer`` and ``unlikely``: why, who else can help, and how to come back.

    ``confirm`` says that a clinician confirms it before anyone is told, empty where nobody is turned away.
    """

    confirm: str
    because: tuple[Because, ...]
    who_else: tuple[str, ...]
    who_else_plain: tuple[str, ...]
    come_back: str
    come_back_plain: str


class Effect(_Part, frozen=True, kw_only=True):
    """What one answer alone would make of a rule."""

    answer: bool | str
    rule: str
    becomes: bool


class Question(_Part, frozen=True, kw_only=True):
    """An unknown fact that may still change something; ``could_change`` holds ids of rules, treatments, causes,
    combinations and goals.
    """

    fact: str
    question: str
    why: str
    answered_by: str
    warning_sign: bool
    state: str
    after: tuple[str, ...]
    """Facts that decide whether the question makes sense and are not known yet; ask them first."""
    could_change: tuple[str, ...]
    answers: tuple[Effect, ...]


class Assessment(_Part, frozen=True, kw_only=True):
    disposition: Disposition
    urgency: Urgency
    route: tuple[RouteName, ...]
    within: str | None
    headline: str
    companions: tuple[Companion, ...]
    goals: tuple[GoalView, ...]
    conclusions: tuple[Conclusion, ...]
    candidates: tuple[Candidate, ...]
    options: tuple[Option, ...]
    combinations: tuple[Combination, ...]
    safety: tuple[Conclusion, ...]
    waiting: tuple[Waiting, ...]
    actions: tuple[Action, ...]
    onward: Onward | None
    ask: tuple[Question, ...]
    notes: tuple[str, ...]
    versions: dict[str, str | None]
