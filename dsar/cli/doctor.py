"""`dsar doctor`: one line a check, exit code 1 when something is wrong."""

from dataclasses import asdict
from typing import Annotated

import typer

from dsar.cli.opened import say
from dsar.services.opening import open_installation
from dsar.services.upkeep.doctor import examine


def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look whether everything is well; each line that is not names what mends it."""
    installation = open_installation()
    try:
        found = list(examine(installation))
    finally:
        installation.store.close()
    lines = [f"{'ok   ' if one.well else 'WRONG'} {one.check:<10} {one.words}" for one in found]
    say([asdict(one) for one in found], json, lambda: "\n".join(lines))
    if not all(one.well for one in found):
        raise typer.Exit(1)
