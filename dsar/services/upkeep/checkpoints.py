"""Signed checkpoints of the journal's chain, written where the database cannot reach them.

Whoever can write the database can set all of it back to an earlier state, and nothing in it tells.
A checkpoint says how long the chain was and how it ended, signed (Ed25519) under a key derived for
it; each is a line of a file that is only appended to. Laid on another machine, or mailed, it proves
what was there at that time.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.domain.errors import BadInput
from dsar.domain.journal import JournalFault
from dsar.services.runtime import journal_chain
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.store import journal_links

#: One is written at least so often while there is something new, and at each step of an erasure.
EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """So many links, the code of the last, at this time (ISO 8601); `signature` is base64."""

    number: int
    head: str
    at: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature covers."""
        return f"dsar journal {self.number} {self.head} {self.at}".encode()


def tend(installation: Installation) -> None:
    """Links what was left without a link, and writes a checkpoint where one is due."""
    more = True
    while more:
        with transaction(installation) as session:
            more = journal_chain.link_missing(session, installation.vault.journal)
    with reading(installation) as session:
        due = _due(session)
    if due:
        write(installation)


def _due(session: Unit) -> bool:
    end = journal_links.end(session)
    if end.count <= end.checkpoint:
        return False
    late = end.checkpoint_at is None or session.now() - end.checkpoint_at >= EVERY
    return late or journal_links.erased_since(session, end.checkpoint)


def write(installation: Installation) -> Checkpoint:
    """Appends a checkpoint of the chain as it stands; raises BadInput where that cannot be."""
    with reading(installation) as session:
        end, now = journal_links.end(session), session.now()
    made = Checkpoint(end.count, end.head, now.isoformat())
    signature = base64.b64encode(_key(installation).sign(made.signed())).decode()
    made = Checkpoint(made.number, made.head, made.at, signature)
    _append(installation.settings.at(installation.settings.checkpoints), made)
    with transaction(installation) as session:
        journal_links.note_checkpoint(session, made.number, now)
    return made


def _append(path: Path, made: Checkpoint) -> None:
    line = json.dumps(asdict(made)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        mend = "Name a file that this user may append to."
        raise BadInput("checkpoints", f"cannot be written: {error.strerror}.", mend) from None


def disproved(session: Unit, path: Path) -> Iterator[JournalFault]:
    """What the chain no longer is of what the checkpoints in a file say it was.

    Raises BadInput for a file that is not there or holds none.
    """
    key = _key(session.installation).public_key()
    count = 0
    for count, line in enumerate(_lines(path), start=1):
        try:
            told = Checkpoint(**json.loads(line))
            key.verify(base64.b64decode(told.signature), told.signed())
            datetime.fromisoformat(told.at)
        except (ValueError, TypeError, binascii.Error, InvalidSignature):
            yield JournalFault("", count, f"checkpoint {count} of {path.name} is not one of ours")
            continue
        found = journal_links.code_of(session, told.number)
        if told.number and found != told.head:
            problem = "is another now" if found else "is gone"
            yield JournalFault("", told.number, f"link {told.number} {problem}; it was {told.at}")
    if not count:
        raise BadInput("anchor", f"{path.name} holds no checkpoint.", "Give the file they are in.")


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (line for line in file if line.strip())
    except OSError as error:
        problem = f"{path.name} cannot be read: {error.strerror}."
        raise BadInput("anchor", problem, "Give the file the checkpoints are in.") from None


def _key(installation: Installation) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(installation.vault.derive("journal checkpoint"))
