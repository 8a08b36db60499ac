"""What people ask for can be done in the demo's systems, and leaves everybody else as they were."""

from collections.abc import Callable, Iterator

import pytest

from dsar.config import sources
from dsar.demo import personas
from dsar.demo.company import Company
from dsar.sdk import Adapter, Batch, Done, Item, Record
from tests.demo.searching import SYSTEMS, found, search, subject_of

#: From what the person's records look like and what they ask, what to change in each.
Changes = Callable[[Adapter, Record], dict[str, str]]


def act(
    company: Company, who: personas.Persona, verb: str, changes: Changes = lambda *_: {}
) -> Iterator[tuple[str, Done]]:
    """Does `verb` to every record of the person; gives the place and what each receipt says."""
    configured, subject = sources.load(company.sources), subject_of(company, who)
    for name in SYSTEMS:
        with configured[name].open() as adapter:
            records = found(adapter, subject)
            for collection in adapter.collections():
                items = [
                    Item(record.key, changes=changes(adapter, record))
                    for record in records
                    if record.collection == collection.name
                ]
                batch = Batch(collection.name, items, "once", who.purposes)
                for receipt in getattr(adapter, verb)(batch):
                    yield f"{name}.{receipt.collection}", receipt.done


def by_term(who: personas.Persona) -> Changes:
    """The corrected value for each column whose term the person corrects."""

    def changes(adapter: Adapter, record: Record) -> dict[str, str]:
        [collection] = [c for c in adapter.collections() if c.name == record.collection]
        return {f.name: who.changes[f.term] for f in collection.fields if f.term in who.changes}

    return changes


def untouched(company: Company) -> list[object]:
    return [search(company, who) for who in (personas.ACCESS, personas.NAMESAKE)]


def test_restriction_reaches_every_record_in_every_system(copy: Company) -> None:
    before = untouched(copy)
    receipts = list(act(copy, personas.RESTRICTION, "restrict"))
    assert {done for _, done in receipts} == {Done.RESTRICTED}
    marks = [
        r.data["restricted"] for many in search(copy, personas.RESTRICTION).values() for r in many
    ]
    assert len(marks) == len(receipts)
    assert set(marks) <= {True, "yes"}
    assert untouched(copy) == before


STOPS = [
    (
        personas.OBJECTION,
        {"shop.customers", "shop.consents", "shop.profiles", "mailing.subscribers"},
    ),
    (personas.CONSENT_WITHDRAWAL, {"shop.consents", "mailing.subscribers"}),
]


@pytest.mark.parametrize(("who", "places"), STOPS, ids=lambda value: getattr(value, "name", ""))
def test_only_what_the_person_objects_to_is_stopped(
    who: personas.Persona, places: set[str], copy: Company
) -> None:
    before = untouched(copy)
    receipts = list(act(copy, who, "object_to"))
    assert {place for place, done in receipts if done is Done.STOPPED} == places
    assert untouched(copy) == before


def test_a_withdrawn_newsletter_is_off_in_the_list_and_in_the_shop(copy: Company) -> None:
    """News about products bought do not rest on that consent and are another matter."""
    before = search(copy, personas.CONSENT_WITHDRAWAL)["shop"]
    list(act(copy, personas.CONSENT_WITHDRAWAL, "object_to"))
    after = search(copy, personas.CONSENT_WITHDRAWAL)
    assert [record.data["status"] for record in after["mailing"]] == ["unsubscribed"]
    assert [r.data["active"] for r in after["shop"] if r.collection == "consents"] == [False]
    accounts = [
        [record for record in records if record.collection == "customers"]
        for records in (before, after["shop"])
    ]
    assert accounts[0] == accounts[1]


def test_a_corrected_name_and_address_stand_everywhere_but_on_issued_invoices(
    copy: Company,
) -> None:
    who = personas.RECTIFICATION
    before = untouched(copy)
    receipts = dict(act(copy, who, "rectify", by_term(who)))
    assert receipts["shop.customers"] is Done.RECTIFIED
    assert receipts["mailing.subscribers"] is Done.RECTIFIED
    assert receipts["support.tickets"] is Done.RECTIFIED
    after = search(copy, who)
    records = [record for many in after.values() for record in many]
    assert {r.data["family_name"] for r in records if "family_name" in r.data} == {"Brandt"}
    assert {r.data["street"] for r in records if "street" in r.data} == {"Ulmenallee 21"}
    assert {r.data["name"] for r in records if "name" in r.data} == {"Carla Brandt"}
    assert {r.data["billed_to"] for r in records if "billed_to" in r.data} == {"Carla Brand"}
    assert untouched(copy) == before
