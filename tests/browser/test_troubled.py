"""The pages of a company in which much went wrong: read by everybody, led through by links."""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.conftest import Visit
from tests.web.troubled import Troubled

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
PATHS = ["/sources", "/tickets/{gap}", "/tickets/{filled}", "/tickets/{late}", "/tickets/{doubt}"]


@pytest.fixture
def clerk(visit: Visit, troubled_site: str) -> Visit:
    visit.site = troubled_site
    return visit


@pytest.mark.parametrize("path", PATHS)
def test_everybody_can_read_it(clerk: Visit, trouble: Troubled, path: str) -> None:
    """No finding of axe, nothing off the side, no complaint; the phone is set to dark."""
    clerk.page.emulate_media(color_scheme="dark" if clerk.narrow else "light")
    page = clerk.open(path.format(**trouble.refs))
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations', 'passes']})")
    told = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found["violations"]
    ]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert clerk.complaints == []


@pytest.mark.parametrize("path", ["/sources", "/tickets/{doubt}", "/tickets/{filled}"])
def test_the_keyboard_reaches_everything_from_top_to_bottom(
    clerk: Visit, trouble: Troubled, path: str
) -> None:
    page = clerk.open(path.format(**trouble.refs))
    every = "[...document.querySelectorAll('a, summary')]"
    wanted = page.evaluate(f"{every}.length")
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(f"{every}.indexOf(document.activeElement)"))
    assert reached == list(range(wanted))


def test_from_what_is_stuck_to_the_identifier_in_doubt(clerk: Visit, trouble: Troubled) -> None:
    page = clerk.open(f"/tickets/{trouble.refs['doubt']}")
    page.get_by_role("link", name="Say whose the identifiers in doubt are").click()
    assert page.evaluate("document.querySelector(':target').id") == "doubted"
    assert page.locator("#doubted").is_visible()


def test_a_gap_leads_to_its_supplement_and_back(clerk: Visit, trouble: Troubled) -> None:
    filled, late = trouble.refs["filled"], trouble.refs["late"]
    page = clerk.open(f"/tickets/{filled}")
    page.locator("section", has_text="Given up").get_by_role("link", name=late).click()
    page.locator("section", has_text="This is a supplement").get_by_role(
        "link", name=filled
    ).click()
    assert page.url.endswith(f"/tickets/{filled}")


def test_from_the_queue_to_a_closed_source_and_its_settings(clerk: Visit) -> None:
    """By the navigation, the list at the head and a fold that needs no script."""
    page = clerk.open("/")
    page.get_by_role("link", name="Sources").click()
    page.get_by_role("link", name="Mailing list").click()
    card = page.locator(".system", has_text="Mailing list")
    assert "Next try" in card.inner_text()
    assert not card.get_by_text("subscribers").is_visible()
    card.locator("summary", has_text="Settings").click()
    assert card.get_by_text("subscribers").first.is_visible()
