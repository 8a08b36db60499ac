"""What a source holds about a person, and what it did with it: the values that cross every seam."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

#: A JSON value: None, bool, int, float, str, list or dict of them. Adapters turn dates, decimals
#: and bytes into text before they hand a record over.
Value = Any

#: The same words in several languages, by BCP 47 tag: {"en": "E-mail address", "de": "…"}.
Text = Mapping[str, str]


def in_language(text: Text, language: str) -> str:
    """The words in `language`, else in its base language, in English, or in whatever there is."""
    for tag in (language, language.partition("-")[0], "en"):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")


class Match(StrEnum):
    """How a source knew that a record belongs to the person; only the first two pass unseen."""

    VERIFIED_IDENTIFIER = "verified_identifier"
    DERIVED_KEY = "derived_key"
    NAME_ONLY = "name_only"


#: Matches that a person must look at before the record goes anywhere.
WEAK = frozenset({Match.NAME_ONLY})


@dataclass(frozen=True, slots=True)
class Field:
    """One field's entry in a source's dictionary: without one, its values go to review.

    `term` names the standard thing a field holds ("email", "family_name", …), so that one
    correction reaches every source. `about_others` marks fields that may speak of other people.
    `withhold` is the ground on which its values are never handed over, such as `NEVER_DISCLOSED`
    for a password; "" says that they may be, None that nobody has said.
    """

    name: str
    label: Text
    meaning: Text = field(default_factory=dict)
    category: str = ""
    term: str | None = None
    about_others: bool = False
    withhold: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of record in a source and the dictionary of its fields, in display order."""

    name: str
    title: Text
    fields: tuple[Field, ...] = ()
    meaning: Text = field(default_factory=dict)

    def field(self, name: str) -> Field | None:
        """The dictionary's entry for one field, or None where the source never explained it."""
        return next((entry for entry in self.fields if entry.name == name), None)


#: The ground of secrets: passwords, tokens, keys. They are described and never disclosed.
NEVER_DISCLOSED = "never_disclosed"

#: Words in the name of a field that mostly holds a secret: hashes of passwords stand here too.
_SECRET = frozenset(
    {"credential", "credentials", "hash", "otp", "pass", "passphrase", "passwd", "password", "pwd"}
    | {"salt", "secret", "secrets", "session", "sessions", "token", "tokens", "totp"}
)
_SECRET_PAIRS = frozenset({("activation", "key"), ("api", "key"), ("private", "key")})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def looks_secret(name: str) -> bool:
    """Whether a field is called as secrets are: `user_pass`, `sessionTokens`, `api_key`."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not _SECRET.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairwise(words))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a record: a letter, a photograph, a recording.

    `reference` is what the source finds it by (`Adapter.read`), unique within the record. `name` is
    the original file name, shown and never used as a path. `size` in bytes, if known beforehand.
    """

    reference: str
    name: str
    media_type: str = "application/octet-stream"
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One item of personal data a source returned.

    `key` identifies it within its collection for as long as it lives. `subject` is the source's own
    id of the person, where it has one: two different ids for one request stop the ticket.
    `lost_files` counts attachments that could not be told apart or named, and so not be taken over;
    the engine sets it. `shared` says that other people's records depend on it too, such as the
    address of a household: it is handed over, and changed only when somebody said so.
    """

    collection: str
    key: str
    data: Mapping[str, Value]
    match: Match = Match.VERIFIED_IDENTIFIER
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
    lost_files: int = 0
    shared: bool = False


class Done(StrEnum):
    """What a source did to one record."""

    ERASED = "erased"
    ANONYMISED = "anonymised"
    RECTIFIED = "rectified"
    RESTRICTED = "restricted"
    STOPPED = "stopped"
    LIFTED = "lifted"
    KEPT = "kept"
    MISSING = "missing"
    FAILED = "failed"


#: Receipts that prove the effect asked for. MISSING does: the record is no longer there.
PROOF = frozenset(
    {
        Done.ERASED,
        Done.ANONYMISED,
        Done.RECTIFIED,
        Done.RESTRICTED,
        Done.STOPPED,
        Done.LIFTED,
        Done.MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a source did to one record; exactly one for each record it was given.

    `reason` explains KEPT and FAILED in a sentence that holds no personal data. That of KEPT is
    quoted to the person, that of FAILED is for staff. `code` is one of `dsar.domain.reasons.SEAM`:
    the person reads its words, in their language, and no sentence.
    """

    collection: str
    key: str
    done: Done
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One record to act on: erase these fields (all if empty), or write these values."""

    key: str
    fields: tuple[str, ...] = ()
    changes: Mapping[str, Value] = field(default_factory=dict)


def unexplained(collection: Collection | None, fields: Iterable[str]) -> tuple[str, ...]:
    """The fields the dictionary does not explain; staff sees them before anyone else."""
    return tuple(name for name in fields if collection is None or collection.field(name) is None)
