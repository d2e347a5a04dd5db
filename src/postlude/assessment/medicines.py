"""Finds a medicine by any of its names, and says what follows from knowing which one it is."""

from typing import NamedTuple

from postlude.catalog.catalogue import Catalogue, medicine_key
from postlude.errors import nearest
from postlude.logic.person import Value


class Named(NamedTuple):
    """A medicine found at the beginning of a text (or nothing), and what of the text is left."""

    medicine: str
    rest: str


class Medicines:
    """The medicines of a catalogue, by every name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_name: dict[str, str] = {}

    def _names(self) -> dict[str, str]:
        if not self._by_name:
            for medicine in self._catalogue.medicines.values():
                for name in (medicine.id, medicine.says, *medicine.also):
                    self._by_name[medicine_key(name)] = medicine.id
        return self._by_name

    def find(self, name: str) -> str:
        """Return the id of the medicine of that name, or an empty string."""
        return (
            self._catalogue.medicines[name].id
            if name in self._catalogue.medicines
            else self._names().get(medicine_key(name), "")
        )

    def like(self, name: str) -> str:
        """Return the known name most like ``name``, or an empty string."""
        return nearest(medicine_key(name), list(self._names()))

    def at_start(self, text: str) -> Named:
        """Find the longest medicine name with which ``text`` begins."""
        words = text.split()
        for count in range(min(len(words), 6), 0, -1):
            found = self.find(" ".join(words[:count]))
            if found:
                return Named(found, " ".join(words[count:]))
        return Named("", text)

    def known_of(self, medicine: Value | None) -> dict[str, Value]:
        """Return the fields that follow from knowing the medicine: its classes, and its factor if one is published.

        An empty dictionary when the medicine is not known: what is not recognised is not *not an opioid*.
        """
        if not isinstance(medicine, str) or medicine not in self._catalogue.medicines:
            return {}
        found = self._catalogue.medicines[medicine]
        known: dict[str, Value] = {name: name in found.classes for name in self._catalogue.classes}
        if found.mme_factor is not None:
            known["mme_factor"] = (found.mme_factor, found.mme_factor)
        return known

    def dose_unit(self, medicine: Value | None) -> str:
        """Return the unit in which a daily dose is counted."""
        if isinstance(medicine, str) and medicine in self._catalogue.medicines:
            return self._catalogue.medicines[medicine].dose_unit
        return "mg"
