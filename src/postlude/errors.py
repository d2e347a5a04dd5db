"""The errors a person can cause, one family each, with the exit code of the family.

An operator who sees only the exit code still knows the cause. Anything that is not a
:class:`PostludeError` is a fault of Postlude itself and keeps its traceback.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar


class PostludeError(Exception):
    """Root of every error that is shown as a sentence, never as a traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(PostludeError):
    """The command line was called in a way that it does not have."""

    exit_code = 2


class KnowledgeError(PostludeError):
    """A knowledge file cannot be accepted; ``problems`` holds every mistake found."""

    exit_code = 10

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class IntakeError(PostludeError):
    """An intake file cannot be accepted; ``problems`` holds every mistake found."""

    exit_code = 11

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ProofError(PostludeError):
    """A property that must hold for every person was refuted."""

    exit_code = 12


class FileError(PostludeError):
    """A file cannot be read or written."""

    exit_code = 13


class MissingPartError(PostludeError):
    """An optional part of Postlude that this command needs is not installed."""

    exit_code = 14


class PoolError(PostludeError):
    """A problem to pool cannot be accepted; ``problems`` holds every mistake found."""

    exit_code = 15

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class SurvivorError(PostludeError):
    """A slip in a condition would go unnoticed: no worked patient and no proof tells it from what is written."""

    exit_code = 16


class LessUrgentError(PostludeError):
    """A change of knowledge makes advice less urgent, and the caller asked to be stopped by that."""

    exit_code = 17


class AnswersError(PostludeError):
    """Answers to an instrument cannot be accepted; ``problems`` holds every mistake found."""

    exit_code = 18

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class StudyError(PostludeError):
    """A study file, or the data it reads, cannot be accepted; ``problems`` holds every mistake found."""

    exit_code = 19

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def nearest(found: str, allowed: Sequence[str]) -> str:
    """Return the allowed word most like ``found``, or an empty string when none is close."""
    matches = get_close_matches(found.lower(), allowed, n=1, cutoff=0.6)
    return matches[0] if matches else ""


def one_of(allowed: Sequence[str], found: object = None, *, limit: int = 12) -> str:
    """Say what is allowed, the nearest match to ``found`` first.

    At most ``limit`` words are listed, so that a message stays readable in 80 columns.
    """
    close = nearest(found, allowed) if isinstance(found, str) else ""
    shown = ", ".join(allowed[:limit]) + (f" and {len(allowed) - limit} more" if len(allowed) > limit else "")
    return (f"did you mean {close!r}? " if close else "") + f"Allowed: {shown}"
