"""A source is searched outside any ticket, or it is said in one sentence why it cannot be."""

from pathlib import Path

import pytest
from sqlmodel import select

from dsar.domain.errors import DsarError, NotAllowed
from dsar.sdk import Later, NeedsHuman, Subject
from dsar.services.house import look
from dsar.services.installed.probing import find_in
from dsar.store.tables import Inquiry
from tests.company import EMAIL, Company, company
from tests.scripted import Script, case
from tests.services.inquiries.conftest import CABINET, POLICY, add

PERSON = Subject.of([("email", EMAIL)])

#: Nobody listens there: a message that is sent all the same would fail in another sentence.
PARTNER = """
[partner]
adapter = "webhook"
title = "Partner"
url = "https://127.0.0.1:1/dsar"
allow_private = true
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
identify = ["email"]
[partner.collections.members]
title = "Membership"
[partner.collections.members.columns]
number = "Number"
"""


def test_what_a_source_holds_of_a_person_comes_as_plain_values(small: Company) -> None:
    [customer] = find_in(small.house, "shop", PERSON)[:1]
    assert (customer["collection"], customer["match"]) == ("customers", "verified_identifier")
    assert customer["data"]["email"].lower() == EMAIL


@pytest.mark.parametrize("name", ["cabinet", "partner"])
@pytest.mark.parametrize("kind", ["email", "passport"])
def test_a_source_that_answers_later_is_asked_by_a_ticket_only(
    small: Company, name: str, kind: str
) -> None:
    """Also where it could not search by the identifier: nothing asked is not nothing held."""
    add(small, CABINET + PARTNER, POLICY)
    with pytest.raises(NotAllowed, match=f"^{name} answers later, .* by a ticket only"):
        find_in(small.house, name, Subject.of([(kind, EMAIL)]))
    with look(small.house) as session:
        assert session.exec(select(Inquiry)).all() == []
    small.house.store.close()


@pytest.mark.parametrize("failure", [Later("It is busy."), NeedsHuman("It is busy.")], ids=repr)
def test_a_source_that_cannot_answer_now_says_so_itself(
    tmp_path: Path, copied_url: str, failure: Exception
) -> None:
    def fail(_script: Script, _checkpoint: str | None) -> None:
        raise failure

    desk = Script([case("1")], finding=fail)
    with (
        company(tmp_path, copied_url, scripts={"desk": desk}) as made,
        pytest.raises(DsarError, match=r"^desk: It is busy\.$"),
    ):
        find_in(made.house, "desk", PERSON)
