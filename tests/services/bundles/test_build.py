"""What the bundle task lets out of the house: nothing withheld, nothing unexplained, nothing half."""

import errno
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from exports.data.archive import Archive
from exports.pdf import printed_report
from tests.company import BY_HAND, Company, company
from tests.stories.bundles import everything


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}", review=BY_HAND) as made:
        yield made


def subscribed_as(one: Company, name: str) -> None:
    """Lotta's name as it stands in the mailing list."""
    file = one.folder / "mailing" / "subscribers.csv"
    file.write_text(file.read_text().replace("Lotta Lindqvist", name))


def reviewed(one: Company, *rulings: str, right: Right = Right.ACCESS) -> str:
    """A ticket that was searched, ruled on and approved, and its bundle tried."""
    ref = one.ask(right)
    one.work()
    again(one, ref, *rulings)
    return ref


def again(one: Company, ref: str, *rulings: str) -> None:
    if rulings:
        one.rule(ref, *rulings)
        one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)


def told(one: Company, ref: str) -> str:
    return str(one.view(ref)["next"])


def nothing_to_download(one: Company, ref: str) -> bool:
    folder = one.folder / "var" / "bundles"
    return not one.view(ref)["bundles"] and not [*folder.iterdir()]


def test_a_withheld_value_that_still_stands_somewhere_blocks_the_release(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:rights_of_others")
    assert one.state(ref) == "assembly_failed"
    assert "The bundle is not released" in told(one, ref)
    assert "data/mailing/subscribers.csv: holds what was withheld as shop.customers.street" in (
        told(one, ref)
    )
    assert "Storgatan" not in told(one, ref)
    assert nothing_to_download(one, ref)


def test_staff_withholds_it_there_too_and_the_bundle_leaves(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:rights_of_others")
    again(one, ref, "mailing.subscribers.name=withhold:rights_of_others")
    assert one.state(ref) == "ready"
    assert "Storgatan" not in everything(one.bundle(ref))


def test_or_rules_that_it_may_be_known(one: Company) -> None:
    subscribed_as(one, "Lotta of Storgatan 5")
    ref = reviewed(one, "shop.customers=withhold:rights_of_others")
    assert "shop.customers.street" in told(one, ref)
    again(one, ref, "shop.customers.street=release")
    assert one.state(ref) == "ready"


@pytest.mark.parametrize("ruling", ["=withhold:rights_of_others", ".street=keep:rights_of_others"])
def test_what_was_withheld_and_is_gone_blocks_nothing(one: Company, ruling: str) -> None:
    ref = reviewed(one, f"shop.customers{ruling}")
    assert one.state(ref) == "ready"
    assert "Storgatan 5" not in everything(one.bundle(ref))


def test_what_was_handed_over_by_another_record_blocks_nothing(one: Company) -> None:
    subscribed_as(one, "Storgatan 5")
    ref = reviewed(one, "shop.customers.street=withhold:rights_of_others")
    assert one.state(ref) == "ready"


def test_a_collection_of_which_nothing_is_handed_over_has_its_title(one: Company) -> None:
    ref = reviewed(one, "shop.invoices=withhold:rights_of_others")
    text = everything(one.bundle(ref))
    assert '"collection_title": "Invoices"' in text
    assert re.search(r"Invoices\s+2\s", text)


def test_a_field_nobody_explained_goes_back_to_staff_with_its_name(one: Company) -> None:
    file = one.folder / "mailing" / "subscribers.csv"
    file.write_text(
        "\n".join(f"{line},{end}" for line, end in zip(
            file.read_text().splitlines(), ("shoe_size", "41", "44"), strict=True
        ))
    )  # fmt: skip
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "in_review"
    assert "mailing.subscribers.shoe_size" in told(one, ref)
    one.rule(ref, "mailing.subscribers.shoe_size=release")
    one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)
    assert one.state(ref) == "assembly_failed"
    assert "mailing.subscribers.shoe_size: the source's dictionary does not explain" in (
        told(one, ref)
    )
    assert "41" not in told(one, ref)
    assert nothing_to_download(one, ref)
    again(one, ref, "mailing.subscribers.shoe_size=withhold:rights_of_others")
    assert one.state(ref) == "ready"


def test_a_set_that_no_activity_explains_does_not_ship(one: Company) -> None:
    policy = one.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('"mailing.subscribers"', '"shop.invoices"'))
    one.reopen()
    ref = reviewed(one)
    assert one.state(ref) == "assembly_failed"
    assert "mailing.subscribers: no processing activity says why this data is used" in (
        told(one, ref)
    )
    assert "Name it in the policy." in told(one, ref)
    assert nothing_to_download(one, ref)


def test_who_asked_in_a_language_without_words_is_answered_in_english(one: Company) -> None:
    """Once this was accepted, searched, reviewed and approved, and then could not be answered."""
    ref = one.ask(Right.ACCESS, language="fr-CA")
    one.work()
    again(one, ref)
    assert one.state(ref) == "ready"
    text = everything(one.bundle(ref))
    assert '<html lang="en">' in text
    assert "Our answer in short" in text


@contextmanager
def killing_children_of_the_press() -> Iterator[list[int]]:
    """Ends every process that prints, as a system without memory does."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.002):
            press = printed_report._RENDERER._process
            if press is None:
                continue
            file = Path(f"/proc/{press.pid}/task/{press.pid}/children")
            for child in map(int, file.read_text().split() if file.exists() else ()):
                os.kill(child, signal.SIGKILL)
                killed.append(child)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_killed_printing_process_is_named_and_tried_again(one: Company) -> None:
    with killing_children_of_the_press() as killed:
        ref = reviewed(one)
    assert killed
    assert one.state(ref) == "assembly_failed"
    assert "report.pdf: it was stopped by the system" in told(one, ref)
    assert nothing_to_download(one, ref)
    one.act(ref, Event.RETRY)
    one.work(render=True)
    assert one.state(ref) == "ready"


def test_a_disk_that_was_full_is_written_to_once_there_is_room_and_nobody_need_ask(
    one: Company,
) -> None:
    storage = one.folder / "var" / "bundles"
    storage.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(storage)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        ref = reviewed(one)
        assert one.state(ref) == "assembling"
        assert nothing_to_download(one, ref)
    finally:
        subprocess.run(["umount", str(storage)], check=True)
    one.work_through(render=True)
    assert one.state(ref) == "ready"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_fails_half_way_is_named(
    one: Company, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write, written = Archive._write, [0]

    def failing(self: Archive, data: bytes) -> None:
        written[0] += len(data)
        if written[0] > 10_000:
            raise OSError(number, os.strerror(number))
        write(self, data)

    monkeypatch.setattr(Archive, "_write", failing)
    ref = reviewed(one)
    one.work_through(render=True)
    assert one.state(ref) == "assembly_failed"
    assert "It failed: the " in told(one, ref)
    assert "An operator makes room or mends it." in told(one, ref)
    assert nothing_to_download(one, ref)
