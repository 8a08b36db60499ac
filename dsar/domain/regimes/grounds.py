"""On which grounds something may be refused, kept or withheld: those its law lists for its right.

No free word is a ground: the person reads it. What the law does not list can be said as a reason,
and does not stand alone.
"""

from collections.abc import Mapping

from dsar.domain.regimes import Ground, Regime

#: Of a ruling alone, under every law: the record is not about the person who asks, so no right of
#: theirs reaches it (Art. 4(1) GDPR and its like). No refusal of a request.
NOT_THIS_PERSON = "not_this_person"


def refusing(regime: Regime, right: str, country: str | None) -> Mapping[str, Ground]:
    """The grounds on which a request of this right may be refused by a controller in `country`."""
    return regime.refusal.of(right, country)


def ruling(regime: Regime, right: str, country: str | None) -> frozenset[str]:
    """The grounds on which staff may withhold or keep single records and fields."""
    return frozenset(refusing(regime, right, country)) | {NOT_THIS_PERSON}
