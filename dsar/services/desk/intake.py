"""Files a request: what a person sent becomes one ticket per right, with its clock running."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.errors import BadInput, Conflict
from dsar.domain.identity import Subject
from dsar.domain.lifecycle import State
from dsar.domain.policy import purposes
from dsar.domain.rights import Right
from dsar.services import letters
from dsar.services.law import clock, regimes
from dsar.services.runtime import journal, seals
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.work.cases import check_corrections, check_purposes
from dsar.store import tickets
from dsar.store.engine import add_once
from dsar.store.tables import Identifier, Request
from dsar.store.tickets import of_request

#: No letters that are mistaken for digits; 32 signs, so that each carries five bits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_KEY_LIMIT = 200
#: Older than any law that ships: a year like 0020 is a slip of the hand.
_FIRST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Application:
    """What a person asks: which rights, with which identifiers, when and how it arrived.

    `corrections` maps a field's path or its standard term to the right value (rectification);
    `purposes` names the activities objected to or whose consent is withdrawn. Where nobody said in
    which language the person is to be answered, it is the controller's.
    """

    rights: tuple[Right, ...]
    identifiers: tuple[tuple[str, str], ...]
    received_at: datetime | None = None
    regime: str | None = None
    channel: str = "desk"
    language: str = ""
    words: str = ""
    corrections: Mapping[str, Any] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    idempotency_key: str | None = None


def file(session: Unit, actor: Actor, application: Application) -> Request:
    """Files the request; filing the same again under its idempotency key returns the first one.

    Raises BadInput naming the field, and Conflict where something else was asked under the key;
    nothing is stored then.
    """
    installation = session.installation
    subject = _checked(application)
    known = _known(session, installation, application, subject)
    if known is not None:
        # Before our files are asked: they may have changed since it was filed.
        return known
    check_purposes(installation, application.purposes)
    check_corrections(installation, application.corrections)
    now = session.now()
    received = _received(application, now)
    request = _request(installation, application, received=received, now=now)
    request.asked_mark = _asked_mark(installation, application, subject)
    if not add_once(session, installation.store, request, same=("idempotency_key",)):
        return _known(session, installation, application, subject) or request
    request = session.get_one(Request, request.id)
    _identify(session, installation, request, subject)
    parts = purposes.tickets(application.rights, application.purposes, installation.policy)
    for number, part in enumerate(parts, start=1):
        _open(session, actor, request, part, number=number, application=application)
    return request


def unconfirmed(session: Session, request: Request) -> bool:
    """Whether nobody has confirmed yet who is behind a request."""
    return all(ticket.state == State.RECEIVED for ticket in of_request(session, request))


def _key_mark(installation: Installation, key: str | None) -> str | None:
    """What is kept of an idempotency key: integrators like to make it of an e-mail address."""
    return seals.key_mark(installation.vault, key) if key is not None else None


def _known(
    session: Session, installation: Installation, application: Application, subject: Subject
) -> Request | None:
    """What was filed under this key before; raises Conflict where that was something else."""
    key = _key_mark(installation, application.idempotency_key)
    if key is None:
        return None
    first = select(Request).where(col(Request.idempotency_key) == key)
    known = session.exec(first).one_or_none()
    asked = _asked_mark(installation, application, subject)
    if known is not None and known.asked_mark not in {None, asked}:
        message = (
            f"idempotency_key: {known.ref} was filed under this key, and it asks for something"
            " else. Give each request a key of its own."
        )
        raise Conflict(message)
    return known


def _asked_mark(
    installation: Installation, application: Application, subject: Subject
) -> str | None:
    """What is kept of what was asked under a key: all that the sender wrote, and nothing we set."""
    if application.idempotency_key is None:
        return None
    asked = {
        "rights": sorted(application.rights),
        "identifiers": sorted(subject.pairs()),
        "received": application.received_at and application.received_at.astimezone(UTC),
        "regime": application.regime,
        "channel": application.channel,
        "language": application.language,
        "words": application.words,
        "corrections": dict(application.corrections),
        "purposes": sorted(application.purposes),
    }
    return seals.asked_mark(installation.vault, asked)


def _checked(application: Application) -> Subject:
    if not application.rights:
        raise BadInput("right", "is missing.", f"Name one of: {', '.join(Right)}.")
    if len(set(application.rights)) != len(application.rights):
        raise BadInput("right", "is named twice.", "Name each right once.")
    subject = Subject.of(application.identifiers)
    if not subject:
        raise BadInput(
            "identifier", "is missing.", "Give at least one, e.g. email=ana@example.org."
        )
    if any(right.spec.needs_corrections for right in application.rights) and not (
        application.corrections
    ):
        raise BadInput("correct", "is missing.", "Say what is right, e.g. family_name=Lind.")
    _check_form(application)
    return subject


def _check_form(application: Application) -> None:
    if not _CHANNEL.fullmatch(application.channel):
        raise BadInput("channel", "is not a word.", "Write it as desk, mail, portal or the like.")
    if application.language and not _LANGUAGE.fullmatch(application.language):
        raise BadInput("language", "is not a language.", "Write its tag, such as en or pt-BR.")
    if not 0 < len(application.idempotency_key or "-") <= _KEY_LIMIT:
        mend = f"Give 1 to {_KEY_LIMIT} characters."
        raise BadInput("idempotency_key", "is too long.", mend)


def _received(application: Application, now: datetime) -> datetime:
    received = application.received_at or now
    if received.tzinfo is None:
        raise BadInput("received", "has no time zone.", "Write it as 2026-01-31T10:00:00+01:00.")
    if received > now:
        raise BadInput("received", "lies in the future.", "Give the time it arrived.")
    if received.year < _FIRST_YEAR:
        raise BadInput("received", "lies too far back.", "Give the time it arrived.")
    return received


def _request(
    installation: Installation, application: Application, *, received: datetime, now: datetime
) -> Request:
    regime = regimes.load(application.regime or installation.settings.regime)
    request = Request(
        ref=_reference(),
        idempotency_key=_key_mark(installation, application.idempotency_key),
        channel=application.channel,
        language=application.language or installation.controller.language,
        regime=regime.id,
        received_at=received,
        created_at=now,
    )
    request.data_key = installation.vault.new_key(request.id)
    if application.words:
        seal = installation.vault.open_key(request.id, request.data_key)
        request.sealed_words = seal.close(application.words, f"words {request.id}")
    return request


def _reference() -> str:
    """A reference that can be read over the telephone and not be guessed (50 bits)."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"R-{signs[:5]}-{signs[5:]}"


