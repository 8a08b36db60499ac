"""All an integrator imports: write an `Adapter`, run the contract kit, done.

An adapter speaks to one kind of system. It takes values and returns values: no session, no ticket,
no queue. The engine pages, retries, paces, records and checks; the adapter finds and acts.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dsar.domain.identity import Subject, normal_form
from dsar.domain.identity.telephone import REGIONS as PHONE_REGIONS
from dsar.domain.identity.telephone import SEPARATORS as PHONE_SEPARATORS
from dsar.domain.identity.telephone import phone_forms
from dsar.domain.reasons import SEAM as CODES
from dsar.domain.reasons import Param, from_adapter
from dsar.domain.records import (
    NEVER_DISCLOSED,
    Attachment,
    Collection,
    Done,
    Field,
    Item,
    Match,
    Receipt,
    Record,
    Text,
    Value,
)
from dsar.sdk.limits import Limits

if TYPE_CHECKING:
    from dsar.sdk.desk import Desk

__all__ = [
    "CODES",
    "NEVER_DISCLOSED",
    "PHONE_REGIONS",
    "PHONE_SEPARATORS",
    "VERBS",
    "VERSION",
    "Adapter",
    "Attachment",
    "Batch",
    "Collection",
    "Done",
    "Field",
    "Item",
    "Later",
    "Limits",
    "Match",
    "NeedsHuman",
    "Page",
    "Problem",
    "Receipt",
    "Record",
    "Subject",
    "Text",
    "Value",
    "can",
    "normal_form",
    "phone_forms",
]

#: The contract's version; the engine refuses adapters written for another major version.
VERSION = "1.0"


class Later(Exception):  # noqa: N818 - named for what it asks
    """The source cannot answer now; ask again in `wait` seconds. Costs no attempt.

    `reason` is shown to staff and must hold no personal data. `checkpoint` is where `find` goes on
    then: the number of a job that was started and is to be asked after, say. `code` as in
    `NeedsHuman`.
    """

    def __init__(
        self,
        reason: str = "",
        wait: float = 60.0,
        checkpoint: str | None = None,
        *,
        code: str = "",
        **params: Param,
    ) -> None:
        super().__init__(reason or code)
        self.reason = reason
        self.wait = wait
        self.checkpoint = checkpoint
        self.because = from_adapter(reason, code, params)


class NeedsHuman(Exception):  # noqa: N818
    """A person must act before trying again can help; `reason` says who and what.

    Staff alone reads it. `code` is what the person reads of it, in their language, should it stay
    undone: one of `CODES`. Without one they are told that it could not be done, and whom to ask.
    """

    def __init__(self, reason: str = "", *, code: str = "", **params: Param) -> None:
        super().__init__(reason or code)
        self.reason = reason
        self.because = from_adapter(reason, code, params)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a source's configuration or reach: the setting, the fault, the mend.

    A `warning` is worth knowing and no fault: the source works as it is declared.
    """

    field: str
    problem: str
    mend: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.problem} {self.mend}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the checkpoint from which `find` goes on after them.

    `checkpoint` is any text of the adapter's own; None on the last page. `identifiers` are further
    proven (kind, value) pairs of the same person, such as a customer number.
    """

    records: Sequence[Record]
    checkpoint: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one collection to act on at once, from a manifest that was frozen and approved.

    `idempotency_key` is the same whenever this very batch is tried again. `purposes` names the
    processing activities to stop, for `object_to`.
    """

    collection: str
    items: Sequence[Item]
    idempotency_key: str
    purposes: tuple[str, ...] = field(default=())


_NOBODY: Mapping[str, str] = {"email": "nobody-b1946ac9@example.invalid", "phone": "+999000000000"}


