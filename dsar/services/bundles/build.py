"""The `bundle` task: what services gathered becomes the canonical contents, and those a bundle."""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import exports
import exports.bundle
from dsar import __version__
from dsar.domain.controller import Controller
from dsar.domain.errors import NotFound
from dsar.services.bundles import deliver, expire, progress
from dsar.services.bundles.gather import (
    Gathered,
    Part,
    WithheldFile,
    built,
    gather,
    refuse_changed_policy,
)
from dsar.services.bundles.keep import (
    FOLDER,
    Draft,
    NotDeliverable,
    bundles_of,
    drafting,
    note,
    stow,
)
from dsar.services.bundles.progress import Tell, Teller
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.run_task import Run
from dsar.store.tables import Ticket
from dsar.store.tickets import by_ref, locked
from exports.data import manifest, parts
from exports.document.contents import Contents, HumanDecision, Law, Question, ReceiptSet, RecordSet
from exports.proof import redact
from exports.proof.check import Finding


def bundle(installation: Installation, run: Run) -> None:
    """Builds the ticket's bundle: the file first, whole and hashed, then the row that names it."""
    gathered = gather(installation, run.lease.ticket_id)
    refuse_changed_policy(gathered)
    teller = Teller(run)
    with drafting(installation, gathered.ref, gathered.number) as draft:
        made = _built(installation, gathered, draft, teller.tell)
        teller.tell(progress.STORING)
        built(run, gathered, draft, sha256=made.sha256, size=made.bytes)


def _built(
    installation: Installation, gathered: Gathered, draft: Draft, tell: Tell
) -> exports.bundle.Built:
    """The sealed draft of the bundle, proven to hold nothing that was withheld."""
    said = contents(gathered, installation.controller)
    made = exports.build(
        said,
        draft.path,
        sign_with=_signature(installation),
        seal_with=draft.seal,
        watch=lambda at: tell(at.step, done=at.done, of=at.of, place=at.place),
    )
    tell(progress.SEARCHING)
    with draft.opened() as plain:
        _prove(gathered, said, made, plain)
    return made


def _prove(
    gathered: Gathered, said: Contents, made: exports.bundle.Built, bundle: IO[bytes]
) -> None:
    """Raises Leaking where anything withheld stands in the finished bundle."""
    files = tuple(gathered.withheld_files())
    redact.refuse(_same_files(files, made))
    values = (redact.Withheld(place, value) for place, value in gathered.withheld())
    withheld = itertools.chain(_names(files), values)
    first = next(withheld, None)
    if first is None:
        return
    found = redact.leaks(
        bundle,
        itertools.chain([first], withheld),
        released=lambda: (r.data for part in gathered.handed for r in part.records()),
        everybody=itertools.chain(redact.everybody(said), _names_of_handed(gathered, files)),
    )
    redact.refuse(found)


def _same_files(files: Sequence[WithheldFile], made: exports.bundle.Built) -> list[Finding]:
    """The files of the bundle that are, byte for byte, one that staff withheld."""
    places = {file.sha256: file.place for file in files if file.sha256}
    return [
        Finding(member.name, f"is a file that was withheld in {places[member.sha256]}.")
        for member in made.members
        if member.bytes and member.sha256 in places and member.name.startswith("files/")
    ]


def _names(files: Sequence[WithheldFile]) -> Iterator[redact.Withheld]:
    """The names of withheld files, where more than the ending tells them from others."""
    for file in files:
        if redact.telling(PurePosixPath(file.name).stem):
            yield redact.Withheld(f"{file.place} (the name of a file)", file.name)


def _names_of_handed(gathered: Gathered, files: Sequence[WithheldFile]) -> Iterator[str]:
    """What the files are called that the person gets: no name among them is a secret."""
    for part in gathered.handed if files else ():
        for record in part.records() if part.files else ():
            yield from (one.name for one in record.attachments)


def contents(gathered: Gathered, controller: Controller) -> Contents:
    """The canonical contents of a bundle."""
    return Contents(
        question=_question(gathered),
        outcome=gathered.outcome,
        words=gathered.spoken.words("report"),
        controller=controller,
        law=_law(gathered),
        cut_off=gathered.cut_off,
        coverage=gathered.lines,
        activities=gathered.activities,
        sets=tuple(_records(part) for part in gathered.handed),
        receipts=tuple(_receipts(part) for part in gathered.acted),
        decision=_decision(gathered),
        engine_version=__version__,
        policy_version=gathered.policy_version,
    )


def _question(gathered: Gathered) -> Question:
    return Question(
        reference=gathered.ref,
        right=gathered.right,
        received_on=gathered.received_on,
        due_on=gathered.due_on,
        identifiers=gathered.identifiers,
        words=gathered.words,
        explanation=gathered.explanation,
        clock=gathered.clock,
    )


