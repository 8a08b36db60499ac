"""`dsar bundle`: check one from anywhere, build one again."""

from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import opened, say
from dsar.domain.errors import DsarError

app = typer.Typer(help="Check a bundle, build one again.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    path: Path,
    key: Annotated[str, typer.Option(help="The controller's public key, as published.")] = "",
    json: Json = False,
) -> None:
    """Check a bundle without database or network: hashes, signature, counts."""
    import exports

    findings = [str(finding) for finding in exports.verify(path, public_key=key or None)]
    result = {"path": str(path), "whole": not findings, "findings": findings}
    say(result, json, lambda: "\n".join(findings) or f"{path.name} is whole and unchanged.")
    if findings:
        raise typer.Exit(1)


@app.command()
def key(json: Json = False) -> None:
    """Print the public key that bundles are signed with, to be published on your own site."""
    from workers.bundling import signing_key

    with opened() as house:
        public = signing_key(house)
    say({"public_key": public}, json, lambda: public)


@app.command()
def build(
    ref: str,
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    json: Json = False,
) -> None:
    """Build the latest bundle of a ticket again; it must come out byte for byte."""
    from workers.bundling import rebuild

    with opened() as house:
        made = rebuild(house, ref, out)
    say(made, json, lambda: f"{made['path']}\nsha256 {made['sha256']}")
    if not made["same"]:
        message = (
            "It differs from the one that was handed over: "
            "the templates, the policy or the version of dsar changed since."
        )
        raise DsarError(message)
