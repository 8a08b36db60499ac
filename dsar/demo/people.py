"""The customers of the demo shop: the named ones first, then invented ones up to the wanted count."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from dsar.demo.personas import BYSTANDERS, MAILBOX_PARTNER, PERSONAS, Home, Persona

CUSTOMERS = 300
_FIRST_NUMBER = 10_001

_GIVEN = (
    "Ada", "Anton", "Beate", "Bruno", "Clara", "Dario", "Elif", "Emil", "Frieda", "Georg",
    "Hanna", "Ivo", "Jana", "Karim", "Lena", "Matteo", "Noor", "Olga", "Paul", "Ronja",
    "Selma", "Theo", "Uta", "Viktor", "Wanda", "Yusuf", "Zoë", "Åsa",
)  # fmt: skip
_FAMILY = (
    "Adler", "Bachmann", "Castell", "Dornbusch", "Engelin", "Färber", "Grootveld", "Hagelstein",
    "Immerath", "Jansky", "Kowalke", "Lindqvist", "Marquard", "Neuhold", "Oswin", "Pellworm",
    "Quandel", "Rosskamp", "Silberbach", "Tannhoff", "Uhlmann", "Vossberg", "Weidlich", "Zander",
)  # fmt: skip
_STREETS = ("Ahornweg", "Bachstieg", "Eschenring", "Kranichdamm", "Lerchenpfad", "Mühlhof")
_CITIES = (
    ("10999", "Berlin"), ("20357", "Hamburg"), ("50674", "Köln"), ("70173", "Stuttgart"),
    ("99084", "Erfurt"), ("18055", "Rostock"),
)  # fmt: skip
_HOSTS = ("example.com", "example.org", "example.net")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ë": "e", "å": "a", " ": "."})


@dataclass(frozen=True, slots=True)
class Customer:
    """One account of the shop; `orders` are the days on which something was bought."""

    id: int
    given_name: str
    family_name: str
    email: str
    phone: str
    home: Home
    opened_on: date
    orders: tuple[date, ...]
    newsletter: bool

    @property
    def number(self) -> str:
        return f"FL-{_FIRST_NUMBER + self.id - 1}"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


#: The named people who have an account.
HOLDERS: tuple[Persona, ...] = tuple(
    p for p in (*PERSONAS, *BYSTANDERS) if p is not MAILBOX_PARTNER
)


def customers(random: Random, *, today: date) -> tuple[Customer, ...]:
    """Every account, the named people first; the same for the same `random` and `today`."""
    named = [_named(number, who, today) for number, who in enumerate(HOLDERS, 1)]
    others = [_invented(number, random, today) for number in range(len(named) + 1, CUSTOMERS + 1)]
    return (*named, *others)


def _named(number: int, who: Persona, today: date) -> Customer:
    bought = tuple(_years_ago(years, number, today) for years in who.orders)
    return Customer(
        id=number,
        given_name=who.given_name,
        family_name=who.family_name,
        email=who.email,
        phone=who.phone,
        home=who.home,
        opened_on=min((*bought, today - timedelta(days=90))) - timedelta(days=number),
        orders=bought,
        newsletter=who.newsletter,
    )


def _years_ago(years: int, number: int, today: date) -> date:
    """A day of that calendar year; "this year" is some weeks ago, so that it lies in the past."""
    if years == 0:
        return today - timedelta(days=20 + number)
    return date(today.year - years, 3, 1) + timedelta(days=7 * number)


def _invented(number: int, random: Random, today: date) -> Customer:
    given, family = random.choice(_GIVEN), random.choice(_FAMILY)
    opened_on = today - timedelta(days=random.randint(40, 2_500))
    days = (today - opened_on).days
    bought = sorted(random.randint(0, days - 8) for _ in range(random.choice((0, 1, 1, 2, 3, 4))))
    mailbox = f"{given}.{family}".lower().translate(_LETTERS)
    return Customer(
        id=number,
        given_name=given,
        family_name=family,
        email=f"{mailbox}.{number}@{random.choice(_HOSTS)}",
        phone=f"+49 30 23125 {random.randint(0, 999):03}" if random.random() < 0.6 else "",
        home=Home(f"{random.choice(_STREETS)} {random.randint(1, 99)}", *random.choice(_CITIES)),
        opened_on=opened_on,
        orders=tuple(opened_on + timedelta(days=day) for day in bought),
        newsletter=random.random() < 0.45,
    )
