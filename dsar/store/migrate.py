"""Brings a database to the schema this code needs, and tells how far it is.

Alembic is loaded only to migrate: a process that finds the schema in order starts without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from dsar.domain.errors import BadInput, DsarError
from dsar.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"


class SchemaMismatch(DsarError):  # noqa: N818
    """The database's schema is not the one this code works with."""


class Away(BadInput):
    """The database does not answer; `refused` where it answered that it will not have us."""

    def __init__(self, problem: str, *, refused: bool) -> None:
        super().__init__("database_url", problem, "Mend it or start it.")
        self.refused = refused


#: What PostgreSQL says when waiting for it would not help.
_REFUSED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "password")


def revisions() -> tuple[str, ...]:
    """The revisions this code knows, oldest first: their files are numbered."""
    files = (_FOLDER / "versions").glob("[0-9]*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def head() -> str:
    """The newest revision this code knows."""
    return revisions()[-1]


def current(store: Store) -> str:
    """The revision the database is at, or "" for an empty one; BadInput if it is out of reach."""
    try:
        with store.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return str(found or "")
    except DBAPIError as error:
        raise unreachable(store, error) from None


def upgrade(store: Store) -> str:
    """Runs every migration the database lacks; returns the revision reached."""
    if store.sqlite and store.url.database:
        file = Path(store.url.database)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
    if current(store) == head():
        return head()
    from alembic import command

    command.upgrade(_config(store), "head")
    return current(store)


def _config(store: Store) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["engine"] = store.engine
    return config


def check(store: Store) -> None:
    """Refuses to work on another schema than ours; says which command mends it."""
    at, wanted = current(store), head()
    if at == wanted:
        return
    if not at:
        message = "The database is empty. Run: dsar db upgrade"
        raise SchemaMismatch(message)
    if at in revisions():
        message = f"The database is at {at}, this code needs {wanted}. Run: dsar db upgrade"
        raise SchemaMismatch(message)
    message = f"The database is at {at}, newer than this code knows. Run the newer dsar."
    raise SchemaMismatch(message)


def unreachable(store: Store, error: DBAPIError) -> Away:
    """What to say when the database does not answer; never the address's password."""
    where = store.url.render_as_string(hide_password=True)
    said = str(error.orig or "").strip().splitlines()
    cause = said[0] if said else type(error.orig or error).__name__
    refused = any(words in cause for words in _REFUSED)
    return Away(f"{where} does not answer: {cause}.", refused=refused)
