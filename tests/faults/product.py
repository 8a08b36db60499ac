"""The product's processes as the fault run starts them: worker hosts, a scheduler, the web, intake.

All is the real thing but for two: the report in a bundle is not printed (its cost is measured
elsewhere and would leave too few tickets to a minute), and requests are filed by a process that
stands in for web intake, because it must ask again whenever it got no answer.
"""

import io
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import IO, Any

import time_machine
from sqlalchemy.exc import SQLAlchemyError

import exports.pdf.printed_report
from dsar.domain.rights import Right
from dsar.services.desk import identity, intake
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.runtime.seals import key_mark
from dsar.store.tasks import leases
from tests.faults.ledger import person
from tests.faults.place import Place
from tests.servers import Process
from workers import process

ROOT = Path(__file__).resolve().parents[2]
STAFF = staff("ana")
PROCESSES = 2

_numbers = count()


def start(place: Place, role: str, *words: str) -> Process:
    """Starts one process of the product; it says `ready` in its log when it is."""
    told = [sys.executable, "-m", "tests.faults.product", role, place.words(), *words]
    return _start(place, role, told)


def start_command(place: Place, role: str, *words: str) -> Process:
    """Starts one of the product's own commands, as an operator does."""
    return _start(place, role, [str(Path(sys.executable).parent / "dsar"), role, *words])


def _start(place: Place, role: str, command: Sequence[str]) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DSAR_CONFIG": str(place.config)}
    log = place.path / f"{role}-{next(_numbers)}.log"
    return Process(command, log=log, environment=environment)


def key(number: int) -> str:
    """The idempotency key of one request."""
    return f"person {number}"


def filed(installation: Installation, tickets: int) -> dict[str, int]:
    """The number of each request by what is kept of its idempotency key: a keyed hash."""
    return {key_mark(installation.vault, key(number)): number for number in range(tickets)}


def file_one(installation: Installation, number: int) -> str:
    """Files one erasure; filing it again is harmless, so whoever got no answer asks again."""
    application = intake.Application(
        rights=(Right.ERASURE,),
        identifiers=(("email", person(number)),),
        idempotency_key=key(number),
    )
    with transaction(installation) as session:
        request = intake.file(session, STAFF, application)
        if intake.unconfirmed(session, request):
            identity.confirm(session, STAFF, request, reason="seen at the desk")
    return request.ref


def file_all(place: Place, first: int, since: float) -> None:
    """Files one after the other, each until it is told that it was filed.

    The pace is kept from `since` on (seconds of the system's clock): what was not filed while the
    database was away is made up for.
    """
    installation = place.begun()
    every = installation.sources
    filed = place.path / "filed"
    with process.beside_web(installation):
        for number in range(first, place.setting.tickets):
            time.sleep(max(0.0, since + number * 60 / place.setting.a_minute - time.time()))
            installation.sources = place.met_by(installation, number)
            while not _filed(installation, number):
                time.sleep(0.5)
            installation.sources = every
            filed.with_suffix(".new").write_text(str(number + 1))
            filed.with_suffix(".new").replace(filed)


def _filed(installation: Installation, number: int) -> bool:
    try:
        file_one(installation, number)
    except SQLAlchemyError:
        return False
    return True


def work(place: Place, seconds_off: float) -> None:
    """One host's worker processes; their clock is so many seconds off."""
    exports.pdf.printed_report.print_report = _no_report  # type: ignore[assignment]
    leases.FIRST_PAUSE = timedelta(seconds=place.setting.first_pause)
    installation = place.begun()
    shifted = datetime.now(UTC) + timedelta(seconds=seconds_off)
    with time_machine.travel(shifted, tick=True):
        process.run_worker(installation, processes=PROCESSES, threads=3)


def _no_report(*_: Any, **__: Any) -> IO[bytes]:
    return io.BytesIO(b"%PDF-1.7 is not printed here\n" * 100)


def main(role: str, words: str, *more: str) -> None:
    place = Place.told(words)
    if role == "intake":
        file_all(place, int(more[0]), float(more[1]))
    else:
        work(place, float(more[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
