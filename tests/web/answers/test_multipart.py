"""A form is read the same however its bytes come in, and never beyond its limits."""

import itertools
import os
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.errors import BadInput
from dsar.services.inquiries.files import Drop
from dsar.store.vault import Seal
from dsar.web.answers import multipart
from dsar.web.answers.multipart import MultipartForm, Reader

KIND = "multipart/form-data; boundary=----x"
SEAL = Seal(os.urandom(32))
BODY = (
    b'------x\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\ntwo\r\n'
    b'------x\r\nContent-Disposition: form-data; name="files"; filename="C:\\x\\scan \xc3\xa4%22.pdf"'
    b"\r\nContent-Type: application/pdf\r\n\r\n\r\n------\r\n--x\x00\r\n"
    b'------x\r\nContent-Disposition: form-data; name="files"; filename=""\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\r\n"
    b'------x\r\nContent-Disposition: form-data; name="last"\r\n\r\n\r\n------x--\r\n'
)


def read(
    body: bytes, cuts: list[int], *, limit: int = 1000, kind: str = KIND
) -> tuple[MultipartForm, bytes]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    with closing(Drop(SEAL, "i", limit)) as drop:
        reader = Reader(kind, drop)
        for start, end in itertools.pairwise(places):
            reader.feed(body[start:end])
        form = reader.finish()
        pieces = (
            SEAL.open_bytes(sealed, f"file {file.reference} {number}")
            for _, file in form.files
            for number, sealed in enumerate(drop.sealed(file))
        )
        return form, b"".join(pieces)


@given(st.lists(st.integers(0, 2000), max_size=40))
def test_it_does_not_matter_where_the_body_is_cut(cuts: list[int]) -> None:
    form, content = read(BODY, cuts)
    assert form.fields == {"a": "one\ntwo", "last": ""}
    [(field, file)] = form.files
    assert (field, file.name, file.media_type) == ("files", 'scan ä".pdf', "application/pdf")
    assert content == b"\r\n------\r\n--x\x00"
    assert file.size == len(content)


def test_byte_by_byte() -> None:
    assert read(BODY, list(range(len(BODY))))[0].fields["a"] == "one\ntwo"


@pytest.mark.parametrize("end", [0, 10, 60, 300, len(BODY) - 4])
def test_what_was_cut_off_is_no_form(end: int) -> None:
    with pytest.raises(BadInput, match="did not arrive whole"):
        read(BODY[:end], [])


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_without_a_boundary_it_is_no_form(kind: str) -> None:
    with pytest.raises(BadInput, match="did not arrive whole"):
        read(BODY, [], kind=kind)


def test_files_beyond_the_limit_are_refused() -> None:
    with pytest.raises(BadInput, match="larger than"):
        read(BODY, [], limit=5)


def test_too_many_or_too_long_fields_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MOST_FIELDS", 1)
    with pytest.raises(BadInput, match="too many fields"):
        read(BODY, [])
    monkeypatch.setattr(multipart, "LONGEST_FIELD", 3)
    with pytest.raises(BadInput, match="too long"):
        read(BODY, [])


def test_an_endless_head_is_refused() -> None:
    with pytest.raises(BadInput, match="did not arrive whole"):
        read(b"------x\r\nA: " + b"b" * 10_000, [])
