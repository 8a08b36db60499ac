"""A request becomes tickets with running clocks, or nothing at all is stored."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import BadInput, Conflict
from dsar.domain.rights import Right
from dsar.services.desk import intake
from dsar.services.runtime.installation import Unit, transaction
from dsar.store.tables import Identifier, JournalEntry, Letter, Request, Ticket
from tests.company import ANA, EMAIL, START, Company, company

TABLES = (Request, Identifier, Ticket, JournalEntry, Letter)


def test_each_right_becomes_a_ticket_with_its_own_clock_history_and_letter(either: Company) -> None:
    ref = either.file(Right.ACCESS, Right.ERASURE)
    tickets = either.tickets(ref)
    assert [t.ref for t in tickets] == [f"{ref}-1", f"{ref}-2"]
    for ticket in tickets:
        assert (ticket.state, ticket.version, ticket.journal_seq) == ("received", 1, 1)
        assert ticket.due_on is not None
        assert ticket.clock["explanation"]
        assert either.events(ticket.ref) == ["received"]
        assert ticket.ref in either.letters(ticket.ref)["received"]


def test_a_received_request_is_in_the_queue_before_anybody_confirmed_it(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    assert small.view(f"{ref}-1")["owner"] == "staff"
    assert small.work() == 0


def test_the_same_key_gives_the_first_request_again(either: Company) -> None:
    first = either.file(Right.ACCESS, idempotency_key="mail-1")
    again = either.file(Right.ACCESS, idempotency_key="mail-1")
    assert again == first
    assert [t.right for t in either.tickets(first)] == ["access"]
    assert either.file(Right.ACCESS, idempotency_key="mail-2") != first
    assert len(either.rows(Request)) == 2


@pytest.mark.parametrize(
    ("right", "other"),
    [
        (Right.ERASURE, {}),
        (Right.ACCESS, {"identifiers": (("email", "somebody.else@example.org"),)}),
        (Right.ACCESS, {"words": "and what you sold"}),
        (Right.ACCESS, {"language": "de"}),
    ],
)
def test_a_key_used_again_for_something_else_is_a_conflict(
    either: Company, right: Right, other: dict[str, Any]
) -> None:
    first = either.file(Right.ACCESS, idempotency_key="mail-1")
    with pytest.raises(Conflict, match=f"{first} was filed under this key"):
        either.file(right, idempotency_key="mail-1", **other)
    assert [t.right for t in either.tickets(first)] == ["access"]
    assert len(either.rows(Request)) == 1


def test_a_key_is_known_again_after_the_policy_changed(small: Company) -> None:
    asked: dict[str, Any] = {"idempotency_key": "mail-1", "purposes": ("newsletter",)}
    first = small.file(Right.OBJECTION, **asked)
    small.installation.policy = replace(small.installation.policy, activities={})
    assert small.file(Right.OBJECTION, **asked) == first


def test_identifiers_written_otherwise_are_the_same_request(small: Company) -> None:
    first = small.file(
        Right.ACCESS, idempotency_key="mail-1", identifiers=(("email", "ana@example.org"),)
    )
    again = (("email", " ANA@Example.org"),)
    assert small.file(Right.ACCESS, idempotency_key="mail-1", identifiers=again) == first


def test_without_a_key_two_equal_requests_are_two(small: Company) -> None:
    assert small.file(Right.ACCESS) != small.file(Right.ACCESS)


def test_two_who_file_the_same_key_at_once_get_the_same_request(either: Company) -> None:
    found: list[str] = []
    failed: list[BaseException] = []
    gate = threading.Barrier(6)

    def file() -> None:
        gate.wait()
        try:
            found.append(either.file(Right.ACCESS, idempotency_key="once"))
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=file) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 6
    assert len(set(found)) == 1
    assert [len(either.rows(table)) for table in TABLES] == [1, 1, 1, 1, 1]


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "no right": ("right", {"rights": ()}),
    "a right twice": ("right", {"rights": (Right.ACCESS, Right.ACCESS)}),
    "no identifier": ("identifier", {"identifiers": ()}),
    "an empty identifier": ("identifier email", {"identifiers": (("email", "  "),)}),
    "a malformed address": ("identifier email", {"identifiers": (("email", "lotta"),)}),
    "a kind that is none": ("identifier", {"identifiers": (("lotta@x.example", "1"),)}),
    "an unknown law": ("regime", {"regime": "atlantis"}),
    "the future": ("received", {"received_at": START + timedelta(days=1)}),
    "no time zone": ("received", {"received_at": datetime(2026, 1, 1)}),
    "the year 26": ("received", {"received_at": datetime(26, 1, 1, tzinfo=UTC)}),
    "no correction": ("correct", {"rights": (Right.RECTIFICATION,)}),
    "a correction of nothing": (
        "correct",
        {"rights": (Right.RECTIFICATION,), "corrections": {"famly_name": "Lind"}},
    ),
    "an unknown purpose": (
        "purpose",
        {"rights": (Right.OBJECTION,), "purposes": ("world domination",)},
    ),
    "a channel that is none": ("channel", {"channel": "x" * 41}),
    "a language that is none": ("language", {"language": "../../secret"}),
    "a key too long": ("idempotency_key", {"idempotency_key": "k" * 201}),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Iterator[Company]:
    """One company for the tests that leave no trace."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(folder, f"sqlite:///{folder / 'dsar.sqlite'}") as made:
        yield made


@pytest.mark.parametrize("case", BAD)
def test_bad_input_names_its_field_and_stores_nothing(shared: Company, case: str) -> None:
    field, wrong = BAD[case]
    given: dict[str, Any] = {"rights": (Right.ACCESS,), "identifiers": (("email", EMAIL),)} | wrong
    with pytest.raises(BadInput) as refused, transaction(shared.installation) as session:
        intake.file(session, ANA, intake.Application(**given))
    assert refused.value.field == field
    assert refused.value.mend
    assert [len(shared.rows(table)) for table in TABLES] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("name", ["family_name", "shop.customers.family_name"])
def test_a_correction_names_a_standard_thing_or_a_field(shared: Company, name: str) -> None:
    with Unit(shared.installation) as session:
        asked = intake.Application(
            (Right.RECTIFICATION,), (("email", EMAIL),), corrections={name: "Lind"}
        )
        assert intake.file(session, ANA, asked).ref  # and nothing is committed


def test_a_refused_correction_is_not_repeated(shared: Company) -> None:
    with pytest.raises(BadInput) as refused:
        shared.file(Right.RECTIFICATION, corrections={"Lindqvist": "family_name"})
    assert "Lindqvist" not in str(refused.value)


def test_the_journal_of_an_intake_names_kinds_of_identifier_and_no_identifier(
    small: Company,
) -> None:
    ref = small.file(Right.ACCESS, words="I am Lotta.", identifiers=(("email", EMAIL),))
    (entry,) = small.view(f"{ref}-1")["journal"]
    assert entry["data"]["identifiers"] == ["email"]
    assert EMAIL not in str(entry)
    assert "Lotta" not in str(entry)


def test_a_request_that_arrived_earlier_runs_from_then(small: Company) -> None:
    early = small.file(Right.ACCESS, received_at=START - timedelta(days=20))
    late = small.file(Right.ACCESS)
    first, second = (small.tickets(ref)[0].due_on for ref in (early, late))
    assert first is not None
    assert second is not None
    assert first < second
