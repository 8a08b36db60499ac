"""Whoever can write the database and has no key changes nothing in the history unnoticed."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from dsar.domain.journal import START, digest
from dsar.domain.rights import Right
from dsar.services.runtime.installation import link_waiting, reading
from dsar.services.upkeep.journal_proof import faults
from dsar.store.types import Instant
from tests.company import Company

Hands = Callable[[sa.Connection, str], Any]

TICKET = "(SELECT id FROM ticket WHERE ref = '{ref}')"


def sql(*statements: str) -> Hands:
    """Statements in which {ref} is the ticket and {id} its id."""

    def done(connection: sa.Connection, ref: str) -> None:
        for statement in statements:
            here = statement.replace("{id}", TICKET).replace("{ref}", ref)
            connection.exec_driver_sql(here)

    return done


def write_anew(connection: sa.Connection, ref: str) -> None:
    """Another approver, and the whole of the ticket's chain made again by the code everybody has."""
    entries = sa.text(
        "SELECT id, seq, at, event, data FROM journal"
        " WHERE ticket_id = (SELECT id FROM ticket WHERE ref = :ref) ORDER BY seq"
    ).columns(at=Instant)
    previous = START
    for row in connection.execute(entries, {"ref": ref}).all():
        data = row.data if isinstance(row.data, dict) else json.loads(row.data)
        made = digest(
            ref, row.seq, at=row.at, event=row.event, actor="staff:mallory", data=data,
            previous=previous,
        )  # fmt: skip
        values = {"actor": "staff:mallory", "previous": previous, "digest": made, "id": row.id}
        change = "UPDATE journal SET actor = :actor, previous = :previous, digest = :digest"
        connection.execute(sa.text(f"{change} WHERE id = :id"), values)
        previous = made
    remember(connection, ref, row.seq, previous)


def remember(connection: sa.Connection, ref: str, seq: int, head: str) -> None:
    change = "UPDATE ticket SET journal_seq = :seq, journal_head = :head WHERE ref = :ref"
    connection.execute(sa.text(change), {"seq": seq, "head": head, "ref": ref})


def cut(connection: sa.Connection, ref: str) -> None:
    """The history ends at its second entry, and the ticket thinks so too."""
    sql("DELETE FROM journal WHERE ticket_id = {id} AND seq > 2")(connection, ref)
    last = "SELECT digest FROM journal WHERE seq = 2 AND ticket_id = "
    found = connection.exec_driver_sql(last + TICKET.replace("{ref}", ref)).scalar_one()
    remember(connection, ref, 2, found)


def add(connection: sa.Connection, ref: str) -> None:
    """One entry more, right by the code everybody has."""
    head, seq = connection.execute(
        sa.text("SELECT journal_head, journal_seq FROM ticket WHERE ref = :ref"), {"ref": ref}
    ).one()
    at = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    made = digest(ref, seq + 1, at=at, event="noted", actor="staff:eve", data={}, previous=head)
    columns = "ticket_id, seq, at, event, actor, data, previous, digest"
    connection.exec_driver_sql(
        f"INSERT INTO journal ({columns}) SELECT id, {seq + 1}, '2026-03-02 09:00:00', 'noted',"
        f" 'staff:eve', '{{}}', '{head}', '{made}' FROM ticket WHERE ref = '{ref}'"
    )
    remember(connection, ref, seq + 1, made)


def exchange(connection: sa.Connection, ref: str) -> None:
    """Two links change places, so that their entries happened the other way round."""
    same = "UPDATE journal_link SET number = {} WHERE number = {}"
    for to, of in ((-1, 2), (2, 3), (3, -1)):
        connection.exec_driver_sql(same.format(to, of))


ALL = ("task", "letter", "coverage", "page", "bundle", "ruling", "inquiry", "effect", "suppression")
GONE = [f"DELETE FROM {table} WHERE ticket_id = {{id}}" for table in ("effect", *ALL, "journal")]

ATTACKS: dict[str, tuple[Hands, str]] = {
    "another actor": (
        sql("UPDATE journal SET actor = 'staff:eve' WHERE seq = 2 AND ticket_id = {id}"),
        "{ref}: entry 2 was changed after it was written",
    ),
    "another date": (
        sql("UPDATE journal SET at = '2020-01-01 00:00:00' WHERE seq = 1 AND ticket_id = {id}"),
        "{ref}: entry 1 was changed after it was written",
    ),
    "the whole history written anew": (write_anew, "{ref}: entry 1 was put in the place of another"),
    "a tail cut off, and the ticket told": (cut, "{ref}: entry 3 is missing"),
    "an entry added": (add, "{ref}: entry {next} is not in the chain: somebody added it"),
    "a ticket deleted with its history": (
        sql(*GONE, "DELETE FROM ticket WHERE ref = '{ref}'"),
        "a ticket is gone of which link 1 of the chain tells",
    ),
    "a history deleted": (
        sql("DELETE FROM journal WHERE ticket_id = {id}"), "{ref}: entry 1 is missing",
    ),
    "a history deleted with its links": (
        sql("DELETE FROM journal WHERE ticket_id = {id}",
            "DELETE FROM journal_link WHERE ticket_id = {id}"),
        "link 1 of the chain is missing",
    ),
    "a link deleted": (
        sql("DELETE FROM journal_link WHERE number = 2"), "link 2 of the chain is missing",
    ),
    "a link that names another": (
        sql("UPDATE journal_link SET digest = 'x' WHERE number = 2"),
        "link 2 of the chain is not as it was written",
    ),
    "two links exchanged": (exchange, "link 2 of the chain is not as it was written"),
    "links cut off": (
        sql("DELETE FROM journal_link WHERE number > 3"), "the chain ends at 3 and had {count} links",
    ),
}  # fmt: skip


def found(one: Company) -> list[str]:
    link_waiting(one.installation)
    with reading(one.installation) as session:
        return [str(fault) for fault in faults(session)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_is_changed_without_the_key_is_named(either: Company, attack: str) -> None:
    ref = either.ask(Right.ACCESS)
    either.ask(Right.ERASURE)
    either.work()
    assert found(either) == []
    count = len(either.rows(sa.table("journal_link", sa.column("number")).c.number))
    hands, problem = ATTACKS[attack]
    last = len(either.events(ref))
    either.clock.turn(minutes=90)
    with either.installation.store.engine.begin() as connection:
        hands(connection, ref)
    wanted = problem.format(ref=ref, next=last + 1, count=count)
    assert found(either)[0] == wanted


def test_a_ticket_without_any_history_is_named(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    link_waiting(either.installation)
    with either.installation.store.engine.begin() as connection:
        for table in ("journal", "journal_link"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("UPDATE journal_chain SET count = 0, head = '" + START + "'")
    assert found(either) == [f"{ref}: the ticket has no history"]


def test_one_cause_is_told_once_for_each_ticket(either: Company) -> None:
    first, second = either.ask(Right.ACCESS), either.ask(Right.ERASURE)
    with either.installation.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE journal SET actor = 'staff:eve' WHERE seq <= 2")
    assert sorted(found(either)) == sorted(
        f"{ref}: entry 1 was changed after it was written" for ref in (first, second)
    )
