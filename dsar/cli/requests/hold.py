"""`dsar hold`: legal holds."""

from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.cli.requests.request import pair
from dsar.services.desk import holds
from dsar.services.runtime.installation import reading, transaction

app = typer.Typer(help="Legal holds: nothing of the person is erased.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def place(
    identifier: Annotated[str, typer.Option(help="KIND=VALUE, e.g. email=ana@example.org.")],
    reason: Annotated[str, typer.Option(help="Which claim the data is needed for.")],
    by: Annotated[str, typer.Option("--by", help="Who places it.")],
    json: Json = False,
) -> None:
    """Put a hold on a person."""
    kind, value = pair(identifier, "identifier")
    with opened() as installation, transaction(installation) as session:
        hold_id = holds.place(session, by, kind=kind, value=value, reason=reason).id
    say({"id": hold_id}, json, lambda: f"Hold {hold_id} is in force.")


@app.command()
def lift(
    hold_id: str,
    by: Annotated[str, typer.Option("--by", help="Who lifts it.")] = "desk",
    json: Json = False,
) -> None:
    """End a hold; what was kept because of it is searched again and waits for approval."""
    with opened() as installation, transaction(installation) as session:
        lifted = holds.lift(session, hold_id, by)
    told = {"id": hold_id, "resumed": lifted.resumed, "decided_anew": lifted.decided_anew}
    follows = [f"Erasing goes on: {ref}." for ref in lifted.resumed]
    follows += [f"Decided anew: {ref}." for ref in lifted.decided_anew]
    say(told, json, lambda: " ".join([f"Hold {hold_id} is lifted.", *follows]))


@app.command("list")
def list_holds(json: Json = False) -> None:
    """Every hold in force."""
    with opened() as installation, reading(installation) as session:
        rows = holds.in_force(session)
    names = ("id", "kind", "reason", "by")
    say(rows, json, lambda: columns([[row[n] for n in names] for row in rows], names))
