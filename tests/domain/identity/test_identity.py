"""One exact normal form for each identifier; nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.errors import BadInput
from dsar.domain.identity import Subject, normal, normal_form


@pytest.mark.parametrize(
    ("kind", "value", "exact"),
    [
        ("email", " Ana.Lind@Example.ORG ", "ana.lind@example.org"),
        ("email", "ana+shop@example.org", "ana+shop@example.org"),
        ("phone", "+49 (30) 123-45.67", "+49301234567"),
        ("phone", "+49 (0)30 123", "+4930123"),
        ("customer_number", " K-0042 ", "K-0042"),
        ("account", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("account", "6BA7B810", "6BA7B810"),
        ("name", "Zoe\u0308", "Zoë"),
    ],
)
def test_an_identifier_has_one_normal_form(kind: str, value: str, exact: str) -> None:
    assert normal(kind, value) == exact
    assert normal_form(kind, value) == exact


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("email", "", "is empty"),
        ("email", " \t ", "is empty"),
        ("email", "ana", "is not an e-mail address"),
        ("email", "ana@localhost", "is not an e-mail address"),
        ("email", "@example.org", "is not an e-mail address"),
        ("email", "a@b@example.org", "is not an e-mail address"),
        ("email", "ana lind@example.org", "is not an e-mail address"),
        ("phone", "030 123", "is not an international number"),
        ("phone", "+49 30 abc", "is not an international number"),
        ("phone", "+٤٩٣٠", "is not an international number"),
        ("name", "x" * 201, "is longer than 200"),
        ("name", "Ana\x00Lind", "control character"),
        ("name", "\ud800", "control character"),
        ("", "x", "of no kind"),
        ("E-Mail", "x", "of no kind"),
        ("ana@example.org", "x", "of no kind"),
        ("x" * 41, "x", "of no kind"),
    ],
)
def test_a_malformed_identifier_is_refused_and_not_repeated(
    kind: str, value: str, problem: str
) -> None:
    with pytest.raises(BadInput, match=problem) as refused:
        normal(kind, value)
    assert refused.value.field.startswith("identifier")
    if len(value.strip()) > 3:
        assert value.strip() not in str(refused.value)
    assert "ana@example.org" not in str(refused.value)


@given(st.sampled_from(["email", "phone", "name", "customer_number"]), st.text(max_size=40))
def test_the_normal_form_is_its_own_normal_form(kind: str, value: str) -> None:
    try:
        exact = normal(kind, value)
    except BadInput:
        return
    assert normal(kind, exact) == exact


def test_a_subject_knows_each_identifier_once() -> None:
    subject = Subject.of([("email", "ANA@example.org"), ("email", "ana@example.org "), ("n", "1")])
    assert subject.pairs() == (("email", "ana@example.org"), ("n", "1"))
    assert subject.values("phone") == ()
    assert subject


def test_nobody_is_no_subject() -> None:
    assert not Subject()
    assert not Subject.of([])
    assert not Subject({"email": ()})
