"""A house with the demo company's requests in it, for the tests of pages. They only read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dsar.demo import company
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import identity, intake
from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.actor import staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket.advance import advance
from dsar.store import migrate
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import by_ref, request_by_ref
from workers.run_here import run_until_idle

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

    installation: Installation
    refs: Mapping[str, str]


def fill(folder: Path) -> Filled:
    """Builds the company, files its requests and does the work up to where a person must act."""
    settings = company.build(folder, today=NOW.date()).settings
    installation = open_installation(settings, clock=lambda: NOW)
    migrate.upgrade(installation.store)
    keyring.unlock(installation, may_make=True)
    both = _file(installation, (Right.ACCESS, Right.ERASURE), _JUERGEN, days=27)
    with transaction(installation) as session:
        request = request_by_ref(session, both)
        identity.confirm(session, staff("ana"), request, reason="Called back.")
    run_until_idle(installation)
    _happen(installation, f"{both}-1", Event.APPROVE)
    run_until_idle(installation)
    late = _file(installation, (Right.ACCESS,), _JOHANNA, days=36, words=HOSTILE)
    asked = _file(installation, (Right.ERASURE,), _JOHANNA, days=3)
    _happen(installation, f"{asked}-1", Event.ASK_IDENTITY)
    refs = {"done": f"{both}-1", "review": f"{both}-2", "late": f"{late}-1", "asked": f"{asked}-1"}
    return Filled(installation, refs)


def _file(
    installation: Installation,
    rights: tuple[Right, ...],
    email: str,
    *,
    days: int,
    words: str = "Please.",
) -> str:
    application = intake.Application(
        rights, (("email", email),), received_at=NOW - timedelta(days=days), words=words
    )
    with transaction(installation) as session:
        return intake.file(session, staff("ana"), application).ref


def _happen(installation: Installation, ref: str, event: Event) -> None:
    with transaction(installation) as session:
        because = Because(reason="Looked at.", decided_by="ben")
        advance(session, staff("ben"), by_ref(session, ref).id, event, because=because)


def many(installation: Installation, number: int, *, first: int = 0) -> None:
    """So many open tickets of one request, without the work of filing them."""
    with transaction(installation) as session:
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
