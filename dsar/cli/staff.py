"""`dsar staff`: who works here."""

from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.services.desk import staff as people
from dsar.services.runtime.installation import reading, transaction

app = typer.Typer(help="The people who work here.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    name: str,
    title: Annotated[str, typer.Option(help="What they are called.")] = "",
    role: Annotated[
        list[str] | None, typer.Option(help="agent, reviewer, officer, auditor.")
    ] = None,
    json: Json = False,
) -> None:
    """Add somebody, or change their title and roles."""
    with opened() as installation, transaction(installation) as session:
        people.add(session, name, title=title, roles=tuple(role or ("agent",)))
    say({"name": name}, json, lambda: f"{name} works here.")


@app.command("list")
def list_staff(json: Json = False) -> None:
    """Everybody who works here."""
    with opened() as installation, reading(installation) as session:
        rows = people.everybody(session)
    say(rows, json, lambda: columns([[r["name"], r["title"], ", ".join(r["roles"])] for r in rows],
                                    ("NAME", "TITLE", "ROLES")))  # fmt: skip
