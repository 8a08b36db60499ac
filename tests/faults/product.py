"""The product's processes as the fault run starts them: workers, a scheduler, somebody who files.

All is the real thing but for the bundle, which holds the contents without the PDF: rendering is
measured elsewhere and would leave too few tickets to a minute.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dsar.domain.rights import Right
from dsar.services import identity, intake
from dsar.services.actor import staff
from dsar.services.bundles import built, gather
from dsar.services.house import House, unit
from dsar.services.installed.settings import ReviewSettings
from dsar.services.tasks import Run
from tests.faults import ledger
from tests.servers import Process
from tests.workers.houses import new_house
from workers import process
from workers.handlers import QUEUES
from workers.run import Queues

ROOT = Path(__file__).parents[2]
STAFF = staff("ana")


@dataclass(frozen=True)
class Place:
    """Where one fault run lives."""

    folder: str
    database: str
    redis: str
    lease_seconds: int = 20

    @property
    def ledger(self) -> ledger.Ledger:
        return ledger.Ledger(Path(self.folder) / "ledger.sqlite")

    def house(self) -> House:
        house = new_house(
            self.database,
            Path(self.folder),
            redis=self.redis,
            lease_seconds=self.lease_seconds,
        )
        review = ReviewSettings(erasure="auto")
        house.settings = house.settings.model_copy(update={"review": review})
        house.sources = ledger.sources(self.ledger.file)
        house.policy = ledger.policy()
        return house


_numbers = count()


def start(place: Place, role: str, *words: str) -> Process:
    """Starts one process of the product; it says `ready` in its log when it is."""
    started = Process(
        [sys.executable, "-m", "tests.faults.product", role, json.dumps(asdict(place)), *words],
        log=Path(place.folder) / f"{role}-{next(_numbers)}.log",
        environment={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if role != "filer":
        started.wait_ready(lambda: '"event": "ready"' in started.output())
    return started


def bundle(house: House, run: Run) -> None:
    """The contents, written whole and hashed, as the real one is; no PDF."""
    gathered = gather(house, run.lease.ticket_id)
    lines = [[line.source, line.outcome, line.found, line.done] for line in gathered.lines]
    text = json.dumps({"ref": gathered.ref, "lines": lines}).encode()
    gathered.target.parent.mkdir(parents=True, exist_ok=True)
    temporary = gathered.target.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(text)
    temporary.replace(gathered.target)
    built(run, gathered, sha256=sha256(text).hexdigest(), size=len(text))


LIGHT: Queues = {"work": QUEUES["work"], "render": {"bundle": bundle}}


def file_one(house: House, number: int) -> str:
    """Files one erasure; filing it again is harmless, so whoever got no answer asks again."""
    application = intake.Application(
        rights=(Right.ERASURE,),
        identifiers=(("email", f"person-{number}@example.org"),),
        idempotency_key=f"person {number}",
    )
    with unit(house) as session:
        request = intake.file(session, STAFF, application)
        if intake.unconfirmed(session, request):
            identity.confirm(session, STAFF, request, reason="seen at the desk")
    return request.ref


def file_all(place: Place, first: int, number: int, a_minute: float) -> None:
    """Files one after the other, each until it is told that it was filed."""
    house = place.house()
    with process.beside_web(house):
        for person in range(first, first + number):
            while True:
                try:
                    file_one(house, person)
                    break
                except SQLAlchemyError:
                    time.sleep(0.5)
            (Path(place.folder) / "filed").write_text(str(person + 1))
            time.sleep(60 / a_minute)


def main(role: str, words: str, *more: str) -> None:
    place = Place(**json.loads(words))
    if role == "filer":
        file_all(place, int(more[0]), int(more[1]), float(more[2]))
    elif role == "scheduler":
        process.run_scheduler(place.house())
    else:
        process.run_worker(place.house(), processes=2, threads=3, queues=LIGHT)


if __name__ == "__main__":
    main(*sys.argv[1:])
