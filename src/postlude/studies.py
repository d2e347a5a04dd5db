"""The commands on outcome studies: ``postlude study check``, ``study run`` and ``study explain``."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postlude.errors import FileError, KnowledgeError, StudyError, UsageError, one_of

if TYPE_CHECKING:
    from postlude.catalog.catalogue import Catalogue

Write = Callable[[str], None]


def add(commands: Any) -> argparse.ArgumentParser:
    """Add the command to the command line, and return it."""
    study: argparse.ArgumentParser = commands.add_parser("study", help="check, run or explain an outcome study")
    study.add_argument("what", choices=["list", "check", "run", "explain"], help="what to do")
    study.add_argument("study", metavar="STUDY", nargs="?", help="the id of a shipped study, or a file")
    study.add_argument("--data", metavar="DIR", type=Path, help="where the tables are")
    study.add_argument("--record", metavar="HOME", type=Path, help="or the folder of a clinic: its record itself")
    study.add_argument("--out", metavar="DIR", type=Path, help="with run: a folder for the results")
    study.add_argument("--engine", choices=["duckdb", "spark"], default="duckdb", help="what the tables are read with")
    study.add_argument(
        "--memory", metavar="SIZE", help="what the database may hold before it lays the rest on disk (3GB)"
    )
    return study


def study(options: argparse.Namespace, write: Write) -> int:
    """Do what was asked with a study, or list those that are shipped."""
    from postlude.catalog.load import load
    from postlude.instruments.load import load as load_instruments
    from postlude.outcomes import load as studies

    if options.what == "list":
        write("".join(f"{key}\n" for key in studies.shipped()))
        return 0
    if options.study is None:
        raise UsageError(
            f"a study is needed: postlude study {options.what} STUDY; postlude study list names those shipped"
        )
    catalogue = load(options.knowledge)
    instruments = load_instruments(options.knowledge)
    found = studies.load(studies.find(options.study), catalogue, instruments)
    if options.what == "explain":
        from postlude.report.study_explained import explained

        write(explained(found, catalogue))
        return 0
    if options.what == "check" and options.data is None:
        write(f"{found.id}: the study file is right; --data DIR also checks the data\n")
        return 0
    if options.data is None or (options.what == "run" and options.out is None):
        raise UsageError(
            "study run needs --data DIR, where the tables are (or --record HOME), and --out DIR, for what comes out"
        )
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise FileError(f"{options.out}: is a file; --out names a folder for what comes out")
    from postlude.engine import Limits
    from postlude.outcomes import run

    limits = run.LIMITS if options.memory is None else Limits(memory=_memory(options.memory))
    told = run.run(found, catalogue, instruments, options.data, engine=options.engine, limits=limits)
    if options.what == "check":
        flow = told["flow"]
        counted = f"{flow['units']:,} units, {flow['eligible']:,} eligible"
        write(f"{found.id}: the study file and the data are right; {counted}\n")
        return 0
    from postlude.outcomes.arms_out import write_arms
    from postlude.outcomes.leaving import leaving
    from postlude.report.study import said
    from postlude.report.study_written import write as write_all

    left = leaving(told, found)
    try:
        write_all(told, found, options.out, catalogue, left=left)
    except OSError as error:
        raise FileError(f"{error.filename or options.out}: cannot be written: {error.strerror}") from None
    write(said(told, found, catalogue))
    if not found.outside:
        arms = write_arms(told, found, catalogue, options.out, left=left)
        what = "new arm for assess --evidence" if len(arms.files) == 1 else "new arms for assess --evidence"
        write(f"\n{len(arms.files)} {what} in {options.out / 'evidence'}\n" if arms.files else "\nno new arms\n")
        write("".join(f"- {why}\n" for why in arms.kept_back))
    return 0


def _memory(found: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5}(MB|GB)", found):
        raise UsageError(f"--memory: found {found!r}; a whole number with MB or GB is needed, as in 500MB or 3GB")
    return found


def check(catalogue: "Catalogue", overlay: Path | None, write: Write) -> None:
    """Read every shipped study, and look whether its sources are known. Raises :class:`KnowledgeError`."""
    from postlude.instruments.load import load as load_instruments
    from postlude.outcomes import load as studies

    instruments = load_instruments(overlay)
    wrong: list[str] = []
    for key in studies.shipped():
        try:
            found = studies.load(studies.find(key), catalogue, instruments)
        except StudyError as error:
            wrong += error.problems
            continue
        named = [*found.entry.sources, *(source for published in found.entry.published for source in published.sources)]
        known = {**catalogue.sources, **catalogue.library.studies}
        for source in dict.fromkeys(named):
            if source not in known:
                wrong.append(f"studies/{key}.toml: there is no source {source!r}; {one_of(sorted(known), source)}")
    if wrong:
        raise KnowledgeError(wrong)
    write(f"{len(studies.shipped())} studies are right\n")
