"""What a dictionary calls secret, or withholds on a ground, is in no copy; what looks so is doubted."""

from dataclasses import replace

import pytest

from dsar.domain.decision import Case, Ruling, decide_record
from dsar.domain.decision.withheld import withheld_values, withholds
from dsar.domain.records import NEVER_DISCLOSED, Collection, Field, looks_secret
from dsar.domain.rights import Right
from tests.domain.test_decision import ANA, PEOPLE, case, rule

SECRETS = Collection(
    "people",
    {"en": "People"},
    (
        *PEOPLE.fields,
        Field("user_pass", {"en": "Password"}, withhold=NEVER_DISCLOSED),
        Field("owner", {"en": "Adviser"}, withhold="rights_of_others"),
        Field("sessionToken", {"en": "Signed in"}),
        Field("token_count", {"en": "Tokens left"}, withhold=""),
    ),
)
GUARDED = replace(ANA, data={**ANA.data, "user_pass": "$P$Bx", "owner": "Bo", "token_count": 3})


def guarded(right: Right, *rules: Ruling) -> Case:
    return replace(case(right, *rules), dictionaries={"crm": {"people": SECRETS}})


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
@pytest.mark.parametrize("ruled", [(), ("user_pass",), ("",)])
def test_what_the_dictionary_withholds_is_in_no_copy_whatever_staff_rules(
    right: Right, ruled: tuple[str, ...]
) -> None:
    rules = [rule("release", field=name) for name in ruled]
    sifted = decide_record(guarded(right, *rules), "crm", GUARDED)
    assert sifted.record is not None
    assert set(sifted.record.data) == {*ANA.data, "token_count"}
    assert [(why.name, why.because.params) for why in sifted.kept] == [
        ("never_disclosed", {"ground": "never_disclosed", "field": {"en": "Password"}}),
        ("rights_of_others", {"ground": "rights_of_others", "field": {"en": "Adviser"}}),
    ]


def test_what_the_dictionary_withholds_is_looked_for_in_the_finished_copy() -> None:
    found = dict(withheld_values(guarded(Right.ACCESS), "crm", GUARDED))
    assert found == {"user_pass": "$P$Bx", "owner": "Bo"}
    assert withholds(guarded(Right.ACCESS), "crm")
    assert not withholds(case(Right.ACCESS), "crm")


def test_a_withheld_field_without_a_value_is_not_listed() -> None:
    empty = replace(ANA, data={**ANA.data, "user_pass": None, "owner": ""})
    sifted = decide_record(guarded(Right.ACCESS), "crm", empty)
    assert (sifted.record, sifted.kept) == (ANA, ())


def test_a_field_that_looks_like_a_secret_waits_until_somebody_says() -> None:
    signed_in = replace(ANA, data={**ANA.data, "sessionToken": "a1", "token_count": 3})
    sifted = decide_record(guarded(Right.ACCESS), "crm", signed_in)
    assert [(d.code, d.field, d.blocks) for d in sifted.doubts] == [
        ("secret_field", "sessionToken", True)
    ]
    freed = decide_record(
        guarded(Right.ACCESS, rule("release", field="sessionToken")), "crm", signed_in
    )
    assert freed.doubts == ()
    assert decide_record(guarded(Right.ERASURE), "crm", signed_in).doubts == ()


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("user_pass", True),
        ("user_activation_key", True),
        ("session_tokens", True),
        ("sessionTokens", True),
        ("PasswordHash", True),
        ("APIKey", True),
        ("passport", False),
        ("hashtag", False),
        ("key", False),
        ("compass_heading", False),
        ("Obsession", False),
    ],
)
def test_a_field_is_taken_for_a_secret_by_the_words_of_its_name(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret
