"""Makes the pictures of `exports/README.md` again, from the bundle of the demo's first person.

    .venv/bin/python -m tests.exports.pictures

It runs the demo in a folder of its own, prints the report with poppler and opens the viewer in
Chromium. References and dates in the pictures are those of the day they were made.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import exports
from tests.conftest import CHROMIUM_ARGUMENTS

HERE = Path(exports.__file__).parent
#: A picture of the report: two of its pages, each by a heading that stands on it.
REPORT = {
    "report.png": ("What you asked, and when", "Where we looked, and what came of it"),
    "report-data.png": ("Deciding on payment by invoice\nPurpose", "Newsletter subscription\n"),
}
#: A picture of the viewer: how wide the screen is and how high, and what stands at its top.
SCREENS = {
    "viewer.png": ((1280, 1130), "#search"),
    "viewer-phone.png": ((390, 760), "#records"),
}
_DESK, _EDGE, _DPI = "#d8dee1", 12, 84
_COLOURS = 64


def make(folder: Path) -> None:
    """All of them, into `folder`."""
    with tempfile.TemporaryDirectory() as place:
        bundle = _bundle(Path(place))
        for name, headings in REPORT.items():
            _save(_side_by_side(_pages(bundle / "report.pdf", headings)), folder / name)
        with _chromium() as browser:
            for name, (size, top) in SCREENS.items():
                _save(_screen(browser, bundle, size, top), folder / name)


def _bundle(place: Path) -> Path:
    """The demo's first answer, unpacked."""
    dsar = Path(sys.executable).with_name("dsar")
    run = subprocess.run(
        [dsar, "demo", "--out", place / "demo", "--json"], capture_output=True, check=True
    )
    first = json.loads(run.stdout)["tickets"][0]
    with zipfile.ZipFile(first["bundle"]) as archive:
        archive.extractall(place / "bundle")
    return place / "bundle"


def _pages(report: Path, headings: tuple[str, ...]) -> list[Image.Image]:
    run = subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", report, "-"], capture_output=True, check=True
    )
    texts = run.stdout.decode().split("\f")
    return [_page(report, _holding(texts, heading)) for heading in headings]


def _holding(texts: list[str], heading: str) -> int:
    """The number of the first page with that heading."""
    return next(number for number, text in enumerate(texts, 1) if heading in text)


def _page(report: Path, number: int) -> Image.Image:
    stem = report.with_name(f"page-{number}")
    only = ["-f", str(number), "-l", str(number), "-singlefile"]
    subprocess.run(["pdftoppm", "-r", str(_DPI), "-png", *only, report, stem], check=True)
    return Image.open(stem.with_suffix(".png")).convert("RGB")


def _side_by_side(pages: list[Image.Image]) -> Image.Image:
    width, height = pages[0].size
    size = ((width + 2 * _EDGE) * len(pages), height + 2 * _EDGE)
    whole = Image.new("RGB", size, _DESK)
    for place, page in enumerate(pages):
        whole.paste(page, (place * (width + 2 * _EDGE) + _EDGE, _EDGE))
    return whole


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


def _screen(browser: Browser, bundle: Path, size: tuple[int, int], top: str) -> Image.Image:
    """The viewer after a search, with what it found in one collection."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto((bundle / "START-HERE.html").as_uri())
    page.fill("#query", "bank transfer")
    page.locator("#status").filter(has_text="Payments: 3 of 5 records").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("to => scrollTo(0, document.querySelector(to).offsetTop - 16)", top)
    taken = bundle / f"{size[0]}.png"
    page.screenshot(path=taken)
    page.close()
    return Image.open(taken).convert("RGB")


def _save(picture: Image.Image, path: Path) -> None:
    few = picture.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    make(HERE)
