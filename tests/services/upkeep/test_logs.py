"""A log line has keys from a list and nothing that came from a person or a source."""

import contextlib
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
import structlog

from dsar.services.upkeep import logs


@pytest.fixture
def as_it_was() -> Iterator[None]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


@pytest.fixture
def lines(as_it_was: None) -> Any:
    out = io.StringIO()
    logs.configure(out=out)
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


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


@pytest.mark.usefixtures("as_it_was")
def test_a_line_that_cannot_be_written_is_no_failure_of_whoever_wrote_it() -> None:
    """A full disk, a reader that went away, a stream that was closed."""
    for gone in (full(), broken(), closed()):
        logs.configure(out=gone)
        structlog.get_logger().error("task.failed")
        logging.getLogger("driver").error("could not store")
        with contextlib.suppress(OSError):
            gone.close()


def full() -> TextIO:
    return Path("/dev/full").open("w")


def broken() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream
