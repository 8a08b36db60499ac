"""The eight rights a person can exercise; each becomes a ticket of its own."""

from enum import StrEnum


class Right(StrEnum):
    """One right of one request; the ticket carries it through its whole life."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    CONSENT_WITHDRAWAL = "consent_withdrawal"
    AUTOMATED_DECISION_REVIEW = "automated_decision_review"


#: The article that grants the right in the GDPR, for people who look it up.
ARTICLES = {
    Right.ACCESS: "Art. 15",
    Right.RECTIFICATION: "Art. 16",
    Right.ERASURE: "Art. 17",
    Right.RESTRICTION: "Art. 18",
    Right.OBJECTION: "Art. 21",
    Right.PORTABILITY: "Art. 20",
    Right.CONSENT_WITHDRAWAL: "Art. 7(3)",
    Right.AUTOMATED_DECISION_REVIEW: "Art. 22(3)",
}

#: Rights that end with a copy of the data in the bundle.
COPYING = frozenset({Right.ACCESS, Right.PORTABILITY})

#: Rights that change something in the sources before the answer goes out.
ACTING = frozenset(
    {
        Right.RECTIFICATION,
        Right.ERASURE,
        Right.RESTRICTION,
        Right.OBJECTION,
        Right.CONSENT_WITHDRAWAL,
    }
)
