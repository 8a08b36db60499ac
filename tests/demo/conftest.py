from datetime import date
from pathlib import Path

import pytest

from dsar.demo.company import Company, build

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The demo company as of one day; tests only read it."""
    return build(tmp_path_factory.mktemp("company"), today=TODAY)


@pytest.fixture
def copy(tmp_path: Path) -> Company:
    """A demo company of the test's own, which it may change."""
    return build(tmp_path, today=TODAY)
