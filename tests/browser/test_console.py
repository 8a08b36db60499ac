"""Staff's pages in a browser: nothing is refused, everything is reached, everybody can read them."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visit
from tests.web.filled import Filled

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
PATHS = [
    "/",
    "/?view=ended",
    "/?view=engine",
    "/tickets/{done}",
    "/tickets/{review}",
    "/tickets/{late}",
    "/tickets/{asked}",
    "/sources",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_loads_without_a_complaint_of_the_browser(
    visit: Visit, filled: Filled, path: str
) -> None:
    """A style, picture or script the policy forbids would be complained about."""
    page = visit.open(path.format(**filled.refs))
    assert page.locator("h1").count() == 1
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).borderBottomStyle") == (
        "solid"
    )
    assert visit.complaints == []


@pytest.mark.parametrize("path", [*PATHS, "/nowhere"])
def test_everybody_can_read_it(visit: Visit, filled: Filled, path: str) -> None:
    """No finding of axe, at any level it tests by default; the phone is set to dark."""
    visit.page.emulate_media(color_scheme="dark" if visit.narrow else "light")
    page = visit.open(path.format(**filled.refs))
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations', 'passes']})")
    told = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found["violations"]
    ]
    assert told == []
    assert len(found["passes"]) > 10


@pytest.mark.parametrize("path", ["/", "/sources", "/tickets/{done}", "/tickets/{review}"])
def test_the_keyboard_reaches_everything_from_top_to_bottom(
    visit: Visit, filled: Filled, path: str
) -> None:
    page = visit.open(path.format(**filled.refs))
    wanted = page.evaluate("[...document.querySelectorAll('a, summary')].length")
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "[...document.querySelectorAll('a, summary')].indexOf(document.activeElement)"
            )
        )
        assert page.evaluate(
            "(s => s.outlineStyle === 'solid' && parseFloat(s.outlineWidth) >= 2)"
            "(getComputedStyle(document.activeElement))"
        ), reached
    assert reached == list(range(wanted))


def test_the_skip_link_leads_past_the_navigation(visit: Visit) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", PATHS)
def test_nothing_runs_off_the_side(visit: Visit, filled: Filled, path: str) -> None:
    page = visit.open(path.format(**filled.refs))
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_what_a_person_wrote_is_text_and_nothing_else(visit: Visit, filled: Filled) -> None:
    page = visit.open(f"/tickets/{filled.refs['late']}")
    assert page.title().startswith("Access")
    assert "<script>document.title='taken'</script>" in page.locator("blockquote").inner_text()
    assert page.locator("blockquote *").count() == 0
    assert visit.complaints == []


def test_from_the_queue_to_the_bundle_in_three_steps(visit: Visit, filled: Filled) -> None:
    page = visit.open("/")
    page.get_by_role("link", name="Ended").click()
    page.get_by_role("link", name=filled.refs["done"]).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".zip")


def test_all_of_it_works_without_scripts(chromium: Browser, site: str, filled: Filled) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/tickets/{filled.refs['done']}")
    letter = page.locator("details", has_text="We have received your request")
    assert not letter.locator(".text").is_visible()
    letter.locator("summary").click()
    assert letter.locator(".text").is_visible()
    context.close()
