"""The append-only history: a ticket's entries each cover the one before, and one chain covers all.

Entries carry no personal data: ids, counts, names of fields and sources, keyed pseudonyms, hashes.
Both are keyed: whoever can write the database and has no key can make neither. A ticket's entries
are keyed as they are written; the one chain numbers those of all tickets, so that a ticket cannot
vanish with its history. Releases before the chain wrote plain SHA-256: such an entry counts where
the chain names it, for the chain was keyed by whoever had the key.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: What stands before the first entry.
START = "0" * 64
#: Characters of a keyed digest or code.
_KEYED = 43


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """One thing that happened to a ticket, by whom and when; `seq` counts from 1."""

    ticket: str
    seq: int
    at: datetime
    event: str
    actor: str
    data: Mapping[str, Any]
    previous: str
    digest: str


def digest(
    ticket: str,
    seq: int,
    *,
    at: datetime,
    event: str,
    actor: str,
    data: Mapping[str, Any],
    previous: str,
    key: bytes = b"",
) -> str:
    """HMAC-SHA-256 over the entry's canonical JSON (sorted keys, no spaces, UTF-8), in base64url.

    Without a key it is the plain SHA-256 of older releases, as 64 hex digits.
    """
    body = {
        "actor": actor,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": data,
        "event": event,
        "previous": previous,
        "seq": seq,
        "ticket": ticket,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if not key:
        return hashlib.sha256(text.encode()).hexdigest()
    return _code(key, text.encode())


def is_keyed(digest_: str) -> bool:
    """Whether an entry's digest is one that only our key makes."""
    return len(digest_) == _KEYED


def link(key: bytes, before: str, number: int, *, ticket: str, seq: int, digest: str) -> str:
    """The code of one link of the chain over all tickets: it covers every link before it.

    `ticket` is its id, `number` counts from 1, `before` is the code of the link before, START of
    the first.
    """
    return _code(key, f"{before} {number} {ticket} {seq} {digest}".encode())


def _code(key: bytes, content: bytes) -> str:
    made = hmac.new(key, content, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class JournalFault:
    """The first entry of a ticket's history that does not hold, and what is wrong with it.

    Without a ticket it is a link of the chain over all.
    """

    ticket: str
    seq: int
    problem: str

    def __str__(self) -> str:
        return f"{self.ticket}: {self.problem}" if self.ticket else self.problem


def verify(
    ticket: str, entries: Iterable[ChainedEntry], *, seq: int, head: str, key: bytes = b""
) -> JournalFault | None:
    """The first fault in a ticket's history, or None.

    `seq` and `head` are what the ticket itself remembers, so that a tail cut off is noticed too.
    `key` is that of the journal.
    """
    previous, expected = START, 1
    for entry in entries:
        if entry.seq != expected:
            return JournalFault(ticket, expected, f"entry {expected} is missing")
        if entry.previous != previous:
            return JournalFault(
                ticket, entry.seq, f"entry {entry.seq} does not follow the one before it"
            )
        if not holds(entry, key):
            return JournalFault(
                ticket, entry.seq, f"entry {entry.seq} was changed after it was written"
            )
        previous, expected = entry.digest, expected + 1
    if expected - 1 != seq:
        return JournalFault(
            ticket, expected, f"the history ends at {expected - 1}, the ticket at {seq}"
        )
    if previous != head:
        return JournalFault(ticket, seq, "the last entry is not the one the ticket remembers")
    return None


def holds(entry: ChainedEntry, key: bytes) -> bool:
    """Whether an entry says what it said when it was written."""
    again = digest(
        entry.ticket,
        entry.seq,
        at=entry.at,
        event=entry.event,
        actor=entry.actor,
        data=entry.data,
        previous=entry.previous,
        key=key if is_keyed(entry.digest) else b"",
    )
    return hmac.compare_digest(again, entry.digest)
