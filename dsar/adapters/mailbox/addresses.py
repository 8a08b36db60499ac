"""Whose a message is: the addresses in its header, compared exactly.

A display name that looks like an address is no address: `ann@example.com <eve@example.net>` is
Eve's. What cannot be taken apart is never matched for sure: a person looks at it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from dsar.sdk import Match, Subject

#: The headers that name people, by the field of a record their addresses go into.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "from": ("From", "Sender"),
    "to": ("To",),
    "cc": ("Cc",),
    "bcc": ("Bcc",),
    "reply_to": ("Reply-To",),
}

#: A quoted text, a comment, an address in angle brackets, a literal, a separator, anything else.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>|\[[^\]]*\]|[,;:]|[^",;:<>()\[]+|.', re.DOTALL
)
_PLAIN = re.compile(r'[^\s@<>()",;:\\]+@[^\s@<>()",;:\\]+')
_WORD = r"[\w.!#$%&'*+/=?^`{|}~@-]"


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header: the name beside it, and the address, empty if it is unreadable."""

    name: str
    address: str

    def __str__(self) -> str:
        if not self.address:
            return self.name
        return f"{self.name} <{self.address}>" if self.name else self.address


def exact(address: str) -> str:
    """An address in the normal form the person's are in."""
    return unicodedata.normalize("NFC", address).strip().lower()


def header_texts(message: Message, name: str) -> Iterator[str]:
    """Every value of a header as it stands, unfolded; eight-bit signs read as UTF-8 or Latin-1."""
    for given, value in message.raw_items():
        if given.lower() == name.lower():
            raw = str(value).encode("utf-8", "surrogateescape")
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                text = raw.decode("latin-1")
            yield re.sub(r"\r?\n(?=[ \t])", "", text)


def decoded(text: str) -> str:
    """A header's text with its encoded words (RFC 2047) in plain, or as it stands."""
    try:
        parts = [
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
            for part, charset in decode_header(text)
        ]
    except (HeaderParseError, LookupError, ValueError):
        return text
    return unicodedata.normalize("NFC", "".join(parts)).strip()


def addresses(text: str) -> Iterator[Address]:
    """The addresses of one header's value (RFC 5322 section 3.4)."""
    before = ""  # "Lee, Ann <…>": a name whose comma should have been quoted
    for tokens in _entries(text):
        one = _address(tokens)
        if one.address or "@" in one.name:
            yield Address(f"{before}{one.name}", one.address)
            before = ""
        elif one.name:
            before = f"{before}{one.name}, "


def _entries(text: str) -> Iterator[list[str]]:
    """The tokens of each entry of a list of addresses; the names of groups are left out."""
    entry: list[str] = []
    for found in _TOKEN.finditer(text):
        sign = found[0]
        if sign in {",", ";"}:
            yield entry
            entry = []
        elif sign == ":":
            entry = []
        else:
            entry.append(sign)
    yield entry


def _address(tokens: Sequence[str]) -> Address:
    angles = [token[1:-1] for token in tokens if len(token) > 1 and token[0] == "<"]
    comments = [token[1:-1] for token in tokens if len(token) > 1 and token[0] == "("]
    words = "".join(_unquoted(token) for token in tokens if token[0] not in "<(").strip()
    whole = "".join(tokens)
    if len(angles) == 1 and _PLAIN.fullmatch(_routeless(angles[0])):
        last = [token for token in tokens if token.strip() and token[0] != "("][-1]
        if last[0] == "<":
            return Address(decoded(words), exact(_routeless(angles[0])))
    if not angles and _PLAIN.fullmatch(words):
        return Address(decoded(" ".join(comments)), exact(words))
    return Address(decoded(whole.strip()), "")


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] == '"' == token[-1]:
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token


def _routeless(text: str) -> str:
    """Without the route of former days: `<@relay:ann@example.com>`; quotes taken off."""
    return _unquoted_local(text.rpartition(":")[2].strip())


def _unquoted_local(text: str) -> str:
    local, at, host = text.rpartition("@")
    return f"{_unquoted(local)}{at}{host}"


@dataclass(frozen=True, slots=True)
class MessageMatcher:
    """Tells the messages of one person from all others; `ours` is the organisation's own."""

    wanted: frozenset[str]
    ours: frozenset[str] = frozenset()

    @classmethod
    def of(cls, subject: Subject, ours: Sequence[str] = ()) -> "MessageMatcher":
        own = (exact(value) for value in subject.values("email"))
        wanted = frozenset(value for value in own if _PLAIN.fullmatch(value) and "\0" not in value)
        return cls(wanted, frozenset(map(exact, ours)))

    def match(self, header: Message) -> Match | None:
        """How surely a message is theirs, by its header."""
        unsure = False
        for name in (name for names in HEADERS.values() for name in names):
            for text in header_texts(header, name):
                for one in addresses(text):
                    if one.address in self.wanted:
                        return Match.VERIFIED_IDENTIFIER
                    unsure = unsure or (not one.address and self._named(one.name))
        return Match.NAME_ONLY if unsure else None

    def _named(self, text: str) -> bool:
        """Whether what cannot be taken apart holds one of the person's addresses as a word."""
        low = exact(text)
        return any(
            re.search(rf"(?<!{_WORD}){re.escape(value)}(?!{_WORD})", low) for value in self.wanted
        )

    def is_others(self, one: Address) -> bool:
        """Whether an address is neither the person's nor the organisation's own."""
        host = f"@{one.address.rpartition('@')[2]}"
        return one.address not in self.wanted and not {one.address, host} & self.ours
