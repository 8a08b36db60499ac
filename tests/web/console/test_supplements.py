"""Sources that were given up, and the tickets that ask them again, are linked both ways."""

from typing import Any

from starlette.testclient import TestClient

from dsar.domain.lifecycle import State
from dsar.web.console.supplements import Supplements, supplements
from dsar.web.pages import whole
from tests.web.troubled import CLOSED, Troubled


def found(trouble: Troubled, name: str, **changed: Any) -> Supplements:
    view = trouble.company.view(trouble.refs[name]) | changed
    return supplements(view, trouble.company.installation.sources)


def test_a_gap_says_why_since_when_and_who_gave_it_up(trouble: Troubled) -> None:
    (gap,) = found(trouble, "gap").gaps
    assert (gap.source, gap.reason, gap.by) == ("vendor", CLOSED, "ben")
    assert gap.since == "2026-03-02T09:00:00Z"
    assert gap.given_up_at == "2026-03-02T12:00:00Z"


def test_nobody_asks_again_yet_so_the_command_stands_there(
    trouble: Troubled, clerk: TestClient
) -> None:
    ref = trouble.refs["gap"]
    command = f"dsar ticket supplement {ref} --by YOUR-NAME --reason WHY-IT-CAN-NOW"
    assert found(trouble, "gap").command == command
    html = clerk.get(f"/tickets/{ref}").text
    assert whole(command) in html
    assert CLOSED in html


def test_a_gap_that_is_asked_again_links_to_who_asks_and_names_no_command(
    trouble: Troubled, clerk: TestClient
) -> None:
    late = trouble.refs["late"]
    html = clerk.get(f"/tickets/{trouble.refs['filled']}").text
    card = html.partition('id="gaps"')[2].partition("</section>")[0]
    assert f'<a href="/tickets/{late}">{late}</a>' in card
    assert f"{late} is under way; see to that one first." in card
    assert "dsar ticket supplement" not in card


def test_a_supplement_links_back_and_says_what_it_asks(
    trouble: Troubled, clerk: TestClient
) -> None:
    told = found(trouble, "late")
    assert told.of is not None
    assert (told.of.ref, told.asks, told.gaps) == (trouble.refs["filled"], ("vendor",), ())
    html = clerk.get(f"/tickets/{trouble.refs['late']}").text
    assert "This is a supplement" in html
    assert f'<a href="/tickets/{trouble.refs["filled"]}">' in html


def test_what_a_supplement_has_handed_over_is_asked_no_more(trouble: Troubled) -> None:
    view = trouble.company.view(trouble.refs["filled"])
    done = [one | {"state": State.FULFILLED.value} for one in view["siblings"]]
    told = found(trouble, "filled", siblings=done)
    assert (told.command, told.blocked) == ("", "")
    part = [one | {"state": State.PARTLY_FULFILLED.value} for one in view["siblings"]]
    assert "supplement" in found(trouble, "filled", siblings=part).command


def test_nothing_is_asked_for_a_person_who_was_forgotten_or_of_a_source_that_is_gone(
    trouble: Troubled,
) -> None:
    told = found(trouble, "gap", person={"forgotten": "The key is gone."})
    assert (told.command, told.blocked != "") == ("", True)
    view = trouble.company.view(trouble.refs["gap"])
    gone = supplements(view, ["shop"])
    assert (gone.command, gone.blocked) == (
        "", "It is configured no more; put it back into sources.toml first.",
    )  # fmt: skip


def test_of_several_gaps_each_is_named_so_that_one_can_be_left_out(trouble: Troubled) -> None:
    view = trouble.company.view(trouble.refs["gap"])
    lines = [row | {"outcome": "could_not"} for row in view["coverage"]]
    told = found(trouble, "gap", coverage=lines)
    assert "--source mailing --source shop --source vendor --by" in told.command
