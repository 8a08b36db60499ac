"""`dsar due`: JSON Lines in, JSON Lines out; a bad line is named and stops no other."""

import json
import time

import pytest
import typer
from typer.testing import CliRunner, Result

from dsar.cli.due import answers, due

app = typer.Typer()
app.command()(due)
LINE = {
    "regime": "eu_gdpr",
    "country": "DE",
    "subdivision": None,
    "timezone": "Europe/Berlin",
    "right": "access",
    "received_at": "2026-01-31T10:00:00+01:00",
    "events": [{"type": "extension_notified", "at": "2026-02-20T09:00:00Z", "months": 2}],
}
CONTRACT = [
    "clock_start",
    "ack_by",
    "extension_notice_by",
    "due",
    "due_extended",
    "extension_valid",
    "appeal_due",
    "appeal_due_extended",
    "due_latest_arguable",
    "effective_due",
    "deadline_passes_at_utc",
    "in_force",
    "explanation",
]


def run(*lines: object) -> Result:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return CliRunner().invoke(app, [], input=text)


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def only_error(line: object) -> dict[str, object]:
    result = run(line)
    assert result.exit_code == 1
    (answer,) = told(result)
    assert set(answer) == {"error"}
    error = answer["error"]
    assert isinstance(error, dict)
    assert set(error) == {"line", "field", "problem", "mend"}
    assert error["problem"]
    assert error["mend"]
    return error


def test_a_line_gives_every_date_with_its_derivation() -> None:
    result = run(LINE)
    assert result.exit_code == 0
    (answer,) = told(result)
    assert set(CONTRACT) <= set(answer)
    assert answer["due"] == "2026-03-02"
    assert answer["extension_notice_by"] == "2026-03-02"
    assert answer["due_extended"] == answer["effective_due"] == "2026-04-30"
    assert answer["extension_valid"] is True
    assert answer["deadline_passes_at_utc"] == "2026-04-30T22:00:00Z"
    assert answer["in_force"] is True
    assert answer["ack_by"] is None
    steps = answer["explanation"]
    assert isinstance(steps, list)
    assert all(set(step) == {"rule", "input", "result", "kind", "facts"} for step in steps)


def test_an_event_may_be_a_date_and_missing_events_are_none() -> None:
    line = LINE | {"events": [{"type": "extension_notified", "at": "2026-02-20"}]}
    without = {key: value for key, value in LINE.items() if key not in ("events", "subdivision")}
    first, second, third = told(run(line, without, LINE | {"events": None}))
    assert first["effective_due"] == "2026-04-30"
    assert second["effective_due"] == third["effective_due"] == "2026-03-02"
    assert second["extension_valid"] is None


def test_the_callers_own_id_is_handed_back() -> None:
    assert told(run(LINE | {"id": {"a": [1]}}))[0]["id"] == {"a": [1]}
    assert "id" not in told(run(LINE))[0]


def test_a_bad_line_is_named_and_the_others_go_on() -> None:
    result = run(LINE, "", "nonsense", LINE | {"regime": "xx"}, LINE)
    assert result.exit_code == 1
    first, second, third, fourth = told(result)
    assert first == fourth
    assert second["error"] == {
        "line": 3,
        "field": "line",
        "problem": "It is no JSON.",
        "mend": "Give one JSON object on the line.",
    }
    error = third["error"]
    assert isinstance(error, dict)
    assert (error["line"], error["field"]) == (4, "regime")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"regime": "martian_law"}, "regime"),
        ({"regime": None}, "regime"),
        ({"regime": ["eu_gdpr"]}, "regime"),
        ({"country": "ZZ"}, "country"),
        ({"country": None}, "country"),
        ({"country": 49}, "country"),
        ({"subdivision": "XX"}, "subdivision"),
        ({"subdivison": "BY"}, "subdivison"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"right": "opt_out"}, "right"),
        ({"right": 15}, "right"),
        ({"received_at": "2026-01-31T10:00:00"}, "received_at"),
        ({"received_at": "2026-01-31"}, "received_at"),
        ({"received_at": "2026-02-30T10:00:00Z"}, "received_at"),
        ({"received_at": 1769850000}, "received_at"),
        ({"received_at": "9999-12-31T23:59:59-12:00"}, "received_at"),
        ({"events": {"type": "x"}}, "events"),
        ({"events": "none"}, "events"),
        ({"events": ["x"]}, "events[0]"),
        ({"events": [{"type": "teatime", "at": "2026-02-20"}]}, "events[0].type"),
        ({"events": [{"at": "2026-02-20"}]}, "events[0].type"),
        ({"events": [{"type": "appeal_received"}]}, "events[0].at"),
        ({"events": [{"type": "appeal_received", "at": "soon"}]}, "events[0].at"),
        ({"events": [{"type": "appeal_received", "at": "2026-02-20T10:00"}]}, "events[0].at"),
        ({"events": [{"type": "appeal_received", "at": "2026-01-30"}]}, "events[0].at"),
        ({"events": [{"type": "appeal_received", "at": "2026-02-20", "by": 1}]}, "events[0].by"),
        (
            {"events": [{"type": "extension_notified", "at": "2026-02-20", "months": "2"}]},
            "events[0].months",
        ),
        (
            {"events": [{"type": "extension_notified", "at": "2026-02-20", "days": True}]},
            "events[0].days",
        ),
        (
            {"events": [{"type": "extension_notified", "at": "2026-02-20", "days": 1.5}]},
            "events[0].days",
        ),
        (
            {
                "events": [
                    {"type": "identity_requested", "at": "2026-02-20"},
                    {"type": "identity_received", "at": "2026-02-19"},
                ]
            },
            "events[1].at",
        ),
    ],
)
def test_what_is_wrong_is_named_by_field(change: dict[str, object], field: str) -> None:
    assert only_error(LINE | change)["field"] == field


@pytest.mark.parametrize("key", ["regime", "country", "timezone", "right", "received_at"])
def test_a_missing_field_is_named(key: str) -> None:
    assert only_error({name: value for name, value in LINE.items() if name != key})["field"] == key


@pytest.mark.parametrize(
    "line",
    ["[1]", '"x"', "null", "{", '{"regime": "eu_gdpr"} {}', "[" * 100_000, "\ud800x" * 0 + "\x00"],
)
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    assert only_error(line)["field"] == "line"


def test_a_key_that_stands_twice_is_refused() -> None:
    assert only_error('{"regime": "eu_gdpr", "regime": "uk_gdpr"}')["field"] == "regime"


def test_bytes_that_are_no_text_and_lines_without_end_are_refused() -> None:
    fields = [answer["error"] for answer in answers([b"\xff\xfe\n", b" " + b"x" * 1_000_001])]
    assert [error["field"] for error in fields if isinstance(error, dict)] == ["line", "line"]


def test_half_a_character_in_the_input_does_not_stop_the_others() -> None:
    result = run('{"id": "\\ud800", "regime": "eu_gdpr"}', LINE | {"id": "ü"}, LINE)
    assert result.exit_code == 1
    assert len(told(result)) == 3
    assert told(result)[1]["id"] == "ü"


def test_nothing_in_gives_nothing_out() -> None:
    result = run("")
    assert (result.exit_code, result.stdout) == (0, "")


def test_ten_thousand_lines_take_seconds() -> None:
    started = time.process_time()
    result = run(*[LINE] * 10_000)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 10_000
    assert time.process_time() - started < 10
