"""Somebody who answers an intake page by page, as a browser without a script would send it."""

import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

YES = {"bladder_change", "bladder_change_recent", "cannot_pass_urine", "saddle_numbness", "saddle_numbness_recent"}
"""Answers that are an emergency together."""
URGENT = {"wish_dead"}
"""An answer that is urgent, and no emergency."""
_QUIET = {"script", "style", "datalist", "title"}


class _Page(HTMLParser):
    """What a page says and offers: text as a reader gets it, fields, buttons, links."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.said: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in ("input", "textarea", "select") and given.get("name"):
            self.fields.append((given.get("type", tag), given["name"], given.get("value", "")))
        elif tag == "button" and given.get("name"):
            self.buttons.append((given["name"], given.get("value", "")))
        elif tag == "a":
            self.links.append(given.get("href", ""))
        if tag not in ("input", "meta", "link", "br", "progress"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self._inside and self._inside.pop() != tag:
            pass
        if tag in ("p", "h1", "h2", "h3", "h4", "li", "dt", "dd", "legend", "label", "button", "summary", "div"):
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not _QUIET & set(self._inside) and "main" in self._inside:
            self.said.append(data)


def read(body: bytes) -> _Page:
    page = _Page()
    page.feed(body.decode())
    return page


def text(body: bytes) -> str:
    """What stands in the main part of a page, one sentence or label a line."""
    lines = (" ".join(line.split()) for line in "".join(read(body).said).split("\n"))
    return "\n".join(line for line in lines if line)


class Answering:
    """One person at the pages: ``url`` is where they are, ``body`` what they see, ``seen`` every page so far."""

    def __init__(self, client: Client, start: str = "/begin/", **told: str) -> None:
        self.client = client
        self.seen: list[tuple[str, bytes]] = []
        self.url, self.body, self.status = "", b"", 0
        self.open(start)
        self.send(told)
        if "sent_by_a_person" in self.body.decode():
            self.send({})

    def open(self, url: str) -> None:
        """Open a page, and follow where it leads."""
        response = self.client.get(url)
        while response.status_code in (301, 302):
            url = _path(response.headers["Location"])
            response = self.client.get(url)
        self.url, self.body, self.status = url, response.content, response.status_code
        self.seen.append((url, self.body))

    def send(self, told: Mapping[str, Any], **changed: Any) -> None:
        """Send the form of this page with what was told."""
        hidden: dict[str, Any] = {}
        for kind, name, value in read(self.body).fields:
            if kind == "hidden" and name != "csrfmiddlewaretoken":
                hidden[name] = [*hidden.get(name, []), value]
        response = self.client.post(self.url, {**hidden, **told, **changed})
        self.status = response.status_code
        if response.status_code in (301, 302):
            self.open(_path(response.headers["Location"]))
            self.status = 302
        else:
            self.body = response.content

    @property
    def at(self) -> str:
        """What the page is: ``q/PATH``, ``g/GROUP``, or its name."""
        return unescape("/".join(self.url.strip("/").split("/")[2:]))

    @property
    def link(self) -> str:
        """The private link, as a path."""
        return "/".join(self.url.split("/")[:3]) + "/"

    @property
    def asked(self) -> list[str]:
        return [value for kind, name, value in read(self.body).fields if name == "asked"]

    def says(self) -> str:
        return text(self.body)

    def answer(self, yes: frozenset[str] | set[str] = frozenset()) -> None:
        """Answer this page: yes to what is named, no to the rest; a middling number, the first of a choice.

        Of an entry of a list nothing more is known.
        """
        page, path = read(self.body), self.at.removeprefix("q/")
        offered = [value for name, value in page.buttons if name == "answer"]
        if self.at == "g/drawing":
            self.send({"place": ["lower-back", "thigh-left-back"]})
        elif re.search(r"-\d+$", self.at):
            self.send({"rest": "not_known"})
        elif self.at.startswith("g/"):
            told = {name: "yes" if name in yes else "no" for name in self.asked} if yes & set(self.asked) else {}
            self.send(told or {"rest": "none"})
        elif ("finish", "1") in page.buttons:
            self.send({"finish": "1"})
        elif path in yes:
            self.send({"answer": "yes"})
        elif "no" in offered:
            self.send({"answer": "no"})
        elif offered:
            self.send({"answer": offered[5 if len(offered) > 10 else 0]})
        elif any(kind == "textarea" for kind, *_ in page.fields):
            self.send({"answer": "to walk to the sea"})
        else:
            self.send({"answer": "36"})

    def go_on(self) -> None:
        """Go on with the questions that are left; what was told is handed in before, where it is not yet."""
        if self.at != "done":
            self.open(f"{self.link}answers/")
            self.send({})
        assert self.at == "done", self.at
        self.client.post(f"{self.link}more/")
        self.open(self.link)

    def until(self, *names: str, yes: frozenset[str] | set[str] = frozenset()) -> None:
        """Answer page after page until one of these is reached, or the questions are over.

        Where the clinic could call, and none of the last pages is meant, it is handed in and gone on with.
        """
        for _ in range(150):
            if self.at == "wishes" and not {"wishes", "answers"} & set(names):
                self.go_on()
            if self.at in names or not re.match(r"[qg]/|so-far", self.at):
                return
            if self.at == "so-far":
                self.open(self.link)
            else:
                self.answer(yes)
            assert self.status in (200, 302), self.says()
        raise AssertionError("the questions do not end")


def _path(address: str) -> str:
    return re.sub(r"^https?://[^/]+", "", address)
