"""Asks sources outside any ticket: whether they are as declared, what they hold of somebody."""

from typing import Any

from dsar.domain.identity import Subject
from dsar.sdk import Later, NeedsHuman
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
    """What one source holds of a person, as plain values, within its limits."""
    source = house.sources[name]
    gauge = Gauge(name, source.limits)
    with source.open() as adapter:
        return [
            {"collection": r.collection, "key": r.key, "match": r.match.value, "data": dict(r.data)}
            for page in gauge.pages(adapter, adapter.find(subject))
            for r in page.records
        ]
