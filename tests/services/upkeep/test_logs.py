"""A log line has keys from a list and nothing that came from a person or a source."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from dsar.services.upkeep import logs


@pytest.fixture
def lines() -> Iterator[Any]:
    out = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure(out=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def test_a_key_that_is_not_on_the_list_is_dropped_and_named(lines: Any) -> None:
    structlog.get_logger().info("task.failed", task="t1", email="jane@example.org")
    (line,) = lines()
    assert (line["event"], line["task"], line["dropped"]) == ("task.failed", "t1", ["email"])
    assert "jane" not in json.dumps(line)


def fail() -> None:
    raise ValueError("jane@example.org")


def test_another_librarys_line_keeps_its_template_and_not_what_fills_it(lines: Any) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("driver").exception("could not store %s", "jane@example.org")
    (line,) = lines()
    assert (line["event"], line["error"]) == ("could not store %s", "ValueError")
    assert "jane" not in json.dumps(line)


def test_an_exception_given_to_the_log_does_not_quote_itself(lines: Any) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("task.failed")
    assert "jane" not in json.dumps(lines())
