"""The ZIP we write forwards is one that any program reads, at any size, under safe names."""

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import archive
from exports.archive import Archive, Names, slug

MOMENT = datetime(2026, 11, 20, 9, 30, 10, tzinfo=UTC)


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
