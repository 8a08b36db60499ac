"""A bundle is handed out whole or in ranges, exactly as it was built, or not at all."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from dsar.services.bundles import deliver
from dsar.services.bundles.deliver import StoredBundle
from dsar.services.runtime.installation import reading, transaction
from dsar.services.runtime.journal import history
from dsar.store.files.frames import FRAME
from dsar.store.tables import BundleRow
from dsar.store.tickets import by_ref
from dsar.web.console.bundle import ByteRange, wanted
from dsar.web.console.ticket import page
from tests.company import BEN
from tests.web.conftest import visitor
from tests.web.filled import Filled


def address(own: Filled) -> str:
    return f"/tickets/{own.refs['done']}/bundles/1"


def kept(own: Filled) -> Path:
    return next(
        (own.installation.settings.at(own.installation.settings.storage) / "bundles").glob(
            "*.sealed"
        )
    )


def test_the_bundle_comes_as_it_was_built_as_a_file_to_keep(own: Filled) -> None:
    ref = own.refs["done"]
    (told,) = page(own.installation, BEN, ref).view.bundles
    answer = visitor(own).get(f"/tickets/{ref}/bundles/1")
    assert answer.headers["content-disposition"] == f'attachment; filename="{told.file}"'
    assert answer.headers["content-type"] == "application/zip"
    assert hashlib.sha256(answer.content).hexdigest() == told.sha256
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_every_answer_says_that_ranges_are_served_and_what_it_hashes_to(own: Filled) -> None:
    (told,) = page(own.installation, BEN, own.refs["done"]).view.bundles
    head = visitor(own).head(address(own))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(told.bytes)
    assert head.headers["etag"] == f'"{told.sha256}"'
    assert head.headers["accept-ranges"] == "bytes"
    assert head.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-7", -7, None),
     ("bytes=5-999999999", 5, None), ("bytes=0-0", 0, 1)],
)  # fmt: skip
def test_a_range_is_that_part_of_the_whole(
    own: Filled, asked: str, start: int, stop: int | None
) -> None:
    browser = visitor(own)
    whole = browser.get(address(own)).content
    answer = browser.get(address(own), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[start:stop]
    first = start if start >= 0 else len(whole) + start
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_told_the_size(own: Filled, asked: str) -> None:
    answer = visitor(own).get(address(own), headers={"Range": asked})
    (told,) = page(own.installation, BEN, own.refs["done"]).view.bundles
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{told.bytes}"


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=0-1,5-6", "lines=0-9", "bytes=-", "bytes=a-b", "bytes", ""]
)
def test_what_is_no_single_range_is_answered_with_the_whole(own: Filled, asked: str) -> None:
    answer = visitor(own).get(address(own), headers={"Range": asked})
    (told,) = page(own.installation, BEN, own.refs["done"]).view.bundles
    assert (answer.status_code, len(answer.content)) == (200, told.bytes)


def test_a_download_goes_on_only_with_the_same_bundle(own: Filled) -> None:
    (told,) = page(own.installation, BEN, own.refs["done"]).view.bundles
    for tag, status in ((f'"{told.sha256}"', 206), ('"another"', 200), (f'W/"{told.sha256}"', 200)):
        headers = {"Range": "bytes=5-", "If-Range": tag}
        assert visitor(own).get(address(own), headers=headers).status_code == status


def fetches(own: Filled) -> list[dict[str, Any]]:
    """What the journal says of each time the bundle was handed out."""
    with reading(own.installation) as session:
        entries = history(session, by_ref(session, own.refs["done"]))
        return [dict(entry.data) for entry in entries if entry.event == "bundle_fetched"]


def test_each_time_it_is_handed_out_is_in_the_journal_and_looking_is_not(own: Filled) -> None:
    browser, ref = visitor(own), own.refs["done"]
    before = len(fetches(own))
    browser.head(address(own))
    browser.get(address(own), headers={"Range": "bytes=999999999-"})
    browser.get(address(own))
    browser.get(address(own), headers={"Range": "bytes=100-199"})
    whole, part = fetches(own)[before:]
    assert (whole["start"], part["start"], part["stop"]) == (0, 100, 200)
    assert "console fetched bundle 1, from 100 bytes on." in browser.get(f"/tickets/{ref}").text


def damaged(own: Filled) -> None:
    content = bytearray(kept(own).read_bytes())
    content[100] ^= 1
    kept(own).write_bytes(bytes(content))


def gone(own: Filled) -> None:
    kept(own).unlink()


def of_another(own: Filled) -> None:
    """The sealed file of another bundle under this one's name, of the same length."""
    size = kept(own).stat().st_size
    kept(own).write_bytes(b"DSARFRM1" + bytes(size - 8))


