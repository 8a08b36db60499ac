"""`dsar keys`: the key everything is sealed under."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from dsar.cli.opened import WITHOUT_A_COPY, say
from dsar.domain.errors import NotAllowed
from dsar.services.opening import key_path, open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation
from dsar.store import migrate

app = typer.Typer(help="The storage key: make it, keep it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def keys() -> None:
    """The storage key."""


@app.command()
def new(json: Json = False) -> None:
    """Make the key of a new database; refused where something is sealed already."""
    with _locked() as installation:
        if keyring.prove(installation, may_make=True).used:
            raise NotAllowed("This database was begun with a key; a new one would open nothing.")
        migrate.upgrade(installation.store)
        made = keyring.unlock(installation, may_make=True)
        path, key = key_path(installation), installation.vault.keys.id
    if made:
        print(WITHOUT_A_COPY.format(path=path), file=sys.stderr)
    there = f"The key {key} was there already; the database is begun with it."
    say({"path": path, "key": key, "made": made}, json, lambda: path if made else there)


@app.command()
def adopt(json: Json = False) -> None:
    """Take the key at hand for that of a database in which nothing proves it.

    Holds that were placed under another key are not recognised afterwards: place them anew.
    """
    with _locked() as installation:
        migrate.check(installation.store)
        keyring.adopt(installation)
        key = installation.vault.keys.id
    say({"key": key}, json, lambda: f"The database is taken to have been begun with {key}.")


@contextmanager
def _locked() -> Iterator[Installation]:
    installation = open_installation()
    try:
        yield installation
    finally:
        installation.store.close()
