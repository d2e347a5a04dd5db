"""Vega, which draws charts that move, as a static file of the site: from the package that draws the still ones.

Nothing of it is in the repository and nothing comes from elsewhere. It is put together once (two seconds) when static
files are collected, and kept in the user's cache folder under the version of the package.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage

from postlude.catalog import kept
from postlude.outcomes.plots.timeline_drawing import VERSION

NAME = "postlude/vega.js"
"""A module that exports ``embed(element, specification, options)``."""
_SNIPPET = "export const embed = vegaEmbed;"


@cache
def script() -> str:
    """Return the script, some 900 KB."""
    path = kept.folder() / "vega" / kept.name(f"{version('vl-convert-python')} {VERSION} {_SNIPPET}")
    path = path.with_suffix(".vega")
    found = kept.fetch(path, str)
    if found is None:
        import vl_convert  # noqa: PLC0415  (large; only who makes the script should wait)

        found = str(vl_convert.javascript_bundle(_SNIPPET, VERSION))
        kept.keep(path, found)
    return found


class VegaFinder(BaseFinder):
    """Finds the script for ``collectstatic``. It lies in no folder, so :meth:`find` has nothing to name."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> list[str]:
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, InMemoryStorage]]:
        storage = InMemoryStorage()
        storage.save(NAME, ContentFile(script()))
        yield NAME, storage
