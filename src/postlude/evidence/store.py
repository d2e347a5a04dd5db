"""Gives the pool of a library: the one shipped with the package when the evidence is the shipped one, else one that is
made once and kept in the user's cache folder.
"""

from pathlib import Path

from postlude.catalog import kept
from postlude.catalog.catalogue import Library
from postlude.evidence.pool import Pool

SHIPPED = Path(__file__).with_name("shipped.pool")


def load(library: Library) -> Pool:
    """Return the pool of a library, from the package, from the cache, or made anew (about a second)."""
    found = kept.fetch(SHIPPED, Pool)
    if found is not None and found.hash == library.hash:
        return found
    path = kept.folder() / f"{kept.name(library.hash, 'evidence')}.pool"
    found = kept.fetch(path, Pool)
    if found is None:
        found = made(library)
        kept.keep(path, found)
    return found


def made(library: Library) -> Pool:
    """Return a pool fitted now."""
    from postlude.evidence.make import fit_library, pool  # noqa: PLC0415

    return pool(fit_library(library))
