"""A source is searched outside any ticket, or it is said in one sentence why it cannot be."""

from pathlib import Path

import pytest
from sqlmodel import select

from dsar.domain.errors import DsarError, NotAllowed
from dsar.sdk import Later, NeedsHuman, Subject
from dsar.services.runtime.installation import reading
from dsar.services.upkeep.doctor import examine
from dsar.services.views.source_check import check_all, find_in
from dsar.store.tables import InquiryRow
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
    [customer] = find_in(small.installation, "shop", PERSON)[:1]
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
        find_in(small.installation, name, Subject.of([(kind, EMAIL)]))
    with reading(small.installation) as session:
        assert session.exec(select(InquiryRow)).all() == []
    small.installation.store.close()


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
        find_in(made.installation, "desk", PERSON)


def policy(one: Company, old: str, new: str) -> None:
    """Another policy, read afresh."""
    path = one.folder / "policy.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    one.reopen()


def test_a_policy_that_names_all_data_leaves_nothing_to_say(small: Company) -> None:
    assert check_all(small.installation) == {"shop": [], "mailing": []}


def test_a_collection_no_activity_names_is_named_before_the_bundle_fails(small: Company) -> None:
    policy(small, '"shop.invoices"', '"shop.customers.street"')
    found = check_all(small.installation)
    assert found == {
        "shop": [
            (
                "policy: no activity names shop.invoices, so no bundle with its data can be built. "
                'Add "shop.invoices" to the data of the activity it is held for.'
            )
        ],
        "mailing": [],
    }
    [wrong] = [one for one in examine(small.installation) if one.check == "sources"]
    assert not wrong.well
    assert wrong.words == f"shop: {found['shop'][0]}"
    small.installation.store.close()


def test_fields_no_activity_names_are_named_where_others_of_the_collection_are(
    small: Company,
) -> None:
    columns = '"shop.invoices.id", "shop.invoices.issued_on", "shop.invoices.total"'
    policy(small, '"shop.invoices"', columns)
    [problem] = check_all(small.installation, "shop")["shop"]
    assert problem == (
        "policy: of shop.invoices no activity names customer_id, restricted. "
        'Add "shop.invoices", or "shop.invoices.customer_id" and so on, to the data of one.'
    )
    small.installation.store.close()


def test_what_else_is_wrong_with_a_source_is_said_as_well(small: Company) -> None:
    policy(small, '"shop.invoices"', '"shop.customers.street"')
    small.shop("DROP TABLE invoices")
    gone, unnamed = check_all(small.installation, "shop")["shop"]
    assert "invoices" in gone
    assert unnamed.startswith("policy: no activity names shop.invoices")
    small.installation.store.close()
