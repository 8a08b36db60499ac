"""The company every benchmark measures on: one PostgreSQL source with a person who owns N orders.

Three tables (users, addresses, orders) beside 2,000 other people, as in the measurements of other
engines that the targets were taken from.
"""

import json
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from dsar.cli.opened import keep_loaded
from dsar.domain.rights import Right
from dsar.services.desk import identity, intake
from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import Installation, transaction
from dsar.store.migrate import upgrade
from tests.servers import PostgresServer

PERSON = "subject@example.org"

_SCHEMA = """
create table users (id bigint primary key, email text unique, full_name text, phone text);
create table addresses (id bigint primary key, user_id bigint references users, street text,
                        city text);
create table orders (id bigint primary key, user_id bigint references users, ordered_on date,
                     item text, note text, total numeric(10, 2));
insert into users select n, case when n = 1 then 'subject@example.org'
    else 'person' || n || '@example.org' end, 'Person ' || n, '+4930' || n
    from generate_series(1, 2000) n;
insert into addresses select n, n, 'Street ' || n, 'Town' from generate_series(1, 2000) n;
insert into orders select n, n, date '2024-01-01' + (n % 700)::int, 'Item ' || n,
    'Note of ' || n, n % 100 from generate_series(2, 2000) n;
create index on addresses (user_id);
create index on orders (user_id);
"""

_MINE = """
insert into orders select 100000 + n, 1, date '2024-01-01' + (n % 700)::int, 'Item ' || n,
    'Note of order ' || n, n % 100 from generate_series(1, {rows}) n;
"""

_SOURCES = """
[shop]
adapter = "sql"
title = "Shop"
url = "{url}"
[shop.tables.users]
title = "Account"
key = "id"
erase = "mask"
identify = {{ email = "email" }}
[shop.tables.users.columns]
id = {{ label = "Number", mask = "keep" }}
email = "E-mail address"
full_name = "Name"
phone = "Telephone"
[shop.tables.addresses]
title = "Addresses"
key = "id"
erase = "mask"
from = {{ user_id = "users.id" }}
[shop.tables.addresses.columns]
id = {{ label = "Number", mask = "keep" }}
user_id = {{ label = "Account", mask = "keep" }}
street = "Street"
city = "Town"
[shop.tables.orders]
title = "Orders"
key = "id"
erase = "mask"
from = {{ user_id = "users.id" }}
[shop.tables.orders.columns]
id = {{ label = "Number", mask = "keep" }}
user_id = {{ label = "Account", mask = "keep" }}
ordered_on = {{ label = "Ordered on", mask = "keep" }}
item = {{ label = "Item" }}
note = {{ label = "Note" }}
total = {{ label = "Total", mask = "keep" }}
"""

_POLICY = """
[activities.shop]
title = "Shop"
purpose = "To sell."
basis = "contract"
categories = ["Orders"]
data = ["shop.users", "shop.addresses", "shop.orders"]
[activities.shop.retention]
because = "Until the account is closed."
[[activities.shop.recipients]]
name = "A hosting company"
role = "hosting provider"
country = "DE"
"""

_SETTINGS = """
database_url = "{database}"
{redis}
[controller]
name = "A company"
address = "A street 1"
email = "privacy@example.org"
country = "DE"
timezone = "Europe/Berlin"
[controller.authority]
name = "The authority"
"""


@contextmanager
def company(rows: int, *, redis_url: str | None = None) -> Iterator[tuple[Installation, str]]:
    """A house on PostgreSQL whose person owns `rows` orders, and the source's own address."""
    with (
        PostgresServer() as server,
        server.database() as ours,
        server.database() as theirs,
        tempfile.TemporaryDirectory() as place,
    ):
        plain = make_url(theirs).set(drivername="postgresql").render_as_string(hide_password=False)
        fill(plain, rows)
        folder = Path(place)
        redis = f'redis_url = "{redis_url}"' if redis_url else ""
        (folder / "sources.toml").write_text(_SOURCES.format(url=theirs))
        (folder / "policy.toml").write_text(_POLICY)
        (folder / "dsar.toml").write_text(_SETTINGS.format(database=ours, redis=redis))
        installation = open_installation(folder / "dsar.toml")
        upgrade(installation.store)
        keyring.unlock(installation, may_make=True)
        keep_loaded()
        try:
            yield installation, plain
        finally:
            installation.store.close()


def fill(url: str, rows: int) -> None:
    """The three tables, with so many orders of the person."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SCHEMA.encode())
        connection.execute(_MINE.format(rows=rows).encode())
        connection.execute(b"analyze")


def ask(installation: Installation, right: Right, *, who: str = PERSON) -> str:
    """Files and confirms one request; its reference."""
    with transaction(installation) as session:
        application = intake.Application((right,), (("email", who),))
        request = intake.file(session, staff("ana"), application)
        identity.confirm(session, staff("ana"), request, reason="known")
        return request.ref


def cpu(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of this process and of its children, and wall seconds, of one call."""
    before, start = _cpu(), time.perf_counter()
    work()
    return _cpu() - before, time.perf_counter() - start


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """The largest memory this process ever had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def show(name: str, **figures: object) -> None:
    """One line of figures, as JSON."""
    told = {key: round(value, 4) if isinstance(value, float) else value
            for key, value in figures.items()}  # fmt: skip
    sys.stdout.write(json.dumps({"benchmark": name, **told}) + "\n")
    sys.stdout.flush()


def forked(work: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Runs `work` in a fresh process of its own, so that its peak memory is its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    result: dict[str, object] = json.loads(text)
    return result
