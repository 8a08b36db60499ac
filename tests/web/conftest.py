from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from dsar.web.app import create
from tests.web.filled import Filled, fill

HERE = ("127.0.0.1", 50000)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A house full of requests, which no test of this package changes."""
    filled = fill(tmp_path_factory.mktemp("filled"))
    yield filled
    filled.house.store.close()


@pytest.fixture(scope="session")
def browser(filled: Filled) -> TestClient:
    """Somebody on this machine who opens the pages."""
    return TestClient(create(filled.house), base_url="http://127.0.0.1:8000", client=HERE)
