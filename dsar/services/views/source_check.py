"""Asks sources outside any ticket: whether they are as declared, what they hold of somebody."""

from collections.abc import Iterable, Iterator
from typing import Any

from dsar.domain.errors import DsarError, NotAllowed
from dsar.domain.identity import Subject
from dsar.domain.policy import Policy
from dsar.domain.records import Collection
from dsar.sandbox.checked_pages import PageChecks
from dsar.sandbox.pool import Stopped
from dsar.sdk import Later, NeedsHuman, Problem, Record
from dsar.services.runtime.installation import Installation
from dsar.services.ticket.search_order import order_of


def check_all(installation: Installation, name: str | None = None) -> dict[str, list[str]]:
    """Each source's problems, each a sentence with field and mend; NotFound for a wrong name.

    What no activity of the policy names is one of them: it would only be noticed at the bundle.
    """
    wanted = [installation.sources[name]] if name else list(installation.sources)
    found: dict[str, list[str]] = {source.name: [] for source in wanted}
    for source in wanted:
        problems = found[source.name]
        try:
            with source.open() as adapter:
                problems += [str(one) for one in adapter.check()]
                problems += _without_purpose(
                    installation.policy, source.name, adapter.collections()
                )
        except (Later, NeedsHuman, Stopped) as failed:
            problems.append(failed.reason)
    return found


def circles(installation: Installation) -> tuple[tuple[str, ...], ...]:
    """The sources that lead to each other by the identifiers they give: no fault, but slower.

    Each is asked again when another of its circle brings an identifier it can be searched by.
    """
    known = installation.sources
    return order_of(known, (source.name for source in known)).circles


def _without_purpose(
    policy: Policy, source: str, collections: Iterable[Collection]
) -> Iterator[str]:
    """A sentence for each collection that no activity names, or names some fields of only."""
    for one in collections:
        place = f"{source}.{one.name}"
        if not policy.touching(source, one.name):
            what = f"no activity names {place}, so no bundle with its data can be built."
            mend = f'Add "{place}" to the data of the activity it is held for.'
            yield str(Problem("policy", what, mend))
        elif lost := policy.unnamed(source, one.name, [entry.name for entry in one.fields]):
            what = f"of {place} no activity names {', '.join(lost)}."
            mend = f'Add "{place}", or "{place}.{lost[0]}" and so on, to the data of one.'
            yield str(Problem("policy", what, mend))


def find_in(installation: Installation, name: str, subject: Subject) -> list[dict[str, Any]]:
    """What one source holds of a person, as plain values, within its limits.

    NotAllowed where somebody answers later; DsarError with the source's own reason where it cannot
    answer now.
    """
    source = installation.sources[name]
    if source.adapter.answers_later:
        mend = "It is asked by a ticket only: file a request for the person."
        raise NotAllowed(f"{name} answers later, so it cannot be searched here. {mend}")
    checks = PageChecks(name, source.limits)
    try:
        with source.open() as adapter:
            return [
                _told(r) for p in checks.pages(adapter, adapter.find(subject)) for r in p.records
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
