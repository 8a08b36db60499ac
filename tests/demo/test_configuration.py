"""The demo's configuration explains every column and names an activity for each."""

import csv
import json
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from dsar.config import policy_file, settings, sources
from dsar.demo import personas
from dsar.demo.company import Company
from dsar.domain.policy import (
    Policy,
    Verdict,
    decide_erasure,
    portable,
    stopped_by_objection,
    stopped_by_withdrawal,
)
from dsar.domain.records import Record
from dsar.domain.rights import Right
from tests.demo.conftest import TODAY


@pytest.fixture(scope="module")
def declared(company: Company) -> dict[str, Any]:
    return tomllib.loads(company.sources.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def policy(company: Company, declared: dict[str, Any]) -> Policy:
    return policy_file.load(company.policy, known=declared)


def collections(declared: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for source, table in declared.items():
        for name, collection in {**table.get("tables", {}), **table.get("collections", {})}.items():
            yield source, name, collection


def real_columns(company: Company) -> dict[str, list[str]]:
    """The columns that are really there, by "source.collection"."""
    found = {}
    for source, path in (("shop", company.shop), ("support", company.support)):
        with closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                info = database.execute(f"PRAGMA table_info({table})")
                found[f"{source}.{table}"] = [row[1] for row in info]
    with (company.mailing / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        found["mailing.subscribers"] = next(csv.reader(file))
    with (company.weblogs / "visits.jsonl").open(encoding="utf-8") as file:
        found["weblogs.visits"] = list(json.loads(next(file)))
    return found


def test_every_column_of_every_collection_is_explained_and_no_other(
    company: Company, declared: dict[str, Any]
) -> None:
    explained = {f"{s}.{name}": list(c["columns"]) for s, name, c in collections(declared)}
    assert explained == real_columns(company)


def test_every_column_has_a_label_a_meaning_and_a_category(declared: dict[str, Any]) -> None:
    for source, name, collection in collections(declared):
        for column, entry in collection["columns"].items():
            label = entry["label"] if isinstance(entry["label"], str) else entry["label"]["en"]
            assert label, (source, name, column)
            assert entry["meaning"], (source, name, column)
            assert entry["category"], (source, name, column)


def test_every_column_is_used_by_an_activity(company: Company, policy: Policy) -> None:
    for place, columns in real_columns(company).items():
        source, collection = place.split(".")
        for column in columns:
            assert policy.of_field(source, collection, column), (place, column)


def test_the_policy_names_only_what_is_there(company: Company, policy: Policy) -> None:
    real = real_columns(company)
    there = set(real) | {
        f"{place}.{column}" for place, columns in real.items() for column in columns
    }
    assert {place for places in policy.data.values() for place in places} <= there


def test_a_period_that_a_law_orders_starts_at_a_field_of_the_record(
    company: Company, policy: Policy
) -> None:
    real = real_columns(company)
    for name, activity in policy.activities.items():
        if activity.retention.law is None:
            continue
        for place in policy.data[name]:
            assert activity.retention.since in real[".".join(place.split(".")[:2])], (name, place)


def test_the_settings_name_the_controller_and_its_authority(company: Company) -> None:
    loaded = settings.load(company.settings)
    assert loaded.controller.country == "DE"
    assert "BlnBDI" in loaded.controller.authority.name
    assert loaded.at(loaded.sources) == company.sources
    assert loaded.at(loaded.policy) == company.policy


def test_every_source_opens_without_a_problem(company: Company) -> None:
    for source in sources.load(company.sources):
        with source.open() as adapter:
            assert list(adapter.check()) == [], source.name


def test_erasing_an_account_leaves_nothing_of_the_person_in_it(declared: dict[str, Any]) -> None:
    """Only the key and the restriction survive the mask, and neither says who it was."""
    columns = declared["shop"]["tables"]["customers"]["columns"]
    assert {name for name, entry in columns.items() if entry.get("mask") == "keep"} == {
        "id",
        "restricted",
    }


# --- what the policy decides ----------------------------------------------------------------------


def shop_records(company: Company, table: str, join: str, email: str) -> list[Record]:
    with closing(sqlite3.connect(company.shop)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(
            f"SELECT {table}.* FROM {table} {join} WHERE customers.email = ?", (email,)
        )
        return [Record(table, str(row["id"]), dict(row)) for row in found]


_ORDERS = "JOIN customers ON customers.id = orders.customer_id"
_INVOICES = f"JOIN orders ON orders.id = invoices.order_id {_ORDERS}"
_PAYMENTS = f"JOIN invoices ON invoices.id = payments.invoice_id {_INVOICES}"


def test_invoices_in_their_retention_period_are_kept_and_the_older_one_is_erased(
    company: Company, policy: Policy
) -> None:
    email = personas.ACCESS_THEN_ERASURE.email
    records = shop_records(company, "invoices", _INVOICES, email)
    decided = {
        record.data["issued_on"][:4]: decide_erasure(policy, "shop", record, today=TODAY)
        for record in records
    }
    assert [decided[year].verdict for year in sorted(decided)] == [
        Verdict.ERASE,
        Verdict.KEEP,
        Verdict.KEEP,
        Verdict.KEEP,
    ]
    latest = decided[max(decided)]
    assert latest.until == date(int(max(decided)) + 7, 12, 31)
    assert latest.because is not None
    assert latest.because.code == "retention"
    assert latest.because.params["words"]["en"]  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("table", "join", "freed"),
    [("orders", _ORDERS, ("note",)), ("payments", _PAYMENTS, ("account_ending",))],
)
def test_of_a_record_that_must_stay_what_no_law_covers_is_erased(
    table: str, join: str, freed: tuple[str, ...], company: Company, policy: Policy
) -> None:
    records = shop_records(company, table, join, personas.ACCESS_THEN_ERASURE.email)
    decided = [decide_erasure(policy, "shop", record, today=TODAY) for record in records]
    assert {d.fields for d in decided if d.verdict is Verdict.ERASE_FIELDS} == {freed}
    assert sum(d.verdict is Verdict.ERASE for d in decided) == 1


def test_the_account_itself_is_erased(company: Company, policy: Policy) -> None:
    for who in (personas.ACCESS_THEN_ERASURE, personas.ERASURE):
        [record] = shop_records(company, "customers", "", who.email)
        assert decide_erasure(policy, "shop", record, today=TODAY).verdict is Verdict.ERASE


@pytest.mark.parametrize(
    ("place", "goes"),
    [
        ("shop.customers.family_name", True),
        ("shop.orders.product", True),
        ("mailing.subscribers.topics", True),
        ("shop.invoices.gross", False),
        ("shop.profiles.interest_score", False),
        ("shop.credit_decisions.score", False),
        ("weblogs.visits.page", False),
    ],
)
def test_only_what_was_given_under_contract_or_consent_is_portable(
    place: str, goes: bool, policy: Policy
) -> None:
    assert portable(policy, *place.split(".")) is goes


def test_what_people_want_stopped_can_be_stopped(policy: Policy, declared: dict[str, Any]) -> None:
    markings = [c["object_to"] for _, _, c in collections(declared) if "object_to" in c]
    stoppable = {purpose for marking in markings for purpose in marking["purposes"]}
    assert stoppable <= set(policy.activities)
    for who in personas.PERSONAS:
        assert set(who.purposes) <= stoppable, who.name
        asked = [policy.activities[purpose] for purpose in who.purposes]
        if Right.OBJECTION in who.rights:
            assert asked
            assert all(stopped_by_objection(activity) for activity in asked)
        if Right.CONSENT_WITHDRAWAL in who.rights:
            assert asked
            assert all(stopped_by_withdrawal(activity) for activity in asked)


def test_corrections_reach_columns_by_their_term(declared: dict[str, Any]) -> None:
    terms = {
        entry.get("term") for _, _, c in collections(declared) for entry in c["columns"].values()
    }
    assert set(personas.RECTIFICATION.changes) <= terms


def test_the_automated_decision_is_explained(policy: Policy) -> None:
    assert policy.activities["credit_check"].automated["en"]


def test_whoever_receives_data_is_named_with_role_and_country(policy: Policy) -> None:
    recipients = [r for activity in policy.activities.values() for r in activity.recipients]
    assert len({r.name for r in recipients}) >= 6
    assert all(r.name and r.role["en"] and r.country for r in recipients)
