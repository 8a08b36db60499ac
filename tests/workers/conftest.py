"""What the tests of worker processes share: the ledger, and a house with a bell of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.services.runtime.installation import Installation
from tests.workers.installations import Ledger, new_installation


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def distributed(postgres_tables_url: str, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    """PostgreSQL and Redis, with leases of two seconds."""
    made = new_installation(postgres_tables_url, tmp_path, redis=redis_url, lease_seconds=2)
    yield made
    made.store.close()
