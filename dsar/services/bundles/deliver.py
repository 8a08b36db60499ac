"""Hands out a kept bundle, or says in a sentence why not; never anything else in its stead."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlmodel import Session

from dsar.domain.errors import NotFound
from dsar.services.bundles.keep import NotDeliverable, bundles_of, key_of, seal_for
from dsar.services.bundles.stores import files_of
from dsar.services.runtime import journal
from dsar.services.runtime.access import ticket_for
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.store.files.frames import CannotOpen, SealedReader
from dsar.store.files.places import FileGone, FileStore
from dsar.store.row_states import BundleState
from dsar.store.tables import BundleRow, Ticket
from dsar.store.tickets import locked
from dsar.store.vault import KeyLost

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle ready to be handed out; `size` and `sha256` are of the plain ZIP called `file`."""

    ticket: str
    ref: str
    number: int
    file: str
    size: int
    sha256: str
    kept: str
    key: bytes = field(repr=False)
    files: FileStore = field(repr=False)

    @contextmanager
    def opened(self) -> Iterator[SealedReader]:
        """The bundle, to be read from any place; raises NotDeliverable."""
        with ExitStack() as stack:
            try:
                file = stack.enter_context(self.files.open(self.kept))
                sealed = SealedReader(file, seal_for(self.key, self.kept))
            except (FileGone, CannotOpen) as reason:
                raise self._refused(str(reason)) from None
            if sealed.size != self.size:
                raise self._refused("It is not as long as it was built.")
            yield sealed

    @contextmanager
    def plain(self) -> Iterator[IO[bytes]]:
        """The bundle as a file that can be read from any place; raises NotDeliverable."""
        with self.opened() as sealed, sealed.stream() as file:
            yield file

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The plain bytes from `start` up to `stop`, a frame at a time; raises NotDeliverable."""
        with self.opened() as sealed:
            try:
                yield from sealed.read(start, stop)
            except CannotOpen as reason:
                raise self._refused(str(reason)) from None

    def _refused(self, why: str) -> NotDeliverable:
        return refused(self.ref, self.number, why)


def refused(ref: str, number: int, why: str) -> NotDeliverable:
    """Why a bundle is not handed out, with the mend."""
    mend = f"Build it again: dsar bundle build {ref}"
    return NotDeliverable(f"Bundle {number} of {ref} is not handed out. {why} {mend}")


def stored_bundle(
    installation: Installation, viewer: Actor, ref: str, number: int | None = None
) -> StoredBundle:
    """A bundle of a ticket, the last one unless numbered; raises NotFound and NotDeliverable."""
    with reading(installation) as session:
        ticket = ticket_for(session, viewer, ref)
        return _stored_row(session, ticket, _row(session, ticket, number))


def _row(session: Session, ticket: Ticket, number: int | None) -> BundleRow:
    rows = [row for row in bundles_of(session, ticket) if number in (None, row.number)]
    if not rows:
        which = "bundle" if number is None else f"bundle {number}"
        raise NotFound(f"{ticket.ref} has no {which} that can be handed out.")
    return rows[-1]


def _stored_row(session: Unit, ticket: Ticket, row: BundleRow) -> StoredBundle:
    if row.state != BundleState.READY:
        raise refused(ticket.ref, row.number, "Its time was over, and it was destroyed.")
    try:
        key = key_of(session, ticket, row)
    except KeyLost as lost:
        raise refused(ticket.ref, row.number, str(lost)) from None
    if not key:
        raise refused(ticket.ref, row.number, "Its key is gone.")
    return StoredBundle(
        ticket=ticket.id,
        ref=ticket.ref,
        number=row.number,
        file=file_name(ticket, row),
        size=row.size,
        sha256=row.sha256,
        kept=row.path,
        key=key,
        files=files_of(session.installation),
    )


def file_name(ticket: Ticket, row: BundleRow) -> str:
    """What a bundle is called where it is handed out."""
    return f"{ticket.ref}-{row.number}.zip"


def handed(
    installation: Installation,
    actor: Actor,
    stored_bundle: StoredBundle,
    *,
    start: int = 0,
    stop: int | None = None,
) -> None:
    """Notes that a bundle, or the bytes from `start` up to `stop` of it, are handed out."""
    end = stored_bundle.size if stop is None else stop
    data = {
        "number": stored_bundle.number,
        "sha256": stored_bundle.sha256,
        "start": start,
        "stop": end,
    }
    with transaction(installation) as session:
        ticket = locked(session, stored_bundle.ticket)
        journal.append(session, actor, ticket, event="bundle_fetched", data=data)
        session.add(ticket)


def copy_out(stored_bundle: StoredBundle, target: Path) -> None:
    """Writes the plain bundle to `target`, whole or not at all; raises NotDeliverable, OSError."""
    with writing(target) as file:
        for block in stored_bundle.read():
            file.write(block)


@contextmanager
def writing(target: Path) -> Iterator[IO[bytes]]:
    """A file only its owner can read, which takes the target's place when it is complete."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
