"""Sealed pages of records, manifest items and receipts: written under a fence, read as streams."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from dsar.domain.reasons import Reason, receipt_reason
from dsar.domain.records import Attachment, Done, Item, Match, Receipt, Record
from dsar.services.runtime.installation import Installation, reading
from dsar.store import pages
from dsar.store.pages import PageRef
from dsar.store.row_states import PageRole
from dsar.store.tables import PageRow, Request, Ticket
from dsar.store.types import new_id
from dsar.store.vault import Seal

_KEY = (
    sa_select(col(Request.id), col(Request.data_key))
    .join(Ticket, col(Ticket.request_id) == col(Request.id))
    .where(col(Ticket.id) == bindparam("ticket_id"))
)

RECORDS, MANIFEST, RECEIPTS = PageRole.RECORDS, PageRole.MANIFEST, PageRole.RECEIPTS


def write(
    session: Session,
    seal: Seal,
    ticket_id: str,
    *,
    role: PageRole,
    round_: int,
    source: str,
    number: int,
    collection: str,
    rows: Sequence[Any],
) -> PageRow:
    """Adds one sealed page; the caller's fenced transaction makes it count."""
    page_id = new_id()
    return pages.add(
        session,
        page_id=page_id,
        ticket_id=ticket_id,
        role=role,
        round_=round_,
        source=source,
        number=number,
        collection=collection,
        count=len(rows),
        sealed=seal.close(rows, bound_to(page_id)),
    )


def rows(installation: Installation, seal: Seal, sheet: PageRef) -> list[Any]:
    """What stands on one page."""
    with reading(installation) as session:
        sealed = pages.sealed(session, [sheet.id])
    found: list[Any] = seal.open(sealed[sheet.id], bound_to(sheet.id))
    return found


def seal_for(installation: Installation, ticket_id: str) -> Seal:
    """The seal of the request a ticket belongs to."""
    with reading(installation) as session:
        request_id, key = session.execute(_KEY, {"ticket_id": ticket_id}).one()
    return installation.vault.open_key(request_id, key)


def bound_to(page: str) -> str:
    """What the seal of a page is bound to: it opens nowhere else."""
    return f"page {page}"


def from_record(record: Record) -> list[Any]:
    """A record as a row of a page; what few have stands at its end: its attachments, how many were
    lost, that it is shared."""
    row: list[Any] = [record.key, dict(record.data), record.match.value, record.subject]
    if record.attachments or record.lost_files or record.shared:
        row.append([_from_attachment(one) for one in record.attachments])
    if record.lost_files or record.shared:
        row.append(record.lost_files)
    if record.shared:
        row.append(True)
    return row


def _from_attachment(one: Attachment) -> list[Any]:
    return [one.reference, one.name, one.media_type, one.size]


def to_record(collection: str, row: list[Any]) -> Record:
    """The record in a row."""
    if len(row) == 4:
        return Record(collection, row[0], row[1], Match(row[2]), row[3])
    files = tuple(Attachment(*one) for one in row[4])
    return Record(collection, row[0], row[1], Match(row[2]), row[3], files, *row[5:])


def from_item(item: Item) -> Any:
    """A manifest item as a row of a page; its key alone where the whole record is meant."""
    if not item.fields and not item.changes:
        return item.key
    return [item.key, list(item.fields), dict(item.changes)]


def key_of(row: Any) -> str:
    """The key of the record a row is about, on a page of records or of a manifest."""
    return str(row if isinstance(row, str) else row[0])


def to_item(row: Any) -> Item:
    """The manifest item in a row."""
    return Item(row) if isinstance(row, str) else Item(row[0], tuple(row[1]), row[2])


#: Between what was done and the key, in a receipt without a reason: no value of `Done` holds it.
_BAR = "|"


def from_receipt(receipt: Receipt) -> Any:
    """A receipt as a row of a page: text where there is no reason to keep, which is most often."""
    if not receipt.reason and not receipt.code:
        return f"{receipt.done.value}{_BAR}{receipt.key}"
    code = [receipt.code] if receipt.code else []
    return [receipt.done.value, receipt.key, receipt.reason, *code]


def receipt_parts(row: Any) -> tuple[str, str, Reason | None]:
    """What was done, to which key, and why, as it stands in a row."""
    if isinstance(row, str):
        done, _, key = row.partition(_BAR)
        return done, key, None
    return row[0], row[1], receipt_reason(*row[2:])


def to_receipt(collection: str, row: Any) -> Receipt:
    """The receipt in a row."""
    if isinstance(row, str):
        done, key, _ = receipt_parts(row)
        return Receipt(collection, key, Done(done))
    return Receipt(collection, row[1], Done(row[0]), *row[2:])


def opened(
    installation: Installation, seal: Seal, every: Sequence[PageRef]
) -> Iterator[tuple[PageRef, list[Any]]]:
    """Each page with its rows; small pages are read together, large ones one by one."""
    for group in _groups(every):
        with reading(installation) as session:
            sealed = pages.sealed(session, [sheet.id for sheet in group])
        for sheet in group:
            yield sheet, seal.open(sealed.pop(sheet.id), bound_to(sheet.id))


#: Records read from the database at once.
_ROOM = 2000


def _groups(every: Sequence[PageRef]) -> Iterator[list[PageRef]]:
    group: list[PageRef] = []
    for sheet in every:
        if group and sum(one.count for one in group) + sheet.count > _ROOM:
            yield group
            group = []
        group.append(sheet)
    if group:
        yield group


def records_on(
    installation: Installation, seal: Seal, every: Sequence[PageRef]
) -> Iterator[Record]:
    """The records on these pages; each key of a collection once."""
    seen: set[tuple[str, str]] = set()
    for sheet, found in opened(installation, seal, every):
        for row in found:
            if (sheet.collection, row[0]) not in seen:
                seen.add((sheet.collection, row[0]))
                yield to_record(sheet.collection, row)


def records(
    installation: Installation, seal: Seal, ticket_id: str, source: str
) -> Iterator[Record]:
    """A ticket's records of one source, page by page."""
    with reading(installation) as session:
        every = pages.refs(session, ticket_id, role=RECORDS, source=source)
    yield from records_on(installation, seal, every)


def mark(value: Any) -> str:
    """A short hash of a value, for manifests and idempotency keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
