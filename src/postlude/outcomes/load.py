"""Reads a study: one that is shipped, by its id, or a file. Every mistake is named at once."""

import hashlib
from pathlib import Path

from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.decode import decode
from postlude.catalog.problems import Place, Problems
from postlude.errors import StudyError, UsageError, one_of
from postlude.instruments.load import Instruments
from postlude.outcomes.entries import StudyEntry
from postlude.outcomes.study import Study, understand

FOLDER = files.SHIPPED / "studies"


def shipped() -> tuple[str, ...]:
    """Return the ids of the studies that come with Postlude."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def find(named: str) -> Path:
    """Return the file of a study, named by its id or by a path. Raises :class:`UsageError`."""
    if named in shipped():
        return FOLDER / f"{named}.toml"
    path = Path(named)
    if path.suffix != ".toml":
        raise UsageError(f"there is no study {named!r}; {one_of(shipped(), named)}; or give the path of a .toml file")
    return path


def load(path: Path, catalogue: Catalogue, instruments: Instruments) -> Study:
    """Return a study over the facts and instruments of the knowledge.

    Raises :class:`StudyError` with every mistake found in its file.
    """
    problems = Problems()
    name = path.name if path.parent == FOLDER else path.as_posix()
    content = files.parse(path, name, problems)
    entry = decode(content, StudyEntry, Place(name), problems) if content is not None else None
    study = None
    if entry is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        study = understand(entry, catalogue, instruments.instruments, Place(name), problems, digest)
    if study is None or problems:
        raise StudyError(problems)
    return study
