"""Processors that speak OpenDSR 2.0 (formerly OpenGDPR): access, portability and erasure, signed.

The processor takes a request and is asked after it. Nothing it answers counts without the signature
of the domain that was declared; "erased" is said only when it says "completed".
"""

from collections.abc import Iterator, Sequence

from dsar.adapters.http import auth
from dsar.adapters.opendsr.erasure import erase
from dsar.adapters.opendsr.opendsr_settings import Identity, OpenDsrSettings
from dsar.adapters.opendsr.processor import ACCESS, ERASURE, PORTABILITY, Processor
from dsar.adapters.opendsr.search import COLLECTION, Search
from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Field,
    Later,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Subject,
)

_FIELDS = (
    Field("identity_type", {"en": "Kind of identifier", "de": "Art der Kennung"}),
    Field("identity_value", {"en": "Identifier", "de": "Kennung"}),
    Field(
        "results",
        {"en": "What the processor holds", "de": "Was der Auftragsverarbeiter gespeichert hat"},
        {"en": "As it answered to an access request, in its own words."},
        about_others=True,
    ),
)


class OpenDsr(Adapter):
    """What one processor holds, by the identities it knows the person by."""

    name = "opendsr"
    title = "OpenDSR processor"
    Settings = OpenDsrSettings

    settings: OpenDsrSettings

    def __init__(self, settings: OpenDsrSettings) -> None:
        super().__init__(settings)
        self.identifies_by = tuple(settings.identities)
        self._processor = Processor(settings)

    def collections(self) -> Sequence[Collection]:
        """One kind of record: all that is held under one identity."""
        title = {"en": "Held by a processor", "de": "Beim Auftragsverarbeiter"}
        return [Collection(COLLECTION, title, _FIELDS)]

    def check(self) -> Sequence[Problem]:
        """The settings, what the processor says of itself, and whether its certificate is good."""
        settings = self.settings
        found = [*settings.problems(), *auth.faults(settings, settings.auth)]
        if found:
            return found
        try:
            known = self._processor.discovery
            self._processor.signatures  # noqa: B018 - fetched and checked
        except (Later, NeedsHuman) as failure:
            return [Problem("url", failure.reason, "Until then the processor cannot be asked.")]
        for name, kind in settings.identities.items():
            if not known.takes(Identity.of(kind, "x")):
                what = f"the processor takes no {kind.type} written as {kind.format}."
                found.append(Problem(f"identities.{name}", what, "Take one it supports."))
        if ERASURE not in known.types:
            found.append(Problem("url", "the processor takes no erasures.", "Erase by hand there."))
        if not known.types & {ACCESS, PORTABILITY} and not settings.hand_on:
            mend = "Say hand_on = true if erasures are to be handed on without a search."
            found.append(Problem("hand_on", "the processor cannot be searched.", mend))
        return found

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """One access request for each identity; Later until the processor has answered."""
        yield from Search(self.settings, self._processor, subject).pages(checkpoint)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        """The results of a request whose answer is no JSON."""
        del collection, key
        status = self._processor.status(attachment.reference)
        if status is None or not status.results_url:
            raise NeedsHuman(
                f"{self.settings.domain} no longer gives these results. Search anew.",
                code="not_there",
            )
        yield self._processor.results(status.results_url).body

    def erase(self, batch: Batch) -> list[Receipt]:
        """One erasure request for each identity; Later until the processor is done with all."""
        return erase(self.settings, self._processor, batch)

    def close(self) -> None:
        """Closes the connections."""
        self._processor.close()
