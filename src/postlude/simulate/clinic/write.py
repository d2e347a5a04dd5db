"""Writes a synthetic clinic, a block of people at a time, so that memory does not grow with their number."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np

from postlude import __version__
from postlude.engine import Limits
from postlude.engine.duckdb import connected
from postlude.errors import FileError
from postlude.outcomes.rows import text
from postlude.simulate.clinic.chance import Chance
from postlude.simulate.clinic.columns import selects
from postlude.simulate.clinic.setting import Setting
from postlude.simulate.clinic.tables import Block, block
from postlude.simulate.clinic.truth import truth

BLOCK = 50_000
"""People drawn at once; part of what makes a person, so that changing it changes everybody."""
Format = Literal["parquet", "csv"]


def write(
    setting: Setting,
    count: int,
    out: Path,
    *,
    seed: int = 1,
    form: Format = "parquet",
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Write ``count`` people into the folder ``out``, which appears only when it is whole; return the truth.

    The same seed and number give the same bytes; another number gives the same first people. ``progress`` is told how
    many people are written. Raises :class:`FileError` when the folder is there and holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileError(f"{out}: is there already; a new or empty folder is needed")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise FileError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        found = _written(setting, count, part, seed, form, progress)
        part.chmod(0o755)
        if out.exists():
            out.rmdir()
        part.replace(out)
    except OSError as error:
        raise FileError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def _written(
    setting: Setting, count: int, out: Path, seed: int, form: Format, progress: Callable[[int], None]
) -> dict[str, Any]:
    several = count > BLOCK
    counts = np.zeros(0, np.int64)
    # One thread: with several, the groups of rows of a file may fall differently, and its bytes with them.
    with connected(out, Limits(threads=1)) as connection:
        for number, first in enumerate(range(0, count, BLOCK)):
            drawn = block(setting, Chance(seed, number, min(BLOCK, count - first)))
            counts = drawn.counts if not number else counts + drawn.counts
            _register(connection, drawn)
            for table, select in selects(setting, first):
                path = out / table / f"part-{number:05}.{form}" if several else out / f"{table}.{form}"
                path.parent.mkdir(exist_ok=True)
                connection.execute(f"COPY ({select}) TO {text(path.as_posix())} ({_options(form, seed)})")
            progress(min(first + BLOCK, count))
    found = {
        "synthetic": True,
        "postlude": __version__,
        "knowledge": setting.catalogue.hash,
        "people": count,
        "seed": seed,
        "without": list(setting.without),
        **truth(setting, counts),
    }
    (out / "truth.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    without = ", ".join(setting.without) or "nothing"
    readme = setting.entry.readme.strip().format(people=count, seed=seed, version=__version__, without=without)
    (out / "README.md").write_text(readme + "\n", encoding="utf-8")
    return found


def _options(form: Format, seed: int) -> str:
    if form == "csv":
        return "FORMAT csv, HEADER"
    about = f"synthetic: 'true', postlude: '{__version__}', seed: '{seed}'"
    return f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{about}}}"


def _register(connection: duckdb.DuckDBPyConnection, drawn: Block) -> None:
    count = len(drawn.people["enrolled"])
    everybody = {"person": np.arange(count), **drawn.people, **drawn.facts}
    tables = {
        "people": everybody,
        "operations": drawn.operations,
        "treatments": drawn.treatments,
        "scores": drawn.scores,
        "contacts": drawn.contacts,
        "adverse_events": drawn.harms,
        "decisions": drawn.decisions,
    }
    for name, arrays in tables.items():
        connection.register(f"{name}_drawn", arrays)
