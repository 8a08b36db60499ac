"""Asks sources outside any ticket: whether they are as declared, what they hold of somebody."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from dsar.config.sources import Sources
from dsar.domain.decision.withheld import withheld_by
from dsar.domain.errors import DsarError, NotAllowed
from dsar.domain.identity import Subject
from dsar.domain.policy import Policy
from dsar.domain.records import Collection, looks_secret
from dsar.sandbox.checked_pages import PageChecks
from dsar.sandbox.pool import ProcessStopped
from dsar.sdk import Later, NeedsHuman, Problem, Record
from dsar.services.letters.reason_words import for_staff
from dsar.services.ticket.search_order import order_of


class Known(Protocol):
    """What is configured, as far as a look at the sources needs it: an installation, or less."""

    @property
    def sources(self) -> Sources: ...
    @property
    def policy(self) -> Policy | None: ...


class Finding(NamedTuple):
    """What a check says of a source, in a sentence; a warning is no fault."""

    text: str
    warning: bool = False


def check_all(known: Known, name: str | None = None) -> dict[str, list[str]]:
    """Each source's problems, each a sentence with field and mend; NotFound for a wrong name."""
    return {
        source: [one.text for one in found if not one.warning]
        for source, found in findings(known, name).items()
    }


def findings(known: Known, name: str | None = None) -> dict[str, list[Finding]]:
    """Each source's problems and what else is worth knowing; NotFound for a wrong name.

    What no activity of the policy names is one of them: it would only be noticed at the bundle.
    """
    wanted = [known.sources[name]] if name else list(known.sources)
    found: dict[str, list[Finding]] = {source.name: [] for source in wanted}
    for source in wanted:
        problems = found[source.name]
        try:
            with source.open() as adapter:
                problems += [Finding(str(one), one.warning) for one in adapter.check()]
                held = adapter.collections()
                if known.policy is not None:
                    problems += map(Finding, _without_purpose(known.policy, source.name, held))
                problems += map(Finding, _like_secrets(held))
        except (Later, NeedsHuman) as failed:
            problems.append(Finding(for_staff(failed.because)))
        except ProcessStopped as failed:
            problems.append(Finding(failed.reason))
    return found


def circles(known: Known) -> tuple[tuple[str, ...], ...]:
    """The sources that lead to each other by the identifiers they give: no fault, but slower.

    Each is asked again when another of its circle brings an identifier it can be searched by.
    """
    sources = known.sources
    return order_of(sources, (source.name for source in sources)).circles


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


def _like_secrets(collections: Iterable[Collection]) -> Iterator[str]:
    """A sentence for each collection with fields that are called as secrets are."""
    for one in collections:
        doubted = [e.name for e in one.fields if e.withhold is None and looks_secret(e.name)]
        if doubted:
            what = f"of {one.name} {', '.join(doubted)} may hold secrets; a copy waits for staff."
            mend = "Say secret = true, so that they are never handed over, or secret = false."
            yield str(Problem("secret", what, mend))


def find_in(known: Known, name: str, subject: Subject) -> list[dict[str, Any]]:
    """What one source holds of a person, as plain values, within its limits.

    NotAllowed where somebody answers later; DsarError with the source's own reason where it cannot
    answer now.
    """
    source = known.sources[name]
    if source.adapter.answers_later:
        mend = "It is asked by a ticket only: file a request for the person."
        raise NotAllowed(f"{name} answers later, so it cannot be searched here. {mend}")
    checks = PageChecks(name, source.limits)
    try:
        with source.open() as adapter:
            found = [
                record
                for page in checks.pages(adapter, adapter.find(subject))
                for record in page.records
            ]
            held = {one.name: one for one in adapter.collections()}
            return [_told(record, held.get(record.collection)) for record in found]
    except (Later, NeedsHuman) as failed:
        raise DsarError(f"{name}: {for_staff(failed.because)}") from None


def _told(record: Record, collection: Collection | None) -> dict[str, Any]:
    """A record as plain values; what is never handed over is only named with its ground."""
    grounds = {name: withheld_by(collection, name) for name in record.data}
    return {
        "collection": record.collection,
        "key": record.key,
        "match": record.match.value,
        "data": {
            name: f"withheld: {grounds[name]}" if grounds[name] and value else value
            for name, value in record.data.items()
        },
    }
