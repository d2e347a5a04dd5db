"""The way through a follow-up, or through questionnaires: which page comes next, and what each page keeps.

The same pages serve the person with a private link and the clinic on the telephone.
"""

import functools
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from postlude.assessment.disposition import headline
from postlude.catalog.duration import told as lasting
from postlude.instruments.entries import Wording
from postlude.instruments.instrument import Instrument
from postlude.logic import evaluate
from postlude.logic.person import Person as Known
from postlude.registry import knowledge
from postlude.registry.actions import contacts, entries
from postlude.registry.actions.acting import RecordError
from postlude.registry.actor import Actor
from postlude.registry.aside import Aside, told
from postlude.registry.due import open_until
from postlude.registry.filling import SITES, TIMES, Filling, Page, wording
from postlude.registry.languages import day
from postlude.registry.models import AdverseEvent, Contact, Person
from postlude.web.followup.forms import FactsForm, ItemsForm, OthersForm, PainForm, SinceForm, marked
from postlude.web.followup.minutes import READING, minutes, of_follow_up
from postlude.web.languages import refilled, sent
from postlude.web.patient.speaking import speaking
from postlude.web.templatetags.languages import foreign, in_english
from postlude.web.templatetags.languages import spoken as shown

SIGNS, MORE, SINCE, DONE, NOW = "signs", "more", "since", "done", "now"
_SECTION = "follow."
_ON_EVERY_PAGE = ("skip", "emergency_line", "languages", "synthetic_title", "synthetic")


class Setting(NamedTuple):
    """Who fills in, and how: ``way`` of the intake beside it and of the contact's answer; ``base`` of the templates."""

    by: Actor
    told_by: str
    filled_by: str
    way: str
    answered: str
    language: str
    base: str
    aloud: bool = False


class Say(dict[str, str]):
    """The sentences of these pages in a language; those with blanks are filled by ``tell``."""

    def __init__(self, language: str) -> None:
        self.speaking = speaking(language)
        words = self.speaking.catalogue.say
        super().__init__({key.removeprefix(_SECTION): words[key] for key in words if key.startswith(_SECTION)})
        # What the pages for people have in common.
        self |= {key: self.speaking[key] for key in _ON_EVERY_PAGE}

    def tell(self, key: str, **blanks: Any) -> str:
        """Return a sentence, named with its section; blanks of what the clinic says of itself are filled with it."""
        own, key = self.speaking.own, "follow." + key.removeprefix(_SECTION)
        return self.speaking(
            key,
            telephone=own.telephone,
            emergency_number=own.emergency_number,
            crisis_line=own.crisis_line,
            **blanks,
        )

    def day(self, on: date) -> str:
        """Return a day as these pages write it."""
        return day(on, self.speaking.language)


