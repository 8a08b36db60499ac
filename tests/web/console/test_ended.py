"""The page of an ended ticket tells what is still open in it, as after a restriction that could not end."""

from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.runtime.installation import transaction
from dsar.services.work import lift_restriction
from dsar.store.tickets import by_ref
from dsar.web.console.ticket import page
from dsar.web.pages import render
from tests.company import BEN, Company, company
from tests.scripted import Script, case


def shown(one: Company, ref: str) -> str:
    return render(page(one.installation, BEN, ref))


def lift(one: Company, ref: str) -> None:
    with transaction(one.installation) as session:
        lift_restriction.announce(
            session, BEN, by_ref(session, ref), reason="The address is right."
        )
    with transaction(one.installation) as session:
        lift_restriction.told(session, BEN, by_ref(session, ref))
    one.work()


@pytest.mark.parametrize(("adapter", "open_"), [("NoLifting", True), ("Scripted", False)])
def test_what_waits_for_a_person_after_the_end_is_told(
    tmp_path: Path, sqlite_tables: Path, adapter: str, *, open_: bool
) -> None:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    made = company(
        tmp_path,
        f"sqlite:///{tmp_path / 'dsar.sqlite'}",
        scripts={"desk": Script(records=[case("1")])},
        adapters={"desk": adapter},
    )
    with made as one:
        ref = one.ask(Right.OBJECTION, purposes=("scoring",))
        one.work()
        one.act(ref, Event.WITHDRAW)
        assert "Still open" not in shown(one, ref)
        lift(one, ref)
        assert ("Still open: " in shown(one, ref)) is open_
