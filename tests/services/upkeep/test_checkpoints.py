"""A checkpoint that left the machine proves what the history was, whoever sets the database back."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.runtime.installation import link_waiting, reading
from dsar.services.upkeep import checkpoints
from dsar.services.upkeep.journal_proof import faults
from dsar.store.tables import JournalLink
from tests.company import Company


def lines(one: Company) -> list[str]:
    path = one.folder / "journal-checkpoints.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def tend(one: Company) -> None:
    link_waiting(one.installation)
    checkpoints.tend(one.installation)


def disproved(one: Company, path: Path | None = None) -> list[str]:
    with reading(one.installation) as session:
        file = path or one.folder / "journal-checkpoints.jsonl"
        return [str(fault) for fault in checkpoints.disproved(session, file)]


def test_one_is_written_each_hour_in_which_something_happened(either: Company) -> None:
    either.ask(Right.ACCESS)
    tend(either)
    tend(either)
    assert len(lines(either)) == 1
    either.ask(Right.ACCESS)
    tend(either)
    assert len(lines(either)) == 1
    either.clock.turn(minutes=61)
    tend(either)
    tend(either)
    assert len(lines(either)) == 2
    either.clock.turn(minutes=61)
    tend(either)
    assert len(lines(either)) == 2  # nothing new
    assert disproved(either) == []


def test_each_step_of_an_erasure_has_one(either: Company) -> None:
    ref = either.ask(Right.ERASURE)
    tend(either)
    either.work()
    either.act(ref, Event.APPROVE)
    tend(either)
    assert len(lines(either)) == 2
    either.work()
    tend(either)
    assert len(lines(either)) == 3


def test_only_its_owner_may_read_it(small: Company) -> None:
    checkpoints.write(small.installation)
    assert (small.folder / "journal-checkpoints.jsonl").stat().st_mode & 0o077 == 0


def test_a_database_set_back_to_yesterday_is_found(either: Company) -> None:
    either.ask(Right.ACCESS)
    link_waiting(either.installation)
    before = everything(either)
    either.ask(Right.ERASURE)
    tend(either)
    put_back(either, before)
    with reading(either.installation) as session:
        assert list(faults(session)) == []  # the database alone cannot tell
    (told,) = disproved(either)
    assert "is gone; it was 2026-03-02T" in told


def test_another_history_of_the_same_length_is_found(either: Company) -> None:
    either.file(Right.ACCESS)
    tend(either)
    with either.installation.store.engine.begin() as connection:
        change = sa.update(JournalLink).where(col(JournalLink.number) == 1)
        connection.execute(change.values(code="another"))
    assert disproved(either)[0].startswith("link 1 is another now; it was ")


def test_a_line_that_we_did_not_sign_is_named(small: Company) -> None:
    small.ask(Right.ACCESS)
    tend(small)
    (line,) = lines(small)
    path = small.folder / "kept elsewhere.jsonl"
    forged = json.loads(line) | {"number": 1}
    path.write_text(f"{line}\n\n{json.dumps(forged)}\nno json\n[]\n")
    assert disproved(small, path) == [
        f"checkpoint {n} of kept elsewhere.jsonl is not one of ours" for n in (2, 3, 4)
    ]


def test_a_file_without_a_checkpoint_proves_nothing(small: Company) -> None:
    with pytest.raises(BadInput, match=r"anchor: none\.jsonl cannot be read"):
        disproved(small, small.folder / "none.jsonl")
    empty = small.folder / "empty.jsonl"
    empty.touch()
    with pytest.raises(BadInput, match="holds no checkpoint"):
        disproved(small, empty)


def test_a_place_that_cannot_be_written_is_named(small: Company) -> None:
    (small.folder / "journal-checkpoints.jsonl").mkdir()
    with pytest.raises(BadInput, match="checkpoints: cannot be written") as refused:
        checkpoints.write(small.installation)
    assert refused.value.mend


def everything(one: Company) -> dict[str, list[dict[str, object]]]:
    with one.installation.store.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in SQLModel.metadata.sorted_tables
        }


def put_back(one: Company, rows: dict[str, list[dict[str, object]]]) -> None:
    tables = SQLModel.metadata.sorted_tables
    with one.installation.store.engine.begin() as connection:
        for table in reversed(tables):
            connection.execute(table.delete())
        for table in tables:
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
