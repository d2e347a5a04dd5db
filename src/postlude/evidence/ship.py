"""Fits the shipped evidence and writes the pool and the influence of priors into the package: ``make evidence``."""

from postlude.catalog.kept import write
from postlude.catalog.load import load
from postlude.evidence import influence
from postlude.evidence.store import SHIPPED, made


def ship() -> None:
    """Write the pool of the shipped library, and what each prior moves (half a minute).

    Raises :class:`KnowledgeError` when a knowledge file is wrong.
    """
    library = load().library
    write(SHIPPED, made(library))
    SHIPPED.chmod(0o644)
    influence.write(library)


if __name__ == "__main__":
    ship()
