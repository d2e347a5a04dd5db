"""Gives the pool of a library: the one shipped with the package when the evidence is the shipped one, else one that is
made once and kept in the user's cache folder, under a name made of the evidence and of the code that fits it.
"""

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

import msgspec

from postlude.catalog.catalogue import Library
from postlude.evidence.pool import Pool

SHIPPED = Path(__file__).with_name("shipped.pool")
_KEEP = 8
_SUM = hashlib.sha256().digest_size


def load(library: Library) -> Pool:
    """Return the pool of a library, from the package, from the cache, or made anew (about a second)."""
    found = _read(SHIPPED)
    if found is not None and found.hash == library.hash:
        return found
    path = _folder() / f"{hashlib.sha256(f'{library.hash} {_code()}'.encode()).hexdigest()[:32]}.pool"
    found = _read(path)
    return found if found is not None else _keep(path, made(library))


def made(library: Library) -> Pool:
    """Return a pool fitted now."""
    from postlude.evidence.make import fit_library, pool  # noqa: PLC0415

    return pool(fit_library(library))


def write(path: Path, pool: Pool) -> None:
    """Write a pool with its checksum, whole or not at all. Raises OSError."""
    content = msgspec.msgpack.encode(pool)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(content).digest() + content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _read(path: Path) -> Pool | None:
    try:
        stored = path.read_bytes()
        if hashlib.sha256(stored[_SUM:]).digest() != stored[:_SUM]:
            return None
        return msgspec.msgpack.decode(stored[_SUM:], type=Pool)
    except (OSError, msgspec.MsgspecError):
        return None


def _keep(path: Path, pool: Pool) -> Pool:
    """Store a pool; a folder that cannot be written only costs time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, pool)
        for old in sorted(path.parent.glob("*.pool"), key=lambda p: p.stat().st_mtime)[:-_KEEP]:
            old.unlink(missing_ok=True)
    return pool


def _folder() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("postlude")


@cache
def _code() -> str:
    """Return a digest of the code that a fit depends on."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()
