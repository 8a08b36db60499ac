"""A house with the demo company's requests in it, for the tests of pages. They only read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dsar.demo import company
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services import identity, intake
from dsar.services.actor import staff
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.services.house import House, unit
from dsar.services.installed.opening import open_house
from dsar.store import migrate
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import by_ref, request_by_ref
from workers.drive import drive

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

#: What somebody who wants to break the page writes into a request.
HOSTILE = (
    """<script>document.title='taken'</script>"><img src=x onerror=alert(1)> {{ 7*7 }} & <b>"""
)

_JUERGEN, _JOHANNA = "juergen.muessig@example.net", "johanna.berger@example.org"


@dataclass(frozen=True, slots=True)
class Filled:
    """The house and its tickets: `done` has a bundle, `review` waits for staff, `late` is overdue
    and hostile, `asked` stands still until the person answers."""

    house: House
    refs: Mapping[str, str]


def fill(folder: Path) -> Filled:
    """Builds the company, files its requests and does the work up to where a person must act."""
    settings = company.build(folder, today=NOW.date()).settings
    house = open_house(settings, clock=lambda: NOW)
    migrate.upgrade(house.store)
    both = _file(house, (Right.ACCESS, Right.ERASURE), _JUERGEN, days=27)
    with unit(house) as session:
        request = request_by_ref(session, both)
        identity.confirm(session, staff("ana"), request, reason="Called back.")
    drive(house)
    _happen(house, f"{both}-1", Event.APPROVE)
    drive(house)
    late = _file(house, (Right.ACCESS,), _JOHANNA, days=36, words=HOSTILE)
    asked = _file(house, (Right.ERASURE,), _JOHANNA, days=3)
    _happen(house, f"{asked}-1", Event.ASK_IDENTITY)
    refs = {"done": f"{both}-1", "review": f"{both}-2", "late": f"{late}-1", "asked": f"{asked}-1"}
    return Filled(house, refs)


def _file(
    house: House, rights: tuple[Right, ...], email: str, *, days: int, words: str = "Please."
) -> str:
    application = intake.Application(
        rights, (("email", email),), received_at=NOW - timedelta(days=days), words=words
    )
    with unit(house) as session:
        return intake.file(session, staff("ana"), application).ref


def _happen(house: House, ref: str, event: Event) -> None:
    with unit(house) as session:
        because = Because(reason="Looked at.", decided_by="ben")
        advance(session, staff("ben"), by_ref(session, ref).id, event, because=because)


def many(house: House, number: int, *, first: int = 0) -> None:
    """So many open tickets of one request, without the work of filing them."""
    with unit(house) as session:
        request = Request(
            ref=f"R-MANY-{first}",
            channel="desk",
            language="en",
            regime="eu_gdpr",
            received_at=NOW,
            created_at=NOW,
        )
        session.add(request)
        session.flush()
        session.add_all(_ticket(request, place) for place in range(first, first + number))


def _ticket(request: Request, place: int) -> Ticket:
    due = date(2026, 12, 1) + timedelta(days=place % 30)
    return Ticket(
        ref=f"R-MANY-{place:05}",
        request_id=request.id,
        right="access",
        state="received",
        machine_version=1,
        regime="eu_gdpr",
        regime_version="1",
        due_on=due,
        due_at=datetime(due.year, due.month, due.day, tzinfo=UTC),
        created_at=NOW,
    )
