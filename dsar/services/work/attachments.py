"""Files that belong to records: streamed from the source into sealed pieces, read back as a stream.

A piece is a page of the ticket like any other: sealed under the request's own key, so it is
forgotten with it, and written under the search's fence. A file counts once the page that lists its
pieces is there; a search that is repeated does not read it again. Only rights that hand something
over need the files.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from dsar.domain.errors import NotFound
from dsar.domain.records import Attachment, Record
from dsar.sandbox.checked_pages import PageChecks
from dsar.sdk import Adapter, Later, NeedsHuman, Page
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import pages, tables, tasks
from dsar.store.row_states import PageRole
from dsar.store.vault import Seal

LISTED, PIECES = PageRole.LISTED, PageRole.PIECES

#: Plain bytes of one piece: what is in memory at once.
PIECE = 1 << 20
#: So many first letters of the keyed hash a file is found by tell it from the ticket's others.
MARK = 12


@dataclass(frozen=True, slots=True)
class AttachmentIntake:
    """Takes in the attachments of one search."""

    installation: Installation
    run: Run
    seal: Seal
    adapter: Adapter
    checks: PageChecks

    def keep(self, page: Page) -> None:
        """Every attachment of a page; those that are kept already are not read again."""
        lease = self.run.lease
        for record in page.records:
            for attachment in record.attachments:
                name = _name(self.installation, lease.source, record, attachment.reference)
                if _listed(self.installation, lease.ticket_id, lease.source, name) is None:
                    self.run.check()
                    self._take(name, record, attachment)

    def _take(self, name: str, record: Record, attachment: Attachment) -> None:
        try:
            blocks = iter(self.adapter.read(record.collection, record.key, attachment))
            passed = self.checks.blocks(record, blocks)
            _FileIntake(self.installation, self.run, self.seal, name).keep(
                passed, record, attachment
            )
        except Later as later:
            # The page it belongs to is not kept yet: the search goes on before it, not behind.
            later.checkpoint = None
            raise


def open(  # noqa: A001, PLR0917 - it is what one does with a file, by its whole place
    installation: Installation,
    ticket_id: str,
    source: str,
    collection: str,
    key: str,
    reference: str,
) -> Iterator[bytes]:
    """The bytes of an attachment that was collected, a piece at a time; raises NotFound, KeyLost.

    `collection`, `key` and `reference` are those of the record and of its attachment.
    """
    name = _name(installation, source, Record(collection, key, {}), reference)
    seal = record_pages.seal_for(installation, ticket_id)
    listed = _facts(installation, ticket_id, source, name)
    if listed is None:
        message = f"An attachment of {source}.{collection} was not collected."
        raise NotFound(message)
    pieces = _pieces(installation, ticket_id, source, name)
    if len(pieces) != listed["pieces"]:
        message = f"An attachment of {source}.{collection} is not whole any more; search again."
        raise NotFound(message)
    for number, piece in enumerate(pieces):
        with reading(installation) as session:
            sealed = pages.sealed(session, [piece])
        yield seal.open_bytes(sealed[piece], _place(ticket_id, name, str(number)))


def sha256_of(
    installation: Installation, ticket_id: str, source: str, record: Record, attachment: Attachment
) -> str | None:
    """The SHA-256 of an attachment that was collected, without reading it; None if it was not."""
    name = _name(installation, source, record, attachment.reference)
    listed = _facts(installation, ticket_id, source, name)
    return None if listed is None else str(listed["sha256"])


def mark(installation: Installation, source: str, record: Record, attachment: Attachment) -> str:
    """What staff names a file by in a ruling: it tells nothing of the person, and stays."""
    return _name(installation, source, record, attachment.reference)[:MARK]


@dataclass(frozen=True, slots=True)
class Held:
    """One collected file of a ticket, and the record it belongs to."""

    source: str
    record: Record
    attachment: Attachment
    mark: str


def held(session: Session, seal: Seal, ticket_id: str, *, most: int) -> tuple[int, list[Held]]:
    """How many files were collected for a ticket, and the first of them; raises KeyLost."""
    count, rows = pages.first(session, ticket_id, role=LISTED, most=most)
    return count, [_held(seal, row) for row in rows]


def held_as(session: Session, seal: Seal, ticket_id: str, mark: str) -> Held | None:
    """The collected file of a ticket with this mark; raises KeyLost."""
    if len(mark) != MARK:
        return None
    row = pages.beginning_with(session, ticket_id, role=LISTED, prefix=mark)
    return None if row is None else _held(seal, row)


def _held(seal: Seal, row: tables.PageRow) -> Held:
    told = seal.open(row.sealed, _place(row.ticket_id, row.collection, "list"))
    attachment = Attachment(told["reference"], told["name"], told["media_type"], told["size"])
    record = Record(told["collection"], told["key"], {}, attachments=(attachment,))
    return Held(row.source, record, attachment, row.collection[:MARK])


def _facts(
    installation: Installation, ticket_id: str, source: str, name: str
) -> dict[str, Any] | None:
    """What the page says that makes a file count; None where there is none."""
    row = _listed(installation, ticket_id, source, name)
    if row is None:
        return None
    seal = record_pages.seal_for(installation, ticket_id)
    found: dict[str, Any] = seal.open(row.sealed, _place(ticket_id, name, "list"))
    return found


def _name(installation: Installation, source: str, record: Record, reference: str) -> str:
    """What a file is found by: a keyed hash, for keys and references may name the person."""
    place = [source, record.collection, record.key, reference]
    return installation.vault.blind("attachment", "\0".join(place))


def _place(ticket_id: str, name: str, part: str) -> str:
    return f"attachment {ticket_id} {name} {part}"


def _listed(
    installation: Installation, ticket_id: str, source: str, name: str
) -> tables.PageRow | None:
    """The page that says that a file is whole."""
    with reading(installation) as session:
        return pages.in_collection(session, ticket_id, role=LISTED, source=source, collection=name)


def _pieces(installation: Installation, ticket_id: str, source: str, name: str) -> list[str]:
    with reading(installation) as session:
        return pages.ids_in(session, ticket_id, role=PIECES, source=source, collection=name)


def _told(record: Record, attachment: Attachment) -> dict[str, Any]:
    """What staff sees of a file, kept with it so that nobody need read all records for it."""
    return {
        "collection": record.collection,
        "key": record.key,
        "reference": attachment.reference,
        "name": attachment.name,
        "media_type": attachment.media_type,
    }


class _FileIntake:
    """Writes one file piece by piece, each in a transaction of its own under the task's fence."""

    def __init__(self, installation: Installation, run: Run, seal: Seal, name: str) -> None:
        self._installation, self._run, self._seal, self._name = installation, run, seal, name
        self._written = 0

    def keep(self, blocks: Iterator[bytes], record: Record, attachment: Attachment) -> None:
        waiting, size, digest = bytearray(), 0, hashlib.sha256()
        for block in blocks:
            size += len(block)
            digest.update(block)
            waiting += block
            while len(waiting) > PIECE:
                self._write(bytes(waiting[:PIECE]))
                del waiting[:PIECE]
        if attachment.size is not None and size != attachment.size:
            raise NeedsHuman(code="file_not_whole", collection=record.collection, size=size)
        whole = {"size": size, "sha256": digest.hexdigest()}
        self._write(bytes(waiting), whole | _told(record, attachment))

    def _write(self, plain: bytes, whole: dict[str, Any] | None = None) -> None:
        """The next piece; with the last one the list that makes the file count."""
        with transaction(self._installation) as session:
            noted = tasks.renew if whole is None else tasks.got_further
            noted(session, self._installation.store, self._run.lease)
            if not self._written:
                self._remove_rest(session)
            sealed = self._seal.close_bytes(plain, self._place(str(self._written)))
            self._add(session, PIECES, sealed, len(plain))
            if whole is not None:
                listed = whole | {"pieces": self._written + 1}
                self._add(session, LISTED, self._seal.close(listed, self._place("list")), 1)
        self._written += 1

    def _place(self, part: str) -> str:
        return _place(self._run.lease.ticket_id, self._name, part)

    def _remove_rest(self, session: Session) -> None:
        """What an attempt that broke off left of this very file."""
        lease = self._run.lease
        pages.forget(
            session,
            lease.ticket_id,
            role=PIECES,
            source=lease.source,
            collection=self._name,
        )

    def _add(self, session: Session, role: PageRole, sealed: bytes, count: int) -> None:
        lease = self._run.lease
        last = pages.last_number(session, lease.ticket_id, role=role, source=lease.source)
        pages.add(
            session,
            ticket_id=lease.ticket_id,
            role=role,
            source=lease.source,
            number=last + 1,
            collection=self._name,
            count=count,
            sealed=sealed,
        )
