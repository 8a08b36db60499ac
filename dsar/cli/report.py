"""`dsar report`: numbers for the privacy officer and the authority, without personal data."""

from typing import Annotated

import typer

from dsar.cli.opened import columns, opened, say
from dsar.services.house import look
from dsar.services.numbers import summary


def report(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Requests by right and outcome, with the days they took (cf. 11 CCR 7102)."""
    with opened() as house, look(house) as session:
        rows = summary(session)
    names = ("right", "open", "overdue", "fulfilled", "partly_fulfilled", "refused", "median_days")
    say(rows, json, lambda: columns([[row[name] for name in names] for row in rows],
                                    [name.upper() for name in names]))  # fmt: skip
