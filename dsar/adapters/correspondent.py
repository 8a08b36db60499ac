"""What a source that answers later does, whoever is asked: every verb is a question at the desk."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dsar.adapters.kinds import RecordKind, collection
from dsar.sdk import Adapter, Attachment, Batch, Collection, Receipt, Subject
from dsar.sdk.desk import at_desk


class CorrespondentSettings(Protocol):
    """What such a source is told, whatever else its own settings hold."""

    @property
    def identify(self) -> tuple[str, ...]: ...
    @property
    def gives(self) -> tuple[str, ...]: ...
    @property
    def collections(self) -> Mapping[str, RecordKind]: ...


class Correspondent(Adapter):
    """Somebody or something that is asked; says how by `find` and `_act`."""

    answers_later = True

    def __init__(self, settings: CorrespondentSettings) -> None:
        super().__init__(settings)
        self.identifies_by = settings.identify
        self.gives = settings.gives

    def collections(self) -> Sequence[Collection]:
        return [collection(name, one) for name, one in self.settings.collections.items()]

    def erase(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("erase", batch)

    def rectify(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("rectify", batch)

    def restrict(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("restrict", batch)

    def lift(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("lift", batch)

    def object_to(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("object_to", batch)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        del collection, key
        return at_desk(self).read(attachment)

    @abstractmethod
    def _act(self, verb: str, batch: Batch) -> Sequence[Receipt]:
        """Puts the question what is to be done with these records; the receipts of its answer."""

    def _asked_by(self, subject: Subject) -> tuple[tuple[str, str], ...]:
        """The identifiers of the person that the source can be asked by."""
        return tuple((kind, value) for kind in self.identifies_by for value in subject.values(kind))
