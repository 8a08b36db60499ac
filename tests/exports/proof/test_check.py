"""Whoever gets a bundle can check it alone: each kind of damage is one clear sentence."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.sdk.limits import Limits
from exports import signers, verify
from exports.manifest import public_key
from exports.proof import check, members
from tests.exports import samples

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.built(samples.access(), tmp_path_factory.mktemp("sound"), sign_with=KEY)


def changed(sound: Path, folder: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The same bundle as a folder, after somebody changed its members."""
    with zipfile.ZipFile(sound) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    change(members)
    for name, content in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def sentences(path: Path, **options: str) -> list[str]:
    return [str(finding) for finding in verify(path, **options)]


def test_a_sound_bundle_has_no_findings_as_zip_and_as_folder(sound: Path, tmp_path: Path) -> None:
    assert verify(sound, public_key=public_key(KEY)) == []
    folder = changed(sound, tmp_path, lambda _: None)
    (folder / ".DS_Store").write_bytes(b"left by a Mac")
    assert verify(folder, public_key=public_key(KEY)) == []


def replacing(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda members: members.update({name: members[name].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m.pop("data/shop/orders.json"), "data/shop/orders.json: is missing."),
        (
            lambda m: m.update({"data/extra.json": b"[]"}),
            "data/extra.json: is not listed in the manifest: somebody added it.",
        ),
        (
            replacing("data/shop/orders.csv", b"Editor", b"Edited"),
            "data/shop/orders.csv: was changed: its checksum is not that of the manifest.",
        ),
        (
            replacing("report.pdf", b"%%EOF", b"%%EOF\n"),
            "report.pdf: has {n} bytes; the manifest says {m}.",
        ),
        (lambda m: m.pop("manifest.json"), "manifest.json: is missing."),
        (
            lambda m: m.update({"manifest.json": b"{"}),
            "manifest.json: cannot be read as a manifest.",
        ),
        (lambda m: m.pop("SHA256SUMS"), "SHA256SUMS: is missing."),
        (
            replacing("SHA256SUMS", b"report.pdf", b"rapport.pdf"),
            "SHA256SUMS: says something else than the manifest about report.pdf.",
        ),
        (
            lambda m: m.pop("manifest.json.sig"),
            "manifest.json.sig: is missing, so nobody vouches for this bundle.",
        ),
        (
            lambda m: m.update({"manifest.json.sig": b"hello"}),
            "manifest.json.sig: cannot be read, or the public key cannot.",
        ),
        (
            replacing("manifest.json", b"partly_fulfilled", b"fulfilled"),
            "manifest.json.sig: does not fit the manifest and the key: do not trust this bundle.",
        ),
        (
            replacing("data/shop/orders.json", b'"status"', b'"state"'),
            "data/shop/orders.json: record 1 has a field that its schema does not explain.",
        ),
        (
            replacing("data/shop/orders.json", b'{"record":"1",', b"{"),
            "data/shop/orders.json: record 1 does not have exactly the members its schema names.",
        ),
    ],
)
def test_each_damage_is_one_sentence_that_names_the_member(
    sound: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], sentence: str
) -> None:
    found = sentences(changed(sound, tmp_path, change))
    start, _, rest = sentence.partition("{n}")
    end = rest.rpartition("}")[2]
    assert any(each.startswith(start) and each.endswith(end) for each in found), found


def test_a_lost_record_is_counted(sound: Path, tmp_path: Path) -> None:
    def drop(members: dict[str, bytes]) -> None:
        lines = members["data/shop/orders.json"].splitlines(keepends=True)
        members["data/shop/orders.json"] = b"".join(lines[:1] + lines[2:])

    found = sentences(changed(sound, tmp_path, drop))
    assert "data/shop/orders.json: holds 22 records; the manifest says 23." in found


def test_a_bundle_signed_by_somebody_else_is_not_trusted(sound: Path) -> None:
    (finding,) = verify(sound, public_key=public_key(OTHER))
    assert finding.member == "manifest.json.sig"


def test_a_forger_who_signs_anew_is_found_by_the_published_key(tmp_path: Path) -> None:
    forged = samples.built(samples.access(), tmp_path, sign_with=OTHER)
    assert verify(forged) == []
    assert "do not trust" in sentences(forged, public_key=public_key(KEY))[0]


def test_what_is_no_bundle_is_said_so(sound: Path, tmp_path: Path) -> None:
    text = tmp_path / "letter.zip"
    text.write_text("Dear Sir or Madam")
    assert sentences(text) == ["This is not a ZIP archive and not a folder."]
    short = tmp_path / "short.zip"
    short.write_bytes(sound.read_bytes()[:-2000])
    assert "cut off" in sentences(short)[0]
    assert "no such file" in sentences(tmp_path / "absent.zip")[0]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert sentences(empty) == ["manifest.json: is missing."]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_one_flipped_byte_inside_the_zip_is_found(
    sound: Path, tmp_path: Path, share: float
) -> None:
    content = bytearray(sound.read_bytes())
    content[int(len(content) * share)] ^= 0x20
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content)
    assert verify(broken) != []


