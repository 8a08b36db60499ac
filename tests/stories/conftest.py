"""Databases for the stories: copies of migrated ones."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def engine_file(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Path:
    """A migrated SQLite database in a folder of the module's own."""
    folder = tmp_path_factory.mktemp("story")
    return Path(shutil.copy(sqlite_tables, folder / "dsar.sqlite"))
