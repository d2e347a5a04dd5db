"""Gives the catalogue of a folder of knowledge, from the store when nothing has changed since it was last read.

Parsing and type-checking take longer than an assessment; what they give is kept in the user's cache folder under a
name made of the content of every knowledge file and of the code that reads them, so that it is never stale.
"""

from collections.abc import Callable
from pathlib import Path

from postlude.catalog import files, kept
from postlude.catalog.catalogue import Catalogue
from postlude.errors import KnowledgeError


def load(overlay: Path | None = None, *, evidence: Path | None = None) -> Catalogue:
    """Return the shipped catalogue, with the clinic's folder laid over it if one is given, and its own evidence.

    Raises :class:`KnowledgeError` with every mistake found, :class:`FileError` when the folder is missing.
    """
    folders = [files.SHIPPED, *([overlay] if overlay else []), *([evidence] if evidence else [])]
    return _stored(folders, lambda: read(overlay, evidence=evidence), files.OWN if evidence else "")


def load_base(folder: Path) -> Catalogue:
    """Return the catalogue of a folder that is a base of its own, such as that of another release.

    Raises as :func:`load`; the folder stands before every mistake.
    """
    return _stored([folder], lambda: _read_base(folder))


def _read_base(folder: Path) -> Catalogue:
    from postlude.catalog.build import build  # noqa: PLC0415
    from postlude.catalog.problems import Problems  # noqa: PLC0415

    problems = Problems()
    catalogue = build(files.read([folder], problems), problems)
    if problems or catalogue is None:
        raise KnowledgeError([f"{folder.as_posix()}: {problem}" for problem in problems])
    return catalogue


def _stored(folders: list[Path], make: Callable[[], Catalogue], role: str = "") -> Catalogue:
    """``role`` says what the last folder is read as: what one kind of folder allows, another may not."""
    path = kept.folder() / f"{kept.name(f'{files.digest(folders)}{role}', 'catalog', 'logic')}.catalogue"
    stored = kept.fetch(path, Catalogue)
    if stored is not None:
        return stored
    catalogue = make()
    kept.keep(path, catalogue)
    return catalogue


def read(overlay: Path | None = None, *, evidence: Path | None = None) -> Catalogue:
    """Read the files themselves; raises as :func:`load`."""
    # The parser of predicates takes longer to import than a stored catalogue takes to use.
    from postlude.catalog.build import build  # noqa: PLC0415
    from postlude.catalog.overlay import weakened  # noqa: PLC0415
    from postlude.catalog.problems import Problems  # noqa: PLC0415

    problems = Problems()
    folders = [files.SHIPPED, *([overlay] if overlay else [])]
    found = files.read(folders, problems, evidence)
    catalogue = build(found, problems)
    if catalogue is not None and overlay:
        problems.extend(weakened(load(), catalogue))
    elif overlay and any(not problem.startswith(_begins(overlay, evidence)) for problem in problems):
        changed = (found.tables[kind] for kind in ("fact", "record", "derived", "class", "published", "case"))
        own = "; ".join(str(table.place) for tables in changed for table in tables.values() if table.layer)
        problems.append(f"{overlay.as_posix()}: the shipped files are valid without it; it changes {own}")
    if problems or catalogue is None:
        raise KnowledgeError(problems)
    return catalogue


def _begins(*folders: Path | None) -> tuple[str, ...]:
    return tuple(folder.as_posix() for folder in folders if folder is not None)
