"""`dsar forecast`: open work times measured durations, and what will be late."""

from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.services.forecast import at_risk
from dsar.services.house import look


def forecast(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tickets expected to miss their date, with the cause."""
    with opened() as house, look(house) as session:
        rows = [risk.as_json() for risk in at_risk(session)]
    names = ("ref", "due_on", "late_by_days", "cause")
    table = [[row[name] for name in names] for row in rows]
    heads = ("TICKET", "DUE", "DAYS LATE", "CAUSE")
    say(rows, json, lambda: columns(table, heads) if rows else "No open ticket is at risk.")
