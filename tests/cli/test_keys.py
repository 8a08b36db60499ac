"""Nothing starts with another key than the one the database was begun with, and nothing is written."""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsar.domain.lifecycle import Event, State
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime.installation import transaction
from dsar.store.tables import MasterKey
from tests.cli.conftest import Cli
from tests.company import EMAIL

FILE = ("request", "new", "--right", "access", "--identifier", f"email={EMAIL}", "--json")


def key_of(dsar: Cli) -> Path:
    return dsar.folder / "var" / "keys" / "dsar.key"


def everything(folder: Path) -> dict[str, str]:
    """Every file below a folder by what stands in it, but what a database keeps while it is open."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".sqlite-shm", ".sqlite-wal"}
    }


def another() -> str:
    return base64.b64encode(os.urandom(32)).decode()


# fmt: off
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing":     (lambda key: key.unlink(),                                     "is not there"),
    "wrong":       (lambda key: key.write_text(another()),                        "is not the one this database was begun with"),
    "truncated":   (lambda key: key.write_text(key.read_text()[:20]),             "is not 32 bytes in base64"),
    "empty":       (lambda key: key.write_text(""),                               "is not 32 bytes in base64"),
    "zeros":       (lambda key: key.write_text(base64.b64encode(bytes(32)).decode()), "is a placeholder"),
    "words":       (lambda key: key.write_text(base64.b64encode(b"put your own storage key in here").decode()), "is a placeholder"),
    "of a group":  (lambda key: key.chmod(0o640),                                 "can be read by others. Run: chmod 600"),
    "of the world": (lambda key: key.chmod(0o604),                                "can be read by others. Run: chmod 600"),
    "a folder":    (lambda key: (key.unlink(), key.mkdir(mode=0o700)),            "cannot be read"),
}
# fmt: on
#: Commands that read, that write and that would be the first of a new house.
COMMANDS = (
    ("ticket", "list"),
    FILE,
    ("hold", "place", "--identifier", f"email={EMAIL}", "--reason", "A claim.", "--by", "ben"),
    ("keys", "new"),
)


@pytest.mark.parametrize("case", BROKEN)
def test_a_key_that_is_not_the_databases_own_is_refused_and_nothing_is_written(
    dsar: Cli, case: str
) -> None:
    assert dsar(*FILE).code == 0
    breaks, words = BROKEN[case]
    breaks(key_of(dsar))
    before = everything(dsar.folder)
    for command in COMMANDS:
        said = dsar(*command)
        assert said.code in {1, 2}
        assert words in (said.refusal if "--json" not in command else said.out)
    assert everything(dsar.folder) == before


def test_the_refusal_names_both_keys_and_the_mend(dsar: Cli) -> None:
    key_of(dsar).write_text(another())
    begun = dsar.one.installation.vault.keys.id
    said = dsar("ticket", "list")
    assert begun in said.refusal
    assert "Restore that key" in said.refusal


def test_a_hold_keeps_everything_whatever_becomes_of_the_key(dsar: Cli) -> None:
    """With the key file missing the records of a held person were once erased."""
    with transaction(dsar.one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim of 2026.")
    kept = key_of(dsar).read_bytes()
    key_of(dsar).unlink()
    erasure = ("request", "new", "--right", "erasure", "--identifier", f"email={EMAIL}",
               "--identity-confirmed-by", "ana", "--reason", "x", "--approved-by", "ana", "--wait")  # fmt: skip
    assert dsar(*erasure).code == 2
    assert dsar.one.shop("SELECT count(*) FROM customers WHERE email LIKE 'lotta%'") == 1
    key_of(dsar).write_bytes(kept)
    key_of(dsar).chmod(0o600)
    assert dsar(*erasure).code == 0
    assert dsar.one.shop("SELECT count(*) FROM customers WHERE email LIKE 'lotta%'") == 1


# -- the first start ------------------------------------------------------------------------------


@pytest.fixture
def fresh(dsar: Cli) -> Cli:
    """A house that was configured and never started."""
    dsar.one.installation.store.close()
    for name in ("dsar.sqlite", "dsar.sqlite-wal", "dsar.sqlite-shm"):
        (dsar.folder / name).unlink(missing_ok=True)
    key_of(dsar).unlink()
    return dsar


def test_the_first_request_of_an_empty_house_makes_the_key_and_says_what_that_means(
    fresh: Cli,
) -> None:
    said = fresh(*FILE)
    assert said.code == 0
    assert "A new storage key was made" in said.err
    assert "keep a copy of it now" in said.err
    assert fresh(*FILE).err == ""


def test_only_looking_makes_no_key(fresh: Cli) -> None:
    before = everything(fresh.folder)
    said = fresh("ticket", "list")
    assert said.code == 2
    assert "dsar keys new" in said.refusal
    assert everything(fresh.folder) == before


def test_a_key_is_made_by_its_own_command_once(fresh: Cli) -> None:
    made = fresh("keys", "new", "--json")
    assert (made.code, made.json["made"]) == (0, True)
    assert fresh(*FILE).code == 0
    assert fresh("keys", "new").code == 1
    assert fresh("ticket", "list").code == 0


def test_an_empty_database_is_begun_with_the_key_that_lies_there(fresh: Cli) -> None:
    key_of(fresh).write_text(another())
    key_of(fresh).chmod(0o600)
    kept = key_of(fresh).read_text()
    assert fresh("ticket", "list").code == 0
    key_of(fresh).write_text(another())
    assert fresh("ticket", "list").code == 1
    key_of(fresh).write_text(kept)
    assert fresh("ticket", "list").code == 0


# -- a database begun before its key was written down --------------------------------------------------------------


def forget_the_key(dsar: Cli) -> None:
    """The database as older code left it: the key is its own root secret, nothing names it."""
    one = dsar.one
    keys, root = one.installation.vault.keys, one.installation.vault._root
    assert root is not None
    with transaction(one.installation) as session:
        session.delete(session.get_one(MasterKey, "house"))
    key_of(dsar).write_text(base64.b64encode(root).decode())
    _wrap_again(dsar, keys.raw, root)  # type: ignore[attr-defined]


def _wrap_again(dsar: Cli, key: bytes, root: bytes) -> None:
    from dsar.store.keys.wrapping import seal, unseal

    engine = sa.create_engine(dsar.one.installation.store.url)
    with engine.begin() as connection:
        for id_, data_key in connection.execute(sa.text("SELECT id, data_key FROM request")):
            plain = unseal(key, data_key, f"request {id_}")
            values = {"id": id_, "key": seal(root, plain, f"request {id_}")}
            connection.execute(sa.text("UPDATE request SET data_key = :key WHERE id = :id"), values)
    engine.dispose()


def test_an_older_database_starts_once_its_key_opened_all_that_is_there(dsar: Cli) -> None:
    with transaction(dsar.one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim of 2026.")
    ref = dsar(*FILE).json["ref"]
    forget_the_key(dsar)
    assert dsar("ticket", "letters", f"{ref}-1").code == 0
    dsar.one.reopen()
    dsar.one.installation.store.clock = None
    erased = dsar.one.ask(Right.ERASURE)
    dsar.one.work()
    dsar.one.act(erased, Event.APPROVE)
    dsar.one.work()
    assert dsar.one.state(erased) != State.FULFILLED
    assert dsar.one.shop("SELECT count(*) FROM customers WHERE email LIKE 'lotta%'") == 1


def test_an_older_database_refuses_a_key_that_opens_only_a_part(dsar: Cli) -> None:
    dsar(*FILE)
    forget_the_key(dsar)
    key = key_of(dsar).read_text()
    key_of(dsar).write_text(another())
    assert "opens 0 of 1 requests" in dsar("ticket", "list").refusal
    key_of(dsar).write_text(key)
    assert dsar("ticket", "list").code == 0


def test_a_database_of_holds_alone_asks_a_person_whether_the_key_is_its_own(dsar: Cli) -> None:
    with transaction(dsar.one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim of 2026.")
    forget_the_key(dsar)
    assert "dsar keys adopt" in dsar("hold", "list").refusal
    assert dsar("keys", "adopt").code == 0
    assert dsar("hold", "list").code == 0
    key_of(dsar).write_text(another())
    assert dsar("keys", "adopt").code == 1


def test_doctor_names_the_key_that_is_wrong_and_writes_nothing(dsar: Cli) -> None:
    dsar(*FILE)
    key_of(dsar).write_text(another())
    before = everything(dsar.folder / "var")
    said = dsar("doctor")
    assert said.code == 1
    assert "is not the one this database was begun with" in said.out
    assert everything(dsar.folder / "var") == before