def keyless(own: Filled) -> None:
    with transaction(own.installation) as session:
        row = session.exec(select(BundleRow)).one()
        row.sealed_key = None
        session.add(row)


def shortened(own: Filled) -> None:
    kept(own).write_bytes(kept(own).read_bytes()[:-40])


def plain(own: Filled) -> None:
    """Somebody put an ordinary ZIP in its place: it is not what was built, so nobody gets it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("START-HERE.html", "<h1>trust me</h1>")
    kept(own).write_bytes(out.getvalue())


@pytest.mark.parametrize("broken", [damaged, gone, of_another, keyless, shortened, plain])
def test_what_is_not_as_it_was_built_is_refused_in_words_and_nothing_else_is_given(
    own: Filled, broken: Callable[[Filled], None]
) -> None:
    broken(own)
    answer = visitor(own).get(address(own))
    assert answer.status_code == 410
    assert "text/html" in answer.headers["content-type"]
    assert f"dsar bundle build {own.refs['done']}" in answer.text
    assert b"PK\x03\x04" not in answer.content


def test_a_frame_that_is_damaged_ends_the_answer_before_the_first_wrong_byte(own: Filled) -> None:
    with reading(own.installation) as session:
        path = session.exec(select(BundleRow)).one().path
    stored_bundle = deliver.stored_bundle(own.installation, BEN, own.refs["done"])
    content = bytes(3 * FRAME + 5)
    file = kept(own)
    assert file.name == path.rpartition("/")[2]
    with file.open("wb") as out:
        sealing = deliver.seal_for(stored_bundle.key, path).sealing(out)
        sealing.write(content)
        sealing.finish()
    sealed = bytearray(file.read_bytes())
    sealed[24 + 2 * (FRAME + 16) + 7] ^= 1
    file.write_bytes(bytes(sealed))
    got: list[bytes] = []
    with pytest.raises(deliver.NotDeliverable):
        got.extend(replace(stored_bundle, size=len(content)).read())
    assert b"".join(got) == content[: 2 * FRAME]


def test_memory_does_not_grow_with_the_bundle(own: Filled) -> None:
    """Sixty-four frames pass; about one is held."""
    stored_bundle, file = deliver.stored_bundle(own.installation, BEN, own.refs["done"]), kept(own)
    with file.open("wb") as out:
        sealing = deliver.seal_for(stored_bundle.key, stored_bundle.kept).sealing(out)
        for _ in range(64):
            sealing.write(bytes(FRAME))
        sealing.finish()
    tracemalloc.start()
    try:
        passed = sum(len(block) for block in replace(stored_bundle, size=64 * FRAME).read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert passed == 64 * FRAME
    assert peak < 6 * FRAME


def a_stored_bundle(size: int) -> StoredBundle:
    nothing = object()
    return StoredBundle("t", "R", 1, "R-1.zip", size, "ab" * 32, "bundles/x", bytes(32), nothing)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 10])
@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-5", "bytes=3-4", "bytes=9-", None])
def test_no_range_ever_leads_out_of_the_bundle(asked: str | None, size: int) -> None:
    span = wanted(asked, None, a_stored_bundle(size))
    assert span is None or (0 <= span.start <= span.stop <= size)
    assert asked is not None or span == ByteRange(0, size, whole=True)


def test_a_path_in_the_database_never_leads_out_of_the_storage(own: Filled) -> None:
    secret = own.installation.settings.folder / "dsar.toml"
    with transaction(own.installation) as session:
        row = session.exec(select(BundleRow)).one()
        row.path = f"../{secret.name}"
        session.add(row)
    assert visitor(own).get(f"/tickets/{own.refs['done']}/bundles/1").status_code == 410
