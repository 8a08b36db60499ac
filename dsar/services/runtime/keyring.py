"""Starts only with the key that the database was begun with.

The database holds its root secret, wrapped under the master key: opening it proves the key. One
that was begun before there was a root secret is asked for another proof: the key must open every
data key there is. What fits neither is refused before anything is written.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, col

from dsar.domain.errors import BadInput, DsarError
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.runtime.older_forms import STEPS, bring_up
from dsar.store import migrate
from dsar.store.engine import insert
from dsar.store.keys.file import FileKey, KeyMissing
from dsar.store.keys.wrapping import KeyLost, KeyProvider
from dsar.store.tables import Hold, MasterKey, Request, Suppression
from dsar.store.types import seal_with
from dsar.store.vault import Seal

log = structlog.get_logger("dsar.tasks")

#: The name of the one row.
_HOUSE = "house"


class WrongKey(KeyLost):
    """The master key is another one than the database was begun with."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found: the root secret where there is one, and whether anything is kept here."""

    root: bytes | None
    used: bool


def prove(installation: Installation, *, may_make: bool = False) -> Proof:
    """Compares key and database and writes nothing.

    Raises BadInput for a key that is missing, open to others or none, WrongKey for another one. No
    key at all passes only for an empty database, and only with `may_make`.
    """
    try:
        proof = _found(installation)
    except DBAPIError as error:
        raise migrate.unreachable(installation.store, error) from None
    if not proof.used:
        _missing(installation.vault.keys, may_make=may_make)
    return proof


def unlock(installation: Installation, *, may_make: bool = False) -> bool:
    """Opens what the key opens; the first start of an empty database writes down which key it is.

    `may_make` lets that first start draw a key where there is none; True if it did. Raises as
    `prove` does.
    """
    proof = prove(installation, may_make=may_make)
    keys = installation.vault.keys
    made = not proof.used and _missing(keys, may_make=may_make)
    if made and isinstance(keys, FileKey):
        keys.make()
    _unlock(installation, proof)
    _make_room(installation)
    return made


def _make_room(installation: Installation) -> None:
    """The storage folder and a database of ours in a file: only their owner may look into them."""
    settings, store = installation.settings, installation.store
    folder = settings.at(settings.storage)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not settings.folder.resolve().is_relative_to(folder.resolve()):
            _tighten(folder)
        if store.sqlite and store.url.database:
            for end in ("", "-wal", "-shm"):
                _tighten(Path(store.url.database + end))
    except OSError as error:
        mend = "Give a folder this user may write to."
        raise BadInput("storage", f"cannot be used: {error.strerror}.", mend) from None


def _tighten(path: Path) -> None:
    if path.exists() and path.stat().st_uid == os.geteuid() and path.stat().st_mode & 0o077:
        path.chmod(path.stat().st_mode & 0o700)


def adopt(installation: Installation) -> None:
    """Takes the key at hand for that of a database in which nothing proves it; once, by a person.

    Raises WrongKey where the database names its key.
    """
    keys = installation.vault.keys
    known = _known(installation)
    if known is None and isinstance(keys, FileKey):
        _unlock(installation, Proof(keys.raw, used=True))
    elif known is not None:
        _root(installation, known)


def _found(installation: Installation) -> Proof:
    file = installation.store.url.database if installation.store.sqlite else None
    if file and not Path(file).exists():
        return Proof(None, used=False)
    with reading(installation) as session:
        known = _row(session)
        if known is not None:
            return Proof(_root(installation, known), used=True)
        if not any(_sealed(session)) and not any(_hashed(session)):
            return Proof(None, used=False)
        return Proof(_proven(installation, session), used=True)


def _missing(keys: KeyProvider, *, may_make: bool) -> bool:
    """Whether there is no key; raises KeyMissing where none may be drawn."""
    try:
        _ = keys.id
    except KeyMissing as missing:
        if may_make:
            return True
        mend = "Restore it, or make one for a new database: dsar keys new"
        raise KeyMissing(missing.path, mend=mend) from None
    return False


