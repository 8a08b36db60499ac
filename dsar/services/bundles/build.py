"""The `bundle` task: the contents of a ticket's bundle are built, proven and kept."""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import exports
import exports.bundle
from dsar.domain.errors import NotFound
from dsar.domain.lifecycle import Event
from dsar.services.bundles import deliver, expire, progress
from dsar.services.bundles.gather import (
    BundleMaterial,
    gather,
    refuse_changed_policy,
)
from dsar.services.bundles.keep import (
    FOLDER,
    BundleDraft,
    NotDeliverable,
    bundles_of,
    drafting,
    note,
    stow,
)
from dsar.services.bundles.progress import Tell, Teller
from dsar.services.bundles.withheld import WithheldFile
from dsar.services.runtime import journal
from dsar.services.runtime.access import ticket_for
from dsar.services.runtime.actor import SYSTEM, Actor
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.services.ticket.run_task import Run, finishing
from dsar.store.tables import Ticket
from dsar.store.tickets import locked
from exports import manifest, parts
from exports.contents import Contents
from exports.proof import redact
from exports.proof.check import BundleFault


def bundle(installation: Installation, run: Run) -> None:
    """Builds the ticket's bundle: the file first, whole and hashed, then the row that names it."""
    material = gather(installation, run.lease.ticket_id)
    refuse_changed_policy(material)
    teller = Teller(run)
    with drafting(installation, material.contents.request.reference, material.number) as draft:
        made = _built(installation, material, draft, teller.tell)
        teller.tell(progress.STORING)
        _finish(run, material, draft, made)


def _finish(
    run: Run, material: BundleMaterial, draft: BundleDraft, made: exports.bundle.BuiltBundle
) -> None:
    """Notes the finished bundle and lets delivery follow. The file is there before the row is."""
    stow(run.installation, draft)
    cut_off = material.contents.cut_off
    with finishing(run) as (session, ticket):
        note(session, ticket, draft, sha256=made.sha256, size=made.bytes, cut_off=cut_off)
        data = {"sha256": made.sha256, "bytes": made.bytes, "number": draft.number}
        advance(session, SYSTEM, ticket.id, Event.BUNDLE_BUILT, data=data)


def _built(
    installation: Installation, material: BundleMaterial, draft: BundleDraft, tell: Tell
) -> exports.bundle.BuiltBundle:
    """The sealed draft of the bundle, proven to hold nothing that was withheld."""
    made = exports.build(
        material.contents,
        draft.path,
        sign_with=_signature(installation),
        seal_with=draft.seal,
        watch=lambda at: tell(at.step, done=at.done, of=at.of, place=at.place),
    )
    tell(progress.SEARCHING)
    with draft.opened() as plain:
        _prove(material, made, plain)
    return made


def _prove(material: BundleMaterial, made: exports.bundle.BuiltBundle, bundle: IO[bytes]) -> None:
    """Raises LeakFound where anything withheld stands in the finished bundle."""
    contents, files = material.contents, tuple(material.withheld.files())
    redact.refuse(_same_files(files, made))
    withheld = itertools.chain(_names(files), material.withheld.values())
    first = next(withheld, None)
    if first is None:
        return
    found = redact.leaks(
        bundle,
        itertools.chain([first], withheld),
        released=lambda: (r.data for one in contents.sets for r in one.records()),
        everybody=itertools.chain(redact.everybody(contents), _names_of_handed(contents, files)),
    )
    redact.refuse(found)


def _same_files(
    files: Sequence[WithheldFile], made: exports.bundle.BuiltBundle
) -> list[BundleFault]:
    """The files of the bundle that are, byte for byte, one that staff withheld."""
    places = {file.sha256: file.place for file in files if file.sha256}
    return [
        BundleFault(member.name, f"is a file that was withheld in {places[member.sha256]}.")
        for member in made.members
        if member.bytes and member.sha256 in places and member.name.startswith("files/")
    ]


def _names(files: Sequence[WithheldFile]) -> Iterator[redact.WithheldValue]:
    """The names of withheld files, where more than the ending tells them from others."""
    for file in files:
        if redact.telling(PurePosixPath(file.name).stem):
            yield redact.WithheldValue(f"{file.place} (the name of a file)", file.name)


