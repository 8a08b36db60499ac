"""The processor as OpenDSR 2.0 sees it: discovery, requests, their status, their results."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from dsar.adapters.http import Client, HttpAnswer, encoded
from dsar.adapters.opendsr.opendsr_settings import Identity, OpenDsrSettings
from dsar.adapters.opendsr.signature import Signatures
from dsar.sdk import NeedsHuman

ERASURE, ACCESS, PORTABILITY = "erasure", "access", "portability"


class RequestState(StrEnum):
    """How far a request is (OpenDSR 8)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Status:
    """One request as the processor says it stands, signed; `due` is when it expects to be done."""

    state: RequestState
    due: date | None = None
    results_url: str = ""
    results_count: int | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the processor says of itself (OpenDSR 6.3)."""

    types: frozenset[str]
    identities: frozenset[tuple[str, str]]
    certificate: str

    def takes(self, identity: Identity) -> bool:
        return (identity.type, identity.format.value) in self.identities


class Processor:
    """Speaks to one processor; what it answers to a request counts only with its signature."""

    def __init__(self, settings: OpenDsrSettings) -> None:
        self._settings = settings
        self._client = Client(settings, settings.credentials)

    def close(self) -> None:
        self._client.close()

    @cached_property
    def discovery(self) -> Discovery:
        """Asked for once."""
        reply = self._client.request("GET", self._settings.discovery_path)
        if not reply.ok:
            raise self._broken(f"answers {reply.status} to discovery")
        answer = self._object(reply)
        identities = answer.get("supported_identities")
        types = answer.get("supported_subject_request_types")
        certificate = answer.get("processor_certificate")
        if not (
            isinstance(identities, list)
            and isinstance(types, list)
            and isinstance(certificate, str)
        ):
            raise self._broken("does not say in discovery what it supports")
        pairs = [one for one in identities if isinstance(one, dict)]
        return Discovery(
            frozenset(str(one) for one in types),
            frozenset((str(p.get("identity_type")), str(p.get("identity_format"))) for p in pairs),
            certificate,
        )

    @cached_property
    def signatures(self) -> Signatures:
        """The processor's certificate, fetched once from where it may lie, and checked."""
        settings = self._settings
        hosts = {settings.domain.lower(), *settings.certificate_hosts}
        reply = self._fetched(self.discovery.certificate, hosts, "certificate", "certificate_hosts")
        return Signatures(settings, reply.body)

    def submit(self, request: str, kind: str, identity: Identity) -> str:
        """Asks for it under this id; "" if it was taken, else why it was refused."""
        body = {
            "regulation": self._settings.regulation.value,
            "subject_request_id": request,
            "subject_request_type": kind,
            "submitted_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject_identities": [identity.json()],
            "api_version": "2.0",
        }
        reply = self._client.request("POST", self._settings.requests_path, body=body)
        if not reply.ok:
            return f"The processor refuses the request ({reply.status})."
        self._signed(reply, request)
        return ""

    def status(self, request: str) -> Status | None:
        """How the request stands; None where the processor does not know it."""
        reply = self._client.request("GET", f"{self._settings.requests_path}/{encoded(request)}")
        if reply.status in {400, 404}:
            return None
        if not reply.ok:
            raise self._broken(f"answers {reply.status} when asked for a request's status")
        answer = self._signed(reply, request)
        if answer.get("request_status") not in set(RequestState):
            raise self._broken("gives a status OpenDSR does not know")
        count, url = answer.get("results_count"), answer.get("results_url")
        return Status(
            RequestState(answer["request_status"]),
            _date(answer.get("expected_completion_time")),
            url if isinstance(url, str) else "",
            count if isinstance(count, int) and not isinstance(count, bool) else None,
        )

    def results(self, url: str) -> HttpAnswer:
        """What a completed request brought."""
        hosts = set(self._settings.results_hosts)
        reply = self._fetched(url, hosts, "results", "results_hosts")
        if not reply.ok:
            raise self._broken(f"no longer gives the results it announced ({reply.status})")
        return reply

    def _fetched(self, url: str, hosts: set[str], what: str, setting: str) -> HttpAnswer:
        """From its own origin as everything else; from another allowed host without credentials."""
        try:
            parts = urlsplit(url)
            place, host = f"{parts.scheme}://{parts.netloc}", (parts.hostname or "").lower()
        except ValueError:
            raise self._broken(f"gives an address of its {what} that is none") from None
        own = urlsplit(self._settings.url)
        headers = {"accept": "*/*"}
        if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return self._client.request("GET", url, headers=headers)
        if host not in hosts and host != self._settings.host:
            raise self._broken(
                f"says that its {what} lies at another host. Name that host in {setting} if that "
                "is right"
            )
        client = Client(self._settings.elsewhere(place))
        try:
            return client.request("GET", url, headers=headers)
        finally:
            client.close()

    def _signed(self, reply: HttpAnswer, request: str) -> Mapping[str, Any]:
        """The answer's object, after its signature was checked; it must be about our request."""
        self.signatures.check(reply)
        answer = self._object(reply)
        if str(answer.get("subject_request_id")).lower() != request:
            raise self._broken("answers about another request than we asked for")
        return answer

    def _object(self, reply: HttpAnswer) -> Mapping[str, Any]:
        answer = reply.json()
        if not isinstance(answer, dict):
            raise self._broken("answers with JSON that is no object")
        return answer

    def _broken(self, what: str) -> NeedsHuman:
        return NeedsHuman(f"{self._settings.domain} {what}. Ask the processor.")


def _date(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(text)).date()
    except ValueError:
        return None
