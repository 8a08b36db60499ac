"""The calendar file is one every calendar program reads (RFC 5545)."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendar.ical import DueEntry, calendar_file

NOW = datetime(2026, 6, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))


def entry(summary: str = "Due", description: str = "", day: date = date(2026, 7, 1)) -> DueEntry:
    return DueEntry("R-1@dsar", day, summary, description)


def file_of(*entries: DueEntry, name: str = "Due dates") -> str:
    return calendar_file(entries, name=name, now=NOW)


def unfolded(text: str) -> list[str]:
    """Read the file as a program does: join continued lines, then split at line breaks."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def read(value: str) -> str:
    """Undo the escaping of a text value."""
    out, waiting = [], False
    for character in value:
        if waiting:
            out.append({"n": "\n", "N": "\n"}.get(character, character))
            waiting = False
        elif character == "\\":
            waiting = True
        else:
            out.append(character)
    return "".join(out)


def value_of(name: str, lines: list[str]) -> str:
    return next(line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:"))


def test_a_due_date_is_a_whole_day_of_its_own() -> None:
    assert unfolded(file_of(entry("Due: R-1", "Access, eu_gdpr"))) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//dsar//due dates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Due dates",
        "X-WR-CALNAME:Due dates",
        "BEGIN:VEVENT",
        "UID:R-1@dsar",
        "DTSTAMP:20260601T083000Z",
        "DTSTART;VALUE=DATE:20260701",
        "DTEND;VALUE=DATE:20260702",
        "SUMMARY:Due: R-1",
        "DESCRIPTION:Access\\, eu_gdpr",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_a_day_at_the_end_of_a_year_ends_in_the_next() -> None:
    assert "DTEND;VALUE=DATE:20270101" in file_of(entry(day=date(2026, 12, 31)))


def test_a_calendar_without_entries_is_a_calendar() -> None:
    assert unfolded(file_of())[-1] == "END:VCALENDAR"
    assert "VEVENT" not in file_of()


def test_every_entry_stands_in_the_file_in_its_order() -> None:
    text = file_of(*[entry(f"number {n}") for n in range(50)])
    found = [line for line in unfolded(text) if line.startswith("SUMMARY")]
    assert found == [f"SUMMARY:number {n}" for n in range(50)]


def test_what_has_a_meaning_in_the_format_is_escaped() -> None:
    lines = unfolded(file_of(entry("a;b,c\\d\ne\r\nf\rg")))
    assert value_of("SUMMARY", lines) == "a\\;b\\,c\\\\d\\ne\\nf\\ng"


def test_text_cannot_add_a_line_of_its_own() -> None:
    lines = unfolded(file_of(entry("x\r\nATTENDEE:mailto:someone@example.org", "\x00\x1b\x7fy\n")))
    assert not any(line.startswith("ATTENDEE") for line in lines)
    assert value_of("DESCRIPTION", lines) == "y\\n"


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=300))
def test_any_text_comes_back_as_it_was_and_no_line_is_too_long(text: str) -> None:
    written = file_of(entry(text), name=text)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    lines = unfolded(written)
    assert read(value_of("SUMMARY", lines)) == text
    assert read(value_of("NAME", lines)) == text


def test_a_line_of_exactly_75_octets_is_not_folded_and_one_more_is() -> None:
    assert "\r\n " not in file_of(entry("x" * (75 - len("SUMMARY:"))))
    assert "\r\n " in file_of(entry("x" * (76 - len("SUMMARY:"))))


def test_the_stamp_is_utc() -> None:
    at_utc = calendar_file([entry()], name="x", now=NOW.astimezone(UTC))
    assert at_utc == calendar_file([entry()], name="x", now=NOW)
