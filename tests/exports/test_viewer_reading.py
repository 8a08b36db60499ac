"""The viewer as people use it: exact figures, a phone, a keyboard, a screen reader."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from dsar.domain.records import Collection, Field
from tests.exports import samples
from tests.exports.samples import en
from tests.exports.test_viewer import opened, status

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
NUMBER = 100_000_000_000_000_007
TEXT = '"100000000000000007" \\ 00100000000000000007'
PARCELS = Collection("parcels", en("Parcels"), (
    Field("number", en("Number")), Field("text", en("Text"), en("As written.")), Field("list", en("List")),
    *(Field(f"more{n}", en(f"A further field {n}")) for n in range(7)),
))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked bundle with a wide collection whose numbers no browser can hold."""
    place = tmp_path_factory.mktemp("reading")
    rows = [
        {"number": NUMBER + n, "text": TEXT, "list": [-NUMBER, 1.5]}
        | {f"more{m}": f"some words in field {m}" for m in range(7)}
        for n in (2, 0, 1)
    ]
    base = samples.access(60)
    parcels = samples.a_set(PARCELS, rows, "orders")
    with zipfile.ZipFile(samples.built(replace(base, sets=(*base.sets, parcels)), place)) as bundle:
        bundle.extractall(place)
    return place


def shown(chromium: Browser, folder: Path, width: int) -> Page:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto((folder / "START-HERE.html").as_uri())
    return page


@pytest.fixture
def page(chromium: Browser, folder: Path) -> Iterator[Page]:
    found = shown(chromium, folder, 1280)
    yield found
    found.close()


@pytest.fixture
def phone(chromium: Browser, folder: Path) -> Iterator[Page]:
    found = shown(chromium, folder, 390)
    yield found
    found.close()


def test_whole_numbers_are_shown_to_the_last_digit(page: Page) -> None:
    """A browser's own numbers end at 2^53; strings that look like numbers stay what they are."""
    first, *_ = opened(page, "Parcels")
    assert first[:2] == [str(NUMBER + 2), TEXT]
    assert str(-NUMBER) in first[2]
    page.get_by_role("button", name="Number").click()
    cells = page.locator("table.records tbody td:first-child").all_inner_texts()
    assert cells == [str(NUMBER + n) for n in range(3)]


def test_sorting_and_filtering_leave_the_keyboard_where_it_was(page: Page) -> None:
    opened(page, "Orders")
    page.locator("details summary").click()
    for name in ("Amount", "Article"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        assert name in page.evaluate("document.activeElement.textContent")
    page.get_by_label("Show only").focus()
    page.get_by_label("Show only").select_option(label="cancelled")
    assert page.evaluate("document.activeElement.ariaLabel") == "Show only"
    assert page.locator("details[open]").count() == 1


def test_where_nothing_matches_the_page_says_whether_other_collections_do(page: Page) -> None:
    opened(page, "Orders")
    page.fill("#query", "licence key")
    status(page, "Orders: 0 of 23 records · there is something in other collections")
    page.fill("#query", "nowhere at all")
    status(page, "Orders: 0 of 23 records")


def test_every_word_that_was_searched_for_is_marked(page: Page) -> None:
    """Also where it has signs that mean something in a pattern."""
    opened(page, "Support messages")
    page.fill("#query", "(two 4.2. best BEST")
    status(page, "Support messages: 1 of 2 records")
    marks = page.locator("table.records mark").all_inner_texts()
    assert marks == ["4.2.", "(two", "Best"]


def test_a_phone_sorts_by_a_list_and_hides_no_button(phone: Page) -> None:
    opened(phone, "Orders")
    assert not phone.get_by_role("button", name="Amount").is_visible()
    phone.get_by_label("Sort by").focus()
    phone.get_by_label("Sort by").select_option(label="Amount ↓")
    first = phone.locator("table.records tbody tr").first.inner_text()
    assert "245.5" in first
    assert phone.evaluate("document.activeElement.ariaLabel") == "Sort by"


def test_a_wide_table_uses_the_room_of_the_screen(chromium: Browser, folder: Path) -> None:
    page = shown(chromium, folder, 1700)
    opened(page, "Parcels")
    assert page.locator(".scroll").bounding_box()["width"] > 1200  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") == 1700
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(chromium: Browser, folder: Path, width: int) -> None:
    page = shown(chromium, folder, width)
    opened(page, "Visits to our website")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [(rule["id"], [n["html"][:200] for n in rule["nodes"]]) for rule in found["violations"]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
