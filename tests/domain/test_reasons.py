"""A reason is a code with parameters: kept as text, read again, and known by nothing but its code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.reasons import (
    SEAM,
    Reason,
    as_text,
    from_adapter,
    from_json,
    from_text,
    receipt_reason,
    told,
)

TEXTS = st.text(max_size=20)
PARAMS = st.dictionaries(
    st.sampled_from(["count", "kinds", "words", "why"]),
    st.one_of(
        st.integers(0, 9_999),
        TEXTS,
        st.lists(TEXTS, max_size=3),
        st.fixed_dictionaries({"en": TEXTS, "de": TEXTS}),
        st.builds(Reason, st.sampled_from(["no_start", "told"])),
    ),
)


@given(st.builds(Reason, st.sampled_from(["on_hold", "retention", "x"]), PARAMS))
def test_a_reason_is_the_same_once_it_was_kept(reason: Reason) -> None:
    assert from_text(as_text(reason)) == reason
    assert from_json(reason.as_json()) == reason
    assert hash(from_json(reason.as_json())) == hash(reason)


def test_no_reason_is_kept_as_no_text() -> None:
    assert as_text(None) == ""
    assert from_text("") is None


@pytest.mark.parametrize(
    "text", ["A legal hold is in force.", "{", '{"code":', '{"code":1', "[]", '"x"', "x" * 500]
)
def test_what_was_kept_before_there_were_codes_is_a_sentence_for_staff(text: str) -> None:
    assert from_text(text) == told(text)
    assert from_json(text) == told(text)


def test_a_sentence_of_any_length_is_cut_and_nothing_else_is() -> None:
    assert len(str(told("x" * 9000).param("text"))) == 500
    assert from_text(as_text(told("\N{FIRE}" * 500))) == told("\N{FIRE}" * 500)


@pytest.mark.parametrize("code", ["", *sorted(SEAM)])
def test_what_an_adapter_says_has_its_code_and_its_sentence(code: str) -> None:
    reason = from_adapter("The table is gone.", code, {"count": 3})
    assert reason == Reason(code or "adapter", {"count": 3, "text": "The table is gone."})


@pytest.mark.parametrize("code", ["", "on_hold", "nonsense"])
def test_a_receipt_without_a_code_of_adapters_is_quoted(code: str) -> None:
    assert receipt_reason("A bill is unpaid.", code).code == "source_keeps"
    assert receipt_reason("A bill is unpaid.", "still_referenced").code == "still_referenced"


def test_nothing_is_found_in_a_reason_as_in_a_sentence() -> None:
    """So that nobody who still thinks it one is answered, or waits for ever."""
    with pytest.raises(TypeError):
        assert "gone" in told("The table is gone.")  # type: ignore[operator]
