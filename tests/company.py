"""A small company with a real engine: a shop in a SQL database, a mailing list in a file.

`Company` files requests, confirms people, does the work and acts on tickets through the services,
with a clock the test turns by hand. Further sources are scripted (see `scripted.py`).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.bundles import deliver
from dsar.services.desk import identity, intake, review
from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.actor import Actor, staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.services.ticket.run_task import claim, perform
from dsar.services.views import tickets
from dsar.services.views.json_values import as_json
from dsar.store.tables import Ticket
from dsar.store.tickets import by_ref, of_request, request_by_ref
from tests.scripted import SCRIPTS, Script
from workers.handlers import QUEUES

ANA, BEN = staff("ana"), staff("ben")
EMAIL = "lotta.lindqvist@mail.example"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

#: What identifies Lotta anywhere: a search through everything we keep must not find any of it.
SEEDED = (
    EMAIL, "lotta.lindqvist", "Lotta", "Lindqvist", "+46701740605", "K-4711", "Storgatan 5",
)  # fmt: skip

SETTINGS = """
database_url = "{database}"
[controller]
name = "Small Company AB"
address = "Torget 1, Uppsala"
email = "privacy@small.example"
country = "SE"
timezone = "Europe/Stockholm"
[controller.authority]
name = "The authority"
[review]
{review}
"""

SHOP = """
[shop]
adapter = "sql"
title = "Web shop"
url = "{url}"
[shop.tables.customers]
key = "id"
title = "Customer account"
identify = {{ email = "email", customer_number = "number" }}
gives = {{ customer_number = "number" }}
erase = "mask"
restrict = {{ column = "restricted", value = 1, lifted = 0 }}
object_to = {{ column = "marketing", value = 0, purposes = ["newsletter", "scoring"] }}
[shop.tables.customers.columns]
id = {{ label = "Internal number", mask = "keep" }}
number = {{ label = "Customer number", mask = "erased-{{key}}" }}
email = {{ label = "E-mail address", term = "email", mask = "erased-{{key}}@invalid" }}
given_name = {{ label = "Given name", term = "given_name", mask = "erased" }}
family_name = {{ label = "Family name", term = "family_name", mask = "erased" }}
phone = {{ label = "Telephone", term = "phone" }}
street = {{ label = "Street", term = "street" }}
score = {{ label = "Credit score" }}
restricted = {{ label = "Restricted", mask = "keep" }}
marketing = {{ label = "May be sent offers", mask = "keep" }}
[shop.tables.invoices]
key = "id"
title = "Invoices"
from = {{ customer_id = "customers.id" }}
restrict = {{ column = "restricted", value = 1, lifted = 0 }}
[shop.tables.invoices.columns]
id = "Invoice number"
customer_id = "Account"
issued_on = "Issued on"
total = "Amount"
restricted = "Restricted"
"""

MAILING = """
[mailing]
adapter = "files"
title = "Mailing list"
path = "mailing"
[mailing.collections.subscribers]
file = "subscribers.csv"
key = "email"
title = "Subscription"
identify = {{ email = "email" }}
restrict = {{ column = "restricted", value = "yes", lifted = "no" }}
object_to = {{ column = "active", value = "no", purposes = ["newsletter"] }}
[mailing.collections.subscribers.columns]
email = {{ label = "E-mail address", term = "email" }}
name = {{ label = "Name" }}
since = {{ label = "Subscribed on" }}
active = {{ label = "Gets the newsletter" }}
restricted = {{ label = "Restricted" }}
"""

POLICY = """
[activities.account]
title = "Customer account"
purpose = "To run the account."
basis = "contract"
data = ["shop.customers"]
retention = {{ because = "As long as there is an account." }}
[activities.invoicing]
title = "Invoices"
purpose = "To bill."
basis = "legal_obligation"
data = ["shop.invoices"]
retention = {{ because = "Tax law.", period = "10 years", since = "issued_on", law = "tax law" }}
[activities.scoring]
title = "Credit score"
purpose = "To decide about payment by invoice."
basis = "legitimate_interests"
origin = "derived"
automated = "A score from past payments; a low one means payment in advance."
data = ["shop.customers.score"]
retention = {{ because = "Until it is computed anew." }}
[activities.newsletter]
title = "Newsletter"
purpose = "To tell about offers."
basis = "consent"
marketing = true
data = ["mailing.subscribers"]
retention = {{ because = "Until consent is withdrawn." }}
"""

_MORE = """
[activities.helpdesk]
title = "Helpdesk"
purpose = "To answer questions."
basis = "contract"
data = [{places}]
retention = {{ because = "As long as it is useful." }}
"""

TABLES = (
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(40), email VARCHAR(200),
    given_name VARCHAR(80), family_name VARCHAR(80), phone VARCHAR(40), street VARCHAR(200),
    score INTEGER, restricted INTEGER DEFAULT 0, marketing INTEGER DEFAULT 1)""",
    """CREATE TABLE invoices (id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id), issued_on DATE,
    total NUMERIC(10, 2), restricted INTEGER DEFAULT 0)""",
    f"""INSERT INTO customers (id, number, email, given_name, family_name, phone, street, score)
    VALUES (1, 'K-4711', '{EMAIL}', 'Lotta', 'Lindqvist', '+46701740605', 'Storgatan 5', 7),
    (2, 'K-4712', 'bo.berg@mail.example', 'Bo', 'Berg', '+46701740606', 'Torget 2', 4)""",
    """INSERT INTO invoices (id, customer_id, issued_on, total) VALUES
    (100, 1, '2010-01-05', 19.90), (101, 1, '2024-06-01', 49.50), (102, 2, '2025-01-01', 5.00)""",
)

