"""A list told entry by entry, one a line in the person's own words, until it holds everything there is."""

from collections.abc import Callable

from postlude.catalog.catalogue import Records
from postlude.errors import IntakeError
from postlude.interview.console import Console
from postlude.interview.session import Session


class Lists:
    """Asks for lists. ``notes`` says what was kept but not understood, as soon as there is such a thing."""

    def __init__(self, console: Console, session: Session, notes: Callable[[], None]) -> None:
        self._console = console
        self._session = session
        self._notes = notes

    def entries(self, records: Records, aside: Callable[[str], None]) -> str:
        """Ask for the entries of a list and whether these are all; ``aside`` obeys the commands that stay here.

        Returns ``back``, the number of the answer to go to, or an empty string when the list is done or left.
        """
        whole = records.key in self._session.content.get("complete", [])
        left = "more"
        if self._session.entries(records) and not whole:
            # An interview that was broken off in the middle of the list: nothing is told twice.
            self._show(records)
            left = self._complete(records, aside)
        if left == "more":
            self._explain(records)
        while left == "more":
            left = self._collect(records, aside) or self._complete(records, aside)
        return "" if left == "done" else left

    def _explain(self, records: Records) -> None:
        self._console.text(records.ask)
        self._console.say("list_how")
        if records.by_medicine:
            self._console.say("list_how_medicine")
        if self._session.entries(records):
            self._show(records)

    def _show(self, records: Records) -> None:
        self._console.say("list_so_far", list=records.says)
        for number, entry in enumerate(self._session.entries(records), start=1):
            self._console.item(entry, f"{number}.", 1)
        self._console.say("list_remove")

    def _collect(self, records: Records, aside: Callable[[str], None]) -> str:
        """Take entries until an empty line; returns an empty string then, else how the list was left."""
        while True:
            text = self._console.line(self._console.word("hint_entry", number=len(self._session.entries(records)) + 1))
            if not text or self._console.says("none", text):
                return ""
            number = self._console.numbered("remove", text)
            if number:
                self._remove(records, number)
                continue
            left = self._left(records, text, aside)
            if left == "asked" or self._console.says("yes", text):
                self._explain(records)
            elif left:
                return left
            else:
                self._add(records, text)
                if self._session.assessment.disposition == "emergency":
                    return "done"

    def _add(self, records: Records, line: str) -> None:
        try:
            self._session.add(records, line)
        except IntakeError as error:
            self._console.text(error.problems[0])
            return
        self._notes()
        like = self._session.like(records, line)
        if like:
            self._console.say("list_like", name=like)

    def _remove(self, records: Records, number: int) -> None:
        if number > len(self._session.entries(records)):
            self._console.say("no_such_number", number=number)
            return
        self._console.say("list_removed", entry=self._session.entries(records)[number - 1])
        self._session.remove(records, number - 1)

    def _complete(self, records: Records, aside: Callable[[str], None]) -> str:
        """Ask whether these are all; returns ``more``, ``done``, or how the list was left."""
        while True:
            some = self._session.entries(records)
            self._console.text(records.complete_ask if some else self._console.word("list_none"))
            text = self._console.line(self._console.word("hint_boolean"))
            if self._console.says("yes", text):
                self._session.finish(records)
                return "done"
            if self._console.says("no", text):
                self._console.say("list_more")
                return "more"
            left = self._left(records, text, aside)
            if left == "asked":
                continue
            if left:
                return left
            self._console.say("allowed_boolean")

    def _left(self, records: Records, text: str, aside: Callable[[str], None]) -> str:
        """Obey a command; returns ``asked`` when the question is to be put again, empty when it was none."""
        command = self._console.command(text)
        change = self._console.numbered("change", text)
        if command in ("decline", "unsure"):
            state = "declined" if command == "decline" else "not_known"
            self._session.leave(self._session.target(records.key), state)
            return "done"
        if command == "back" or change:
            return command or str(change)
        if command:
            aside(command)
        return "asked" if command else ""
