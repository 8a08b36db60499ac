"""A source whose behaviour a test writes down beforehand, reached like any other by dotted path.

An adapter is made anew for every task, so what it shall do stands in `SCRIPTS` under a name that is
in its settings.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Done,
    Field,
    Match,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)

Act = Callable[["Script", str, Batch], Sequence[Receipt]]

CASES = Collection(
    "cases",
    {"en": "Cases"},
    (
        Field("topic", {"en": "Topic"}),
        Field("text", {"en": "Text"}, about_others=True),
        Field("owner", {"en": "Owner"}, term="email"),
    ),
)

_DONE = {
    "erase": Done.ERASED,
    "rectify": Done.RECTIFIED,
    "restrict": Done.RESTRICTED,
    "object_to": Done.STOPPED,
    "lift": Done.LIFTED,
}


@dataclass
class Script:
    """What one source holds and how it behaves; `calls` is what was asked of it, in order."""

    records: list[Record] = field(default_factory=list)
    pages: int = 1
    opening: Exception | None = None
    finding: Callable[["Script", str | None], None] = lambda _script, _checkpoint: None
    acting: Act | None = None
    probing: Act | None = None
    gives: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ("email",)
    calls: list[str] = field(default_factory=list)
    files: dict[str, list[Any]] = field(default_factory=dict)

    def act(self, verb: str, batch: Batch) -> list[Receipt]:
        """What an ordinary system does."""
        keys = {item.key for item in batch.items}
        if verb == "erase":
            self.records = [record for record in self.records if record.key not in keys]
        return [Receipt(batch.collection, item.key, _DONE[verb]) for item in batch.items]


SCRIPTS: dict[str, Script] = {}


def case(key: str, **more: Any) -> Record:
    """One record of the scripted source."""
    data = more.pop("data", {"topic": "Login"})
    return Record("cases", key, data, more.pop("match", Match.VERIFIED_IDENTIFIER), **more)


@dataclass(frozen=True)
class ScriptSettings:
    """Which script it follows."""

    script: str


class Scripted(Adapter):
    """A source that can do everything and may be asked twice."""

    name = "scripted"
    title = "Scripted system"
    Settings = ScriptSettings

    def __init__(self, settings: ScriptSettings) -> None:
        super().__init__(settings)
        self.script = SCRIPTS[settings.script]
        if self.script.opening is not None:
            raise self.script.opening
        self.identifies_by = self.script.needs
        self.gives = tuple(kind for kind, _ in self.script.gives)

    def collections(self) -> Sequence[Collection]:
        return [CASES]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        if not subject:
            return
        self.script.calls.append(f"find {checkpoint or ''}".strip())
        size = -(-len(self.script.records) // self.script.pages) or 1
        start = int(checkpoint or 0)
        for at in range(start, len(self.script.records), size):
            self.script.finding(self.script, str(at) if at else None)
            rows = self.script.records[at : at + size]
            last = at + size >= len(self.script.records)
            yield Page(rows, None if last else str(at + size), self.script.gives)
        if not self.script.records:
            self.script.finding(self.script, None)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        """The blocks of a file; one that is an exception is raised."""
        self.script.calls.append(f"read {collection} {key} {attachment.reference}")
        for block in self.script.files[attachment.reference]:
            if isinstance(block, Exception):
                raise block
            yield block

    def erase(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("erase", batch)

    def rectify(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("rectify", batch)

    def restrict(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("restrict", batch)

    def object_to(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("object_to", batch)

    def lift(self, batch: Batch) -> Sequence[Receipt]:
        return self._act("lift", batch)

    def _act(self, verb: str, batch: Batch) -> Sequence[Receipt]:
        self.script.calls.append(verb)
        if self.script.acting is not None:
            return self.script.acting(self.script, verb, batch)
        return self.script.act(verb, batch)


class NoLifting(Scripted):
    """A source that can restrict and cannot end it."""

    lift = None  # type: ignore[assignment]


class Once(Scripted):
    """A source that may not be asked to do the same thing twice, nor what it did."""

    repeatable: ClassVar[bool] = False


class OnceProbed(Once):
    """A source that may not be asked twice, but says what it did."""

    def probe(self, batch: Batch) -> Sequence[Receipt]:
        self.script.calls.append("probe")
        assert self.script.probing is not None
        return self.script.probing(self.script, "probe", batch)


class Probed(Scripted):
    """A source that may be asked twice, and says what is there."""

    def probe(self, batch: Batch) -> Sequence[Receipt]:
        assert self.script.probing is not None
        return self.script.probing(self.script, "probe", batch)


class LooksOnly(Adapter):
    """A source that can be searched and cannot do anything."""

    name = "looks_only"
    title = "Archive"
    identifies_by = ("email",)
    Settings = ScriptSettings

    def collections(self) -> Sequence[Collection]:
        return [CASES]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        del checkpoint
        if subject:
            yield Page(SCRIPTS[self.settings.script].records)
