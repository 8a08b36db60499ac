"""Who asks is confirmed by somebody, with a reason, for all tickets of a request at once."""

import pytest

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import identity
from dsar.services.runtime.installation import transaction
from dsar.store.tables import Identifier
from dsar.store.tickets import request_by_ref
from tests.company import ANA, EMAIL, Company


def test_confirming_proves_the_stated_identifiers_and_moves_every_ticket(either: Company) -> None:
    ref = either.file(Right.ACCESS, Right.RECTIFICATION, corrections={"street": "Torget 3"})
    assert {row.evidence for row in either.rows(Identifier)} == {"stated"}
    either.confirm(ref)
    assert {row.evidence for row in either.rows(Identifier)} == {"confirmed_by_staff"}
    assert {ticket.state for ticket in either.tickets(ref)} == {"collecting"}


def test_without_a_reason_nobody_is_confirmed(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    with pytest.raises(BadInput) as refused, transaction(small.installation) as session:
        identity.confirm(session, ANA, request_by_ref(session, ref), reason=" ")
    assert refused.value.field == "reason"
    assert small.state(f"{ref}-1") == "received"


def test_a_ticket_withdrawn_before_does_not_keep_the_others_from_starting(small: Company) -> None:
    ref = small.file(Right.ACCESS, Right.ERASURE)
    small.act(f"{ref}-2", Event.WITHDRAW)
    small.confirm(ref)
    assert [ticket.state for ticket in small.tickets(ref)] == ["collecting", "withdrawn"]


def test_confirming_twice_is_refused_and_changes_nothing(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    small.confirm(ref)
    before = small.events(f"{ref}-1")
    with pytest.raises(NotAllowed, match="confirm_identity is not possible"):
        small.confirm(ref)
    assert small.events(f"{ref}-1") == before


def test_a_request_of_which_all_has_ended_is_not_confirmed(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    small.act(f"{ref}-1", Event.WITHDRAW)
    with pytest.raises(NotAllowed, match="has ended"):
        small.confirm(ref)


def test_a_ticket_confirmed_by_itself_proves_the_identifiers_too(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    small.act(f"{ref}-1", Event.CONFIRM_IDENTITY, reason="called back")
    assert {row.evidence for row in small.rows(Identifier)} == {"confirmed_by_staff"}


def test_the_evidence_itself_is_kept_nowhere(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    with transaction(small.installation) as session:
        request = request_by_ref(session, ref)
        identity.confirm(session, ANA, request, reason="passport C01X00T47 shown")
    kept = str(small.view(f"{ref}-1")) + str(small.letters(f"{ref}-1"))
    assert "C01X00T47" not in kept


def test_an_identifier_is_sealed_and_found_by_keyed_hash(small: Company) -> None:
    small.file(Right.ACCESS)
    small.file(Right.ERASURE)
    first, second = small.rows(Identifier)
    assert first.blind == second.blind == small.installation.vault.blind("email", EMAIL)
    assert first.sealed != second.sealed
    assert EMAIL.encode() not in first.sealed
