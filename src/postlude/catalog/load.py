"""Gives the catalogue of a folder of knowledge, from the store when nothing has changed since it was last read.

Parsing and type-checking take longer than an assessment; what they give is kept in the user's cache folder under a
name made of the content of every knowledge file and of the code that reads them, so that it is never stale.
"""

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

import msgspec

from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.errors import KnowledgeError

_KEEP = 8
_SUM = hashlib.sha256().digest_size


def load(overlay: Path | None = None) -> Catalogue:
    """Return the shipped catalogue, with the clinic's folder laid over it if one is given.

    Raises :class:`KnowledgeError` with every mistake found, :class:`FileError` when the folder is missing.
    """
    folders = [files.SHIPPED, *([overlay] if overlay else [])]
    key = hashlib.sha256(f"{files.digest(folders)} {_code()}".encode()).hexdigest()[:32]
    stored = _fetch(key)
    if stored is not None:
        return stored
    catalogue = read(overlay)
    _keep(key, catalogue)
    return catalogue


def read(overlay: Path | None = None) -> Catalogue:
    """Read the files themselves; raises as :func:`load`."""
    # The parser of predicates takes longer to import than a stored catalogue takes to use.
    from postlude.catalog.build import build  # noqa: PLC0415
    from postlude.catalog.overlay import weakened  # noqa: PLC0415
    from postlude.catalog.problems import Problems  # noqa: PLC0415

    problems = Problems()
    folders = [files.SHIPPED, *([overlay] if overlay else [])]
    found = files.read(folders, problems)
    catalogue = build(found, problems)
    if catalogue is not None and overlay:
        problems.extend(weakened(load(), catalogue))
    elif overlay and any(not problem.startswith(overlay.as_posix()) for problem in problems):
        changed = (found.tables[kind] for kind in ("fact", "record", "derived", "class"))
        own = "; ".join(str(table.place) for tables in changed for table in tables.values() if table.layer)
        problems.append(f"{overlay.as_posix()}: the shipped files are valid without it; it changes {own}")
    if problems or catalogue is None:
        raise KnowledgeError(problems)
    return catalogue


@cache
def _code() -> str:
    """Return a digest of the code that a stored catalogue depends on."""
    total = hashlib.sha256()
    for folder in ("catalog", "logic"):
        for path in sorted((Path(__file__).parent.parent / folder).glob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()


def _folder() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("postlude")


def _fetch(key: str) -> Catalogue | None:
    try:
        stored = (_folder() / f"{key}.catalogue").read_bytes()
        if hashlib.sha256(stored[_SUM:]).digest() != stored[:_SUM]:
            return None
        return msgspec.msgpack.decode(stored[_SUM:], type=Catalogue)
    except (OSError, msgspec.MsgspecError):
        return None


def _keep(key: str, catalogue: Catalogue) -> None:
    """Store the catalogue; a folder that cannot be written only costs time."""
    # (A number of more than 64 bits in a worked patient cannot be stored either.)
    with contextlib.suppress(OSError, OverflowError, RecursionError):
        content = msgspec.msgpack.encode(catalogue)
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(name).replace(folder / f"{key}.catalogue")
        for old in sorted(folder.glob("*.catalogue"), key=lambda p: p.stat().st_mtime)[:-_KEEP]:
            old.unlink(missing_ok=True)