class Walk:
    """One way through. ``to`` gives the address of a page; ``contact`` is ``None`` for questionnaires by themselves."""

    def __init__(
        self,
        person: Person,
        filling: Filling,
        aside: Callable[[], Aside],
        setting: Setting,
        to: Callable[[str], str],
        contact: Contact | None,
    ) -> None:
        self.person, self.filling = person, filling
        self._begin = aside
        self.setting, self.to, self.contact = setting, to, contact
        self.say = Say(setting.language)

    @functools.cached_property
    def aside(self) -> Aside:
        """Begun when it is first needed: a mail program that only looks at a link begins nothing."""
        return self._begin()

    # --- the way --------------------------------------------------------------------------------

    def pages(self) -> list[str]:
        """Return the pages in order, as far as the answers so far decide them."""
        found = []
        if self.contact is not None:
            found.append(SIGNS)
            if self._facts(MORE):
                found.append(MORE)
        asked = [page for page in self.filling.pages() if not page.facts or self._facts(page.id)]
        if self.contact is None:
            return [page.id for page in asked]
        return [*found, *(p.id for p in asked if not p.part.later), SINCE, *(p.id for p in asked if p.part.later)]

    def minutes(self, *, later: bool = False) -> int:
        """Return about how long it takes, or what is offered ``later``: rather too long than too short."""
        seconds = sum(page.part.seconds for page in self.filling.pages() if page.part.later is later)
        if self.contact is None or later:
            return minutes(READING * seconds)
        return of_follow_up(seconds, sum(len(signs.facts) for signs in knowledge.follow_up().signs))

    def first(self) -> str:
        """Return the first page that holds nothing yet, where somebody who comes back goes on."""
        kept = {form.part.split(" ", 1)[0] for form in self.filling.forms()}
        pages = self.pages()
        for page in pages:
            asked = self._facts(page)
            if any(one.answer is None for one in asked) if asked else page not in kept:
                return page
        return pages[-1]

    def show(self, request: HttpRequest, page: str) -> HttpResponse:
        """Show a page, or keep what was handed in on it and lead on."""
        if page == DONE:
            return self._done(request)
        if page == NOW:
            return self._now(request)
        pages = self.pages()
        if page not in pages:
            # An answer that was changed since took it away.
            return redirect(self.to(self.first()))
        form = refilled(self._form(page, request.POST if sent(request) else None), request)
        if sent(request) and form.is_valid():
            try:
                onward = self._keep(request, page, form)
            except RecordError as error:
                form.add_error(None, in_english(str(error), self.say.speaking.language))
            else:
                if onward is not None:
                    return redirect(self.to(onward))
        return self._render(request, page, pages, form)

    # --- one page -------------------------------------------------------------------------------

    def _form(self, page: str, data: Any) -> forms.Form:
        if page == SINCE:
            harm = self._harm()
            return SinceForm(self.say, data, initial={"harm": harm.what if harm else ""})
        if asked := self._facts(page):
            return FactsForm(asked, self.say.speaking.catalogue.facts, self.say, data, aloud=self.setting.aloud)
        part = self._part(page)
        if part.part.sites == "main":
            return PainForm(part.part.times, self._pain(part), self.say, data)
        if part.part.sites == "others":
            main = self.filling.main_site()
            return OthersForm([s for s in SITES if s != main], self._pain(part), self.say, data)
        if part.instrument is None:
            raise Http404
        before = self.filling.form(page)
        answers = dict(before.answers) if before else {}
        words = self._words(part.instrument)
        asked_here = [part.instrument.items[key] for key in part.items if self._makes_sense(part, key, answers)]
        return ItemsForm(asked_here, words, answers, self.say, data, language=self.say.speaking.language)

    def _keep(self, request: HttpRequest, page: str, form: Any) -> str | None:
        """Keep a page, and return the one that comes next; ``None``: this one once more."""
        if isinstance(form, SinceForm):
            return self._finish(form)
        if isinstance(form, FactsForm):
            before = self._level()
            with transaction.atomic():
                self.aside.keep(form.answers())
            if self._level() not in ("routine", before):
                return NOW
            return self._after(page)
        part = self._part(page)
        if isinstance(form, PainForm | OthersForm):
            with transaction.atomic():
                for site, time, number in form.answers():
                    item = part.items[0] if part.items else ""
                    if item:
                        self.filling.keep(part, {} if number is None else {item: number}, site=site, time=time)
            return self._after(page)
        before_now, now = self.filling.form(page), form.answers()
        held = dict(before_now.answers) if before_now else {}
        answers = {key: value for key, value in held.items() if key not in form.fields} | now
        again = self.filling.unanswered(part, answers)
        if again and "again" not in request.POST:
            form.once_more = [in_english(one.says, self.say.speaking.language) for one in again]
            form.add_error(None, self.say["answer_this"])
            return None
        self.filling.keep(part, answers)
        opened = [key for key in part.items if self._makes_sense(part, key, answers)]
        return page if set(opened) - set(form.fields) else self._after(page)

    def _finish(self, form: SinceForm) -> str:
        by, today = self.setting.by, timezone.localdate()
        harm, before = form.cleaned_data["harm"].strip(), self._harm()
        contact = self.contact
        if contact is None:
            raise Http404
        with transaction.atomic():
            if harm and before is None:
                details = {"what": harm, "about": contact.about, "contact": contact, "told_by": self.setting.told_by}
                entries.enter(model=AdverseEvent, person=self.person, details=details, by=by)
            elif before is not None and harm and harm != before.what:
                entries.correct(entry=before, changes={"what": harm}, by=by, why="the person changed it")
            elif before is not None and not harm:
                entries.withdraw(entry=before, by=by, why="the person took it back")
            self.filling.worse()
            changed = form.cleaned_data["medicines"].strip()
            if contact.steps.order_by("-id").values_list("does", flat=True).first() != "answered":
                contacts.answered(contact=contact, way=self.setting.answered, on=today, by=by, note=changed)
        return DONE

    # --- what is told ---------------------------------------------------------------------------

    def _render(self, request: HttpRequest, page: str, pages: list[str], form: forms.Form) -> HttpResponse:
        at = pages.index(page)
        sent_with = pages.index(SINCE) + 1 if SINCE in pages else len(pages)
        # What is offered afterwards is counted by itself.
        share, whole = (at, sent_with) if at < sent_with else (at - sent_with, len(pages) - sent_with)
        part = None if page in (SIGNS, MORE, SINCE) else self._part(page)
        words = self._words(part.instrument) if part and part.instrument and not part.part.sites else None
        language = self.say.speaking.language
        titles = {SIGNS: self.say["signs_title"], MORE: self.say["more_title"], SINCE: self.say["since_title"]}
        others = part is not None and part.part.sites == "others"
        return self.render(
            request,
            "followup/page.html",
            {
                "page": page,
                "form": form,
                "title": self.say["others_title"] if others else titles.get(page, ""),
                "hint": self.say["others_hint"] if others else self.say["signs_hint"] if page == SIGNS else "",
                "lead": words.lead if words else "",
                "notice": words.notice if words else "",
                "in_english": self.say.tell("follow.in_english") if words and words.language != language else "",
                "about": self.about() if page != SIGNS else "",
                "none": page == SIGNS,
                "last": page == SINCE,
                "back": self.to(pages[at - 1]) if at else "",
                "at": self.say.tell("follow.page_of", at=share + 1, of=whole),
                "share": share,
                "whole": whole,
            },
            status=422 if form.is_bound and form.errors else 200,
        )

    def render(
        self, request: HttpRequest, template: str, more: dict[str, Any] | None = None, status: int = 200
    ) -> HttpResponse:
        """Show a template with what each of these pages knows."""
        known: dict[str, Any] = {
            "base": self.setting.base,
            "say": self.say,
            "person": self.person,
            "contact": self.contact,
        }
        known |= {
            "language": self.say.speaking.language,
            "clinic": self.say.speaking.clinic,
            "away": self.say.speaking.away,
            "aloud": self.setting.aloud,
            "stop": self._stop(),
        }
        return render(request, template, {**known, **(more or {})}, status=status)

    def about(self) -> str:
        """Return which treatment it is about, as the person knows it."""
        row = self.contact.about if self.contact else None
        if row is None:
            return ""
        treatment = self.say.speaking.catalogue.treatments.get(row.treatment)
        name = treatment.name if treatment else foreign(row.says, self.say.speaking.language)
        return self.say.tell("follow.about", treatment=name, day=self.say.day(row.on))

    def _now(self, request: HttpRequest) -> HttpResponse:
        said = self.aside.said
        what = told(said)
        if what["level"] not in ("emergency", "urgent"):
            return redirect(self.to(self.first()))
        if sent(request):
            self.aside.reopen()
            return redirect(self.to(SIGNS if "mistake" in request.POST else self._after(SIGNS)))
        catalogue = self.say.speaking.catalogue
        told_headline = shown(headline(catalogue, said.urgency, what["level"], said.within, plain=True))
        title = self.say["now_emergency" if what["level"] == "emergency" else "now_urgent"]
        call = self.say.tell("follow.call_now")
        more = {"title": title, "headline": told_headline, "call_now": call, **what}
        return self.render(request, "followup/now.html", more)

    def _done(self, request: HttpRequest) -> HttpResponse:
        contact = self.contact
        within = next(iter(self.filling.worse()), "")
        lines = [self.say["done"]]
        if within:
            lines.append(self.say.tell("follow.call", within=lasting(within, self.say.speaking.catalogue.say)))
            lines.append(self.say.tell("follow.call_number"))
            lines.append(self.say.tell("follow.worse_before"))
        if self._harm() is not None:
            lines.append(self.say["done_harm"])
        if self.filling.alarming():
            lines.append(self.say.tell("follow.alone"))
        if contact is None:
            self.aside.finish()  # what is told with the same link later is told anew
        else:
            until = open_until(contact)
            lines.append(self.say.tell("follow.come_again", until=self.say.day(until)))
        return self.render(request, "followup/done.html", {"lines": lines, "urgent": bool(within)} | self._offered())

    def _offered(self) -> dict[str, str]:
        """What may be told besides, where a follow-up is sent and some of it is open."""
        kept = {form.part.split(" ", 1)[0] for form in self.filling.forms()}
        page = next((p.id for p in self.filling.pages() if p.part.later and p.id not in kept), "")
        if self.contact is None or not page:
            return {}
        return {"more": self.to(page), "takes": self.say.tell("follow.more_offer", minutes=self.minutes(later=True))}

    # --- pieces ---------------------------------------------------------------------------------

    def _stop(self) -> str:
        return self.to("stop") if self.contact is not None and not self.setting.aloud else ""

    def _level(self) -> str:
        level: str = told(self.aside.said)["level"]
        return level if level in ("emergency", "urgent") else "routine"

    def _after(self, page: str) -> str:
        pages = self.pages()
        if self.contact is not None and any(one.answer is None for one in self._facts(MORE)):
            return MORE
        if page == MORE:
            return self.first()
        at = pages.index(page) if page in pages else -1
        return pages[at + 1] if at + 1 < len(pages) else DONE

    def _facts(self, page: str) -> list[Any]:
        plan = knowledge.follow_up()
        if page == SIGNS:
            return self.aside.questions(name for signs in plan.signs for name in signs.facts)
        if page == MORE:
            return self.aside.questions((name for signs in plan.signs for name in signs.then), following=True)
        if page == SINCE:
            return []
        return self.aside.questions(self._part(page).facts)

    def _part(self, page: str) -> Page:
        found = next((one for one in self.filling.pages() if one.id == page), None)
        if found is None:
            raise Http404
        return found

    def _words(self, instrument: Instrument) -> Wording:
        return marked(wording(instrument, self.setting.language), self.say.speaking.language)

    def _pain(self, part: Page) -> dict[str, Any]:
        """Return what was told on a page of pain: by time for the main place, by place for the others."""
        found: dict[str, Any] = {"site": self.filling.main_site()}
        times = {name: time for time, name in TIMES.items()}
        for form in self.filling.forms():
            held = form.part.split(" ")
            if held[0] != part.id or len(held) != len(("part", "site", "time")):
                continue
            if part.part.sites != "main":
                found[held[1]] = next(iter(form.answers.values()), None)
            elif held[1] == found["site"]:
                found[times[held[2]]] = next(iter(form.answers.values()), None)
        return found

    @staticmethod
    def _makes_sense(part: Page, key: str, answers: dict[str, Any]) -> bool:
        """Return whether an item is to be asked, after what was answered of the ones before."""
        if part.instrument is None:
            return False
        item = part.instrument.items[key]
        if item.when is None:
            return True
        known = {k: v if isinstance(v, str | bool) else (float(v), float(v)) for k, v in answers.items()}
        return evaluate.truth(item.when, Known(known, {}, frozenset(), 1)) is True

    def _harm(self) -> AdverseEvent | None:
        if self.contact is None:
            return None
        found: AdverseEvent | None = AdverseEvent.objects.current().filter(contact=self.contact).first()
        return found
