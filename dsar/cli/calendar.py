"""`dsar calendar`: the due dates as a file any calendar program reads."""

from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import opened, say
from dsar.services.house import look
from dsar.services.watching import calendar as written


def calendar(
    out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("due.ics"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the due dates of all open tickets as iCalendar: references only, no names."""
    with opened() as house, look(house) as session:
        text = written(session)
    out.write_text(text, encoding="utf-8", newline="")
    count = text.count("BEGIN:VEVENT")
    say({"path": str(out), "entries": count}, json, lambda: f"{out}: {count} due dates")
