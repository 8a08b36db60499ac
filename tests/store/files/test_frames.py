"""A sealed bundle opens only whole, unchanged, in its place and with its own key."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from dsar.store.files.frames import FRAME, CannotOpen, FrameSeal, SealedReader, SealingWriter
from exports import build, verify
from tests.exports import samples

SEAL = FrameSeal(bytes(range(32)), "DSR-2026-0042")
SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 7]


def sealed(plain: bytes, seal: FrameSeal = SEAL) -> bytes:
    out = io.BytesIO()
    sealing = SealingWriter(out, seal)
    for start in range(0, len(plain), 100_000):
        sealing.write(plain[start : start + 100_000])
    sealing.finish()
    return out.getvalue()


def opened(content: bytes, seal: FrameSeal = SEAL) -> bytes:
    return b"".join(SealedReader(io.BytesIO(content), seal).read())


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens_as_it_was(size: int) -> None:
    plain = os.urandom(size)
    content = sealed(plain)
    assert opened(content) == plain
    assert SealedReader(io.BytesIO(content), SEAL).size == size


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 10), (FRAME - 5, FRAME + 5), (2 * FRAME, None), (FRAME, 2 * FRAME), (5, 5)],
)
def test_any_range_is_read_alone(start: int, stop: int | None) -> None:
    plain = os.urandom(3 * FRAME + 7)
    assert (
        b"".join(SealedReader(io.BytesIO(sealed(plain)), SEAL).read(start, stop))
        == plain[start:stop]
    )


def test_a_range_reads_only_the_frames_it_needs() -> None:
    content = bytearray(sealed(bytes(3 * FRAME)))
    content[-1] ^= 1
    kept = SealedReader(io.BytesIO(bytes(content)), SEAL)
    assert b"".join(kept.read(0, FRAME)) == bytes(FRAME)
    with pytest.raises(CannotOpen):
        list(kept.read(2 * FRAME, 2 * FRAME + 1))


@pytest.mark.parametrize(
    "seal", [FrameSeal(bytes(32), SEAL.bundle), FrameSeal(SEAL.key, "DSR-2026-0043")]
)
def test_another_key_or_another_bundle_opens_nothing(seal: FrameSeal) -> None:
    with pytest.raises(CannotOpen, match="Nothing is delivered"):
        opened(sealed(b"secret"), seal)


@pytest.mark.parametrize("key", [b"", b"short", bytes(16), bytes(33)])
def test_a_lost_key_is_refused_before_anything_is_read(key: bytes) -> None:
    with pytest.raises(CannotOpen, match="its key is gone"):
        FrameSeal(key, "DSR-1")


def cut(content: bytes) -> bytes:
    return content[: 24 + 2 * (FRAME + 16)]


def swapped(content: bytes) -> bytes:
    frame = FRAME + 16
    return (
        content[:24]
        + content[24 + frame : 24 + 2 * frame]
        + content[24 : 24 + frame]
        + content[24 + 2 * frame :]
    )


def repeated(content: bytes) -> bytes:
    return content + content[-(FRAME + 16) :]


def flipped(content: bytes) -> bytes:
    return content[:100] + bytes([content[100] ^ 1]) + content[101:]


def shortened(content: bytes) -> bytes:
    return content[:-3]


def headless(content: bytes) -> bytes:
    return content[:20]


def shifted(content: bytes) -> bytes:
    return b"PK" + content


def resalted(content: bytes) -> bytes:
    return content[:8] + bytes(16) + content[24:]


@pytest.mark.parametrize(
    "change", [cut, swapped, repeated, flipped, resalted, shortened, headless, shifted]
)
def test_no_frame_can_be_cut_moved_repeated_or_changed(change: object) -> None:
    content = change(sealed(os.urandom(3 * FRAME)))  # type: ignore[operator]
    with pytest.raises(CannotOpen):
        opened(content)


def test_sealing_twice_with_one_key_shares_no_byte_stream() -> None:
    one, two = sealed(bytes(1000)), sealed(bytes(1000))
    assert one[24:] != two[24:]


def test_a_bundle_is_built_straight_into_its_seal(tmp_path: Path) -> None:
    plain = build(samples.review(), tmp_path / "plain.zip")
    kept = build(samples.review(), tmp_path / "kept.sealed", seal_with=SEAL)
    assert (kept.sha256, kept.bytes) == (plain.sha256, plain.bytes)
    assert opened(kept.path.read_bytes()) == plain.path.read_bytes()
    assert b"START-HERE" not in kept.path.read_bytes()
    again = tmp_path / "again.zip"
    again.write_bytes(opened(kept.path.read_bytes()))
    assert verify(again) == []


def test_no_key_is_in_an_error_or_a_representation_of_bytes() -> None:
    with pytest.raises(CannotOpen) as caught:
        opened(sealed(b"secret"), FrameSeal(b"k" * 32, "DSR-1"))
    assert "kkkk" not in str(caught.value)


def test_a_sealed_file_is_read_like_any_file(tmp_path: Path) -> None:
    plain = os.urandom(2 * FRAME + 7)
    with SealedReader(io.BytesIO(sealed(plain)), SEAL).stream() as file:
        assert file.read(10) == plain[:10]
        file.seek(-9, os.SEEK_END)
        assert file.read() == plain[-9:]
        file.seek(FRAME - 3)
        assert file.read(6) == plain[FRAME - 3 : FRAME + 3]
        assert file.read(0) == b""


def test_a_sealed_bundle_is_checked_without_being_opened_on_disk(tmp_path: Path) -> None:
    kept = build(samples.review(), tmp_path / "kept.sealed", seal_with=SEAL)
    with kept.path.open("rb") as file, SealedReader(file, SEAL).stream() as plain:
        assert zipfile.ZipFile(plain).testzip() is None
