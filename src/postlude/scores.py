"""The commands on questionnaires: ``postlude score`` and ``postlude instruments``."""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from postlude.errors import FileError, KnowledgeError, UsageError
from postlude.instruments import command

Write = Callable[[str], None]
Read = Callable[[str], bytes]


def score(options: argparse.Namespace, read: Read, write: Write) -> int:
    """Score one form, or every line of a file."""
    if options.batch is not None:
        if options.instrument is not None:
            raise UsageError("--batch goes without INSTRUMENT and ANSWERS.json: each line names its own")
        return _batch(options, write)
    if options.instrument is None or options.answers is None:
        raise UsageError("an instrument and its answers are needed: postlude score INSTRUMENT ANSWERS.json")
    earlier = options.baseline
    instrument, told = command.one(
        options.instrument,
        read(options.answers),
        options.answers,
        _chosen(options.more),
        options.knowledge,
        None if earlier is None else (read(earlier), earlier),
    )
    if options.json:
        write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        from postlude.report.score import said

        write(said(instrument, told))
    return 0


def _chosen(more: Sequence[str]) -> dict[str, str]:
    """Return the options of the instrument, given as ``--name value`` or ``--name=value``."""
    chosen: dict[str, str] = {}
    rest = list(more)
    while rest:
        name, sign, value = rest.pop(0).partition("=")
        if not name.startswith("--") or len(name) == len("--"):
            raise UsageError(f"found {name!r} too many: postlude score INSTRUMENT ANSWERS.json")
        if not sign:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"{name} needs a value: {name} VALUE")
            value = rest.pop(0)
        chosen[name.removeprefix("--").replace("-", "_")] = value
    return chosen


def _batch(options: argparse.Namespace, write: Write) -> int:
    def answer(lines: Iterable[bytes]) -> None:
        for text in command.batch(lines, options.batch, options.knowledge):
            write(text)

    try:
        if options.batch == "-":
            answer(sys.stdin.buffer if sys.stdin else ())
        else:
            with Path(options.batch).open("rb") as file:
                answer(file)
    except OSError as error:
        raise FileError(f"{options.batch}: cannot be read: {error.strerror}") from None
    return 0


def check(sources: Iterable[str], facts: Collection[str], overlay: Path | None, write: Write) -> None:
    """Read every instrument, wording and set, run the filled-in forms, and say what was checked.

    ``sources`` and ``facts`` are those that the knowledge has. Raises :class:`KnowledgeError` with every mistake.
    """
    from postlude.instruments import checking
    from postlude.instruments.load import load

    found = load(overlay)
    if wrong := list(checking.problems(found, sources, facts)):
        raise KnowledgeError(wrong)
    shipped = sum(len(instrument.wordings) for instrument in found.instruments.values())
    write(
        f"{len(found.instruments)} instruments, {shipped} wordings, {len(found.sets)} sets; "
        f"all {checking.forms(found)} filled-in forms came out as expected\n"
    )


def instruments(options: argparse.Namespace, write: Write) -> int:
    """List the instruments and sets, or say all there is to know of one."""
    from postlude.instruments.load import load
    from postlude.report import instruments as report

    found = load(options.knowledge)
    if not options.id:
        write(json.dumps(report.index(found), indent=2) + "\n" if options.json else report.listed(found))
    else:
        write(
            json.dumps(report.entry(found, options.id), indent=2) + "\n"
            if options.json
            else report.page(found, options.id)
        )
    return 0
