"""`dsar journal`: whether every ticket's history holds."""

from typing import Annotated

import typer

from dsar.cli.opened import opened, say
from dsar.services.runtime.installation import reading
from dsar.services.runtime.journal import counted, faults

app = typer.Typer(help="The hash-chained history.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def history() -> None:
    """The hash-chained history."""


@app.command()
def verify(json: Json = False) -> None:
    """Check every ticket's history; names the first entry that does not hold."""
    with opened() as installation, reading(installation) as session:
        entries = counted(session)
        bad = [
            {"ticket": fault.ticket, "entry": fault.seq, "problem": fault.problem}
            for fault in faults(session)
        ]
    result = {"entries": entries, "faults": bad}
    sentences = [f"{fault['ticket']}: {fault['problem']}" for fault in bad]
    say(result, json, lambda: "\n".join(sentences) or f"{entries} entries, all hold.")
    if bad:
        raise typer.Exit(1)
