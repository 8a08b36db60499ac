"""The append-only history of a ticket: each entry's hash covers the one before it.

Entries carry no personal data: ids, counts, names of fields and sources, keyed pseudonyms, hashes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: What stands before the first entry.
START = "0" * 64


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
) -> str:
    """SHA-256 over the entry's canonical JSON (sorted keys, no spaces, UTF-8), as 64 hex digits."""
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
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class JournalFault:
    """The first entry of a ticket's history that does not hold, and what is wrong with it."""

    ticket: str
    seq: int
    problem: str


def verify(
    ticket: str, entries: Iterable[ChainedEntry], *, seq: int, head: str
) -> JournalFault | None:
    """The first fault in a ticket's history, or None.

    `seq` and `head` are what the ticket itself remembers, so that a tail cut off is noticed too.
    """
    previous, expected = START, 1
    for entry in entries:
        if entry.seq != expected:
            return JournalFault(ticket, expected, f"entry {expected} is missing")
        if entry.previous != previous:
            return JournalFault(
                ticket, entry.seq, f"entry {entry.seq} does not follow the one before it"
            )
        if entry.digest != _again(entry):
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


def _again(entry: ChainedEntry) -> str:
    return digest(
        entry.ticket,
        entry.seq,
        at=entry.at,
        event=entry.event,
        actor=entry.actor,
        data=entry.data,
        previous=entry.previous,
    )
