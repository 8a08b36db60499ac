"""The `bundle` task: what services gathered becomes the canonical contents, and those a bundle."""

import itertools
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import exports
import exports.bundle
import exports.manifest
from dsar import __version__
from dsar.domain.controller import Controller
from dsar.domain.errors import NotFound
from dsar.domain.rights import ARTICLES
from dsar.services.bundles import Gathered, Part, built, bundles_of, gather
from dsar.services.house import House, look
from dsar.services.law import regimes
from dsar.services.tasks import Run
from dsar.store.tickets import by_ref
from exports import redact
from exports.contents import (
    Contents,
    HumanDecision,
    Law,
    Question,
    ReceiptSet,
    RecordSet,
)


def bundle(house: House, run: Run) -> None:
    """Builds the ticket's bundle: the file first, whole and hashed, then the row that names it."""
    gathered = gather(house, run.lease.ticket_id)
    gathered.target.parent.mkdir(parents=True, exist_ok=True)
    made = _built(house, gathered, gathered.target)
    built(run, gathered, sha256=made.sha256, size=made.bytes)


def _built(house: House, gathered: Gathered, target: Path) -> exports.bundle.Built:
    """The bundle at `target`, proven to hold nothing that was withheld; else nothing is there."""
    made = exports.build(contents(gathered, house.controller), target, sign_with=_signature(house))
    try:
        _prove(gathered, contents(gathered, house.controller), made.path)
    except BaseException:
        made.path.unlink(missing_ok=True)
        raise
    return made


def _prove(gathered: Gathered, said: Contents, path: Path) -> None:
    """Raises Leaking where anything withheld stands in the finished bundle."""
    withheld = (redact.Withheld(place, value) for place, value in gathered.withheld())
    first = next(withheld, None)
    if first is None:
        return
    found = redact.leaks(
        path,
        itertools.chain([first], withheld),
        released=lambda: (r.data for part in gathered.handed for r in part.records()),
        everybody=redact.everybody(said),
    )
    redact.refuse(found)


def contents(gathered: Gathered, controller: Controller) -> Contents:
    """The canonical contents of a bundle."""
    return Contents(
        question=_question(gathered),
        outcome=gathered.outcome,
        language=gathered.language,
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
    regime = regimes.load(gathered.regime)
    return Law(
        title=regime.title,
        citation=ARTICLES[gathered.right],
        complaint=regime.complaint.body,
        remedy=regime.complaint.text,
    )


def _records(part: Part) -> RecordSet:
    return RecordSet(
        part.source,
        part.source_title,
        part.collection,
        part.activities,
        part.count,
        part.records,
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


def signing_key(house: House) -> str:
    """The public half of the key that signs this house's bundles, in minisign's form."""
    return exports.manifest.public_key(_signature(house))


def _signature(house: House) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(house.vault.derive("bundle signature"))


def tidy(house: House) -> int:
    """Removes what builds that crashed an hour ago or earlier left behind; how many files."""
    folder = house.settings.at(house.settings.storage) / "bundles"
    return exports.bundle.sweep(folder, older_than=3600) if folder.exists() else 0


def rebuild(house: House, ref: str, out: Path | None) -> dict[str, object]:
    """Builds the latest bundle of a ticket again and compares it with the one handed over."""
    with look(house) as session:
        ticket = by_ref(session, ref)
        known = bundles_of(session, ticket)
    if not known:
        message = f"{ref} has no bundle yet."
        raise NotFound(message)
    last, gathered = known[-1], gather(house, ticket.id)
    target = out or gathered.target.with_name(f"{ref}-{last.number}-again.zip")
    made = _built(house, gathered, target)
    return {"path": str(target), "sha256": made.sha256, "same": made.sha256 == last.sha256}
