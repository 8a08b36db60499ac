"""What every command opens and how every command speaks."""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dsar.services.opening import open_installation
from dsar.services.runtime.installation import Installation
from dsar.store import migrate


@contextmanager
def opened(*, patient: bool = False) -> Iterator[Installation]:
    """The configured installation, its schema up to date; an embedded database is made at once.

    A process that is there for good is `patient`: it waits for a database that does not answer yet.
    """
    installation = open_installation()
    try:
        _ready(installation, patient=patient)
        if patient:
            from dsar.services.letters.writing import warn_of_faults

            warn_of_faults(installation)
        if installation.settings.redis_url:
            from workers.relay import relay

            installation.bell = relay(installation)
        keep_loaded()
        yield installation
    finally:
        installation.store.close()


def _ready(installation: Installation, *, patient: bool) -> None:
    if installation.store.sqlite:
        migrate.upgrade(installation.store)
        return
    said = False
    while True:
        try:
            migrate.check(installation.store)
        except migrate.Away as away:
            if away.refused or not patient:
                raise
            if not said:
                print(f"{away} This process waits for it.", file=sys.stderr, flush=True)
            said = True
            time.sleep(1.0)
        else:
            return


def keep_loaded() -> None:
    """What is loaded by now lives as long as the process: the collector need not look at it.

    Measured on 10,000 records: the collector's own passes were a third of all CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def say(value: Any, as_json: bool, words: Callable[[], str]) -> None:
    """Prints a result: as JSON for machines, in words for people."""
    print(json.dumps(value, ensure_ascii=False, default=str) if as_json else words())


def columns(rows: Sequence[Sequence[Any]], head: Sequence[str]) -> str:
    """Rows under their heads, each column as wide as its widest entry."""
    table = [list(head), *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
             for row in table]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def fetch(ref: object) -> str:
    """The command that opens a ticket's last bundle."""
    return f"dsar bundle export {ref}"
