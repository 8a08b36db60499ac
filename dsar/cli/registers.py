"""`dsar staff | hold | letter | journal`: who works here, what is kept, said and happened."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.cli.request import pair
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.desk import staff as people
from dsar.services.letters.previews import checked, preview, source
from dsar.services.opening import open_installation
from dsar.services.runtime.installation import reading, transaction
from dsar.services.runtime.journal import counted, faults

staff = typer.Typer(help="The people who work here.", no_args_is_help=True)
journal = typer.Typer(help="The hash-chained history.", no_args_is_help=True)
letter = typer.Typer(help="The wording of letters, and the house's own.", no_args_is_help=True)
hold = typer.Typer(help="Legal holds: nothing of the person is erased.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@staff.command()
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


@staff.command("list")
def list_staff(json: Json = False) -> None:
    """Everybody who works here."""
    with opened() as installation, reading(installation) as session:
        rows = people.everybody(session)
    say(rows, json, lambda: columns([[r["name"], r["title"], ", ".join(r["roles"])] for r in rows],
                                    ("NAME", "TITLE", "ROLES")))  # fmt: skip


@hold.command()
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


@hold.command()
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


@hold.command("list")
def list_holds(json: Json = False) -> None:
    """Every hold in force."""
    with opened() as installation, reading(installation) as session:
        rows = holds.in_force(session)
    names = ("id", "kind", "reason", "by")
    say(rows, json, lambda: columns([[row[n] for n in names] for row in rows], names))


@letter.command()
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


@letter.command("preview")
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


@letter.command("source")
def source_(
    kind: Annotated[str, typer.Argument(help="Which letter, e.g. refused.")],
    language: Annotated[str, typer.Option(help="Its language, e.g. de.")] = "en",
    json: Json = False,
) -> None:
    """Print our text of a letter before facts are put in: to begin one of your own with."""
    text = source(kind, language=language)
    say({"kind": kind, "source": text}, json, text.rstrip)


@journal.callback()
def history() -> None:
    """The hash-chained history."""


@journal.command()
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
