"""`dsar source`: the configured systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import columns, say
from dsar.cli.requests.request import pair
from dsar.domain.identity import Subject
from dsar.services.opening import first_look
from dsar.services.views.source_check import Finding, circles, find_in, findings

app = typer.Typer(help="The configured systems that hold personal data.", no_args_is_help=True)

#: What is not compared where there is no policy yet.
NO_POLICY = "There is no policy yet: for which purpose this data is held was not compared."

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


#: A first look at a source needs the file of sources alone.
Named = Annotated[Path | None, typer.Option("--sources", help="The file of sources.")]


@app.command("list")
def list_(sources: Named = None, json: Json = False) -> None:
    """Every source with its adapter."""
    rows = [{"name": s.name, "title": s.title, "adapter": s.adapter.name,
             "searches_by": sorted(s.needs), "gives": sorted(s.gives)}
            for s in first_look(named=sources).sources]  # fmt: skip
    names = ("name", "title", "adapter")
    say(rows, json, lambda: columns([[r[n] for n in names] for r in rows],
                                    ("SOURCE", "TITLE", "ADAPTER")))  # fmt: skip


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="One source; all without.")] = "",
    sources: Named = None,
    json: Json = False,
) -> None:
    """Reach each source and compare it with what was declared, and with the policy if any."""
    known = first_look(named=sources)
    found = findings(known, name or None)
    led = [circle for circle in circles(known) if not found.keys().isdisjoint(circle)]
    if known.policy is None:
        typer.echo(f"dsar: {known.fault or NO_POLICY}", err=True)
    lines = _told(found, warning=False)
    number = len(found)
    well = "1 source, as declared." if number == 1 else f"{number} sources, all as declared."
    told = [*(lines or [well]), *_told(found, warning=True), *map(_circle, led)]
    values = {source: [_worded(one) for one in each] for source, each in found.items()}
    say(values, json, lambda: "\n".join(told))
    if lines or known.fault:
        raise typer.Exit(1)


def _told(found: Mapping[str, Sequence[Finding]], *, warning: bool) -> list[str]:
    """What was found, or what else is worth knowing, with the source's name before it."""
    return [
        f"{source}: {_worded(one)}"
        for source, each in found.items()
        for one in each
        if one.warning is warning
    ]


def _worded(one: Finding) -> str:
    return f"note: {one.text}" if one.warning else one.text


def _circle(names: Sequence[str]) -> str:
    """What is worth knowing of a circle, which is no fault."""
    meaning = "each is asked again when another brings an identifier it is searched by."
    return f"{', '.join(names)} give each other identifiers: {meaning}"


@app.command()
def find(
    name: str,
    identifier: Annotated[list[str], typer.Option(help="KIND=VALUE, e.g. email=ana@example.org.")],
    sources: Named = None,
    json: Json = False,
) -> None:
    """Search one source for a person, without filing anything."""
    subject = Subject.of(pair(text, "identifier") for text in identifier)
    found = find_in(first_look(named=sources), name, subject)
    rows = [[r["collection"], r["key"], r["match"]] for r in found]
    say(found, json, lambda: columns(rows, ("COLLECTION", "KEY", "MATCH")))
