"""A person's messages in an IMAP account.

A message is named by folder, UIDVALIDITY and UID (RFC 3501 section 2.3.1.1): once a folder was
renumbered, a name from before it is refused rather than taken for another message.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from dsar.adapters.mailbox.addresses import MessageMatcher
from dsar.adapters.mailbox.folders import from_wire, to_wire
from dsar.adapters.mailbox.imap import HEADER_LIMIT, Header, Session, session
from dsar.adapters.mailbox.mailbox_settings import MailboxSettings
from dsar.adapters.mailbox.mails import Mail
from dsar.sdk import Done, Later, Match, NeedsHuman, Problem

Outcome = tuple[Done, str]

_RENUMBERED = "The mail server numbered the folder anew since the search. Search again."
_KEPT_ANYWAY = "The mail server said it deleted the message and still has it. Ask whoever runs it."
_NO_FOLDER = "The folder is not there any more, or was renamed. Search again."


@dataclass(frozen=True, slots=True)
class Name:
    """Which message: the folder as on the wire, its numbering, the number in it."""

    folder: str
    validity: str
    uid: int

    @classmethod
    def of(cls, key: str) -> "Name | None":
        folder, _, rest = key.rpartition("/")
        folder, _, validity = folder.rpartition("/")
        sound = folder and validity.isdecimal() and rest.isdecimal() and key.isascii()
        return cls(folder, validity, int(rest)) if sound else None

    def __str__(self) -> str:
        return f"{self.folder}/{self.validity}/{self.uid}"

    @property
    def checkpoint(self) -> str:
        """Where a search goes on behind it; a folder's name may name a person, so it is hashed."""
        return json.dumps([_hashed(self.folder), self.validity, self.uid])


def _hashed(folder: str) -> str:
    return hashlib.sha256(folder.encode()).hexdigest()[:16]


class Account:
    """One IMAP account; a connection lasts as long as a call."""

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings

    def problems(self) -> Iterator[Problem]:
        try:
            with session(self.settings) as open_session:
                for folder in self._folders(open_session):
                    _opened(open_session, folder)
        except (NeedsHuman, Later) as failure:
            yield Problem("server", failure.reason, "Until then nothing can be searched.")

    def mails(self, seeker: MessageMatcher, checkpoint: str | None) -> Iterator[Mail]:
        """The person's messages, folder by folder, in the order they came into each."""
        start = _start(checkpoint)
        with session(self.settings) as open_session:
            folders = self._folders(open_session)
            hashes = [_hashed(folder) for folder in folders]
            first = hashes.index(start[0]) if start and start[0] in hashes else 0
            for folder in folders[first:]:
                validity = _opened(open_session, folder)
                behind = start[2] if start and start[:2] == (_hashed(folder), validity) else 0
                yield from self._in_folder(open_session, Name(folder, validity, behind), seeker)

    def _folders(self, open_session: Session) -> Sequence[str]:
        """The folders to search, as on the wire."""
        if "*" in self.settings.folders:
            return open_session.folders()
        return sorted({to_wire(name) for name in self.settings.folders})

    def _in_folder(
        self, open_session: Session, start: Name, seeker: MessageMatcher
    ) -> Iterator[Mail]:
        hits = {uid for one in sorted(seeker.wanted) for uid in open_session.search(one, start.uid)}
        for header in open_session.headers(sorted(hits)):
            match = seeker.match(BytesHeaderParser().parsebytes(header.content))
            if match is None and len(header.content) >= HEADER_LIMIT:
                match = Match.NAME_ONLY  # the server saw more of it than we do
            if match is not None:
                name = Name(start.folder, start.validity, header.uid)
                mail = self._mail(open_session, name, header, match)
                if mail is not None:
                    yield mail

    def _mail(self, open_session: Session, name: Name, header: Header, match: Match) -> Mail | None:
        """The message with its body; None where somebody deleted it just now."""
        small = header.size <= self.settings.largest_bytes
        whole = open_session.whole(name.uid) if small else None
        if small and whole is None:
            open_session.refuse_left_out({name.uid})
            return None
        return Mail(
            key=str(name),
            folder=from_wire(name.folder),
            received=header.received,
            size=header.size,
            header=header.content,
            whole=whole,
            match=match,
            checkpoint=name.checkpoint,
        )

    def blocks(self, key: str) -> Iterator[bytes]:
        """The message as it came, block by block. Raises NeedsHuman where it is gone."""
        name = Name.of(key)
        with session(self.settings) as open_session:
            if name is None or open_session.open(name.folder) != name.validity:
                raise NeedsHuman(_RENUMBERED, code="not_there")
            if name.uid not in open_session.there([name.uid]):
                raise NeedsHuman(
                    "The message is not there any more. Search again.", code="not_there"
                )
            yield from open_session.blocks(name.uid)

    def there(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Whether each message is there; nothing is changed."""
        done: dict[str, Outcome] = {}
        with session(self.settings) as open_session:
            for names in _visited(open_session, keys, done, to_change=False):
                found = open_session.there(sorted(names))
                for uid, key in names.items():
                    kept = (Done.KEPT, "The message is there.")
                    done[key] = kept if uid in found else (Done.MISSING, "")
        return done

    def erase(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Deletes messages for good, and looks whether they are gone."""
        done: dict[str, Outcome] = {}
        with session(self.settings) as open_session:
            for names in _visited(open_session, keys, done, to_change=True):
                before = sorted(open_session.there(sorted(names)))
                open_session.delete(before)
                left = open_session.there(before)
                done |= {key: _outcome(uid, before, left) for uid, key in names.items()}
        return done


def _opened(open_session: Session, folder: str) -> str:
    validity = open_session.open(folder)
    if validity is None:
        raise NeedsHuman(
            f"The mail server has no folder {from_wire(folder)}, or does not let the user open it. "
            "Correct the name in folders, or give the user the right to read it.",
            code="refused",
        )
    return validity


def _start(checkpoint: str | None) -> tuple[str, str, int] | None:
    if checkpoint is None:
        return None
    try:
        folder, validity, uid = json.loads(checkpoint)
        return str(folder), str(validity), int(uid)
    except (ValueError, TypeError):
        raise NeedsHuman(
            "The checkpoint is not one of this source's. Start the search anew."
        ) from None


def _visited(
    open_session: Session, keys: Sequence[str], done: dict[str, Outcome], *, to_change: bool
) -> Iterator[dict[int, str]]:
    """The messages of each folder by UID, while it is open; `done` says which cannot be told."""
    names = {key: Name.of(key) for key in keys}
    done |= {key: (Done.FAILED, "This is no key of this source.") for key in keys if not names[key]}
    for folder in sorted({name.folder for name in names.values() if name}):
        own = {key: name for key, name in names.items() if name and name.folder == folder}
        validity = open_session.open(folder, to_change=to_change)
        for key, name in own.items():
            if name.validity != validity:
                done[key] = (Done.FAILED, _RENUMBERED if validity else _NO_FOLDER)
        uids = {name.uid: key for key, name in own.items() if name.validity == validity}
        if uids:
            yield uids


def _outcome(uid: int, before: Sequence[int], left: set[int]) -> Outcome:
    if uid not in before:
        return Done.MISSING, ""
    return (Done.FAILED, _KEPT_ANYWAY) if uid in left else (Done.ERASED, "")
