"""The demo company is always the same for a day, always current, and its traps are really there."""

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dsar.demo import personas
from dsar.demo.company import Company, build
from dsar.demo.weblogs import IDENTIFIABLE, LINES
from dsar.domain.errors import BadInput
from dsar.domain.identity import normal
from tests.demo.conftest import TODAY


def rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql, values).fetchall()


def subscribers(company: Company) -> list[dict[str, str]]:
    with (company.mailing / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def visits(company: Company) -> list[dict[str, Any]]:
    with (company.weblogs / "visits.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def everything(folder: Path) -> dict[str, str]:
    """Each file's content without the folder's own name; databases as their SQL."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as database:
                found[path.name] = "\n".join(database.iterdump())
        elif path.is_file():
            found[path.name] = path.read_text(encoding="utf-8").replace(folder.as_posix(), "")
    return found


def number_of(company: Company, email: str) -> str:
    [(number,)] = rows(company.shop, "SELECT number FROM customers WHERE email = ?", email)
    return str(number)


def test_the_same_day_and_seed_make_the_same_company(company: Company, tmp_path: Path) -> None:
    again = build(tmp_path, today=TODAY)
    assert everything(again.folder) == everything(company.folder)
    assert len(everything(company.folder)) == 7


def test_another_seed_makes_other_people(company: Company, tmp_path: Path) -> None:
    other = build(tmp_path, today=TODAY, seed=2)
    assert everything(other.folder)["shop.sqlite"] != everything(company.folder)["shop.sqlite"]


def test_a_second_build_replaces_the_first(company: Company, tmp_path: Path) -> None:
    build(tmp_path, today=date(2031, 5, 4))
    again = build(tmp_path, today=TODAY)
    assert everything(again.folder) == everything(company.folder)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2028, 2, 29), date(2031, 12, 31)])
def test_nothing_lies_in_the_future(today: date, tmp_path: Path) -> None:
    built = build(tmp_path, today=today)
    past = today.isoformat()
    for sql in (
        "SELECT max(opened_on) FROM customers",
        "SELECT max(ordered_on) FROM orders",
        "SELECT max(paid_on) FROM payments",
        "SELECT max(decided_on) FROM credit_decisions",
        "SELECT max(given_on) FROM consents",
    ):
        assert rows(built.shop, sql)[0][0] <= past, sql
    assert rows(built.support, "SELECT max(closed_on) FROM tickets")[0][0] <= past
    assert max(row["last_activity_on"] for row in subscribers(built)) <= past
    assert max(line["at"] for line in visits(built))[:10] < past


@pytest.mark.parametrize("sign", ["?", "%", '"', "{", "#"])
def test_a_folder_that_a_database_url_cannot_hold_is_refused(sign: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="folder"):
        build(tmp_path / f"a{sign}b", today=TODAY)
    assert not list(tmp_path.iterdir())


def test_the_shop_has_three_hundred_customers_and_sound_references(company: Company) -> None:
    assert rows(company.shop, "SELECT count(*) FROM customers") == [(300,)]
    assert rows(company.shop, "PRAGMA foreign_key_check") == []
    assert rows(company.support, "PRAGMA foreign_key_check") == []


def test_invoices_add_up(company: Company) -> None:
    for net, vat, gross, lines in rows(
        company.shop,
        "SELECT net, vat, gross, (SELECT sum(amount) FROM invoice_lines l WHERE l.invoice_id = i.id)"
        " FROM invoices i",
    ):
        assert round(float(net) + float(vat), 2) == float(gross)
        assert round(lines, 2) == float(net)


def test_what_a_payment_refers_to_is_kept_as_long_as_the_payment(company: Company) -> None:
    """Order, invoice and payment fall into one calendar year, so that no reference dangles."""
    years = rows(
        company.shop,
        "SELECT count(*) FROM payments p JOIN invoices i ON i.id = p.invoice_id "
        "JOIN orders o ON o.id = i.order_id WHERE substr(p.paid_on, 1, 4) <> substr(i.issued_on, 1, 4)"
        " OR substr(i.issued_on, 1, 4) <> substr(o.ordered_on, 1, 4)",
    )
    assert years == [(0,)]


# --- who asks -------------------------------------------------------------------------------------


def test_every_right_is_asked_for_and_erasure_also_together_with_access() -> None:
    from dsar.domain.rights import Right

    asked = [who.rights for who in personas.PERSONAS]
    assert {right for rights in asked for right in rights} == set(Right)
    assert (Right.ACCESS, Right.ERASURE) in asked


@pytest.mark.parametrize("who", personas.PERSONAS, ids=lambda who: who.name)
def test_everyone_who_asks_has_one_account(who: personas.Persona, company: Company) -> None:
    for kind, value in who.identifiers:
        assert kind == "email"
        found = rows(
            company.shop, "SELECT count(*) FROM customers WHERE email = ?", normal(kind, value)
        )
        assert found == [(1,)]


def test_the_one_who_asks_for_access_is_in_all_four_systems(company: Company) -> None:
    email = personas.ACCESS.email
    number = number_of(company, email)
    assert [row["email"] for row in subscribers(company)].count(email) == 1
    assert rows(company.support, "SELECT count(*) FROM tickets WHERE email = ?", email)[0][0] >= 2
    assert sum(line["customer"] == number for line in visits(company)) >= 3


def test_the_restricted_invoice_is_open(company: Company) -> None:
    found = rows(
        company.shop,
        "SELECT i.status FROM invoices i JOIN orders o ON o.id = i.order_id "
        "JOIN customers c ON c.id = o.customer_id WHERE c.email = ? ORDER BY i.issued_on",
        personas.RESTRICTION.email,
    )
    assert found == [("paid",), ("open",)]


def test_the_contested_decision_was_made_by_the_system_and_has_reasons(company: Company) -> None:
    [(by, outcome, reasons)] = rows(
        company.shop,
        "SELECT decision_by, outcome, reasons FROM credit_decisions d "
        "JOIN customers c ON c.id = d.customer_id WHERE c.email = ?",
        personas.AUTOMATED_DECISION.email,
    )
    assert (by, outcome) == ("system", "declined")
    assert reasons


def test_the_name_to_correct_stands_wrong_in_every_system_that_holds_it(company: Company) -> None:
    who = personas.RECTIFICATION
    assert who.changes["family_name"] != who.family_name
    assert rows(company.shop, "SELECT family_name FROM customers WHERE email = ?", who.email) == [
        (who.family_name,)
    ]
    listed = [row["family_name"] for row in subscribers(company) if row["email"] == who.email]
    assert listed == [who.family_name]
    assert set(rows(company.support, "SELECT name FROM tickets WHERE email = ?", who.email)) == {
        (who.name,)
    }


# --- the traps ------------------------------------------------------------------------------------


def test_two_customers_share_a_name_and_no_address(company: Company) -> None:
    found = rows(
        company.shop,
        "SELECT email FROM customers WHERE given_name = ? AND family_name = ?",
        personas.ACCESS.given_name,
        personas.ACCESS.family_name,
    )
    assert sorted(found) == sorted([(personas.ACCESS.email,), (personas.NAMESAKE.email,)])
    listed = Counter(f"{row['given_name']} {row['family_name']}" for row in subscribers(company))
    assert listed[personas.ACCESS.name] == 2


def test_one_mailbox_belongs_to_two_people(company: Company) -> None:
    email = personas.SHARED_MAILBOX.email
    both = {personas.SHARED_MAILBOX.given_name, personas.MAILBOX_PARTNER.given_name}
    assert {row["given_name"] for row in subscribers(company) if row["email"] == email} == both
    names = rows(company.support, "SELECT DISTINCT name FROM tickets WHERE email = ?", email)
    assert {name.split()[0] for (name,) in names} == both
    assert rows(company.shop, "SELECT count(*) FROM customers WHERE email = ?", email) == [(1,)]


def test_some_invoices_of_the_person_to_erase_must_stay_and_one_need_not(company: Company) -> None:
    found = rows(
        company.shop,
        "SELECT i.issued_on FROM invoices i JOIN orders o ON o.id = i.order_id "
        "JOIN customers c ON c.id = o.customer_id WHERE c.email = ?",
        personas.ACCESS_THEN_ERASURE.email,
    )
    ends = [date(int(issued[:4]) + 7, 12, 31) for (issued,) in found]
    assert sum(end < TODAY for end in ends) == 1
    assert sum(end >= TODAY for end in ends) == 3


def test_the_other_person_to_erase_never_bought_anything(company: Company) -> None:
    found = rows(
        company.shop,
        "SELECT (SELECT count(*) FROM orders WHERE customer_id = c.id),"
        " (SELECT count(*) FROM licences WHERE customer_id = c.id) FROM customers c WHERE email = ?",
        personas.ERASURE.email,
    )
    assert found == [(0, 1)]


def test_a_message_speaks_of_somebody_who_is_no_customer(company: Company) -> None:
    found = rows(
        company.support,
        "SELECT t.email FROM messages m JOIN tickets t ON t.id = m.ticket_id "
        "WHERE m.body LIKE '%rasmus.thorhauge@example.org%'",
    )
    assert found == [(personas.ACCESS.email,)]
    email = "rasmus.thorhauge@example.org"
    assert rows(company.shop, "SELECT 1 FROM customers WHERE email = ?", email) == []


def test_one_address_is_spelled_in_three_ways(company: Company) -> None:
    who = personas.CONSENT_WITHDRAWAL
    listed = [row["email"] for row in subscribers(company) if row["email"].lower() == who.email]
    spellings = {who.email, who.asks_as, *listed}
    assert len(spellings) == 3
    assert {normal("email", one) for one in spellings} == {who.email}


def test_a_customer_has_umlauts(company: Company) -> None:
    email = personas.ACCESS_THEN_ERASURE.email
    [(name,)] = rows(company.shop, "SELECT family_name FROM customers WHERE email = ?", email)
    assert name == "Müßig"


def test_visits_are_anonymous_after_thirteen_months_and_not_before(company: Company) -> None:
    lines = visits(company)
    old = [
        line for line in lines if IDENTIFIABLE.after(date.fromisoformat(line["at"][:10])) < TODAY
    ]
    young = [line for line in lines if line not in old]
    assert len(lines) == LINES
    assert len({line["id"] for line in lines}) == LINES
    assert old
    assert all(line["customer"] is None and line["address"].endswith(".0") for line in old)
    assert sum(line["customer"] is not None for line in young) > 1_000
    assert not any(line["address"].endswith(".0") for line in young)


_RESERVED: dict[str, Callable[[str], bool]] = {
    "email": lambda value: (
        value.rpartition("@")[2] in {"example.com", "example.org", "example.net"}
    ),
    "phone": lambda value: value.startswith(
        ("+49 30 23125 ", "+49 40 66969 ", "+49 69 90009 ", "+49 89 99998 ", "+49 221 4710 ")
    ),
}


@pytest.mark.parametrize("column", _RESERVED)
def test_addresses_and_numbers_can_belong_to_nobody(column: str, company: Company) -> None:
    found = rows(company.shop, f"SELECT {column} FROM customers WHERE {column} IS NOT NULL")
    assert found
    assert all(_RESERVED[column](value) for (value,) in found)
