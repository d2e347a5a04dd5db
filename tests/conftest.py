"""One profile for every property test: the same cases on every machine of the build, fresh ones at a desk.

The shipped evidence is read and fitted once for all tests that look at it.
"""

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from postlude.catalog.catalogue import Library
    from postlude.evidence.make import Fitted
    from postlude.evidence.pool import Pool

# The knowledge is large and never garbage; looking through it again and again took a fifth of the time.
gc.set_threshold(50_000, 20, 100)

# Small queries on Spark: Java's second compiler costs more than it gives.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")

_EXAMPLES = int(200 * float(os.environ.get("POSTLUDE_EXAMPLES", "1")))

settings.register_profile(
    "postlude",
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("postlude")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that look at the fit run in one process, so that it is made once."""
    for item in items:
        if "fitted" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("fitted"))


@pytest.fixture
def no_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    """``check`` leaves out the patients of the shipped knowledge: `make knowledge` runs them, in two seconds."""
    monkeypatch.setattr("postlude.assessment.checking.run_cases", lambda _: iter(()))


@pytest.fixture(scope="session")
def library() -> "Library":
    """The shipped evidence."""
    from postlude.catalog.load import load

    return load().library


@pytest.fixture(scope="session")
def fitted(library: "Library") -> "Fitted":
    """The shipped evidence, fitted now."""
    from postlude.evidence.make import fit_library

    return fit_library(library)


@pytest.fixture(scope="session")
def pool(fitted: "Fitted") -> "Pool":
    """What is kept of that fit."""
    from postlude.evidence import make

    return make.pool(fitted)
