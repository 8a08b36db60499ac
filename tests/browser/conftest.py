"""The pages in a real Chromium, served by the real server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.filled import Filled, fill
from tests.web.served import served
from tests.web.troubled import Troubled, troubled


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    filled = fill(tmp_path_factory.mktemp("filled"))
    yield filled
    filled.installation.store.close()


@pytest.fixture(scope="session")
def site(filled: Filled) -> Iterator[str]:
    """The address of the pages."""
    with served(filled.installation) as address:
        yield address


@pytest.fixture(scope="session")
def trouble(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Iterator[Troubled]:
    with troubled(tmp_path_factory.mktemp("troubled"), sqlite_tables, name="agency") as found:
        yield found


@pytest.fixture(scope="session")
def troubled_site(trouble: Troubled) -> Iterator[str]:
    """The address of the pages of a company in which much went wrong."""
    with served(trouble.company.installation) as address:
        yield address


@dataclass
class Visit:
    """A page and whatever the browser complained about."""

    page: Page
    site: str
    narrow: bool
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def hear(self, message: Any) -> None:
        self.complaints.append(str(getattr(message, "text", message)))


@pytest.fixture(params=["desk", "phone"])
def visit(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Visit]:
    """A fresh visitor, once at a desk and once with a phone."""
    width = {"desk": 1280, "phone": 390}[request.param]
    context = chromium.new_context(viewport={"width": width, "height": 800})
    visit = Visit(context.new_page(), site, narrow=width < 500)
    visit.page.on("console", visit.hear)
    visit.page.on("pageerror", visit.hear)
    yield visit
    context.close()
