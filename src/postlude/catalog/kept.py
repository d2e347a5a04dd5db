"""Keeps what took long to make, in the user's cache folder: under a name made of everything it depends on, so that it
is never stale, and with a checksum, so that half a file is no file.
"""

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")
_MOST = 8
"""Files of one kind that stay; the oldest go first."""
_SUM = hashlib.sha256().digest_size


def name(content: str, *packages: str) -> str:
    """Return a name for what is made of ``content`` by the code of these packages of Postlude."""
    return hashlib.sha256(f"{content} {_code(packages)}".encode()).hexdigest()[:32]


def folder() -> Path:
    """Return the user's cache folder; it need not exist."""
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("postlude")


def fetch(path: Path, kind: type[T]) -> T | None:
    """Return what a file holds, or ``None`` when it is missing, broken or of another shape."""
    try:
        stored = path.read_bytes()
        if hashlib.sha256(stored[_SUM:]).digest() != stored[:_SUM]:
            return None
        found = msgspec.msgpack.decode(stored[_SUM:], type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
    # What is used is young: a few other folders of knowledge do not push it out.
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def write(path: Path, value: object) -> None:
    """Write a value, whole or not at all. Raises OSError, and what the encoder raises."""
    content = msgspec.msgpack.encode(value)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def keep(path: Path, value: object) -> None:
    """Write a value and let the oldest of its kind go; a folder that cannot be written only costs time."""
    # (A number of more than 64 bits in a worked patient cannot be stored either.)
    with contextlib.suppress(OSError, OverflowError, RecursionError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, value)
        for old in sorted(path.parent.glob(f"*{path.suffix}"), key=lambda p: p.stat().st_mtime)[:-_MOST]:
            old.unlink(missing_ok=True)


@cache
def _code(packages: tuple[str, ...]) -> str:
    total = hashlib.sha256()
    for package in packages:
        for path in sorted((Path(__file__).parents[1] / package).rglob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()
