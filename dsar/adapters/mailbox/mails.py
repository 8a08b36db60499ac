"""One message taken apart: its record, its attachments, and what of it could not be read."""

import mimetypes
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

from dsar.adapters.json_values import sound
from dsar.adapters.mailbox.addresses import (
    HEADERS,
    MessageMatcher,
    addresses,
    decoded,
    header_texts,
)
from dsar.adapters.mailbox.html_text import words
from dsar.sdk import Attachment, Field, Match, NeedsHuman, Record

#: The reference of the message as it came, for one that cannot be taken apart.
ORIGINAL = "original"
#: Characters of a text that stand in the record; a longer one becomes an attachment.
TEXT_LIMIT = 256 * 1024
#: How deep parts may stand in each other, and how many there may be.
_DEPTH, _PARTS = 32, 500

FIELDS = (
    Field("folder", {"en": "Folder", "de": "Ordner"}),
    Field("date", {"en": "Date", "de": "Datum"}, {"en": "As the sender wrote it."}),
    Field("received", {"en": "Received", "de": "Eingang"}, {"en": "As the mail server noted it."}),
    Field("from", {"en": "From", "de": "Von"}, {"en": "Only your own or our address."}),
    Field("to", {"en": "To", "de": "An"}, {"en": "Only your own or our address."}),
    Field("cc", {"en": "Copy to", "de": "Kopie an"}, {"en": "Only your own or our address."}),
    Field("bcc", {"en": "Blind copy", "de": "Blindkopie"}, {"en": "Only your own or our address."}),
    Field("reply_to", {"en": "Replies to", "de": "Antwort an"}),
    Field(
        "others",
        {"en": "Other people's addresses", "de": "Adressen anderer"},
        {"en": "Who else the message names, and in which of its lines."},
        category="contact",
        about_others=True,
    ),
    Field("subject", {"en": "Subject", "de": "Betreff"}, about_others=True),
    Field("text", {"en": "Text", "de": "Text"}, about_others=True),
    Field("message_id", {"en": "Message number", "de": "Nachrichtennummer"}),
    Field("in_reply_to", {"en": "Answer to message", "de": "Antwort auf Nachricht"}),
    Field("list", {"en": "Mailing list", "de": "Mailingliste"}),
    Field(
        "remark",
        {"en": "Remark", "de": "Anmerkung"},
        {"en": "What could not be read of this message; it is then attached as it came."},
    ),
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A person's message as a store gives it; `whole` is None where it is too large to read."""

    key: str
    folder: str
    received: str | None
    size: int
    header: bytes
    whole: bytes | None
    match: Match
    checkpoint: str


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A leaf of a message: its place among all leaves, and the part itself."""

    reference: str
    message: Message

    @property
    def kind(self) -> str:
        return self.message.get_content_type()

    @property
    def is_file(self) -> bool:
        named = self.message.get_filename() is not None
        return named or self.message.get_content_disposition() == "attachment"

    def content(self) -> bytes:
        """Its bytes, decoded from what the wire made of them."""
        if self.message.is_multipart():  # a message within the message
            inner = self.message.get_payload(0)
            return inner.as_bytes() if isinstance(inner, Message) else b""
        content = self.message.get_payload(decode=True)
        return content if isinstance(content, bytes) else b""


def record(mail: Mail, seeker: MessageMatcher) -> Record:
    """The record of one message; `seeker` tells the person's addresses from other people's."""
    data: dict[str, Any] = {entry.name: None for entry in FIELDS}
    data |= {"folder": mail.folder, "received": mail.received}
    header = BytesHeaderParser().parsebytes(mail.header)
    data |= _header(header, seeker)
    text, attachments, remarks = _body(mail)
    data |= {"text": text, "remark": " ".join(remarks) or None}
    clean = {
        name: sound(value) if isinstance(value, str) else value for name, value in data.items()
    }
    return Record("messages", mail.key, clean, mail.match, attachments=tuple(attachments))


def _header(header: Message, seeker: MessageMatcher) -> dict[str, Any]:
    found: dict[str, Any] = {}
    others: list[str] = []
    for field, names in HEADERS.items():
        own = []
        for name in names:
            for text in header_texts(header, name):
                for one in addresses(text):
                    if seeker.is_others(one):
                        others.append(sound(f"{name}: {one}"))
                    else:
                        own.append(str(one))
        found[field] = ", ".join(dict.fromkeys(own)) or None
    found["others"] = others or None
    found["date"] = _date(_first(header, "Date"))
    single = {"subject": "Subject", "message_id": "Message-ID", "list": "List-Id"}
    single["in_reply_to"] = "In-Reply-To"
    return found | {field: _first(header, name) for field, name in single.items()}


def _first(header: Message, name: str) -> str | None:
    return next((decoded(text) for text in header_texts(header, name)), None) or None


def _date(text: str | None) -> str | None:
    """In ISO 8601 where it can be read, else as it stands."""
    try:
        return parsedate_to_datetime(text).isoformat() if text else None
    except (ValueError, TypeError, IndexError):
        return text


Body = tuple[str | None, list[Attachment], list[str]]


def _body(mail: Mail) -> Body:
    """The text, the attachments, and what is to be said about what could not be read."""
    original = Attachment(ORIGINAL, "message.eml", "message/rfc822", mail.size)
    if mail.whole is None:
        return None, [original], ["It is too large to be taken apart."]
    try:
        parts, well_formed = leaves(mail.whole)
    except (MessageError, NeedsHuman, RecursionError, ValueError, LookupError):
        return None, [original], ["Its parts cannot be told apart."]
    texts, files = _sorted(parts)
    text, remarks = _text(texts)
    if len(text) > TEXT_LIMIT:
        files, text = [*texts, *files], ""
        remarks.append("Its text is long and attached as a file.")
    if not well_formed:
        remarks.append("Some of its parts are not well formed.")
    attachments = [_attachment(part) for part in files]
    return text or None, [*attachments, original] if remarks else attachments, remarks


def leaves(whole: bytes) -> tuple[list[MessagePart], bool]:
    """The parts that hold something, in order, and whether all are well formed.

    Raises NeedsHuman where they are too many or too deep in each other.
    """
    message = BytesParser().parsebytes(whole)
    found = list(_walk(message, "", 0))
    if len(found) > _PARTS:
        raise NeedsHuman("A message has too many parts.", code="unreadable")
    return found, not any(part.defects for part in message.walk())


def _walk(message: Message, place: str, depth: int) -> Iterator[MessagePart]:
    if depth > _DEPTH:
        raise NeedsHuman("The parts of a message stand too deep in each other.", code="unreadable")
    inner = message.get_payload()
    if message.get_content_maintype() == "message" or not isinstance(inner, list):
        yield MessagePart(place or "0", message)
        return
    for number, part in enumerate(inner):
        if isinstance(part, Message):
            yield from _walk(part, f"{place}.{number}" if place else str(number), depth + 1)


def _sorted(parts: Sequence[MessagePart]) -> tuple[list[MessagePart], list[MessagePart]]:
    """The parts that are the text, and the files; HTML is text where there is no plain one.

    An HTML part beside a plain one says the same (RFC 2046 section 5.1.4) and is left out.
    """
    shown = [part for part in parts if not part.is_file and part.kind.startswith("text/")]
    plain = [part for part in shown if part.kind == "text/plain"]
    html = [part for part in shown if part.kind == "text/html"]
    texts = plain or html
    left_out = {part.reference for part in (*texts, *html)}
    return texts, [part for part in parts if part.reference not in left_out]


def _text(parts: Sequence[MessagePart]) -> tuple[str, list[str]]:
    texts, remarks = [], []
    for part in parts:
        charset = part.message.get_content_charset() or "utf-8"
        content = part.content()
        try:
            text = content.decode(charset)
        except LookupError:
            text = content.decode("latin-1")
            remarks.append("Its text is in an unknown character set.")
        except UnicodeDecodeError:
            text = content.decode(charset, "replace")
            remarks.append("Some signs of its text cannot be read.")
        texts.append(words(text) if part.kind == "text/html" else text.replace("\r\n", "\n"))
    return "\n\n".join(text.strip() for text in texts if text.strip()), list(dict.fromkeys(remarks))


def _attachment(part: MessagePart) -> Attachment:
    name = decoded(part.message.get_filename() or "")
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")[-200:]
    if not name:
        ending = _ENDINGS.get(part.kind) or mimetypes.guess_extension(part.kind) or ".bin"
        name = f"part-{part.reference}{ending}"
    return Attachment(part.reference, sound(name), part.kind, len(part.content()))


_ENDINGS: Mapping[str, str] = {"message/rfc822": ".eml", "text/plain": ".txt"}
