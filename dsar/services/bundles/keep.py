"""A bundle on its way into the store: made under a key of its own, put there whole, then noted.

The name it is kept by holds an id of this one attempt: two workers that build the same bundle, one
of them shut out meanwhile, never write to one place. What no row names is swept.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlmodel import Session, col, select

from dsar.domain.errors import DsarError
from dsar.services.bundles.stores import files_of
from dsar.services.runtime import seals
from dsar.services.runtime.installation import Installation, Unit
from dsar.store.files.frames import FrameSeal, SealedReader
from dsar.store.row_states import BundleState
from dsar.store.tables import BundleRow, Ticket
from dsar.store.tickets import request_of
from dsar.store.types import new_id

#: The folder of bundles, in the store and of the drafts on this machine.
FOLDER = "bundles"


@dataclass(frozen=True, slots=True)
class BundleDraft:
    """A bundle that is being made: its key, the hidden local file, its name in the store."""

    id: str
    number: int
    name: str
    path: Path
    key: bytes = field(repr=False)

    @property
    def seal(self) -> FrameSeal:
        """What it is sealed with, bound to the name it will have."""
        return seal_for(self.key, self.name)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The plain ZIP, for those who check it before it is released."""
        with self.path.open("rb") as file, SealedReader(file, self.seal).stream() as plain:
            yield plain


def seal_for(key: bytes, name: str) -> FrameSeal:
    """The seal of the bundle kept under a name."""
    return FrameSeal(key, name.rpartition("/")[2].removesuffix(".sealed"))


@contextmanager
def drafting(installation: Installation, ref: str, number: int) -> Iterator[BundleDraft]:
    """A new draft; whatever is left of it at the end is removed."""
    folder = installation.settings.at(installation.settings.storage) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    id_ = new_id()
    name = f"{FOLDER}/{ref}-{number}.{id_}.sealed"
    draft = BundleDraft(id_, number, name, folder / f".{id_}.part", secrets.token_bytes(32))
    try:
        yield draft
    finally:
        draft.path.unlink(missing_ok=True)


def stow(installation: Installation, draft: BundleDraft) -> None:
    """Puts the draft into the store under its name; the row that names it comes after."""
    files_of(installation).put(draft.name, draft.path)


def note(
    session: Unit, ticket: Ticket, draft: BundleDraft, *, sha256: str, size: int, cut_off: datetime
) -> BundleRow:
    """Writes the row of a stored bundle, its key wrapped under that of the request."""
    seal = seals.seal_of(session, request_of(session, ticket))
    row = BundleRow(
        id=draft.id,
        ticket_id=ticket.id,
        number=draft.number,
        path=draft.name,
        sha256=sha256,
        size=size,
        built_at=session.now(),
        cut_off=cut_off,
        state=BundleState.READY,
        sealed_key=seal.close_bytes(draft.key, _place(draft.id)),
    )
    session.add(row)
    return row


def key_of(session: Unit, ticket: Ticket, row: BundleRow) -> bytes:
    """The key of a kept bundle; raises KeyLost where the request was forgotten."""
    if row.sealed_key is None:
        return b""
    return seals.seal_of(session, request_of(session, ticket)).open_bytes(
        row.sealed_key, _place(row.id)
    )


def _place(bundle: str) -> str:
    return f"bundle {bundle}"


def bundles_of(session: Session, ticket: Ticket) -> tuple[BundleRow, ...]:
    """The finished bundles of a ticket, oldest first."""
    return tuple(
        session.exec(
            select(BundleRow)
            .where(col(BundleRow.ticket_id) == ticket.id)
            .order_by(col(BundleRow.number))
        )
    )


def next_number(session: Session, ticket: Ticket) -> int:
    """The number of the ticket's next bundle."""
    return max((row.number for row in bundles_of(session, ticket)), default=0) + 1


class NotDeliverable(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """This bundle cannot be handed out; nothing else is handed out in its stead."""
