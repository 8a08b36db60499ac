"""The ZIP we write forwards is one that any program reads, at any size, under safe names."""

import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.data import archive
from exports.data.archive import Archive, Member, Names, PackedForm, SharedDeflate, slug

MOMENT = datetime(2026, 11, 20, 9, 30, 10, tzinfo=UTC)


#: What repeats, so that deflate refers back to it, and what does not.
PIECES = st.sampled_from([b"", b"a line of words\n" * 4, bytes(range(99))]) | st.binary(max_size=90)


def written(tmp_path: Path, members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with Archive(out, tmp_path, moment=MOMENT) as made:
        for name, content in members.items():
            made.put(name, content, "text/plain")
        made.finish()
    return out.getvalue()


@settings(deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,20}", fullmatch=True), st.binary(max_size=500), max_size=5
    )
)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]
) -> None:
    content = written(tmp_path_factory.getbasetemp(), members)
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == members
        assert read.namelist() == sorted(members)


@settings(deadline=None)
@given(
    st.lists(st.tuples(PIECES, PIECES, st.integers(0, 3)), max_size=4),
    st.sampled_from([1, 6]),
    st.booleans(),
)
def test_what_members_share_stands_in_each_between_what_they_do_not(
    tmp_path_factory: pytest.TempPathFactory,
    pieces: list[tuple[bytes, bytes, int]],
    level: int,
    stored: bool,
) -> None:
    out, held = io.BytesIO(), {"one": b"", "two": b""}
    with Archive(out, tmp_path_factory.getbasetemp(), moment=MOMENT) as made:
        one, two = made.spool(level=level), made.spool(stored=stored)
        for own, same, often in pieces:
            one.write(own)
            held["one"] += own
            shared = SharedDeflate(one, two, level=level)
            for content in [same, same * 900] * often:
                shared.write(content)
                held = {name: before + content for name, before in held.items()}
            shared.finish()
            two.write(own * 3)
            held["two"] += own * 3
        made.add("one", one, "text/plain")
        made.add("two", two, "text/plain")
        made.finish()
    with zipfile.ZipFile(out) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in held} == held


def test_every_member_carries_the_moment_of_the_bundle_and_plain_rights(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(written(tmp_path, {"a": b"1"}))) as read:
        (entry,) = read.infolist()
        assert entry.date_time == (2026, 11, 20, 9, 30, 10)
        assert entry.external_attr >> 16 == 0o100644


@pytest.mark.parametrize(("size", "count"), [(10, 0xFFFF), (1, 0xFFFF), (0xFFFFFFFF, 2), (30, 1)])
def test_beyond_the_old_limits_the_archive_is_zip64(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, count: int
) -> None:
    monkeypatch.setattr(archive, "ZIP64_SIZE", size)
    monkeypatch.setattr(archive, "ZIP64_COUNT", count)
    members = {"big": bytes(range(256)) * 4, "small": b"12", "last": b"hello world" * 9}
    content = written(tmp_path, members)
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in members} == members
    if unzip := shutil.which("unzip"):
        (tmp_path / "big.zip").write_bytes(content)
        subprocess.run([unzip, "-tq", tmp_path / "big.zip"], check=True)


def test_a_failed_build_leaves_no_open_file(tmp_path: Path) -> None:
    def fail() -> None:
        with Archive(io.BytesIO(), tmp_path, moment=MOMENT) as made:
            made.spool().write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None)
@given(st.text(max_size=120))
def test_a_slug_is_a_safe_file_name_everywhere(text: str) -> None:
    name = slug(text)
    assert 1 <= len(name) <= 82
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert not name.startswith(("-", "."))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows", "c-windows"),
        ("CON", "con-x"),
        ("lpt9", "lpt9-x"),
        ("顧客", "x"),
        ("Größe  & Maß", "grosse-mass"),
        (".hidden", "hidden"),
    ],
)
def test_names_from_sources_never_become_paths(text: str, name: str) -> None:
    assert slug(text) == name


def test_two_sources_with_one_slug_do_not_collide() -> None:
    names = Names()
    found = [names.unique("data", "CRM", kind) for kind in ("A b", "a-b", "A/B", "a b 2")]
    assert len({name.lower() for name in found}) == 4


class Sparse:
    """A file in which blocks of zeros take no room."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        if any(data[:64]) or len(data) < 1 << 20:
            self._file.write(data)
        else:
            self._file.seek(len(data), io.SEEK_CUR)


def test_a_file_beyond_four_gibibytes_and_what_stands_behind_it_are_found(tmp_path: Path) -> None:
    """Really written, not pretended; the zeros take no room on the disk."""
    block, count = bytes(1 << 24), 257
    crc = 0
    for _ in range(count):
        crc = zlib.crc32(block, crc)
    size = len(block) * count
    path = tmp_path / "huge.zip"
    with path.open("wb") as file, Archive(Sparse(file), tmp_path, moment=MOMENT) as made:
        huge = Member("files/film.mp4", size, "ab" * 32, "video/mp4")
        made.copy(huge, PackedForm(crc, size, zipfile.ZIP_STORED), (block for _ in range(count)))
        made.put("letter.txt", b"behind the film", "text/plain")
        made.finish()
    assert path.stat().st_size > 1 << 32
    assert path.stat().st_blocks * 512 < 1 << 25
    with zipfile.ZipFile(path) as read:
        assert read.getinfo("files/film.mp4").file_size == size
        assert read.getinfo("letter.txt").header_offset > 1 << 32
        assert read.read("letter.txt") == b"behind the film"
    if unzip := shutil.which("unzip"):
        said = subprocess.run(
            [unzip, "-p", path, "letter.txt"], check=True, capture_output=True
        ).stdout
        assert said == b"behind the film"
