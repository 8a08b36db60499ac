"""The settings of a manual source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsar.adapters.kinds import RecordKind
from dsar.sdk.settings import Words


@dataclass(frozen=True, slots=True)
class ManualSettings:
    """Who is asked, by what they can look, what they are to look for, what they may find."""

    who: str
    """Whom the question is for, as it stands on the page: a team, a name or an e-mail address."""
    identify: tuple[str, ...]
    """The kinds of identifier they can look by; no other is shown to them."""
    ask: Words = field(default_factory=dict)
    """What to look for and where, in their own words."""
    collections: Mapping[str, RecordKind] = field(default_factory=dict)
    """The kinds of record they may fill in; files can be sent along in any case."""
    gives: tuple[str, ...] = ()
    """Further kinds of identifier an answer may bring."""
    page: int = 500
    """Records taken in at once."""
