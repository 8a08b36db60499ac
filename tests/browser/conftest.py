"""The pages in a real Chromium, served by the real server."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from dsar.web.app import create
from tests.servers import free_port
from tests.web.filled import Filled, fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    filled = fill(tmp_path_factory.mktemp("filled"))
    yield filled
    filled.house.store.close()


@pytest.fixture(scope="session")
def site(filled: Filled) -> Iterator[str]:
    """The address of the pages."""
    port = free_port()
    config = uvicorn.Config(
        create(filled.house), port=port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


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
