"""One intake as its pages see it: the interview, the addresses of its pages, and which page comes next."""

from collections.abc import Collection
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse

from postlude.interview.pages import DRAWING, Page, Pages, ahead, is_entry, load, page
from postlude.interview.stages import NEEDED, Stage
from postlude.registry import knowledge
from postlude.registry.actor import Actor
from postlude.registry.interviews import Interview
from postlude.registry.links import address, token
from postlude.registry.models import Link
from postlude.web.patient.speaking import Speaking, speaking


@cache
def pages() -> Pages:
    """Return which questions stand together, and where the places of the body are."""
    return load(knowledge.catalogue(), settings.KNOWLEDGE)


class Here:
    """The intake of a link. Raises Http404 for a link without one."""

    def __init__(self, link: Link) -> None:
        if link.intake is None:
            raise Http404
        self.link = link
        self.intake = link.intake
        self.person = link.person
        relative = self.intake.by == "relative"
        self.by = Actor.relative(self.person) if relative else Actor.person(self.person)
        self.say: Speaking = speaking(self.person.language)

    @cached_property
    def interview(self) -> Interview:
        return Interview(self.intake, by=self.by, language=self.say.language)

    @cached_property
    def ahead(self) -> list[Page]:
        return ahead(self.interview.session, pages())

    def page(self, group: str, asked: Collection[str] = ()) -> Page:
        """Return a page of several questions; ``asked`` are those that it was shown with, where it comes back.

        Raises Http404 when there is nothing to ask on it.
        """
        session = self.interview.session
        try:
            paths = pages().paths(group, session.catalogue)
            first = session.target(paths[0])
            if first.records is not None:
                session.entries(first.records)[first.at]
        except (KeyError, IndexError):
            raise Http404 from None
        found = Page(group, tuple(f for f in paths if f in asked)) if asked else page(session, pages(), group)
        if not found.paths:
            raise Http404
        return found

    def anew(self) -> None:
        """Read the intake again: what was looked at has been overtaken."""
        self.intake.refresh_from_db()
        for name in ("interview", "ahead"):
            self.__dict__.pop(name, None)

    def moved(self) -> None:
        """Forget which pages come: something was told."""
        self.__dict__.pop("ahead", None)

    # --- where to -------------------------------------------------------------------------------

    def at(self, name: str, *args: Any) -> str:
        """Return the address of a page of this intake."""
        return reverse(f"intake-{name}", args=[token(self.link), *args])

    @property
    def address(self) -> str:
        """Return the whole private address, to keep and come back by."""
        return address(self.link)

    def onward(self) -> str:
        """Return the address of what comes next."""
        if self.intake.state == "finished":
            return self.at("done")
        if self.intake.state == "stopped":
            return self.at("now")
        return self._of(self.ahead[0]) if self.asks_on else self.closing()

    def closing(self) -> str:
        """Return the address of the first of the last pages; who has handed in before has seen the others."""
        return self.at("answers" if self.handed_in else "wishes")

    def back(self, here: str) -> str:
        """Return the address of the page before one (a path, or a group), empty when it was the first."""
        keys = list(dict.fromkeys(pages().key(path) or path for path in self.interview.trail))
        here = pages().key(here) or here
        before = keys[: keys.index(here)] if here in keys else keys
        return self.of(before[-1]) if before else ""

    def of(self, key: str) -> str:
        """Return the address of a page: of a group, or of a single question."""
        shared = key == DRAWING or key in pages().together or is_entry(key)
        return self.at("together" if shared else "question", key)

    def _of(self, found: Page) -> str:
        return self.of(found.id or found.paths[0])

    # --- how far --------------------------------------------------------------------------------

    @property
    def signs_left(self) -> bool:
        """Whether a warning sign, or what opens the way to one, waits to be asked."""
        return self.stage == "signs"

    @property
    def enough(self) -> bool:
        """Whether the clinic could call on the strength of what was told: nothing open would have it call sooner."""
        return self.stage not in NEEDED and self.interview.session.assessment.disposition != "ask"

    @cached_property
    def handed_in(self) -> bool:
        """Whether what was told has been handed in before."""
        return self.intake.assessments.exists()

    @property
    def asks_on(self) -> bool:
        """Whether another question comes now. Once the clinic can call, it gets what was told before more is asked."""
        return bool(self.ahead) and (self.handed_in or not self.enough)

    @property
    def stage(self) -> Stage | None:
        """In which stage the next page is; ``None`` when there is none."""
        return self.ahead[0].stage if self.ahead else None

    def progress(self) -> dict[str, Any]:
        """Return how many pages of this part were answered and how many come, as far as is known now.

        The warning signs are a part of their own, and so is what may be left for the visit.
        """
        facts, now = self.interview.session.catalogue.facts, self.stage or "visit"

        def mine(path: str) -> bool:
            return (path in facts and facts[path].warning_sign) is (now == "signs")

        answered = filter(mine, self.interview.session.answered())
        done = len({pages().key(path) or path for path in answered})
        asks = self.interview.session.assessment.disposition == "ask"
        part: set[Stage] = {now, "call"} if now == "urgency" and asks else {now}
        left = max(sum(found.stage in part for found in self.ahead), 1)
        return {"done": done, "all": done + left, "says": self._left(now, left)}

    def left(self) -> str:
        """Return how many pages are left in all, for somebody who has handed in."""
        return self._left(self.stage or "visit", len(self.ahead))

    def _left(self, now: Stage, count: int) -> str:
        part = self.say[f"part_{'call' if now == 'urgency' else now}"]
        return (
            self.say("patient.more_one", part=part) if count == 1 else self.say("patient.more", part=part, count=count)
        )

    def frame(self) -> dict[str, Any]:
        """Return what every page of an intake shows around its question."""
        return {
            "here": self,
            "next": self.at("next"),
            "answers": self.at("answers"),
            "later": self.at("later"),
            "relative": self.intake.by == "relative",
        }
