"""The viewer in an ordinary Firefox, from disk: it searches and filters, and asks nobody anything."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exports import samples
from tests.exports.firefox import Firefox, firefox
from tests.exports.test_viewer import EVIL

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked bundle with 12,000 visits and a value that tries to break out."""
    place = tmp_path_factory.mktemp("viewer")
    base = samples.access(12_000)
    hostile = samples.a_set(samples.CUSTOMERS, [samples.CUSTOMER | {"note": EVIL}], "orders")
    contents = replace(base, sets=(hostile, *base.sets[1:]))
    with zipfile.ZipFile(samples.built(contents, place, print_at_most=100)) as bundle:
        bundle.extractall(place)
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Firefox]:
    with firefox() as found:
        yield found


@pytest.fixture
def page(browser: Firefox, folder: Path) -> Iterator[Firefox]:
    """The start page; any request and any error fails the test."""
    browser.resize(1280, 900)
    browser.open((folder / "START-HERE.html").as_uri())
    yield browser
    assert browser.trouble() == []


def opened(page: Firefox, title: str) -> list[list[str]]:
    """The rows of a collection after it was opened."""
    page.run(
        "[...document.querySelectorAll('#sets button')]"
        ".find(button => button.textContent === arguments[0]).click()",
        title,
    )
    page.wait("return document.querySelector('#records h3')?.textContent === arguments[0]", title)
    rows: list[list[str]] = page.run(
        "return [...document.querySelectorAll('table.records tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return rows


def status(page: Firefox, text: str) -> None:
    page.wait("return document.getElementById('status').textContent === arguments[0]", text)


def test_a_collection_shows_every_record(page: Firefox) -> None:
    rows = opened(page, "Orders")
    assert rows == [[str(v).removesuffix(".0") for v in row.values()] for row in samples.ORDER_ROWS]
    status(page, "Orders: 23 of 23 records")


def test_search_goes_through_all_collections(page: Firefox) -> None:
    page.type("#query", "/products/96/details")
    status(page, "Visits to our website: 123 of 12,000 records")


def test_records_are_filtered_and_sorted(page: Firefox) -> None:
    opened(page, "Orders")
    page.run(
        "const choice = document.querySelector('#records select');"
        "choice.selectedIndex = [...choice.options].findIndex(one => one.label === 'cancelled');"
        "choice.dispatchEvent(new Event('change'));"
    )
    status(page, "Orders: 7 of 23 records")
    page.run(
        "[...document.querySelectorAll('table.records th button')]"
        ".find(one => one.textContent === 'Amount').click()"
    )
    assert page.run("return document.querySelector('th[aria-sort]').textContent") == "Amount"


def test_hostile_values_are_text(page: Firefox) -> None:
    ((*cells,),) = opened(page, "Customer account")
    assert EVIL in cells
    assert "owned" not in page.run("return document.title")


def test_the_policy_lets_nothing_out(page: Firefox, folder: Path) -> None:
    """A script that got in all the same could send nothing."""
    outcome: Any = page.run(
        "return Promise.allSettled(["
        "fetch('https://evil.example/'),"
        "new Promise((resolve, reject) => { const image = new Image();"
        " image.onload = resolve; image.onerror = () => reject(Error('blocked'));"
        " image.src = 'https://evil.example/x.png'; })"
        "]).then(all => all.map(one => one.status))"
    )
    assert outcome == ["rejected", "rejected"]
    assert page.inside("return globalThis.asked") == []
    assert len(page.trouble()) == 2  # the refusals, which the browser notes as errors
    page.inside("Services.console.reset()")


def test_on_a_phone_nothing_stands_beyond_the_edge(page: Firefox) -> None:
    page.resize(450, 800)
    opened(page, "Customer account")
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
