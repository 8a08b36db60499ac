"""A bundle holds every form of the contents, is the same for the same contents, and is whole or absent."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.policy import Retention
from dsar.domain.records import Record
from exports import build, verify
from exports.bundle import sweep
from exports.data.datafiles import CannotBuild
from tests.exports import samples

ROOT = Path(__file__).parents[2]


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    one = build(samples.access(), tmp_path / "one.zip")
    two = build(samples.access(), tmp_path / "two.zip")
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.bytes == one.path.stat().st_size


@pytest.mark.parametrize("contents", [samples.access(), samples.erasure(), samples.review()])
def test_every_bundle_has_its_pages_and_proofs_and_is_found_sound(
    tmp_path: Path, contents: Any
) -> None:
    path = samples.built(contents, tmp_path)
    assert verify(path) == []
    assert {
        "START-HERE.html",
        "report.pdf",
        "processing.json",
        "manifest.json",
        "SHA256SUMS",
    } <= set(members(path))


def test_each_collection_stands_as_json_csv_schema_and_viewer_chunk(tmp_path: Path) -> None:
    files = members(samples.built(samples.access(), tmp_path))
    orders = json.loads(files["data/shop/orders.json"])
    assert [record["data"] for record in orders] == [dict(row) for row in samples.ORDER_ROWS]
    rows = list(
        csv.DictReader(io.StringIO(files["data/shop/orders.csv"].decode("utf-8-sig"), newline=""))
    )
    assert [row["article"] for row in rows] == [row["article"] for row in samples.ORDER_ROWS]
    schema = json.loads(files["data/shop/orders.schema.json"])
    assert (
        schema["items"]["properties"]["data"]["properties"]["amount"]["description"]
        == "In euros, with tax."
    )
    assert files["viewer/shop.orders-0001.js"].startswith(b'dsar(String.raw`[\n{"record":')


def test_a_data_file_has_one_record_to_a_line(tmp_path: Path) -> None:
    lines = (
        members(samples.built(samples.access(), tmp_path))["data/shop/orders.json"]
        .decode()
        .splitlines()
    )
    assert lines[0] == "["
    assert lines[-1] == "]"
    assert json.loads(lines[1].removesuffix(","))["record"] == "1"


def test_a_field_without_explanation_does_not_leave_the_house(tmp_path: Path) -> None:
    contents = samples.access()
    odd = samples.a_set(samples.ORDERS, [{"ordered_on": "2026-01-01", "score": 7}], "orders")
    with pytest.raises(CannotBuild, match=r"shop\.orders\.score"):
        build(replace(contents, sets=(odd,)), tmp_path / "bundle.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_collection_without_purpose_does_not_leave_the_house(tmp_path: Path) -> None:
    contents = samples.access()
    with pytest.raises(CannotBuild, match=r"shop\.customers: no processing activity"):
        build(replace(contents, activities=()), tmp_path / "bundle.zip")


@pytest.mark.parametrize(
    "gap", [{"purpose": {}}, {"retention": Retention(because={})}], ids=["purpose", "retention"]
)
def test_an_activity_that_does_not_say_why_or_how_long_explains_nothing(
    tmp_path: Path, gap: dict[str, Any]
) -> None:
    silent = tuple(replace(each, **gap) for each in samples.access().activities)
    with pytest.raises(CannotBuild, match=r"shop\.customers: no processing activity"):
        build(samples.access(activities=silent), tmp_path / "bundle.zip")


@pytest.mark.parametrize("count", [22, 24])
def test_a_stream_of_another_length_than_announced_is_refused(tmp_path: Path, count: int) -> None:
    orders = replace(samples.a_set(samples.ORDERS, samples.ORDER_ROWS, "orders"), count=count)
    with pytest.raises(CannotBuild, match=r"shop\.orders"):
        build(replace(samples.access(), sets=(orders,)), tmp_path / "bundle.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_half_way_leaves_the_earlier_bundle_alone(tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"
    before = build(samples.access(), target)

    def broken() -> Any:
        yield Record("orders", "1", {"status": "paid"})
        raise ConnectionResetError

    orders = replace(samples.a_set(samples.ORDERS, samples.ORDER_ROWS, "orders"), records=broken)
    with pytest.raises(ConnectionResetError):
        build(replace(samples.access(), sets=(orders,)), target)
    assert target.read_bytes() == before.path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


def test_what_a_crash_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    left = tmp_path / ".bundle.zip.abc.part"
    left.write_bytes(b"half")
    assert sweep(tmp_path, older_than=3600) == 0
    assert sweep(tmp_path, older_than=-1) == 1
    assert not left.exists()


PEAK = """
import re, sys
from pathlib import Path
from exports import build
from tests.exports import samples
from dataclasses import replace
contents = replace(samples.access(), sets=(samples.visits(int(sys.argv[1])),))
build(contents, Path(sys.argv[2]), print_at_most=0)
# Not ru_maxrss: that of a started program begins with what its parent held.
print(re.search("VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def peak_mb(count: int, folder: Path) -> float:
    """The most memory a process of its own needs to build a bundle of so many records."""
    command = [sys.executable, "-c", PEAK, str(count), str(folder / f"{count}.zip")]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(run.stdout) / 1024


def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path) -> None:
    few, many = peak_mb(2_000, tmp_path), peak_mb(60_000, tmp_path)
    assert many < few + 20
    assert many < 200
