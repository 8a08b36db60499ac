"""What a row can be: the states of effects, bundles and letters, and what stands on a page.

Those of tickets and tasks are rules of the domain (`dsar.domain.lifecycle`).
"""

from enum import StrEnum


class EffectState(StrEnum):
    """How far a change outside is: begun, proved, or known not to have happened."""

    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"


class BundleState(StrEnum):
    """Whether a bundle's file is kept."""

    READY = "ready"
    DESTROYED = "destroyed"


class LetterState(StrEnum):
    """What became of a letter; whoever sends it takes it from the queue."""

    QUEUED = "queued"


class PageRole(StrEnum):
    """What stands on a page: what was found, what is to be done, what was done, and files."""

    RECORDS = "records"
    MANIFEST = "manifest"
    RECEIPTS = "receipts"
    RESTRICTIONS = "restrictions"
    LIFTED = "lifted"
    #: The attachments of one record, and the pieces of one.
    LISTED = "attached"
    PIECES = "attachment"
    #: A file that came with an answer.
    ANSWER = "answer"
