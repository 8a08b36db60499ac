"""A colleague answers in a browser, at a desk and with a phone, without any script."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.inquiries import links
from dsar.store.tables import InquiryRow
from tests.company import Company
from tests.services.inquiries.conftest import answer, contract, filed, inquiries, records
from tests.web.served import served

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
HOSTILE = """<script>document.title='taken'</script>"><img src=x onerror=alert(1)>{{ 7*7 }}"""


@dataclass
class Office:
    """The company with its cabinet, its pages served."""

    company: Company
    site: str

    def url(self, row: InquiryRow) -> str:
        return f"{self.site}/answer/{links.token(self.company.installation, row.id)}"

    def asked(self, right: Right = Right.ACCESS) -> tuple[str, str]:
        """A new ticket and the address of its question."""
        ref = self.company.ask(right)
        self.company.work()
        return ref, self.url(inquiries(self.company)[-1])

    def asked_to_erase(self) -> tuple[str, str]:
        """A ticket whose records the colleague is asked to erase."""
        one = self.company
        ref, _ = self.asked(Right.ERASURE)
        found = records(contract("1", name=HOSTILE), contract("2", signed="2021-02-03", name="Lo"))
        answer(one, inquiries(one)[-1], found)
        one.work()
        one.act(ref, Event.APPROVE)
        one.work()
        return ref, self.url(inquiries(one)[-1])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    url = f"sqlite:///{shutil.copy(sqlite_tables, folder / 'dsar.sqlite')}"
    with filed(folder, url) as one, served(one.installation) as address:
        yield Office(one, address)


@pytest.fixture(params=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A visitor without scripts; the phone is set to dark and to German."""
    phone = request.param == "phone"
    context = chromium.new_context(
        viewport={"width": 360 if phone else 1280, "height": 780},
        color_scheme="dark" if phone else "light",
        locale="de-DE" if phone else "en-GB",
        java_script_enabled=False,
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    assert [one for one in complaints if "422" not in one] == []


def test_a_colleague_fills_in_records_and_sends_a_file(
    office: Office, page: Page, tmp_path: Path
) -> None:
    ref, url = office.asked()
    scan = tmp_path / "scan.txt"
    scan.write_text("signed")
    page.goto(url)
    page.locator("button:not(.second)").click()
    assert page.locator(".fault a").count() == 1  # nothing was chosen yet
    page.locator("#outcome-records").check()
    page.locator('[id="contracts.1.signed"]').fill("2020-01-05")
    page.locator("button.second").click()  # more lines
    assert page.locator('[id="contracts.1.signed"]').input_value() == "2020-01-05"
    page.locator('[id="contracts.7.name"]').fill("Lotta")
    page.locator("#files").set_input_files(scan)
    page.locator("button:not(.second)").click()
    assert page.locator("h1").inner_text() in {"Thank you", "Danke"}
    office.company.work()
    assert office.company.line(ref, "cabinet")["found"] == 3


def test_nothing_held_takes_two_clicks(office: Office, page: Page) -> None:
    ref, url = office.asked()
    page.goto(url)
    page.locator("#outcome-nothing").check()
    page.locator("button:not(.second)").click()
    office.company.work()
    assert office.company.line(ref, "cabinet")["outcome"] == "nothing_held"


def test_what_came_of_each_record_is_chosen_for_all_or_one_by_one(
    office: Office, page: Page
) -> None:
    ref, url = office.asked_to_erase()
    page.goto(url)
    assert HOSTILE in page.locator("fieldset.entry").first.inner_text()
    page.locator("#outcome-receipts").check()
    page.locator('[id="done.all"]').select_option("erased")
    page.locator('[id="done.1"]').select_option("kept")
    page.locator("form button").click()
    assert page.locator(".fault a").get_attribute("href") == "#why.1"
    page.locator('[id="why.1"]').fill("An audit is under way.")
    page.locator("form button").click()
    assert page.locator("h1").inner_text() in {"Thank you", "Danke"}
    office.company.work()
    again = office.url(inquiries(office.company)[-1])
    page.goto(again)
    page.locator("#outcome-looked").check()
    page.locator('[id="done.all"]').select_option("gone")
    page.locator('[id="done.1"]').select_option("still")
    page.locator("form button").click()
    office.company.work()
    line = office.company.line(ref, "cabinet")
    assert (office.company.state(ref), line["outcome"], line["residue"]) == (
        "assembling", "withheld", 0,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["find", "fault", "erase", "answered", "none"])
@pytest.mark.parametrize("width", [1280, 360])
def test_everybody_can_read_it(
    office: Office, chromium: Browser, kind: str, width: int, tmp_path: Path
) -> None:
    """No finding of axe, nothing off the side, at any width and in both colours."""
    context = chromium.new_context(
        viewport={"width": width, "height": 780}, color_scheme="light" if width > 500 else "dark"
    )
    page = context.new_page()
    _, url = office.asked_to_erase() if kind == "erase" else office.asked()
    page.goto(url + ("x" if kind == "none" else ""))
    if kind in {"fault", "answered"}:
        if kind == "answered":
            page.locator("#outcome-nothing").check()
        page.locator("button:not(.second)").click()
    page.screenshot(path=tmp_path / f"{kind}-{width}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations', 'passes']})")
    told = [(rule["id"], [n["html"][:200] for n in rule["nodes"]]) for rule in found["violations"]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.title() != "taken"
    context.close()


def test_the_keyboard_reaches_every_field_and_each_has_a_name(
    office: Office, chromium: Browser
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 780})
    page = context.new_page()
    page.goto(office.asked()[1])
    fields = "document.querySelectorAll('a, input:not([type=hidden]), button')"
    names = page.evaluate(
        f"[...{fields}].filter(f => f.tagName === 'INPUT').map(f => f.labels.length)"
    )
    assert names == [1] * len(names)
    reached = set()
    for _ in range(len(names) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"[...{fields}].indexOf(document.activeElement)"))
    wanted = page.evaluate(f"{fields}.length")
    # Of the three answers, one radio is reached by Tab and the others by the arrow keys.
    assert len(reached - {-1}) >= wanted - 2
    context.close()