class Adapter(ABC):
    """One kind of system. Subclass it, name the class attributes, write `find`.

    The verbs `erase`, `rectify`, `restrict`, `object_to` and `lift` (it ends what `restrict` began)
    are optional: those a class does not define are answered "cannot be done here" and go to a
    person. Each takes a Batch and returns exactly one receipt per item. Acting twice on the same
    batch must be harmless, or `repeatable` must be False: then an interrupted batch is resolved by
    `probe` (a Batch in, one receipt per item out, nothing changed), or else by a person, and never
    repeated blindly.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    #: The kinds of identifier `find` can search by, best first.
    identifies_by: tuple[str, ...] = ()
    #: Further kinds of identifier `find` may bring; sources that need them are searched afterwards.
    gives: tuple[str, ...] = ()
    #: A dataclass of settings; an instance is given to the constructor.
    Settings: ClassVar[type]
    #: Repeating a batch is harmless (a delete is; a letter sent is not).
    repeatable: ClassVar[bool] = True
    #: Somebody answers later: while it works for a ticket, `desk` takes the questions.
    answers_later: ClassVar[bool] = False
    desk: "Desk | None" = None

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @classmethod
    def completed(cls, settings: Any) -> Any:
        """The settings with what stands in the files they name; read once, with the configuration.

        Raises `dsar.sdk.settings.BadInput` naming the file, the place in it and the mend.
        """
        return settings

    @abstractmethod
    def collections(self) -> Sequence[Collection]:
        """The dictionary: every collection, parents before those that refer to them.

        Erasure walks it backwards, so that what refers goes before what it refers to.
        """

    def check(self) -> Sequence[Problem]:
        """Whether the source can be reached and is as declared; empty when all is well.

        Unless a class knows better, the source is searched for somebody who is nobody; one that is
        busy is asked again for a little while.
        """
        given = {kind: (_NOBODY.get(kind, "nobody-b1946ac92492d"),) for kind in self.identifies_by}
        try:
            found = self._finds(Subject(given), patience=10.0)
        except (Later, NeedsHuman) as failure:
            if isinstance(failure, Later) and failure.checkpoint is not None:
                return []  # it has begun to look: it is there
            mend = "Until then nothing can be searched in this source."
            return [Problem(self.name, str(failure), mend)]
        mend = "Compare each record with what was asked for."
        what = "gives records where it is asked for somebody who is nobody."
        return [Problem(self.name, what, mend)] if found else []

    def _finds(self, subject: Subject, *, patience: float) -> bool:
        """Whether anything is found; Later where that cannot be said within so many seconds."""
        while True:
            try:
                return any(page.records for page in self.find(subject))
            except Later as later:
                patience -= max(later.wait, 0.1)
                if later.checkpoint is not None or patience < 0:
                    raise
                time.sleep(max(later.wait, 0.1))

    @abstractmethod
    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """Every record of this person, page by page, from `checkpoint` on if one is given."""

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        """The bytes of a record's attachment, in blocks; only where `find` gave attachments."""
        del collection, key, attachment
        raise NeedsHuman(f"{self.title} names attachments and cannot read them.")

    def close(self) -> None:  # noqa: B027 - nothing to let go of is the usual case
        """Let go of connections; called once, after the last use."""


#: The verbs that change something, and the receipt each proves itself with.
VERBS: Mapping[str, frozenset[Done]] = {
    "erase": frozenset({Done.ERASED, Done.ANONYMISED, Done.KEPT, Done.MISSING, Done.FAILED}),
    "rectify": frozenset({Done.RECTIFIED, Done.KEPT, Done.MISSING, Done.FAILED}),
    "restrict": frozenset({Done.RESTRICTED, Done.KEPT, Done.MISSING, Done.FAILED}),
    "object_to": frozenset({Done.STOPPED, Done.KEPT, Done.MISSING, Done.FAILED}),
    "lift": frozenset({Done.LIFTED, Done.KEPT, Done.MISSING, Done.FAILED}),
}


def can(adapter: Adapter | type[Adapter], verb: str) -> bool:
    """Whether the adapter has that verb at all."""
    return callable(getattr(adapter, verb, None))
