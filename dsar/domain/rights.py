"""The eight rights a person can exercise; each becomes a ticket of its own.

What is particular to a right stands in its row of RIGHTS. Adding one is a member and a row; the
tests then name what else must be decided: words in every language, grounds in every law, a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


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

    @property
    def spec(self) -> "RightSpec":
        """Its row of RIGHTS."""
        return RIGHTS[self]


@dataclass(frozen=True, slots=True)
class RightSpec:
    """What is particular to one right."""

    #: The article of the GDPR that grants it, for people who look it up.
    article: str
    #: What each source is asked to do; `find` alone where nothing is changed.
    verb: str = "find"
    #: What the records in its bundle are: the copy that was asked for, or a file that shows what a
    #: decision rests on; None where there are none.
    handed: Literal["copy", "file"] | None = None
    #: Its answer explains the processing: purposes, recipients, periods (Art. 15(1)(a) to (h)).
    explains_processing: bool = False
    #: Who approves what was found, unless the settings say otherwise.
    approval: Literal["auto", "staff"] = "staff"
    #: A named person decides anew, never the engine (Art. 22(3)).
    decided_by_person: bool = False
    #: It cannot be filed without saying what is right.
    needs_corrections: bool = False
    #: Whether a law may know grounds to refuse it.
    refusable: bool = True
    #: A source restricts what it found before anybody decides: contested accuracy (Art. 18(1)(a)),
    #: objection (Art. 18(1)(d)).
    restricts_at_once: bool = False
    #: A record is treated as a whole: nothing can be ruled about one field of it.
    whole_record: bool = False
    #: A fresh search proves that it was done.
    looked_for_again: bool = False
    #: It waits until the copies of the same request were handed over.
    after_copies: bool = False

    @property
    def copies(self) -> bool:
        """Whether it ends with a copy of the data in the bundle."""
        return self.handed == "copy"

    @property
    def acts(self) -> bool:
        """Whether it changes something in the sources before the answer goes out."""
        return self.verb != "find"


#: Erasure and rectification change data for good, a general objection needs a balance: staff.
RIGHTS: Mapping[Right, RightSpec] = {
    Right.ACCESS: RightSpec("Art. 15", handed="copy", explains_processing=True, approval="auto"),
    Right.RECTIFICATION: RightSpec(
        "Art. 16",
        "rectify",
        needs_corrections=True,
        restricts_at_once=True,
        looked_for_again=True,
    ),
    Right.ERASURE: RightSpec("Art. 17", "erase", looked_for_again=True, after_copies=True),
    Right.RESTRICTION: RightSpec("Art. 18", "restrict", approval="auto", whole_record=True),
    Right.OBJECTION: RightSpec("Art. 21", "object_to", restricts_at_once=True, whole_record=True),
    Right.PORTABILITY: RightSpec("Art. 20", handed="copy", approval="auto"),
    Right.CONSENT_WITHDRAWAL: RightSpec(
        "Art. 7(3)",
        "object_to",
        approval="auto",
        refusable=False,
        whole_record=True,
    ),
    Right.AUTOMATED_DECISION_REVIEW: RightSpec("Art. 22(3)", handed="file", decided_by_person=True),
}

#: Rights that end with a copy of the data in the bundle.
COPYING = frozenset(right for right in Right if right.spec.copies)

#: Rights that change something in the sources before the answer goes out.
ACTING = frozenset(right for right in Right if right.spec.acts)
