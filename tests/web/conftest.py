import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.web.app import create
from tests.web.filled import NOW, Filled, fill
from tests.web.troubled import Troubled, troubled

HERE = ("127.0.0.1", 50000)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A house full of requests, which no test of this package changes."""
    filled = fill(tmp_path_factory.mktemp("filled"))
    yield filled
    filled.installation.store.close()


@pytest.fixture(scope="session")
def browser(filled: Filled) -> TestClient:
    """Somebody on this machine who opens the pages."""
    return TestClient(create(filled.installation), base_url="http://127.0.0.1:8000", client=HERE)


@pytest.fixture
def own(filled: Filled, tmp_path: Path) -> Iterator[Filled]:
    """A copy of the filled house that the test may change."""
    copy = shutil.copytree(filled.installation.settings.folder, tmp_path / "copy")
    installation = open_installation(copy / "dsar.toml", clock=lambda: NOW)
    keyring.unlock(installation)
    assert copy in Path(str(installation.store.url.database)).parents
    yield Filled(installation, filled.refs)
    installation.store.close()


def visitor(filled: Filled) -> TestClient:
    """Somebody on this machine who opens the pages of a house of the test's own."""
    return TestClient(create(filled.installation), base_url="http://127.0.0.1", client=HERE)


@pytest.fixture(scope="session")
def trouble(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Iterator[Troubled]:
    """A company in which much went wrong, which no test of this package changes."""
    with troubled(tmp_path_factory.mktemp("troubled"), sqlite_tables) as found:
        yield found


@pytest.fixture(scope="session")
def clerk(trouble: Troubled) -> TestClient:
    """Somebody on this machine who opens the pages of that company."""
    installation = trouble.company.installation
    return TestClient(create(installation), base_url="http://127.0.0.1:8000", client=HERE)
