"""Searches the demo's systems as the engine does: the shop first, as it gives the customer number."""

from dsar.config import sources
from dsar.demo.company import Company
from dsar.demo.personas import Persona
from dsar.domain.identity import Subject
from dsar.sdk import Adapter, Record

SYSTEMS = ("shop", "mailing", "weblogs", "support")


def subject_of(company: Company, who: Persona) -> Subject:
    """The person by what they proved and by the customer number the shop gives for it."""
    proven = Subject.of(who.identifiers)
    with sources.load(company.sources)["shop"].open() as shop:
        given = [pair for page in shop.find(proven) for pair in page.identifiers]
    return Subject.of([*who.identifiers, *given])


def found(adapter: Adapter, subject: Subject) -> list[Record]:
    return [record for page in adapter.find(subject) for record in page.records]


def search(company: Company, who: Persona) -> dict[str, list[Record]]:
    """What each system returns for the person."""
    configured, subject = sources.load(company.sources), subject_of(company, who)
    results = {}
    for name in SYSTEMS:
        with configured[name].open() as adapter:
            results[name] = found(adapter, subject)
    return results
