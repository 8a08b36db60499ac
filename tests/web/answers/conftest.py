"""A question to a colleague, and a visitor from anywhere."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsar.domain.rights import Right
from dsar.services.inquiries import links
from dsar.store.tables import InquiryRow
from dsar.web.app import create
from tests.company import Company
from tests.services.inquiries.conftest import PUBLIC, filed, inquiries

AWAY = ("203.0.113.5", 50000)


def visitor(one: Company, *, address: tuple[str, int] = AWAY) -> TestClient:
    """Somebody out there, under the public name, with a browser that speaks English."""
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    return TestClient(create(one.installation), base_url=PUBLIC, client=address, headers=headers)


@dataclass
class Asked:
    """A company with one open question, its ticket, and a visitor."""

    company: Company
    ref: str
    client: TestClient

    @property
    def row(self) -> InquiryRow:
        """The newest inquiry."""
        return inquiries(self.company)[-1]

    @property
    def path(self) -> str:
        """Where it is answered."""
        return f"/answer/{links.token(self.company.installation, self.row.id)}"


@pytest.fixture
def asked(tmp_path: Path, sqlite_tables: Path) -> Iterator[Asked]:
    """The cabinet was asked for an access request."""
    url = f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'dsar.sqlite')}"
    with filed(tmp_path, url) as one:
        ref = one.ask(Right.ACCESS)
        one.work()
        yield Asked(one, ref, visitor(one))
