"""The picture of a ticket says in words what it shows, and nothing in it runs into another."""

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from dsar.domain.clock import Dates, Stretch
from dsar.domain.timeline import ENGLISH, Mark, timeline

SVG = "{http://www.w3.org/2000/svg}"
RECEIVED = date(2026, 6, 1)


def dates(**given: object) -> Dates:
    values: dict[str, object] = {
        "regime": "eu_gdpr",
        "regime_version": "1",
        "calendar": "DE",
        "right": "access",
        "received": RECEIVED,
        "rule": "one_month",
        "basis": "law",
        "certainty": "read",
        "in_force": True,
        "explanation": (),
        "clock_start": RECEIVED,
        "due": date(2026, 7, 8),
        "due_extended": date(2026, 9, 8),
        "extension_notice_by": date(2026, 7, 8),
        "due_latest_arguable": date(2026, 7, 9),
        "effective_due": date(2026, 7, 8),
        **given,
    }
    return Dates(**values)  # type: ignore[arg-type]


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in drawn(svg).iter(f"{SVG}text")]


def test_every_date_stands_in_the_picture_in_words_in_its_order() -> None:
    assert texts(timeline(dates(), title="R-1", today=date(2026, 6, 20))) == [
        "Received 2026-06-01",
        "Today 2026-06-20",
        "Due 2026-07-08",
        "Latest arguable 2026-07-09",
        "Due if extended 2026-09-08",
    ]


def test_an_extension_in_effect_is_the_date_that_counts() -> None:
    extended = dates(extension_valid=True, effective_due=date(2026, 9, 8))
    said = texts(timeline(extended, title="R-1"))
    assert "Due, extended 2026-09-08" in said
    assert not any(text.startswith("Due if extended") for text in said)


def test_who_does_not_see_it_is_told_title_and_every_date() -> None:
    svg = drawn(timeline(dates(), title="Ticket R-1"))
    assert svg.attrib["role"] == "img"
    assert svg.findtext(f"{SVG}title") == "Ticket R-1"
    description = svg.findtext(f"{SVG}desc") or ""
    for text in texts(timeline(dates(), title="R-1")):
        assert text in description


def test_outside_words_are_escaped_and_no_style_or_script_is_needed() -> None:
    evil = '"><script>alert(1)</script>'
    svg = timeline(dates(), title=evil, happened=[Mark(RECEIVED, evil)])
    assert "<script" not in svg
    assert "<style" not in svg
    assert "style=" not in svg
    assert drawn(svg).findtext(f"{SVG}title") == evil
    assert f"{evil} 2026-06-01" in texts(svg)


@pytest.mark.parametrize("gap", [0, 1, 2, 5, 20])
def test_words_do_not_run_into_words_or_lines(gap: int) -> None:
    marks = [Mark(RECEIVED + timedelta(days=n * gap), f"Something number {n}") for n in range(9)]
    svg = drawn(timeline(dates(), title="R-1", happened=marks))
    boxes = []
    for text in svg.iter(f"{SVG}text"):
        wide = 7.2 * len(text.text or "")
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        boxes.append((x, x + wide, y))
    rows: dict[float, list[tuple[float, float]]] = {}
    for left, right, y in boxes:
        assert left >= 0
        assert right <= 960
        rows.setdefault(y, []).append((left, right))
    for row in rows.values():
        row.sort()
        assert all(one[1] < other[0] for one, other in pairwise(row))
    for line in svg.iter(f"{SVG}line"):
        x, bottom = float(line.attrib["x1"]), float(line.attrib["y2"])
        crossed = [box for box in boxes if box[0] < x < box[1] and box[2] < bottom]
        assert line.attrib["x1"] != line.attrib["x2"] or not crossed


def standing_still(svg: str) -> list[str]:
    return re.findall(r'stroke-width="8" stroke-dasharray[^>]*', svg)


def test_days_the_clock_stood_still_are_drawn_and_an_open_question_runs_to_the_end() -> None:
    closed = dates(stood_still=(Stretch(date(2026, 6, 2), date(2026, 6, 9)),))
    (line,) = standing_still(timeline(closed, title="R-1"))
    x1, x2 = (float(found) for found in re.findall(r'x[12]="([\d.]+)"', line))
    assert 16 < x1 < x2 < 150
    still_open = timeline(dates(paused_since=date(2026, 6, 2)), title="R-1")
    (line,) = standing_still(still_open)
    axis = next(drawn(still_open).iter(f"{SVG}line"))
    assert f'x2="{axis.attrib["x2"]}"' in line
    assert "Clock stands still since 2026-06-02" in texts(still_open)
    assert not standing_still(timeline(dates(), title="R-1"))


def test_words_too_long_for_the_picture_are_cut_and_told_whole() -> None:
    long = Mark(RECEIVED, "word " * 20)
    svg = timeline(dates(), title="R-1", happened=[long])
    assert any(text.startswith("word word") and "… 2026" in text for text in texts(svg))
    assert long.words in (drawn(svg).findtext(f"{SVG}desc") or "")


def test_a_ticket_without_a_date_still_has_a_picture() -> None:
    nothing = dates(
        clock_start=None,
        due=None,
        due_extended=None,
        extension_notice_by=None,
        due_latest_arguable=None,
        effective_due=None,
    )
    assert texts(timeline(nothing, title="R-1")) == ["Received 2026-06-01"]


def test_the_words_are_those_of_the_page() -> None:
    german = ENGLISH | {"due": "Fällig", "received": "Eingang"}
    said = texts(timeline(dates(), title="R-1", words=german))
    assert "Fällig 2026-07-08" in said
    assert "Eingang 2026-06-01" in said
