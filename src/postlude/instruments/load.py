"""Reads the instruments, their wordings and the sets: the shipped ones first, and a clinic's own laid over them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from postlude.catalog import files
from postlude.catalog.decode import decode
from postlude.catalog.entries import Entry
from postlude.catalog.problems import Place, Problems
from postlude.errors import FileError, KnowledgeError, UsageError, one_of
from postlude.instruments import tables
from postlude.instruments.build import understand
from postlude.instruments.entries import InstrumentEntry, SetEntry, Wording
from postlude.instruments.instrument import Instrument
from postlude.instruments.sets import ReadSet, understand_set
from postlude.instruments.wording import check_wording

FOLDER = "instruments"
_WORDING, _SETS = "wording", "sets"
E_ = TypeVar("E_", bound=Entry)


class Instruments(NamedTuple):
    """Everything in the folder ``instruments/``, by id."""

    instruments: dict[str, Instrument]
    sets: dict[str, ReadSet]

    def find(self, key: str) -> Instrument:
        """Return one instrument. Raises :class:`UsageError` naming the nearest."""
        if (found := self.instruments.get(key.lower())) is None:
            raise UsageError(f"there is no instrument {key!r}; {one_of(sorted(self.instruments), key, limit=60)}")
        return found


def load(overlay: Path | None = None) -> Instruments:
    """Return the shipped instruments with those of a clinic's folder laid over them.

    Raises :class:`KnowledgeError` with every mistake found, :class:`FileError` when the folder is missing.
    """
    problems = Problems()
    found = read([files.SHIPPED, *([overlay] if overlay else [])], problems)
    if problems:
        raise KnowledgeError(problems)
    return found


def read_one(key: str, overlay: Path | None = None) -> Instrument:
    """Return one instrument, reading its file alone. Raises as :func:`load`, and :class:`UsageError`."""
    problems = Problems()
    folders = [files.SHIPPED, *([overlay] if overlay else [])]
    if not any((folder / FOLDER / f"{key.lower()}.toml").is_file() for folder in folders):
        return load(overlay).find(key)
    found = read(folders, problems, only=key.lower())
    if problems:
        raise KnowledgeError(problems)
    return found.find(key)


def read(folders: list[Path], problems: Problems, only: str = "") -> Instruments:
    """Read folders of knowledge, later ones over earlier ones; notes what is wrong and goes on."""
    entries: dict[str, tuple[InstrumentEntry, Place, Path]] = {}
    wordings: list[tuple[Wording, Place, int]] = []
    sets: dict[str, tuple[SetEntry, Place]] = {}
    for layer, base in enumerate(folders):
        folder = base / FOLDER
        if layer and not base.is_dir():
            raise FileError(f"{base}: there is no such folder of knowledge files")
        for path in sorted(folder.rglob("*.toml")) if folder.is_dir() else ():
            relative = path.relative_to(folder)
            if only and relative.parts[0] != _WORDING and relative.as_posix() != f"{only}.toml":
                continue
            name = f"{FOLDER}/{relative.as_posix()}" if layer == 0 else path.as_posix()
            if (content := files.parse(path, name, problems)) is None:
                continue
            place = Place(name)
            if relative.parts[0] == _WORDING and len(relative.parts) == 2:
                if (wording := decode(content, Wording, place, problems)) and (not only or wording.instrument == only):
                    wordings.append((wording, place, layer))
            elif relative.parts[0] == _SETS and len(relative.parts) == 2:
                if (chosen := _named(content, SetEntry, path, place, problems)) is not None:
                    sets[chosen.id] = (chosen, place)
            elif len(relative.parts) == 1:
                if (found := _named(content, InstrumentEntry, path, place, problems)) is not None:
                    if layer and found.id in entries:
                        problems.note(
                            place.at("id"),
                            f"{found.id!r} is shipped; a clinic adds wordings and instruments of its own",
                        )
                    entries[found.id] = (found, place, folder)
            else:
                problems.note(place, f"stands where nothing is read; {one_of(['.', _WORDING, _SETS])}")
    instruments = {}
    for key, (entry, place, folder) in entries.items():
        reading: Callable[[str, Place, Problems], Any] = partial(tables.read, folder / "tables")
        if (instrument := understand(entry, place, reading, problems)) is not None:
            instruments[key] = instrument
    _lay_wordings(instruments, wordings, problems, some=bool(only))
    known = {} if only else _sets(sets, instruments, problems)
    return Instruments(instruments, known)


def _named(content: dict[str, Any], kind: type[E_], path: Path, place: Place, problems: Problems) -> E_ | None:
    entry = decode(content, kind, place, problems)
    key = getattr(entry, "id", path.stem)
    if entry is not None and key != path.stem:
        problems.note(place.at("id"), f"found {key!r}; the file is named {path.stem!r}, and both are one word")
    return entry


def _lay_wordings(
    instruments: dict[str, Instrument], wordings: list[tuple[Wording, Place, int]], problems: Problems, *, some: bool
) -> None:
    for wording, place, layer in wordings:
        instrument = instruments.get(wording.instrument)
        if instrument is None:
            if not some:
                names = one_of(sorted(instruments), wording.instrument)
                problems.note(place.at("instrument"), f"there is no instrument {wording.instrument!r}; {names}")
            continue
        check_wording(instrument, wording, place, problems, shipped=layer == 0)
        instrument.wordings[wording.language] = wording


def _sets(
    sets: Mapping[str, tuple[SetEntry, Place]], instruments: Mapping[str, Instrument], problems: Problems
) -> dict[str, ReadSet]:
    read = {key: understand_set(entry, instruments, place, problems) for key, (entry, place) in sets.items()}
    return {key: found for key, found in read.items() if found is not None}
