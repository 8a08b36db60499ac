"""Messages to Ann in a mailbox, and what the tests ask of it."""

from pathlib import Path
from typing import Any

from dsar.adapters.mailbox import Mailbox
from dsar.sdk import Batch, Item, Record, Subject
from tests.adapters.mail import mbox, plain
from tests.adapters.mailbox.reached import mailbox

ANN = Subject.of([("email", "ann@example.com")])


def found(source: Mailbox, subject: Subject = ANN) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


def batch(*keys: str) -> Batch:
    return Batch("messages", [Item(key) for key in keys], "k1")


def to_ann(number: int = 0, **headers: str) -> bytes:
    return plain(
        {"From": "help@shop.example", "To": "ann@example.com", "X-N": str(number), **headers}
    )


def in_file(folder: Path, *messages: bytes, **given: Any) -> Mailbox:
    (folder / "all.mbox").write_bytes(mbox(*messages))
    return mailbox(mbox=str(folder), **given)
