"""The report is printed in a process of its own, which can neither harm nor outlive its bounds."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from exports import build, verify
from exports.data.archive import Archive
from exports.pdf import printed_report
from exports.pdf.printed_report import CannotPrint, PrintLimits
from tests.exports import reading, samples, verapdf


def report(contents: Any, folder: Path, **options: Any) -> Path:
    """The report of a bundle, unpacked."""
    import zipfile

    with zipfile.ZipFile(samples.built(contents, folder, **options)) as bundle:
        bundle.extract("report.pdf", folder)
    return folder / "report.pdf"


def customers(**values: Any) -> Any:
    """An access answer whose one customer has these values."""
    one = samples.a_set(samples.CUSTOMERS, [samples.CUSTOMER | values], "orders", "newsletter")
    return replace(samples.access(), sets=(one,))


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (PrintLimits(memory=150_000_000), "more memory than a report may use"),
        (PrintLimits(cpu=1), "more computing time than a report may use"),
        (PrintLimits(wall=1), "took longer than a report may take"),
    ],
)
def test_a_report_that_exceeds_its_bounds_is_named_and_no_bundle_is_written(
    tmp_path: Path, limits: PrintLimits, why: str
) -> None:
    with pytest.raises(CannotPrint, match=why):
        build(samples.access(5_000), tmp_path / "bundle.zip", limits=limits)
    assert list(tmp_path.iterdir()) == []


def test_many_threads_print_at_once(tmp_path: Path) -> None:
    found: list[str] = []

    def one(number: int) -> None:
        found.append(build(samples.access(), tmp_path / f"{number}.zip").sha256)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_press_that_was_killed_is_replaced(tmp_path: Path) -> None:
    build(samples.review(), tmp_path / "one.zip")
    process = printed_report._RENDERER._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert verify(build(samples.review(), tmp_path / "two.zip").path) == []


def test_a_press_that_ended_before_it_began_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, lost = printed_report._RENDERER.send, []

    def forgetful(self: Any, fds: list[int]) -> None:
        if not lost:
            os.read(fds[1], 1 << 20)  # it had begun to read the job
            lost.append(fds)
        else:
            send(fds)

    monkeypatch.setattr(type(printed_report._RENDERER), "send", forgetful)
    assert verify(build(samples.review(), tmp_path / "bundle.zip").path) == []
    assert len(lost) == 1


def test_the_press_sees_no_secret_of_its_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSAR_SECRET", "hunter2")
    assert "hunter2" not in dict(printed_report._environment()).values()


def test_a_forked_worker_starts_a_press_of_its_own(tmp_path: Path) -> None:
    build(samples.review(), tmp_path / "parent.zip")
    child = os.fork()
    if child == 0:
        try:
            build(samples.review(), tmp_path / "child.zip")
        finally:
            printed_report._RENDERER.stop()
            os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "child.zip").read_bytes() == (tmp_path / "parent.zip").read_bytes()
    build(samples.review(), tmp_path / "after.zip")


HOSTILE = {
    "markup": '<script>alert(1)</script><img src="https://evil.example/x.png">{{ 7 * 7 }}{% raw %}',
    "style": '"><style>@import url(https://evil.example)</style>',
    "block mark": "a <!--block--> b",
    "unbroken": "x" * 1_000_000,
    "accents": "e" + "\u0301" * 400_000,
    "controls": "".join(map(chr, range(32))) + "\x7f\x85",
    "surrogate": "half \udc80 a pair",
    "private": "\ue000\U000f0000\ufdd0\uffff\U0010ffff",
    "directions": "\u202egnp.exe\u2066\u2067\u200f\u061c",
    "invisible": "\u00ad\u200b\u200c\u200d\u2060\ufeff\u2028\u2029\u180e\ufff9\ufffa\U000e0041",
    "formula": "=HYPERLINK(1)",
    "number": 10**40,
    "deep": [[[[[[[[[[[["deep"]]]]]]]]]]]],
    "many keys": {f"key {n}": n for n in range(2000)},
    "odd key": {"__proto__": {"\x00": "</script>"}},
    "lines": "a\n" * 5000,
    "spaces": " " * 5000,
    "css": "\\0a } * { display: none } url(x)",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report on each hostile value, beside its bundle."""
    folders = {name: tmp_path_factory.mktemp("hostile") for name in HOSTILE}
    return {name: report(customers(note=HOSTILE[name]), folder) for name, folder in folders.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_printed_as_text(hostile: dict[str, Path], name: str) -> None:
    path = hostile[name]
    assert verify(path.with_name("bundle.zip")) == []
    with pikepdf.open(path) as read:
        assert reading.texts_outside_the_tree(read) == 0
        links = [str(note.A.URI) for page in read.pages for note in page.get("/Annots", [])]
        assert not [link for link in links if "evil" in link]


def test_no_hostile_value_breaks_pdf_a(hostile: dict[str, Path]) -> None:
    assert verapdf.problems(*hostile.values()) == []


def test_what_people_and_sources_call_themselves_is_data_too(tmp_path: Path) -> None:
    evil = '<img src="https://evil.example">\x07\udc80" } @page { x'
    base = samples.access()
    contents = replace(
        base,
        request=replace(base.request, words=evil, identifiers=(("name", evil), (evil, "x"))),
        controller=replace(base.controller, url="javascript:alert(1)", name=evil, officer=evil),
        outcome=evil,
        sets=tuple(replace(each, source_title=evil) for each in base.sets),
    )
    with pikepdf.open(report(contents, tmp_path)) as read:
        assert [str(n.A.URI) for p in read.pages for n in p.get("/Annots", [])] == [
            "mailto:privacy@nordlicht.example",
            "https://datenschutz-hamburg.de",
        ]


def test_what_is_too_long_to_print_says_so_on_page_one_and_where_it_stands(tmp_path: Path) -> None:
    path = report(samples.access(300), tmp_path, print_at_most=100)
    shown = reading.text(path)
    first = shown.split("\f")[0]
    assert "prints 76 of 326 records" in " ".join(first.split())
    assert "the first 50 of 300 records follow" in " ".join(shown.split())
    assert "data/logs/visits.csv" in shown


def test_every_kind_of_answer_keeps_both_standards(tmp_path: Path) -> None:
    files = []
    for number, contents in enumerate([samples.access(300), samples.erasure(), samples.review()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        files.append(report(contents, folder))
    assert verapdf.problems(*files) == []


def test_a_full_disk_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Archive, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Archive, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        build(samples.review(), tmp_path / "bundle.zip")
    assert list(tmp_path.iterdir()) == []
