"""A mailbox: an IMAP account or mbox files, a person's messages found by their addresses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dsar.adapters.mailbox.account import Account
from dsar.adapters.mailbox.addresses import MessageMatcher
from dsar.adapters.mailbox.mailbox_settings import MailboxSettings
from dsar.adapters.mailbox.mails import FIELDS, ORIGINAL, Mail, leaves, record
from dsar.adapters.mailbox.mbox import MboxFiles
from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Done,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)

#: Bytes of messages on a page, whatever their number: a page is kept in memory.
_PAGE_BYTES = 8 * 1024 * 1024
_BLOCK = 1024 * 1024


class MailStore(Protocol):
    """What an IMAP account and a folder of mbox files have in common."""

    def problems(self) -> Iterator[Problem]: ...

    def mails(self, seeker: MessageMatcher, checkpoint: str | None) -> Iterator[Mail]: ...

    def blocks(self, key: str) -> Iterator[bytes]: ...

    def there(self, keys: Sequence[str]) -> Mapping[str, tuple[Done, str]]: ...

    def erase(self, keys: Sequence[str]) -> Mapping[str, tuple[Done, str]]: ...


class Mailbox(Adapter):
    """The messages of one mailbox."""

    name = "mailbox"
    title = "Mailbox, over IMAP or in mbox files"
    identifies_by = ("email",)
    Settings = MailboxSettings

    settings: MailboxSettings

    def __init__(self, settings: MailboxSettings) -> None:
        super().__init__(settings)
        self._store: MailStore = MboxFiles(settings) if settings.mbox else Account(settings)

    def collections(self) -> Sequence[Collection]:
        """One: the messages."""
        title = self.settings.title or {"en": "Message", "de": "Nachricht"}
        return [Collection("messages", title, FIELDS, self.settings.meaning)]

    def check(self) -> Sequence[Problem]:
        """Whether it can be reached, the user signed in, every folder opened."""
        return list(self._store.problems())

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """The messages with one of the person's addresses in a header that names people."""
        seeker = MessageMatcher.of(subject, self.settings.ours)
        if seeker.wanted:
            yield from self._pages(seeker, checkpoint)

    def _pages(self, seeker: MessageMatcher, checkpoint: str | None) -> Iterator[Page]:
        """A page is full at `page` messages, or when they are large."""
        page: list[Record] = []
        size, last = 0, ""
        for mail in self._store.mails(seeker, checkpoint):
            if len(page) >= self.settings.page or size > _PAGE_BYTES:
                yield Page(page, last)
                page, size = [], 0
            page.append(record(mail, seeker))
            size += len(mail.whole or b"")
            last = mail.checkpoint
        if page:
            yield Page(page)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        """A file sent with a message, or the message as it came."""
        del collection  # there is only one
        if attachment.reference == ORIGINAL:
            yield from self._store.blocks(key)
            return
        content = self._part(key, attachment.reference)
        for start in range(0, len(content), _BLOCK):
            yield content[start : start + _BLOCK]

    def _part(self, key: str, reference: str) -> bytes:
        whole = bytearray()
        for block in self._store.blocks(key):
            whole += block
            if len(whole) > self.settings.largest_bytes:
                raise NeedsHuman(
                    "The message is larger than largest allows. Raise it.", code="too_large"
                )
        for part in leaves(bytes(whole))[0]:
            if part.reference == reference:
                return part.content()
        raise NeedsHuman("The message has no such attachment. Search again.", code="not_there")

    def erase(self, batch: Batch) -> list[Receipt]:
        """Deletes messages for good; one message can only go whole."""
        whole = [item.key for item in batch.items if not item.fields]
        done = dict(self._store.erase(whole)) if self._knows(batch) else {}
        return _receipts(batch, done)

    def probe(self, batch: Batch) -> list[Receipt]:
        """Whether each message is there: MISSING, or KEPT; nothing is changed."""
        keys = [item.key for item in batch.items]
        return _receipts(batch, self._store.there(keys) if self._knows(batch) else {})

    def _knows(self, batch: Batch) -> bool:
        return batch.collection == "messages"


def _receipts(batch: Batch, done: Mapping[str, tuple[Done, str]]) -> list[Receipt]:
    known = batch.collection == "messages"
    why = (
        "A message can only be deleted whole. Decide about all of it."
        if known
        else f"The source has no collection {batch.collection}."
    )
    return [
        Receipt(batch.collection, item.key, *done.get(item.key, (Done.FAILED, why)))
        for item in batch.items
    ]
