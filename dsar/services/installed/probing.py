"""Asks sources outside any ticket: whether they are as declared, what they hold of somebody."""

from typing import Any

from dsar.domain.errors import DsarError, NotAllowed
from dsar.domain.identity import Subject
from dsar.sdk import Later, NeedsHuman, Record
from dsar.services.house import House
from dsar.services.isolated.children import Stopped
from dsar.services.work.limiting import Gauge


def check_all(house: House, name: str | None = None) -> dict[str, list[str]]:
    """Each source's problems, each a sentence with field and mend; NotFound for a wrong name."""
    wanted = [house.sources[name]] if name else list(house.sources)
    found: dict[str, list[str]] = {}
    for source in wanted:
        try:
            with source.open() as adapter:
                found[source.name] = [str(problem) for problem in adapter.check()]
        except (Later, NeedsHuman, Stopped) as failed:
            found[source.name] = [failed.reason]
    return found


def find_in(house: House, name: str, subject: Subject) -> list[dict[str, Any]]:
    """What one source holds of a person, as plain values, within its limits.

    NotAllowed where somebody answers later; DsarError with the source's own reason where it cannot
    answer now.
    """
    source = house.sources[name]
    if source.adapter.answers_later:
        mend = "It is asked by a ticket only: file a request for the person."
        raise NotAllowed(f"{name} answers later, so it cannot be searched here. {mend}")
    gauge = Gauge(name, source.limits)
    try:
        with source.open() as adapter:
            return [
                _told(r) for p in gauge.pages(adapter, adapter.find(subject)) for r in p.records
            ]
    except (Later, NeedsHuman) as failed:
        raise DsarError(f"{name}: {failed.reason}") from None


def _told(record: Record) -> dict[str, Any]:
    return {
        "collection": record.collection,
        "key": record.key,
        "match": record.match.value,
        "data": dict(record.data),
    }
