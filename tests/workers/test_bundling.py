"""What the bundle task lets out of the house: nothing withheld, nothing unexplained, nothing half."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import BY_HAND, Company, company
from tests.stories.bundles import everything


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}", review=BY_HAND) as made:
        yield made


def subscribed_as(one: Company, name: str) -> None:
    """Lotta's name as it stands in the mailing list."""
    file = one.folder / "mailing" / "subscribers.csv"
    file.write_text(file.read_text().replace("Lotta Lindqvist", name))


def reviewed(one: Company, *rulings: str, right: Right = Right.ACCESS) -> str:
    """A ticket that was searched, ruled on and approved, and its bundle tried."""
    ref = one.ask(right)
    one.work()
    again(one, ref, *rulings)
    return ref


def again(one: Company, ref: str, *rulings: str) -> None:
    if rulings:
        one.rule(ref, *rulings)
        one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)


def told(one: Company, ref: str) -> str:
    return str(one.view(ref)["next"])


def nothing_to_download(one: Company, ref: str) -> bool:
    folder = one.folder / "var" / "bundles"
    return not one.view(ref)["bundles"] and not [*folder.iterdir()]


def test_a_withheld_value_that_still_stands_somewhere_blocks_the_release(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:others_rights")
    assert one.state(ref) == "assembly_failed"
    assert "The bundle is not released" in told(one, ref)
    assert "data/mailing/subscribers.csv: holds what was withheld as shop.customers.street" in (
        told(one, ref)
    )
    assert "Storgatan" not in told(one, ref)
    assert nothing_to_download(one, ref)


def test_staff_withholds_it_there_too_and_the_bundle_leaves(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:others_rights")
    again(one, ref, "mailing.subscribers.name=withhold:others_rights")
    assert one.state(ref) == "ready"
    assert "Storgatan" not in everything(one.bundle(ref))


def test_or_rules_that_it_may_be_known(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers=withhold:others_rights")
    assert "shop.customers.street" in told(one, ref)
    again(one, ref, "shop.customers.street=release")
    assert one.state(ref) == "ready"


@pytest.mark.parametrize("ruling", ["=withhold:others_rights", ".street=keep:others_rights"])
def test_what_was_withheld_and_is_gone_blocks_nothing(one: Company, ruling: str) -> None:
    ref = reviewed(one, f"shop.customers{ruling}")
    assert one.state(ref) == "ready"
    assert "Storgatan 5" not in everything(one.bundle(ref))


def test_what_was_handed_over_by_another_record_blocks_nothing(one: Company) -> None:
    subscribed_as(one, "Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:others_rights")
    assert one.state(ref) == "ready"


def test_a_collection_of_which_nothing_is_handed_over_has_its_title(one: Company) -> None:
    ref = reviewed(one, "shop.invoices=withhold:others_rights")
    text = everything(one.bundle(ref))
    assert '"collection_title": "Invoices"' in text
    assert re.search(r"Invoices\s+2\s", text)
