"""One ticket tells everything staff may know of it, and hands out its bundle."""

import pytest
from starlette.testclient import TestClient

from dsar.services.runtime.installation import transaction
from dsar.store.tables import Request
from dsar.store.tickets import by_ref, request_of
from dsar.web.console.ticket import page
from tests.company import BEN
from tests.web.conftest import visitor
from tests.web.filled import HOSTILE, Filled


def test_the_page_of_a_finished_ticket_tells_its_whole_story(
    filled: Filled, browser: TestClient
) -> None:
    html = browser.get(f"/tickets/{filled.refs['done']}").text
    for words in (
        "How it ended",
        ">22 Nov 2026, 13:00</time>",
        "What came of every system",
        "Data supplied",
        "How the due date was worked out",
        "1 month from",
        "ben approved what was decided.",
        "We have received your request",
        "juergen.muessig@example.net",
        f"/tickets/{filled.refs['done']}/bundles/1",
        f"/tickets/{filled.refs['review']}",
    ):
        assert words in html


def test_a_ticket_that_waits_for_staff_shows_the_commands_that_lead_on(
    filled: Filled, browser: TestClient
) -> None:
    ref = filled.refs["review"]
    html = browser.get(f"/tickets/{ref}").text
    assert "What to do next" in html
    assert f"dsar ticket act {ref} approve" in html


def test_the_page_says_that_another_language_is_spoken_than_was_asked_for(
    own: Filled,
) -> None:
    ref, browser = own.refs["review"], visitor(own)
    told = "answered in English: there are no words in Swedish."
    assert told not in browser.get(f"/tickets/{ref}").text
    with transaction(own.installation) as session:
        request_of(session, by_ref(session, ref)).language = "sv"
    assert told in browser.get(f"/tickets/{ref}").text


def test_there_is_one_line_for_every_source(filled: Filled) -> None:
    found = page(filled.installation, BEN, filled.refs["done"])
    assert [line.view.source for line in found.sources] == sorted(
        filled.installation.sources.by_name
    )


def test_a_reference_is_found_however_it_is_written(filled: Filled, browser: TestClient) -> None:
    assert browser.get(f"/tickets/{filled.refs['done'].lower()}").status_code == 200


def test_words_of_the_person_are_shown_and_never_obeyed(
    filled: Filled, browser: TestClient
) -> None:
    html = browser.get(f"/tickets/{filled.refs['late']}").text
    assert "&lt;script&gt;document.title=" in html
    assert "{{ 7*7 }}" in html
    for live in ("<script", "<img src=x", "49 &amp;", HOSTILE):
        assert live not in html


@pytest.mark.parametrize(
    "path", ["R-NONE", "R-NONE/bundles/1", "%2e%2e%2fetc", "{done}/bundles/2", "{late}/bundles/1",
             "{done}/bundles/0", "{done}/bundles/x", "{done}/bundles/-1"]
)  # fmt: skip
def test_what_is_not_there_is_not_found(filled: Filled, browser: TestClient, path: str) -> None:
    answer = browser.get(f"/tickets/{path.format(**filled.refs)}")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_a_forgotten_person_stays_forgotten_and_their_bundle_is_not_handed_out(
    own: Filled,
) -> None:
    ref, browser = own.refs["done"], visitor(own)
    with transaction(own.installation) as session:
        request = session.get_one(Request, request_of(session, by_ref(session, ref)).id)
        request.data_key = None
        session.add(request)
    answer = browser.get(f"/tickets/{ref}/bundles/1")
    assert answer.status_code == 410
    assert "is not handed out" in answer.text
    html = browser.get(f"/tickets/{ref}").text
    assert "juergen" not in html
    assert "They were forgotten with the person&#39;s data." in html