def _names_of_handed(contents: Contents, files: Sequence[WithheldFile]) -> Iterator[str]:
    """What the files are called that the person gets: no name among them is a secret."""
    for one in contents.sets if files else ():
        for record in one.records() if one.files else ():
            yield from (file.name for file in record.attachments)


def signing_key(installation: Installation) -> str:
    """The public half of the key that signs this house's bundles, in minisign's form."""
    return manifest.public_key(_signature(installation))


def _signature(installation: Installation) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(installation.vault.derive("bundle signature"))


def clear_storage(installation: Installation) -> int:
    """Destroys bundles whose time is over and removes what nobody owns any more; how many files.

    A draft is left for a day: a large one may be on its way to a slow store for hours.
    """
    folder = installation.settings.at(installation.settings.storage) / FOLDER
    left = exports.bundle.sweep(folder, older_than=24 * 3600) if folder.exists() else 0
    return left + expire.destroy_expired(installation) + expire.sweep(installation)


@dataclass(frozen=True, slots=True)
class RebuiltBundle:
    """A bundle that was built again: whether it came out the same, and what has changed if not.

    `path` is where a plain copy was written, `kept_as` its number where it was kept.
    """

    path: Path | None
    sha256: str
    same: bool
    differs: tuple[str, ...]
    kept_as: int | None


def rebuild(installation: Installation, actor: Actor, ref: str, out: Path | None) -> RebuiltBundle:
    """Builds the latest bundle of a ticket again and compares it with the one handed over.

    It is kept as a bundle of its own where the latest cannot be handed out any more. What has
    changed since is named as far as the manifests say it.
    """
    with reading(installation) as session:
        ticket = ticket_for(session, actor, ref)
        known = bundles_of(session, ticket)
    if not known:
        message = f"{ref} has no bundle yet."
        raise NotFound(message)
    last, material = known[-1], gather(installation, ticket.id)
    with drafting(installation, ticket.ref, material.number) as draft:
        made = _built(installation, material, draft, progress.untold)
        same = made.sha256 == last.sha256
        with draft.opened() as plain:
            differs = [] if same else _differences(installation, ticket, material, plain)
            if out is not None:
                _write(plain, out)
        kept = None
        if not _deliverable(installation, ref):
            kept = _keep(installation, actor, material, draft, made)
    return RebuiltBundle(out, made.sha256, same, tuple(differs), kept)


def _write(plain: IO[bytes], out: Path) -> None:
    plain.seek(0)
    with deliver.writing(out) as file:
        shutil.copyfileobj(plain, file, 1 << 20)


def split_out(
    installation: Installation, stored_bundle: deliver.StoredBundle, target: Path, *, size: int
) -> list[parts.BundlePart]:
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
        for _ in deliver.stored_bundle(installation, SYSTEM, ref).read():
            pass
    except NotDeliverable:
        return False
    return True


def _keep(
    installation: Installation,
    actor: Actor,
    material: BundleMaterial,
    draft: BundleDraft,
    made: exports.bundle.BuiltBundle,
) -> int:
    """Keeps what was built again as the ticket's next bundle; its number."""
    stow(installation, draft)
    cut_off, size = material.contents.cut_off, made.bytes
    with transaction(installation) as session:
        ticket = locked(session, material.ticket)
        note(session, ticket, draft, sha256=made.sha256, size=size, cut_off=cut_off)
        data = {"sha256": made.sha256, "bytes": size, "number": draft.number}
        journal.append(session, actor, ticket, event="bundle_rebuilt", data=data)
        session.add(ticket)
    return draft.number


def _differences(
    installation: Installation, ticket: Ticket, material: BundleMaterial, plain: IO[bytes]
) -> list[str]:
    """What changed between the bundle that was handed over and its like of today, by name."""
    found = []
    if material.policy_now != material.contents.policy_version:
        found.append(f"policy {material.contents.policy_version} → {material.policy_now}")
    try:
        with deliver.stored_bundle(installation, SYSTEM, ticket.ref).plain() as before:
            found += manifest.differences(manifest.of(before), manifest.of(plain))
    except NotDeliverable:
        found.append("the one handed over can no longer be read, so nothing more is known")
    return found
