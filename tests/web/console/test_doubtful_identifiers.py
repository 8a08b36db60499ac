"""The page of a ticket says of each identifier in doubt why it is, what waits, and what to do."""

import re
from html import unescape

from starlette.testclient import TestClient

from tests.web.filled import Filled
from tests.web.troubled import Troubled


def told(clerk: TestClient, ref: str) -> str:
    html = clerk.get(f"/tickets/{ref}").text
    assert "Identifiers in doubt" in html
    return unescape(html.partition('id="doubted"')[2].partition("</section>")[0])


def commands(card: str) -> str:
    """The same without the marks that keep the options of a command whole."""
    return re.sub(r'<span class="word">(.*?)</span>', r"\1", card)


def test_each_identifier_is_shown_with_its_reason_and_both_commands(
    trouble: Troubled, clerk: TestClient
) -> None:
    ref = trouble.refs["doubt"]
    card = told(clerk, ref)
    for value, why in (
        ("K-9", "Web shop gave another one."),
        ("K-4711", "Vendor gave another one."),
    ):
        assert value in card
        assert why in card
        settle = f"dsar request identifier {ref[:-2]} customer_number={value}"
        for answer in ("--theirs", "--not-theirs"):
            assert f"{settle} {answer} --by YOUR-NAME --reason HOW-YOU-KNOW" in commands(card)


def test_what_waits_is_linked_and_the_commands_that_let_it_go_on_follow(
    trouble: Troubled, clerk: TestClient
) -> None:
    """Seen from either ticket of the request the other one is a link."""
    doubt, same = trouble.refs["doubt"], trouble.refs["same"]
    assert f'<a href="/tickets/{same}">' in told(clerk, doubt)
    assert f'<a href="/tickets/{doubt}">' in told(clerk, same)
    for ref in (doubt, same):
        assert f"dsar ticket act {ref} retry --by YOUR-NAME" in commands(told(clerk, same))


def test_where_nothing_is_in_doubt_nothing_is_said(
    filled: Filled, browser: TestClient, trouble: Troubled, clerk: TestClient
) -> None:
    assert "in doubt</h2>" not in browser.get(f"/tickets/{filled.refs['review']}").text
    assert "in doubt</h2>" not in clerk.get(f"/tickets/{trouble.refs['gap']}").text
