"""A Fideslang dataset is the map of a SQL source, and each of its faults has a line."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql import Sql
from dsar.adapters.sql.datasets import read
from dsar.adapters.sql.sql_settings import Table
from dsar.domain.errors import BadInput
from dsar.sdk import Adapter, Batch, Done, Item, Match, Subject
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.registry import settings_from
from tests.adapters.shop import WORLD, counted, fill, run

DATASET = """\
dataset:
  - fides_key: shop
    name: The shop
    description: Everything the shop holds.
    collections:
      - name: customers
        description: One row for each account.
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta:
              primary_key: True
          - name: number
            data_categories: [user.account]
            fides_meta:
              identity: customer_number
              masking_strategy_override:
                strategy: hash
          - name: email
            description: Typed in at the first order.
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string, masking_strategy_override: {strategy: hmac}}
          - name: full_name
            data_categories: [user.name]
            fides_meta:
              masking_strategy_override:
                strategy: string_rewrite
                configuration:
                  rewrite_value: erased
          - name: born
            data_categories: [user.demographic.date_of_birth]
          - name: balance
            data_categories: [user.financial]
          - name: restricted
            data_categories: [system.operations]
          - name: marketing
            data_categories: [system.operations]
          - name: address_id
            data_categories: [system.operations]
            fides_meta:
              references:
                - {dataset: shop, field: addresses.id, direction: to}
      - name: addresses
        fields:
          - name: id
            data_categories: [system.operations]
          - name: street
            data_categories: [user.contact.address.street]
      - name: orders
        fields:
          - name: id
            data_categories: [system.operations]
          - name: customer_id
            data_categories: [user.unique_id]
            fides_meta:
              references:
                - {dataset: shop, field: customers.id, direction: from}
          - name: placed
            data_categories: [system.operations]
          - name: note
            data_categories: [user.content]
      - name: order_lines
        fides_meta:
          masking_strategy_override: {strategy: delete}
        fields:
          - name: order_id
            fides_meta:
              references:
                - {dataset: shop, field: orders.id}
          - name: line
          - name: article
            fides_meta:
              references:
                - {dataset: shop, field: articles.name, direction: to}
          - name: price
      - name: articles
        fields:
          - name: name
            data_categories: [system.operations]
      - name: subscriptions
        fides_meta: {after: [shop.customers]}
        fields:
          - name: id
            data_categories: [system.operations]
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email}
          - name: topic
            data_categories: [system.operations]
      - name: logs
        fides_meta: {skip_processing: true}
        fields:
          - name: line
