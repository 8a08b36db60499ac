"""The mailing list of the demo: `mailing/subscribers.csv`, as the newsletter provider exports it."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from dsar.demo.people import Customer
from dsar.demo.personas import CONSENT_WITHDRAWAL, MAILBOX_PARTNER

_COLUMNS = (
    "id",
    "email",
    "given_name",
    "family_name",
    "topics",
    "opt_in_on",
    "confirmed_on",
    "last_activity_on",
    "status",
    "restricted",
)
_TOPICS = ("releases", "releases;tips", "tips", "events")
_READERS_ONLY = 60
#: How the list spells the address of the person whose account spells it in small letters.
_SPELLED = {CONSENT_WITHDRAWAL.email: "Piotr.Wilkowski@Example.org"}


def build(folder: Path, people: tuple[Customer, ...], random: Random, *, today: date) -> None:
    """Writes the list: subscribed customers, one who shares a mailbox, and readers only."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "subscribers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        for number, reader in enumerate(_readers(people), 1):
            writer.writerow((f"S{number:05}", *reader, *_subscription(random, today)))


def _readers(people: tuple[Customer, ...]) -> Iterator[tuple[str, str, str]]:
    """(e-mail address, given name, family name) of everyone on the list."""
    for who in people:
        if who.newsletter:
            yield _SPELLED.get(who.email, who.email), who.given_name, who.family_name
    partner = MAILBOX_PARTNER
    yield partner.email, partner.given_name, partner.family_name
    for number in range(1, _READERS_ONLY + 1):
        yield f"reader.{number:03}@example.net", "", ""


def _subscription(random: Random, today: date) -> tuple[str, ...]:
    """What the list knows besides the person: topics, dates, state; nobody is restricted."""
    opted_in = today - timedelta(days=random.randint(120, 1_400))
    confirmed = opted_in + timedelta(days=random.randint(0, 1))
    active = max(confirmed, today - timedelta(days=random.randint(1, 600)))
    days = (day.isoformat() for day in (opted_in, confirmed, active))
    return (random.choice(_TOPICS), *days, "subscribed", "no")
