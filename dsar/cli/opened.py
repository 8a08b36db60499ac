"""What every command opens and how every command speaks."""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dsar.services.opening import key_path, open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import Installation, link_waiting
from dsar.services.views.json_values import as_json
from dsar.store import migrate

#: Who looks, and who acts where no name is given: whoever may run commands on this machine.
DESK = staff("desk")

#: What whoever makes a key is told.
WITHOUT_A_COPY = (
    "dsar: A new storage key was made: {path}. Whoever loses it has lost every request in this "
    "database, and nobody can bring them back: keep a copy of it now, apart from the data."
)


@contextmanager
def opened(*, patient: bool = False, begins: bool = False) -> Iterator[Installation]:
    """The configured installation, its schema up to date; an embedded database is made at once.

    A process that is there for good is `patient`: it waits for a database that does not answer yet.
    A command that `begins` may draw the key of an embedded database that is empty; it says so.
    """
    installation = open_installation()
    begins = begins and installation.store.sqlite and not installation.settings.redis_url
    try:
        if _made(installation, patient=patient, begins=begins):
            print(WITHOUT_A_COPY.format(path=key_path(installation)), file=sys.stderr)
        if patient:
            from dsar.services.letters.write import warn_of_faults

            warn_of_faults(installation)
        if installation.settings.redis_url:
            from workers.wakeup_sender import sender_for

            installation.wake = sender_for(installation)
        keep_loaded()
        yield installation
        link_waiting(installation)
    finally:
        installation.store.close()


def _made(installation: Installation, *, patient: bool, begins: bool) -> bool:
    """Whether the key was made just now; schema and key are in order then."""
    said = False
    while True:
        try:
            _ready(installation, begins=begins)
            return keyring.unlock(installation, may_make=begins)
        except migrate.Away as away:
            if away.refused or not patient or installation.store.sqlite:
                raise
            if not said:
                print(f"{away} This process waits for it.", file=sys.stderr, flush=True)
            said = True
            time.sleep(1.0)


def _ready(installation: Installation, *, begins: bool) -> None:
    if installation.store.sqlite:
        keyring.prove(installation, may_make=begins)  # before anything is written
        migrate.upgrade(installation.store)
    else:
        migrate.check(installation.store)


def keep_loaded() -> None:
    """What is loaded by now lives as long as the process: the collector need not look at it.

    Measured on 10,000 records: the collector's own passes were a third of all CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def say(value: Any, for_machines: bool, words: Callable[[], str]) -> None:
    """Prints a result, a view or plain values: as JSON for machines, in words for people."""
    print(json.dumps(as_json(value), ensure_ascii=False) if for_machines else words())


def columns(rows: Sequence[Sequence[Any]], head: Sequence[str]) -> str:
    """Rows under their heads, each column as wide as its widest entry."""
    table = [list(head), *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
             for row in table]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def listed(views: Iterable[object], names: Sequence[str], head: Sequence[str]) -> str:
    """Views under these heads, one a line, with the fields of these names."""
    return columns([[getattr(one, name) for name in names] for one in views], head)


def fetch(ref: object) -> str:
    """The command that opens a ticket's last bundle."""
    return f"dsar bundle export {ref}"
