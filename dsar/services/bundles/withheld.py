"""What is kept from the person, to be searched for in the finished bundle before it leaves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsar.domain.decision import Case
from dsar.domain.decision.withheld import withheld_files, withheld_values, withholds
from dsar.domain.records import Record
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.work import attachments
from dsar.store import pages
from dsar.store.pages import PageRef
from dsar.store.tables import Ticket
from dsar.store.vault import Seal
from exports.proof.redact import WithheldValue


@dataclass(frozen=True, slots=True)
class WithheldFile:
    """A file staff keeps from the person. `place` names its collection.

    `sha256` is that of its bytes where staff ruled on this very file, else None: a logo that hangs
    on a withheld message as on every other is no secret.
    """

    place: str
    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Withholding:
    """What is kept from the person in one ticket: by a ruling, or because its field never leaves.

    The records are read anew each time.
    """

    installation: Installation
    seal: Seal
    ticket_id: str
    case: Case
    sheets: Mapping[str, tuple[PageRef, ...]]

    def values(self) -> Iterator[WithheldValue]:
        """Each value that is kept from the person; none where nothing is withheld."""
        for source, record in self._each():
            for name, value in withheld_values(self.case, source, record):
                yield WithheldValue(f"{source}.{record.collection}.{name}", value)

    def files(self) -> Iterator[WithheldFile]:
        """Each file that staff keeps from the person."""
        for source, record in self._each():
            for one, alone in withheld_files(self.case, source, record):
                at = (self.installation, self.ticket_id, source, record, one)
                digest = attachments.sha256_of(*at) if alone else None
                yield WithheldFile(f"{source}.{record.collection}", one.name, digest)

    def _each(self) -> Iterator[tuple[str, Record]]:
        ruled = {rule.source for rule in self.case.rules}
        for source, sheets in sorted(self.sheets.items()):
            if source not in ruled and not withholds(self.case, source):
                continue
            for record in record_pages.records_on(self.installation, self.seal, sheets):
                yield source, record


def withholding(session: Unit, seal: Seal, ticket: Ticket, case: Case) -> Withholding:
    """What is kept from the person in a ticket."""
    every = pages.refs(session, ticket.id, role=record_pages.RECORDS)
    names = {sheet.source for sheet in every}
    sheets = {name: tuple(one for one in every if one.source == name) for name in names}
    return Withholding(session.installation, seal, ticket.id, case, sheets)
