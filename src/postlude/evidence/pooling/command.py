"""Pools what a file asks: one problem, or many, one a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from postlude.errors import FileError, PoolError
from postlude.evidence.pooling.answer import answer, answers
from postlude.evidence.pooling.problem import Problem, read
from postlude.evidence.pooling.text import render

MAX_BYTES = 50_000_000  # of one problem
_TOGETHER = 1000  # problems solved at once: enough for speed, few enough that the first answers come soon


def run(path: Path, *, batch: bool, as_json: bool) -> Iterator[str]:
    """Return what is to be printed for a file, as it is read; see :func:`pool`. Raises FileError and PoolError."""
    try:
        with path.open("rb") as stream:
            yield from pool(stream, str(path), batch=batch, as_json=as_json)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def pool(stream: BinaryIO, name: str, *, batch: bool, as_json: bool) -> Iterator[str]:
    """Return the texts to print, each with its line ends; ``name`` stands before every message.

    A batch is one problem a line, and becomes one line of JSON for each; empty lines are passed over. Raises
    :class:`PoolError` at the first line that is wrong, when the answers to all lines before it have been given.
    """
    if batch:
        for problems, error in _blocks(stream, name):
            for found in answers(problems):
                yield msgspec.json.encode(found).decode() + "\n"
            if error is not None:
                raise error
    else:
        problem = read(_bounded(stream.read(MAX_BYTES + 1), name), name)
        found = answer(problem)
        if as_json:
            yield msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
        else:
            yield render(problem, found)


def _blocks(stream: BinaryIO, name: str) -> Iterator[tuple[list[Problem], PoolError | None]]:
    problems: list[Problem] = []
    number = 0
    while line := stream.readline(MAX_BYTES + 1):
        number += 1
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            problems.append(read(_bounded(line, where), where))
        except PoolError as error:
            yield problems, error
            return
        if len(problems) == _TOGETHER:
            yield problems, None
            problems = []
    yield problems, None


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise PoolError([f"{name}: is too long; a problem has at most {MAX_BYTES:,} bytes"])
    return data
