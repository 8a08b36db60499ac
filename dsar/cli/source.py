"""`dsar source`: the configured systems."""

from collections.abc import Sequence
from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.cli.request import pair
from dsar.domain.identity import Subject
from dsar.services.views.source_check import check_all, circles, find_in

app = typer.Typer(help="The configured systems that hold personal data.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """Every source with its adapter."""
    with opened(begins=True) as installation:
        rows = [{"name": s.name, "title": s.title, "adapter": s.adapter.name,
                 "searches_by": sorted(s.needs), "gives": sorted(s.gives)}
                for s in installation.sources]  # fmt: skip
    names = ("name", "title", "adapter")
    say(rows, json, lambda: columns([[r[n] for n in names] for r in rows],
                                    ("SOURCE", "TITLE", "ADAPTER")))  # fmt: skip


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="One source; all without.")] = "", json: Json = False
) -> None:
    """Reach each source and compare it with what was declared."""
    with opened(begins=True) as installation:
        found = check_all(installation, name or None)
        led = [circle for circle in circles(installation) if not found.keys().isdisjoint(circle)]
    lines = [f"{source}: {problem}" for source, problems in found.items() for problem in problems]
    number = len(found)
    well = "1 source, as declared." if number == 1 else f"{number} sources, all as declared."
    told = [*(lines or [well]), *map(_circle, led)]
    say(found, json, lambda: "\n".join(told))
    if lines:
        raise typer.Exit(1)


def _circle(names: Sequence[str]) -> str:
    """What is worth knowing of a circle, which is no fault."""
    meaning = "each is asked again when another brings an identifier it is searched by."
    return f"{', '.join(names)} give each other identifiers: {meaning}"


@app.command()
def find(
    name: str,
    identifier: Annotated[list[str], typer.Option(help="KIND=VALUE, e.g. email=ana@example.org.")],
    json: Json = False,
) -> None:
    """Search one source for a person, without filing anything."""
    subject = Subject.of(pair(text, "identifier") for text in identifier)
    with opened() as installation:
        found = find_in(installation, name, subject)
    rows = [[r["collection"], r["key"], r["match"]] for r in found]
    say(found, json, lambda: columns(rows, ("COLLECTION", "KEY", "MATCH")))
