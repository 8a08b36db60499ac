"""The page of the sources says how each stands and what to do, and asks none of them anything."""

from html import unescape

import pytest
from starlette.testclient import TestClient

from dsar.domain.rights import Right
from dsar.sdk import VERBS as ACTS
from dsar.web.console.sources import VERBS, SourceCard, page
from tests.company import BEN
from tests.scripted import SCRIPTS
from tests.web.filled import Filled
from tests.web.troubled import BUSY, Troubled


def card(trouble: Troubled, name: str) -> SourceCard:
    return next(one for one in page(trouble.company.installation, BEN).cards if one.name == name)


def test_every_verb_of_the_contract_has_words_and_every_right_is_served(
    trouble: Troubled,
) -> None:
    assert set(VERBS) >= {"find", *ACTS}
    words = ", ".join(one.rights for one in card(trouble, "shop").abilities if one.rights)
    assert len(words.split(", ")) == len(Right)


def test_a_closed_source_says_since_when_why_and_when_it_is_tried_again(
    trouble: Troubled, clerk: TestClient
) -> None:
    found = card(trouble, "mailing").health
    assert (found.badge.label, found.reason) == ("Closed", BUSY)
    assert (found.since, found.next_try) == (
        "2026-03-02T15:00:00+00:00", "2026-03-02T17:00:00+00:00",
    )  # fmt: skip
    assert "1 closed" in clerk.get("/sources").text


def test_failures_are_counted_before_they_close_it(trouble: Troubled) -> None:
    found = card(trouble, "vendor").health
    assert (found.badge.label, found.failures) == ("Open, failing", "once")


def test_who_waits_is_told(trouble: Troubled) -> None:
    """Either the shop or the vendor answered later, and waits for whoever settles the number."""
    told = {
        one.name: (one.waiting, one.stuck) for one in page(trouble.company.installation, BEN).cards
    }
    assert told["mailing"] == ("No tickets", "")
    assert "for a person" in {stuck for _, stuck in told.values()}


def test_each_source_names_the_command_that_checks_it(clerk: TestClient) -> None:
    html = clerk.get("/sources").text
    for name in ("shop", "mailing", "vendor"):
        assert f"dsar source check {name}" in html


def test_the_address_of_a_database_is_a_secret_and_its_tables_are_not(
    trouble: Troubled, clerk: TestClient
) -> None:
    html = unescape(clerk.get("/sources").text)
    assert trouble.company.shop_url not in html
    assert "shop.sqlite" not in html
    assert "customers, invoices" in html


def test_it_asks_no_source_anything(trouble: Troubled, clerk: TestClient) -> None:
    """A source that hangs must not take the page with it."""
    before = list(SCRIPTS["vendor"].calls)
    SCRIPTS["vendor"].opening = RuntimeError("away")
    try:
        assert clerk.get("/sources").status_code == 200
    finally:
        SCRIPTS["vendor"].opening = None
    assert SCRIPTS["vendor"].calls == before


@pytest.mark.parametrize("path", ["/", "/sources", "/tickets/{done}"])
def test_it_is_reached_from_every_page(filled: Filled, browser: TestClient, path: str) -> None:
    html = browser.get(path.format(**filled.refs)).text
    assert '<a href="/sources"' in html


def test_a_ticket_leads_to_each_of_its_sources(filled: Filled, browser: TestClient) -> None:
    html = browser.get(f"/tickets/{filled.refs['done']}").text
    sources = browser.get("/sources").text
    for source in filled.installation.sources:
        assert f'href="/sources#source-{source.name}"' in html
        assert f'id="source-{source.name}"' in sources


def test_a_file_changed_since_is_said_and_its_settings_are_not_shown(own: Filled) -> None:
    file = own.installation.settings.at(own.installation.settings.sources)
    file.write_text(file.read_text() + "# changed\n")
    found = page(own.installation, BEN)
    assert found.changed
    assert {one.settings for one in found.cards} == {None}
