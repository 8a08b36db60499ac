"""What mbox files promise beyond the contract: every other byte stays."""

import hashlib
from pathlib import Path

import pytest

from dsar.sdk import Done, Later, NeedsHuman
from tests.adapters.mail import mbox, plain
from tests.adapters.mailbox.messages import ANN, batch, found, in_file, to_ann
from tests.adapters.mailbox.reached import mailbox


def test_erasing_from_a_file_leaves_every_other_byte(tmp_path: Path) -> None:
    others = [
        plain({"From": "bob@else.example"}, f"text {n}\nFrom here on\n\nend") for n in range(3)
    ]
    source = in_file(tmp_path, others[0], to_ann(), others[1], others[2])
    [record] = found(source)
    assert [receipt.done for receipt in source.erase(batch(record.key))] == [Done.ERASED]
    assert (tmp_path / "all.mbox").read_bytes() == mbox(*others)
    assert [path.name for path in tmp_path.iterdir()] == ["all.mbox"]


def test_a_message_keeps_its_name_when_others_come_and_go(tmp_path: Path) -> None:
    source = in_file(tmp_path, to_ann(1), to_ann(2))
    first, second = found(source)
    with (tmp_path / "all.mbox").open("ab") as file:
        file.write(mbox(to_ann(3)))
    source.erase(batch(first.key))
    assert found(source)[0].key == second.key
    assert second.key == f"all.mbox/{hashlib.sha256(to_ann(2)).hexdigest()}"


def test_a_file_that_changed_in_between_is_searched_anew_rather_than_missed(tmp_path: Path) -> None:
    source = in_file(tmp_path, *[to_ann(n) for n in range(4)], page=2)
    first = next(iter(source.find(ANN)))
    (tmp_path / "all.mbox").write_bytes(mbox(*[to_ann(n) for n in range(1, 4)]))
    rest = [r for page in source.find(ANN, first.checkpoint) for r in page.records]
    assert len(rest) == 3


def test_a_missing_blank_line_does_not_join_two_peoples_messages(tmp_path: Path) -> None:
    joined = (
        mbox(to_ann()).rstrip(b"\n") + b"\n" + mbox(plain({"From": "bob@else.example"}, "secret"))
    )
    (tmp_path / "all.mbox").write_bytes(joined)
    [record] = found(mailbox(mbox=str(tmp_path)))
    assert "secret" not in record.data["text"]


def test_a_mailbox_another_program_writes_to_is_waited_for(tmp_path: Path) -> None:
    source = in_file(tmp_path, to_ann())
    [record] = found(source)
    (tmp_path / "all.mbox.lock").touch()
    with pytest.raises(Later, match="Another program is writing"):
        source.erase(batch(record.key))
    (tmp_path / "all.mbox.lock").unlink()
    assert [receipt.done for receipt in source.erase(batch(record.key))] == [Done.ERASED]


def test_what_is_no_mbox_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "all.mbox").write_bytes(b"id,email\n1,ann@example.com\n")
    with pytest.raises(NeedsHuman, match=r"all\.mbox is no mbox file") as stopped:
        found(mailbox(mbox=str(tmp_path)))
    assert "ann" not in str(stopped.value)
    (tmp_path / "all.mbox").unlink()
    with pytest.raises(NeedsHuman, match=r"holds no \.mbox file"):
        found(mailbox(mbox=str(tmp_path)))
    (tmp_path / "one").write_bytes(mbox(to_ann()))
    assert len(found(mailbox(mbox=str(tmp_path / "one")))) == 1
