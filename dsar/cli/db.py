"""`dsar db`: the database's schema."""

from typing import Annotated

import typer

from dsar.cli.opened import say
from dsar.services.installed.opening import open_house
from dsar.store import migrate

app = typer.Typer(help="The database's schema.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def upgrade(json: Json = False) -> None:
    """Bring the database to the schema this version needs."""
    house = open_house()
    before = migrate.current(house.store)
    after = migrate.upgrade(house.store)
    house.store.close()
    changed = f"from {before or 'empty'} to {after}" if before != after else f"at {after} already"
    say({"from": before, "to": after}, json, lambda: f"The database is {changed}.")


@app.command()
def show(json: Json = False) -> None:
    """Where the database stands."""
    house = open_house()
    at = migrate.current(house.store)
    house.store.close()
    say({"at": at, "head": migrate.head()}, json, lambda: f"at {at}, newest {migrate.head()}")
