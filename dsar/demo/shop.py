"""The web shop and CRM of the demo: `shop.sqlite`, nine tables around the customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from dsar.demo.people import Customer
from dsar.demo.personas import AUTOMATED_DECISION, RESTRICTION
from dsar.demo.tables import Row, write

_SCHEMA = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    given_name TEXT NOT NULL, family_name TEXT NOT NULL, phone TEXT,
    street TEXT, postcode TEXT, city TEXT, country TEXT,
    opened_on DATE, marketing BOOLEAN, restricted BOOLEAN DEFAULT 0);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
    number TEXT NOT NULL, ordered_on DATE NOT NULL, product TEXT NOT NULL, seats INTEGER NOT NULL,
    status TEXT NOT NULL, note TEXT, restricted BOOLEAN DEFAULT 0);
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id),
    number TEXT NOT NULL, issued_on DATE NOT NULL, billed_to TEXT NOT NULL,
    billed_address TEXT NOT NULL, net TEXT NOT NULL, vat TEXT NOT NULL, gross TEXT NOT NULL,
    currency TEXT NOT NULL, status TEXT NOT NULL, restricted BOOLEAN DEFAULT 0);
CREATE TABLE invoice_lines (
    id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL REFERENCES invoices(id),
    issued_on DATE NOT NULL, description TEXT NOT NULL, quantity INTEGER NOT NULL,
    unit_price TEXT NOT NULL, amount TEXT NOT NULL, restricted BOOLEAN DEFAULT 0);
CREATE TABLE payments (
    id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL REFERENCES invoices(id),
    paid_on DATE NOT NULL, method TEXT NOT NULL, amount TEXT NOT NULL,
    provider_reference TEXT NOT NULL, account_ending TEXT, restricted BOOLEAN DEFAULT 0);
CREATE TABLE licences (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
    order_id INTEGER REFERENCES orders(id), product TEXT NOT NULL, licence_key TEXT NOT NULL,
    seats INTEGER NOT NULL, valid_from DATE NOT NULL, valid_until DATE NOT NULL,
    restricted BOOLEAN DEFAULT 0);
CREATE TABLE consents (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
    purpose TEXT NOT NULL, given_on DATE NOT NULL, given_how TEXT NOT NULL,
    active BOOLEAN NOT NULL, restricted BOOLEAN DEFAULT 0);
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
    segment TEXT NOT NULL, interest_score INTEGER NOT NULL, next_offer TEXT NOT NULL,
    computed_on DATE NOT NULL, allowed BOOLEAN NOT NULL, restricted BOOLEAN DEFAULT 0);
CREATE TABLE credit_decisions (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
    decided_on DATE NOT NULL, question TEXT NOT NULL, score INTEGER NOT NULL,
    outcome TEXT NOT NULL, decision_by TEXT NOT NULL, reasons TEXT NOT NULL,
    restricted BOOLEAN DEFAULT 0);
"""


@dataclass(frozen=True, slots=True)
class Product:
    """Something the company sells, with its net price per seat in cents."""

    name: str
    cents: int


_PRODUCTS = (Product("Lindwurm Notes", 4_900), Product("Fenline Board", 11_900))
_TRIAL = "Lindwurm Notes (trial)"
_VAT = 19
_YES = 1
_PASS_MARK = 60
_METHODS = ("card", "direct debit", "bank transfer")
_NOTES = ("", "", "", "Please put our cost centre on the invoice.", "Call before you renew.")
_SEGMENTS = ("small office", "freelancer", "team lead", "occasional user")


def build(path: Path, people: tuple[Customer, ...], random: Random, *, today: date) -> None:
    """Writes the database with everything the customers of the shop left behind."""
    shop = _Shop(random, today)
    for who in people:
        shop.add(who)
    write(path, _SCHEMA, shop.rows)