def test_a_name_that_leaves_the_folder_is_reported(sound: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.zip"
    shutil.copy(sound, evil)
    with zipfile.ZipFile(evil, "a") as bundle:
        bundle.writestr("../../.ssh/authorized_keys", "ssh-rsa")
    assert any("could leave the folder" in sentence for sentence in sentences(evil))


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [
        ([public_key(KEY)], 0, "whole and unchanged, signed by the key you gave"),
        ([public_key(OTHER)], 1, "do not trust this bundle"),
        ([], 3, "whole and unchanged, by whom, only the controller's own key says"),
    ],
)
def test_the_check_is_one_folder_that_runs_without_us(
    sound: Path, tmp_path: Path, key: list[str], code: int, said: str
) -> None:
    shutil.copytree(Path(check.__file__).parent, tmp_path / "proof")
    run = subprocess.run(
        [sys.executable, "-m", "proof.check", sound, *key],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    assert (run.returncode, said in run.stdout) == (code, True), run.stdout + run.stderr


def test_who_signed_is_told(sound: Path, tmp_path: Path) -> None:
    assert signers(sound) == {public_key(KEY)}
    unsigned = samples.built(samples.access(), tmp_path)
    assert verify(unsigned) == []
    assert signers(unsigned) == {""}


def test_what_is_no_file_is_named_and_never_opened(sound: Path, tmp_path: Path) -> None:
    folder = changed(sound, tmp_path, lambda _: None)
    os.mkfifo(folder / "pipe")
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    orders = folder / "data/shop/orders.json"
    kept = tmp_path.parent / "orders.json"
    shutil.move(orders, kept)
    orders.symlink_to(kept)
    found = [finding.member for finding in verify(folder) if "not opened" in finding.problem]
    assert found == ["data/shop/orders.json", "etc", "passwd", "pipe"]


def test_a_member_of_another_size_is_not_read(sound: Path, tmp_path: Path) -> None:
    folder = changed(sound, tmp_path, lambda _: None)
    with (folder / "report.pdf").open("r+b") as file:
        file.truncate(1 << 40)  # a hole in the file: reading it would take an hour
    assert "report.pdf: has 1099511627776 bytes;" in sentences(folder)[0]


def test_a_zip_that_unpacks_to_far_too_much_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("manifest.json", "w", force_zip64=True) as file,
    ):
        for _ in range(600):
            file.write(bytes(1 << 20))
    (sentence,) = sentences(bomb)
    assert sentence.startswith("This would unpack to 629,145,600 bytes")
    assert sentence.endswith("Where you trust it, unpack it yourself and check the folder.")


def test_a_record_as_long_as_a_source_may_give_is_read(tmp_path: Path) -> None:
    longest = Limits().record_mb * 2**20
    record = json.dumps({"text": "x" * longest}).encode()
    path = tmp_path / "long.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data.json", b"[\n" + record + b"\n]\n")
    (read,) = members.records(members.opened(path), "data.json")
    assert len(read["text"]) == longest


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"[" * 600_000),
        ("manifest.json", b"[" + b"[]," * 600_000 + b"[]]"),
        ("manifest.json", b'"text"'),
        ("manifest.json", b'{"format": "dsar-bundle/1", "members": 5}'),
        ("manifest.json", b'{"format": "dsar-bundle/1", "members": [[]]}'),
        (
            "manifest.json",
            b'{"format": "dsar-bundle/1", "members": [{"path": 1, "sha256": [], "bytes": {}}]}',
        ),
        ("data/shop/orders.schema.json", b"[1]"),
        ("data/shop/orders.schema.json", b'{"items": {"required": [[]], "properties": []}}'),
        ("data/shop/orders.schema.json", b'{"items": 5, "minItems": [], "maxItems": {}}'),
    ],
    ids=range(9),
)
def test_hostile_content_is_a_sentence(
    sound: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = changed(sound, tmp_path, lambda members: members.update({name: content}))
    assert any(sentence.startswith(f"{name}: ") for sentence in sentences(folder))


def test_a_count_that_is_no_number_is_a_sentence(sound: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        told = json.loads(members["manifest.json"])
        for entry in told["members"]:
            entry.update({"records": [1]} if "records" in entry else {})
        members["manifest.json"] = json.dumps(told).encode()

    folder = changed(sound, tmp_path, change)
    assert "manifest.json: cannot be read as a manifest." in sentences(folder)


def test_sha256sum_reads_the_sums(sound: Path, tmp_path: Path) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("sha256sum is not installed")
    folder = changed(sound, tmp_path, lambda _: None)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)


def test_minisign_itself_accepts_the_signature(sound: Path, tmp_path: Path) -> None:
    if not shutil.which("minisign"):
        pytest.skip("minisign is not installed")
    folder = changed(sound, tmp_path, lambda _: None)
    command = ["minisign", "-q", "-Vm", "manifest.json", "-x", "manifest.json.sig", "-P"]
    subprocess.run([*command, public_key(KEY)], cwd=folder, check=True)
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" ")
    assert subprocess.run([*command, public_key(KEY)], cwd=folder, check=False).returncode != 0


def test_the_signature_has_the_form_of_minisign(sound: Path) -> None:
    with zipfile.ZipFile(sound) as bundle:
        lines = bundle.read("manifest.json.sig").decode().splitlines()
        claimed = json.loads(bundle.read("manifest.json"))["signed_by"]
    assert lines[0].startswith("untrusted comment: ")
    assert lines[2].startswith("trusted comment: timestamp:")
    assert claimed == public_key(KEY)
