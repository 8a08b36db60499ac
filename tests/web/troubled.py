"""A company in which much went wrong, for the tests of pages: they only read it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import told
from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman
from dsar.services.desk.supplement import supplement
from dsar.services.runtime.installation import transaction
from dsar.store.tasks import gates
from dsar.store.tickets import by_ref
from tests.company import BEN, Company, company
from tests.scripted import Script, case

CLOSED = "The vendor is closed for the summer."
BUSY = "It is being maintained until noon."


@dataclass(frozen=True, slots=True)
class Troubled:
    """The company and its tickets: `gap` ended without its vendor, `filled` too and is supplemented
    by `late`, `doubt` and `same` are one request with a number in doubt. The mailing list is
    closed, the vendor has failed."""

    company: Company
    refs: Mapping[str, str]


@contextmanager
def troubled(folder: Path, tables: Path, *, name: str = "vendor") -> Iterator[Troubled]:
    """Builds it on a copy of the empty tables; `name` is the vendor's, one for each company."""
    database = folder / "dsar.sqlite"
    database.write_bytes(tables.read_bytes())
    vendor = Script([case("1"), case("2")])
    with company(folder, f"sqlite:///{database}", scripts={name: vendor}) as one:
        refs = {"gap": _ended(one, vendor), "filled": _ended(one, vendor)}
        with transaction(one.installation) as session:
            first = by_ref(session, refs["filled"])
            refs["late"] = supplement(session, BEN, first, reason="They are back.").ref
        one.work()
        vendor.gives = (("customer_number", "K-9"),)
        refs["doubt"] = one.ask(Right.ACCESS, Right.RESTRICTION)
        refs["same"] = f"{refs['doubt'][:-1]}2"
        one.work()
        _close(one, name)
        yield Troubled(one, refs)


def _ended(one: Company, vendor: Script) -> str:
    """A ticket that ended without what the vendor holds."""

    def closed(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman(CLOSED)

    open_, vendor.finding = vendor.finding, closed
    ref = one.ask(Right.ACCESS)
    one.work()
    one.clock.turn(hours=3)
    for event in (Event.ACCEPT_GAP, Event.APPROVE, Event.DELIVER_PART):
        one.act(ref, event, reason="it cannot be reached in time")
        one.work(render=True)
        one.work()
    vendor.finding = open_
    return ref


def _close(one: Company, name: str) -> None:
    installation = one.installation
    with transaction(installation) as session:
        for source in installation.sources:
            gates.configure(
                session, installation.store, source.name, max_inflight=source.concurrency
            )
        until = one.clock.now + timedelta(hours=2)
        gates.close(session, installation.store, "mailing", until=until, reason=told(BUSY))
    with transaction(installation) as session:
        gates.failed(session, installation.store, name, reason=told("It broke off."))