class _Shop:
    """The rows of the shop, table by table, while they are being invented."""

    def __init__(self, random: Random, today: date) -> None:
        self.random = random
        self.today = today
        self.rows: dict[str, list[Row]] = {
            "customers": [],
            "orders": [],
            "invoices": [],
            "invoice_lines": [],
            "payments": [],
            "licences": [],
            "consents": [],
            "profiles": [],
            "credit_decisions": [],
        }

    def _add(self, table: str, *values: object) -> int:
        """Adds a row that nobody restricted yet, under the next id, which it returns."""
        key = len(self.rows[table]) + 1
        self.rows[table].append((key, *values, False))
        return key

    def add(self, who: Customer) -> None:
        home = who.home
        self._add(
            "customers", who.number, who.email, who.given_name, who.family_name, who.phone or None,
            home.street, home.postcode, home.city, home.country, who.opened_on.isoformat(),
            who.newsletter or self.random.random() < 0.5,
        )  # fmt: skip
        for day in who.orders:
            self._buys(who, day)
        if not who.orders:
            self._licence(who, None, _TRIAL, 1, who.opened_on, days=30)
        if who.newsletter:
            given_on = who.opened_on + timedelta(days=3)
            self._add("consents", who.id, "newsletter", given_on.isoformat(), "double opt-in", _YES)
        if who.orders:
            self._profile(who)
            self._credit_decision(who)

    def _buys(self, who: Customer, day: date) -> None:
        product, seats = self.random.choice(_PRODUCTS), self.random.randint(1, 5)
        order = self._add(
            "orders", who.id, f"O-{day.year}-{who.id:04}-{day.timetuple().tm_yday:03}",
            day.isoformat(), product.name, seats, "delivered",
            self.random.choice(_NOTES) or None,
        )  # fmt: skip
        self._licence(who, order, product.name, seats, day, days=365)
        self._bill(who, order, day, product, seats)

    def _licence(
        self, who: Customer, order: int | None, product: str, seats: int, day: date, *, days: int
    ) -> None:
        key = "-".join(f"{self.random.getrandbits(20):05X}" for _ in range(4))
        until = day + timedelta(days=days)
        self._add(
            "licences", who.id, order, product, key, seats, day.isoformat(), until.isoformat()
        )

    def _bill(self, who: Customer, order: int, day: date, product: Product, seats: int) -> None:
        """An invoice on the day of the order, its line, and its payment unless one is open."""
        net = product.cents * seats
        vat = (net * _VAT + 50) // 100
        paid_on = self._paid_on(who, day)
        place = f"{who.home.street}, {who.home.postcode} {who.home.city}, {who.home.country}"
        invoice = self._add(
            "invoices", order, f"R-{day.year}-{order:05}", day.isoformat(), who.name, place,
            _money(net), _money(vat), _money(net + vat), "EUR",
            "paid" if paid_on else "open",
        )  # fmt: skip
        self._add(
            "invoice_lines", invoice, day.isoformat(), f"{product.name}, one year, per seat",
            seats, _money(product.cents), _money(net),
        )  # fmt: skip
        if paid_on:
            self._add(
                "payments", invoice, paid_on.isoformat(), self.random.choice(_METHODS),
                _money(net + vat), f"PAY-{self.random.getrandbits(40):010X}",
                f"{self.random.randint(0, 9999):04}",
            )  # fmt: skip

    def _paid_on(self, who: Customer, day: date) -> date | None:
        """Within the year of the invoice, so that both leave together; None while it is open."""
        if who.email == RESTRICTION.email and day == max(who.orders):
            return None
        paid_on = day + timedelta(days=self.random.randint(0, 21))
        if paid_on > self.today:
            return None
        return min(paid_on, date(day.year, 12, 31))

    def _profile(self, who: Customer) -> None:
        computed_on = self.today - timedelta(days=self.random.randint(1, 30))
        self._add(
            "profiles", who.id, self.random.choice(_SEGMENTS), self.random.randint(5, 98),
            self.random.choice(_PRODUCTS).name, computed_on.isoformat(), _YES,
        )  # fmt: skip

    def _credit_decision(self, who: Customer) -> None:
        declined = who.email == AUTOMATED_DECISION.email
        score = 41 if declined else self.random.randint(35, 95)
        passed = score >= _PASS_MARK
        decided_on = max(who.orders) - timedelta(days=1)
        self._add(
            "credit_decisions", who.id, decided_on.isoformat(), "Payment by invoice", score,
            "granted" if passed else "declined", "system", "; ".join(_reasons(passed=passed)),
        )  # fmt: skip


def _reasons(*, passed: bool) -> Iterator[str]:
    yield f"score {'reaches' if passed else 'is below'} the pass mark of {_PASS_MARK}"
    yield "payment history is long enough" if passed else "fewer than three paid invoices"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
