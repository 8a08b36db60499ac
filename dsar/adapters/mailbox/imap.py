"""What we say to an IMAP server, and what its answers mean: sign in, list, search, fetch, delete.

An identifier goes to the server as a literal (RFC 3501 section 4.3), counted and never quoted: no
sign in it can end it. Servers search by substring; the caller compares exactly what they found.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dsar.adapters.mailbox.addresses import HEADERS
from dsar.adapters.mailbox.folders import quoted
from dsar.adapters.mailbox.mailbox_settings import PORTS, MailboxSettings, Security
from dsar.sdk import Later, NeedsHuman

#: Bytes of a header that are looked at, and of a message asked for at once.
HEADER_LIMIT = 1024 * 1024
BLOCK = 1024 * 1024
#: Messages asked for at once.
_CHUNK = 50
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.*)', re.DOTALL)
_NOT_THERE = (b"\\noselect", b"\\nonexistent")


@dataclass(frozen=True, slots=True)
class Header:
    """What the server tells of one message without its body."""

    uid: int
    size: int
    received: str | None
    content: bytes


@contextmanager
def session(settings: MailboxSettings) -> Iterator["Session"]:
    """A session, signed in. Raises Later and NeedsHuman, neither with an identifier in it."""
    with _named_failures():
        client = _connected(settings)
        try:
            _sign_in(client, settings)
            yield Session(client)
        finally:
            with suppress(OSError):  # without a farewell: it may be gone, or busy with a literal
                client.shutdown()


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise NeedsHuman(
            f"The mail server's certificate is not to be trusted ({error.verify_message}). Mend it,"
            " or name its authority in ca."
        ) from None
    except ssl.SSLError:
        raise NeedsHuman(
            "The mail server speaks no TLS there. Correct its port or security."
        ) from None
    except (OSError, imaplib.IMAP4.abort) as error:
        raise Later(f"The mail server cannot be reached ({type(error).__name__}).") from None
    except imaplib.IMAP4.error:
        raise NeedsHuman(
            "The mail server answered what cannot be understood, or more than can be held. Search "
            "fewer folders, or ask whoever runs it.",
            code="unreadable",
        ) from None


def _connected(settings: MailboxSettings) -> imaplib.IMAP4:
    host, port = settings.server or "", settings.port or PORTS[settings.security]
    if settings.security is Security.NONE:
        return imaplib.IMAP4(host, port, settings.timeout)
    trusted = _trusted(settings)
    if settings.security is Security.TLS:
        return imaplib.IMAP4_SSL(host, port, ssl_context=trusted, timeout=settings.timeout)
    client = imaplib.IMAP4(host, port, settings.timeout)
    if "STARTTLS" not in client.capabilities:
        client.shutdown()
        raise NeedsHuman('The mail server knows no STARTTLS. Write security = "tls".')
    try:
        client.starttls(trusted)
    except BaseException:
        with suppress(OSError):  # what is to be said is why it failed
            client.shutdown()
        raise
    return client


def _trusted(settings: MailboxSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
    except (OSError, ssl.SSLError):
        raise NeedsHuman("The file ca holds no certificates that can be read. Mend it.") from None


def _sign_in(client: imaplib.IMAP4, settings: MailboxSettings) -> None:
    try:
        if "AUTH=PLAIN" in client.capabilities:  # the only way that carries any password
            words = f"\0{settings.user}\0{settings.password}".encode()
            client.authenticate("PLAIN", lambda _: words)
        else:
            client.login(quoted(settings.user), settings.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise NeedsHuman(
            "The mail server refuses the user or the password. Correct user and password.",
            code="refused",
        ) from None


class Session:
    """One connection. Folder names are as the wire carries them."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        told = self._ok(client.capability(), "saying what it can do")  # more than before signing in
        self._can = frozenset((told[-1] or b"").decode("ascii", "replace").upper().split())

    def folders(self) -> list[str]:
        """Every folder that can hold messages, in a lasting order."""
        found = []
        for answer in self._ok(self._client.list(), "listing its folders"):
            named = _folder(answer)
            if named is not None:
                found.append(named)
        return sorted(set(found))

    def open(self, folder: str, *, to_change: bool = False) -> str | None:
        """Opens a folder: its UIDVALIDITY, or None where there is no such folder for us."""
        try:
            status, _ = self._client.select(quoted(folder), readonly=not to_change)
        except imaplib.IMAP4.readonly:
            raise NeedsHuman(
                "The mail server lets this user read a folder and change nothing in it. "
                "Give the user the right to delete there.",
                code="refused",
            ) from None
        if status != "OK":
            return None
        told = self._client.response("UIDVALIDITY")[1]
        return str(int(told[0])) if told and told[0] else "0"

    def search(self, address: str, after: int) -> set[int]:
        """The messages behind that UID with the address anywhere in a header that names people."""
        found: set[int] = set()
        charset = () if address.isascii() else ("CHARSET", "UTF-8")
        for name in (name for names in HEADERS.values() for name in names):
            # imaplib sends this behind the command, with its length before it
            self._client.literal = address.encode()  # type: ignore[assignment]
            words = (*charset, "UID", f"{after + 1}:*", "HEADER", name)
            found.update(self._numbers(self._client.uid("SEARCH", *words)))
        return {uid for uid in found if uid > after}  # n:* always means the last one too

    def there(self, uids: Sequence[int]) -> set[int]:
        """Those of the messages that are in the open folder."""
        found: set[int] = set()
        for chunk in _chunks(uids):
            found.update(self._numbers(self._client.uid("SEARCH", "UID", _set(chunk))))
        return found

    def headers(self, uids: Sequence[int]) -> Iterator[Header]:
        """The headers of those that are there, in the order of their UIDs."""
        what = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{HEADER_LIMIT}>)"
        for chunk in _chunks(sorted(uids)):
            answers = self._ok(self._client.uid("FETCH", _set(chunk), what), "fetching headers")
            found = sorted(_headers(answers), key=lambda one: one.uid)
            self.refuse_left_out(set(chunk) - {one.uid for one in found})
            yield from found

    def refuse_left_out(self, uids: set[int]) -> None:
        """A message that was not given is gone meanwhile, or the answer was cut."""
        if uids and self.there(sorted(uids)):
            raise NeedsHuman(
                "The mail server found messages and does not give them. Ask whoever runs it why."
            )

    def whole(self, uid: int) -> bytes | None:
        """A message as it came, or None where it is gone; it stays unread."""
        return self._fetched(uid, "BODY.PEEK[]")

    def blocks(self, uid: int) -> Iterator[bytes]:
        """A message of any size, block by block."""
        start = 0
        while block := self._fetched(uid, f"BODY.PEEK[]<{start}.{BLOCK}>"):
            yield block
            start += len(block)

    def delete(self, uids: Sequence[int]) -> None:
        """Deletes these messages of the open folder and no others. Raises NeedsHuman."""
        only_these = "UIDPLUS" in self._can
        if not only_these:
            self._refuse_if_others_would_go(uids)
        for chunk in _chunks(uids):
            flags = (_set(chunk), "+FLAGS.SILENT", r"(\Deleted)")
            self._ok(self._client.uid("STORE", *flags), "deleting messages")
            if only_these:
                self._ok(self._client.uid("EXPUNGE", _set(chunk)), "deleting messages")
        if not only_these:
            self._ok(self._client.expunge(), "deleting messages")

    def _refuse_if_others_would_go(self, uids: Sequence[int]) -> None:
        """Without UIDPLUS (RFC 4315) EXPUNGE takes whatever anybody marked as deleted."""
        if self._numbers(self._client.uid("SEARCH", "DELETED")) - set(uids):
            raise NeedsHuman(
                "Other messages of the folder are marked as deleted, and this mail server can only "
                "remove all of them at once. Empty or unmark them in a mail program, then go on."
            )

    def _fetched(self, uid: int, what: str) -> bytes | None:
        answers = self._ok(self._client.uid("FETCH", str(uid), f"(UID {what})"), "fetching")
        return next((one[1] for one in answers if isinstance(one, tuple)), None)

    def _numbers(self, answer: tuple[str, list[Any]]) -> set[int]:
        return {
            int(word) for line in self._ok(answer, "searching") for word in (line or b"").split()
        }

    def _ok(self, answer: tuple[str, list[Any]], doing: str) -> list[Any]:
        status, told = answer
        if status != "OK":
            raise NeedsHuman(
                f"The mail server refuses {doing}. Ask whoever runs it why.", code="refused"
            )
        return told


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), _CHUNK):
        yield uids[start : start + _CHUNK]


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _folder(answer: Any) -> str | None:
    """The name in one line of LIST; None where that folder holds no messages."""
    literal = isinstance(answer, tuple)
    line = answer[0] if literal else answer
    found = _FOLDER.fullmatch(line) if isinstance(line, bytes) else None
    if found is None or any(flag in found["flags"].lower() for flag in _NOT_THERE):
        return None
    name = answer[1] if literal else found["name"]
    if name[:1] == b'"' and not literal:
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return str(name.decode("ascii", "replace"))


def _headers(answers: Sequence[Any]) -> Iterator[Header]:
    """An answer comes as (what stands before the literal, the literal), then what stands behind."""
    for place, one in enumerate(answers):
        if not isinstance(one, tuple):
            continue
        behind = answers[place + 1] if place + 1 < len(answers) else b""
        told = one[0] + (behind if isinstance(behind, bytes) else b"")
        uid, size = re.search(rb"\bUID (\d+)", told), re.search(rb"RFC822\.SIZE (\d+)", told)
        if uid and size:
            yield Header(int(uid[1]), int(size[1]), _received(told), one[1])


def _received(told: bytes) -> str | None:
    found = re.search(rb'INTERNALDATE "([^"]+)"', told)
    try:
        text = found[1].decode().strip() if found else ""
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").isoformat() if text else None
    except ValueError:
        return None