SUBSCRIBERS = f"""email,name,since,active,restricted
{EMAIL},Lotta Lindqvist,2024-01-05,yes,no
bo.berg@mail.example,Bo Berg,2025-01-05,yes,no
"""

#: What the two members of staff may leave to the engine in most tests: nothing that needs a look.
BY_HAND = 'access = "staff"\nportability = "staff"\nrelease = "staff"'


class Hands:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


class Company:
    """One running engine and what surrounds it."""

    def __init__(self, folder: Path, shop_url: str) -> None:
        self.folder, self.shop_url = folder, shop_url
        self.clock = Hands()
        self.installation = self.open()

    def open(self) -> Installation:
        """The engine, with its configuration read afresh."""
        installation = open_installation(self.folder / "dsar.toml", clock=self.clock)
        keyring.unlock(installation, may_make=True)
        return installation

    def reopen(self) -> None:
        """The engine after a restart."""
        self.installation.store.close()
        self.installation = self.open()

    def file(self, *rights: Right, by: Actor = ANA, **more: Any) -> str:
        """A request of Lotta's; its reference."""
        given: dict[str, Any] = {"identifiers": (("email", EMAIL),)} | more
        with transaction(self.installation) as session:
            return intake.file(session, by, intake.Application(rights, **given)).ref

    def confirm(self, ref: str) -> None:
        """Somebody called her back."""
        with transaction(self.installation) as session:
            request = request_by_ref(session, ref)
            identity.confirm(session, ANA, request, reason="called back")

    def ask(self, *rights: Right, **more: Any) -> str:
        """A confirmed request; the reference of its first ticket."""
        ref = self.file(*rights, **more)
        self.confirm(ref)
        return f"{ref}-1"

    def work(self, *, render: bool = False, rounds: int = 200) -> int:
        """Does what is ready; with `render` bundles too. Returns how many tasks were done."""
        done = 0
        for queue, handlers in QUEUES.items():
            if queue == "render" and not render:
                continue
            for _ in range(rounds):
                lease = claim(self.installation, queue=queue, kinds=tuple(handlers), owner="here")
                if lease is None:
                    break
                while lease is not None:
                    done += 1
                    lease = perform(
                        self.installation, lease, stopping=threading.Event(), handlers=handlers
                    )
        return done

    def work_through(self, *, render: bool = False, hours: float = 2) -> None:
        """Does what is ready and what becomes ready within the next hours."""
        until = self.clock.now + timedelta(hours=hours)
        while self.clock.now < until:
            self.work(render=render)
            self.clock.turn(minutes=5)

    def act(self, ref: str, event: Event, *, by: Actor = BEN, **because: Any) -> Ticket:
        """Lets an event happen by a member of staff."""
        with transaction(self.installation) as session:
            ticket = by_ref(session, ref)
            why = Because(**{"reason": "looked at", "decided_by": by.name, **because})
            return advance(session, by, ticket.id, event, because=why)

    def rule(self, ref: str, *texts: str) -> None:
        """Rulings as staff writes them."""
        with transaction(self.installation) as session:
            spoken = tuple(review.parse(text) for text in texts)
            review.rule(session, BEN, by_ref(session, ref), spoken, reason="looked at")

    def decide(self, ref: str, decision: str = "Payment by invoice is granted.") -> None:
        """A decision by a person in place of a machine's."""
        with transaction(self.installation) as session:
            ticket = by_ref(session, ref)
            review.decide_anew(session, BEN, ticket, decision=decision, reason="Paid in time.")

    def view(self, ref: str) -> dict[str, Any]:
        """What staff sees of a ticket, as a command prints it."""
        with reading(self.installation) as session:
            view: dict[str, Any] = as_json(tickets.ticket_view(session, BEN, by_ref(session, ref)))
            return view

    def state(self, ref: str) -> str:
        return str(self.view(ref)["state"])

    def line(self, ref: str, source: str) -> dict[str, Any]:
        """What came of one source."""
        lines = {row["source"]: row for row in self.view(ref)["coverage"]}
        found: dict[str, Any] = lines[source]
        return found

    def events(self, ref: str) -> list[str]:
        return [entry["event"] for entry in self.view(ref)["journal"]]

    def letters(self, ref: str) -> dict[str, str]:
        """The text of each kind of letter a ticket owed, the last one of a kind."""
        with reading(self.installation) as session:
            told = tickets.letters_view(session, BEN, by_ref(session, ref))
        return {one.kind: one.text for one in told}

    def tickets(self, ref: str) -> list[Ticket]:
        with reading(self.installation) as session:
            return list(of_request(session, request_by_ref(session, ref)))

    def bundle(self, ref: str) -> Path:
        """The last bundle of a ticket, as the person receives it."""
        stored_bundle = deliver.stored_bundle(self.installation, BEN, ref)
        target = self.folder / "handed out" / stored_bundle.file
        target.parent.mkdir(exist_ok=True)
        deliver.copy_out(stored_bundle, target)
        return target

    def rows(self, table: Any) -> Sequence[Any]:
        """Every row of one of the engine's tables."""
        with reading(self.installation) as session:
            return session.exec(select(table)).all()

    def shop(self, statement: str) -> Any:
        """The first value a statement on the shop's database gives."""
        with shop(self.shop_url) as connection:
            found = connection.exec_driver_sql(statement)
            return found.scalar() if found.returns_rows else None

    def subscribers(self) -> str:
        return (self.folder / "mailing" / "subscribers.csv").read_text()


