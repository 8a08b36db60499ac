"""A bundle is split into parts that are each valid alone and make the whole again together."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.domain.errors import BadInput
from dsar.domain.records import Attachment, Record
from exports import build, manifest, parts, split, verify
from exports.parts import LEAST, BundlePart
from tests.exports import samples
from tests.exports.data.test_attachments import contents

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = manifest.public_key(KEY)
SIZE = 1_200_000


def photos(record: Record, attachment: Attachment) -> Iterator[bytes]:
    yield attachment.reference.encode() * (attachment.size or 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of some four megabytes, with pictures."""
    attached = tuple(
        Attachment(str(n), f"picture {n}.jpg", "image/jpeg", 1_100_000 if n == 3 else 400_000)
        for n in range(8)
    )
    target = tmp_path_factory.mktemp("whole") / "R-1.zip"
    return build(contents(attached, photos), target, sign_with=KEY).path


@pytest.fixture
def made(whole: Path, tmp_path: Path) -> list[BundlePart]:
    with whole.open("rb") as file:
        return split(file, tmp_path / "R-1.zip", size=SIZE, sign_with=KEY, words=samples.words)


def manifest_of(part: BundlePart) -> dict[str, object]:
    with zipfile.ZipFile(part.path) as archive:
        name = next(
            n for n in archive.namelist() if n.startswith("manifest") and n.endswith("json")
        )
        found: dict[str, object] = json.loads(archive.read(name))
        return found


def test_no_part_is_larger_than_was_asked_for_and_each_is_sound_alone(
    made: list[BundlePart],
) -> None:
    assert len(made) >= 3
    for part in made:
        assert part.bytes == part.path.stat().st_size <= SIZE
        assert verify(part.path, public_key=PUBLIC) == []
        if unzip := shutil.which("unzip"):
            subprocess.run([unzip, "-tq", part.path], check=True)


def test_the_first_lists_the_others_with_size_and_hash(made: list[BundlePart]) -> None:
    told = manifest_of(made[0])
    assert told["part"] == {"number": 1, "of": len(made)}
    assert told["parts"] == [
        {"part": n, "file": part.path.name, "bytes": part.bytes, "sha256": part.sha256}
        for n, part in enumerate(made[1:], 2)
    ]
    with zipfile.ZipFile(made[0].path) as archive:
        assert {"START-HERE.html", "report.pdf", "processing.json"} <= set(archive.namelist())


def test_all_of_them_unpack_into_the_whole_bundle(
    made: list[BundlePart], whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "unpacked"
    for part in made:
        with zipfile.ZipFile(part.path) as archive:
            archive.extractall(folder)
    assert verify(folder, public_key=PUBLIC) == []
    with zipfile.ZipFile(whole) as archive:
        for name in archive.namelist():
            if not name.startswith(("manifest", "SHA256SUMS")):
                assert (folder / name).read_bytes() == archive.read(name)
    for sums in folder.glob("SHA256SUMS*"):
        subprocess.run(["sha256sum", "-c", "--quiet", sums.name], cwd=folder, check=True)
    (folder / "files").rename(tmp_path / "taken")
    assert "is missing" in str(verify(folder)[0])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This is part 2 of 3 of DSR-2026-0042.\nUnpack all parts into the same folder"),
        ("de", "Dies ist Teil 2 von 3 von DSR-2026-0042.\nEntpacken Sie alle Teile"),
    ],
)
def test_each_part_says_what_it_is_in_the_person_s_language(
    language: str, words: str, tmp_path: Path
) -> None:
    attached = tuple(Attachment(str(n), f"{n}.jpg", "image/jpeg", 900_000) for n in range(3))
    answer = replace(contents(attached, photos), words=samples.words(language))
    with build(answer, tmp_path / "R-1.zip").path.open("rb") as file:
        made = split(file, tmp_path / "R-1.zip", size=SIZE, words=samples.words)
    with zipfile.ZipFile(made[1].path) as archive:
        letter = archive.read("PART-2.txt").decode("utf-8")
    assert letter.startswith(words)
    assert letter.endswith("".join(f"\n{part.path.name}" for part in made) + "\n")


def test_a_folder_of_all_parts_is_checked_together(made: list[BundlePart], tmp_path: Path) -> None:
    assert verify(tmp_path, public_key=PUBLIC) == []


def test_a_part_that_is_missing_exchanged_or_foreign_is_named(
    made: list[BundlePart], whole: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "R-1.zip"
    other.parent.mkdir()
    changed = replace(samples.access(3), engine_version="another")
    with build(changed, other).path.open("rb") as file:
        foreign = split(file, other, size=LEAST * 50, sign_with=KEY, words=samples.words)
    last = made[-1].path
    kept = last.read_bytes()
    last.unlink()
    assert [str(finding) for finding in verify(tmp_path)] == [
        f"{last.name}: is missing; it is part {len(made)} of this bundle."
    ]
    shutil.copy(made[1].path, last)
    assert "is not the one that R-1.part1.zip lists" in str(verify(tmp_path)[0])
    last.write_bytes(kept[:-30])
    assert last.name in str(verify(tmp_path)[0])
    last.write_bytes(kept)
    shutil.copy(foreign[0].path, tmp_path / "x.zip")
    assert verify(tmp_path) != []


def test_what_one_part_alone_holds_cannot_be_changed_unseen(
    made: list[BundlePart], tmp_path: Path
) -> None:
    content = bytearray(made[1].path.read_bytes())
    content[5_000] ^= 1
    made[1].path.write_bytes(bytes(content))
    assert verify(made[1].path) != []


def test_a_file_larger_than_a_part_has_a_part_of_its_own(whole: Path, tmp_path: Path) -> None:
    with whole.open("rb") as file:
        found = split(file, tmp_path / "R-1.zip", size=LEAST, sign_with=KEY, words=samples.words)
    larger = [part for part in found if part.bytes > LEAST]
    assert len(larger) == 1
    assert verify(tmp_path, public_key=PUBLIC) == []


def test_a_small_bundle_is_one_part(tmp_path: Path) -> None:
    built = build(samples.review(), tmp_path / "small.zip")
    with built.path.open("rb") as file:
        (only,) = split(file, tmp_path / "out.zip", size=50 * LEAST, words=samples.words)
    assert verify(only.path) == []
    assert manifest_of(only)["parts"] == []


def test_the_same_bundle_gives_the_same_parts(
    made: list[BundlePart], whole: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    again.mkdir()
    with whole.open("rb") as file:
        found = split(file, again / "R-1.zip", size=SIZE, sign_with=KEY, words=samples.words)
    assert [part.sha256 for part in found] == [part.sha256 for part in made]


def test_parts_that_are_too_small_to_be_of_use_are_refused(whole: Path, tmp_path: Path) -> None:
    with whole.open("rb") as file, pytest.raises(BadInput, match="Give at least 1MB"):
        split(file, tmp_path / "R-1.zip", size=LEAST - 1, words=samples.words)


def test_a_split_that_fails_leaves_no_part(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, number: int) -> bytes:
        if number == 1:
            raise OSError(28, "No space left on device")
        return b"part"

    monkeypatch.setattr(parts._Splitter, "_letter", fail)
    with whole.open("rb") as file, pytest.raises(OSError, match="No space"):
        split(file, tmp_path / "R-1.zip", size=SIZE, words=samples.words)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_bundles_that_were_not_split_is_as_sound_as_they_are(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        build(samples.review(), tmp_path / name)
    assert verify(tmp_path) == []
    (tmp_path / "two.zip").write_bytes(b"PK")
    assert [finding.member for finding in verify(tmp_path)] == ["two.zip"]
