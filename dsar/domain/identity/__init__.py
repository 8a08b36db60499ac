"""Who asks: the identifiers of a person in their one exact normal form."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dsar.domain.errors import BadInput
from dsar.domain.identity.telephone import normal_number

#: Kinds of identifier the engine checks the form of; any other kind is free text of 1–200 signs.
EMAIL = "email"
PHONE = "phone"
NAME = "name"

#: Kinds of which one person often has several; of any other a second one may be somebody else's.
SEVERAL = frozenset({EMAIL, PHONE, NAME})

#: How an identifier is known: said by the person, proven by staff, given by a source; given by one
#: and not settled whose it is; settled that it is not this person's. Unused ones find nothing.
STATED, CONFIRMED, GIVEN = "stated", "confirmed_by_staff", "given_by_source"
UNSETTLED, NOT_THEIRS = "unsettled", "not_theirs"
UNUSED = frozenset({UNSETTLED, NOT_THEIRS})

_LIMIT = 200
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def normal(kind: str, value: str) -> str:
    """The exact normal form in which an identifier is stored, hashed and compared.

    That of `normal_form`, and of a form its kind can have. Raises BadInput.
    """
    if not _KIND.fullmatch(kind):
        raise BadInput(
            "identifier", "is of no kind we know.", "Write it as KIND=VALUE, KIND in small letters."
        )
    text = unicodedata.normalize("NFC", value).strip()
    name = f"identifier {kind}"
    if not text:
        raise BadInput(name, "is empty.", f"Give it as {kind}=VALUE.")
    if len(text) > _LIMIT:
        raise BadInput(name, f"is longer than {_LIMIT} characters.", "Give the identifier alone.")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise BadInput(name, "holds a control character.", "Type it again without.")
    return _FORMS.get(kind, _other)(text)


def normal_form(kind: str, text: str, region: str = "") -> str:
    """What a system holds, in the form a person's identifiers are compared in; refuses nothing.

    Unicode NFC, no space at either end; e-mail addresses and UUIDs in lower case; telephone numbers
    without separators, those in the national form of `region` ("DE") in international form. Nothing
    is guessed: a plus-tag, a dot or a look-alike letter makes a different identifier.
    """
    exact = unicodedata.normalize("NFC", text).strip()
    if kind == PHONE:
        return normal_number(exact, region)
    return exact.lower() if kind == EMAIL else _other(exact)


def _other(text: str) -> str:
    """A UUID is the same one in either case (RFC 9562, 4); any other text is itself."""
    return text.lower() if _UUID.fullmatch(text) else text


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    plain = not any(sign.isspace() for sign in text)
    if not (at and local and plain and "@" not in local and "." in domain.strip(".")):
        raise BadInput(
            "identifier email", "is not an e-mail address.", "Write it as name@host.tld."
        )
    return text.lower()


def _phone(text: str) -> str:
    digits = normal_number(text)
    if not (digits.startswith("+") and digits[1:].isascii() and digits[1:].isdigit()):
        raise BadInput(
            "identifier phone", "is not an international number.", "Write it as +49301234567."
        )
    return digits


_FORMS = {EMAIL: _email, PHONE: _phone}


@dataclass(frozen=True, slots=True)
class Subject:
    """The person as a set of identifiers, by kind; every value is proven and in normal form."""

    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Subject":
        """The person with these (kind, value) pairs, each brought to normal form."""
        found: dict[str, list[str]] = {}
        for kind, value in pairs:
            known = found.setdefault(kind, [])
            exact = normal(kind, value)
            if exact not in known:
                known.append(exact)
        return cls({kind: tuple(values) for kind, values in found.items()})

    def values(self, kind: str) -> tuple[str, ...]:
        """All identifiers of one kind, or none."""
        return self.identifiers.get(kind, ())

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every identifier as (kind, value), sorted."""
        return tuple(
            (kind, value) for kind in sorted(self.identifiers) for value in self.identifiers[kind]
        )

    def __bool__(self) -> bool:
        return any(self.identifiers.values())
