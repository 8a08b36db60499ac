"""Whoever builds a bundle is told how far it is, and can end it there."""

import os
import time
from pathlib import Path

import pytest

from exports import build
from exports.bundle import PRINTING, WRITING, Progress
from exports.pdf import printed_report
from tests.exports import samples

RECORDS = 1_200


class Enough(Exception):  # noqa: N818
    """Whoever watches wants no more of it."""


def test_each_step_is_told_in_rising_numbers_up_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed_report, "TELL_EVERY", 0.0)
    told: list[Progress] = []
    contents = samples.access(RECORDS)
    build(contents, tmp_path / "bundle.zip", print_at_most=700, watch=told.append)
    written = [one for one in told if one.step == WRITING]
    printed = [one for one in told if one.step == PRINTING]
    assert told == [*written, *printed]
    whole = sum(each.count for each in contents.sets)
    assert [one.done for one in written] == sorted({one.done for one in written})
    assert (written[-1].done, {one.of for one in written}) == (whole, {whole})
    assert [one.place for one in written][:2] == ["shop.customers", "shop.orders"]
    on_paper = whole - RECORDS + 50  # the visits are too many for this report: a sample of them
    assert printed
    assert {one.of for one in printed} == {on_paper}
    assert [one.done for one in printed] == sorted({one.done for one in printed})
    assert printed[-1].done <= on_paper


def children(of: int) -> set[int]:
    """The processes a process has started."""
    return {int(word) for word in Path(f"/proc/{of}/task/{of}/children").read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")
def test_what_a_watcher_raises_ends_the_printing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the process that prints ends: nobody waits for its report any more."""
    monkeypatch.setattr(printed_report, "TELL_EVERY", 0.0)

    def watch(at: Progress) -> None:
        if at.step == PRINTING:
            raise Enough

    with pytest.raises(Enough):
        build(samples.access(9_000), tmp_path / "bundle.zip", watch=watch)
    assert list(tmp_path.iterdir()) == []
    (server,) = (one for one in children(os.getpid()) if "render_process" in _words(one))
    until = time.monotonic() + 5
    while children(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert children(server) == set()


def _words(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
