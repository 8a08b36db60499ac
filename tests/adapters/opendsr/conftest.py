"""The reference processor, running, and a source that speaks to it."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.opendsr import OpenDsr
from dsar.sdk.registry import settings_from
from tests.adapters.opendsr.processors import ReferenceProcessor
from tests.adapters.test_readme import SOURCES

Opened = Callable[..., OpenDsr]


@pytest.fixture
def processor(tmp_path: Path) -> Iterator[ReferenceProcessor]:
    found = ReferenceProcessor(tmp_path)
    with found.server:
        yield found


@pytest.fixture
def opened(processor: ReferenceProcessor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """The README's source, pointed at the reference processor, with other settings if given."""
    monkeypatch.setenv("ADS_SECRET", "secret")
    [declared] = tomllib.loads(SOURCES["opendsr"]).values()
    sources: list[OpenDsr] = []

    def make(**given: Any) -> OpenDsr:
        local = {
            "url": processor.url,
            "allow_private": True,
            "plain_http": ["127.0.0.1"],
            "signing_ca_file": str(processor.authority.file),
            "poll_seconds": 5,
        }
        table = {**declared, **local, **given}
        sources.append(OpenDsr(settings_from(OpenDsr, table, at="sources.ads")))
        return sources[-1]

    yield make
    for source in sources:
        source.close()
