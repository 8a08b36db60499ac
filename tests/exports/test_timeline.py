"""The dates as a picture: drawn from the clock's dates in every form a person opens."""

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.exports import samples

CLOCK = {"received": date(2026, 1, 31), "due": date(2026, 3, 2)}


def page(folder: Path, clock: dict[str, date]) -> str:
    contents = samples.access()
    asked = replace(contents.request, clock=clock)
    path = samples.built(replace(contents, request=asked), folder)
    return zipfile.ZipFile(path).read("START-HERE.html").decode()


def test_both_days_stand_in_the_picture(tmp_path: Path) -> None:
    text = page(tmp_path, CLOCK)
    assert "<svg" in text
    assert "Received 31 January 2026" in text
    assert "Due 2 March 2026" in text


def test_an_extension_is_drawn_where_one_was_notified(tmp_path: Path) -> None:
    text = page(tmp_path, {**CLOCK, "effective_due": date(2026, 4, 30)})
    assert "Due, extended 30 April 2026" in text


def test_without_dates_there_is_no_picture(tmp_path: Path) -> None:
    assert "<svg" not in page(tmp_path, {})
