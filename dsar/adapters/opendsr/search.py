"""A search is one access request for each identity, asked after until the processor has answered.

The checkpoint names each identity by its hash, with the id of the request that is out for it; what
was answered is not asked again.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dsar.adapters.http import HttpAnswer
from dsar.adapters.opendsr.opendsr_settings import Identity, OpenDsrSettings
from dsar.adapters.opendsr.processor import ACCESS, PORTABILITY, Processor, RequestState, Status
from dsar.sdk import Attachment, Later, NeedsHuman, Page, Record, Subject

COLLECTION = "held"


@dataclass(slots=True)
class Jobs:
    """Which identities have requests out, by digest, and which are answered."""

    out: dict[str, str] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, checkpoint: str | None) -> "Jobs":
        """NeedsHuman where the text is none of ours."""
        if checkpoint is None:
            return cls()
        try:
            given = json.loads(checkpoint)
            out = {str(name): str(uuid.UUID(one)) for name, one in given["out"].items()}
            return cls(out, [str(name) for name in given["over"]])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NeedsHuman("This checkpoint is not one of this source's. Search anew.") from None

    def text(self) -> str:
        return json.dumps({"out": self.out, "over": self.over})


def identities(settings: OpenDsrSettings, subject: Subject) -> list[Identity]:
    """The person's identities as this processor knows them, each once."""
    found = {
        Identity.of(kind, value)
        for name, kind in settings.identities.items()
        for value in subject.values(name)
        if value.strip()
    }
    return sorted(found)


class Search:
    """One search for one person."""

    def __init__(self, settings: OpenDsrSettings, processor: Processor, subject: Subject) -> None:
        self._settings = settings
        self._processor = processor
        self._wanted = identities(settings, subject)

    def pages(self, checkpoint: str | None) -> Iterator[Page]:
        """A page for each identity that is answered; Later while others are not."""
        jobs = Jobs.of(checkpoint)
        left = [one for one in self._wanted if one.digest not in jobs.over]
        if not left:
            return
        kind = self._kind(left)
        if not kind:
            yield Page([_given(one) for one in left])
            return
        stands = {one: self._stands(jobs, one, kind) for one in left}
        waiting = [one for one, status in stands.items() if not _is_over(status)]
        yield from self._answered(jobs, stands, last=not waiting)
        if waiting:
            due = [status.due for status in stands.values() if not _is_over(status) and status.due]
            raise Later(
                awaited(self._settings, len(waiting), str(max(due)) if due else ""),
                wait=self._settings.poll_seconds,
                checkpoint=jobs.text(),
            )

    def _kind(self, left: Sequence[Identity]) -> str:
        """The type of request that brings data; "" where erasures are handed on unseen."""
        known = self._processor.discovery
        for identity in left:
            if not known.takes(identity):
                raise NeedsHuman(
                    f"{self._settings.domain} does not take identities of type {identity.type} "
                    f"written as {identity.format}. Correct the setting identities."
                )
        kind = next((one for one in (ACCESS, PORTABILITY) if one in known.types), "")
        if not kind and not self._settings.hand_on:
            raise NeedsHuman(
                f"{self._settings.domain} takes no access requests, so it cannot be searched. Ask "
                "it by hand, or say hand_on = true if erasures are to be handed on without.",
                code="cannot",
            )
        return kind

    def _stands(self, jobs: Jobs, identity: Identity, kind: str) -> Status:
        """How the request for this identity stands; it is made if there is none yet."""
        request, fresh = jobs.out.get(identity.digest), False
        if request is None:
            request, fresh = str(uuid.uuid4()), True
            refused = self._processor.submit(request, kind, identity)
            if refused:
                raise NeedsHuman(f"{self._settings.domain}: {refused} Ask the processor.")
            jobs.out[identity.digest] = request
        status = self._processor.status(request)
        if status is None and not fresh:
            raise NeedsHuman(
                f"{self._settings.domain} does not know a request it took. Ask the processor."
            )
        if status and status.state is RequestState.CANCELLED:
            raise NeedsHuman(
                f"{self._settings.domain} cancelled the request. Ask the processor.", code="refused"
            )
        return status or Status(RequestState.PENDING)

    def _answered(
        self, jobs: Jobs, stands: dict[Identity, Status], *, last: bool
    ) -> Iterator[Page]:
        """A page for each answer; the last has a checkpoint only while others are awaited."""
        over = [one for one, status in stands.items() if _is_over(status)]
        said = False
        for number, identity in enumerate(over, start=1):
            request = jobs.out.pop(identity.digest)
            jobs.over.append(identity.digest)
            records = self._records(identity, request, stands[identity])
            end = last and number == len(over)
            if records or (end and said):
                said = True
                yield Page(records, None if end else jobs.text())

    def _records(self, identity: Identity, request: str, status: Status) -> list[Record]:
        if not status.results_url:
            if status.results_count:
                raise NeedsHuman(
                    f"{self._settings.domain} found data and does not say where it is. Ask the "
                    "processor."
                )
            return []
        if status.results_count == 0:
            return []
        reply = self._processor.results(status.results_url)
        if not _is_json(reply):
            kind = reply.headers.get("content-type", "").partition(";")[0].strip()
            file = Attachment(
                request, "results", kind or "application/octet-stream", len(reply.body)
            )
            return [_given(identity, files=(file,))] if reply.body else []
        found = reply.json()
        results = found if isinstance(found, list) else [found]
        if isinstance(found, list) and len(found) < (status.results_count or 0):
            raise NeedsHuman(
                f"{self._settings.domain} found {status.results_count} results and gives "
                f"{len(found)} of them. Ask the processor for the rest."
            )
        kept = [one for one in results if one not in (None, {}, [])]
        return [_given(identity, kept)] if kept else []


def awaited(settings: OpenDsrSettings, count: int, due: str) -> str:
    """What staff sees while the processor works."""
    when = f", expected by {due}" if due else ""
    return f"{settings.domain} works on {count} request(s){when}."


def _is_over(status: Status) -> bool:
    return status.state is RequestState.COMPLETED


def _is_json(reply: HttpAnswer) -> bool:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _given(
    identity: Identity, results: Sequence[object] = (), files: tuple[Attachment, ...] = ()
) -> Record:
    data = {"identity_type": identity.type, "identity_value": identity.value}
    return Record(
        COLLECTION,
        identity.key,
        {**data, "results": list(results)} if results else data,
        attachments=files,
    )