"""
ADDRESSES = (
    "CREATE TABLE addresses (id INTEGER PRIMARY KEY, street VARCHAR(90))",
    "INSERT INTO addresses VALUES (7, 'High Street'), (8, 'Low Street')",
    "ALTER TABLE customers ADD COLUMN address_id INTEGER REFERENCES addresses (id)",
    "UPDATE customers SET address_id = 7 WHERE id = 1",
    "UPDATE customers SET address_id = 8 WHERE id = 2",
)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yml"
    path.write_text(DATASET, encoding="utf-8")
    return path


def source(url: str, dataset: Path, **more: Any) -> Sql:
    given = {"url": url, "dataset": str(dataset), "page": 4, "mask_key": "secret", **more}
    return Sql(settings_from(Sql, given, at="sources.shop"))


class TestDataset(AdapterContract):
    @pytest.fixture
    def adapter(self, database_url: str, dataset: Path) -> Iterator[Adapter]:
        fill(database_url)
        run(database_url, *ADDRESSES)
        adapter = source(database_url, dataset)
        yield adapter
        adapter.close()

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=WORLD.person,
            keys={**WORLD.keys, "addresses": frozenset({"7"})},
            neighbour=WORLD.neighbour,
            correction=WORLD.correction,
        )

    def test_a_row_the_person_points_to_is_found_and_erased_after_them(
        self, adapter: Adapter, database_url: str
    ) -> None:
        names = [one.name for one in adapter.collections()]
        assert names.index("addresses") < names.index("customers")
        found = [r for page in adapter.find(WORLD.person) for r in page.records]
        [address] = [record for record in found if record.collection == "addresses"]
        assert (address.match, address.subject) == (Match.DERIVED_KEY, "1")

    def test_masks_come_from_the_dataset(self, adapter: Adapter, database_url: str) -> None:
        [receipt] = adapter.erase(Batch("customers", [Item("1")], "k1"))  # type: ignore[attr-defined]
        assert receipt.done is Done.ANONYMISED
        select = "SELECT {} FROM customers WHERE id = 1"
        assert counted(database_url, select.format("full_name")) == "erased"
        assert counted(database_url, select.format("born")) is None
        assert counted(database_url, select.format("address_id")) == 7
        assert len(counted(database_url, select.format("email"))) == 64
        [kept] = adapter.erase(Batch("order_lines", [Item("[100, 1]")], "k1"))  # type: ignore[attr-defined]
        assert kept.done is Done.ERASED


def test_labels_meanings_and_terms_come_from_the_dataset(dataset: Path) -> None:
    customers = read(dataset)["customers"]
    assert customers.meaning == {"en": "One row for each account."}
    email = customers.columns["email"]
    assert (email.label, email.category, email.term) == (
        {"en": "Email"},
        "user.contact.email",
        "email",
    )
    assert customers.columns["full_name"].label == {"en": "Full name"}
    assert customers.columns["full_name"].term == "full_name"


def test_what_is_skipped_or_speaks_of_things_is_not_searched(dataset: Path) -> None:
    assert set(read(dataset)) == {
        "customers",
        "addresses",
        "orders",
        "order_lines",
        "subscriptions",
    }


def test_who_is_referred_to_must_be_one_person_and_a_mention_may_be_many(dataset: Path) -> None:
    tables = read(dataset)
    assert tables["customers"].unique
    assert not tables["subscriptions"].unique
    assert tables["order_lines"].erase is Erase.DELETE
    assert tables["orders"].erase is Erase.MASK


def test_a_table_declared_beside_the_dataset_replaces_its_own(dataset: Path) -> None:
    table = {"identify": {"email": "email"}, "key": "id", "title": "Lists"}
    adapter = source("sqlite://", dataset, tables={"subscriptions": table})
    assert adapter.settings.tables["subscriptions"] == Table(
        key=("id",), identify={"email": ("email",)}, title={"en": "Lists"}
    )
    assert "customers" in adapter.settings.tables
    adapter.close()


def test_a_reference_to_another_dataset_is_an_identifier_that_is_given_on(tmp_path: Path) -> None:
    (tmp_path / "two.yml").write_text(
        textwrap.dedent("""\
        dataset:
          - fides_key: crm
            collections:
              - name: people
                fields:
                  - {name: id, fides_meta: {primary_key: true, identity: email}}
                  - name: account
                    fides_meta: {references: [{dataset: shop, field: users.id, direction: to}]}
          - fides_key: shop
            collections:
              - name: users
                fields:
                  - name: id
                    fides_meta:
                      primary_key: true
                      references: [{dataset: crm, field: people.account, direction: from}]
        """)
    )
    assert read(tmp_path / "two.yml", "crm")["people"].gives == {"crm-people-account": "account"}
    assert read(tmp_path / "two.yml", "shop")["users"].identify == {"crm-people-account": ("id",)}
    with pytest.raises(BadInput, match="Set dataset_key to one of crm, shop"):
        read(tmp_path / "two.yml")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("name: The shop", "nmae: The shop", 3, "nmae is not known here"),
        ("    collections:", "    collection:", 5, "collection is not known here"),
        ("              primary_key: True", "              primary_kee: True", 12, "primary_kee"),
        ("primary_key: True", "primary_key: perhaps", 12, "is neither true nor false"),
        ("strategy: hash", "strategy: random_string_rewrite", 18, "cannot mask by random_string"),
        ("direction: to}", "direction: up}", 42, "has no such direction"),
        ("field: addresses.id", "field: addresses.nr", 42, "refers to addresses.nr, which is not"),
        ("field: addresses.id", "field: adresses.id", 42, "refers to adresses.id, which is not"),
        ("- name: addresses", "- name: customers", 43, "collection customers stands here twice"),
        ("- name: number", "- name: id", 13, "field id stands here twice"),
        ("    description: Everything", "    name: Everything", 4, "name stands here twice"),
        ("data_categories: [user.account]", "data_categories: user.account", 14, "is not a list"),
        ("- fides_key: shop", "- tags: []", 2, "fides_key is missing"),
        ("strategy: delete", "strategy: hash", 64, "hash is for fields"),
        ("dataset:\n  - fides", "dataset:\n - [fides", 0, "is not YAML"),
        ("dataset:", "datasets:", 1, "datasets is not known here"),
    ],
)
def test_a_fault_is_named_by_its_line(
    dataset: Path, old: str, new: str, line: int, problem: str
) -> None:
    assert old in DATASET
    dataset.write_text(DATASET.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read(dataset)
    assert problem in str(refused.value)
    if line:
        assert refused.value.field == f"shop.yml line {line}"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.yml: cannot be read"):
        source("sqlite://", tmp_path / "gone.yml")
    (tmp_path / "empty.yml").write_text("")
    with pytest.raises(BadInput, match=r"empty\.yml: is empty"):
        read(tmp_path / "empty.yml")
    (tmp_path / "latin.yml").write_bytes(b"dataset: \xff")
    with pytest.raises(BadInput, match=r"latin\.yml: cannot be read"):
        read(tmp_path / "latin.yml")


def test_subjects_of_another_source_are_found_by_the_identifier_given_on(
    tmp_path: Path, database_url: str
) -> None:
    run(
        database_url,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, nick VARCHAR(9))",
        "INSERT INTO users VALUES (4, 'ann'), (44, 'bob')",
    )
    (tmp_path / "one.yml").write_text(
        "dataset: [{fides_key: shop, collections: [{name: users, fields: [{name: nick}, {name: id, "
        "fides_meta: {references: [{dataset: crm, field: people.account, direction: from}]}}]}]}]"
    )
    adapter = source(database_url, tmp_path / "one.yml")
    pages = adapter.find(Subject.of([("crm-people-account", "4")]))
    assert [record.data["nick"] for page in pages for record in page.records] == ["ann"]
    adapter.close()
