"""Nothing personal lies in the database in clear, and nobody but its owner opens the files."""

import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import reading, transaction
from dsar.store.tables import Hold, MasterKey, Request
from tests.company import EMAIL, Company

CANARY = "canary-9f3b"


def in_clear(one: Company, word: str) -> list[str]:
    """Table and column of every value in which a word stands."""
    found = []
    with one.installation.store.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"')).mappings():
                found += [
                    f"{table.name}.{name}"
                    for name, value in row.items()
                    if word.encode() in (value if isinstance(value, bytes) else str(value).encode())
                ]
    return found


def test_an_idempotency_key_is_known_again_and_stands_nowhere(either: Company) -> None:
    first = either.file(Right.ACCESS, idempotency_key=f"{CANARY}@mail.example")
    assert either.file(Right.ACCESS, idempotency_key=f"{CANARY}@mail.example") == first
    assert either.file(Right.ACCESS, idempotency_key="another") != first
    assert in_clear(either, CANARY) == []


def test_why_a_hold_was_placed_is_told_to_staff_and_stands_nowhere(either: Company) -> None:
    with transaction(either.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason=f"{CANARY} sues us.")
    with reading(either.installation) as session:
        assert [row["reason"] for row in holds.in_force(session)] == [f"{CANARY} sues us."]
    assert in_clear(either, CANARY) == []


def test_what_older_code_kept_in_clear_is_sealed_at_the_first_start(either: Company) -> None:
    first = either.file(Right.ACCESS)
    store = either.installation.store
    with transaction(either.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")
        row = session.get_one(MasterKey, "house")
        root = either.installation.vault._root
        assert root is not None
        for name, value in keyring._wrapped(either.installation, root, 0).items():
            setattr(row, name, value)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE hold SET reason = :text"), {"text": f"{CANARY} sues."})
        key = {"text": f"{CANARY}@mail.example"}
        connection.execute(sa.text("UPDATE request SET idempotency_key = :text"), key)
    either.reopen()
    assert in_clear(either, CANARY) == []
    assert [row.reason for row in either.rows(Hold)] == [f"{CANARY} sues."]
    assert either.file(Right.ACCESS, idempotency_key=f"{CANARY}@mail.example") == first
    assert [row.idempotency_key is None for row in either.rows(Request)] == [False]


def test_nobody_sets_back_how_far_what_is_sealed_was_brought(small: Company) -> None:
    """Else what was sealed in an older form would be believed once more."""
    with small.installation.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE master_key SET form = 0"))
    with pytest.raises(keyring.WrongKey):
        small.reopen()


def _open_to(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) & 0o077


def test_database_and_storage_are_for_their_owner_alone(small: Company) -> None:
    storage = small.folder / "var"
    database = Path(str(small.installation.store.url.database))
    storage.chmod(0o755)
    database.chmod(0o644)
    small.reopen()
    small.ask(Right.ACCESS)
    small.work(render=True)
    beside = [database.with_name(database.name + end) for end in ("-wal", "-shm")]
    kept = [storage, database, *beside, *storage.rglob("*")]
    assert [str(path) for path in kept if path.exists() and _open_to(path)] == []


def test_a_new_database_is_its_owners_from_the_first_byte(
    small: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dsar.store import migrate
    from dsar.store.engine import Store

    before = os.umask(0)
    try:
        store = Store(f"sqlite:///{small.folder / 'deep' / 'new.sqlite'}")
        migrate.upgrade(store)
        store.close()
    finally:
        os.umask(before)
    assert not _open_to(small.folder / "deep")
    assert not _open_to(small.folder / "deep/new.sqlite")
