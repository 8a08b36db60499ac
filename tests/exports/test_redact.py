"""A withheld value is found in whatever form it slipped into a bundle, and its hit never repeats it."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exports.redact import leaks
from tests.exports import samples

SECRETS = [
    "Bob Svensson",
    'the "other" customer',
    "O'Neill & Sons <info>",
    "Grüße aus Malmö",
    "line one\nline two",
    "سلام على بوب",
    "हिन्दी ग्राहक",
    "C:\\bob\\tax",
]


def with_note(note: str) -> Any:
    one = samples.a_set(samples.CUSTOMERS, [samples.CUSTOMER | {"note": note}], "orders")
    return replace(samples.access(), sets=(one, *samples.access().sets[1:]))


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle into whose messages all the secrets slipped."""
    rows = [{"text": f"See also {secret}, who asked first."} for secret in SECRETS]
    messages = samples.a_set(samples.MESSAGES, rows, "orders", source="support")
    contents = replace(samples.access(), sets=(messages,))
    return samples.built(contents, tmp_path_factory.mktemp("leaking"))


@pytest.mark.parametrize("secret", SECRETS)
def test_a_value_in_the_data_is_found_in_every_member_that_shows_it(
    leaking: Path, secret: str
) -> None:
    assert {finding.member for finding in leaks(leaking, [secret])} == {
        "data/support/messages.json",
        "data/support/messages.csv",
        "viewer/support.messages-0001.js",
        "report.pdf",
    }


def test_what_was_withheld_and_is_not_there_is_not_found(tmp_path: Path) -> None:
    path = samples.built(samples.access(), tmp_path)
    assert leaks(path, SECRETS) == []


def test_a_value_that_reached_only_the_text_of_the_report_is_found(
    leaking: Path, tmp_path: Path
) -> None:
    with_it = leaking
    report_only = tmp_path / "report-only.zip"
    with zipfile.ZipFile(with_it) as bundle, zipfile.ZipFile(report_only, "w") as other:
        other.writestr("report.pdf", bundle.read("report.pdf"))
    (finding,) = leaks(report_only, ["Bob Svensson"])
    assert "in the text of the PDF" in str(finding)


def test_a_value_broken_over_lines_is_found(tmp_path: Path) -> None:
    secret = "the whole story of a very different customer of ours, told at length over more than one line of text"
    path = samples.built(with_note(secret), tmp_path)
    assert "report.pdf" in {finding.member for finding in leaks(path, [secret])}


def test_a_value_in_metadata_and_pages_is_found(tmp_path: Path) -> None:
    base = samples.access()
    contents = replace(base, controller=replace(base.controller, name="Geheim & Co"))
    found = {
        finding.member for finding in leaks(samples.built(contents, tmp_path), ["Geheim & Co"])
    }
    assert {"report.pdf", "START-HERE.html", "processing.json"} <= found


def test_a_value_in_a_name_or_across_a_block_is_found(tmp_path: Path) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("files/svensson.txt", b"")
        bundle.writestr("big.bin", b"x" * ((1 << 20) - 3) + b"svensson")
    assert [finding.member for finding in leaks(path, ["svensson"])] == [
        "files/svensson.txt",
        "big.bin",
    ]


def test_a_hit_does_not_repeat_the_value(leaking: Path) -> None:
    assert "Svensson" not in " ".join(map(str, leaks(leaking, ["Bob Svensson"])))


@pytest.mark.parametrize("short", ["", "DE", "42 ", "   "])
def test_values_too_short_to_tell_from_chance_are_not_searched(leaking: Path, short: str) -> None:
    assert leaks(leaking, [short]) == []
