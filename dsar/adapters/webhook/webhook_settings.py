"""The settings of a webhook source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsar.adapters.http import HttpSettings
from dsar.adapters.kinds import RecordKind


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(HttpSettings):
    """Where the message goes and by which secrets it is signed, by what the other system can search
    and what it holds."""

    url: str
    """Where the message is sent (https). No other scheme, host or port is asked."""
    secrets: tuple[str, ...] = field(repr=False)
    """One secret (`whsec_` and base64 of 24 to 64 random bytes), or two while it is replaced, the
    newer one first."""
    identify: tuple[str, ...]
    """The kinds of identifier it can search by; no other is told to it."""
    collections: Mapping[str, RecordKind] = field(default_factory=dict)
    """The kinds of record it holds."""
    gives: tuple[str, ...] = ()
    """Further kinds of identifier an answer may bring."""
    page: int = 500
    """Records taken in at once."""
