"""A column of one enum holds the words of its members, and nothing is guessed from another."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, select

from dsar.domain.coverage import Outcome
from dsar.domain.decision import RulingVerdict
from dsar.domain.lifecycle import State, TaskKind
from dsar.domain.lifecycle.task_kinds import Queue
from dsar.domain.lifecycle.task_states import COMING, OPEN, STUCK, TaskState
from dsar.domain.rights import Right
from dsar.store import tasks
from dsar.store.engine import Store
from dsar.store.row_states import BundleState, EffectState, LetterState, PageRole
from dsar.store.tables import CoverageLine, Task, Ticket
from dsar.store.types import EnumText, UnknownText
from tests.store.rows import add_task, claim, committed, new_store, new_ticket, task

ENUMS = {
    "ticket.right": Right,
    "ticket.state": State,
    "task.kind": TaskKind,
    "task.queue": Queue,
    "task.state": TaskState,
    "coverage.outcome": Outcome,
    "effect.state": EffectState,
    "bundle.state": BundleState,
    "letter.state": LetterState,
    "page.role": PageRole,
    "ruling.verdict": RulingVerdict,
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = new_store(database_url)
    yield store
    store.close()


@pytest.fixture
def ticket(store: Store) -> str:
    return new_ticket(store)


def changed(store: Store, statement: str) -> None:
    with committed(store) as session:
        session.connection().execute(text(statement))


def test_every_column_of_an_enum_is_known_by_its_place() -> None:
    found = {
        column.type.place: column.type.members
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, EnumText)
    }
    assert found == ENUMS


@pytest.mark.parametrize(("place", "members"), ENUMS.items())
def test_every_member_fits_its_column(place: str, members: type[State]) -> None:
    table, column = place.split(".")
    longest = SQLModel.metadata.tables[table].columns[column].type.length
    assert max(map(len, members)) <= longest


def test_members_are_stored_as_their_words_and_read_as_members(store: Store, ticket: str) -> None:
    with committed(store) as session:
        row = session.get_one(Ticket, ticket)
        assert (row.right, row.state) == (Right.ACCESS, State.RECEIVED)
        assert type(row.right) is Right
        assert type(row.state) is State
        session.add(CoverageLine(ticket_id=ticket, source="a", title="A", outcome=Outcome.OPEN))
    with store.reading() as session:
        stored = session.connection().execute(text("SELECT outcome FROM coverage")).scalar_one()
        assert stored == "open"
        found = session.exec(select(CoverageLine.outcome)).one()
        assert found is Outcome.OPEN


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE ticket SET state = 'pondered'", "ticket.state"),
        ("UPDATE ticket SET \"right\" = 'pondered'", "ticket.right"),
    ],
)
def test_a_word_nobody_knows_is_refused_with_its_place_and_the_mend(
    statement: str, place: str, store: Store, ticket: str
) -> None:
    changed(store, statement)
    with store.reading() as session, pytest.raises(UnknownText) as told:
        session.get_one(Ticket, ticket)
    assert place in str(told.value)
    assert "'pondered'" in str(told.value)
    assert "later release" in str(told.value)


def test_a_task_of_a_kind_nobody_knows_is_left_alone_and_not_read(
    store: Store, ticket: str
) -> None:
    new = add_task(store, ticket)
    changed(store, "UPDATE task SET kind = 'of a later release'")
    assert claim(store) is None
    with pytest.raises(UnknownText, match=r"task\.kind"):
        task(store, new)
    with store.reading() as session, pytest.raises(UnknownText, match=r"task\.kind"):
        tasks.heaps(session)


def test_a_word_nobody_knows_is_not_written(store: Store, ticket: str) -> None:
    with store.session() as session, pytest.raises(StatementError, match="pondered"):
        session.connection().execute(Task.__table__.update().values(state="pondered"))


def test_states_from_which_something_comes_are_coming_or_stuck() -> None:
    assert COMING | STUCK == OPEN
    assert not COMING & STUCK
    assert set(TaskState) - OPEN == {TaskState.DONE, TaskState.CANCELLED}
