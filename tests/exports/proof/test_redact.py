"""A withheld value is found in whatever form it slipped into a bundle, and its hit never repeats it."""

import gc
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exports.proof import redact
from exports.proof.redact import LeakFound, WithheldValue, everybody, leaks, refuse, telling
from tests.exports import samples

SECRETS = [
    "Bob Svensson",
    'the "other" customer',
    "O'Neill & Sons <info>",
    "Grüße aus Malmö",
    "line one\nline two",
    "سلام على بوب",
    "हिन्दी ग्राहक",
    "王小明",
    "ลูกค้าอื่น",
    "C:\\bob\\new\\tax",
    "“Bobby” – 🎉 party",
    "+46 70 555 66 77",
    "a" * 300,
    "x\x07bell rings",
]


def secret(*values: Any) -> list[WithheldValue]:
    return [WithheldValue("crm.notes.text", value) for value in values]


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


@pytest.mark.parametrize("value", SECRETS)
def test_a_value_in_the_data_is_found_in_every_member_that_shows_it(
    leaking: Path, value: str
) -> None:
    assert {finding.member for finding in leaks(leaking, secret(value))} == {
        "data/support/messages.json",
        "data/support/messages.csv",
        "viewer/support.messages-0001.js",
        "report.pdf",
    }


def test_what_was_withheld_and_is_not_there_is_not_found(tmp_path: Path) -> None:
    path = samples.built(samples.access(), tmp_path)
    assert leaks(path, secret(*SECRETS)) == []


def test_a_value_that_reached_only_the_text_of_the_report_is_found(leaking: Path) -> None:
    with zipfile.ZipFile(leaking) as bundle:
        report = bundle.read("report.pdf")
    assert b"Svensson" not in report
    (finding,) = leaks(zipped({"report.pdf": report}), secret("Bob Svensson"))
    assert str(finding) == "report.pdf: holds what was withheld as crm.notes.text."


def test_a_value_broken_over_lines_is_found(tmp_path: Path) -> None:
    value = "the whole story of a very different customer of ours, told at length over more than one line of text"
    path = samples.built(with_note(value), tmp_path)
    assert "report.pdf" in {finding.member for finding in leaks(path, secret(value))}


def test_of_a_long_text_its_beginning_is_found(tmp_path: Path) -> None:
    letter = " ".join(f"word{n}" for n in range(1_000))
    path = samples.built(with_note(letter[:2_500]), tmp_path)
    assert "report.pdf" in {finding.member for finding in leaks(path, secret(letter))}


def test_a_value_in_metadata_and_pages_is_found(tmp_path: Path) -> None:
    base = samples.access()
    contents = replace(base, controller=replace(base.controller, name="Geheim & Cö"))
    path = samples.built(contents, tmp_path)
    found = {finding.member for finding in leaks(path, secret("Geheim & Cö"))}
    assert {"report.pdf", "START-HERE.html", "processing.json"} <= found


def zipped(members: dict[str, bytes]) -> io.BytesIO:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return held


def test_a_value_in_a_name_or_across_a_block_is_found() -> None:
    bundle = zipped({
        "files/svensson.txt": b"",
        "big.bin": b"x" * ((1 << 20) - 5) + b" svensson",
        "long.bin": b"y " * (1 << 20) + b"z" * 9_000,
        "harmless.bin": b"svenssons Berg",
    })  # fmt: skip
    found = leaks(bundle, secret("svensson", "z" * 9_000))
    assert [finding.member for finding in found] == ["files/svensson.txt", "big.bin", "long.bin"]


@pytest.mark.parametrize(
    "text",
    [b"BOB svensson", b'{"a":"Bob\\nSvensson"}', b'dsar("[{\\"a\\":\\"Bob\\\\nSvensson\\"}]")',
     b"Bob\\u0020Svensson", b"> Bob\r\n> Svensson", b"Bob\xc2\xa0Svensson", b"Bob&#34;Svensson",
     b"bob-svensson.jpg", b"\xe2\x80\x9cBob Svensson\xe2\x80\x9d"],
)  # fmt: skip
def test_case_quoting_and_escapes_hide_nothing(text: bytes) -> None:
    assert leaks(zipped({"x.bin": text}), secret("Bob Svensson"))


def test_values_within_lists_and_objects_are_searched_one_by_one() -> None:
    value = {"others": [{"name": "Bob Svensson"}], "number": 46705556677}
    for text in (b"Bob Svensson", b"46705556677"):
        assert leaks(zipped({"x.bin": text}), secret(value))


def test_a_hit_names_file_and_field_and_does_not_repeat_the_value(leaking: Path) -> None:
    found = leaks(leaking, secret("Bob Svensson"))
    with pytest.raises(LeakFound) as refused:
        refuse(found)
    assert "data/support/messages.json: holds what was withheld as crm.notes.text." in str(
        refused.value
    )
    assert "Svensson" not in str(refused.value)
    refuse([])


@pytest.mark.parametrize(
    "common", ["", "DE", "42 ", "   ", "–––––", 2026, 245.5, "2026-03-02", True, None, [], 111_51,
               "2026-03-02T08:12:00Z", "2026-03-02 08:12", "12/34", "王"],
)  # fmt: skip
def test_values_that_tell_nothing_are_not_searched(leaking: Path, common: Any) -> None:
    assert not any(map(telling, redact.texts_of(common)))
    assert leaks(leaking, secret(common)) == []


def test_what_was_handed_over_as_a_value_elsewhere_is_no_leak(tmp_path: Path) -> None:
    contents = samples.access(0)
    path = samples.built(contents, tmp_path)
    values = secret("cancelled", "Editor Team, 5 seats", "urgent", "licence key stopped")

    def released() -> Iterator[Any]:
        for records in contents.sets:
            yield from (record.data for record in records.records())

    found = {finding.member for finding in leaks(path, values, released=released)}
    assert "data/support/messages.json" in found
    assert "data/shop/orders.json" not in found
    assert not leaks(path, values[:3], released=released)


def test_what_the_bundle_tells_everybody_is_no_leak_but_remarks_of_staff_are(
    tmp_path: Path,
) -> None:
    contents = samples.access(0)
    path = samples.built(contents, tmp_path)
    told = ["Web shop", "paid", "ada@lindqvist.example", "Zahlwerk AG", "licence", "status"]
    assert leaks(path, secret(*told))
    known = [*everybody(contents)]
    assert not leaks(path, secret("Web shop", "paid", "Zahlwerk AG", "status"), everybody=known)
    assert not leaks(path, secret("ada@lindqvist.example"), everybody=known)
    assert leaks(path, secret("another customer's contract"), everybody=known)


def test_memory_does_not_grow_with_the_number_of_values(leaking: Path) -> None:
    def many(count: int) -> Iterator[WithheldValue]:
        for n in range(count):
            yield WithheldValue("crm.notes.text", f"note {n} of somebody else, number {n * 7}")

    def peak(count: int) -> int:
        gc.collect()
        tracemalloc.start()
        assert leaks(leaking, many(count)) == []
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)  # what is made once, at first use
    assert peak(4 * redact.BATCH) < 1.1 * peak(2 * redact.BATCH)


def test_a_value_far_down_the_list_is_found(leaking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "BATCH", 3)
    values = secret(*(f"nobody {n}" for n in range(10)), "Bob Svensson")
    assert len(leaks(leaking, values)) == 4
