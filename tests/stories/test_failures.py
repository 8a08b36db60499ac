"""What goes wrong in a source is said by name, keeps the request, and is never called fulfilled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import EMAIL, Company, company
from tests.servers import PostgresServer
from tests.stories.bundles import checked, report
from workers.run_here import run_until_idle


@contextmanager
def fresh(folder: Path, tables: Path, **more: Any) -> Iterator[Company]:
    (folder / "dsar.sqlite").write_bytes(tables.read_bytes())
    with company(folder, f"sqlite:///{folder / 'dsar.sqlite'}", review="", **more) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    """The company with the settings as they come."""
    with fresh(tmp_path, sqlite_tables) as made:
        yield made


def told(one: Company, ref: str) -> str:
    return str(one.view(ref)["next"])


BREAK: dict[str, tuple[Callable[[Company], Any], str]] = {
    "a table that has vanished": (lambda c: c.shop("DROP TABLE invoices"), "invoices"),
    "a column that is missing": (
        lambda c: c.shop("ALTER TABLE customers DROP COLUMN email"), "email",
    ),
    "a database that is gone": (lambda c: (c.folder / "shop.sqlite").unlink(), "shop"),
    "a file that is no database": (
        lambda c: (c.folder / "shop.sqlite").write_text("no database" * 100), "shop",
    ),
    "a file that has vanished": (
        lambda c: (c.folder / "mailing" / "subscribers.csv").unlink(), "subscribers",
    ),
    "a column missing in a file": (
        lambda c: (c.folder / "mailing" / "subscribers.csv").write_text("name\nLotta\n"), "email",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BREAK)
@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_a_source_that_broke_is_named_and_the_ticket_waits_for_staff(
    one: Company, kind: str, right: Right
) -> None:
    breaks, word = BREAK[kind]
    breaks(one)
    ref = one.ask(right)
    run_until_idle(one.installation)
    assert one.state(ref) == "source_failed"
    assert one.view(ref)["owner"] == "staff"
    assert word in told(one, ref)
    assert EMAIL not in told(one, ref)
    broken = "mailing" if "file" in kind and "database" not in kind else "shop"
    whole = {"shop", "mailing"} - {broken}
    assert one.line(ref, broken)["outcome"] == "open"
    assert one.line(ref, whole.pop())["found"] > 0


def test_a_gap_that_was_accepted_is_named_to_the_person_and_never_fulfilled(one: Company) -> None:
    one.shop("DROP TABLE invoices")
    ref = one.ask(Right.ERASURE)
    run_until_idle(one.installation)
    one.act(ref, Event.ACCEPT_GAP, reason="the table was lost in a migration")
    run_until_idle(one.installation)
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "partly_fulfilled"
    assert one.line(ref, "shop")["outcome"] == "could_not"
    assert one.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
    assert EMAIL not in one.subscribers()
    assert "Web shop" in one.letters(ref)["partly_delivered"]
    assert "Could not be done" in report(checked(one.bundle(ref)))


def test_a_table_that_vanished_after_the_approval_is_named_too(one: Company) -> None:
    ref = one.ask(Right.ERASURE)
    run_until_idle(one.installation)
    one.shop("DROP TABLE invoices")
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "action_failed"
    assert "invoices" in told(one, ref)


def test_a_source_that_can_only_be_read_is_named_on_erasure(one: Company) -> None:
    """A database that refuses to be written to, as a replica does."""
    ref = one.ask(Right.ERASURE)
    run_until_idle(one.installation)
    text = (one.folder / "sources.toml").read_text()
    file = one.folder / "shop.sqlite"
    read_only = f"sqlite:///file:{file}?mode=ro&uri=true"
    (one.folder / "sources.toml").write_text(text.replace(one.shop_url, read_only))
    one.reopen()
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "action_failed"
    assert "shop" in told(one, ref)
    assert "refuses writing" in told(one, ref)
    assert one.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
    assert EMAIL not in one.subscribers()
    (one.folder / "sources.toml").write_text(text)
    one.reopen()
    one.act(ref, Event.RETRY)
    run_until_idle(one.installation)
    assert one.state(ref) == "partly_fulfilled"  # invoices are kept by law
    assert one.line(ref, "shop")["outcome"] == "withheld"


@pytest.mark.postgres
def test_on_postgresql_a_role_without_rights_is_named_and_with_them_it_is_done(
    tmp_path: Path, sqlite_tables: Path, postgres_server: PostgresServer
) -> None:
    with (
        postgres_server.database() as url,
        fresh(tmp_path, sqlite_tables, shop_url=url) as one,
    ):
        ref = one.ask(Right.ACCESS, Right.ERASURE)
        run_until_idle(one.installation)
        assert one.state(ref) == "fulfilled"
        assert "49.50" in report(checked(one.bundle(ref)))
        erasure = f"{ref.removesuffix('-1')}-2"
        assert one.state(erasure) == "in_review"
        role = f"reader_{tmp_path.name.replace('-', '_')}"[:60]
        one.shop(f'CREATE ROLE "{role}" LOGIN')
        one.shop(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{role}"')
        text = (one.folder / "sources.toml").read_text()
        reader = sa.make_url(url).set(username=role).render_as_string()
        (one.folder / "sources.toml").write_text(text.replace(url, reader))
        one.reopen()
        one.act(erasure, Event.APPROVE)
        run_until_idle(one.installation)
        assert one.state(erasure) == "action_failed"
        assert "shop" in told(one, erasure)
        assert one.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
        (one.folder / "sources.toml").write_text(text)
        one.reopen()
        one.act(erasure, Event.RETRY)
        run_until_idle(one.installation)
        assert one.state(erasure) == "partly_fulfilled"
        assert one.shop("SELECT count(*) FROM invoices WHERE customer_id = 1") == 1
        assert one.shop("SELECT email FROM customers WHERE id = 1") != EMAIL
        one.shop(f'DROP OWNED BY "{role}"')
        one.shop(f'DROP ROLE "{role}"')


def test_a_bundle_that_cannot_be_written_is_named_and_tried_again(one: Company) -> None:
    ref = one.ask(Right.CONSENT_WITHDRAWAL)
    in_the_way = one.folder / "var" / "bundles"
    in_the_way.write_text("no folder")
    one.work_through(render=True)
    assert one.state(ref) == "assembly_failed"
    assert told(one, ref).startswith("bundle: ")
    in_the_way.unlink()
    one.act(ref, Event.RETRY)
    run_until_idle(one.installation)
    assert one.state(ref) == "fulfilled"
    checked(one.bundle(ref))


def test_an_erasure_of_the_same_request_starts_when_the_copy_was_handed_over(
    one: Company,
) -> None:
    ref = one.ask(Right.ACCESS, Right.ERASURE)
    erasure = f"{ref.removesuffix('-1')}-2"
    one.work()
    assert one.state(erasure) == "accepted"
    run_until_idle(one.installation)
    assert (one.state(ref), one.state(erasure)) == ("fulfilled", "in_review")
    assert EMAIL in report(checked(one.bundle(ref)))