def _unlock(installation: Installation, proof: Proof) -> None:
    begun = _known(installation)
    if begun is None:
        _begin(installation, proof)
        begun = _known(installation)
    if begun is None:
        raise DsarError("Which key this database has could not be written down; try again.")
    open_vault(installation, _root(installation, begun))
    _bring_up(installation, begun.form)


def open_vault(installation: Installation, root: bytes) -> None:
    """Everything that is derived from the root secret is at hand from now on."""
    vault = installation.vault
    vault.unlock(root)
    seal_with(installation.store.engine, Seal(vault.derive("house seal")))


def _begin(installation: Installation, proof: Proof) -> None:
    """Writes down the root secret; whoever starts at the same moment may be first."""
    root = proof.root or secrets.token_bytes(32)
    form = 0 if proof.used else len(STEPS)
    with transaction(installation) as session:
        values = {"name": _HOUSE, "since": session.now(), **_wrapped(installation, root, form)}
        statement = insert(installation.store, SQLModel.metadata.tables["master_key"])
        session.connection().execute(
            statement.values(values).on_conflict_do_nothing(index_elements=["name"])
        )


def _bring_up(installation: Installation, form: int) -> None:
    """What an older dsar kept is brought to today's form, and how far that came is kept."""
    for done, step in enumerate(STEPS[form:], start=form + 1):
        bring_up(installation, step)
        with transaction(installation) as session:
            row = session.get_one(MasterKey, _HOUSE, with_for_update=True, populate_existing=True)
            if row.form < done:
                for name, value in _wrapped(installation, _root(installation, row), done).items():
                    setattr(row, name, value)
                session.add(row)
        log.info("form.brought_up", count=done)


def _wrapped(installation: Installation, root: bytes, form: int) -> dict[str, Any]:
    keys = installation.vault.keys
    return {"key_id": keys.id, "form": form, "root": keys.wrap(root, _context(form))}


def _context(form: int) -> str:
    """What the root secret is bound to: nobody sets back what was brought to a newer form."""
    return f"root secret, form {form}"


def _known(installation: Installation) -> MasterKey | None:
    with reading(installation) as session:
        return _row(session)


def _row(session: Session) -> MasterKey | None:
    """The row, where there is one; the table itself is missing in an older database."""
    if not inspect(session.connection()).has_table("master_key"):
        return None
    return session.get(MasterKey, _HOUSE, populate_existing=True)


def _root(installation: Installation, row: MasterKey) -> bytes:
    keys = installation.vault.keys
    try:
        return keys.unwrap(row.root, _context(row.form))
    except KeyLost:
        raise WrongKey(
            f"The storage key {keys.id} is not the one this database was begun with, "
            f"{row.key_id}. Restore that key; nothing was read or written."
        ) from None


def _sealed(session: Session) -> Iterator[tuple[str, bytes]]:
    """Every data key there is, in a database of any age."""
    if not inspect(session.connection()).has_table("request"):
        return
    query = select(col(Request.id), col(Request.data_key)).where(col(Request.data_key).is_not(None))
    yield from session.execute(query.execution_options(yield_per=1000))


def _hashed(session: Session) -> Iterator[int]:
    """How many rows are found by a keyed hash alone."""
    for table in (Hold, Suppression):
        if inspect(session.connection()).has_table(str(table.__tablename__)):
            yield session.execute(select(func.count()).select_from(table)).scalar_one()


def _proven(installation: Installation, session: Session) -> bytes:
    """The key as root secret, which it was until now: it must open all that is there."""
    keys = installation.vault.keys
    if not isinstance(keys, FileKey):
        raise WrongKey("This database was begun with a key in a file; start with that file.")
    opened = lost = 0
    for request, wrapped in _sealed(session):
        try:
            keys.unwrap(wrapped, f"request {request}")
            opened += 1
        except KeyLost:
            lost += 1
    if lost:
        raise WrongKey(
            f"The storage key {keys.id} opens {opened} of {opened + lost} requests of this "
            "database. Restore the key it was begun with; nothing was written."
        )
    if not opened:
        raise WrongKey(
            f"Nothing in this database proves that {keys.id} is its storage key, and holds are "
            "found by it alone. If you know that it is: dsar keys adopt"
        )
    return keys.raw
