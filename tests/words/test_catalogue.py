"""A language says what English says: the same words, with the same places, in each plural."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from dsar.domain.errors import BadInput
from dsar.words import catalogue
from dsar.words.words import Words

MODEL = {
    "page": {"skip": "Go on", "by": "Until {day}"},
    "count": {
        "record": {"one": "{count} record in {place}", "other": "{count} records in {place}"}
    },
}


def words(sections: Any, locale: str = "en-GB") -> Words:
    return Words("en", "en", locale, "{date}", sections, "")


def changed(change: Callable[[Any], None]) -> Any:
    given = copy.deepcopy(MODEL)
    change(given)
    return given


def test_english_is_like_itself() -> None:
    catalogue.check(MODEL, MODEL, "en", locale="en-GB")


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        (lambda w: w["page"].pop("skip"), "xx, page.skip", 'is missing. In English it is "Go on"'),
        (lambda w: w.pop("count"), "xx, count.record", "is missing."),
        (lambda w: w["page"].update(skp="x"), "xx, page.skp", "is no word that is asked for."),
        (lambda w: w.update(more={"a": "b"}), "xx, more.a", "is no word that is asked for."),
        (lambda w: w["page"].update(by="Soon"), "xx, page.by", "They are: {day}."),
        (lambda w: w["page"].update(by="{day} {time}"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(by="{day.__class__}"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(by="{day!r}"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(by="{day:>9999999}"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(by="{day"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(by="{0}"), "xx, page.by", "the same names in braces"),
        (lambda w: w["page"].update(skip=1), "xx, page.skip", "is no text."),
        (lambda w: w["page"].update(skip={"other": "x"}), "xx, page.skip", "is no text."),
        (lambda w: w["count"].update(record="x"), "xx, count.record", "a form for each plural"),
        (lambda w: w["count"]["record"].pop("one"), "xx, count.record", "a form for each plural"),
        (
            lambda w: w["count"]["record"].update(one="{many} in {place}"),
            "xx, count.record.one",
            "the same names in braces",
        ),
        (
            lambda w: w["count"]["record"].update(other="in {place}"),
            "xx, count.record.other",
            "They are: {count} {place}.",
        ),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_what_is_not_as_in_english_is_refused_by_name(
    change: Callable[[Any], None], field: str, problem: str
) -> None:
    with pytest.raises(BadInput) as refused:
        catalogue.check(changed(change), MODEL, "xx", locale="en-GB")
    assert refused.value.field == field
    assert problem in str(refused.value)


def test_a_form_of_a_plural_need_not_say_the_count() -> None:
    given = changed(lambda w: w["count"]["record"].update(one="a record in {place}"))
    catalogue.check(given, MODEL, "xx", locale="en-GB")
    assert words(given).say("count", "record", count=1, place="A") == "a record in A"


def test_a_language_has_the_plurals_of_its_own() -> None:
    forms = {"one": "{count} {place} rekord", "few": "{count} {place} rekordy",
             "many": "{count} {place} rekordów", "other": "{count} {place} rekordu"}  # fmt: skip
    given = changed(lambda w: w["count"].update(record=forms))
    catalogue.check(given, MODEL, "pl", locale="pl")
    said = words(given, "pl")
    told = [said.say("count", "record", count=n, place="") for n in (1, 3, 5, 22)]
    assert [text.split()[-1] for text in told] == ["rekord", "rekordy", "rekordów", "rekordy"]
    with pytest.raises(BadInput, match="few = "):
        catalogue.check(MODEL, MODEL, "pl", locale="pl")


def test_a_form_that_lacks_for_great_counts_is_the_other() -> None:
    given = {"count": {"record": {"one": "{count} fichier", "other": "{count} fichiers"}}}
    assert words(given, "fr").say("count", "record", count=1_000_000).endswith(" fichiers")


def test_what_fills_a_place_is_written_as_the_language_writes_it() -> None:
    from datetime import date

    said = words(MODEL)
    assert said.say("page", "by", day=date(2026, 3, 2)) == "Until 2 March 2026"
    assert said.say("count", "record", count=1234, place=7) == "1,234 records in 7"
    with pytest.raises(KeyError):
        said.say("page", "unknown")


def test_single_words_lie_over_others() -> None:
    below = catalogue.WordFile(MODEL, "a")
    over = catalogue.WordFile({"page": {"skip": "Weiter"}}, "b").over(below)
    assert over.sections["page"] == {"skip": "Weiter", "by": "Until {day}"}
    assert over.sections["count"] == MODEL["count"]
    assert MODEL["page"]["skip"] == "Go on"
    assert over.sha256 not in {"a", "b"}
