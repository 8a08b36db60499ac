"""The health check says whether the database answers, and nothing of what is in it."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsar.services.runtime.installation import Installation
from dsar.store.engine import Store
from dsar.web.app import create
from tests.web.filled import Filled
from tests.workers.installations import new_installation


def asked(installation: Installation) -> tuple[int, str]:
    answer = TestClient(create(installation), base_url="http://127.0.0.1").get("/healthz")
    return answer.status_code, answer.text


def test_a_database_that_answers_is_well(tables_url: str, tmp_path: Path) -> None:
    installation = new_installation(tables_url, tmp_path)
    assert asked(installation) == (200, '{"database":"answers"}')
    installation.store.close()


def test_a_database_without_our_tables_is_not(database_url: str, tmp_path: Path) -> None:
    installation = new_installation(database_url, tmp_path)
    assert asked(installation) == (503, '{"database":"does not answer"}')
    installation.store.close()


@pytest.mark.parametrize("path", ["/", "/tickets/R-AAAAA-BBBBB-1"])
def test_while_the_database_is_away_a_page_says_so_and_when_to_come_back(
    filled: Filled, tmp_path: Path, path: str
) -> None:
    away = Installation(
        settings=filled.installation.settings,
        store=Store(f"sqlite:///{tmp_path}/none/dsar.sqlite"),
        vault=filled.installation.vault,
        controller=filled.installation.controller,
        sources=filled.installation.sources,
        policy=filled.installation.policy,
    )
    browser = TestClient(create(away), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "Nothing is lost" in answer.text
    assert browser.get("/healthz").status_code == 503
    away.store.close()
