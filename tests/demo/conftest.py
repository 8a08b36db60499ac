from datetime import date

import pytest

from dsar.demo.company import Company, build

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The demo company as of one day; tests only read it."""
    return build(tmp_path_factory.mktemp("company"), today=TODAY)
