"""The web logs of the demo: `weblogs/visits.jsonl`, anonymised after thirteen months."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from dsar.demo.people import HOLDERS, Customer
from dsar.domain.calendar.period import Period

LINES = 5_000
#: How long a visit is kept with the customer number and the full address of the device.
IDENTIFIABLE = Period(13, "month")

_DAYS = 700
_PAGES = ("/", "/pricing", "/account", "/account/invoices", "/download", "/help/sync", "/login")
_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
    "LindwurmNotes/4.2 (desktop)",
)
#: The networks reserved for documentation (RFC 5737).
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")


def build(folder: Path, people: tuple[Customer, ...], random: Random, *, today: date) -> None:
    """Writes the log, oldest visit first, one JSON object a line."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "visits.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for line in _lines(people, random, today):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines(
    people: tuple[Customer, ...], random: Random, today: date
) -> Iterator[dict[str, object]]:
    for number, at in enumerate(sorted(_instants(random, today)), 1):
        yield _visit(number, at, _visitor(people, random), random, today)


def _instants(random: Random, today: date) -> Iterator[datetime]:
    first = datetime.combine(today - timedelta(days=_DAYS), time(tzinfo=UTC))
    for _ in range(LINES):
        yield first + timedelta(seconds=random.randrange(_DAYS * 86_400))


def _visitor(people: tuple[Customer, ...], random: Random) -> Customer | None:
    """Someone signed in or, two times in ten, nobody; the named people visit more often."""
    lot = random.random()
    if lot < 0.2:
        return None
    return random.choice(people[: len(HOLDERS)] if lot < 0.3 else people)


def _visit(
    number: int, at: datetime, who: Customer | None, random: Random, today: date
) -> dict[str, object]:
    old = IDENTIFIABLE.after(at.date()) < today
    network, host = random.choice(_NETWORKS), random.randint(1, 254)
    return {
        "id": f"v{number:06}",
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "customer": None if old or who is None else who.number,
        "address": f"{network}.0" if old else f"{network}.{host}",
        "page": random.choice(_PAGES),
        "status": random.choice((200, 200, 200, 304, 404)),
        "browser": random.choice(_BROWSERS),
        "anonymised": old,
        "restricted": False,
    }
