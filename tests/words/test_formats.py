"""Days, counts, sizes, periods and plurals are written as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from dsar.words import Words, formats, ours

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def words(language: str) -> Words:
    return ours().spoken(language).words("report")


@pytest.mark.parametrize(
    ("language", "day", "short", "moment", "number"),
    [
        ("en", "2 March 2026", "2 Mar 2026", "20 November 2026, 10:30 (CET)", "12,345"),
        ("de", "2. März 2026", "02.03.2026", "20. November 2026, 10:30 Uhr (CET)", "12.345"),
    ],
)
def test_days_instants_and_counts(
    language: str, day: str, short: str, moment: str, number: str
) -> None:
    said = words(language)
    assert said.date(date(2026, 3, 2)) == said.date("2026-03-02") == day
    assert said.date(date(2026, 3, 2), length="medium") == short
    assert said.date("") == said.date(None) == ""
    assert said.moment(MOMENT, timezone="Europe/Berlin") == moment
    assert said.number(12345) == number


@pytest.mark.parametrize(
    ("period", "english", "german"),
    [
        ("1 year", "1 year", "1 Jahr"),
        ("7 years", "7 years", "7 Jahre"),
        ("2 months", "2 months", "2 Monate"),
        ("3 weeks", "3 weeks", "3 Wochen"),
        ("1 day", "1 day", "1 Tag"),
        ("1 working day", "1 working day", "1 Arbeitstag"),
        ("20 working days", "20 working days", "20 Arbeitstage"),
    ],
)
def test_periods(period: str, english: str, german: str) -> None:
    assert (words("en").period(period), words("de").period(period)) == (english, german)


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "0 bytes", "0 Byte"),
        (1, "1 byte", "1 Byte"),
        (999, "999 bytes", "999 Byte"),
        (1_000, "1.0 kB", "1,0 kB"),
        (999_949, "999.9 kB", "999,9 kB"),
        (999_990, "1.0 MB", "1,0 MB"),
        (5_300_000_000, "5.3 GB", "5,3 GB"),
        (10**18, "1000000.0 TB", "1000000,0 TB"),
    ],
)
def test_sizes(number: int, english: str, german: str) -> None:
    told = [words(language).size(number).replace("\xa0", " ") for language in ("en", "de")]
    assert told == [english, german]


@pytest.mark.parametrize(
    ("locale", "forms"),
    [
        ("en-GB", {"one", "other"}),
        ("ja", {"other"}),
        ("pl", {"one", "few", "many", "other"}),
        ("ar", {"zero", "one", "two", "few", "many", "other"}),
        ("fr", {"one", "other"}),  # its "many" is for millions, and may lack
    ],
)
def test_a_language_must_have_the_plurals_of_its_everyday_counts(
    locale: str, forms: set[str]
) -> None:
    assert formats.plurals(locale) == forms


@pytest.mark.parametrize(
    ("tag", "name"),
    [("fr", "French"), ("pt-BR", "Portuguese (Brazil)"), ("qq", "qq"), ("x-1", "x-1")],
)
def test_staff_reads_a_language_by_its_name_and_an_unknown_one_by_its_tag(
    tag: str, name: str
) -> None:
    assert formats.name(tag) == name


def test_texts_are_listed() -> None:
    assert words("en").listed(["a", "b", "c"]) == "a, b and c"
    assert words("de").listed(["a", "b"]) == "a und b"