def _identify(
    session: Session, installation: Installation, request: Request, subject: Subject
) -> None:
    seal = installation.vault.open_key(request.id, request.data_key)
    for kind, value in subject.pairs():
        blind = installation.vault.blind(kind, value)
        session.add(
            Identifier(
                request_id=request.id,
                kind=kind,
                blind=blind,
                sealed=seal.close(value, seals.place(kind, blind)),
            )
        )


def _open(
    session: Unit,
    actor: Actor,
    request: Request,
    part: purposes.Part,
    *,
    number: int,
    application: Application,
) -> None:
    """One ticket: its clock wound, its first journal entry and letter written."""
    right, about = part
    ticket = tickets.new(request, right, number=number, created_at=request.created_at)
    dates = clock.wind(session, ticket, request.received_at)
    session.add(ticket)
    session.flush()
    details = _details(right, about, application)
    if details:
        seals.keep_details(session, ticket, details)
    data = {
        "right": right.value,
        "channel": request.channel,
        "regime": request.regime,
        "regime_version": dates.regime_version,
        "due": ticket.due_on.isoformat() if ticket.due_on else None,
        "identifiers": sorted({kind for kind, _ in application.identifiers}),
    }
    journal.append(session, actor, ticket, event="received", data=data)
    letters.queue(session, ticket, kind="received", because=Because())


def _details(right: Right, about: tuple[str, ...], application: Application) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if right.spec.needs_corrections:
        given["corrections"] = dict(application.corrections)
    if about:
        given["purposes"] = list(about)
    return given
