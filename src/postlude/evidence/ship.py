"""Fits the shipped evidence and writes it into the package: ``make evidence``."""

from postlude.catalog.load import load
from postlude.evidence.store import SHIPPED, made, write


def ship() -> None:
    """Write the pool of the shipped library. Raises :class:`KnowledgeError` when a knowledge file is wrong."""
    write(SHIPPED, made(load().library))


if __name__ == "__main__":
    ship()
