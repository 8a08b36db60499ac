"""The files of a ticket's records as staff sees them: what each is, and what was ruled about it."""

from dataclasses import dataclass
from pathlib import Path

from dsar.domain.decision import SPARING, Case
from dsar.domain.errors import BadInput
from dsar.services.bundles.deliver import writing
from dsar.services.runtime import journal, seals
from dsar.services.runtime.access import staff_only, ticket_for
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.work import attachments
from dsar.services.work.attachments import Held
from dsar.services.work.cases import case_of
from dsar.store.tables import Ticket
from dsar.store.tickets import locked, request_of

#: So many files are shown at once; a person with more is ruled about by record or collection.
MOST = 200


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of a record: what it is, and by which place a ruling names it.

    `withheld` is the ground on which it is kept back, if it is.
    """

    place: str
    source: str
    collection: str
    record: str
    name: str
    media_type: str
    bytes: int
    withheld: str


@dataclass(frozen=True, slots=True)
class FilesView:
    """How many files were collected for a ticket, and the first of them."""

    count: int = 0
    files: tuple[FileView, ...] = ()


NO_FILES = FilesView()


def of_ticket(session: Unit, viewer: Actor, ticket: Ticket, *, most: int = MOST) -> FilesView:
    """The files of a ticket; holds nothing of the person but their names. Raises KeyLost."""
    staff_only(viewer)
    if ticket.right.spec.handed is None:
        return NO_FILES
    seal = seals.seal_of(session, request_of(session, ticket))
    count, held = attachments.held(session, seal, ticket.id, most=most)
    if not held:
        return NO_FILES
    case = case_of(session, ticket)
    return FilesView(count, tuple(_told(case, one) for one in held))


def _told(case: Case, one: Held) -> FileView:
    ruled = case.ruling(one.source, one.record, file=one.attachment.reference)
    whole = case.ruling(one.source, one.record)
    spared = [rule for rule in (whole, ruled) if rule is not None and rule.verdict in SPARING]
    return FileView(
        place=place(one),
        source=one.source,
        collection=one.record.collection,
        record=one.record.key,
        name=one.attachment.name,
        media_type=one.attachment.media_type,
        bytes=one.attachment.size or 0,
        withheld=spared[0].ground if spared else "",
    )


def place(one: Held) -> str:
    """What a ruling calls a file."""
    return f"{one.source}.{one.record.collection}#{one.mark}"


def shown(text: str) -> str:
    """A stranger's text without what steers a terminal or turns letters round."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def take_out(installation: Installation, actor: Actor, ref: str, named: str, target: Path) -> int:
    """Writes one collected file to `target` for whoever must look at it; how many bytes.

    That somebody looked is in the journal. Raises BadInput, NotFound, KeyLost, OSError.
    """
    with reading(installation) as session:
        ticket = ticket_for(session, actor, ref)
        ticket_id = ticket.id
        seal = seals.seal_of(session, request_of(session, ticket))
        one = attachments.held_as(session, seal, ticket_id, named.rpartition("#")[2])
    if one is None or place(one) != named.strip():
        mend = f"Name one that dsar ticket files {ref} shows."
        raise BadInput("place", "is no file of this ticket.", mend)
    reference = one.attachment.reference
    blocks = attachments.open(
        installation, ticket_id, one.source, one.record.collection, one.record.key, reference
    )
    with transaction(installation) as session:
        ticket = locked(session, ticket_id)
        data = {"source": one.source, "file": one.mark}
        journal.append(session, actor, ticket, event="file_looked_at", data=data)
        session.add(ticket)
    with writing(target) as file:
        return sum(file.write(block) for block in blocks)