@contextmanager
def shop(url: str) -> Iterator[sa.Connection]:
    """The shop's own connection."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def company(
    folder: Path,
    database: str,
    *,
    shop_url: str = "",
    review: str = BY_HAND,
    scripts: Mapping[str, Script] | None = None,
    adapters: Mapping[str, str] | None = None,
) -> Iterator[Company]:
    """A company in an empty folder, on a migrated database; `scripts` are its further sources."""
    url = shop_url or f"sqlite:///{folder / 'shop.sqlite'}"
    if shop_url:
        fill(shop_url)
    else:
        (folder / "shop.sqlite").write_bytes(filled())
    (folder / "mailing").mkdir()
    (folder / "mailing" / "subscribers.csv").write_text(SUBSCRIBERS)
    (folder / "dsar.toml").write_text(SETTINGS.format(database=database, review=review))
    kinds = {name: (adapters or {}).get(name, "Scripted") for name in scripts or {}}
    sources(folder, url, kinds)
    SCRIPTS.update(scripts or {})
    made = Company(folder, url)
    with closing(made.installation.store):
        yield made
    made.installation.store.close()
    for name in scripts or {}:
        del SCRIPTS[name]


def fill(url: str) -> None:
    """The shop's tables and rows in an empty database."""
    with shop(url) as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)


@cache
def filled() -> bytes:
    """The shop as a SQLite file: made once, copied for each test."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "shop.sqlite"
        fill(f"sqlite:///{file}")
        return file.read_bytes()


def sources(folder: Path, url: str, kinds: Mapping[str, str], *, without: str = "") -> None:
    """Writes the configuration of sources and policy; `kinds` are scripted sources by name."""
    own = {"shop": SHOP, "mailing": MAILING}
    text = "".join(part for name, part in own.items() if name != without).format(url=url)
    for name, kind in kinds.items():
        if name != without:
            # A script lives in this process, so its adapter must.
            text += f'[{name}]\nadapter = "tests.scripted:{kind}"\nisolated = false\n'
            text += f'script = "{name}"\n'
    (folder / "sources.toml").write_text(text)
    policy = POLICY.format()
    if kinds.keys() - {without}:
        places = ", ".join(f'"{name}.cases"' for name in kinds if name != without)
        policy += _MORE.format(places=places)
    blocks = policy.split("\n[")
    policy = "\n[".join(block for block in blocks if f'"{without}.' not in block or not without)
    (folder / "policy.toml").write_text(policy)
