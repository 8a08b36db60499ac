"""A telephone number has one form, whoever wrote it; what is in no form of its country stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.identity import normal_form
from dsar.domain.identity.telephone import REGIONS, normal_number, phone_forms


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("030-0074321", "DE", "+49300074321"),
        ("(030) 007\u202f43\u00a021", "DE", "+49300074321"),
        ("0049 30 0074321", "DE", "+49300074321"),
        ("+49 (0)30 0074321", "DE", "+49300074321"),
        ("+49 (0)30 0074321", "", "+49300074321"),
        ("0049 (0) 30", "DE", "+4930"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(212) 555-7788", "US", "+12125557788"),
        ("1-212-555-7788", "US", "+12125557788"),
        ("011 49 30 1", "US", "+49301"),
        ("06 1 234 5678", "HU", "+3612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("010 49 30 1", "JP", "+49301"),
    ],
)
def test_a_number_in_the_form_of_its_country_is_the_international_one(
    text: str, region: str, number: str
) -> None:
    assert normal_form("phone", text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "left"),
    [
        ("030 123", "", "030123"),
        ("123 456", "DE", "123456"),
        ("030 abc", "DE", "030abc"),
        ("٠٣٠", "DE", "٠٣٠"),
        ("", "DE", ""),
    ],
)
def test_a_number_whose_country_is_not_known_is_nobodys(text: str, region: str, left: str) -> None:
    assert normal_form("phone", text, region) == left


@given(st.text(max_size=30), st.sampled_from(["", *sorted(REGIONS)]))
def test_the_international_form_is_its_own(text: str, region: str) -> None:
    number = normal_number(text, region)
    if number.startswith("+"):
        assert normal_number(number, region) == number


@given(
    st.sampled_from(["030 0074321", "+49 (0)30 0074321", "0049-30-0074321", "+49 30 0074321"]),
    st.sampled_from(["DE", "", "US"]),
)
def test_whatever_a_system_holds_of_a_number_is_among_its_forms(text: str, region: str) -> None:
    if normal_number(text, region) == "+49300074321":
        bare = "".join(sign for sign in text if sign not in " -()")
        assert bare in phone_forms("+49300074321", region)
