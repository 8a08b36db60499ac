"""`dsar db`: the database's schema."""

from typing import Annotated

import typer

from dsar.cli.opened import say
from dsar.services.opening import open_installation
from dsar.store import migrate

app = typer.Typer(help="The database's schema.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def upgrade(json: Json = False) -> None:
    """Bring the database to the schema this version needs."""
    installation = open_installation()
    before = migrate.current(installation.store)
    after = migrate.upgrade(installation.store)
    installation.store.close()
    changed = f"from {before or 'empty'} to {after}" if before != after else f"at {after} already"
    say({"from": before, "to": after}, json, lambda: f"The database is {changed}.")


@app.command()
def show(json: Json = False) -> None:
    """Where the database stands."""
    installation = open_installation()
    at = migrate.current(installation.store)
    installation.store.close()
    say({"at": at, "head": migrate.head()}, json, lambda: f"at {at}, newest {migrate.head()}")
