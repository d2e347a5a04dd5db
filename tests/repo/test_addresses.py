"""A source stands at its publisher's address, not at a copy of it; a published case has a name, not a number."""

import re
from urllib.parse import urlsplit

import pytest

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load

# A library writes the publisher's dots as hyphens (www-thejournal-com.proxy.example, 0-www-…) for its readers alone;
# a server for trying out (staging, preview, dev) goes away.
_COPY = re.compile(
    r"(^|\.)(0-|[a-z0-9]+-)?www-|-(com|org|gov|nih|ncbi)(-|\.)|(^|[.-])(staging|preview|dev|prod)[.-]|proxy"
)
_NUMBERED = re.compile(r"^[a-z]{0,2}\d+-")
ELSEWHERE = (
    "https://www-thejournal-com.zproxy.org/a",
    "http://0-www-ncbi-nlm-nih-gov.library.ac.uk/pubmed/1",
    "https://bestpractice-bmj-com.library.be/topics/1",
    "https://api-pubmed-ncbi.copy.com/1",
    "https://core-prod.publisher.org/1",
    "https://search.web-dev.library.it/1",
    "https://staging.publisher.ai/1",
)
THERE = (
    "https://pubmed.ncbi.nlm.nih.gov/1",
    "https://www.e-neurospine.org/1",
    "https://si-bone.com",
    "https://doi.org/10.1/x",
)


def _copied(url: str) -> bool:
    return bool(_COPY.search(urlsplit(url).hostname or ""))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_copy_is_recognised(url: str) -> None:
    assert _copied(url)


@pytest.mark.parametrize("url", THERE)
def test_a_publisher_is_no_copy(url: str) -> None:
    assert not _copied(url)


def test_no_source_stands_at_a_library_s_login_or_a_server_for_trying_out(catalogue: Catalogue) -> None:
    assert {source.id: source.url for source in catalogue.sources.values() if _copied(source.url)} == {}


def test_no_published_case_is_named_by_a_number(catalogue: Catalogue) -> None:
    assert [key for key in catalogue.cases if _NUMBERED.match(key)] == []
