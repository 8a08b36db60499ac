"""One small system of each shape, running."""

from collections.abc import Iterator

import pytest

from tests.adapters.rest.apis import Crm, Desk, Shop


@pytest.fixture
def crm() -> Iterator[Crm]:
    api = Crm()
    with api.server:
        yield api


@pytest.fixture
def shop() -> Iterator[Shop]:
    api = Shop()
    with api.server:
        yield api


@pytest.fixture
def desk() -> Iterator[Desk]:
    api = Desk()
    with api.server:
        yield api
