"""START-HERE.html works from disk, without a connection, and shows every value as text."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.exports import samples

EVIL = (
    "<img src=https://evil.example/x.png onerror=\"document.title='owned'\">"
    "<script>document.title='owned'</script>"
    "${document.title='owned'}`);document.title='owned';(`\\`);document.title='owned';(`\\"
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked bundle with 12,000 visits and values that try to break out."""
    place = tmp_path_factory.mktemp("viewer")
    base = samples.access(12_000)
    customer = samples.CUSTOMER | {
        "note": EVIL,
        "name": "__proto__ </script> Åda",
        "address": {"__proto__": {"x": 1}},
    }
    hostile = samples.a_set(samples.CUSTOMERS, [customer], "orders")
    contents = replace(base, sets=(hostile, *base.sets[1:]))
    with zipfile.ZipFile(samples.built(contents, place, print_at_most=100)) as bundle:
        bundle.extractall(place)
    return place


@pytest.fixture
def page(chromium: Browser, folder: Path) -> Iterator[Page]:
    """The start page, watched: any request that leaves the folder and any error fails the test."""
    context = chromium.new_context()
    context.set_offline(True)
    found = context.new_page()
    trouble: list[str] = []
    found.on("console", lambda message: trouble.append(message.text))
    found.on("pageerror", lambda error: trouble.append(str(error)))
    found.on(
        "request",
        lambda request: (
            None if request.url.startswith(folder.as_uri()) else trouble.append(request.url)
        ),
    )
    found.goto((folder / "START-HERE.html").as_uri())
    yield found
    assert trouble == []
    context.close()


def opened(page: Page, title: str) -> list[list[str]]:
    """The rows of a collection after it was opened."""
    page.get_by_role("button", name=title).click()
    page.locator("#records h3", has_text=title).wait_for()
    rows: list[list[str]] = page.eval_on_selector_all(
        "table.records tbody tr",
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))",
    )
    return rows


def status(page: Page, text: str) -> None:
    page.wait_for_function(
        "text => document.getElementById('status').textContent === text", arg=text, timeout=20_000
    )


def test_the_answer_stands_first_and_in_the_words_of_the_report(page: Page) -> None:
    shown = page.inner_text("main")
    assert "Part of it is in this bundle" in shown
    assert "Zahlwerk AG" in shown
    assert "This document prints" not in shown


def test_a_collection_shows_every_record_with_its_labels(page: Page) -> None:
    rows = opened(page, "Orders")
    assert rows == [[str(v).removesuffix(".0") for v in row.values()] for row in samples.ORDER_ROWS]
    status(page, "Orders: 23 of 23 records")
    assert "In euros, with tax." in page.locator("details").first.text_content()


def test_hostile_values_are_text(page: Page) -> None:
    ((*cells,),) = opened(page, "Customer account")
    assert EVIL in cells
    assert "__proto__ </script> Åda" in cells
    assert any(cell.replace("\n", "").replace(" ", "") == '{"__proto__":{"x":1}}' for cell in cells)
    assert "owned" not in page.title()


def test_search_goes_through_all_collections_and_ignores_accents_and_case(page: Page) -> None:
    page.fill("#query", "ada  SCRIPT")
    status(page, "Customer account: 1 of 1 records")
    assert "0 found" in page.locator("#set-1").inner_text()


def test_long_collections_are_paged_and_searched(page: Page) -> None:
    assert len(opened(page, "Visits to our website")) == 50
    status(page, "Visits to our website: 12,000 of 12,000 records")
    page.get_by_role("button", name="Next").click()
    assert "Page 2 of 240" in page.inner_text("#records")
    page.fill("#query", "/products/96/details")
    status(page, "Visits to our website: 123 of 12,000 records")


def test_records_are_sorted_and_filtered(page: Page) -> None:
    opened(page, "Orders")
    page.get_by_role("button", name="Amount").click()
    page.get_by_role("button", name="Amount").click()
    assert page.locator("table.records tbody tr").first.locator("td").nth(2).inner_text() == "245.5"
    page.get_by_label("Show only").select_option(label="cancelled")
    status(page, "Orders: 7 of 23 records")


def test_a_missing_file_says_to_unpack_the_zip(
    chromium: Browser, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "START-HERE.html").write_bytes((folder / "START-HERE.html").read_bytes())
    found = chromium.new_page()
    found.goto((tmp_path / "START-HERE.html").as_uri())
    found.get_by_role("button", name="Orders").click()
    found.wait_for_function(
        "document.getElementById('status').textContent.includes('unpack the whole ZIP')"
    )
    found.close()


def test_on_a_phone_nothing_stands_beyond_the_edge(chromium: Browser, folder: Path) -> None:
    found = chromium.new_page(viewport={"width": 360, "height": 740})
    found.goto((folder / "START-HERE.html").as_uri())
    opened(found, "Customer account")
    assert found.evaluate("document.documentElement.scrollWidth") <= 360
    found.close()


def test_without_scripts_the_text_and_the_files_remain(chromium: Browser, folder: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    found = context.new_page()
    found.goto((folder / "START-HERE.html").as_uri())
    shown = found.inner_text("main")
    assert "cannot search your data here" in shown
    assert "Visits to our website" in shown
    links = [link.get_attribute("href") or "" for link in found.locator("#sets a").all()]
    assert all((folder / link).is_file() for link in links)
    context.close()


def test_every_value_of_the_chunks_is_that_of_the_json(folder: Path) -> None:
    for name in ("shop.customers", "shop.orders", "support.messages", "logs.visits"):
        chunks = sorted(folder.glob(f"viewer/{name}-*.js"))
        records: list[Any] = []
        for chunk in chunks:
            match = re.fullmatch(
                r"dsar\(String\.raw`(.*)`\)\n", chunk.read_text("utf-8"), re.DOTALL
            )
            assert match
            records += json.loads(match[1])
        path = folder / f"data/{name.replace('.', '/')}.json"
        assert records == json.loads(path.read_text("utf-8"))
