"""What machines read first is plain JSON, whatever values it holds."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.manifest import pretty

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)


@settings(deadline=None)
@given(VALUES)
def test_values_are_written_as_the_standard_library_writes_them(value: Any) -> None:
    known = json.dumps(value, indent=2, ensure_ascii=False)
    assert pretty(value) == known.encode("utf-8", "backslashreplace") + b"\n"


@pytest.mark.parametrize("value", [2**80, "\ud800 alone", {"a": [1.5, "\udc00"]}])
def test_what_the_fast_encoder_refuses_is_written_too(value: Any) -> None:
    assert json.loads(pretty(value)) == value
