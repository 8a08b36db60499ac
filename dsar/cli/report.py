"""`dsar report | forecast | calendar`: numbers, what will be late, and the due dates as a file."""

from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.services.runtime.installation import reading
from dsar.services.upkeep import deadlines
from dsar.services.upkeep.forecast import at_risk
from dsar.services.upkeep.numbers import summary

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def report(json: Json = False) -> None:
    """Requests by right and outcome, with the days they took (cf. 11 CCR 7102)."""
    with opened() as installation, reading(installation) as session:
        rows = summary(session)
    outcomes = ("fulfilled", "partly_fulfilled", "nothing_held", "refused")
    names = ("right", "open", "overdue", *outcomes, "median_days")
    say(rows, json, lambda: columns([[row[name] for name in names] for row in rows],
                                    [name.upper() for name in names]))  # fmt: skip


def forecast(json: Json = False) -> None:
    """Tickets expected to miss their date, with the cause."""
    with opened() as installation, reading(installation) as session:
        rows = [risk.as_json() for risk in at_risk(session)]
    names = ("ref", "due_on", "late_by_days", "cause")
    table = [[row[name] for name in names] for row in rows]
    heads = ("TICKET", "DUE", "DAYS LATE", "CAUSE")
    say(rows, json, lambda: columns(table, heads) if rows else "No open ticket is at risk.")


def calendar(
    out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("due.ics"),
    json: Json = False,
) -> None:
    """Write the due dates of all open tickets as iCalendar: references only, no names."""
    with opened() as installation, reading(installation) as session:
        text = deadlines.calendar(session)
    out.write_text(text, encoding="utf-8", newline="")
    count = text.count("BEGIN:VEVENT")
    say({"path": str(out), "entries": count}, json, lambda: f"{out}: {count} due dates")
