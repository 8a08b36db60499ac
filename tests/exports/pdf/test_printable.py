"""On paper every value is visible, breakable and bounded; what cannot be printed shows its number."""

import re
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.pdf.printable import LONGEST, MOST_LINES, _breakable, _broken, printable

WILD = st.text(st.characters(codec=None), max_size=300)


@settings(deadline=None)
@given(WILD)
def test_nothing_unprintable_reaches_the_page(text: str) -> None:
    shown = printable(text)
    assert {unicodedata.category(sign) for sign in shown.replace("\n", "")} & {
        "Cc",
        "Cs",
        "Co",
        "Cn",
        "Zl",
    } == set()
    shown.encode()


@settings(deadline=None)
@given(WILD)
def test_no_word_is_too_long_to_break(text: str) -> None:
    assert max(map(len, re.split("[ \n\u200b]", printable(text * 3))), default=0) <= 42


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a" * n for n in (1, 20, 39, 40, 41, 60)] + [" ", "\n"])))
def test_words_are_broken_only_where_one_is_long(words: list[str]) -> None:
    text = "".join(words)
    parts = [_broken(word) for word in re.split(r"([ \n])", text)]
    assert _breakable(text) == "".join(parts)


@settings(deadline=None)
@given(st.text(st.sampled_from("a\u0301\u0316 "), max_size=300))
def test_accents_do_not_pile_up(text: str) -> None:
    shown = printable(text).replace("\u200b", "")
    assert max((len(run) for run in re.findall("[\u0301\u0316]+", shown)), default=0) <= 8


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (12.5, "12.5"),
        (10**30, "1" + "0" * 30),
        ("plain", "plain"),
        ("bell\x07", "bell⟨U+0007⟩"),
        ("half \udc80", "half ⟨U+DC80⟩"),
        ("own \ue000", "own ⟨U+E000⟩"),
        ("nobody \u0378", "nobody ⟨U+0378⟩"),
        ("a\r\nb\tc", "a\nb c"),
        (["licence", "urgent"], "licence; urgent"),
        (
            {"street": "Storgatan 5", "city": {"name": "Stockholm"}},
            "street: Storgatan 5; city › name: Stockholm",
        ),
        ([], ""),
        ("שלום", "\u2068שלום\u2069"),
        ("abc \u202eexe.fdp", "abc ⟨U+202E⟩exe.fdp"),
    ],
)
def test_how_values_look(value: Any, shown: str) -> None:
    assert printable(value) == shown


def test_what_is_too_long_says_where_it_continues() -> None:
    shown = printable("word " * 1000, more="… (continues in data/shop/notes.json)")
    assert shown.endswith("… (continues in data/shop/notes.json)")
    assert len(shown) < LONGEST + 60


def test_many_short_lines_become_one_paragraph() -> None:
    assert "\n" not in printable("a\n" * (MOST_LINES + 1))
    assert printable("a\n" * MOST_LINES).count("\n") == MOST_LINES


@pytest.mark.parametrize(
    "value", ["x" * 1_000_000, "e" + "\u0301" * 400_000, "\x00" * 500_000, {"a": "y" * 900_000}]
)
def test_a_hostile_value_costs_next_to_nothing(value: Any) -> None:
    start = time.process_time()
    printable(value)
    assert time.process_time() - start < 1


def test_deep_nesting_ends_in_text_and_not_in_an_error() -> None:
    value: Any = "end"
    for _ in range(5000):
        value = [value]
    assert printable(value)
