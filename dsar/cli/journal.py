"""`dsar journal`: whether every ticket's history holds, and the proof that leaves the machine."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import opened, say
from dsar.services.runtime.installation import reading
from dsar.services.upkeep import checkpoints
from dsar.services.upkeep.journal_proof import counted, faults

app = typer.Typer(help="The keyed history.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    anchor: Annotated[
        Path | None, typer.Option(help="Compare with the checkpoints in this file too.")
    ] = None,
    json: Json = False,
) -> None:
    """Check the chain and every ticket's history; names the first place that does not hold."""
    with opened() as installation, reading(installation) as session:
        entries = counted(session)
        bad = [*faults(session)]
        bad += [*checkpoints.disproved(session, anchor)] if anchor else []
    rows = [{"ticket": one.ticket, "entry": one.seq, "problem": one.problem} for one in bad]
    result = {"entries": entries, "faults": rows}
    say(result, json, lambda: "\n".join(map(str, bad)) or f"{entries} entries, all hold.")
    if bad:
        raise typer.Exit(1)


@app.command()
def checkpoint(json: Json = False) -> None:
    """Write a signed checkpoint now and print it, to be kept or mailed where nobody changes it."""
    with opened() as installation:
        made = asdict(checkpoints.write(installation))
        path = installation.settings.at(installation.settings.checkpoints)
    say(made, json, lambda: f"{made['number']} entries up to {made['at']}, appended to {path}.")
