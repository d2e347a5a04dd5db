"""Papers that came with somebody: what they are is read from their content, never from their name.

Files lie outside the web's reach, each under the hash of its content, and leave as a download only.
"""

import hashlib
import io
import os
import re
import shlex
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from postlude.registry.actions.acting import RecordError
from postlude.registry.clinic import clinic

_MB = 1_000_000
_SCAN_SECONDS = 120
_BEGINS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", _WORD: "docx"}
_UNPACKED = 200 * _MB
_PARTS = 5000
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")


class Kept(NamedTuple):
    """A file as it was kept: its type, its size in bytes, its hash, and whether it was scanned."""

    media_type: str
    size: int
    sha256: str
    scan: str


def keep(data: bytes) -> Kept:
    """Look at a file, scan it where a scanner is configured, and keep it.

    Raises :class:`RecordError` for one that is too large, of another type, or that the scanner refuses.
    """
    most = clinic().largest_attachment_mb
    if not data:
        raise RecordError({"file": "is empty"})
    if len(data) > most * _MB:
        raise RecordError({"file": f"has {len(data) / _MB:.1f} MB; at most {most} are taken"})
    media_type = sniffed(data)
    if media_type is None:
        raise RecordError(
            {"file": "is none of what is taken: PDF, PNG, JPEG, Word without macros (its content counts, not its name)"}
        )
    digest = hashlib.sha256(data).hexdigest()
    target = where(digest)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scan = _scanned(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return Kept(media_type, len(data), digest, scan)


def sniffed(data: bytes) -> str | None:
    """Return the type that the content has, ``None`` for one that is not taken.

    Raises :class:`RecordError` for a Word file that holds more than text and pictures.
    """
    if data.startswith(b"PK\x03\x04"):
        return _WORD if _is_word(data) else None
    return next((kind for begins, kind in _BEGINS.items() if data.startswith(begins)), None)


def _is_word(data: bytes) -> bool:
    """Return whether an archive is a Word file. It is unpacked in memory, part by part, and only as far as it may go.

    Raises :class:`RecordError` for one with macros, with something that is fetched when it is opened, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            if not {"[Content_Types].xml", "word/document.xml"} <= names:
                return False
            if any(name.casefold().endswith("vbaproject.bin") for name in names):
                raise RecordError({"file": "holds macros; a Word file without them is taken (save it as .docx or PDF)"})
            if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
                return False
            if len(parts) > _PARTS:
                raise RecordError({"file": f"holds {len(parts)} parts; at most {_PARTS} are taken"})
            left = _UNPACKED
            for part in parts:
                content = _unpacked(packed, part, left)
                left -= len(content)
                if part.filename == "[Content_Types].xml" and b"macroenabled" in content.lower():
                    raise RecordError(
                        {"file": "holds macros; a Word file without them is taken (save it as .docx or PDF)"}
                    )
                if part.filename.endswith(".rels") and _fetches(content):
                    raise RecordError({"file": "fetches something from elsewhere when it is opened; save it as PDF"})
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError):
        return False  # broken, encrypted, or packed in a way that Word does not use
    return True


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    # What an archive says of its sizes may be a lie: what comes out is counted.
    with packed.open(part) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise RecordError({"file": f"has more than {_UNPACKED // _MB} MB when it is unpacked"})
    return content


def _fetches(relations: bytes) -> bool:
    """Return whether a part leads elsewhere by itself, or is written so that one cannot see it.

    A link that somebody taps does not.
    """
    if b"&#" in relations or b"\0" in relations:
        return True
    return any(b"External" in one and b"/hyperlink" not in one for one in _RELATION.findall(relations))


def where(sha256: str) -> Path:
    """Return where the file of a hash lies."""
    return Path(settings.ATTACHMENTS) / sha256[:2] / sha256


def named(filename: str, media_type: str) -> str:
    """Return a name that is safe to download: its stem, and the ending of what it really is."""
    stem = "".join(c if c.isalnum() or c in " -_" else "-" for c in Path(filename).stem)[:80].strip(" -") or "paper"
    return f"{stem}.{ENDINGS[media_type]}"


def _scanned(path: Path) -> str:
    if not settings.SCANNER:
        return "not_scanned"
    try:
        found = subprocess.run(  # noqa: S603 - the command is the clinic's own, and a path is all it is given
            [*shlex.split(settings.SCANNER), str(path)], capture_output=True, timeout=_SCAN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecordError({"file": f"could not be scanned, so it is not kept: {error}"}) from None
    if found.returncode:
        raise RecordError({"file": "was refused by the scanner"})
    return "clean"
