"""Collects what is wrong, so that a knowledge editor sees every mistake at once."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands: a file, a table such as ``[[rule]] cauda-equina``, and a key of it."""

    file: str
    table: str = ""
    key: str = ""

    def at(self, key: str) -> "Place":
        return self._replace(key=f"{self.key}.{key}" if self.key else key)

    def __str__(self) -> str:
        parts = [self.file, *([self.table] if self.table else []), *([f"key `{self.key}`"] if self.key else [])]
        return ", ".join(parts)


class Problems(list[str]):
    """The mistakes found so far, each a sentence that begins with its place."""

    def note(self, place: Place, what: str) -> None:
        self.append(f"{place}: {what}")
