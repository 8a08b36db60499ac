"""Files that come with an answer: sealed piece by piece on their way in, and so kept."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO

from sqlmodel import Session

from dsar.domain.errors import BadInput
from dsar.domain.records import Attachment
from dsar.sdk import NeedsHuman
from dsar.services.inquiries import inquiry_rows
from dsar.services.runtime.installation import Installation, reading
from dsar.store import pages
from dsar.store.row_states import PageRole
from dsar.store.tables import InquiryRow
from dsar.store.vault import Seal

#: Plain bytes of one piece: what is in memory at once.
PIECE = 1 << 20
MOST_FILES = 100
_LONGEST_NAME = 200


@dataclass(slots=True)
class IncomingFile:
    """A file that has come in: its description, its hash and where its sealed pieces lie."""

    reference: str
    name: str
    media_type: str
    size: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    pieces: list[tuple[int, int]] = field(default_factory=list)

    @property
    def attachment(self) -> Attachment:
        """The file as the record names it."""
        return Attachment(self.reference, self.name, self.media_type, self.size)


class Drop:
    """Takes the files of one answer in as a stream, sealed: nothing lies in clear on a disk.

    Raises BadInput once they come to more than `limit` bytes.
    """

    def __init__(self, seal: Seal, inquiry: str, limit: int) -> None:
        self.files: list[IncomingFile] = []
        self._seal, self._inquiry, self._left = seal, inquiry, limit
        self._limit = limit
        self._waiting = bytearray()
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by close()

    def begin(self, name: str, media_type: str) -> IncomingFile:
        """A new file; what is written next belongs to it."""
        if len(self.files) >= MOST_FILES:
            raise BadInput("files", f"are more than {MOST_FILES}.", "Put them into one archive.")
        shown = name.replace("\\", "/").rpartition("/")[2].strip()[:_LONGEST_NAME]
        plain = "".join(sign for sign in shown if sign.isprintable()) or "file"
        reference = f"{self._inquiry}.{len(self.files) + 1}"
        self.files.append(IncomingFile(reference, plain, media_type))
        return self.files[-1]

    def write(self, data: bytes) -> None:
        """The next bytes of the file."""
        self._left -= len(data)
        if self._left < 0:
            most = self._limit // 1_000_000
            raise BadInput("files", f"are larger than {most} MB.", "Send less, or in another way.")
        now = self.files[-1]
        now.size += len(data)
        now.hash.update(data)
        self._waiting += data
        while len(self._waiting) >= PIECE:
            self._seal_piece(now)

    def end(self) -> None:
        """The file is complete."""
        if self._waiting:
            self._seal_piece(self.files[-1])

    def _seal_piece(self, now: IncomingFile) -> None:
        plain = bytes(self._waiting[:PIECE])
        del self._waiting[:PIECE]
        sealed = self._seal.close_bytes(plain, _place(now.reference, len(now.pieces)))
        now.pieces.append((self._file.tell(), len(sealed)))
        self._file.write(sealed)

    def sealed(self, dropped: IncomingFile) -> Iterator[bytes]:
        """The pieces of one file."""
        for start, length in dropped.pieces:
            self._file.seek(start)
            yield self._file.read(length)

    def close(self) -> None:
        """Lets go of everything that was not kept."""
        self._file.close()


def _place(reference: str, number: int) -> str:
    return f"file {reference} {number}"


def keep(session: Session, row: InquiryRow, drop: Drop) -> None:
    """Writes the pieces beside the answer, in its transaction. The caller has locked the ticket."""
    number = pages.last_number(session, row.ticket_id, role=PageRole.ANSWER, source=row.source)
    for dropped in drop.files:
        for sealed in drop.sealed(dropped):
            number += 1
            page = pages.add(
                session,
                ticket_id=row.ticket_id,
                role=PageRole.ANSWER,
                source=row.source,
                number=number,
                collection=dropped.reference,
                count=1,
                sealed=sealed,
            )
            session.flush()
            session.expunge(page)


def read(
    installation: Installation, ticket: str, source: str, attachment: Attachment
) -> Iterator[bytes]:
    """The bytes of one file, a piece at a time."""
    with reading(installation) as session:
        seal = inquiry_rows.seal_for(session, installation, ticket)
        pieces = pages.ids_in(
            session, ticket, role=PageRole.ANSWER, source=source, collection=attachment.reference
        )
    size = 0
    for number, piece in enumerate(pieces):
        with reading(installation) as session:
            sealed = pages.sealed(session, [piece])
        plain = seal.open_bytes(sealed[piece], _place(attachment.reference, number))
        size += len(plain)
        yield plain
    if attachment.size is not None and size != attachment.size:
        raise NeedsHuman(code="answer_not_whole")
