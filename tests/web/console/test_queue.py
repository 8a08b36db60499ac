"""The queue answers what must be done next, why, and by when."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsar.web.console.queue import LIMIT, VIEWS, page
from tests.company import BEN
from tests.web.filled import Filled, many
from tests.workers.installations import new_installation


def refs(filled: Filled, view: str) -> list[str]:
    return [line.ref for line in page(filled.installation, BEN, view).lines]


def test_open_tickets_come_by_due_date_the_earliest_first(filled: Filled) -> None:
    assert refs(filled, "open") == [filled.refs[name] for name in ("late", "review", "asked")]


@pytest.mark.parametrize(
    ("view", "names"),
    [("ours", ["late", "review"]), ("theirs", ["asked"]), ("engine", []), ("ended", ["done"])],
)
def test_a_view_holds_what_its_owner_must_act_on(
    filled: Filled, view: str, names: list[str]
) -> None:
    assert refs(filled, view) == [filled.refs[name] for name in names]


def test_each_view_says_how_many_it_holds(filled: Filled) -> None:
    tabs = {tab.name: tab.count for tab in page(filled.installation, BEN, "open").tabs}
    assert tabs == {"open": 3, "ours": 2, "theirs": 1, "engine": 0, "ended": 1}


def test_what_is_overdue_says_so_in_words(filled: Filled, browser: TestClient) -> None:
    assert page(filled.installation, BEN, "open").overdue == 1
    html = browser.get("/").text
    assert "1 overdue" in html
    assert "5 days overdue" in html


def test_a_clock_that_stands_still_says_so(filled: Filled) -> None:
    (line,) = page(filled.installation, BEN, "theirs").lines
    assert line.due.words == "The clock stands still"


def test_no_identifier_and_no_word_of_a_person_stands_in_the_queue(browser: TestClient) -> None:
    for view in VIEWS:
        html = browser.get(f"/?view={view}").text
        assert "@" not in html
        assert "script" not in html


@pytest.mark.parametrize("view", list(VIEWS))
def test_an_empty_view_says_that_nothing_is_there(
    tables_url: str, tmp_path: Path, view: str
) -> None:
    installation = new_installation(tables_url, tmp_path)
    found = page(installation, BEN, view)
    assert (found.lines, found.empty) == ((), VIEWS[view].empty)
    installation.store.close()


def test_a_view_that_does_not_exist_is_not_found(browser: TestClient) -> None:
    answer = browser.get("/?view=%3Cb%3E")
    assert answer.status_code == 404
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text


def test_a_queue_too_long_for_the_page_says_what_is_missing(
    tables_url: str, tmp_path: Path
) -> None:
    installation = new_installation(tables_url, tmp_path)
    many(installation, LIMIT + 3)
    found = page(installation, BEN, "open")
    assert (len(found.lines), found.beyond) == (LIMIT, 3)
    installation.store.close()