def _law(gathered: Gathered) -> Law:
    law = gathered.law
    return Law(
        title=law.title,
        citation=law.article,
        complaint=law.complaint,
        remedy=law.remedy,
    )


def _records(part: Part) -> RecordSet:
    return RecordSet(
        part.source,
        part.source_title,
        part.collection,
        part.activities,
        part.count,
        part.records,
        part.files,
    )


def _receipts(part: Part) -> ReceiptSet:
    return ReceiptSet(part.source, part.source_title, part.collection, part.count, part.receipts)


def _decision(gathered: Gathered) -> HumanDecision | None:
    made = gathered.details.get("decision")
    if made is None:
        return None
    return HumanDecision(
        made["decided_by"],
        date.fromisoformat(made["decided_on"]),
        made["decision"],
        made["reasons"],
    )


def signing_key(installation: Installation) -> str:
    """The public half of the key that signs this house's bundles, in minisign's form."""
    return manifest.public_key(_signature(installation))


def _signature(installation: Installation) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(installation.vault.derive("bundle signature"))


def tidy(installation: Installation) -> int:
    """Destroys bundles whose time is over and removes what nobody owns any more; how many files.

    A draft is left for a day: a large one may be on its way to a slow store for hours.
    """
    folder = installation.settings.at(installation.settings.storage) / FOLDER
    left = exports.bundle.sweep(folder, older_than=24 * 3600) if folder.exists() else 0
    return left + expire.destroy_expired(installation) + expire.sweep(installation)


def rebuild(installation: Installation, ref: str, out: Path | None) -> dict[str, Any]:
    """Builds the latest bundle of a ticket again and compares it with the one handed over.

    It is kept as a bundle of its own where the latest cannot be handed out any more. `differs`
    names what has changed since, as far as the manifests say it.
    """
    with reading(installation) as session:
        ticket = by_ref(session, ref)
        known = bundles_of(session, ticket)
    if not known:
        message = f"{ref} has no bundle yet."
        raise NotFound(message)
    last, gathered = known[-1], gather(installation, ticket.id)
    with drafting(installation, ticket.ref, gathered.number) as draft:
        made = _built(installation, gathered, draft, progress.untold)
        same = made.sha256 == last.sha256
        with draft.opened() as plain:
            differs = [] if same else _differences(installation, ticket, gathered, plain)
            if out is not None:
                _write(plain, out)
        kept = (
            None
            if _deliverable(installation, ref)
            else _keep(installation, ticket, gathered, draft, made)
        )
    return {"path": str(out) if out else None, "sha256": made.sha256, "same": same,
            "differs": differs, "kept_as": kept}  # fmt: skip


def _write(plain: IO[bytes], out: Path) -> None:
    plain.seek(0)
    with deliver.writing(out) as file:
        shutil.copyfileobj(plain, file, 1 << 20)


def split_out(
    installation: Installation, stored_bundle: deliver.StoredBundle, target: Path, *, size: int
) -> list[parts.Part]:
    """Writes a kept bundle as parts of at most `size` bytes beside `target`, each signed."""
    with stored_bundle.plain() as plain:
        return exports.split(
            plain,
            target,
            size=size,
            words=lambda tag: installation.spoken(tag).words("report"),
            sign_with=_signature(installation),
        )


def _deliverable(installation: Installation, ref: str) -> bool:
    """Whether the latest bundle of a ticket can be handed out whole, read to its end."""
    try:
        for _ in deliver.stored_bundle(installation, ref).read():
            pass
    except NotDeliverable:
        return False
    return True


def _keep(
    installation: Installation,
    ticket: Ticket,
    gathered: Gathered,
    draft: Draft,
    made: exports.bundle.Built,
) -> int:
    stow(installation, draft)
    with transaction(installation) as session:
        row = locked(session, ticket.id)
        note(session, row, draft, sha256=made.sha256, size=made.bytes, cut_off=gathered.cut_off)
        data = {"sha256": made.sha256, "bytes": made.bytes, "number": draft.number}
        journal.append(session, SYSTEM, row, event="bundle_rebuilt", data=data)
        session.add(row)
    return draft.number


def _differences(
    installation: Installation, ticket: Ticket, gathered: Gathered, plain: IO[bytes]
) -> list[str]:
    """What changed between the bundle that was handed over and its like of today, by name."""
    found = []
    if gathered.policy_now != gathered.policy_version:
        found.append(f"policy {gathered.policy_version} → {gathered.policy_now}")
    try:
        with deliver.stored_bundle(installation, ticket.ref).plain() as before:
            found += manifest.differences(manifest.of(before), manifest.of(plain))
    except NotDeliverable:
        found.append("the one handed over can no longer be read, so nothing more is known")
    return found
