"""Bundles whose time is over: the key is destroyed first, then the file.

A copy of the file that somebody keeps opens to nobody with this database after that; with a backup
of the database from before, and the master key, it still opens. `keep_days` runs
from the end of the ticket, or from the day the bundle was built again after it; no law names a
figure, it is the house's own.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select

from dsar.services.bundles.keep import FOLDER
from dsar.services.bundles.stores import files_of
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.store.row_states import BundleState
from dsar.store.tables import BundleRow, Ticket
from dsar.store.tickets import locked

#: A file without a row is young while its row is about to be written.
_YOUNG = timedelta(hours=1)


def ends_at(installation: Installation, ticket: Ticket, row: BundleRow) -> datetime | None:
    """When a bundle will be destroyed; None while its ticket is open."""
    if ticket.closed_at is None:
        return None
    return max(ticket.closed_at, row.built_at) + timedelta(
        days=installation.settings.bundle.keep_days
    )


def destroy_expired(installation: Installation) -> int:
    """Destroys the keys and files of bundles whose time is over; how many."""
    with reading(installation) as session:
        ids = _expired(session, installation)
    destroyed = [path for id_ in ids if (path := _destroy(installation, id_))]
    for path in destroyed:
        files_of(installation).remove(path)
    return len(destroyed)


def _expired(session: Unit, installation: Installation) -> list[str]:
    limit = session.now() - timedelta(days=installation.settings.bundle.keep_days)
    found = session.exec(
        select(BundleRow.id)
        .join(Ticket, col(Ticket.id) == col(BundleRow.ticket_id))
        .where(col(BundleRow.state) == BundleState.READY, col(BundleRow.built_at) <= limit)
        .where(col(Ticket.closed_at).is_not(None), col(Ticket.closed_at) <= limit)
    )
    return list(found)


def _destroy(installation: Installation, id_: str) -> str:
    """Destroys one bundle's key; its file's name, or "" if another process was first."""
    with transaction(installation) as session:
        ticket = locked(session, session.get_one(BundleRow, id_).ticket_id)
        row = session.get_one(BundleRow, id_, populate_existing=True)
        if row.state != BundleState.READY:
            return ""
        gone = {"state": BundleState.DESTROYED, "sealed_key": None}
        session.execute(update(BundleRow).where(col(BundleRow.id) == id_).values(gone))
        journal.append(
            session, SYSTEM, ticket, event="bundle_destroyed", data={"number": row.number}
        )
        session.add(ticket)
        return row.path


def sweep(installation: Installation) -> int:
    """Removes files in the store that no row names any more or ever named; how many."""
    files = files_of(installation)
    with reading(installation) as session:
        named = set(
            session.exec(select(BundleRow.path).where(col(BundleRow.state) == BundleState.READY))
        )
    # The age of a file is told by the store's own clock, not by that of the house.
    limit = datetime.now(UTC) - _YOUNG
    left = [one for one in files.lying(FOLDER) if one.name not in named and one.since < limit]
    for one in left:
        files.remove(one.name)
    return len(left)
