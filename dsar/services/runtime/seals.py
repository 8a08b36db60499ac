"""Opens and closes what is sealed on a request: identifiers, words, details, letters."""

import json
from collections.abc import Mapping
from typing import Any

from dsar.domain.decision.ownership import KnownIdentifier
from dsar.domain.identity import GIVEN, UNSETTLED, UNUSED, Subject
from dsar.services.runtime.installation import Unit
from dsar.store.tables import Identifier, Request, Ticket
from dsar.store.tickets import identifiers, request_of
from dsar.store.vault import Seal, Vault

#: Before the keyed hash of an idempotency key.
MARK = "mark:"


def key_mark(vault: Vault, key: str) -> str:
    """What is kept of an idempotency key: a keyed hash."""
    return MARK + vault.blind("idempotency key", key)


def asked_mark(vault: Vault, asked: Mapping[str, Any]) -> str:
    """What is kept of all that was asked under an idempotency key: a keyed hash of its JSON."""
    text = json.dumps(asked, sort_keys=True, default=str)
    return MARK + vault.blind("asked under a key", text)


def seal_of(session: Unit, request: Request) -> Seal:
    """The seal of one request; raises KeyLost where it was forgotten."""
    return session.installation.vault.open_key(request.id, request.data_key)


def subject_of(session: Unit, ticket: Ticket) -> Subject:
    """The person of a ticket, with every identifier that is known to be theirs by now."""
    request = request_of(session, ticket)
    seal = seal_of(session, request)
    rows = identifiers(session, request.id)
    used = (row for row in rows if row.evidence not in UNUSED)
    return Subject.of((row.kind, value_of(seal, row)) for row in used)


def known_of(session: Unit, ticket: Ticket) -> tuple[KnownIdentifier, ...]:
    """Every identifier in use for the person of a ticket, with the source it came from."""
    request = request_of(session, ticket)
    seal = seal_of(session, request)
    return tuple(
        KnownIdentifier(row.kind, value_of(seal, row), row.source if row.evidence == GIVEN else "")
        for row in identifiers(session, request.id)
        if row.evidence not in UNUSED
    )


def unsettled_of(session: Unit, ticket: Ticket) -> tuple[tuple[str, str, str], ...]:
    """What a source gave and may be somebody else's, for staff to settle: kind, value, source."""
    request = request_of(session, ticket)
    seal = seal_of(session, request)
    rows = identifiers(session, request.id)
    return tuple(
        (row.kind, value_of(seal, row), row.source) for row in rows if row.evidence == UNSETTLED
    )


def value_of(seal: Seal, row: Identifier) -> str:
    """An identifier in its normal form."""
    value: str = seal.open(row.sealed, place(row.kind, row.blind))
    return value


def place(kind: str, blind: str) -> str:
    """Where an identifier's seal is bound to."""
    return f"identifier {kind} {blind}"


def details_of(session: Unit, ticket: Ticket) -> dict[str, Any]:
    """What the person asked for in detail: corrections, purposes, words, the human decision."""
    if ticket.sealed_details is None:
        return {}
    seal = seal_of(session, request_of(session, ticket))
    details: dict[str, Any] = seal.open(ticket.sealed_details, f"details {ticket.id}")
    return details


def keep_details(session: Unit, ticket: Ticket, details: dict[str, Any]) -> None:
    """Replaces the sealed details of a ticket."""
    seal = seal_of(session, request_of(session, ticket))
    ticket.sealed_details = seal.close(details, f"details {ticket.id}")
