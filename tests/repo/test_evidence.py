"""The promises of the evidence: every study reviewed, every source there, every prior stated, the fit current."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from postlude.catalog import kept
from postlude.catalog.catalogue import Catalogue, Library
from postlude.catalog.load import load
from postlude.evidence import store
from postlude.evidence.expect import MONTHS, RELIEF, Predictor
from postlude.evidence.model import design
from postlude.evidence.model.mixture import Shares
from postlude.evidence.pool import Pool

ROOT = Path(__file__).parents[2]
REVIEW = (ROOT / "docs" / "evidence-review.md").read_text()
EVIDENCE = ROOT / "src" / "postlude" / "evidence"
CLOSE = 1e-3
"""People of 100 by which the shipped figures may differ from those of a fit made now."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def shipped() -> Pool:
    """The pool in the package, whatever library it was made from."""
    content = store.SHIPPED.read_bytes()[32:]
    return msgspec.msgpack.decode(content, type=Pool)


# --- the review -----------------------------------------------------------------------------------------


def test_every_study_stands_in_the_review_once_and_nothing_else_does(library: Library) -> None:
    reviewed = re.findall(r"^### (.+)$", REVIEW, flags=re.MULTILINE)
    assert sorted(reviewed) == sorted(library.studies)


def test_the_review_says_of_every_study_what_was_changed_doubted_and_set_aside() -> None:
    parts = re.split(r"^### ", REVIEW, flags=re.MULTILINE)[1:]
    unsaid = {
        part.splitlines()[0]: word
        for part in parts
        for word in ("changed", "doubted", "set aside")
        if not re.search(rf"^- {word}: \S", part, flags=re.MULTILINE)
    }
    assert unsaid == {}


def test_a_study_is_called_as_its_file(library: Library, catalogue: Catalogue) -> None:
    for key in library.studies:
        assert catalogue.files[f"published {key}"] == f"evidence/{key}.toml"


def test_every_study_says_where_it_was_read(library: Library) -> None:
    for key, study in library.studies.items():
        assert re.match(r"https?://\S+$", study.url), key
        assert not re.match(r"https?://(localhost|127\.|/)", study.url), key


# --- sources, terms and priors ----------------------------------------------------------------------------


def _named(value: Any) -> Iterator[str]:
    """Yield every id that stands in a ``sources`` or ``source`` key, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "sources" and isinstance(item, list | tuple):
                yield from (part for part in item if isinstance(part, str))
            elif key == "source" and isinstance(item, str):
                yield item
            else:
                yield from _named(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)


def test_every_id_used_as_a_source_exists(catalogue: Catalogue) -> None:
    named = set(_named({k: v for k, v in msgspec.to_builtins(catalogue).items() if k not in ("sources", "words")}))
    assert len(named) > 50
    assert named - set(catalogue.sources) == set()
    # Studies are sources too.
    assert set(catalogue.library.studies) <= set(catalogue.sources)


def test_every_prior_says_where_it_comes_from(library: Library) -> None:
    for key, prior in library.priors.items():
        assert prior.sources or prior.marks, key
        assert prior.sd > 0, key


def test_every_prior_of_the_code_is_stated_and_every_stated_prior_is_used(library: Library) -> None:
    text = "".join(path.read_text() for path in sorted(EVIDENCE.rglob("*.py")))
    named = set(re.findall(r"(?:priors|held)\[\s*f?\"([a-z0-9{}-]+)\"\s*\]", text))
    patterns = {name for name in named if "{" in name}
    assert patterns == {"contrast-{kind}"}
    used = (named - patterns) | set(design.terms(library))
    used |= {f"contrast-{i.comparator}" for i in library.interventions.values() if i.comparator}
    assert used == set(library.priors)


def test_every_treatment_has_what_studies_gave(catalogue: Catalogue) -> None:
    unknown = {
        t.id for t in catalogue.treatments.values() if (t.intervention or t.id) not in catalogue.library.interventions
    }
    assert unknown == set()


def test_every_term_says_something(library: Library) -> None:
    used = {result.outcome for study in library.studies.values() for arm in study.arm for result in arm.results()}
    assert used <= set(library.outcomes)
    for terms in (library.outcomes, library.interventions, library.classes):
        sentences = [term.says for term in terms.values()]
        assert len(sentences) == len(set(sentences))


# --- the shipped fit -----------------------------------------------------------------------------------------


def test_the_shipped_pool_is_that_of_the_shipped_evidence(library: Library, shipped: Pool) -> None:
    assert shipped.hash == library.hash, "fit again and ship it: postlude.evidence.store.write(SHIPPED, made(library))"
    assert store.load(library) == shipped


def _numbers(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and text of a structure with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, f"{at}.{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _numbers(item, f"{at}[{i}]")
    else:
        yield at, value


def test_a_fit_made_now_gives_the_shipped_summaries(pool: Pool, shipped: Pool) -> None:
    ours, theirs = (
        dict(
            _numbers(msgspec.to_builtins({"summaries": p.summaries, "baselines": p.baselines, "traits": p.covariates}))
        )
        for p in (pool, shipped)
    )
    assert set(ours) == set(theirs)
    apart = {
        place: (value, theirs[place])
        for place, value in ours.items()
        if value != theirs[place]
        and not (isinstance(value, float) and isinstance(theirs[place], float) and abs(value - theirs[place]) < CLOSE)
    }
    assert apart == {}


def test_a_fit_made_now_gives_the_shipped_expectations(pool: Pool, shipped: Pool) -> None:
    assert pool.mixture.interventions == shipped.mixture.interventions
    assert pool.mixture.terms == shipped.mixture.terms
    # A stored pool holds the traits in the order of their names: they are told by name.
    kinds: list[dict[str, float]] = [{}, dict.fromkeys(pool.covariates, 1.0), {next(iter(pool.covariates)): 0.0}]

    def predicted(of: Pool, relief: int) -> Shares:
        has = np.array([[kind.get(trait, np.nan) for trait in of.covariates] for kind in kinds])
        shares, which = Predictor(of).shares(of.mixture.interventions, has, MONTHS, relief)
        size = len(of.mixture.interventions) * len(MONTHS)
        order = (which[:, None] * size + np.arange(size)).reshape(-1)
        return Shares(shares.mean[order], shares.sd[order], shares.quantiles[:, order])

    for relief in RELIEF:
        ours, theirs = (predicted(p, relief) for p in (pool, shipped))
        np.testing.assert_allclose(100 * ours.mean, 100 * theirs.mean, atol=CLOSE)
        np.testing.assert_allclose(100 * ours.quantiles, 100 * theirs.quantiles, atol=CLOSE)


def test_a_pool_that_was_changed_on_disk_is_not_read(
    tmp_path: Path, shipped: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pool"
    kept.write(path, shipped)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(store, "SHIPPED", path)
    monkeypatch.setattr(kept, "folder", lambda: tmp_path / "cache")
    made = msgspec.structs.replace(shipped, hash="made anew")
    monkeypatch.setattr(store, "made", lambda _: made)
    library = msgspec.structs.replace(load().library, hash=shipped.hash)
    assert store.load(library) == made
