"""What the law treats differently becomes a ticket of its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.policy import Activity, Basis, Policy, Retention
from dsar.domain.policy.purposes import parts, tickets
from dsar.domain.rights import Right

AGAINST, WITHDRAWN = Right.OBJECTION, Right.CONSENT_WITHDRAWAL


def activity(name: str, basis: Basis, **more: Any) -> Activity:
    words = {"en": name}
    return Activity(name, words, words, basis, Retention(words), **more)


OFFERS = activity("offers", Basis.LEGITIMATE_INTERESTS, marketing=True)
NEWS = activity("news", Basis.CONSENT, marketing=True)
FRAUD = activity("fraud", Basis.LEGITIMATE_INTERESTS)
INVOICES = activity("invoices", Basis.CONTRACT)
SURVEY = activity("survey", Basis.CONSENT)
EVERY = {one.id: one for one in (OFFERS, NEWS, FRAUD, INVOICES, SURVEY)}
POLICY = Policy(activities=EVERY, version="1", data={})


@pytest.mark.parametrize(
    ("named", "becomes"),
    [
        (("offers",), [(AGAINST, ("offers",))]),
        (("fraud",), [(AGAINST, ("fraud",))]),
        (("offers", "fraud"), [(AGAINST, ("fraud",)), (AGAINST, ("offers",))]),
        ((), [(AGAINST, ("fraud",)), (AGAINST, ("offers", "news"))]),
    ],
)
def test_an_objection_to_marketing_stands_apart_from_what_is_balanced(
    named: tuple[str, ...], becomes: list[Any]
) -> None:
    assert list(parts(AGAINST, named, POLICY)) == becomes


@pytest.mark.parametrize(
    ("named", "becomes"),
    [
        ((), [(WITHDRAWN, ())]),
        (("news",), [(WITHDRAWN, ("news",))]),
        (("offers",), [(AGAINST, ("offers",))]),
        (("survey", "offers"), [(WITHDRAWN, ("survey",)), (AGAINST, ("offers",))]),
        (("invoices",), [(WITHDRAWN, ("invoices",))]),
    ],
)
def test_withdrawn_consent_for_marketing_on_another_basis_is_an_objection(
    named: tuple[str, ...], becomes: list[Any]
) -> None:
    assert list(parts(WITHDRAWN, named, POLICY)) == becomes


def test_without_anything_to_object_to_the_objection_is_still_filed() -> None:
    assert parts(AGAINST, (), Policy(activities={}, version="1", data={})) == ((AGAINST, ()),)


def test_what_two_rights_lead_to_is_filed_once() -> None:
    assert tickets((WITHDRAWN, AGAINST), ("offers",), POLICY) == ((AGAINST, ("offers",)),)


@given(st.lists(st.sampled_from(list(EVERY)), unique=True), st.sampled_from(list(Right)))
def test_nothing_named_is_lost_and_marketing_never_shares_an_objection(
    named: list[str], right: Right
) -> None:
    found = parts(right, named, POLICY)
    assert found
    if right in {AGAINST, WITHDRAWN} and named:
        assert sorted(name for _, names in found for name in names) == sorted(named)
    for kind, names in found:
        assert kind is not AGAINST or len({EVERY[name].marketing for name in names}) == 1
