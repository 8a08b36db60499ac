"""`dsar letter`: the wording of letters, tried and shown."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from dsar.cli.opened import columns, say
from dsar.domain.rights import Right
from dsar.services.letters.previews import checked, preview, source
from dsar.services.opening import open_installation

app = typer.Typer(help="The wording of letters, and the house's own.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(json: Json = False) -> None:
    """Try the house's own letters; names file, line and mend of each fault."""
    installation = open_installation()  # it needs no database
    with closing(installation.store):
        rows = checked(installation)
    table = [[row["file"], row["sha256"][:12], row["fault"] or "well"] for row in rows]
    none = "No letters of the house's own: ours are sent ([wording] in dsar.toml)."
    say(rows, json, lambda: columns(table, ("FILE", "SHA256", "FAULT")) if rows else none)
    if any(row["fault"] for row in rows):
        raise typer.Exit(1)


@app.command("preview")
def preview_(
    kind: Annotated[str, typer.Argument(help="Which letter, e.g. refused.")],
    language: Annotated[str, typer.Option(help="Its language, e.g. de.")] = "en",
    right: Annotated[Right, typer.Option(help="The right it is about.")] = Right.ACCESS,
    json: Json = False,
) -> None:
    """Write a letter of invented facts, as a person would get it."""
    installation = open_installation()
    with closing(installation.store):
        told = preview(installation, kind, language=language, right=right)
    say(told, json, lambda: f"{told['subject']}\n\n{told['text']}")
    if told["fault"]:
        print(told["fault"], file=sys.stderr)
        raise typer.Exit(1)


@app.command("source")
def source_(
    kind: Annotated[str, typer.Argument(help="Which letter, e.g. refused.")],
    language: Annotated[str, typer.Option(help="Its language, e.g. de.")] = "en",
    json: Json = False,
) -> None:
    """Print our text of a letter before facts are put in: to begin one of your own with."""
    text = source(kind, language=language)
    say({"kind": kind, "source": text}, json, text.rstrip)
