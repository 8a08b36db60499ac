"""What the tests of worker processes share: the ledger, and a house with a bell of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.services.house import House
from tests.workers.houses import Ledger, new_house


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def distributed(postgres_tables_url: str, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """PostgreSQL and Redis, with leases of two seconds."""
    made = new_house(postgres_tables_url, tmp_path, redis=redis_url, lease_seconds=2)
    yield made
    made.store.close()
