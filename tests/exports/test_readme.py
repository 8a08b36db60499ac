"""The README of the format tells of every kind of file a bundle holds, and of nothing else."""

import re
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import exports
from dsar.store.files import frames
from exports import bundle
from exports.document.processing import FORMAT
from exports.pdf.print_selection import BUDGET, SAMPLE
from exports.proof import redact
from tests.exports import pictures, samples
from tests.exports.data import test_attachments as attached

HERE = Path(exports.__file__).parent
README = (HERE / "README.md").read_text("utf-8")


def kind(name: str) -> str:
    """A member's place in the README's table."""
    if name.startswith("viewer/"):
        return "viewer/<source>.<collection>-0001.js"
    if name.startswith("receipts/"):
        return "receipts/<source>/<collection>.*"
    if name.startswith("files/"):
        return "files/<source>/<collection>/<n>-<name>.<ending>"
    return re.sub(r"^data/[^/]+/[^.]+", "data/<source>/<collection>", name)


def test_the_table_lists_exactly_the_kinds_of_files_there_are(tmp_path: Path) -> None:
    found = set()
    for number, contents in enumerate([attached.contents(), samples.erasure()]):
        target = tmp_path / f"{number}.zip"
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        with zipfile.ZipFile(bundle.build(contents, target, sign_with=key).path) as built:
            found |= {kind(name) for name in built.namelist()}
    table = re.findall(r"^\| `([^`]+)` \|", README, re.MULTILINE)
    assert found == set(table)


def test_its_figures_and_names_are_those_of_the_code() -> None:
    assert f"`{FORMAT}`" in README
    assert f"{BUDGET:,} records at most" in README
    assert f"first {SAMPLE}." in README
    assert frames.FRAME == 1 << 20
    for name in ("sweep", "build"):
        assert hasattr(bundle, name)
    assert hasattr(redact, "leaks")


def test_its_pictures_are_those_the_command_makes_and_each_is_described() -> None:
    shown = dict(re.findall(r"^!\[([^\]]*)\]\(([^)]+)\)$", README, re.MULTILINE))
    made = {*pictures.REPORT, *pictures.SCREENS}
    assert set(shown.values()) == made == {path.name for path in HERE.glob("*.png")}
    assert all(len(told.split()) > 12 for told in shown)
    assert sum((HERE / name).stat().st_size for name in made) < 600_000
    assert f"python -m {pictures.__name__}`" in README


def test_the_headings_by_which_the_report_is_pictured_are_in_its_words() -> None:
    """Else the next who makes the pictures finds no page."""
    sections = samples.words("en")["section"].values()
    assert set(pictures.REPORT["report.png"]) <= set(sections)
