"""The words a regime is written in: rights, grounds, certainties, effects, members of a notice."""

from enum import StrEnum

from dsar.domain.rights import Right

#: What a clock can be asked about: the eight rights, and three matters only some laws know.
CLOCK_RIGHTS = (*(right.value for right in Right), "opt_out", "complaint", "grievance")

#: The grounds the lifecycle table cites; every regime gives a citation for each of them.
GROUNDS = (
    "received",
    "identity_doubt",
    "identity_proven",
    "identity_not_proven",
    "clarification",
    "fee",
    "accepted",
    "late_proof",
    "search",
    "source_failed",
    "gap",
    "review",
    "approval",
    "refusal_unfounded",
    "refusal_excessive",
    "refusal_exempt",
    "extension",
    "act",
    "proof_of_action",
    "residue",
    "assembly",
    "delivery",
    "withdrawn_by_person",
    "decision_by_person",
    "fulfilled",
    "partly_fulfilled",
    "waits_for_access",
    "not_identified",
    "lapsed",
    "restrict_at_once",
    "stop_at_once",
)


class Certainty(StrEnum):
    """How sure we are of what a file says: the text read, a commentary read, memory, or less."""

    READ = "read"
    SECONDARY = "secondary"
    BELIEVED = "believed"
    LOW = "low"


class PeriodBasis(StrEnum):
    """What a period rests on: the law's words, an authority's guidance, or mere practice."""

    LAW = "law"
    GUIDANCE = "guidance"
    PRACTICE = "practice"


class ClockEventType(StrEnum):
    """What can happen to a ticket that moves one of its dates."""

    IDENTITY_REQUESTED = "identity_requested"
    IDENTITY_RECEIVED = "identity_received"
    AUTHORITY_REQUESTED = "authority_requested"
    AUTHORITY_RECEIVED = "authority_received"
    FEE_REQUESTED = "fee_requested"
    FEE_PAID = "fee_paid"
    FEE_ACCEPTED = "fee_accepted"
    CLARIFICATION_REQUESTED = "clarification_requested"
    CLARIFICATION_RECEIVED = "clarification_received"
    EXTENSION_NOTIFIED = "extension_notified"
    APPEAL_RECEIVED = "appeal_received"


class QuestionEffect(StrEnum):
    """What an open question does to the clock."""

    DELAYS_START = "delays_start"
    STOPS_CLOCK = "stops_clock"


class NoticeMember(StrEnum):
    """What a law wants in a refusal; a refusal without it cannot be rendered."""

    REASONS = "reasons"
    LEGAL_PROVISION = "legal_provision"
    COMPLAINT_BODY = "complaint_body"
    COURT_REMEDY = "court_remedy"
    INTERNAL_COMPLAINT = "internal_complaint"
    APPEAL = "appeal"
    TIME_LIMIT = "time_limit"
    HELP_ON_REQUEST = "help_on_request"
