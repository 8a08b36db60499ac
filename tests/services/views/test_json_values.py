"""A view becomes JSON by one rule: no command says how a date or a choice is written."""

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dsar.domain.lifecycle import By, State
from dsar.services.views.json_values import as_json
from dsar.services.views.tickets import TicketView
from tests.web.examples import VIEW


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (State.IN_REVIEW, "in_review"),
        (datetime(2026, 11, 22, 8, 28, 38, tzinfo=UTC), "2026-11-22T08:28:38Z"),
        (
            datetime(2026, 11, 22, 9, 28, 38, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-22T08:28:38Z",
        ),
        (date(2026, 11, 22), "2026-11-22"),
        ((1, None, True, 1.5), [1, None, True, 1.5]),
        ({By.STAFF: (date(2026, 1, 2),)}, {"staff": ["2026-01-02"]}),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Path("a/b"), "a/b"),
    ],
)
def test_each_kind_of_value_has_its_form(value: object, written: object) -> None:
    assert as_json(value) == written


def test_a_view_is_a_table_of_its_fields() -> None:
    told = as_json(VIEW)
    assert list(told) == [one.name for one in fields(TicketView)]
    assert told["due_on"] == "2026-12-22"
    assert told["coverage"][0]["kept"][0]["until"] == "2026-12-22"
    assert json.loads(json.dumps(told)) == told


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        as_json({"a": object()})
