"""Sources that were given up, and the tickets that ask them again, are linked both ways."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime.installation import transaction
from dsar.services.views.supplements import GapView, SupplementView
from dsar.web.app import create
from dsar.web.console.steps import ask_again
from dsar.web.pages import whole
from tests.company import EMAIL, Company, company
from tests.web.conftest import HERE
from tests.web.troubled import CLOSED, Troubled

GAP = GapView("shop", "Web shop", "It is away.", None, None, "", ())


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}") as made:
        yield made


def card(one: Company, ref: str) -> str:
    """What the page of a ticket says of supplements."""
    browser = TestClient(create(one.installation), base_url="http://127.0.0.1:8000", client=HERE)
    html = browser.get(f"/tickets/{ref}").text
    return "".join(
        html.partition(f'id="{name}"')[2].partition("</section>")[0]
        for name in ("gaps", "supplements")
    )


def test_nobody_asks_again_yet_so_the_command_stands_there(
    trouble: Troubled, clerk: TestClient
) -> None:
    ref = trouble.refs["gap"]
    html = clerk.get(f"/tickets/{ref}").text
    assert whole(f"dsar ticket supplement {ref} --by YOUR-NAME --reason WHY-IT-CAN-NOW") in html
    assert CLOSED in html


def test_a_gap_that_is_asked_again_links_to_who_asks_and_names_no_command(
    trouble: Troubled,
) -> None:
    late, ref = trouble.refs["late"], trouble.refs["filled"]
    told = card(trouble.company, ref)
    assert f'<a href="/tickets/{late}">{late}</a>' in told
    assert f"Not yet: {late} supplements {ref} already; see to that one first." in told
    assert "dsar ticket supplement" not in told


def test_a_supplement_links_back_and_says_what_it_asks(trouble: Troubled) -> None:
    told = card(trouble.company, trouble.refs["late"])
    assert "This is a supplement" in told
    assert "It asks vendor again" in told
    assert f'<a href="/tickets/{trouble.refs["filled"]}">' in told


def test_what_a_lifted_hold_set_going_again_is_not_offered_and_linked_both_ways(
    one: Company,
) -> None:
    ref = one.ask(Right.ERASURE)
    one.work()
    with transaction(one.installation) as session:
        hold = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.").id
    one.act(ref, Event.APPROVE)
    one.work()
    one.act(ref, Event.ACCEPT_GAP)
    one.work(render=True)
    one.act(ref, Event.DELIVER_PART)
    with transaction(one.installation) as session:
        (late,) = holds.lift(session, hold).resumed
    told = card(one, ref)
    assert "dsar ticket supplement" not in told
    assert "a legal hold is in force" in told
    assert f'<a href="/tickets/{late}">{late}</a>' in told
    assert f'given up in <a href="/tickets/{ref}">{ref}</a>' in card(one, late)
    assert "It asks Mailing list and Web shop again" in card(one, late)


def test_of_several_gaps_each_is_named_so_that_one_can_be_left_out() -> None:
    several = SupplementView(gaps=(GAP, replace(GAP, source="crm")), askable=("crm", "shop"))
    assert "R-A-1 --source crm --source shop --by" in ask_again("R-A-1", several)
    assert "--source" not in ask_again("R-A-1", SupplementView((GAP,), ("shop",)))


def test_where_nothing_can_be_asked_there_is_no_command() -> None:
    assert ask_again("R-A-1", SupplementView((GAP,), refused="It is away.")) == ""
