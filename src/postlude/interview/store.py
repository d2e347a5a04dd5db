"""Keeps the file of one interview: held by one process, replaced whole after every answer, never half written."""

import contextlib
import errno
import json
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from postlude.assessment.reading import MAX_BYTES
from postlude.errors import FileError

# Some file systems cannot sync a folder; there the rename itself is all that can be had.
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)

_Stamp = tuple[int, int, int]


class Store:
    """The intake file of one interview. Use it in a ``with`` statement; every failure is a :class:`FileError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # A link is followed, so that the file behind it is replaced and not the link.
            self._target = path.resolve()
            if self._target.exists() and not self._target.is_file():
                raise FileError(f"{path}: is not a file that answers can be saved in")
        except (OSError, RuntimeError, ValueError) as error:
            raise FileError(f"{path}: cannot be used: {error}") from None
        self._beside = self._target.with_name(f".{self._target.name}.lock")
        self._new = self._target.with_name(f".{self._target.name}.new")
        self._lock = -1
        self._ours: set[_Stamp] = set()

    def __enter__(self) -> Self:
        try:
            self._lock = _locked(self._beside)
        except OSError as error:
            raise FileError(f"{self.path}: cannot be saved there: {error.strerror}") from None
        if self._lock < 0:
            raise FileError(f"{self.path}: is open in another interview; finish that one first")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Removed while it is still held: whoever opened it meanwhile sees that it is gone, and begins anew.
        with contextlib.suppress(OSError):
            self._beside.unlink(missing_ok=True)
        os.close(self._lock)

    def read(self) -> bytes | None:
        """Return what the file holds (one byte more than is allowed at most), ``None`` when there is nothing in it."""
        try:
            with self._target.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
                self._ours = {_stamp(os.fstat(file.fileno()))}
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileError(f"{self.path}: cannot be read: {error.strerror}") from None
        return data or None

    def save(self, content: dict[str, Any]) -> None:
        """Replace the file; when this returns, the content is on the disk."""
        data = _bytes(content)
        if len(data) > MAX_BYTES:
            raise FileError(f"{self.path}: would be {len(data):,} bytes long; an intake has at most {MAX_BYTES:,}")
        try:
            found = _stamp(self._target.stat()) if self._target.exists() else None
            if found is not None and found not in self._ours:
                raise FileError(f"{self.path}: was changed by somebody else meanwhile, so it is left as it is now")
            self._replace(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._new.unlink(missing_ok=True)
            raise FileError(f"{self.path}: cannot be saved: {error.strerror}") from None

    def _replace(self, data: bytes) -> None:
        # What a killed interview may have left is in the way of nobody else: the lock is ours.
        self._new.unlink(missing_ok=True)
        mode = stat.S_IMODE(self._target.stat().st_mode) if self._target.exists() else 0o600
        handle = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            # Noted before the file takes its place: Ctrl-C between the two must not make it a stranger's.
            self._ours.add(_stamp(os.fstat(file.fileno())))
        self._new.replace(self._target)
        _sync_folder(self._target.parent)


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _bytes(content: dict[str, Any]) -> bytes:
    try:
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
    except UnicodeEncodeError:
        # Half a character, as another program may have written it; escaped it stays what it was.
        return (json.dumps(content, indent=2) + "\n").encode()


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    """Return an open handle that holds the lock, or -1 when another process has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _take(handle):
            os.close(handle)
            return -1
        try:
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        # The one who held it has removed it since we opened it.
        os.close(handle)


if sys.platform == "win32":

    def _take(handle: int) -> bool:
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # This file system has no locks.
            return True
        return True
